"""A clone of the recipes beside a miniature corpus, shared by the tests that run the shell for real."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.recipes.replica import make_corpus

OPTIONS = {
    "asr_langs": "en es it",
    "st_pairs": "es-en it-en",
    "tgt_token_type": "char",  # the replica has too few words for pieces
    "asr_st_config": "conf/train_tiny.yaml",
    "nj": "1",
    "inference_nj": "1",
}
COUNTS = "--train_digit_strings 12 --train_phrase_sequences 4 --valid_digit_strings 4 --test_digit_strings 4"
# A few steps of a small model: what is tested is the way there and back.
SIZES = {
    "encoder_conf": {"output_size": 32, "linear_units": 64, "num_blocks": 2, "attention_heads": 2},
    "decoder_conf": {"linear_units": 64, "num_blocks": 1, "attention_heads": 2},
    "batch_size": 6,
    "num_iters_per_epoch": 6,
    "scheduler_conf": {"warmup_steps": 5},
    "max_epoch": 2,
}


class Recipe:
    """The recipe asterisk_prompts in a clone of its own."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.clone = folder / "clone"
        unwanted = shutil.ignore_patterns("data", "dump", "exp", "downloads", "__pycache__")
        for name in ("conf", "egs2", "espnet_soups", "local"):
            shutil.copytree(root / name, self.clone / name, ignore=unwanted)
        shutil.copy(root / "setup.py", self.clone)
        self.path = self.clone / "egs2/asterisk_prompts/asr_st_soups"
        self.corpus = make_corpus(folder / "corpus")
        self.shrink_model()

    def shrink_model(self, **changes: object) -> None:
        """Write conf/train_tiny.yaml: the recipe's configuration with another size and ``changes``."""
        shipped = self.path / "conf/train_asr_st_conformer.yaml"
        config = yaml.safe_load(shipped.read_text())
        for key, value in (SIZES | changes).items():
            config[key] = config[key] | value if isinstance(value, dict) else value
        (self.path / "conf/train_tiny.yaml").write_text(yaml.safe_dump(config))

    def start(self, *options: str, python: str = sys.executable, **more: str) -> subprocess.Popen[str]:
        """Start run.sh from another folder, in a session of its own."""
        given = OPTIONS | {"local_data_opts": f"--audio_dir {self.corpus} {COUNTS}"} | more
        return subprocess.Popen(
            [self.path / "run.sh", *(f"--{name}={value}" for name, value in given.items()), *options],
            cwd=self.corpus,
            env=os.environ | {"SOUPS_PYTHON": python},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def try_run(self, *options: str, **more: str) -> tuple[str, str, int]:
        """Run the recipe; return what it writes to stdout and stderr, and its status."""
        process = self.start(*options, **more)
        try:
            output, errors = process.communicate(timeout=300)
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            raise
        return output, errors, process.returncode

    def run(self, *options: str, **more: str) -> str:
        """Run the recipe, which must end well; return what it writes to stdout."""
        output, errors, status = self.try_run(*options, **more)
        assert status == 0, f"{output}\n{errors}"
        return output

    def error(self, *options: str, **more: str) -> str:
        """Run the recipe, which must fail with one sentence; return that."""
        _, errors, status = self.try_run(*options, **more)
        assert status != 0
        assert errors.startswith("error: ")
        assert errors.count("\n") == 1
        return errors


@pytest.fixture(scope="session")
def fresh_recipe(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    """Return a recipe of which nothing has been run."""
    return Recipe(root, tmp_path_factory.mktemp("fresh"))


@pytest.fixture(scope="session")
def recipe(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recipe]:
    """Return a recipe whose data are prepared and whose statistics are collected."""
    recipe = Recipe(root, tmp_path_factory.mktemp("recipe"))
    recipe.run("--stop_stage", "10")
    return recipe
