"""The batched beam search against ESPnet's own searches."""

import math
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from espnet2.asr.decoder.transformer_decoder import (
    LightweightConvolutionTransformerDecoder,
    TransformerDecoder,
)
from espnet2.legacy.nets.batch_beam_search import BatchBeamSearch
from espnet2.legacy.nets.beam_search import BeamSearch
from espnet2.legacy.nets.pytorch_backend.transformer.embedding import ScaledPositionalEncoding
from espnet2.legacy.nets.scorer_interface import ScorerInterface
from espnet2.legacy.nets.scorers.length_bonus import LengthBonus
from torch import Tensor

from espnet_soups.errors import UserError
from espnet_soups.inference.cached_decoder import CachedDecoder
from espnet_soups.inference.options import BeamOptions
from espnet_soups.inference.st_beam import BeamHypothesis, beam_search
from espnet_soups.model.positional_decoder import PositionalTransformerDecoder

VOCABULARY, SIZE = 23, 16
EOS = VOCABULARY - 1


def make_decoder(seed: int = 0, **options: Any) -> TransformerDecoder:
    """A decoder with random weights whose outputs are far from uniform and which ends now and then."""
    torch.manual_seed(seed)
    settings = {"attention_heads": 2, "linear_units": 32, "num_blocks": 2, **options}
    kind = settings.pop("kind", TransformerDecoder)
    decoder = kind(VOCABULARY, SIZE, **settings).double().eval()
    for name, parameter in decoder.named_parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.5)
        elif name.endswith("bias"):
            torch.nn.init.normal_(parameter, std=0.3)
    decoder.output_layer.bias.data[EOS] += 1.0
    return decoder


def make_encoded(seed: int, lengths: list[int]) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    encoded = torch.randn(len(lengths), max(lengths), SIZE, generator=generator, dtype=torch.float64)
    return encoded, torch.tensor(lengths)


def espnet_search(search_class: type[BeamSearch], decoder: TransformerDecoder, options: BeamOptions) -> BeamSearch:
    return search_class(
        scorers={"decoder": decoder, "length_bonus": LengthBonus(VOCABULARY)},
        weights={"decoder": 1.0, "length_bonus": options.length_bonus},
        beam_size=options.beam,
        vocab_size=VOCABULARY,
        sos=EOS,
        eos=EOS,
    )


def espnet_decode(search: BeamSearch, encoded: Tensor, options: BeamOptions) -> BeamHypothesis:
    with torch.inference_mode():
        found = search(encoded, maxlenratio=options.max_length_ratio, minlenratio=options.min_length_ratio)
    if not found:
        return BeamHypothesis((), -math.inf)
    # At the length limit ESPnet appends <eos> even to a hypothesis that ends with it.
    return BeamHypothesis(tuple(t for t in found[0].yseq[1:].tolist() if t != EOS), float(found[0].score))


LENGTHS = [12, 3, 21, 1, 17, 17, 7, 2]


@dataclass(frozen=True)
class Case:
    options: BeamOptions
    decoder: dict[str, Any]


