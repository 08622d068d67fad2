"""Reading an experiment's folder: configuration, records, scores, and where the scored texts lie."""

import json
import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from espnet_soups.errors import UserError
from espnet_soups.objectives import list_objectives
from espnet_soups.text.normalize import Case
from espnet_soups.training.records import RECORDS, Record, read_records


@dataclass(frozen=True, slots=True)
class Scoring:
    """The last scoring of an experiment."""

    command: str
    decode_dir: Path
    dump_dir: Path
    test_sets: tuple[str, ...]
    asr_case: Case
    st_case: Case


@dataclass(frozen=True)
class Experiment:
    """The folder of a training; everything is read when it is first asked for."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.resolve().name

    @cached_property
    def config(self) -> dict[str, Any]:
        """What ``config.yaml`` says.

        Raises:
            UserError: If it is missing or is not what training writes.
        """
        path = self.folder / "config.yaml"
        if not path.is_file():
            raise UserError(f"{self.folder} is no experiment: it has no config.yaml, which training (stage 11) writes.")
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (UnicodeDecodeError, yaml.YAMLError) as error:
            raise UserError(f"{path} cannot be read ({' '.join(str(error).split())}).") from error
        if not isinstance(content, dict) or not {"asr_langs", "st_pairs"} <= content.keys():
            raise UserError(f"{path} has no asr_langs and st_pairs: it is not the config.yaml of an objective soup.")
        return content

    @cached_property
    def objectives(self) -> tuple[str, ...]:
        """Names in the model's order."""
        if self.config.get("ssl_only"):
            return list_objectives((), (), True)
        return list_objectives(self.config["asr_langs"], self.config["st_pairs"], bool(self.config.get("ssl")))

    @cached_property
    def records(self) -> list[Record]:
        """The soup's records; none for fixed weights.

        Raises:
            UserError: If a line is damaged.
        """
        try:
            return read_records(self.folder / RECORDS)
        except ValueError as error:
            raise UserError(f"{self.folder / RECORDS} is damaged ({error}).") from error

    @cached_property
    def results(self) -> dict[str, dict[str, dict[str, Any]]]:
        """``{test set: {objective: {metric: value}}}``; empty before stage 13.

        Raises:
            UserError: If ``RESULTS.json`` is damaged.
        """
        path = self.folder / "RESULTS.json"
        if not path.exists():
            return {}
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise UserError(f"{path} is damaged ({error}); score again (stage 13).") from error

    @cached_property
    def scoring(self) -> Scoring | None:
        """How the results were made, from the command in ``RESULTS.md``; None before stage 13.

        Raises:
            UserError: If the page has no such command.
        """
        path = self.folder / "RESULTS.md"
        if not path.exists():
            return None
        for line in reversed(path.read_text(encoding="utf-8").splitlines()):
            if "--decode_dir" in line and "--dump_dir" in line:
                return self._parse_scoring(line)
        raise UserError(f"{path} names no command of scoring; score again (stage 13).")

    def _parse_scoring(self, command: str) -> Scoring:
        from espnet_soups.bin.score import get_parser

        words = shlex.split(command)
        first = next(place for place, word in enumerate(words) if word.startswith("--"))
        args = get_parser().parse_args(words[first:])
        base = self._base(args.exp_dir)
        return Scoring(
            command, base / args.decode_dir, base / args.dump_dir, tuple(args.test_sets), args.asr_case, args.st_case
        )

    def _base(self, exp_dir: Path) -> Path:
        """The folder that the command's paths start from: the one in which ``exp_dir`` is this experiment."""
        here, given = self.folder.resolve(), Path(*exp_dir.parts)
        if given.is_absolute() or here.parts[-len(given.parts) :] != given.parts:
            return Path.cwd()
        return Path(*here.parts[: -len(given.parts)])
