"""Encoders from Hugging Face against the models that they are parts of, and in training."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from builders import attach_soup, batch, model_args, small_model
from model.pretrained import save_wav2vec2, save_whisper
from torch import Tensor

from espnet_soups.errors import UserError
from espnet_soups.gradients.blocks import find_blocks
from espnet_soups.model.hugging_face.wav2vec2 import Wav2Vec2Encoder, Wav2Vec2Frontend
from espnet_soups.model.hugging_face.whisper import WhisperEncoder, WhisperFrontend
from espnet_soups.training.task import SoupsTask

ROWS = ["en", "en", "fr", "fr", "es", "es"]
KINDS = ["wav2vec2", "whisper"]
SAVE: dict[str, Callable[..., Path]] = {"wav2vec2": save_wav2vec2, "whisper": save_whisper}
SSL = {
    "wav2vec2": {"context_frames": 20, "future_frames": 12, "min_context": 4, "projection_size": 8},
    "whisper": {"context_frames": 40, "future_frames": 20, "min_context": 16, "projection_size": 8},
}


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pretrained")
    return {kind: SAVE[kind](folder / kind) for kind in KINDS}


def settings(kind: str, checkpoint: Path, **encoder_conf: Any) -> dict[str, Any]:
    return {
        "frontend": f"hugging_face_{kind}",
        "frontend_conf": {"pretrained": str(checkpoint)},
        "encoder": f"hugging_face_{kind}",
        "encoder_conf": {"pretrained": str(checkpoint)} | encoder_conf,
        "normalize": None,
        "ssl_conf": SSL[kind],
    }


def speech(*seconds: float) -> tuple[Tensor, Tensor]:
    lengths = torch.tensor([int(16000 * s) for s in seconds])
    noise = 0.1 * torch.randn(len(seconds), int(lengths.max()), generator=torch.Generator().manual_seed(0)) + 0.02
    return noise.masked_fill(torch.arange(noise.shape[1]) >= lengths[:, None], 0.0), lengths


@pytest.mark.parametrize("norm", ["layer", "group"])
def test_wav2vec2_is_the_pretrained_model_whatever_the_padding(norm: str, tmp_path: Path) -> None:
    path = str(save_wav2vec2(tmp_path, norm))
    frontend, encoder = Wav2Vec2Frontend(path).eval(), Wav2Vec2Encoder(12, path).eval()
    reference = transformers.Wav2Vec2Model.from_pretrained(path).eval()
    extractor = transformers.Wav2Vec2FeatureExtractor.from_pretrained(path)
    waves, lengths = speech(1.0, 0.6)
    h, h_lengths, _ = encoder(*frontend(waves, lengths))
    for row in range(2):
        alone = extractor(waves[row, : lengths[row]].numpy(), sampling_rate=16000, return_tensors="pt")
        expected = reference(alone.input_values).last_hidden_state[0]
        assert int(h_lengths[row]) == len(expected)
        assert torch.allclose(h[row, : h_lengths[row]], expected, atol=1e-5)


def test_whisper_is_the_pretrained_model_on_a_full_window(checkpoints: dict[str, Path]) -> None:
    path = str(checkpoints["whisper"])
    frontend, encoder = WhisperFrontend(path).eval(), WhisperEncoder(20, path).eval()
    reference = transformers.WhisperModel.from_pretrained(path).eval().encoder
    extractor = transformers.WhisperFeatureExtractor.from_pretrained(path)
    # The last frame's window reaches over the end, where Whisper has what comes after it or a reflection.
    waves, lengths = speech(2.0)
    waves[:, -400:] = 0.0
    wanted = extractor(waves[0].numpy(), sampling_rate=16000, return_tensors="pt").input_features
    feats, frames = frontend(waves, lengths)
    assert frames.tolist() == [200]
    assert torch.allclose(feats[0].T, wanted[0], atol=1e-4)
    h, h_lengths, _ = encoder(feats, frames)
    assert h_lengths.tolist() == [100]
    assert torch.allclose(h, reference(wanted).last_hidden_state, atol=1e-3)


def test_padding_does_not_change_an_utterance_of_whisper(checkpoints: dict[str, Path]) -> None:
    path = str(checkpoints["whisper"])
    frontend, encoder = WhisperFrontend(path).eval(), WhisperEncoder(20, path).eval()
    waves, lengths = speech(1.5, 0.61)
    h, h_lengths, _ = encoder(*frontend(waves, lengths))
    alone, frames, _ = encoder(*frontend(waves[1:, : lengths[1]], lengths[1:]))
    assert int(frames) == int(h_lengths[1])
    assert torch.allclose(alone[0], h[1, : int(frames)], atol=1e-5)


def test_whisper_refuses_what_its_positions_do_not_reach(checkpoints: dict[str, Path]) -> None:
    path = str(checkpoints["whisper"])
    with pytest.raises(UserError, match=r"has 125 frames, but the pretrained encoder takes 100 .*max_wav_duration"):
        WhisperEncoder(20, path)(*WhisperFrontend(path)(*speech(2.5)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_soup_trains_it_and_chooses_among_its_blocks(kind: str, checkpoints: dict[str, Path]) -> None:
    model = small_model(**settings(kind, checkpoints[kind]))
    assert len(find_blocks(model.encoder)) == 3
    step = attach_soup(model, "vm", {"modo": {"every": 1}, "penalty": {"init": 0.1}})
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    before = {name: parameter.clone() for name, parameter in model.encoder.named_parameters()}
    for seed in (1, 2):
        loss, stats, _ = model(**batch(ROWS, seed=seed, seconds=1.5))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    first = step.records[0]
    assert len(first["conflict"]) == 3
    assert all(value == value for value in first["conflict"]), "every block was measured"
    assert all(step.records[-1]["figures"][f"gradient_norm/{name}"] > 0 for name in model.objectives)
    assert stats["loss_ssl"] > 0
    still = [name for name, p in model.encoder.named_parameters() if torch.equal(p, before[name])]
    assert still == (["whisper.embed_positions.weight"] if kind == "whisper" else [])


@pytest.mark.parametrize("kind", KINDS)
def test_products_are_exact(kind: str, checkpoints: dict[str, Path]) -> None:
    figures = []
    for measure in ("exact", "products"):
        model = small_model(**settings(kind, checkpoints[kind])).double()
        conf = {"modo": {"every": 1, "measure": measure, "rows": 1.0}, "conflict_layers": {"select": "all"}}
        step = attach_soup(model, "vs", conf)
        inputs = batch(ROWS, seconds=1.5)
        inputs["speech"] = inputs["speech"].double()
        torch.manual_seed(3)
        model(**inputs)
        figures.append(step.records[-1]["figures"])
    assert figures[0] == pytest.approx(figures[1], rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_directional_measurement(kind: str, checkpoints: dict[str, Path]) -> None:
    model = small_model(**settings(kind, checkpoints[kind]))
    conf = {"modo": {"every": 1, "measure": "directional"}, "conflict_layers": {"select": [0, 2]}}
    step = attach_soup(model, "vs", conf)
    for seed in (1, 2):
        model(**batch(ROWS, seed=seed, seconds=1.5))
    assert step.records[-1]["figures"]["rejected_measurements"] == 0
    assert not torch.allclose(step.state.weights, torch.full((6,), 1 / 6, dtype=torch.float64))


@pytest.mark.parametrize("kind", KINDS)
def test_frozen_blocks_stay_and_are_not_chosen(kind: str, checkpoints: dict[str, Path]) -> None:
    model = small_model(**settings(kind, checkpoints[kind], frozen_blocks=2))
    step = attach_soup(model, "vs", {"modo": {"every": 1}})
    loss, _, _ = model(**batch(ROWS, seconds=1.5))
    loss.backward()
    assert step.records[0]["blocks"] == [2]
    trained = {name for name, p in model.encoder.named_parameters() if p.grad is not None}
    assert trained
    assert all("layers.2." in name or "layer_norm" in name for name in trained)


def test_convolutions_of_wav2vec2_train_when_asked(checkpoints: dict[str, Path]) -> None:
    conf = settings("wav2vec2", checkpoints["wav2vec2"])
    model = small_model(**(conf | {"frontend_conf": conf["frontend_conf"] | {"train": True}}))
    model.weights.set(torch.zeros(6))
    loss, _, _ = model(**batch(ROWS, seconds=1.5))
    loss.backward()
    assert model.frontend is not None
    # They are shared parameters: what the soup gives no weight must not reach them, not even as targets of SSL.
    assert all(p.grad is not None and float(p.grad.abs().sum()) == 0 for p in model.frontend.parameters())


@pytest.mark.parametrize("kind", KINDS)
def test_a_trained_model_needs_the_checkpoint_no_more(kind: str, tmp_path: Path) -> None:
    checkpoint = SAVE[kind](tmp_path / "pretrained")
    args = model_args(**settings(kind, checkpoint))
    model = SoupsTask.build_model(args).eval()
    for file in checkpoint.iterdir():
        file.unlink()
    again = SoupsTask.build_model(args).eval()
    mine, its = (dict(m.encoder.named_parameters()) for m in (model, again))
    assert any(not torch.equal(mine[name], its[name]) for name in mine), "its weights are not those of the checkpoint"
    again.load_state_dict(model.state_dict())
    waves, lengths = speech(1.0, 0.7)
    assert torch.equal(model.encode(waves, lengths)[0], again.encode(waves, lengths)[0])


@pytest.mark.parametrize("kind", KINDS)
def test_the_meta_device_needs_no_weights(kind: str, tmp_path: Path) -> None:
    checkpoint = SAVE[kind](tmp_path)
    sizes = [p.shape for p in small_model(**settings(kind, checkpoint)).parameters()]
    (checkpoint / "model.safetensors").unlink()
    with torch.device("meta"):
        model = SoupsTask.build_model(model_args(**settings(kind, checkpoint)))
    assert [p.shape for p in model.parameters()] == sizes
    assert all(p.is_meta for p in model.parameters())


class TestErrors:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_folder_that_is_not_there(self, kind: str, tmp_path: Path) -> None:
        with pytest.raises(UserError, match=r"none \(a folder or a name on the hub\) cannot be read"):
            small_model(**settings(kind, tmp_path / "none"))

    def test_another_kind_of_model(self, checkpoints: dict[str, Path]) -> None:
        with pytest.raises(UserError, match="is a 'whisper' model, not 'wav2vec2'"):
            Wav2Vec2Encoder(12, str(checkpoints["whisper"]))

    def test_weights_that_are_missing(self, tmp_path: Path) -> None:
        config = transformers.WhisperConfig.from_pretrained(save_whisper(tmp_path, encoder_layers=1))
        config.encoder_layers = 2
        config.save_pretrained(tmp_path)
        with pytest.raises(UserError, match=r"lacks 15 weights, such as encoder\.layers\.1\."):
            WhisperEncoder(20, str(tmp_path))

    def test_the_wrong_front_end(self, checkpoints: dict[str, Path]) -> None:
        for kind in KINDS:
            conf = settings(kind, checkpoints[kind]) | {"frontend": "default", "frontend_conf": {"n_mels": 30}}
            with pytest.raises(UserError, match=f"set frontend to 'hugging_face_{kind}'"):
                small_model(**conf)

    @pytest.mark.parametrize("kind", KINDS)
    def test_wrong_options(self, kind: str, checkpoints: dict[str, Path]) -> None:
        with pytest.raises(UserError, match="frozen_blocks is 3: the encoder has 3"):
            small_model(**settings(kind, checkpoints[kind], frozen_blocks=3))
        with pytest.raises(UserError, match="--init would overwrite"):
            small_model(**settings(kind, checkpoints[kind]), init="xavier_uniform")
