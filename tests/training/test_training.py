"""Real training runs through ESPnet's command, in this process."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from training.corpus import write_corpus

from espnet_soups.training.task import SoupsTask


@pytest.fixture(scope="module")
def arguments(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


def train(arguments: list[str], folder: Path, *more: str) -> dict[str, Any]:
    SoupsTask.main(cmd=[*arguments, "--output_dir", str(folder), *more])
    return torch.load(folder / "checkpoint.pth", weights_only=True)


def assert_same(first: Any, second: Any, where: str = "") -> None:
    if isinstance(first, torch.Tensor):
        assert torch.equal(first, second), where
    elif isinstance(first, dict):
        assert first.keys() == second.keys(), where
        for key in first:
            assert_same(first[key], second[key], f"{where}.{key}")
    elif isinstance(first, list | tuple):
        assert len(first) == len(second), where
        for i, (one, other) in enumerate(zip(first, second, strict=True)):
            assert_same(one, other, f"{where}[{i}]")
    else:
        assert first == second, where


@pytest.mark.parametrize("accum_grad", ["1", "2"])
def test_three_and_three_epochs_are_six_bit_by_bit(arguments: list[str], tmp_path: Path, accum_grad: str) -> None:
    options = ["--accum_grad", accum_grad, "--resume", "true"]
    whole = train(arguments, tmp_path / "whole", "--max_epoch", "6", *options)
    train(arguments, tmp_path / "parts", "--max_epoch", "3", *options)
    parts = train(arguments, tmp_path / "parts", "--max_epoch", "6", *options)
    for part in ("model", "optimizers", "schedulers"):
        assert_same(whole[part], parts[part], part)
    state = parts["optimizers"][0]["soup"]
    steps = 6 * (3 // int(accum_grad))
    assert state["step"] == steps
    assert not torch.equal(state["weights"][:3], torch.full((3,), 1 / 3, dtype=torch.float64))
    records = [json.loads(line) for line in (tmp_path / "parts" / "soup.jsonl").read_text().splitlines()]
    assert [record["step"] for record in records] == list(range(steps))
    assert (tmp_path / "whole" / "soup.jsonl").read_text() == (tmp_path / "parts" / "soup.jsonl").read_text()


def test_records_after_the_checkpoint_are_dropped_on_resume(arguments: list[str], tmp_path: Path) -> None:
    train(arguments, tmp_path, "--max_epoch", "1", "--resume", "true")
    before = (tmp_path / "soup.jsonl").read_text()
    with (tmp_path / "soup.jsonl").open("a") as stream:
        stream.write('{"step": 3, "epoch": 2, "figures": {}}\n')
    train(arguments, tmp_path, "--max_epoch", "2", "--resume", "true")
    after = (tmp_path / "soup.jsonl").read_text()
    assert after.startswith(before)
    assert [json.loads(line)["step"] for line in after.splitlines()] == list(range(6))


def test_shared_parameters_and_heads_have_their_own_learning_rates(arguments: list[str], tmp_path: Path) -> None:
    states = train(arguments, tmp_path, "--scheduler", "none")
    groups = states["optimizers"][0]["param_groups"]
    assert [group["lr"] for group in groups] == [0.001, 0.002]


def test_epoch_is_logged_with_every_figure(
    arguments: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        train(arguments, tmp_path)
    text = caplog.text
    assert "penalties of the levels" in text
    assert "gradient norm" in text
    assert "mean cosine by block" in text
    assert any((tmp_path / "tensorboard" / "train").iterdir())
    record = json.loads((tmp_path / "soup.jsonl").read_text().splitlines()[0])
    names = ["asr/en", "asr/fr", "asr/es", "st/fr-en", "st/es-en", "ssl"]
    for column in ("lambda", "weight", "gradient_norm"):
        assert all(f"{column}/{name}" in record["figures"] for name in names)
    assert len(record["task_similarity"]) == 2
    assert record["tasks"] == ["asr", "st", "ssl"]


def test_a_changed_set_of_objectives_does_not_resume(arguments: list[str], tmp_path: Path) -> None:
    train(arguments, tmp_path)
    with pytest.raises(ValueError, match="objectives"):
        train(arguments, tmp_path, "--max_epoch", "2", "--resume", "true", "--st_pairs", "fr-en")
