"""From the written text of a prompt to what is said in it, or the reason why nobody can tell."""

import re
from collections.abc import Collection

# Keys whose audio is a sound, whatever their text says ("un suono beep").
_SOUND_KEYS = frozenset(
    {
        "ascending-2tone",
        "beep",
        "beeperr",
        "confbridge-join",
        "confbridge-leave",
        "descending-2tone",
        "tt-monkeys",
    }
)
_WHOLLY_BRACKETED = re.compile(r"\[[^]]*\]|\([^)]*\)|<[^>]*>")
# "dash [-]", "spazio []": the symbol that the word beside it names.
_SYMBOL = re.compile(r"\[(?:[^\]\w]|_)*\]")
# Notes to the speaker or to the reader, which are not spoken.
_NOTE = re.compile(
    r"\((?:not[ae]: .*?|in inglese|enfatico|emphase|data|voce alternativa .*?|simple tone sound plays"
    r"|produrre un beep .*?|You are now muted\.|emme-iessedienne)\)\.?"
)
# Other brackets hold words that may or may not be spoken; so do slashes ("attivare/disattivare").
_UNCLEAR = re.compile(r"[][()<>/\\|]")
# "Il numero ? stato", "sar? esattamente": an accented letter that a past conversion turned into a question
# mark.
_QUESTION_MARK = re.compile(r"\?\s*([^\W\d_])")
# A key that is not one plain word, followed by a colon: the next line of the file, run into this one.
_RUN_ON = re.compile(r"([A-Za-z0-9]+(?:[-_/][A-Za-z0-9]+)+):(?=\s|$)")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_ELLIPSIS_AROUND = re.compile(r"^[\s.]*\.\.\s*|[\s,;:]*\.\.[\s.]*$|[\s,;:]+$")
_QUOTES = str.maketrans(dict.fromkeys("“”„«»", '"'))
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u2018`\u00b4", "'"))
# Latin letters that look like Cyrillic ones, for words typed with both.
_LOOKALIKES = str.maketrans("aceopxyABCEHKMOPTX", "асеорхуАВСЕНКМОРТХ")  # noqa: RUF001 (that they look alike is the point)
_MIXED_WORD = re.compile(r"\w*(?:[a-zA-Z][\u0400-\u04ff]|[\u0400-\u04ff][a-zA-Z])\w*")

_DIGITS = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
    "fr": ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
    "it": ("zero", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"),
    "ru": ("ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять"),
}
# The telephone keys * and #, as the other prompts of the same language name them.
_TELEPHONE_KEYS = {"en": {"*": "star", "#": "pound"}, "fr": {"*": "étoile", "#": "dièse"}}


class UnusableTextError(Exception):
    """The text does not say what is spoken; the message is the reason, in a few words."""


def clean_text(key: str, text: str, language: str, keys: Collection[str]) -> str:
    """Return what is spoken in prompt ``key``, in true case with punctuation, given its written ``text``.

    Args:
        keys: all keys of the transcript file, to find lines that were run together.

    Raises:
        UnusableTextError: if there is no text, no speech, or no telling what is said.
    """
    if key.startswith("silence/") or key in _SOUND_KEYS:
        raise UnusableTextError("not speech")
    text = _first_entry(key, text, keys)
    if not text:
        raise UnusableTextError("no text")
    if _is_damaged(text):
        raise UnusableTextError("damaged text")
    if _WHOLLY_BRACKETED.fullmatch(text):
        raise UnusableTextError("not speech")
    text = _NOTE.sub(" ", _SYMBOL.sub(" ", text))
    if _UNCLEAR.search(text):
        raise UnusableTextError("unclear what is spoken")
    text = _tidy(text, language)
    text = _spell_out(text, language)
    if not any(character.isalnum() for character in text):
        raise UnusableTextError("no text")
    return text


def _first_entry(key: str, text: str, keys: Collection[str]) -> str:
    """Remove the key where it is written twice, and cut at the next entry where the line break is missing."""
    text = text.removeprefix(f"{key}:").strip()
    for match in _RUN_ON.finditer(text):
        if match[1] in keys:
            return text[: match.start()].strip()
    return text


def _is_damaged(text: str) -> bool:
    # A genuine question mark ends the text or is followed by a capital letter.
    return "\ufffd" in text or any(match[1].islower() for match in _QUESTION_MARK.finditer(text))


def _tidy(text: str, language: str) -> str:
    """Undo what typing left and nobody says: quotes, ellipses, odd apostrophes and look-alike letters."""
    text = text.translate(_QUOTES).translate(_APOSTROPHES).replace("…", "...")
    if language == "it":
        text = re.sub(r"\bE'(?=\s)", "È", text)
    if language == "ru":
        text = _MIXED_WORD.sub(lambda word: _to_cyrillic(word[0]), text)
    text = " ".join(text.split())
    if text.count('"') % 2 or (text.count('"') == 2 and text[0] == text[-1] == '"'):
        text = text.replace('"', "")
    return _ELLIPSIS_AROUND.sub("", text).strip()


def _to_cyrillic(word: str) -> str:
    converted = word.translate(_LOOKALIKES)
    return word if re.search("[a-zA-Z]", converted) else converted


def _spell_out(text: str, language: str) -> str:
    """Write single digits and telephone keys as words; longer numbers are read in too many ways.

    Raises:
        UnusableTextError: for a number of more than one digit, a digit that is part of a name such as IAX2, a
            telephone key whose name in ``language`` is not known.
    """
    for symbol in set(text) & {"*", "#"}:
        if symbol not in _TELEPHONE_KEYS.get(language, {}):
            raise UnusableTextError("symbol, not a word")
        text = text.replace(symbol, f" {_TELEPHONE_KEYS[language][symbol]} ")

    def word(match: re.Match[str]) -> str:
        before, after = text[: match.start()][-1:], text[match.end() :][:2]
        in_name = before.isalnum() or before == "-" or (after[:1].isalpha() and not re.fullmatch(r"[A-Z]\W?", after))
        if len(match[0]) > 1 or in_name:
            raise UnusableTextError("number in figures")
        return f"{_DIGITS[language][int(match[0])]} "

    return re.sub(r"\s+([.,;:!?])", r"\1", " ".join(_NUMBER.sub(word, text).split()))
