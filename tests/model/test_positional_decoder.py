"""The decoder that knows where the encoder's frames lie."""

import math

import pytest
import torch
from espnet2.asr.decoder.transformer_decoder import TransformerDecoder
from espnet2.torch_utils.initialize import initialize
from torch.nn import functional as F

from espnet_soups.model.positional_decoder import PositionalTransformerDecoder, sinusoids

SIZE = 32


def decoder(**options: object) -> PositionalTransformerDecoder:
    torch.manual_seed(0)
    made = PositionalTransformerDecoder(
        400, SIZE, attention_heads=2, linear_units=16, num_blocks=1, dropout_rate=0.0, **options
    )
    return made.eval()


def test_sinusoids_by_hand() -> None:
    found = sinusoids(3, 4, torch.device("cpu"))
    expected = [[math.sin(t), math.cos(t), math.sin(t / 100), math.cos(t / 100)] for t in range(3)]
    torch.testing.assert_close(found, torch.tensor(expected))


def test_positions_of_an_odd_size() -> None:
    torch.testing.assert_close(sinusoids(4, 5, torch.device("cpu"))[:, 4], torch.sin(torch.arange(4.0) * 1e4**-0.8))


def test_embeddings_are_as_large_as_the_positions() -> None:
    tokens = torch.arange(400)[None]
    embedding, position = decoder().embed
    scaled = embedding(tokens) * position.xscale
    assert scaled.std().item() == pytest.approx(1.0, rel=0.05)
    theirs, position = TransformerDecoder(400, SIZE, linear_units=16, num_blocks=1).embed
    assert (theirs(tokens) * position.xscale).std().item() == pytest.approx(SIZE**0.5, rel=0.05)


def test_initialisation_leaves_embeddings_small() -> None:
    made = decoder()
    initialize(made, "xavier_uniform")
    embedding, position = made.embed
    assert (embedding.weight * position.xscale).std().item() == pytest.approx(1.0, rel=0.05)


def test_the_order_of_frames_counts() -> None:
    h, lengths, tokens = torch.randn(1, 6, SIZE), torch.tensor([6]), torch.tensor([[399, 7]])
    ours = decoder()
    theirs = TransformerDecoder(400, SIZE, attention_heads=2, linear_units=16, num_blocks=1).eval()
    theirs.load_state_dict(ours.state_dict())
    count = torch.tensor([2])
    torch.testing.assert_close(theirs(h.flip(1), lengths, tokens, count)[0], theirs(h, lengths, tokens, count)[0])
    assert not torch.allclose(ours(h.flip(1), lengths, tokens, count)[0], ours(h, lengths, tokens, count)[0], atol=0.01)


def test_padding_changes_nothing() -> None:
    h, tokens = torch.randn(1, 6, SIZE), torch.tensor([[399, 7]])
    alone, _ = decoder()(h, torch.tensor([6]), tokens, torch.tensor([2]))
    padded, _ = decoder()(F.pad(h, (0, 0, 0, 3)), torch.tensor([6]), tokens, torch.tensor([2]))
    torch.testing.assert_close(alone, padded)
