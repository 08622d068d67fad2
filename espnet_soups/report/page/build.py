"""From an experiment to its report: a page, and the pictures on it as files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from espnet_soups.corpora.kaldi_table import replace_bytes, replace_text
from espnet_soups.errors import UserError
from espnet_soups.report.examples import AudioBudget, Example, choose_examples
from espnet_soups.report.experiment import Experiment
from espnet_soups.report.html import as_markup, render_page
from espnet_soups.report.page.conflict import conflict_maps, similarity
from espnet_soups.report.page.panel import Look, Panel
from espnet_soups.report.page.scores import languages_without_scores, mean_scores, score_bars, score_tables
from espnet_soups.report.page.soup import gradient_norms, lambdas, weights
from espnet_soups.report.page.training import GPU_MEMORY, cost, losses
from espnet_soups.report.scalars import Scalars, read_scalars, training_seconds
from espnet_soups.report.scoring import ScoreOptions, read_texts
from espnet_soups.report.theme import drawing_style, render_png, render_svg
from espnet_soups.soup.config import build_soup_config
from espnet_soups.training.records import PEAK_MEMORY

_SHOWN_SETTINGS = (
    "config",
    "asr_langs",
    "st_pairs",
    "ssl",
    "encoder",
    "encoder_conf",
    "decoder",
    "decoder_conf",
    "optim",
    "optim_conf",
    "scheduler",
    "scheduler_conf",
    "max_epoch",
    "batch_size",
    "accum_grad",
    "use_amp",
    "ngpu",
    "seed",
)


def write_report(folder: Path, out: Path, examples: int, audio_bytes: int) -> Path:
    """Write ``report.html`` and a PNG for each picture on it into ``out``; return the page's path.

    Args:
        folder: The experiment.
        out: Made if needed; pictures of an earlier report that this one has not are removed.
        examples: Utterances of each language of each test set.
        audio_bytes: Size that the page's audio may have.

    Raises:
        UserError: If the folder is no experiment, or a file in it is damaged.
    """
    experiment = Experiment(folder)
    scalars = read_scalars(folder, experiment.config.get("accum_grad") or 1)
    with drawing_style():
        panels = list(_panels(experiment, scalars))
    shown, no_examples = _examples(experiment, examples, audio_bytes)
    page = render_page(
        "page/report.html.j2",
        name=experiment.name,
        folder=str(folder),
        summary=_summary(experiment),
        tiles=[*mean_scores(experiment.results), *_cost_tiles(scalars)],
        panels=[
            (panel, as_markup(render_svg(panel.figure, panel.name), panel.title) if panel.figure else "")
            for panel in panels
        ],
        tables=score_tables(experiment.results),
        unscored=languages_without_scores(experiment.results, experiment.objectives),
        examples=shown,
        no_examples=no_examples,
        soup_yaml=_as_yaml({key: experiment.config[key] for key in ("soup", "soup_conf") if key in experiment.config}),
        training_yaml=_as_yaml({key: experiment.config[key] for key in _SHOWN_SETTINGS if key in experiment.config}),
        scoring=experiment.scoring.command if experiment.scoring else "",
    )
    out.mkdir(parents=True, exist_ok=True)
    for panel in panels:
        picture = out / f"{panel.name}.png"
        if panel.figure is not None:
            replace_bytes(picture, render_png(panel.figure))
        else:
            picture.unlink(missing_ok=True)
    replace_text(out / "report.html", page)
    return out / "report.html"


def _panels(experiment: Experiment, scalars: Scalars) -> Iterator[Panel]:
    records, objectives = experiment.records, experiment.objectives
    look = Look(objectives)
    yield score_bars(experiment.results)
    yield losses(scalars, objectives, look)
    yield lambdas(records, _levels(experiment), look)
    yield weights(records, objectives, look)
    yield gradient_norms(records, scalars, objectives, look)
    yield conflict_maps(records)
    yield similarity(records, objectives)
    yield cost(scalars.train)


def _levels(experiment: Experiment) -> list[list[str]]:
    soup, settings = experiment.config.get("soup", "joint"), experiment.config.get("soup_conf") or {}
    hierarchy = build_soup_config(soup, settings, experiment.objectives).hierarchy
    return [[hierarchy.names[k] for k in level] for level in hierarchy.levels]


def _summary(experiment: Experiment) -> str:
    soup, levels = experiment.config.get("soup", "joint"), _levels(experiment)
    words = f"Soup {soup}, {len(experiment.objectives)} objectives"
    if len(levels) > 1:
        words += ", levels from the upper: " + "; ".join(", ".join(level) for level in levels)
    return f"{words}."


def _cost_tiles(scalars: Scalars) -> Iterator[tuple[str, str]]:
    seconds = training_seconds(scalars.train)
    if seconds is not None:
        steps = scalars.train["train_time"].steps[-1]
        yield "optimisation steps", f"{steps}"
        yield "time in steps", in_time(seconds)
        yield "mean of a step", f"{seconds / steps:.2f} s"
    for label, name in (("peak memory, process", PEAK_MEMORY), ("peak memory, GPU", GPU_MEMORY)):
        if name in scalars.train:
            yield label, f"{max(scalars.train[name].values):.1f} GiB"


def in_time(seconds: float) -> str:
    """Seconds in words, such as ``1 h 05 min``."""
    minutes = round(seconds / 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min" if minutes >= 2 else f"{seconds:.0f} s"


def _examples(experiment: Experiment, count: int, audio_bytes: int) -> tuple[list[Example], str]:
    """The examples, or none and the reason in words."""
    scoring = experiment.scoring
    if scoring is None:
        return [], "There are no scores yet, so no utterances to show: run stages 12 and 13."
    if count == 0:
        return [], "No examples were asked for (--examples 0)."
    budget = AudioBudget(audio_bytes)
    found: list[Example] = []
    options = ScoreOptions(scoring.asr_case, scoring.st_case)
    for test_set in scoring.test_sets:
        try:
            texts = read_texts(scoring.decode_dir / test_set, scoring.dump_dir / test_set, options)
        except UserError as error:
            return [], f"The scored texts cannot be read any more: {error}"
        found += choose_examples(test_set, texts, count, budget)
    return found, "No utterance of the test sets has a reference."


def _as_yaml(content: dict[str, Any]) -> str:
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
