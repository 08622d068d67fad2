"""Error rates by jiwer, BLEU and chrF by sacrebleu."""

from collections.abc import Sequence
from dataclasses import dataclass

import jiwer
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from espnet_soups.text.unspaced import UNSPACED

_TOKENIZERS = {"zh": "zh", "yue": "zh", "ja": "char", "th": "char"}
"""sacrebleu's tokenisation where 13a finds no words."""


@dataclass(frozen=True, slots=True)
class ErrorCounts:
    """Result of an alignment of hypotheses with references, in words or characters."""

    hits: int
    substitutions: int
    deletions: int
    insertions: int

    @property
    def length(self) -> int:
        """Units of the references."""
        return self.hits + self.substitutions + self.deletions

    @property
    def errors(self) -> int:
        """All errors."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def percent(self) -> float:
        """Errors per unit of the references, in percent; there must be such units."""
        return 100.0 * self.errors / self.length


@dataclass(frozen=True, slots=True)
class CorpusScore:
    """A score of sacrebleu, from 0 to 100, and the signature that says how it was computed."""

    value: float
    signature: str


def word_errors(references: Sequence[str], hypotheses: Sequence[str]) -> ErrorCounts:
    """Align words, separated by blanks; a reference without words turns its hypothesis into insertions."""
    found = jiwer.process_words(list(references), list(hypotheses))
    return ErrorCounts(found.hits, found.substitutions, found.deletions, found.insertions)


def character_errors(references: Sequence[str], hypotheses: Sequence[str], language: str) -> ErrorCounts:
    """Align characters; blanks count, but not in a language that is written without them."""
    if language in UNSPACED:
        references, hypotheses = (["".join(text.split()) for text in texts] for texts in (references, hypotheses))
    found = jiwer.process_characters(list(references), list(hypotheses))
    return ErrorCounts(found.hits, found.substitutions, found.deletions, found.insertions)


def bleu_tokenizer(language: str) -> str:
    """Sacrebleu's name of the tokenisation for a language."""
    return _TOKENIZERS.get(language, "13a")


def bleu(references: Sequence[str], hypotheses: Sequence[str], language: str) -> CorpusScore:
    """Corpus BLEU with one reference each, tokenised as usual for ``language``: 13a, or zh for Chinese."""
    metric = BLEU(tokenize=bleu_tokenizer(language))
    score = metric.corpus_score(list(hypotheses), [list(references)]).score
    return CorpusScore(float(score), str(metric.get_signature()))


def chrf(references: Sequence[str], hypotheses: Sequence[str]) -> CorpusScore:
    """Corpus chrF2 with one reference each."""
    metric = CHRF()
    score = metric.corpus_score(list(hypotheses), [list(references)]).score
    return CorpusScore(float(score), str(metric.get_signature()))
