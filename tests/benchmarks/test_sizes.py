import pytest
import torch
from espnet2.asr.encoder.conformer_encoder import ConformerEncoder

from benchmarks.sizes import SIZES


@pytest.mark.parametrize("name", ["20m", "83m", "150m"])
def test_encoders_are_as_large_as_their_names_say(name: str) -> None:
    size = SIZES[name]
    with torch.device("meta"):
        encoder = ConformerEncoder(input_size=size.mels, **size.encoder_conf())
    parameters = sum(parameter.numel() for parameter in encoder.parameters())
    assert parameters == pytest.approx(1e6 * int(name[:-1]), rel=0.05)
