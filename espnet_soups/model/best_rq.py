"""Masked prediction of random-projection labels on the shared encoder."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from espnet_soups.errors import UserError
from espnet_soups.model.abs_ssl import AbsSSL, SSLBatch
from espnet_soups.model.precision import full_precision


class RandomProjectionQuantizer(nn.Module):
    """Labels of feature vectors: the nearest of fixed random codes after a fixed random projection.

    Nothing in it is trained. Projection and codes are buffers in floating point, so checkpoints carry them and model
    averaging, which adds whole numbers up, leaves them what they are.

    Args:
        input_size: Size of the vectors.
        codebook_size: V, number of codes.
        code_size: Size of the space in which vectors and codes are compared.
        seed: Seed of projection and codes.
    """

    projection: Tensor
    codebook: Tensor

    def __init__(self, input_size: int, codebook_size: int, code_size: int, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        # Xavier's range does not change which code is nearest, because lengths are normalised; it keeps numbers small.
        bound = (6.0 / (input_size + code_size)) ** 0.5
        drawn = torch.rand(input_size, code_size, generator=generator, device="cpu")
        self.register_buffer("projection", (2 * drawn - 1) * bound)
        codes = torch.randn(codebook_size, code_size, generator=generator, device="cpu")
        self.register_buffer("codebook", F.normalize(codes, dim=-1))

    def forward(self, vectors: Tensor) -> Tensor:
        """Labels `(...)` from 0 to V - 1 of vectors `(..., input_size)`."""
        direction = F.normalize(vectors.detach().to(self.projection) @ self.projection, dim=-1)
        # Between vectors of length one the nearest is that with the largest inner product.
        return (direction @ self.codebook.T).argmax(-1)


class BestRQ(AbsSSL):
    """Tell the random-projection labels of masked speech from what is around it (Chiu et al., arXiv 2202.01855).

    A label belongs to ``stack`` frames, which the encoder must make one of: ``stack`` is its subsampling. Spans of
    frames are replaced by noise; the encoder's output there is classified into the labels that the speech had. The
    quantiser sees features of zero mean and unit variance in each utterance, without which it would use few codes.

    Args:
        feature_size: F, size of a feature frame.
        encoder_size: D, size of the encoder's output.
        stack: Feature frames of one label, the encoder's subsampling.
        codebook_size: Number of labels.
        code_size: Size of the space in which the quantiser compares.
        mask_probability: Probability that a span begins at a feature frame.
        mask_frames: Length of a span in feature frames.
        noise: Standard deviation of the noise in a span.
        utterances: Part of a batch's utterances that take part.
        seed: Seed of the quantiser.
    """

    def __init__(
        self,
        feature_size: int,
        encoder_size: int,
        stack: int = 4,
        codebook_size: int = 8192,
        code_size: int = 16,
        mask_probability: float = 0.01,
        mask_frames: int = 40,
        noise: float = 0.1,
        utterances: float = 0.25,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if mask_frames < stack:
            raise UserError(f"ssl_conf.mask_frames is {mask_frames}: it must be at least ssl_conf.stack, {stack}.")
        self.stack, self.noise, self.utterances = stack, noise, utterances
        self.span = mask_frames // stack
        self.begin = 1 - (1 - mask_probability) ** stack
        self.quantizer = RandomProjectionQuantizer(stack * feature_size, codebook_size, code_size, seed)
        self.predict = nn.Linear(encoder_size, codebook_size)
        self._stack_is_checked = False

    def prepare(self, feats: Tensor, lengths: Tensor) -> SSLBatch:
        """Mask spans of features `(S, T, F)`; the targets are labels `(S, T // stack)`, -1 where nothing is masked."""
        rows, longest, size = feats.shape
        steps = longest // self.stack
        stacked = _normalize(feats, lengths)[:, : steps * self.stack].reshape(rows, steps, self.stack * size)
        count = lengths // self.stack
        masked = self._mask(count, steps)
        targets = torch.full_like(masked, -1, dtype=torch.long)
        targets[masked] = self.quantizer(stacked[masked])
        frames = F.pad(masked.repeat_interleave(self.stack, dim=1), (0, longest - steps * self.stack))
        noisy = torch.where(frames[..., None], self.noise * torch.randn_like(feats), feats)
        return SSLBatch(noisy, lengths, targets, masked.sum(1))

    def forward(self, h: Tensor, h_lengths: Tensor, batch: SSLBatch) -> tuple[Tensor, Tensor]:
        """Cross entropy of every row's masked labels; see :class:`AbsSSL`."""
        self._check_stack(h_lengths, batch.lengths)
        steps = min(h.shape[1], batch.targets.shape[1])
        inside = torch.arange(steps, device=h.device) < h_lengths[:, None]
        # The encoder's output may be a frame or two shorter than the labels.
        targets = torch.where(inside, batch.targets[:, :steps], -1)
        row, step = (targets >= 0).nonzero(as_tuple=True)
        logits = full_precision(self.predict(h[row, step]))
        each = F.cross_entropy(logits, targets[row, step], reduction="none")
        losses = each.new_zeros(h.shape[0]).index_add(0, row, each)
        return losses, (targets >= 0).sum(1)

    def _mask(self, count: Tensor, steps: int) -> Tensor:
        """Masked steps `(S, steps)` of rows with ``count`` steps; at least one span in each row that has a step."""
        shape = (count.shape[0], steps)
        if self.training:
            draw = torch.rand(shape, device=count.device)
        else:
            # The same masks in every validation.
            draw = torch.rand(shape, generator=torch.Generator().manual_seed(0), device="cpu").to(count.device)
        inside = torch.arange(steps, device=count.device) < count[:, None]
        draw = torch.where(inside, draw, 2.0)
        if steps == 0:
            return inside
        begins = inside & ((draw < self.begin) | (draw == draw.amin(1, keepdim=True)))
        # A step is masked if a span began at it or at one of the span - 1 steps before.
        spread = F.max_pool1d(F.pad(begins.float()[:, None], (self.span - 1, 0)), self.span, stride=1)[:, 0]
        return inside & (spread > 0)

    def _check_stack(self, h_lengths: Tensor, lengths: Tensor) -> None:
        if self._stack_is_checked:
            return
        self._stack_is_checked = True
        outputs, frames = int(h_lengths.max()), int(lengths.max())
        # Encoders without padding lose a few outputs at the end.
        if abs(frames // self.stack - outputs) > 2 + frames // self.stack // 4:
            raise UserError(
                f"ssl_conf.stack is {self.stack}, but the encoder made {outputs} outputs of {frames} frames: "
                f"set it to the encoder's subsampling, about {max(1, round(frames / outputs))}."
            )


def _normalize(feats: Tensor, lengths: Tensor) -> Tensor:
    """Features `(S, T, F)` with zero mean and unit variance over each row's valid frames."""
    inside = (torch.arange(feats.shape[1], device=feats.device) < lengths[:, None])[..., None]
    count = lengths.clamp(min=1)[:, None, None]
    centred = (feats - (feats * inside).sum(1, keepdim=True) / count) * inside
    return centred / (centred.square().sum(1, keepdim=True) / count + 1e-5).sqrt()
