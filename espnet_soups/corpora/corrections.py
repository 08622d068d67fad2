"""Characters that have no place in a line of text are repaired before anything else is done with it."""

import unicodedata

from espnet_soups.corpora.kaldi_table import find_unprintable

NOT_NFC = "not NFC"
INVISIBLE = "control or invisible characters"

# Zero-width space, word joiner, byte order mark, soft hyphen, marks of writing direction: nobody sees them.
# Zero-width joiners stay: Persian and Indic spelling needs them.
_REMOVED = dict.fromkeys([0x200B, 0x2060, 0xFEFF, 0x00AD, 0x200E, 0x200F, *range(0x202A, 0x202F)])


def correct(text: str) -> tuple[str, list[str]]:
    """Return ``text`` in NFC without control and invisible characters, and what had to be corrected.

    Control characters, tabs and line separators become spaces; the corrections are :data:`NOT_NFC` and
    :data:`INVISIBLE`.
    """
    corrections = []
    if not text.isprintable():
        visible = text.translate(_REMOVED)
        if find_unprintable(visible) is not None:
            visible = "".join(" " if find_unprintable(character) else character for character in visible)
        if visible != text:
            corrections.append(INVISIBLE)
            text = visible
    if not unicodedata.is_normalized("NFC", text):
        corrections.append(NOT_NFC)
        text = unicodedata.normalize("NFC", text)
    return text, corrections
