"""Self-contained pages from the templates in this folder."""

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from espnet_soups import __version__
from espnet_soups.report.theme import DARK_VARIABLES, LIGHT_VARIABLES


def render_page(template: str, **content: object) -> str:
    """Fill a template; everything but :class:`Markup` is escaped, and a name that is not given is an error."""
    environment = Environment(
        loader=PackageLoader("espnet_soups", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(template)
    return page.render(light=LIGHT_VARIABLES, dark=DARK_VARIABLES, version=__version__, **content) + "\n"


def as_markup(svg: str, label: str) -> Markup:
    """An SVG of our own for a page, named for those who do not see it."""
    return Markup(svg.replace("<svg ", Markup('<svg role="img" aria-label="{}" ').format(label), 1))