CASES = {
    "default": Case(BeamOptions(), {}),
    "greedy": Case(BeamOptions(beam=1), {}),
    "wide": Case(BeamOptions(beam=10), {"num_blocks": 1}),
    "bonus": Case(BeamOptions(length_bonus=0.7), {}),
    "malus": Case(BeamOptions(length_bonus=-0.5), {}),
    "short": Case(BeamOptions(max_length_ratio=0.4), {}),
    "constant": Case(BeamOptions(max_length_ratio=-8.0), {}),
    "longer": Case(BeamOptions(max_length_ratio=1.5, min_length_ratio=0.5), {}),
    "at_least": Case(BeamOptions(min_length_ratio=-4.0, max_length_ratio=-9.0), {}),
    "impossible": Case(BeamOptions(max_length_ratio=0.3, min_length_ratio=0.45), {}),
    "post_norm": Case(BeamOptions(), {"normalize_before": False}),
    "concat": Case(BeamOptions(), {"concat_after": True}),
    "qk_norm": Case(BeamOptions(), {"qk_norm": True}),
    "positions_of_frames": Case(BeamOptions(), {"kind": PositionalTransformerDecoder}),
    "scaled_positions": Case(BeamOptions(), {"pos_enc_class": ScaledPositionalEncoding}),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_finds_what_espnet_finds(case: Case) -> None:
    decoder = make_decoder(1, **case.decoder)
    encoded, lengths = make_encoded(1, LENGTHS)
    search = espnet_search(BeamSearch, decoder, case.options)
    expected = [espnet_decode(search, encoded[row, :n], case.options) for row, n in enumerate(LENGTHS)]
    found = beam_search(CachedDecoder(decoder), encoded, lengths, EOS, EOS, case.options)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.tokens == theirs.tokens
        assert ours.score == pytest.approx(theirs.score, abs=1e-8)


def test_the_cases_are_not_trivial() -> None:
    decoder = make_decoder(1)
    found = beam_search(CachedDecoder(decoder), *make_encoded(1, LENGTHS), EOS, EOS, BeamOptions())
    assert len({hypothesis.tokens for hypothesis in found}) > len(LENGTHS) // 2
    assert {len(hypothesis.tokens) for hypothesis in found} - {0, 1}


def test_single_precision_agrees_with_both_searches_of_espnet() -> None:
    lengths = [4 + (7 * n) % 13 for n in range(32)]
    decoder = make_decoder(5).float()
    options = BeamOptions(beam=4, length_bonus=0.3)
    encoded, frames = make_encoded(5, lengths)
    encoded = encoded.float()
    found = beam_search(CachedDecoder(decoder), encoded, frames, EOS, EOS, options)
    for search_class in (BeamSearch, BatchBeamSearch):
        search = espnet_search(search_class, decoder, options)
        theirs = [espnet_decode(search, encoded[row, :n], options) for row, n in enumerate(lengths)]
        same = sum(a.tokens == b.tokens for a, b in zip(found, theirs, strict=True))
        assert same >= 0.99 * len(lengths)


@pytest.mark.parametrize("options", [BeamOptions(), BeamOptions(beam=3, max_length_ratio=0.8, length_bonus=0.4)])
def test_padding_and_batching_change_nothing(options: BeamOptions) -> None:
    decoder = CachedDecoder(make_decoder(3))
    encoded, lengths = make_encoded(3, LENGTHS)
    for row, n in enumerate(LENGTHS):
        encoded[row, n:] = 1e4
    together = beam_search(decoder, encoded, lengths, EOS, EOS, options)
    for row, n in enumerate(LENGTHS):
        (alone,) = beam_search(decoder, encoded[row : row + 1, :n], lengths[row : row + 1], EOS, EOS, options)
        assert alone.tokens == together[row].tokens
        assert alone.score == pytest.approx(together[row].score, abs=1e-9)


@pytest.mark.parametrize("kind", [TransformerDecoder, PositionalTransformerDecoder])
def test_cached_steps_equal_the_decoders_forward(kind: type[TransformerDecoder]) -> None:
    decoder = make_decoder(7, num_blocks=3, kind=kind)
    encoded, lengths = make_encoded(7, [9, 4])
    inputs = torch.randint(VOCABULARY, (2, 40), generator=torch.Generator().manual_seed(0))
    logits, _ = decoder(encoded, lengths, inputs, torch.tensor([40, 40]))
    cached = CachedDecoder(decoder)
    state = cached.start(encoded, lengths, beam=1)
    steps = torch.cat([cached.step(inputs[:, [step]], state) for step in range(40)], dim=1)
    torch.testing.assert_close(steps, logits.log_softmax(-1))


@dataclass
class TableState:
    """How many tokens were read, by as many utterances as still run."""

    steps: int = 0

    def reorder(self, _: Tensor) -> None:
        """Only the last token counts, so there is nothing to reorder."""

    def select(self, _: Tensor) -> "TableState":
        return self


class TableDecoder(ScorerInterface):  # type: ignore[misc]
    """Log-probabilities by position, the same for every utterance, where <eos> comes and goes.

    It stands in for the cached decoder and for the scorer of ESPnet's search.
    """

    vocabulary = VOCABULARY

    def __init__(self, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        logits = torch.full((40, VOCABULARY), -25.0, dtype=torch.float64)
        logits[:, 3] = 0
        logits[1:, EOS] = -16 + 10 * torch.rand(39, generator=generator, dtype=torch.float64)
        logits[0, EOS] = 0
        self.table = logits.log_softmax(-1)

    def start(self, *_: Any) -> TableState:
        return TableState()

    def step(self, tokens: Tensor, state: TableState) -> Tensor:
        state.steps += 1
        return self.table[state.steps - 1].expand(*tokens.shape, VOCABULARY)

    def score(self, y: Tensor, *_: Any) -> tuple[Tensor, None]:
        return self.table[len(y) - 1], None


def test_the_end_is_detected_when_espnet_detects_it() -> None:
    # Later hypotheses win by their length, unless three lengths in a row look hopeless before.
    encoded, lengths = make_encoded(0, [35, 12, 25])
    options = BeamOptions(beam=3, length_bonus=0.8)
    stopped = 0
    for seed in range(12):
        table: Any = TableDecoder(seed)
        found = beam_search(table, encoded, lengths, EOS, EOS, options)
        search = espnet_search(BeamSearch, table, options)
        for row, ours in enumerate(found):
            theirs = espnet_decode(search, encoded[row, : lengths[row]], options)
            assert ours.tokens == theirs.tokens
            assert ours.score == pytest.approx(theirs.score, abs=1e-8)
        stopped += not found[0].tokens
    assert 2 <= stopped <= 10


def test_a_reordered_beam_goes_on_from_its_parents() -> None:
    decoder = CachedDecoder(make_decoder(8))
    encoded, lengths = make_encoded(8, [6])
    tree = decoder.start(encoded, lengths, beam=3)
    decoder.step(torch.tensor([[4, 5, 6]]), tree)
    tree.reorder(torch.tensor([[2, 0, 2]]))
    forked = decoder.step(torch.tensor([[7, 8, 9]]), tree)
    for slot, path in enumerate([(6, 7), (4, 8), (6, 9)]):
        line = decoder.start(encoded, lengths, beam=1)
        decoder.step(torch.tensor([[path[0]]]), line)
        torch.testing.assert_close(forked[:, slot], decoder.step(torch.tensor([[path[1]]]), line)[:, 0])


def test_forbidden_tokens_and_another_start_token() -> None:
    decoder = CachedDecoder(make_decoder(9))
    encoded, lengths = make_encoded(9, LENGTHS)
    free = beam_search(decoder, encoded, lengths, EOS, EOS, BeamOptions())
    banned = sorted({token for hypothesis in free for token in hypothesis.tokens})[:3]
    strict = beam_search(decoder, encoded, lengths, EOS, EOS, BeamOptions(), forbidden=banned)
    assert banned
    assert not any(set(banned) & set(hypothesis.tokens) for hypothesis in strict)
    tagged = beam_search(decoder, encoded, lengths, 3, EOS, BeamOptions())
    assert [h.tokens for h in tagged] != [h.tokens for h in free]


def test_a_beam_wider_than_the_vocabulary_is_cut() -> None:
    decoder = CachedDecoder(make_decoder(10))
    encoded, lengths = make_encoded(10, [5, 8])
    wide = beam_search(decoder, encoded, lengths, EOS, EOS, BeamOptions(beam=500, max_length_ratio=-3.0))
    full = beam_search(decoder, encoded, lengths, EOS, EOS, BeamOptions(beam=VOCABULARY, max_length_ratio=-3.0))
    assert wide == full


def test_other_decoders_are_refused_by_name() -> None:
    decoder = LightweightConvolutionTransformerDecoder(VOCABULARY, SIZE, 2, 32, 1, conv_kernel_length=(3,))
    with pytest.raises(UserError, match="LightweightConvolutionTransformerDecoder"):
        CachedDecoder(decoder)
