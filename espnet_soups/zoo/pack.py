"""Packing: one zip with all that is needed to use a model, in the format of ESPnet's model zoo."""

import contextlib
import json
import os
import shlex
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from espnet_soups.corpora.data_dir import read_data_dir
from espnet_soups.errors import UserError
from espnet_soups.inference.calibration import Calibration, calibrate_language
from espnet_soups.inference.options import DecodeOptions, read_decode_options
from espnet_soups.inference.speech2text import Speech2Text
from espnet_soups.zoo.bundle import CARD, CONFIG, DECODE, FACTS, FOLDER, RESULTS, SOUP
from espnet_soups.zoo.card import model_card
from espnet_soups.zoo.facts import collect_facts, count_parameters, read_corpus
from espnet_soups.zoo.references import is_file_name, replace_references

_RESULTS_PAGE = "RESULTS.md"


@dataclass(frozen=True, slots=True)
class PackRequest:
    """What to pack, and what to tell about it."""

    exp_dir: Path
    """Has ``config.yaml``, the weights and, if the model was scored, ``RESULTS.json`` and ``RESULTS.md``."""
    out: Path
    """The zip."""
    model_file: str = "valid.loss.ave.pth"
    decode_config: Path | None = None
    """The searches with which the model was scored; None for the defaults."""
    data_dirs: Sequence[Path] = ()
    """What it was trained and chosen on."""
    valid_dir: Path | None = None
    """On which the confidence of the language choice is fitted."""
    corpus: Sequence[Path] = ()
    """YAMLs that say where the data came from."""
    licence: str | None = None


def pack(request: PackRequest, command: str) -> dict[str, Any]:
    """Write the zip, and return what ``soups.json`` in it says; an earlier zip is replaced when the new one is whole.

    The model is loaded on the way, so that what does not load is not packed.

    Raises:
        UserError: if a file is missing or the weights do not belong to the configuration.
    """
    exp = request.exp_dir
    if request.out.suffix != ".zip":
        raise UserError(f"--out {request.out} does not end in .zip, by which ESPnet's model zoo knows an archive.")
    options = read_decode_options(request.decode_config) if request.decode_config else DecodeOptions()
    corpora = [read_corpus(path) for path in request.corpus]
    scored = (exp / RESULTS).is_file() and (exp / _RESULTS_PAGE).is_file()
    weights = exp / request.model_file
    model = Speech2Text(exp / CONFIG, weights, options=options)
    if not model.languages and not model.pairs:
        raise UserError(f"The model of {exp} neither recognises nor translates; there is nothing to use it for.")
    language = _calibrated(model, request.valid_dir)
    if language is not None:
        options = DecodeOptions(**{**_shallow(options), "language_temperature": language.temperature})
    config = yaml.safe_load((exp / CONFIG).read_text(encoding="utf-8"))
    facts = collect_facts(
        exp.resolve().name,
        config,
        count_parameters(model.engine.model),  # type: ignore[arg-type]  # a protocol, for the engine's sake
        model_file=weights,
        licence=request.licence,
        corpora=corpora,
        data_dirs=request.data_dirs,
        language=None if language is None else asdict(language),
        command=command,
    )
    with tempfile.TemporaryDirectory() as temporary:
        staged = Path(temporary)
        shutil.copyfile(weights, staged / weights.name)
        _write_yaml(staged / CONFIG, _with_copies(config, staged))
        _write_yaml(staged / DECODE, asdict(options))
        _write_yaml(staged / SOUP, facts["soup"])
        _write_json(staged / FACTS, facts)
        if scored:
            for name in (RESULTS, _RESULTS_PAGE):
                shutil.copyfile(exp / name, staged / name)
        page = (exp / _RESULTS_PAGE).read_text(encoding="utf-8") if scored else None
        (staged / CARD).write_text(model_card(facts, page), encoding="utf-8")
        _zip(staged, weights.name, request.out)
    return facts


def pack_command(arguments: Sequence[str]) -> str:
    """The command that the card names."""
    return f"soups pack {shlex.join(arguments)}"


def _calibrated(model: Speech2Text, valid_dir: Path | None) -> Calibration | None:
    """A fit of the language choice, if there is a choice and data to fit it on."""
    if valid_dir is None or len(model.languages) < 2:
        return None
    return calibrate_language(model.engine, read_data_dir(valid_dir))


def _shallow(options: DecodeOptions) -> dict[str, Any]:
    return {name: getattr(options, name) for name in options.__dataclass_fields__}


def _with_copies(config: dict[str, Any], staged: Path) -> dict[str, Any]:
    """Copy the files that the configuration names, and name the copies instead.

    They lie in a folder, because ESPnet takes only names with a slash for files.
    """
    copies: dict[str, str] = {}

    def copy(name: str, sure: bool) -> str:
        if not sure and not is_file_name(name):
            return name
        source = Path(name)
        if not source.is_file():
            raise UserError(f"{CONFIG} names {name}, which does not exist; pack from the recipe's folder.")
        if name not in copies:
            copies[name] = f"{FOLDER}/{len(copies)}_{source.name}"
            target = staged / copies[name]
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(source, target)
        return copies[name]

    return replace_references(config, copy)


def _write_yaml(path: Path, content: object) -> None:
    # By way of JSON, so that nothing is shared and YAML writes no aliases.
    plain = json.loads(json.dumps(content))
    path.write_text(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _zip(staged: Path, weights: str, out: Path) -> None:
    """Let ESPnet write the archive: it names members as they are seen from the working directory."""
    from espnet2.main_funcs import pack_funcs

    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.resolve().with_name(f".{out.stem}.tmp.zip")
    members = [path.relative_to(staged).as_posix() for path in sorted(staged.rglob("*")) if path.is_file()]
    names = [name for name in members if name not in (CONFIG, weights)]
    try:
        with contextlib.chdir(staged), contextlib.redirect_stdout(None):
            pack_funcs.pack(
                files={"model_file": weights}, yaml_files={"train_config": CONFIG}, outpath=unfinished, option=names
            )
        os.replace(unfinished, out)
    finally:
        unfinished.unlink(missing_ok=True)
