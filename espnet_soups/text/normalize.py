"""Text normalisation shared by all corpora: what a transcript or a translation looks like to a model."""

import re
import unicodedata
from functools import cache
from typing import Literal, get_args

type Case = Literal["lc.rm", "lc", "tc"]
"""``lc.rm`` lower case without punctuation, ``lc`` lower case, ``tc`` true case, as ESPnet names them."""

CASES: tuple[Case, ...] = get_args(Case.__value__)

_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'", "\u00b4": "'"})
_LONE_APOSTROPHE = re.compile(r"(?<![^\W_])'|'(?![^\W_])")
# Letters that writers of a language exchange at will, so that a model cannot hear the difference.
_FOLDED = {"ru": str.maketrans("\u0451", "\u0435")}


def normalize(text: str, case: Case, language: str | None = None) -> str:
    """Return ``text`` in Unicode NFC with single spaces, in the form that ``case`` asks for.

    ``lc.rm`` keeps letters, marks, digits and the apostrophes inside words; all else, hyphens included,
    separates words. It also folds letters that ``language`` (ISO code) writes in two ways, such as Russian
    io (U+0451), often written as ie. The result may be empty.
    """
    text = unicodedata.normalize("NFC", text)
    if case != "tc":
        text = text.lower()
    if case == "lc.rm":
        text = text.translate(_APOSTROPHES).translate(_FOLDED.get(language or "", {}))
        text = _LONE_APOSTROPHE.sub(" ", "".join(map(_keep, text)))
    return " ".join(text.split())


@cache
def _keep(character: str) -> str:
    keep = character == "'" or unicodedata.category(character)[0] in "LMN"
    return character if keep else " "
