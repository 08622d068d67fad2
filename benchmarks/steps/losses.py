"""The model's objectives with a graph of their own each, as code that is not ours would write them."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from benchmarks.workload import NA
from espnet_soups.model.abs_ssl import SSLBatch
from espnet_soups.model.soups_model import ObjectiveSoupsModel
from espnet_soups.training.soup_step import halves_of

Batch = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Encoded:
    """Encoder output of a batch: a row for each of B utterances, if they take part, then S of self-supervision.

    Attributes:
        h: `(B + S, T, D)`.
        lengths: `(B + S,)`.
        extra: What the self-supervised loss needs of the last S rows, or None.
    """

    h: Tensor
    lengths: Tensor
    extra: SSLBatch | None

    @property
    def ssl_rows(self) -> Tensor:
        """Rows of self-supervision `(S,)`."""
        count = 0 if self.extra is None else len(self.extra.lengths)
        return torch.arange(len(self.h) - count, len(self.h), device=self.h.device)

    def detached(self) -> "Encoded":
        """A copy whose gradients end at the encoder's output."""
        return Encoded(self.h.detach().requires_grad_(), self.lengths, self.extra)


def select(batch: Batch, rows: Tensor) -> Batch:
    """Some utterances of a batch."""
    return {name: value[rows] for name, value in batch.items()}


def split_halves(batch: Batch) -> list[Batch]:
    """The two independent samples of a batch."""
    half = halves_of(batch["lang"][:, 0], batch["text"][:, 0] != NA)
    return [select(batch, (half == i).nonzero().flatten()) for i in (0, 1)]


def supervised_rows(model: ObjectiveSoupsModel, batch: Batch) -> dict[str, Tensor]:
    """Rows of the batch that every supervised objective has."""
    language = batch["lang"][:, 0]
    spoken = {name: name.partition("/")[2].partition("-")[0] for name in model.objectives if name != "ssl"}
    return {n: (language == model.languages.index(one)).nonzero().flatten() for n, one in spoken.items()}


def draw_for_ssl(model: ObjectiveSoupsModel, count: int) -> Tensor:
    """As many utterances for self-supervision as the model takes, drawn at random."""
    assert model.ssl is not None
    return torch.randperm(count)[: max(2, round(model.ssl.utterances * count))]


def encode(model: ObjectiveSoupsModel, batch: Batch, supervised: bool = True, for_ssl: Tensor | None = None) -> Encoded:
    """One pass through the shared parameters.

    Args:
        model: The model.
        batch: Utterances.
        supervised: Whether the utterances take part themselves.
        for_ssl: Rows of the batch that the self-supervised objective adds its rows for.
    """
    assert model.frontend is not None
    assert model.normalize is not None
    feats, lengths = model.frontend(batch["speech"], batch["speech_lengths"])
    parts: list[tuple[Tensor, Tensor]] = []
    extra = None
    if for_ssl is not None:
        assert model.ssl is not None
        extra = model.ssl.prepare(*model.normalize(feats[for_ssl], lengths[for_ssl]))
    if supervised:
        assert model.specaug is not None
        parts.append(model.normalize(*model.specaug(feats, lengths)))
    if extra is not None:
        parts.append((extra.feats, extra.lengths))
    longest = max(part.shape[1] for part, _ in parts)
    padded = [nn.functional.pad(part, (0, 0, 0, longest - part.shape[1])) for part, _ in parts]
    h, h_lengths, _ = model.encoder(torch.cat(padded), torch.cat([one for _, one in parts]))
    return Encoded(h, h_lengths, extra)


def objective_loss(model: ObjectiveSoupsModel, name: str, encoded: Encoded, batch: Batch, rows: Tensor) -> Tensor:
    """Mean loss per target of one objective.

    Args:
        model: The model.
        name: The objective.
        encoded: Encoder output of the batch.
        batch: The utterances.
        rows: The objective's rows of the encoder's output.
    """
    task, _, rest = name.partition("/")
    h, lengths = encoded.h[rows], encoded.lengths[rows]
    everything = {rest: torch.arange(len(rows), device=rows.device)}
    if task == "ssl":
        assert model.ssl is not None
        assert encoded.extra is not None
        own, all_rows = rows - encoded.ssl_rows[0], encoded.extra
        extra = SSLBatch(
            all_rows.feats[own], all_rows.lengths[own], all_rows.targets[own], all_rows.target_lengths[own]
        )
        losses, counts = model.ssl(h, lengths, extra)
    elif task == "asr":
        assert model.ctc is not None
        texts = batch["src_text"][rows], batch["src_text_lengths"][rows]
        losses, counts = model.ctc(h, lengths, everything, *texts)
    else:
        assert model.translation is not None
        texts = batch["text"][rows], batch["text_lengths"][rows]
        losses, counts, _ = model.translation(h, lengths, everything, *texts)
    return losses.sum() / counts.sum()


def take_gradients(parameters: list[nn.Parameter]) -> Tensor:
    """Take the gradients away from the parameters, as one vector `(N,)`."""
    vector = torch.cat([torch.zeros_like(p).flatten() if p.grad is None else p.grad.flatten() for p in parameters])
    for parameter in parameters:
        parameter.grad = None
    return vector


def set_gradients(parameters: list[nn.Parameter], vector: Tensor) -> None:
    """Give the parameters the parts of a vector as gradients."""
    for parameter, part in zip(parameters, vector.split([p.numel() for p in parameters]), strict=True):
        parameter.grad = part.view_as(parameter)
