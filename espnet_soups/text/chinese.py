"""Chinese text: half-width letters and digits, and no spaces."""

from espnet_soups.text.normalize import Case, normalize

# The full-width forms U+FF01 to U+FF5E repeat ASCII in its order; U+3000 is the full-width space.
_HALF_WIDTH = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def to_half_width(text: str) -> str:
    """Replace full-width letters, digits, punctuation and spaces by ASCII."""
    return text.translate(_HALF_WIDTH)


def normalize_chinese(text: str, case: Case) -> str:
    """Return Chinese ``text`` in the form that ``case`` asks for, without any space.

    Corpora put spaces between words by rules of their own, or do not; nobody hears them. With ``lc.rm`` and
    ``lc``, all full-width ASCII becomes ASCII; ``tc`` keeps full-width punctuation, which is how Chinese is
    printed.
    """
    if case == "tc":
        half = "".join(to_half_width(c) if to_half_width(c).isalnum() else c for c in text)
        text = half.replace("\u3000", " ")
    else:
        text = to_half_width(text)
    return normalize(text, case, "zh").replace(" ", "")
