"""YAML that strangers wrote."""

from pathlib import Path
from typing import Any

import yaml

from espnet_soups.errors import UserError

_MOST_BYTES = 64 << 20


class _PlainLoader(yaml.SafeLoader):
    """As the safe loader, but without aliases, by which a few lines can stand for more data than fits anywhere."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "it has an alias", self.peek_event().start_mark)
        return super().compose_node(parent, index)


def read_mapping(path: Path) -> dict[str, Any]:
    """Read a YAML mapping.

    Raises:
        UserError: if the file is missing, huge, not YAML, uses aliases, or is not a mapping.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UserError(f"{path} has more than {_MOST_BYTES} bytes; it is not a configuration.")
        content = yaml.load(path.read_text(encoding="utf-8"), _PlainLoader)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}).") from error
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise UserError(f"{path} is not a plain YAML file ({' '.join(str(error).split())}).") from error
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise UserError(f"{path} is not a YAML mapping of names to values.")
    return content
