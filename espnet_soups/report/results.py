"""RESULTS.json for programs and RESULTS.md for people."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from espnet_soups.corpora.kaldi_table import replace_text
from espnet_soups.errors import UserError
from espnet_soups.report.scoring import MEAN, Metrics, ScoreOptions, Scores, score_test_set

_ASR = {
    "WER": "wer",
    "CER": "cer",
    "insertions": "word_insertions",
    "deletions": "word_deletions",
    "substitutions": "word_substitutions",
    "words": "words",
    "utterances": "utterances",
    "empty": "empty_hypotheses",
}
_ST = {"BLEU": "bleu", "chrF": "chrf", "utterances": "utterances", "empty": "empty_hypotheses"}


def write_results(
    decode_dir: Path,
    dump_dir: Path,
    test_sets: Sequence[str],
    exp_dir: Path,
    options: ScoreOptions,
    command: str,
) -> str:
    """Score every test set; write ``RESULTS.json`` and ``RESULTS.md`` into ``exp_dir``; return the page.

    ``RESULTS.json`` is ``{test set: {objective: {metric: value}}}`` with rates in percent and full precision.

    Raises:
        UserError: as :func:`score_test_set`; the files are then as they were.
    """
    results = {name: score_test_set(decode_dir / name, dump_dir / name, options) for name in test_sets}
    decoded = {name: _read_description(decode_dir / name / "decode.json") for name in test_sets}
    page = "\n".join(
        [*_heading(decoded, command), *(line for name in test_sets for line in _section(name, results[name]))]
    )
    exp_dir.mkdir(parents=True, exist_ok=True)
    replace_text(exp_dir / "RESULTS.json", json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    replace_text(exp_dir / "RESULTS.md", page + "\n")
    return page


def _read_description(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}); decode this test set again (stage 12).") from error
    return dict(content)


def _heading(decoded: Mapping[str, Mapping[str, Any]], command: str) -> list[str]:
    """What the figures were made with."""
    lines = ["# Results", ""]
    for config in dict.fromkeys(one["train_config"] for one in decoded.values()):
        lines += _training(Path(config))
    files = dict.fromkeys(one["model_file"] for one in decoded.values())
    lines.append(f"- Checkpoint: {', '.join(f'`{file}`' for file in files)}")
    lines.append("- Made by:")
    lines += ["", "```", *(one["command"] for one in decoded.values()), command, "```", ""]
    return lines


def _training(config: Path) -> list[str]:
    """The training that a ``config.yaml`` describes."""
    if not config.is_file():
        raise UserError(f"{config}, which decoding used, does not exist any more; decode again (stage 12).")
    content = yaml.safe_load(config.read_text(encoding="utf-8"))
    soup = content.get("soup", "joint")
    details = json.dumps(content.get("soup_conf") or {}, ensure_ascii=False)
    source = content.get("config")
    return [
        f"- Soup: `{soup}`, `{details}`",
        f"- Training: `{config}`" + (f", made from `{source}`" if source else ""),
    ]


def _section(name: str, scores: Scores) -> list[str]:
    lines = [f"## {name}", ""]
    for task, title, columns in (("asr", "language", _ASR), ("st", "pair", _ST)):
        rows = {key.partition("/")[2]: row for key, row in scores.items() if key.startswith(f"{task}/")}
        if not rows:
            continue
        lines += _table(title, columns, rows)
        lines += _notes(rows)
    return lines


def _table(title: str, columns: Mapping[str, str], rows: Mapping[str, Metrics]) -> list[str]:
    lines = [f"| {title} | {' | '.join(columns)} |", "|:--|" + "--:|" * len(columns)]
    for name, metrics in sorted(rows.items(), key=lambda row: (row[0] == MEAN, row[0])):
        cells = [_cell(metrics.get(metric)) for metric in columns.values()]
        lines.append(f"| {f'**{name}**' if name == MEAN else name} | {' | '.join(cells)} |")
    return [*lines, ""]


def _cell(value: float | int | str | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _notes(rows: Mapping[str, Metrics]) -> list[str]:
    """What the table does not say: missing references, means over some languages only, signatures."""
    notes = []
    for name, metrics in rows.items():
        if name == MEAN:
            continue
        if not {"cer", "bleu"} & metrics.keys():
            notes.append(f"{name}: no reference, so no score, and not in the mean.")
        elif metrics["without_reference"]:
            notes.append(f"{name}: not scored, for lack of a reference: {metrics['without_reference']}.")
    mean = rows[MEAN]
    for metric, title in (("wer", "WER"), ("cer", "CER"), ("bleu", "BLEU")):
        over = str(mean.get(f"{metric}_over", "")).split()
        if over and len(over) < len(rows) - 1:
            notes.append(f"The mean {title} is over {', '.join(over)}.")
    for key, title in (("bleu_signature", "BLEU"), ("chrf_signature", "chrF")):
        signatures = dict.fromkeys(str(metrics[key]) for metrics in rows.values() if key in metrics)
        notes += [f"{title} by sacrebleu: `{signature}`" for signature in signatures]
    return [*(f"- {note}" for note in notes), ""] if notes else []
