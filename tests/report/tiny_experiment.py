"""An experiment in a few files: what training, decoding and scoring leave behind, made in a moment."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import yaml
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from espnet_soups.corpora.audio import RATE, write_audio
from espnet_soups.corpora.data_dir import Utterance, write_data_dir
from espnet_soups.report.results import write_results
from espnet_soups.report.scoring import ScoreOptions

OBJECTIVES = ("asr/en", "asr/fr", "st/fr-en", "ssl")
SAID = {
    "en": ["one two three", "please hold the line", "goodbye"],
    "fr": ["un deux trois", "ne quittez pas", "au revoir"],
}
type Hypotheses = Mapping[str, list[str]]
PERFECT: Hypotheses = {"asr/en": SAID["en"], "asr/fr": SAID["fr"], "st/fr-en": SAID["en"]}


def write_training(folder: Path, soup: str = "vm", *, tensorboard: bool = True) -> Path:
    """Write what training leaves: ``config.yaml``, for a dynamic soup ``soup.jsonl``, and scalars."""
    folder.mkdir(parents=True)
    config = {"asr_langs": ["en", "fr"], "st_pairs": ["fr-en"], "ssl": "cpc", "soup": soup, "accum_grad": 2}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    if soup != "joint":
        (folder / "soup.jsonl").write_text("".join(json.dumps(_record(step)) + "\n" for step in range(0, 64, 16)))
    if tensorboard:
        times = {"train_time": 0.5, "forward_time": 0.2, "backward_time": 0.25, "grad_norm": 3.0}
        losses = {f"loss/{name}": 2.0 for name in OBJECTIVES}
        write_scalars(folder / "tensorboard/train", [(step, times | losses) for step in (40, 80, 120)])
        write_scalars(folder / "tensorboard/train", [(60, {"soup_peak_memory_gib": 1.25})])
        write_scalars(folder / "tensorboard/valid", [(step, losses) for step in (80, 120)])
    return folder


def write_scalars(folder: Path, events: list[tuple[int, dict[str, float]]]) -> None:
    writer = EventFileWriter(str(folder))
    for step, scalars in events:
        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
        writer.add_event(Event(step=step, summary=Summary(value=values)))
    writer.close()


def _record(step: int) -> dict[str, object]:
    columns = {"lambda": 0.5, "weight": 0.0 if step == 0 else 0.25, "gradient_norm": 1.0 + step}
    figures = {f"{column}/{name}": value for column, value in columns.items() for name in OBJECTIVES}
    figures |= {f"penalty/level{i}": value for i, value in enumerate((1.0, 0.1, 0.01), start=1)}
    record: dict[str, object] = {"step": step, "epoch": 1, "figures": figures | {"rejected_measurements": 0.0}}
    if step % 32 == 0:
        similarity = np.full((2, 4, 4), -0.25) + 1.25 * np.eye(4)
        similarity[1, 3, :3] = similarity[1, :3, 3] = np.nan
        tasks = np.full((2, 3, 3), 0.5) + 0.5 * np.eye(3)
        record |= {"blocks": [1], "conflict": [-0.25, 0.5], "similarity": similarity.tolist()}
        record |= {"tasks": ["asr", "st", "ssl"], "task_similarity": tasks.tolist()}
    return record


def write_scores(folder: Path, data: Path, hypotheses: Mapping[str, Hypotheses]) -> Path:
    """Write decoded and scored test sets, with data directories in ``data`` where there are none yet."""
    for test_set, texts in hypotheses.items():
        if not (data / test_set).exists():
            write_test_set(data / test_set)
        for name, lines in texts.items():
            output = folder / "decode" / test_set / name
            output.mkdir(parents=True)
            language = name.partition("/")[2][:2]
            rows = [f"{language}-{i} {line}".rstrip() for i, line in enumerate(lines)]
            (output / "text").write_text("".join(f"{row}\n" for row in rows))
        description = {"command": "decode", "train_config": str(folder / "config.yaml"), "model_file": "best.pth"}
        (folder / "decode" / test_set / "decode.json").write_text(json.dumps(description))
    sets = " ".join(hypotheses)
    command = f"python -m espnet_soups.bin.score --decode_dir {folder / 'decode'} --dump_dir {data} --exp_dir {folder}"
    write_results(
        folder / "decode", data, list(hypotheses), folder, ScoreOptions(), f"{command} --test_sets {sets} --asr_case lc"
    )
    return folder


def write_test_set(folder: Path) -> None:
    """Three utterances in each of two languages; French is translated."""
    seconds = np.arange(RATE // 4, dtype=np.float32) / RATE
    tone = 0.2 * np.sin(2 * np.pi * 440 * seconds)
    utterances = []
    for language, texts in SAID.items():
        for i, text in enumerate(texts):
            audio = folder.parent / f"{folder.name}_audio" / f"{language}-{i}.wav"
            write_audio(audio, tone, RATE, "wav")
            translation = (SAID["en"][i], "en") if language == "fr" else (None, None)
            utterances.append(Utterance(f"{language}-{i}", audio, language, language, text, *translation, len(tone)))
    write_data_dir(folder, utterances)
