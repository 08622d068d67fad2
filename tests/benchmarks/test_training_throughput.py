import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from benchmarks.training_throughput import LOADER, main
from espnet_soups.corpora.data_dir import NA, Utterance, write_data_dir

TINY_MODEL = {
    "frontend_conf": {"fs": 16000, "n_fft": 256, "hop_length": 160, "n_mels": 20, "center": False},
    "encoder_conf": {
        "output_size": 16,
        "attention_heads": 2,
        "linear_units": 32,
        "num_blocks": 2,
        "rel_pos_type": "latest",
    },
    "decoder_conf": {"num_blocks": 1, "linear_units": 32, "attention_heads": 2},
    "ssl_conf": {"context_frames": 40, "future_frames": 20, "min_context": 16},
    "batch_type": "unsorted",
    "batch_size": 4,
    "optim": "adamw",
    "optim_conf": {"lr": 0.001},
    "log_interval": 50,
}


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    random, utterances = np.random.default_rng(0), []
    for language in ("en", "fr"):
        for i in range(4):
            path = tmp_path / f"{language}-{i}.wav"
            soundfile.write(path, 0.1 * random.standard_normal(16000), 16000)
            utterances.append(
                Utterance(
                    id=f"{language}-{i}",
                    audio=path,
                    speaker=language,
                    language=language,
                    text="ab",
                    translation="xy" if language == "fr" else None,
                    target_language="en" if language == "fr" else None,
                    num_samples=16000,
                )
            )
    write_data_dir(tmp_path / "data", utterances)
    for name in ("text", "text_translation"):
        table = tmp_path / "data" / name
        lines = dict(line.split(maxsplit=1) for line in table.read_text("utf-8").splitlines())
        complete = {one.id: lines.get(one.id, NA) for one in utterances}
        table.write_text("".join(f"{key} {value}\n" for key, value in sorted(complete.items())), "utf-8")
    return tmp_path / "data"


def test_writes_the_speed_of_every_soup(tmp_path: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, path = tmp_path / "train.yaml", tmp_path / "speed.json"
    config.write_text(yaml.safe_dump(TINY_MODEL), "utf-8")
    options = ["--steps", "2", "--rounds", "2", "--num_workers", "0", "--threads", "1", "--json", str(path)]
    main(["--data_dir", str(data_dir), "--config", str(config), "--soups", "joint", "vm", *options])
    rows = {row["name"]: row for row in json.loads(path.read_text("utf-8"))["rows"]}
    assert list(rows) == ["joint", "vm", LOADER]
    for row in rows.values():
        assert [epoch["speech"] for epoch in row["epochs"]] == [8.0, 8.0]
        assert all(0 < epoch["waited"] < epoch["wall"] for epoch in row["epochs"])
    assert rows["joint"]["time_ratio"] == 1.0
    assert LOADER in capsys.readouterr().out


def test_a_missing_data_directory_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--data_dir", str(tmp_path / "absent")])
    assert "run stages 1 to 4" in capsys.readouterr().err
