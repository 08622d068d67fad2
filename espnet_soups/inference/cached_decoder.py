"""An ESPnet TransformerDecoder run one token at a time over many utterances and their beams at once.

ESPnet's own scorer keeps the layer *outputs* of each hypothesis and, at every step, projects all of them and
the whole encoder output to keys and values again. Here every key and value is computed once: of the encoder
output once per utterance, shared by its beam; of a token once, when it is read. Keys and values of all
hypotheses of an utterance stay where they were written; which of them a hypothesis descends from is one
boolean table, so that reordering the beam moves that table only.
"""

import math
from dataclasses import dataclass
from typing import Self

import torch
from espnet2.asr.decoder.abs_decoder import AbsDecoder
from espnet2.asr.decoder.transformer_decoder import TransformerDecoder
from espnet2.legacy.nets.pytorch_backend.transformer.attention import MultiHeadedAttention
from espnet2.legacy.nets.pytorch_backend.transformer.decoder_layer import DecoderLayer
from espnet2.legacy.nets.pytorch_backend.transformer.embedding import (
    PositionalEncoding,
    ScaledPositionalEncoding,
)
from torch import Tensor
from torch.nn.functional import log_softmax, scaled_dot_product_attention

from espnet_soups.errors import UserError
from espnet_soups.model.positional_decoder import PositionalTransformerDecoder

_FIRST_CAPACITY = 16


@dataclass(slots=True)
class DecoderState:
    """What the decoder remembers of B utterances with K hypotheses each; L tokens have been read."""

    memory: list[tuple[Tensor, Tensor]]
    """Per layer, keys and values of the encoder output, `(B, heads, T, d)`."""
    memory_mask: Tensor
    """`(B, 1, 1, T)`, True at frames of the utterance."""
    past: list[Tensor]
    """Per layer, keys and values of the tokens, `(2, B, heads, capacity, K, d)`."""
    ancestry: Tensor
    """`(B, K, L, K)`: hypothesis k descends from what was read at step l in slot j."""

    def reorder(self, parents: Tensor) -> None:
        """Let slot k of each utterance continue the hypothesis of slot ``parents[b, k]``; `(B, K)`."""
        index = parents[:, :, None, None].expand(-1, -1, *self.ancestry.shape[2:])
        self.ancestry = self.ancestry.gather(1, index)

    def select(self, utterances: Tensor) -> Self:
        """The state of some of the utterances, given by their rows `(B',)`."""
        return type(self)(
            [(key[utterances], value[utterances]) for key, value in self.memory],
            self.memory_mask[utterances],
            [past[:, utterances] for past in self.past],
            self.ancestry[utterances],
        )


def require_decodable(kind: type[AbsDecoder]) -> None:
    """Check that translations can be searched with a decoder; training asks before it spends days on one.

    Raises:
        UserError: if it is not ESPnet's Transformer decoder.
    """
    if not issubclass(kind, TransformerDecoder):
        raise UserError(
            f"Translation cannot run on a {kind.__name__}, only on ESPnet's transformer decoder "
            "with embedding and output layer; train with 'decoder: transformer' or 'positional_transformer'."
        )


