"""Pretrained encoders through ESPnet's training command, and the trained model without the pretrained one."""

import shutil
from pathlib import Path

import pytest
import torch
import yaml
from model.pretrained import save_wav2vec2, save_whisper
from training.corpus import write_corpus

from espnet_soups.training.task import SoupsTask

SAVE = {"wav2vec2": save_wav2vec2, "whisper": save_whisper}
SSL = {"context_frames": 12, "future_frames": 8, "min_context": 4, "projection_size": 8}


@pytest.mark.parametrize("kind", ["wav2vec2", "whisper"])
def test_training_resumes_and_the_model_is_complete(kind: str, tmp_path: Path) -> None:
    pretrained = SAVE[kind](tmp_path / "pretrained")
    arguments = write_corpus(tmp_path / "corpus", per_language=4)
    path = tmp_path / "corpus/train.yaml"
    conf = yaml.safe_load(path.read_text()) | {"normalize": None, "ssl_conf": SSL}
    for part in ("frontend", "encoder"):
        conf |= {part: f"hugging_face_{kind}", f"{part}_conf": {"pretrained": str(pretrained)}}
    path.write_text(yaml.safe_dump(conf))
    SoupsTask.main(cmd=[*arguments, "--output_dir", str(tmp_path / "stats"), "--collect_stats", "true"])
    assert (tmp_path / "stats/train/speech_shape").exists()
    options = [*arguments, "--output_dir", str(tmp_path / "exp"), "--resume", "true"]
    for epochs in ("1", "2"):
        SoupsTask.main(cmd=[*options, "--max_epoch", epochs])
    checkpoint = torch.load(tmp_path / "exp/checkpoint.pth", weights_only=True)
    assert checkpoint["reporter"]["epoch"] == 2
    shutil.rmtree(pretrained)
    model, _ = SoupsTask.build_model_from_file(tmp_path / "exp/config.yaml", tmp_path / "exp/2epoch.pth", "cpu")
    for name, value in model.state_dict().items():
        assert torch.equal(value, checkpoint["model"][name]), name
