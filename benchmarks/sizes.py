"""Encoders to measure with, and the decoder that belongs to each."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Size:
    """A Conformer encoder with a Transformer decoder of the same width.

    Attributes:
        width: Size D of the encoder's output.
        blocks: Encoder blocks.
        heads: Attention heads.
        linear: Hidden units of the feed-forward layers.
        decoder_blocks: Decoder blocks; the paper has 3.
        mels: Mel bands of the features.
        vocabulary: Tokens of either side.
    """

    width: int
    blocks: int
    heads: int
    linear: int
    decoder_blocks: int = 3
    mels: int = 80
    vocabulary: int = 500

    def encoder_conf(self) -> dict[str, Any]:
        """Arguments of ESPnet's ConformerEncoder, with the dropout of its recipes."""
        return {
            "output_size": self.width,
            "attention_heads": self.heads,
            "linear_units": self.linear,
            "num_blocks": self.blocks,
            "dropout_rate": 0.1,
            "positional_dropout_rate": 0.1,
            "attention_dropout_rate": 0.1,
            "input_layer": "conv2d",
            "rel_pos_type": "latest",
            "macaron_style": True,
            "cnn_module_kernel": 31 if self.width > 64 else 7,
        }

    def decoder_conf(self) -> dict[str, Any]:
        """Arguments of ESPnet's TransformerDecoder."""
        return {
            "attention_heads": self.heads,
            "linear_units": self.linear,
            "num_blocks": self.decoder_blocks,
            "dropout_rate": 0.1,
            "positional_dropout_rate": 0.1,
        }


# Named by the encoder's parameters, its subsampling included. 83 M and 150 M are the paper's Conformers B and A.
SIZES = {
    "tiny": Size(width=16, blocks=3, heads=2, linear=32, decoder_blocks=1, mels=20, vocabulary=20),
    "20m": Size(width=256, blocks=12, heads=4, linear=1024),
    "83m": Size(width=512, blocks=12, heads=8, linear=2048),
    "150m": Size(width=512, blocks=23, heads=8, linear=2048),
}