class CachedDecoder:
    """Runs the layers of a decoder with all keys and values cached; dropout is never applied."""

    def __init__(self, decoder: AbsDecoder) -> None:
        """Raises: UserError, if the decoder is not made of ESPnet's Transformer layers."""
        require_decodable(type(decoder))
        if len(decoder.embed) != 2 or decoder.output_layer is None:
            raise UserError("Translation needs a decoder with embedding and output layer; train with the defaults.")
        self.embedding, self.position = decoder.embed
        if type(self.position) not in (PositionalEncoding, ScaledPositionalEncoding):
            raise UserError(f"The position encoding {type(self.position).__name__} of the decoder is not supported.")
        self.decoder = decoder
        self.layers: list[DecoderLayer] = list(decoder.decoders)

    @property
    def vocabulary(self) -> int:
        """Number of output tokens."""
        return int(self.decoder.output_layer.out_features)

    def start(self, encoded: Tensor, lengths: Tensor, beam: int) -> DecoderState:
        """Read the encoder output `(B, T, D)`, of which utterance b has ``lengths[b]`` frames."""
        batch, frames, _ = encoded.shape
        if isinstance(self.decoder, PositionalTransformerDecoder):
            encoded = self.decoder.read(encoded)
        mask = torch.arange(frames, device=encoded.device) < lengths.to(encoded.device)[:, None]
        memory, past = [], []
        for layer in self.layers:
            attention = layer.src_attn
            memory.append((_keys(attention, encoded), _split_heads(attention, attention.linear_v(encoded))))
            shape = (2, batch, attention.h, _FIRST_CAPACITY, beam, attention.d_k)
            past.append(encoded.new_empty(shape))
        ancestry = torch.zeros(batch, beam, 0, beam, dtype=torch.bool, device=encoded.device)
        return DecoderState(memory, mask[:, None, None, :], past, ancestry)

    def step(self, tokens: Tensor, state: DecoderState) -> Tensor:
        """Read one token per hypothesis `(B, K)`; return the next one's log-probabilities `(B, K, V)`."""
        batch, beam = tokens.shape
        step = state.ancestry.size(2)
        own = torch.eye(beam, dtype=torch.bool, device=tokens.device)[None, :, None, :].expand(batch, -1, -1, -1)
        state.ancestry = torch.cat([state.ancestry, own], dim=2)
        visible = state.ancestry.flatten(2)[:, None]
        x = self._embed(tokens, step)
        for number, layer in enumerate(self.layers):
            state.past[number] = _with_room(state.past[number], step)
            x = _run_layer(layer, x, state.past[number], visible, state.memory[number], state.memory_mask)
        if self.decoder.normalize_before:
            x = self.decoder.after_norm(x)
        logits = self.decoder.output_layer(x)
        return log_softmax(logits if logits.dtype == torch.float64 else logits.float(), dim=-1)

    def _embed(self, tokens: Tensor, step: int) -> Tensor:
        """Embed tokens `(B, K)` that stand at position ``step``; `(B, K, D)`."""
        x = self.embedding(tokens)
        self.position.extend_pe(x.new_empty(1, step + 1))
        place = self.position.pe[0, step].to(x)
        if isinstance(self.position, ScaledPositionalEncoding):
            return x + self.position.alpha * place
        return x * self.position.xscale + place


def _split_heads(attention: MultiHeadedAttention, x: Tensor) -> Tensor:
    """`(B, N, heads * d)` to `(B, heads, N, d)`."""
    return x.unflatten(-1, (attention.h, attention.d_k)).transpose(1, 2)


def _keys(attention: MultiHeadedAttention, x: Tensor) -> Tensor:
    return attention.k_norm(_split_heads(attention, attention.linear_k(x)))


def _attend(attention: MultiHeadedAttention, x: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    """Attention of queries from `x` `(B, K, D)` to keys and values `(B, heads, N, d)`."""
    query = attention.q_norm(_split_heads(attention, attention.linear_q(x)))
    context = scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=1 / math.sqrt(attention.d_k))
    return attention.linear_out(context.transpose(1, 2).flatten(2))


def _with_room(past: Tensor, step: int) -> Tensor:
    """Double the capacity of a layer's keys and values when ``step`` entries fill it."""
    if step < past.size(3):
        return past
    return torch.cat([past, torch.empty_like(past)], dim=3)


def _run_layer(
    layer: DecoderLayer,
    x: Tensor,
    past: Tensor,
    visible: Tensor,
    memory: tuple[Tensor, Tensor],
    memory_mask: Tensor,
) -> Tensor:
    """One decoder layer on the newest tokens `x` `(B, K, D)`; writes their keys and values into ``past``."""
    before, joined, beam = layer.normalize_before, layer.concat_after, x.size(1)
    step = visible.size(-1) // beam - 1

    y = layer.norm1(x) if before else x
    past[0, :, :, step] = _keys(layer.self_attn, y)
    past[1, :, :, step] = _split_heads(layer.self_attn, layer.self_attn.linear_v(y))
    key, value = past[:, :, :, : step + 1].flatten(3, 4)
    attended = _attend(layer.self_attn, y, key, value, visible)
    x = x + (layer.concat_linear1(torch.cat([y, attended], dim=-1)) if joined else attended)
    x = x if before else layer.norm1(x)

    y = layer.norm2(x) if before else x
    attended = _attend(layer.src_attn, y, *memory, memory_mask)
    x = x + (layer.concat_linear2(torch.cat([y, attended], dim=-1)) if joined else attended)
    x = x if before else layer.norm2(x)

    x = x + layer.feed_forward(layer.norm3(x) if before else x)
    return x if before else layer.norm3(x)
