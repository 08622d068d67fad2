"""Decoding of one batch of utterances in a worker process."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from espnet_soups.corpora.kaldi_table import replace_text
from espnet_soups.errors import UserError
from espnet_soups.inference.options import DecodeOptions

if TYPE_CHECKING:  # torch and ESPnet take ten seconds to import; only the worker needs them
    from espnet_soups.inference.results import Transcript
    from espnet_soups.inference.speech2text import Speech2Text


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model and where to run it."""

    train_config: Path
    model_file: Path
    ngpu: int = 0
    dtype: str = "float32"


@dataclass(frozen=True, slots=True)
class Batch:
    """Utterances of one language that are decoded together."""

    model: ModelFiles
    options: DecodeOptions
    lang: str
    target: str | None
    """Language to translate into, or None."""
    ids: tuple[str, ...]
    audio: tuple[Path, ...]
    output: Path
    """Gets a line of JSON for each utterance."""


def decode_batch(batch: Batch) -> int:
    """Decode a batch and write its output file; return how many utterances that were."""
    speech2text = _speech2text(batch.model, batch.options)
    found = speech2text.batch(batch.audio, lang=batch.lang, translate_to=batch.target)
    rows = [_row(identifier, one) for identifier, one in zip(batch.ids, found, strict=True)]
    replace_text(batch.output, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return len(rows)


@lru_cache(maxsize=1)
def _speech2text(files: ModelFiles, options: DecodeOptions) -> "Speech2Text":
    """The model of this process, loaded once."""
    import torch

    from espnet_soups.inference.speech2text import Speech2Text

    if files.ngpu > 0 and not torch.cuda.is_available():
        raise UserError("--ngpu 1 was given, but PyTorch finds no GPU; give --ngpu 0.")
    torch.set_num_threads(1)
    device = "cuda" if files.ngpu > 0 else "cpu"
    return Speech2Text(files.train_config, files.model_file, device=device, dtype=files.dtype, options=options)


def _row(identifier: str, found: "Transcript") -> dict[str, object]:
    row: dict[str, object] = {"id": identifier}
    if found.text is not None:
        row["asr"] = {
            "text": found.text,
            "token": " ".join(token.text for token in found.tokens),
            "score": f"{found.score:.4f}",
        }
    if found.translation is not None:
        row["st"] = {
            "text": found.translation.text,
            "token": " ".join(found.translation.tokens),
            "score": f"{found.translation.score:.4f}",
        }
    return row
