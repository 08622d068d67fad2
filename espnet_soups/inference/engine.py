"""Batches of speech through a model's encoder and heads."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from espnet2.asr.decoder.abs_decoder import AbsDecoder
from torch import Tensor
from torch.nn.functional import pad

from espnet_soups.corpora.audio import RATE, Samples
from espnet_soups.errors import UserError
from espnet_soups.inference.batching import length_batches
from espnet_soups.inference.cached_decoder import CachedDecoder
from espnet_soups.inference.ctc import CtcHypothesis, ctc_greedy
from espnet_soups.inference.ctc_prefix import ctc_prefix_beam
from espnet_soups.inference.detokenize import Detokenizer
from espnet_soups.inference.options import PREFIX_BEAM, DecodeOptions
from espnet_soups.inference.results import Recognition, Token, Translation
from espnet_soups.inference.st_beam import beam_search

DTYPES = {
    "float64": torch.float64,
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
_SHORTEST = RATE // 5
"""Samples; shorter speech gets silence at its end, because subsampling needs a few frames."""


class SoupsModel(Protocol):
    """What inference needs of a model; see :class:`espnet_soups.model.soups_model.ObjectiveSoupsModel`."""

    asr_langs: list[str]
    st_pairs: list[str]
    blank_id: int
    eos: int

    def encode(self, speech: Tensor, speech_lengths: Tensor) -> tuple[Tensor, Tensor]:
        """`(B, N)` and `(B,)` to `(B, T, D)` and `(B,)`."""

    def ctc_log_probs(self, h: Tensor, lang: str) -> Tensor:
        """`(B, T, D)` to `(B, T, V)`."""

    def st_decoder(self, pair: str) -> AbsDecoder:
        """The decoder that translates ``pair``."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Encoder output of a batch."""

    h: Tensor
    """`(B, T, D)`"""
    lengths: Tensor
    """Frames `(B,)`."""
    seconds: tuple[float, ...]
    """Duration of each utterance."""

    def rows(self, index: Sequence[int]) -> "Encoded":
        """Some utterances of the batch."""
        rows = torch.tensor(index, device=self.h.device)
        return Encoded(self.h[rows], self.lengths[rows], tuple(self.seconds[i] for i in index))


class Engine:
    """Runs a model, on any device and in any precision.

    Args:
        model: in evaluation mode and on ``device``.
        source: makes transcripts of the tokens of the recognition heads; None if there are none.
        target: makes translations of the tokens of the decoders; None if there are none.
        options: searches to use.
        dtype: a key of :data:`DTYPES`; the half precisions mean autocast.
        peak: what the highest sample of each utterance is scaled to, if the model was trained so.
    """

    def __init__(
        self,
        model: SoupsModel,
        source: Detokenizer | None,
        target: Detokenizer | None,
        options: DecodeOptions,
        *,
        device: torch.device,
        dtype: str = "float32",
        peak: float | None = None,
    ) -> None:
        if dtype not in DTYPES:
            raise UserError(f"The precision '{dtype}' is unknown; choose {', '.join(DTYPES)}.")
        self.model, self.source, self.target, self.options = model, source, target, options
        self.device, self.dtype, self.peak = device, DTYPES[dtype], peak
        self._decoders = {pair: CachedDecoder(model.st_decoder(pair)) for pair in model.st_pairs}

    @torch.inference_mode()
    def encode(self, speech: Sequence[Samples]) -> Encoded:
        """Encode waveforms `(N,)` at 16 kHz, each scaled and padded as the model needs, in batches of like lengths."""
        groups = length_batches([len(samples) / RATE for samples in speech], self.options.batch_seconds)
        parts = [self._encode([speech[i] for i in group]) for group in groups]
        longest = max(part.h.shape[1] for part in parts)
        h = torch.cat([pad(part.h, (0, 0, 0, longest - part.h.shape[1])) for part in parts])
        joined = Encoded(h, torch.cat([part.lengths for part in parts]), sum((part.seconds for part in parts), ()))
        order = [i for group in groups for i in group]
        return joined if order == sorted(order) else joined.rows(sorted(range(len(order)), key=order.__getitem__))

    def _encode(self, speech: Sequence[Samples]) -> Encoded:
        longest = max(_SHORTEST, *(len(samples) for samples in speech))
        batch = np.zeros((len(speech), longest), dtype=np.float32)
        for row, samples in zip(batch, speech, strict=True):
            row[: len(samples)] = self._scaled(samples)
        lengths = torch.tensor([max(_SHORTEST, len(samples)) for samples in speech], device=self.device)
        wide = torch.float64 if self.dtype == torch.float64 else torch.float32
        with self._precision():
            h, frames = self.model.encode(torch.from_numpy(batch).to(self.device, wide), lengths)
        return Encoded(h, frames, tuple((lengths / RATE).tolist()))

    @torch.inference_mode()
    def log_probs(self, encoded: Encoded, lang: str) -> Tensor:
        """Log-probabilities `(B, T, V)` of the recognition head of ``lang``, in float32 or better."""
        with self._precision():
            found = self.model.ctc_log_probs(encoded.h, lang)
        return found if found.dtype == torch.float64 else found.float()

    @torch.inference_mode()
    def recognize(self, encoded: Encoded, lang: str) -> list[Recognition]:
        """Transcribe a batch in ``lang``."""
        assert self.source is not None, "the model has no recognition head"
        blank = self.model.blank_id
        log_probs = self.log_probs(encoded, lang)
        log_probs[:, :, self.source.ids_without_text(blank)] = -torch.inf
        if self.options.asr.method == PREFIX_BEAM:
            found = ctc_prefix_beam(log_probs, encoded.lengths, self.options.asr.beam, blank)
        else:
            found = ctc_greedy(log_probs, encoded.lengths, blank)
        shifts = [seconds / n for seconds, n in zip(encoded.seconds, encoded.lengths.tolist(), strict=True)]
        return [_recognition(one, self.source, shift) for one, shift in zip(found, shifts, strict=True)]

    @torch.inference_mode()
    def translate(self, encoded: Encoded, pair: str) -> list[Translation]:
        """Translate a batch by the decoder of ``pair``."""
        assert self.target is not None, "the model has no translation head"
        eos = self.model.eos
        silent = self.target.ids_without_text(eos)
        with self._precision():
            found = beam_search(
                self._decoders[pair], encoded.h, encoded.lengths, eos, eos, self.options.st, forbidden=silent
            )
        language = pair.partition("-")[2]
        units = [self.target.units(one.tokens) for one in found]
        texts = [self.target.text(one) for one in units]
        return [Translation(language, t, u, one.score) for t, u, one in zip(texts, units, found, strict=True)]

    def _scaled(self, samples: Samples) -> Samples:
        highest = float(np.abs(samples).max(initial=0.0))
        return samples if self.peak is None or highest == 0 else samples * np.float32(self.peak / highest)

    @contextmanager
    def _precision(self) -> Iterator[None]:
        half = self.dtype in (torch.bfloat16, torch.float16)
        with torch.autocast(self.device.type, dtype=self.dtype if half else None, enabled=half):
            yield


def _recognition(found: CtcHypothesis, source: Detokenizer, frame_shift: float) -> Recognition:
    units = source.units([token.id for token in found.tokens])
    tokens = zip(units, found.tokens, strict=True)
    timed = tuple(Token(unit, (token.frame + 0.5) * frame_shift, token.score) for unit, token in tokens)
    return Recognition(source.text(units), timed, found.score)
