"""What every way of training has to do in one step: the objectives and the batch."""

from dataclasses import dataclass

import torch
from torch import Tensor

from benchmarks.sizes import SIZES, Size
from espnet_soups.errors import UserError

SAMPLE_RATE = 16000
NA = 2
# As many tokens a second as pieces of a vocabulary of 500 need, roughly.
TOKENS_PER_SECOND = 6.0


@dataclass(frozen=True, slots=True)
class Workload:
    """One step's work.

    Attributes:
        objectives: K. With ``ssl`` half of the rest are languages to recognise, half pairs to translate, and an even K
            leaves one language without translation; without ``ssl`` every language is recognised and translated.
        size: Name of the model's size.
        utterances: Utterances of the batch.
        seconds: Their mean length; the lengths differ by 15 % either way.
        ssl: Whether there is a self-supervised objective.
        device: ``cpu`` or ``cuda``.
        dtype: ``float32``, or ``bfloat16`` for automatic mixed precision.
        seed: Seed of the weights and of the batch.
    """

    objectives: int = 10
    size: str = "20m"
    utterances: int = 40
    seconds: float = 4.0
    ssl: bool = True
    device: str = "cpu"
    dtype: str = "float32"
    seed: int = 1

    def __post_init__(self) -> None:
        if self.objectives < 3:
            raise UserError(f"--objectives {self.objectives}: at least 3, one for each task.")
        if self.utterances < 2 * len(self.languages):
            raise UserError(
                f"--utterances {self.utterances}: {self.objectives} objectives need {2 * len(self.languages)} or more, "
                "two of every language, one in each half of the batch."
            )

    @property
    def model_size(self) -> Size:
        """The model's size."""
        return SIZES[self.size]

    @property
    def languages(self) -> list[str]:
        """Languages to recognise; their names mean nothing."""
        return [f"l{i}" for i in range(self.objectives // 2)]

    @property
    def pairs(self) -> list[str]:
        """Pairs to translate, all into one language, so that one decoder serves them all."""
        count = (self.objectives - 1) // 2 if self.ssl else self.objectives // 2
        return [f"{language}-en" for language in self.languages[len(self.languages) - count :]]

    @property
    def tokens(self) -> list[str]:
        """Token list of either side."""
        return ["<blank>", "<unk>", "<na>", *(f"t{i}" for i in range(self.model_size.vocabulary - 4)), "<sos/eos>"]


def make_batch(workload: Workload) -> dict[str, Tensor]:
    """Noise with random texts, in the order and with the names of the real loader.

    Speech, lengths and texts are the same for every number of objectives, so the plain sum's work is the same too,
    apart from the one language that an even number leaves without translation.
    """
    generator = torch.Generator().manual_seed(workload.seed)
    count = workload.utterances
    length = workload.seconds * SAMPLE_RATE
    lengths = torch.linspace(0.85, 1.15, count)[torch.randperm(count, generator=generator)].mul(length).long()
    speech = torch.randn(count, int(lengths.max()), generator=generator)
    text_lengths = lengths.div(SAMPLE_RATE).mul(TOKENS_PER_SECOND).long().clamp(min=1)
    language = torch.arange(count) % len(workload.languages)
    batch = {
        "speech": speech.masked_fill(torch.arange(speech.shape[1]) >= lengths[:, None], 0.0),
        "speech_lengths": lengths,
    }
    for name in ("text", "src_text"):
        shape = (count, int(text_lengths.max()))
        ids = torch.randint(NA + 1, workload.model_size.vocabulary - 1, shape, generator=generator)
        batch[name] = ids.masked_fill(torch.arange(shape[1]) >= text_lengths[:, None], -1)
        batch[f"{name}_lengths"] = text_lengths.clone()
    untranslated = language < len(workload.languages) - len(workload.pairs)
    batch["text"][untranslated] = torch.tensor([NA] + [-1] * (batch["text"].shape[1] - 1))
    batch["text_lengths"][untranslated] = 1
    batch |= {"lang": language[:, None], "lang_lengths": torch.ones(count, dtype=torch.long)}
    return {name: value.to(workload.device) for name, value in batch.items()}
