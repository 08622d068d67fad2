"""The ESPnet model of an objective soup."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from espnet2.asr.encoder.abs_encoder import AbsEncoder
from espnet2.asr.frontend.abs_frontend import AbsFrontend
from espnet2.asr.postencoder.abs_postencoder import AbsPostEncoder
from espnet2.asr.preencoder.abs_preencoder import AbsPreEncoder
from espnet2.asr.specaug.abs_specaug import AbsSpecAug
from espnet2.layers.abs_normalize import AbsNormalize
from espnet2.torch_utils.device_funcs import force_gatherable
from espnet2.train.abs_espnet_model import AbsESPnetModel
from torch import Tensor, nn

from espnet_soups.corpora.data_dir import NA
from espnet_soups.gradients.boundary import ObjectiveWeights, weighted_boundary
from espnet_soups.gradients.distributed import world_size
from espnet_soups.gradients.graph import EncoderGraph, TaskLosses, objective_means
from espnet_soups.model.abs_ssl import AbsSSL, SSLBatch
from espnet_soups.model.ctc_heads import CTCHeads
from espnet_soups.model.frame_norm import replace_batch_norm
from espnet_soups.model.rerun import Rerun
from espnet_soups.model.translation_heads import TranslationHeads
from espnet_soups.objectives import list_objectives
from espnet_soups.training.soup_step import SoupStep, halves_of


class ObjectiveSoupsModel(AbsESPnetModel):
    """Multilingual recognition (CTC), translation (attention decoder) and self-supervision on one encoder.

    The shared parameters are everything up to the encoder's output. Each objective reads that output through a
    boundary that weights its gradient, so one backward pass gives the heads their own gradients and the encoder the
    soup's weighted sum (Objective Soups, arXiv 2508.09228).

    Args:
        asr_langs: Languages that are recognised.
        st_pairs: Pairs that are translated, such as ``fr-en``; one target for each source.
        src_token_list: Tokens of transcripts; index 0 is the CTC blank.
        token_list: Tokens of translations; the last is <sos/eos>.
        frontend: Waveform to features, or None if the data has features.
        specaug: Augmentation, or None.
        normalize: Normalisation, or None.
        preencoder: Layer before the encoder, or None.
        encoder: Shared encoder.
        postencoder: Layer after the encoder, or None; shared too.
        ctc: Recognition heads, or None.
        translation: Translation heads, or None.
        ssl: Self-supervised objective, or None.
        conv_norm: ``layer`` puts layer normalisation in the place of the encoder's batch normalisation, so that
            utterances are independent; ``batch`` leaves the encoder as it is.
    """

    def __init__(
        self,
        asr_langs: Sequence[str],
        st_pairs: Sequence[str],
        src_token_list: Sequence[str],
        token_list: Sequence[str],
        frontend: AbsFrontend | None,
        specaug: AbsSpecAug | None,
        normalize: AbsNormalize | None,
        preencoder: AbsPreEncoder | None,
        encoder: AbsEncoder,
        postencoder: AbsPostEncoder | None,
        ctc: CTCHeads | None,
        translation: TranslationHeads | None,
        ssl: AbsSSL | None,
        conv_norm: str = "layer",
    ) -> None:
        super().__init__()
        self.asr_langs, self.st_pairs = list(asr_langs), list(st_pairs)
        self.src_token_list, self.token_list = list(src_token_list), list(token_list)
        self.objectives = list_objectives(asr_langs, st_pairs, ssl is not None)
        self.languages = spoken_languages(asr_langs, st_pairs)
        self.blank_id, self.eos = 0, len(token_list) - 1
        self.frontend, self.specaug, self.normalize = frontend, specaug, normalize
        self.preencoder, self.encoder, self.postencoder = preencoder, encoder, postencoder
        self.ctc, self.translation, self.ssl = ctc, translation, ssl
        if conv_norm == "layer":
            replace_batch_norm(encoder)
        self.weights = ObjectiveWeights(len(self.objectives))
        self.soup: SoupStep | None = None

    def attach_soup(self, soup: SoupStep) -> None:
        """Let a soup set the boundary's weights while the model trains."""
        self.soup = soup

    def shared_parameters(self) -> list[nn.Parameter]:
        """Parameters of everything up to the encoder's output."""
        modules = (self.frontend, self.preencoder, self.encoder, self.postencoder)
        return [parameter for module in modules if module is not None for parameter in module.parameters()]

    def forward(
        self,
        speech: Tensor,
        speech_lengths: Tensor,
        text: Tensor,
        text_lengths: Tensor,
        src_text: Tensor,
        src_text_lengths: Tensor,
        lang: Tensor,
        lang_lengths: Tensor,
        **kwargs: Any,
    ) -> tuple[Tensor, dict[str, Any], Tensor]:
        """Losses of a batch.

        Args:
            speech: Waveforms `(B, N)` or features `(B, N, F)`.
            speech_lengths: Their lengths `(B,)`.
            text: Translation token ids `(B, L)`; ``<na>`` for none.
            text_lengths: `(B,)`.
            src_text: Transcript token ids `(B, L')`; ``<na>`` for none.
            src_text_lengths: `(B,)`.
            lang: Index of the language that is spoken `(B, 1)`.
            lang_lengths: `(B,)`, all one.

        Returns:
            The sum of all objectives' mean losses, figures to log, and the batch size.
        """
        del lang_lengths, kwargs
        self.weights.move_to(speech.device)
        language = lang[:, 0]
        transcribed = src_text[:, 0] != self.src_token_list.index(NA)
        translated = text[:, 0] != self.token_list.index(NA)
        half = halves_of(language, translated)
        # One transfer: which rows go where is decided on the CPU.
        composition = torch.stack([language, transcribed, translated]).tolist()
        feats, lengths, extra, extra_rows = self._features(speech, speech_lengths, half, ~(transcribed | translated))
        soup = self.soup if self.training else None
        if soup is None:
            h, h_lengths = self._encode(feats, lengths)
        else:
            rerun = Rerun(self._encode, self.encoder, feats, lengths)
            with soup.watching(feats.shape[0]):
                h, h_lengths = self._encode(feats, lengths)
        batch = language.shape[0]
        rows = torch.arange(batch, device=h.device)
        tasks: list[TaskLosses] = []
        figures: dict[str, Tensor] = {}
        if self.ctc is not None:
            rows_of = self._rows(self.asr_langs, composition[0], composition[1], h.device)
            objective = self._objective_of("asr", rows_of, language)
            reader = weighted_boundary(h[:batch], self.weights, objective)
            loss, count = self.ctc(reader, h_lengths[:batch], rows_of, src_text, src_text_lengths)
            tasks.append(TaskLosses(reader, rows, loss, count, objective, half, rows))
        if self.translation is not None:
            rows_of = self._rows(self.st_pairs, composition[0], composition[2], h.device)
            objective = self._objective_of("st", rows_of, language)
            reader = weighted_boundary(h[:batch], self.weights, objective)
            loss, count, right = self.translation(reader, h_lengths[:batch], rows_of, text, text_lengths)
            tasks.append(TaskLosses(reader, rows, loss, count, objective, half, rows))
            figures["acc_st"] = right.sum() / count.sum()
        if self.ssl is not None and extra is not None:
            objective = torch.full_like(extra_rows, len(self.objectives) - 1)
            # Its rows are the last, and the only ones of a model without other heads.
            first = h.shape[0] - extra_rows.shape[0]
            reader = weighted_boundary(h[first:], self.weights, objective)
            loss, count = self.ssl(reader, h_lengths[first:], extra)
            own = torch.arange(first, h.shape[0], device=h.device)
            tasks.append(TaskLosses(reader, own, loss, count, objective, half[extra_rows], extra_rows))
        means, totals = objective_means(tuple(tasks), len(self.objectives))
        if soup is not None:
            soup.finish(EncoderGraph(h, tuple(tasks), len(self.objectives), rerun))
        loss = means.sum() + self._touch_unused(totals)
        stats = self._stats(means.detach(), totals, figures)
        weight = torch.tensor(batch, device=h.device)
        if world_size() > 1:
            return force_gatherable((loss, stats, weight), h.device)
        return loss, stats, weight

    def encode(self, speech: Tensor, speech_lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Encoder output `(B, T, D)` and its frames `(B,)` for waveforms `(B, N)`."""
        with torch.autocast(speech.device.type, enabled=False):
            feats, lengths = self._extract(speech, speech_lengths)
            if self.normalize is not None:
                feats, lengths = self.normalize(feats, lengths)
        return self._encode(feats, lengths)

    def ctc_log_probs(self, h: Tensor, lang: str) -> Tensor:
        """Log-probabilities `(B, T, V)` of the recognition head of ``lang`` for encoder output `(B, T, D)`."""
        assert self.ctc is not None, "the model has no recognition head"
        return self.ctc.log_probs(h, lang)

    def st_decoder(self, pair: str) -> nn.Module:
        """The decoder that translates ``pair``."""
        assert self.translation is not None, "the model has no translation head"
        return self.translation.decoder(pair)

    def collect_feats(self, speech: Tensor, speech_lengths: Tensor, **kwargs: Any) -> dict[str, Tensor]:
        """Features and their lengths, for the statistics of normalisation."""
        del kwargs
        feats, lengths = self._extract(speech, speech_lengths)
        return {"feats": feats, "feats_lengths": lengths}

    def _extract(self, speech: Tensor, speech_lengths: Tensor) -> tuple[Tensor, Tensor]:
        speech = speech[:, : int(speech_lengths.max())]
        if self.frontend is None:
            return speech, speech_lengths
        feats, lengths = self.frontend(speech, speech_lengths)
        return feats, lengths

    def _features(
        self, speech: Tensor, speech_lengths: Tensor, half: Tensor, unlabeled: Tensor
    ) -> tuple[Tensor, Tensor, SSLBatch | None, Tensor]:
        """Features of the batch with the self-supervised objective's rows behind it."""
        with torch.autocast(speech.device.type, enabled=False):
            feats, lengths = self._extract(speech, speech_lengths)
            extra, extra_rows = None, half[:0]
            if self.ssl is not None:
                extra_rows = self._ssl_rows(half, unlabeled, self.ssl.utterances)
                clean, clean_lengths = feats[extra_rows], lengths[extra_rows]
                if self.normalize is not None:
                    clean, clean_lengths = self.normalize(clean, clean_lengths)
                extra = self.ssl.prepare(clean, clean_lengths)
                # What is compared with must not train the front end past the boundary.
                extra = replace(extra, targets=extra.targets.detach())
                if self.ctc is None and self.translation is None:
                    # ESPnet's encoders want no row longer than the longest length.
                    return extra.feats[:, : int(extra.lengths.max())], extra.lengths, extra, extra_rows
            if self.specaug is not None and self.training:
                feats, lengths = self.specaug(feats, lengths)
            if self.normalize is not None:
                feats, lengths = self.normalize(feats, lengths)
        if extra is None:
            return feats, lengths, None, extra_rows
        longest = max(feats.shape[1], extra.feats.shape[1])
        padded = [nn.functional.pad(part, (0, 0, 0, longest - part.shape[1])) for part in (feats, extra.feats)]
        return torch.cat(padded), torch.cat([lengths, extra.lengths]), extra, extra_rows

    def _encode(self, feats: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        if self.preencoder is not None:
            feats, lengths = self.preencoder(feats, lengths)
        h, h_lengths, _ = self.encoder(feats, lengths)
        # Encoders with intermediate losses return a tuple; only the final output is shared here.
        h = h[0] if isinstance(h, tuple) else h
        if self.postencoder is not None:
            h, h_lengths = self.postencoder(h, h_lengths)
        return h, h_lengths

    def _ssl_rows(self, half: Tensor, unlabeled: Tensor, fraction: float) -> Tensor:
        """Utterances for self-supervision, as many of each half as possible; random in training.

        Those without any text come first: they serve no other objective.
        """
        count = half.shape[0]
        wanted = min(count, max(2, round(fraction * count)))
        order = torch.randperm(count).to(half.device) if self.training else torch.arange(count, device=half.device)
        order = order[(~unlabeled[order]).long().argsort(stable=True)]
        # Rank within the half, in random order: the first ranks of both halves are taken.
        shuffled = half[order]
        rank = torch.where(shuffled == 0, (shuffled == 0).cumsum(0), (shuffled == 1).cumsum(0))
        return order[rank.argsort(stable=True)[:wanted]]

    def _rows(
        self, names: Sequence[str], language: list[int], has_text: list[int], device: torch.device
    ) -> dict[str, Tensor]:
        """Rows of every language (``fr``) or pair (``fr-en``) that the batch has."""
        found = {}
        for name in names:
            spoken = self.languages.index(name.partition("-")[0])
            rows = [row for row, (one, has) in enumerate(zip(language, has_text, strict=True)) if has and one == spoken]
            if rows:
                found[name] = torch.tensor(rows, device=device)
        return found

    def _objective_of(self, task: str, rows_of: dict[str, Tensor], like: Tensor) -> Tensor:
        objective = torch.full_like(like, -1)
        for name, rows in rows_of.items():
            objective[rows] = self.objectives.index(f"{task}/{name}")
        return objective

    def _touch_unused(self, totals: Tensor) -> Tensor | float:
        """Zero that depends on the heads of absent objectives, without which DDP waits for their gradients."""
        if world_size() == 1 or not self.training:
            return 0.0
        heads = [module for module in (self.ctc, self.translation, self.ssl) if module is not None]
        if bool((totals > 0).all()):
            return 0.0
        return sum(0.0 * parameter.sum() for head in heads for parameter in head.parameters())

    def _stats(self, means: Tensor, totals: Tensor, figures: dict[str, Tensor]) -> dict[str, float]:
        """Figures of the batch; one transfer from the device for all of them."""
        present = torch.where(totals > 0, means, torch.nan)
        values = torch.stack([means.sum(), *present, *(value.to(means) for value in figures.values())]).tolist()
        names = ["loss", *(f"loss/{name}" for name in self.objectives), *figures]
        stats = dict(zip(names, values, strict=True))
        for task in ("asr", "st", "ssl"):
            own = [stats[f"loss/{name}"] for name in self.objectives if name.partition("/")[0] == task]
            seen = [value for value in own if not math.isnan(value)]
            if own:
                stats[f"loss_{task}"] = sum(seen) / len(seen) if seen else math.nan
        return stats


def spoken_languages(asr_langs: Sequence[str], st_pairs: Sequence[str]) -> list[str]:
    """Languages of the speech, in the order of the data's language index."""
    return list(dict.fromkeys([*asr_langs, *(pair.split("-")[0] for pair in st_pairs)]))
