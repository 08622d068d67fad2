"""Objective Soups: multilingual multi-task speech models with conflict-aware weights, on ESPnet."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from espnet_soups.inference.speech2text import Speech2Text

__all__ = ["Speech2Text", "__version__"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Importing ESPnet takes seconds, which commands that do not need it should not pay.
    if name == "Speech2Text":
        from espnet_soups.inference.speech2text import Speech2Text

        return Speech2Text
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
