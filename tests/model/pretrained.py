"""Small pretrained models with random weights, saved as Hugging Face saves them."""

from pathlib import Path

import torch
import transformers


def save_wav2vec2(folder: Path, norm: str = "layer", **changes: object) -> Path:
    """XLS-R in miniature: two convolutions of stride 20 together, three pre-norm blocks."""
    torch.manual_seed(0)
    settings: dict[str, object] = {
        "hidden_size": 16,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "conv_dim": [8, 12],
        "conv_kernel": [10, 8],
        "conv_stride": [20, 16],
        "num_conv_pos_embeddings": 4,
        "num_conv_pos_embedding_groups": 2,
        "feat_extract_norm": norm,
        "do_stable_layer_norm": norm == "layer",
        "conv_bias": norm == "layer",
        "layerdrop": 0.5,
        "hidden_dropout": 0.0,
        "attention_dropout": 0.0,
        "feat_proj_dropout": 0.0,
        "activation_dropout": 0.0,
    }
    config = transformers.Wav2Vec2Config(**(settings | changes))
    transformers.Wav2Vec2ForPreTraining(config).save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor(do_normalize=True, return_attention_mask=True).save_pretrained(folder)
    return folder


def save_whisper(folder: Path, **changes: object) -> Path:
    """Whisper in miniature: 20 mel filters, three blocks, positions for two seconds."""
    torch.manual_seed(0)
    settings: dict[str, object] = {
        "num_mel_bins": 20,
        "d_model": 16,
        "encoder_layers": 3,
        "decoder_layers": 1,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
        "encoder_ffn_dim": 32,
        "decoder_ffn_dim": 32,
        "max_source_positions": 100,
        "max_target_positions": 8,
        "vocab_size": 60,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "decoder_start_token_id": 1,
        "encoder_layerdrop": 0.5,
    }
    config = transformers.WhisperConfig(**(settings | changes))
    transformers.WhisperForConditionalGeneration(config).save_pretrained(folder)
    transformers.WhisperFeatureExtractor(feature_size=20, chunk_length=2).save_pretrained(folder)
    return folder
