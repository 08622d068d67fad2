"""The encoder of Whisper (Radford et al., arXiv 2212.04356), and the features that it was trained on."""

import importlib
from typing import Any

import torch
from espnet2.asr.encoder.abs_encoder import AbsEncoder
from espnet2.asr.frontend.abs_frontend import AbsFrontend
from torch import Tensor
from torch.nn import functional as F

from espnet_soups.errors import UserError
from espnet_soups.model.hugging_face.checkpoint import (
    check_frozen_blocks,
    freeze,
    load_feature_extractor,
    load_model,
    plain_config,
)


class WhisperFrontend(AbsFrontend):
    """Whisper's log-mel features, a frame every 10 ms, of speech of any length.

    Args:
        pretrained: Folder, or name on the hub, of the checkpoint.
        preprocessor: What its preprocessor_config.json says, if nothing shall be read.
        fs: Rate of the speech; 16000.
    """

    filters: Tensor

    def __init__(self, pretrained: str = "", preprocessor: dict[str, Any] | None = None, fs: int = 16000) -> None:
        super().__init__()
        extractor = load_feature_extractor("whisper", pretrained, preprocessor)
        if fs != extractor.sampling_rate:
            raise UserError(f"frontend_conf.fs is {fs}, but the pretrained model's is {extractor.sampling_rate}.")
        self.window, self.hop = int(extractor.n_fft), int(extractor.hop_length)
        self.register_buffer("filters", torch.tensor(extractor.mel_filters, dtype=torch.float32, device="cpu"))
        names = ("feature_size", "sampling_rate", "hop_length", "n_fft")
        self.made_of = {"preprocessor": {name: int(getattr(extractor, name)) for name in names}}

    def output_size(self) -> int:
        """F."""
        return self.filters.shape[1]

    def forward(self, input: Tensor, input_lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Features `(B, T, F)` and their frames `(B,)` of waveforms `(B, N)`."""
        speech = input * (torch.arange(input.shape[1], device=input.device) < input_lengths[:, None])
        lengths = input_lengths // self.hop
        half = self.window // 2
        # Behind its end Whisper's speech is silent, however a batch is padded.
        padded = F.pad(F.pad(speech[:, None], (half, 0), mode="reflect")[:, 0], (0, half))
        window = torch.hann_window(self.window, device=speech.device, dtype=speech.dtype)
        spectrum = torch.stft(padded, self.window, self.hop, window=window, center=False, return_complex=True)
        power = spectrum[..., : int(lengths.max())].abs().square().transpose(1, 2)
        feats = (power @ self.filters.to(power.dtype)).clamp(min=1e-10).log10()
        inside = (torch.arange(feats.shape[1], device=feats.device) < lengths[:, None])[..., None]
        loudest = feats.masked_fill(~inside, float("-inf")).amax((1, 2), keepdim=True)
        return (torch.maximum(feats, loudest - 8.0) + 4.0) / 4.0 * inside, lengths


class WhisperEncoder(AbsEncoder):
    """Whisper's encoder for speech of any length up to 30 s; its input is that of :class:`WhisperFrontend`.

    Unlike Whisper it is not fed with 30 s of padded speech but with what there is, and padding is masked.

    Args:
        input_size: F, number of mel filters.
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
        model = load_model("whisper", pretrained, config, ["encoder"])
        if model.config.num_mel_bins != input_size:
            raise UserError(
                f"The pretrained encoder reads {model.config.num_mel_bins} mel filters, but gets features of size "
                f"{input_size}: set frontend to 'hugging_face_whisper' with the same checkpoint."
            )
        self.whisper = model.encoder
        self.size = int(model.config.d_model)
        self.made_of = {"config": plain_config(model.config)}
        self._mask = importlib.import_module("transformers.masking_utils").create_bidirectional_mask
        check_frozen_blocks(frozen_blocks, len(self.whisper.layers))
        freeze([self.whisper.embed_positions])  # sinusoids, which Whisper does not train either
        if frozen_blocks:
            freeze([self.whisper.conv1, self.whisper.conv2, *self.whisper.layers[:frozen_blocks]])

    def output_size(self) -> int:
        """D."""
        return self.size

    def forward(
        self, xs_pad: Tensor, ilens: Tensor, prev_states: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Encode features `(B, T, F)` of `(B,)` frames into `(B, T', D)`, a frame every 20 ms.

        Raises:
            UserError: If an utterance is longer than the model's positions reach.
        """
        encoder, olens = self.whisper, (ilens + 1) // 2
        x = F.gelu(encoder.conv1(_masked(xs_pad, ilens).transpose(1, 2))).transpose(1, 2)
        x = F.gelu(encoder.conv2(_masked(x, ilens).transpose(1, 2))).transpose(1, 2)
        longest, reach = x.shape[1], encoder.max_source_positions
        if longest > reach:
            raise UserError(
                f"An utterance has {longest} frames, but the pretrained encoder takes {reach} (20 ms each): "
                "lower --max_wav_duration."
            )
        x = x + encoder.embed_positions.weight[:longest]
        x = F.dropout(x, encoder.dropout, self.training)
        inside = torch.arange(longest, device=x.device) < olens[:, None]
        mask = self._mask(config=encoder.config, inputs_embeds=x, attention_mask=inside)
        for layer in encoder.layers:
            x = layer(x, mask)
        return encoder.layer_norm(x), olens, prev_states


def _masked(x: Tensor, lengths: Tensor) -> Tensor:
    return x * (torch.arange(x.shape[1], device=x.device) < lengths[:, None])[..., None]
