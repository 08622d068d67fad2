"""A recipe for a fourth corpus, made by docs/new_corpus.md to the letter."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.recipes.conftest import SIZES
from tests.replicas.sentences import sentence
from tests.replicas.speech import write_speech

BLOCK = re.compile(
    r"(?:^`(?P<file>[\w./]+)`:\n\n)?^```(?:bash|python)\n(?P<content>.*?)^```$", re.MULTILINE | re.DOTALL
)


def make_corpus(folder: Path) -> Path:
    """Write recordings.tsv and what it names: English, and Italian with translations."""
    rows = ["split\tfile\tspeaker\tlanguage\ttext\ttranslation"]
    for split, size in (("train", 5), ("valid", 2), ("test", 2)):
        for language, speaker in (("en", "anna"), ("it", "bruno")):
            for number in range(size):
                file = f"{split}_{language}_{number}.wav"
                text, translation = sentence(number, language), sentence(number, "en") if language == "it" else ""
                write_speech(folder / file, text, 16000, number)
                rows.append(f"{split}\t{file}\t{speaker}\t{language}\t{text}\t{translation}")
    (folder / "recordings.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def clone(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    clone = tmp_path_factory.mktemp("new_corpus") / "clone"
    unwanted = shutil.ignore_patterns("data", "dump", "exp", "downloads", "__pycache__")
    for name in ("conf", "egs2", "espnet_soups", "local"):
        shutil.copytree(root / name, clone / name, ignore=unwanted)
    shutil.copy(root / "setup.py", clone)
    return clone


def test_the_page_makes_a_recipe_that_runs(root: Path, clone: Path) -> None:
    corpus = make_corpus(clone.parent / "corpus")
    folder = clone / "egs2/my_corpus/asr_st_soups"
    page = (root / "docs/new_corpus.md").read_text(encoding="utf-8")
    blocks = [(match["file"], match["content"]) for match in BLOCK.finditer(page)]
    assert [file for file, _ in blocks] == [None, "run.sh", "db.sh", "local/data.sh", "local/data.py", None]

    def bash(script: str, cwd: Path) -> None:
        result = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=cwd,
            env=os.environ | {"SOUPS_PYTHON": sys.executable},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"

    bash(blocks[0][1], clone)
    for file, content in blocks[1:-1]:
        assert file is not None
        assert (folder / file).exists()
        (folder / file).write_text(content.replace("/absolute/path/of/my_corpus", str(corpus)), encoding="utf-8")
    shrink(folder / "conf/train_asr_st_conformer.yaml")
    bash(blocks[-1][1], folder)
    results = json.loads(next(folder.glob("exp/*/RESULTS.json")).read_text())
    assert {"asr/en", "asr/it", "st/it-en"} <= set(results["test"])


def shrink(config: Path) -> None:
    """Leave two steps of a small model of a training that takes minutes."""
    content = yaml.safe_load(config.read_text())
    for key, value in (SIZES | {"max_epoch": 1, "num_iters_per_epoch": 2}).items():
        content[key] = content[key] | value if isinstance(value, dict) else value
    config.write_text(yaml.safe_dump(content))
