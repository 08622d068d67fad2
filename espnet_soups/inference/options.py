"""How to decode, as a YAML file says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from espnet_soups.errors import UserError

SHORTEST_WINDOW = 5.0
_BATCHES_OF_A_SEARCH = 8
GREEDY, PREFIX_BEAM = "greedy", "prefix_beam"


@dataclass(frozen=True, slots=True)
class AsrOptions:
    """Search of the CTC heads."""

    method: str = GREEDY
    """``greedy`` (best path) or ``prefix_beam``."""
    beam: int = 10
    """Prefixes kept by ``prefix_beam``."""

    def __post_init__(self) -> None:
        if self.method not in (GREEDY, PREFIX_BEAM):
            raise UserError(f"asr.method is '{self.method}'; choose {GREEDY} or {PREFIX_BEAM}.")
        if self.beam < 1:
            raise UserError(f"asr.beam is {self.beam}; it must be at least 1.")


@dataclass(frozen=True, slots=True)
class BeamOptions:
    """Search of the translation decoder; in ESPnet beam_size, length_bonus, maxlenratio, minlenratio."""

    beam: int = 5
    length_bonus: float = 0.0
    """Added to a hypothesis' log-probability for each of its tokens."""
    max_length_ratio: float = 0.0
    """Most tokens per encoder frame; 0: all frames, with end detection; negative: a number of tokens."""
    min_length_ratio: float = 0.0
    """Fewest tokens per encoder frame; negative: a number of tokens."""

    def __post_init__(self) -> None:
        if self.beam < 1:
            raise UserError(f"st.beam is {self.beam}; it must be at least 1.")
        if -1 < self.max_length_ratio < 0:
            raise UserError(f"st.max_length_ratio is {self.max_length_ratio}; give a ratio, 0, or -n for n tokens.")

    def length_limits(self, frames: int) -> tuple[int, int]:
        """Most and fewest tokens for an utterance of that many encoder frames."""
        if self.max_length_ratio > 0:
            longest = max(1, int(self.max_length_ratio * frames))
        else:
            longest = -int(self.max_length_ratio) or frames
        shortest = -int(self.min_length_ratio) if self.min_length_ratio < 0 else int(self.min_length_ratio * frames)
        return longest, shortest


@dataclass(frozen=True, slots=True)
class DecodeOptions:
    """Everything that a decoding configuration says."""

    asr: AsrOptions = field(default_factory=AsrOptions)
    st: BeamOptions = field(default_factory=BeamOptions)
    batch_seconds: float = 20.0
    """Audio in one batch of the encoder, padding included, in seconds; more pays on a GPU."""
    window_seconds: float = 30.0
    """Longer speech is decoded in overlapping windows of this length."""
    language_temperature: float = 1.0
    """Divides the evidence for each language; ``soups pack`` fits it on validation data."""

    def __post_init__(self) -> None:
        if self.batch_seconds <= 0:
            raise UserError(f"batch_seconds is {self.batch_seconds}; it must be above 0.")
        if self.language_temperature <= 0:
            raise UserError(f"language_temperature is {self.language_temperature}; it must be above 0.")
        if self.window_seconds < SHORTEST_WINDOW:
            raise UserError(f"window_seconds is {self.window_seconds}; it must be at least {SHORTEST_WINDOW}.")

    @property
    def search_seconds(self) -> float:
        """Audio in one beam search, padding included, in seconds.

        A step of the search costs hardly more for many utterances than for few, and what it holds in memory is much
        less than what the encoder needs, so that it takes several of the encoder's batches.
        """
        return _BATCHES_OF_A_SEARCH * self.batch_seconds


def read_decode_options(path: Path) -> DecodeOptions:
    """Read a YAML file of :class:`DecodeOptions`; what it leaves out keeps its default.

    Raises:
        UserError: if the file is missing, is not YAML, or has an unknown key or a value of the wrong kind.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"The decoding configuration {path} cannot be read ({error.strerror}).") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not YAML: {' '.join(str(error).split())}.") from error
    values = _checked(DecodeOptions(), {} if content is None else content, str(path))
    parts: dict[str, Any] = {}
    for name, default in (("asr", AsrOptions()), ("st", BeamOptions())):
        if name in values:
            parts[name] = type(default)(**_checked(default, values[name], f"{path}: {name}"))
    return DecodeOptions(**{**values, **parts})


def _checked(default: Any, values: object, where: str) -> Mapping[str, Any]:
    """Check that ``values`` is a mapping with the names and kinds of the fields of ``default``."""
    if not isinstance(values, Mapping):
        raise UserError(f"{where} must be a mapping of options to values, not {values!r}.")
    known = {item.name: getattr(default, item.name) for item in fields(default)}
    for name, value in values.items():
        if name not in known:
            raise UserError(f"{where} has the unknown option '{name}'; it may have {', '.join(known)}.")
        kinds = (int, float) if isinstance(known[name], float) else (type(known[name]),)
        nested = isinstance(known[name], AsrOptions | BeamOptions)
        if not nested and (isinstance(value, bool) or not isinstance(value, kinds)):
            kind = {int: "a whole number", float: "a number", str: "a word"}[kinds[-1]]
            raise UserError(f"{where}: '{name}' is {value!r}; it must be {kind}.")
    return values
