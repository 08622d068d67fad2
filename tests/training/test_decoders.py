"""A decoder that could never be decoded with is refused before training, not after it."""

import pytest
from builders import model_args

from espnet_soups.errors import UserError
from espnet_soups.training.task import SoupsTask


@pytest.mark.parametrize(
    ("decoder", "conf", "name"),
    [("rnn", {}, "RNNDecoder"), ("lightweight_conv", {"num_blocks": 1}, "LightweightConvolutionTransformerDecoder")],
)
def test_a_decoder_without_a_search_is_refused(decoder: str, conf: dict[str, int], name: str) -> None:
    with pytest.raises(UserError, match=f"cannot run on a {name}.*train with 'decoder: transformer'"):
        SoupsTask.build_model(model_args(decoder=decoder, decoder_conf=conf))


def test_a_decoder_without_embeddings_is_refused() -> None:
    with pytest.raises(UserError, match="needs a decoder with embedding and output layer"):
        SoupsTask.build_model(model_args(decoder_conf={"num_blocks": 1, "use_output_layer": False}))


def test_a_model_that_does_not_translate_needs_no_decoder() -> None:
    model = SoupsTask.build_model(model_args(decoder="rnn", decoder_conf={}, st_pairs=[]))
    assert model.translation is None
