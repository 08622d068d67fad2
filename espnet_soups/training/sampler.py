"""Batches with as many utterances of every language, of similar lengths, redrawn every epoch."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from espnet2.samplers.abs_sampler import AbsSampler

from espnet_soups.corpora.data_dir import UNDETERMINED
from espnet_soups.errors import UserError


class BalancedBatchSampler(AbsSampler):
    """Draws every batch from all languages.

    An epoch passes over all utterances of the language that has most; the smaller ones start over, reshuffled, as
    often as they need to. No utterance is left out of an epoch, but of unlabelled speech, which counts as a language of
    its own (:data:`UNDETERMINED`) and of which there may be much more: every epoch draws from it anew. Utterances are
    brought into order of length with some noise before batches are cut, so that batches have little padding and yet
    differ from epoch to epoch.

    Args:
        lengths: Length of every utterance, in samples or frames.
        languages: Language of every utterance.
        batch_size: Utterances of a batch; each language gets its even share.
        batch_bins: Longest padded batch, in the unit of ``lengths`` times utterances, which takes the place of
            ``batch_size``: long utterances then come in small batches, short ones in large.
        world_size: Ranks that share each batch; every language is dealt out to them in turn.
        rank: This process's rank.
        noise: Spread of the length order, relative: 0 sorts strictly.

    Raises:
        UserError: If the batch is too small for the languages or the ranks.
    """

    def __init__(
        self,
        lengths: Mapping[str, int],
        languages: Mapping[str, str],
        batch_size: int | None = None,
        batch_bins: int | None = None,
        world_size: int = 1,
        rank: int = 0,
        noise: float = 0.1,
    ) -> None:
        missing = next((key for key in lengths if key not in languages), None)
        if missing is not None:
            raise UserError(f"Utterance '{missing}' has no language in utt2lang: run the data preparation again.")
        if (batch_size is None) == (batch_bins is None):
            raise ValueError("give either batch_size or batch_bins")
        self._by_language: dict[str, list[str]] = {}
        for key in sorted(lengths):
            self._by_language.setdefault(languages[key], []).append(key)
        self._lengths = lengths
        self._share = None if batch_size is None else batch_size // len(self._by_language)
        self._bins = batch_bins
        self._world, self._rank, self._noise = world_size, rank, noise
        if self._share == 0:
            raise UserError(
                f"batch_size {batch_size} is smaller than the {len(self._by_language)} languages of the training data: "
                f"set it to {2 * len(self._by_language)} or more."
            )
        if (self._share or 1) * len(self._by_language) < world_size:
            raise UserError(f"A batch has fewer utterances than the {world_size} ranks: raise batch_size.")
        self._length = len(self.generate(0))

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        return iter(self.generate(0))

    def generate(self, seed: int) -> list[tuple[str, ...]]:
        """The batches of one epoch, the same for the same seed.

        Their number may vary by a few with the seed when batches are cut by bins.
        """
        random = np.random.default_rng([seed, 20250812])
        labeled = [keys for language, keys in self._by_language.items() if language != UNDETERMINED]
        total = max(len(keys) for keys in labeled or self._by_language.values())
        rows = [self._ordered(keys, total, random) for keys in self._by_language.values()]
        whole = [[key for row in rows for key in row[start:stop]] for start, stop in self._cuts(rows)]
        # Language after language, so that dealing in turn gives every rank its part of each.
        batches = [tuple(batch[self._rank :: self._world]) for batch in whole]
        return [batches[i] for i in random.permutation(len(batches))]

    def _ordered(self, keys: Sequence[str], total: int, random: np.random.Generator) -> list[str]:
        rounds = math.ceil(total / len(keys))
        drawn = [keys[i] for _ in range(rounds) for i in random.permutation(len(keys))]
        drawn = drawn[:total]  # every utterance of a language has come at least once by then
        noisy = [self._lengths[key] * math.exp(self._noise * random.standard_normal()) for key in drawn]
        return [drawn[i] for i in np.argsort(noisy, kind="stable")]

    def _cuts(self, rows: Sequence[Sequence[str]]) -> list[tuple[int, int]]:
        total = len(rows[0])
        if self._share is not None:
            # Even sizes rather than one small rest, whose mean losses would be noisy.
            count = math.ceil(total / self._share)
            edges = [total * i // count for i in range(count + 1)]
        else:
            edges = self._edges_by_bins(
                [max(self._lengths[key] for key in column) for column in zip(*rows, strict=True)]
            )
        return list(itertools.pairwise(edges))

    def _edges_by_bins(self, longest: Sequence[int]) -> list[int]:
        """Cut so that (longest utterance) x (utterances) stays within the bins, with at least one for each rank."""
        languages = len(self._by_language)
        least = math.ceil(self._world / languages)
        edges, widest = [0], 0
        for position, length in enumerate(longest):
            widest = max(widest, length)
            share = position - edges[-1] + 1
            if share > least and widest * share * languages > (self._bins or 0):
                edges.append(position)
                widest = length
        if len(longest) - edges[-1] < least:
            edges.pop()
        return [*edges, len(longest)]
