"""What is told about a packed model, in ``soups.json`` for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import nn

from espnet_soups.corpora.audio import RATE
from espnet_soups.corpora.data_dir import NA, read_data_dir
from espnet_soups.errors import UserError
from espnet_soups.zoo.safe_yaml import read_mapping

FORMAT = 1
_CORPUS_KEYS = ("name", "licence", "source")


@dataclass(frozen=True, slots=True)
class Corpus:
    """Where the data came from."""

    name: str
    licence: str
    source: str


def read_corpus(path: Path) -> Corpus:
    """Read the YAML in which a recipe says what its corpus is.

    Raises:
        UserError: unless it has exactly name, licence and source, all of them texts.
    """
    content = read_mapping(path)
    if set(content) != set(_CORPUS_KEYS) or not all(isinstance(value, str) for value in content.values()):
        raise UserError(f"{path} must have {', '.join(_CORPUS_KEYS)} and nothing else, all of them texts.")
    return Corpus(**content)


def count_parameters(model: nn.Module) -> dict[str, int]:
    """Number of parameters of every part of a model, and ``total``; shared ones count once."""
    seen: set[int] = set()
    counts: dict[str, int] = {}
    for name, parameter in model.named_parameters():
        if id(parameter) not in seen:
            seen.add(id(parameter))
            part = name.partition(".")[0]
            counts[part] = counts.get(part, 0) + parameter.numel()
    return {**counts, "total": sum(counts.values())}


def count_data(directory: Path) -> dict[str, dict[str, float]]:
    """Utterances, transcripts, translations and hours per language of a data directory.

    Raises:
        UserError: if the directory is not valid, or does not tell how long its utterances are.
    """
    counts: dict[str, dict[str, float]] = {}
    for one in read_data_dir(directory):
        if one.num_samples is None:
            raise UserError(f"{directory} has no utt2num_samples; give a directory that stage 3 has formatted.")
        row = counts.setdefault(one.language, {"utterances": 0, "transcribed": 0, "translated": 0, "hours": 0.0})
        row["utterances"] += 1
        row["transcribed"] += one.text not in (None, NA)
        row["translated"] += one.translation not in (None, NA)
        row["hours"] += one.num_samples / RATE / 3600
    return dict(sorted(counts.items()))


def collect_facts(
    name: str,
    config: Mapping[str, Any],
    parameters: Mapping[str, int],
    *,
    model_file: Path,
    licence: str | None,
    corpora: Sequence[Corpus],
    data_dirs: Sequence[Path],
    language: Mapping[str, float] | None,
    command: str,
) -> dict[str, Any]:
    """Everything that ``soups.json`` holds.

    Args:
        name: of the model.
        config: of its training.
        parameters: their number, see :func:`count_parameters`.
        model_file: the weights; ``valid.loss.ave.pth`` links to a file that tells of how many epochs it is the average.
        licence: of the model; None if nobody has given one.
        corpora: where the data came from.
        data_dirs: what the model was trained and chosen on.
        language: how well it tells languages apart, see :class:`espnet_soups.inference.calibration.Calibration`.
        command: that packed the model.
    """
    import espnet2
    import torch

    import espnet_soups

    asr, st = list(config["asr_langs"]), list(config["st_pairs"])
    return {
        "format": FORMAT,
        "name": name,
        "versions": {
            "espnet_soups": espnet_soups.__version__,
            "espnet": espnet2.__version__,
            "torch": str(torch.__version__),
        },
        "asr_langs": asr,
        "st_pairs": st,
        "objectives": [
            *(f"asr/{lang}" for lang in asr),
            *(f"st/{pair}" for pair in st),
            *(["ssl"] if config.get("ssl") else []),
        ],
        "soup": {"soup": config.get("soup", "joint"), "soup_conf": config.get("soup_conf") or {}},
        "seed": config.get("seed"),
        "weights": model_file.resolve().name,
        "parameters": dict(parameters),
        "licence": licence,
        "corpora": [asdict(corpus) for corpus in corpora],
        "data": {directory.name: count_data(directory) for directory in data_dirs},
        "language_choice": None if language is None else dict(language),
        "command": command,
    }
