"""Finding recordings that are too short for their text: only a part of it was recorded."""

from collections.abc import Mapping
from statistics import median

_LONG_CHARACTERS = 30
_ENOUGH_LONG_TEXTS = 20
_FASTEST = 1.7
"""Times the speaker's median rate. In the real corpus correct texts reach 1.5, wrong ones begin at 1.9."""


def find_hasty(texts: Mapping[str, str], seconds: Mapping[str, float]) -> set[str]:
    """Return the keys whose text would have to be spoken far faster than this speaker ever speaks.

    Only texts of at least 30 characters count, because pauses around shorter ones hide the rate. With fewer
    than 20 such texts nothing is known of the speaker, and nothing is found.

    Args:
        texts: normalised text of every recording of one speaker, by key.
        seconds: length of every recording.
    """
    rates = {key: len(text) / seconds[key] for key, text in texts.items() if len(text) >= _LONG_CHARACTERS}
    if len(rates) < _ENOUGH_LONG_TEXTS:
        return set()
    limit = _FASTEST * median(rates.values())
    return {key for key, rate in rates.items() if rate > limit}
