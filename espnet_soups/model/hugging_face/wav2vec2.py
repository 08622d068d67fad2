"""wav2vec 2.0 (Baevski et al., arXiv 2006.11477) and XLS-R (Babu et al., arXiv 2111.09296).

The convolutions are a front end, so that masking and the self-supervised objectives work on their output as they do
on filter banks; the Transformer behind them is the encoder. Both name the same checkpoint.
"""

from typing import Any

import torch
from espnet2.asr.encoder.abs_encoder import AbsEncoder
from espnet2.asr.frontend.abs_frontend import AbsFrontend
from torch import Tensor

from espnet_soups.errors import UserError
from espnet_soups.model.hugging_face.checkpoint import (
    check_frozen_blocks,
    freeze,
    load_feature_extractor,
    load_model,
    plain_config,
)

RATE = 16000


class Wav2Vec2Frontend(AbsFrontend):
    """Convolutions of a pretrained model: a feature frame every 20 ms.

    Args:
        pretrained: Folder, or name on the hub, of the checkpoint.
        train: Whether the convolutions are trained on; usually they are not.
        config: The model's configuration if its weights will come from elsewhere; then nothing is read.
        preprocessor: Likewise, how it wants its audio.
        fs: Rate of the speech; 16000.
    """

    def __init__(
        self,
        pretrained: str = "",
        train: bool = False,
        config: dict[str, Any] | None = None,
        preprocessor: dict[str, Any] | None = None,
        fs: int = RATE,
    ) -> None:
        super().__init__()
        extractor = load_feature_extractor("wav2vec2", pretrained, preprocessor)
        if not fs == extractor.sampling_rate == RATE:
            raise UserError(f"frontend_conf.fs is {fs}, the pretrained model's {extractor.sampling_rate}: use {RATE}.")
        model = load_model("wav2vec2", pretrained, config, ["feature_extractor"])
        self.convolutions = model.feature_extractor
        self.normalize = bool(extractor.do_normalize)
        self.layers = list(zip(model.config.conv_kernel, model.config.conv_stride, strict=True))
        # Group normalisation runs over time, so padding would change an utterance's features.
        self.one_by_one = model.config.feat_extract_norm == "group"
        self.size = int(model.config.conv_dim[-1])
        self.made_of = {
            "config": plain_config(model.config),
            "preprocessor": {"do_normalize": self.normalize, "sampling_rate": RATE},
        }
        if not train:
            self.convolutions._freeze_parameters()

    def output_size(self) -> int:
        """F."""
        return self.size

    def forward(self, input: Tensor, input_lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Features `(B, T, F)` and their frames `(B,)` of waveforms `(B, N)`."""
        inside = torch.arange(input.shape[1], device=input.device) < input_lengths[:, None]
        speech = input * inside
        if self.normalize:
            count = input_lengths[:, None]
            centred = (speech - speech.sum(1, keepdim=True) / count) * inside
            speech = centred / (centred.square().sum(1, keepdim=True) / count + 1e-7).sqrt()
        lengths = input_lengths
        for kernel, stride in self.layers:
            lengths = (lengths - kernel).div(stride, rounding_mode="floor") + 1
        if not self.one_by_one:
            return self.convolutions(speech).transpose(1, 2), lengths
        each = [self.convolutions(row[None, :count])[0].T for row, count in zip(speech, input_lengths, strict=True)]
        return torch.nn.utils.rnn.pad_sequence(each, batch_first=True), lengths


class Wav2Vec2Encoder(AbsEncoder):
    """Transformer of a pretrained model; its input is that of :class:`Wav2Vec2Frontend`.

    Args:
        input_size: F, size of the features.
        pretrained: Folder, or name on the hub, of the checkpoint.
        frozen_blocks: Lowest blocks that are not trained, with what is below them.
        config: The model's configuration if its weights will come from elsewhere; then nothing is read.
    """

    def __init__(
        self,
        input_size: int,
        pretrained: str = "",
        frozen_blocks: int = 0,
        config: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        model = load_model("wav2vec2", pretrained, config, ["feature_projection", "encoder"])
        if model.config.conv_dim[-1] != input_size:
            raise UserError(
                f"The pretrained encoder reads features of size {model.config.conv_dim[-1]}, but gets {input_size}: "
                "set frontend to 'hugging_face_wav2vec2' with the same checkpoint."
            )
        self.projection, self.transformer = model.feature_projection, model.encoder
        self.size = int(model.config.hidden_size)
        self.made_of = {"config": plain_config(model.config)}
        check_frozen_blocks(frozen_blocks, len(self.transformer.layers))
        if frozen_blocks:
            below = [self.projection, self.transformer.pos_conv_embed]
            # Post-norm models have their first normalisation below the blocks, the others their last above them.
            if not model.config.do_stable_layer_norm:
                below.append(self.transformer.layer_norm)
            freeze([*below, *self.transformer.layers[:frozen_blocks]])

    def output_size(self) -> int:
        """D."""
        return self.size

    def forward(
        self, xs_pad: Tensor, ilens: Tensor, prev_states: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Encode features `(B, T, F)` of `(B,)` frames into `(B, T, D)`."""
        mask = torch.arange(xs_pad.shape[1], device=xs_pad.device) < ilens[:, None]
        hidden, _ = self.projection(xs_pad)
        return self.transformer(hidden, attention_mask=mask).last_hidden_state, ilens, prev_states
