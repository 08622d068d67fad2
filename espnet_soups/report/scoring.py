"""From decoded files and references to scores of every objective of a test set."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from espnet_soups.corpora.data_dir import Utterance, read_data_dir
from espnet_soups.errors import UserError
from espnet_soups.objectives import Objective, parse_objective
from espnet_soups.report.metrics import bleu, character_errors, chrf, word_errors
from espnet_soups.text.normalize import Case, normalize
from espnet_soups.text.unspaced import UNSPACED

type Metrics = dict[str, float | int | str]
"""Metric to value; rates and scores in percent."""
type Scores = dict[str, Metrics]
"""Objective, or ``asr/mean`` and ``st/mean``, to metrics."""

MEAN = "mean"
_NAMED = 3
"""Utterances that an error names."""


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """How texts are brought into one form, hypotheses and references alike, before they are compared."""

    asr_case: Case = "tc"
    """``tc``: as they are; ``lc``: lower case; ``lc.rm``: lower case without punctuation."""
    st_case: Case = "tc"


@dataclass(frozen=True, slots=True)
class Text:
    """What was said in an utterance and what the model made of it, in the form that is compared."""

    utterance: Utterance
    reference: str | None
    """None if there is none, and for a translation into another language."""
    hypothesis: str

    @property
    def id(self) -> str:
        """Id of the utterance."""
        return self.utterance.id


def score_test_set(decode_dir: Path, data_dir: Path, options: ScoreOptions) -> Scores:
    """Score what ``decode_dir`` has in ``asr/<lang>`` and ``st/<pair>`` against the data directory.

    An objective without any reference has counts but no rates, and is not in the mean; so has the mean, if no
    objective has a reference.

    Raises:
        UserError: as :func:`read_texts`.
    """
    texts = read_texts(decode_dir, data_dir, options)
    scores: Scores = {name: _score(parse_objective(name), rows) for name, rows in texts.items()}
    for task in ("asr", "st"):
        rows = {name: metrics for name, metrics in scores.items() if name.startswith(f"{task}/")}
        if rows:
            scores[f"{task}/{MEAN}"] = _mean(rows)
    return scores


def read_texts(decode_dir: Path, data_dir: Path, options: ScoreOptions) -> dict[str, list[Text]]:
    """Read the decoded utterances of every objective in ``decode_dir``, sorted by id, beside their references.

    Raises:
        UserError: if nothing was decoded, or the ids of an objective are not those of its language in the
        data.
    """
    names = sorted(str(path.parent.relative_to(decode_dir)) for path in decode_dir.glob("*/*/text"))
    if not names:
        raise UserError(f"{decode_dir} has no asr/<language>/text and no st/<pair>/text; run stage 12 first.")
    utterances = read_data_dir(data_dir)
    texts = {}
    for name in names:
        objective = parse_objective(name)
        spoken = {one.id: one for one in utterances if one.language == objective.source}
        hypotheses = read_hypotheses(decode_dir / name / "text")
        _check_ids(decode_dir / name / "text", hypotheses, spoken, data_dir)
        texts[name] = [_text(objective, spoken[one], hypotheses[one], options) for one in sorted(spoken)]
    return texts


def _text(objective: Objective, utterance: Utterance, hypothesis: str, options: ScoreOptions) -> Text:
    recognition = objective.task == "asr"
    language = written_language(objective)
    case = options.asr_case if recognition else options.st_case
    reference = utterance.text if recognition else _translation(utterance, language)
    if reference is not None:
        reference = normalize(reference, case, language)
    return Text(utterance, reference, normalize(hypothesis, case, language))


def written_language(objective: Objective) -> str:
    """Language of an objective's texts: the spoken one, or that of the translation; empty for self-supervision."""
    return (objective.source if objective.task == "asr" else objective.target) or ""


def read_hypotheses(path: Path) -> dict[str, str]:
    """Read lines ``id text``; a bare id is an empty text.

    Raises:
        UserError: if the file cannot be read, or an id is missing or doubled.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error}); run stage 12 again.") from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        identifier, _, text = line.partition(" ")
        if not identifier or identifier in found:
            problem = f"'{identifier}' a second time" if identifier else "no utterance id"
            raise UserError(f"{path}:{number} has {problem}; run stage 12 again.")
        found[identifier] = text
    return found


def _check_ids(path: Path, hypotheses: Mapping[str, str], spoken: Mapping[str, Utterance], data_dir: Path) -> None:
    for what, ids in (
        (f"lacks utterances of {data_dir}", spoken.keys() - hypotheses.keys()),
        (f"has utterances that are not of its language in {data_dir}", hypotheses.keys() - spoken.keys()),
    ):
        if ids:
            named = ", ".join(sorted(ids)[:_NAMED]) + (f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else "")
            raise UserError(f"{path} {what}: {named}; decode this test set again (stage 12).")


def _score(objective: Objective, texts: Sequence[Text]) -> Metrics:
    """Metrics of one objective over the utterances that have a reference."""
    pairs = [(one.reference, one.hypothesis) for one in texts if one.reference is not None]
    references, found = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    metrics: Metrics = {
        "utterances": len(pairs),
        "without_reference": len(texts) - len(pairs),
        "empty_hypotheses": sum(not text for text in found),
    }
    if not any(references):
        return metrics
    score: Callable[[Sequence[str], Sequence[str], str], Metrics]
    score = _recognition if objective.task == "asr" else _translated
    return score(references, found, written_language(objective)) | metrics


def _translation(utterance: Utterance, language: str) -> str | None:
    return utterance.translation if utterance.target_language == language else None


def _recognition(references: Sequence[str], hypotheses: Sequence[str], language: str) -> Metrics:
    characters = character_errors(references, hypotheses, language)
    metrics: Metrics = {"cer": characters.percent}
    counts: Metrics = {
        "characters": characters.length,
        "character_errors": characters.errors,
        "character_insertions": characters.insertions,
        "character_deletions": characters.deletions,
        "character_substitutions": characters.substitutions,
    }
    if language in UNSPACED:
        return metrics | counts
    words = word_errors(references, hypotheses)
    return (
        {"wer": words.percent}
        | metrics
        | {
            "words": words.length,
            "word_errors": words.errors,
            "word_insertions": words.insertions,
            "word_deletions": words.deletions,
            "word_substitutions": words.substitutions,
        }
        | counts
    )


def _translated(references: Sequence[str], hypotheses: Sequence[str], language: str) -> Metrics:
    by_words, by_characters = bleu(references, hypotheses, language), chrf(references, hypotheses)
    return {
        "bleu": by_words.value,
        "chrf": by_characters.value,
        "bleu_signature": by_words.signature,
        "chrf_signature": by_characters.signature,
    }


def _mean(rows: Mapping[str, Metrics]) -> Metrics:
    """Unweighted mean of every rate over the objectives that have it, and sums of the counts."""
    mean: Metrics = {}
    for metric in ("wer", "cer", "bleu", "chrf"):
        values = {name: metrics[metric] for name, metrics in rows.items() if metric in metrics}
        if values:
            mean[metric] = sum(float(value) for value in values.values()) / len(values)
            mean[f"{metric}_over"] = " ".join(name.partition("/")[2] for name in values)
    for metrics in rows.values():
        for metric, value in metrics.items():
            if isinstance(value, int):
                mean[metric] = int(mean.get(metric, 0)) + value
    return mean
