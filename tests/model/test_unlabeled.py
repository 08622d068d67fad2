"""Speech without text in a batch: it teaches the encoder by self-supervision and in no other way."""

import argparse
from pathlib import Path

import pytest
import torch
from builders import LANGS, SOURCE_TOKENS, TARGET_TOKENS, batch, small_model
from espnet2.train.distributed_utils import DistributedOption
from torch import Tensor

from espnet_soups.errors import UserError
from espnet_soups.training.task import SoupsTask

UNLABELED = [1, 4]


def mixed_batch() -> dict[str, Tensor]:
    """A batch in which two utterances have no text and no language."""
    data = batch(["en", "fr", "fr", "es", "es", "en"])
    for name, tokens in (("text", TARGET_TOKENS), ("src_text", SOURCE_TOKENS)):
        data[name][UNLABELED] = torch.tensor([tokens.index("<na>"), -1, -1, -1])
        data[f"{name}_lengths"][UNLABELED] = 1
    data["lang"][UNLABELED] = len(LANGS)
    return data


def speech_gradients(tasks: set[str]) -> Tensor:
    """Gradient norm of every utterance's samples when only the objectives of ``tasks`` reach the encoder `(B,)`."""
    model = small_model()
    data = mixed_batch()
    data["speech"].requires_grad_()
    model.weights.set(torch.tensor([float(name.partition("/")[0] in tasks) for name in model.objectives]))
    loss, stats, _ = model(**data)
    assert all(stats[f"loss_{task}"] > 0 for task in ("asr", "st", "ssl"))
    loss.backward()
    assert data["speech"].grad is not None
    return data["speech"].grad.norm(dim=1)


def test_recognition_and_translation_get_nothing_from_it() -> None:
    gradients = speech_gradients({"asr", "st"})
    labeled = [row for row in range(6) if row not in UNLABELED]
    assert bool((gradients[labeled] > 0).all())
    assert gradients[UNLABELED].tolist() == [0.0, 0.0]


def test_self_supervision_takes_it_first() -> None:
    gradients = speech_gradients({"ssl"})
    assert bool((gradients[UNLABELED] > 0).all())


def test_the_losses_of_the_others_do_not_depend_on_it() -> None:
    model = small_model().eval()
    data = mixed_batch()
    with torch.no_grad():
        before = model(**data)[1]
        data["speech"][UNLABELED] *= torch.linspace(0.5, 1.5, data["speech"].shape[1])
        after = model(**data)[1]
    for name in model.objectives:
        assert (before[f"loss/{name}"] == after[f"loss/{name}"]) == (name != "ssl"), name


def test_it_needs_a_self_supervised_objective(tmp_path: Path) -> None:
    (tmp_path / "utt2lang").write_text("a en\nb und\n")
    streams = [(str(tmp_path / "utt2lang"), "lang", "text")]
    args = argparse.Namespace(ssl=None, train_data_path_and_name_and_type=streams)
    with pytest.raises(UserError, match="no self-supervised objective that could learn from it: set ssl"):
        SoupsTask.build_iter_factory(args, DistributedOption(), "train")
