"""A Transformer decoder that knows where in the recording each encoder frame lies."""

import math
from typing import Any

import torch
from espnet2.asr.decoder.transformer_decoder import TransformerDecoder
from torch import Tensor, nn


class SmallEmbedding(nn.Embedding):
    """An embedding that starts with the variance 1 / D, also when ``--init`` resets all embeddings of a model."""

    def reset_parameters(self) -> None:
        """Draw the embeddings anew."""
        nn.init.normal_(self.weight, std=self.embedding_dim**-0.5)


class PositionalTransformerDecoder(TransformerDecoder):
    """ESPnet's Transformer decoder with positions in the encoder output and embeddings that leave room for them.

    A decoder has to find the next word where words repeat ("two two five"), which contents alone cannot tell it. Two
    changes help it to learn that, and each does little without the other:

    - sinusoids are added to the encoder output, as to the target (A. Vaswani et al., "Attention Is All You Need",
      2017, Section 3.5);
    - target embeddings start with the variance 1 / D. The position encoding multiplies them by sqrt(D), so that
      they are as large as the sinusoids; drawn from N(0, 1), as elsewhere in ESPnet, they would drown them.

    Args:
        vocab_size: Target tokens.
        encoder_output_size: Size D of the encoder output and of the decoder.
        options: All other options of ESPnet's TransformerDecoder.
    """

    def __init__(self, vocab_size: int, encoder_output_size: int, **options: Any) -> None:
        super().__init__(vocab_size, encoder_output_size, **options)
        for place, layer in enumerate(self.embed):
            if isinstance(layer, nn.Embedding):
                self.embed[place] = SmallEmbedding(layer.num_embeddings, layer.embedding_dim)

    def read(self, memory: Tensor) -> Tensor:
        """Encoder output `(B, T, D)` with positions, as the layers attend to it."""
        return memory + sinusoids(memory.shape[1], memory.shape[2], memory.device).to(memory.dtype)

    def forward(self, hs_pad: Tensor, *args: Any, **kwargs: Any) -> Any:
        """See ESPnet's decoder; ``hs_pad`` is the encoder output `(B, T, D)`."""
        return super().forward(self.read(hs_pad), *args, **kwargs)

    def forward_one_step(self, tgt: Tensor, tgt_mask: Tensor, memory: Tensor, *args: Any, **kwargs: Any) -> Any:
        """See ESPnet's decoder; ``memory`` is the encoder output `(B, T, D)`."""
        return super().forward_one_step(tgt, tgt_mask, self.read(memory), *args, **kwargs)


def sinusoids(count: int, size: int, device: torch.device) -> Tensor:
    """Sines and cosines `(count, size)` of positions at wavelengths from 2 pi to 10,000 times 2 pi (Vaswani 2017)."""
    position = torch.arange(count, device=device, dtype=torch.float32)[:, None]
    pairs = torch.arange(0, size, 2, device=device, dtype=torch.float32)
    angle = position * torch.exp(pairs * (-math.log(10000.0) / size))
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)[:, :size]
