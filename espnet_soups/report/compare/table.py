"""The figures of a comparison."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from espnet_soups.objectives import parse_objective
from espnet_soups.report.compare.bootstrap import Tested, compare_bleu, compare_error_rates
from espnet_soups.report.compare.matching import Texts, read_matching
from espnet_soups.report.compare.pareto import pareto_front
from espnet_soups.report.differences import align, error_count
from espnet_soups.report.experiment import Experiment
from espnet_soups.report.metrics import bleu_tokenizer
from espnet_soups.report.page.training import GPU_MEMORY
from espnet_soups.report.scalars import read_scalars, training_seconds
from espnet_soups.report.scoring import MEAN, Text, written_language
from espnet_soups.text.unspaced import UNSPACED
from espnet_soups.training.records import PEAK_MEMORY


@dataclass(frozen=True, slots=True)
class Cell:
    """A score of one experiment."""

    value: float
    interval: float | None
    """Half the width of the 95 % bootstrap interval; None for a mean."""
    difference: float
    """From the first experiment."""
    change: float | None
    """The difference in percent of the first experiment; None where that one has zero."""
    p_value: float | None
    """Of the difference; None where there is none, and for means, which are not tested."""


@dataclass(frozen=True, slots=True)
class Row:
    """A score of every experiment."""

    test_set: str
    objective: str
    """Such as ``asr/fr``; ``asr/mean`` is the mean over the languages."""
    metric: str
    """WER, CER or BLEU."""
    utterances: int
    cells: list[Cell]

    @property
    def lower_is_better(self) -> bool:
        """Whether the metric counts errors."""
        return self.metric != "BLEU"


@dataclass(frozen=True, slots=True)
class Cost:
    """What training took; None where it was not recorded."""

    steps: int | None
    seconds: float | None
    """In optimisation steps, without validation and saving."""
    memory_gib: float | None
    """Most memory that the process held."""
    gpu_memory_gib: float | None


@dataclass(frozen=True, slots=True)
class Trade:
    """Recognition against translation on one test set."""

    test_set: str
    metric: str
    """WER or CER."""
    points: list[tuple[float, float]]
    """Mean error rate and mean BLEU of each experiment."""
    front: list[int]
    """Experiments that no other one beats at both, by growing error."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several experiments; the first one is what the others are compared with."""

    folders: list[str]
    names: list[str]
    """The parts in which the folders' names differ, or the paths to them where names are the same."""
    rows: list[Row]
    trades: list[Trade]
    costs: list[Cost]
    samples: int
    seed: int


def compare(
    folders: Sequence[Path], test_sets: Sequence[str], patterns: Sequence[str], samples: int, seed: int
) -> Comparison:
    """Compare experiments on what they were scored on.

    Args:
        folders: The experiments, at least two.
        test_sets: Those to compare; all, if empty.
        patterns: Objectives to compare, such as ``asr/*``; all, if empty.
        samples: Bootstrap resamples.
        seed: Of the resamples.

    Raises:
        UserError: If they cannot be compared.
    """
    texts = read_matching(folders, test_sets, patterns)
    rows: list[Row] = []
    for test_set, objectives in texts[0].items():
        tested = [_row(test_set, name, texts, samples, seed) for name in objectives]
        means = [_mean(test_set, task, metric, tested) for task, metric in _kinds(tested)]
        rows += [*tested, *means]
    costs = [_cost(folder) for folder in folders]
    names = short_names([Experiment(folder).name for folder in folders])
    if len(set(names)) < len(names):
        names = short_names([str(folder.resolve()) for folder in folders], "/")
    return Comparison([str(one) for one in folders], names, rows, _trades(rows), costs, samples, seed)


def short_names(names: Sequence[str], separator: str = "_") -> list[str]:
    """The parts between separators in which names differ; the whole names if one would be empty or two the same."""
    parts = [name.split(separator) for name in names]
    shortest = min(len(one) for one in parts)
    start = next((i for i in range(shortest) if len({one[i] for one in parts}) > 1), shortest)
    end = next((i for i in range(shortest - start) if len({one[-1 - i] for one in parts}) > 1), shortest - start)
    short = [separator.join(one[start : len(one) - end]) for one in parts]
    return short if all(short) and len(set(short)) == len(short) else list(names)


def _row(test_set: str, name: str, texts: Sequence[Texts], samples: int, seed: int) -> Row:
    systems = [one[test_set][name] for one in texts]
    objective = parse_objective(name)
    language = written_language(objective)
    if objective.task == "asr":
        metric = "CER" if language in UNSPACED else "WER"
        counts = [[_errors(text, language) for text in system] for system in systems]
        errors = [[one for one, _ in system] for system in counts]
        tested = compare_error_rates(errors, [units for _, units in counts[0]], samples, seed)
    else:
        metric = "BLEU"
        references = [text.reference or "" for text in systems[0]]
        hypotheses = [[text.hypothesis for text in system] for system in systems]
        tested = compare_bleu(hypotheses, references, bleu_tokenizer(language), samples, seed)
    return Row(test_set, name, metric, len(systems[0]), [_cell(one, tested[0]) for one in tested])


def _errors(text: Text, language: str) -> tuple[int, int]:
    return error_count(align(text.reference or "", text.hypothesis, language))


def _cell(one: Tested, first: Tested) -> Cell:
    # A test of equal scores would call them significantly equal: sacrebleu's p is then the smallest that there is.
    p_value = one.p_value if one.value != first.value else None
    return Cell(one.value, one.interval, one.value - first.value, _change(one.value, first.value), p_value)


def _change(value: float, first: float) -> float | None:
    return 100.0 * (value - first) / first if first else None


def _kinds(rows: Sequence[Row]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((row.objective.partition("/")[0], row.metric) for row in rows))


def _mean(test_set: str, task: str, metric: str, rows: Sequence[Row]) -> Row:
    """The unweighted mean over the languages or pairs with this metric."""
    chosen = [row for row in rows if row.metric == metric and row.objective.startswith(f"{task}/")]
    columns = zip(*(row.cells for row in chosen), strict=True)
    values = [sum(cell.value for cell in column) / len(chosen) for column in columns]
    cells = [Cell(value, None, value - values[0], _change(value, values[0]), None) for value in values]
    return Row(test_set, f"{task}/{MEAN}", metric, sum(row.utterances for row in chosen), cells)


def _trades(rows: Sequence[Row]) -> list[Trade]:
    """A trade for each test set that has both recognition and translation; WER rather than CER."""
    trades = []
    for test_set in dict.fromkeys(row.test_set for row in rows):
        means = {
            row.metric: [cell.value for cell in row.cells]
            for row in rows
            if row.test_set == test_set and row.objective.endswith(f"/{MEAN}")
        }
        metric = "WER" if "WER" in means else "CER"
        if metric in means and "BLEU" in means:
            points = list(zip(means[metric], means["BLEU"], strict=True))
            trades.append(Trade(test_set, metric, points, pareto_front(points)))
    return trades


def _cost(folder: Path) -> Cost:
    train = read_scalars(folder, Experiment(folder).config.get("accum_grad") or 1).train
    steps = train["train_time"].steps if "train_time" in train else ()
    memory, gpu = (
        max(train[name].values, default=None) if name in train else None for name in (PEAK_MEMORY, GPU_MEMORY)
    )
    return Cost(steps[-1] if steps else None, training_seconds(train), memory, gpu)
