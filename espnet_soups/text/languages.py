"""How texts of a language are normalised: what :mod:`espnet_soups.text.normalize` does and what they add.

With ``lc.rm``, the form of transcripts:

- apostrophes: inside a word they are part of it, in whichever shape they are typed (fr ``l'homme``,
  ca ``d'aigua``, en ``don't``, de ``geht's``); at its edges they are quotation marks and go.
- hyphens and dashes separate words in every language (fr ``qu'est-ce`` is two words, de ``E-Mail`` too),
  because they are not heard and writers disagree about them.
- ca: the middle dot of ``col·lecció`` is part of the word, also where it is typed as another dot (``•``,
  ``‧``, ``⋅``) or as one letter with the l (``ŀ``).
- zh: no spaces, half-width letters (:mod:`espnet_soups.text.chinese`).

With ``tc`` and ``lc``, the forms of translations, punctuation stays as it is written. All forms are in NFC.
"""

import re

from espnet_soups.text.chinese import normalize_chinese
from espnet_soups.text.normalize import Case, normalize

_MIDDLE_DOT = re.compile(r"(?<=[lL])[\u00b7\u2022\u2027\u22c5](?=[lL])")
_L_WITH_DOT = str.maketrans({"ŀ": "l·", "Ŀ": "L·"})


def normalize_language(text: str, case: Case, language: str) -> str:
    """Return ``text`` of ``language`` (ISO code) in the form that ``case`` asks for; it may be empty."""
    match language:
        case "zh":
            return normalize_chinese(text, case)
        case "ca" if case == "lc.rm":
            parts = _MIDDLE_DOT.split(text.translate(_L_WITH_DOT))
            return "·".join(normalize(part, case, language) for part in parts)
    return normalize(text, case, language)
