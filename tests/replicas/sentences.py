"""Sentences of a dozen words, the same in seven languages, with what is special in how each is written."""

import random

_WORDS = {
    "en": "the cat hotel dog house water today friend sees blue perhaps isn't",
    "fr": "le chat l'hôtel chien maison l'eau aujourd'hui ami voit bleu peut-être n'est",
    "de": "die Katze Hotel Hund Häuser Wasser heute Freund sieht blau E-Mail geht's",
    "es": "el gato hotel perro casa agua mañana amigo ve azul quizás también",
    "ca": "el gat col·legi gos casa l'aigua avui amic veu blau potser d'això",
    "it": "il gatto albergo cane casa l'acqua oggi amico vede blu perché c'è",
    "zh": "这 猫 饭店 狗 房子 水 今天 朋友 看见 蓝色 也许 不是",
}

WORDS = {language: words.split() for language, words in _WORDS.items()}


def numbers(index: int, size: int = 12) -> list[int]:
    """Return the 3 to 6 words of sentence ``index`` as their places in :data:`WORDS`, drawn by ``index``."""
    draw = random.Random(index)
    return [draw.randrange(size) for _ in range(draw.randint(3, 6))]


def sentence(index: int, language: str) -> str:
    """Return sentence ``index`` with a capital and a full stop; in all languages it says the same."""
    words = [WORDS[language][number] for number in numbers(index)]
    if language == "zh":
        return "".join(words) + "。"
    text = " ".join(words)
    return text[0].upper() + text[1:] + "."
