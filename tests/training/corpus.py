"""A tiny corpus of noise in ESPnet's file formats, for real training runs in tests."""

from pathlib import Path

import numpy as np
import soundfile
import yaml

LANGS = ("en", "fr", "es")
PAIRS = ("fr-en", "es-en")


def write_corpus(root: Path, per_language: int = 6) -> list[str]:
    """Write data and token lists; return the training command's arguments."""
    random = np.random.default_rng(0)
    arguments = ["--asr_langs", *LANGS, "--st_pairs", *PAIRS]
    for split in ("train", "valid"):
        folder = root / split
        (folder / "audio").mkdir(parents=True)
        lines: dict[str, list[str]] = {
            "wav.scp": [],
            "text": [],
            "text_translation": [],
            "utt2lang": [],
            "shape": [],
        }
        for lang in LANGS:
            for i in range(per_language if split == "train" else 2):
                key = f"{lang}-{i:02}"
                samples = int(16000 * (0.6 + 0.05 * i))
                wav = folder / "audio" / f"{key}.wav"
                soundfile.write(wav, 0.1 * random.standard_normal(samples), 16000)
                lines["wav.scp"].append(f"{key} {wav}")
                lines["text"].append(f"{key} {'abcd'[i % 4] * (1 + i % 2)}b")
                lines["text_translation"].append(f"{key} {'<na>' if lang == 'en' else 'xyz'[i % 3] + 'y'}")
                lines["utt2lang"].append(f"{key} {lang}")
                lines["shape"].append(f"{key} {samples}")
        for name, content in lines.items():
            (folder / name).write_text("\n".join(content) + "\n", encoding="utf-8")
        streams = {
            "wav.scp": "speech,sound",
            "text_translation": "text,text",
            "text": "src_text,text",
            "utt2lang": "lang,text",
        }
        for name, kind in streams.items():
            arguments += [f"--{split}_data_path_and_name_and_type", f"{folder / name},{kind}"]
        arguments += [f"--{split}_shape_file", str(folder / "shape")]
    for option, units in (("src_token_list", "abcd"), ("token_list", "xyz")):
        path = root / option
        path.write_text("\n".join(["<blank>", "<unk>", "<na>", *units, "<sos/eos>"]) + "\n", encoding="utf-8")
        arguments += [f"--{option}", str(path)]
    return [*arguments, "--config", str(_config(root))]


def _config(root: Path) -> Path:
    config = {
        "frontend_conf": {"fs": 16000, "n_fft": 256, "hop_length": 160, "n_mels": 20, "center": False},
        "specaug": "specaug",
        "specaug_conf": {
            "apply_time_warp": False,
            "freq_mask_width_range": [0, 4],
            "time_mask_width_range": [0, 5],
        },
        "normalize": "utterance_mvn",
        "encoder_conf": {
            "output_size": 16,
            "attention_heads": 2,
            "linear_units": 32,
            "num_blocks": 2,
            "rel_pos_type": "latest",
        },
        "decoder_conf": {"num_blocks": 1, "linear_units": 32, "attention_heads": 2},
        "ssl_conf": {"context_frames": 40, "future_frames": 20, "min_context": 16, "projection_size": 8},
        "soup": "vm",
        "soup_conf": {
            "modo": {"every": 1},
            "conflict_layers": {"detect_every": 3},
            "penalty": {"increase_per_epoch": 0.3},
        },
        "batch_type": "unsorted",
        "batch_size": 6,
        "max_epoch": 1,
        "optim": "adamw",
        "optim_conf": {"lr": 0.002},
        "shared_lr": 0.001,
        "scheduler": "warmuplr",
        "scheduler_conf": {"warmup_steps": 4},
        "keep_nbest_models": 2,
        "use_matplotlib": False,
        "num_workers": 0,
        "seed": 3,
    }
    path = root / "train.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path
