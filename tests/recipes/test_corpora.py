"""The recipes covost2, librispeech and aishell through the shell: replicas, three soups, scores."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from espnet_soups.corpora.data_dir import read_data_dir
from tests.recipes.conftest import SIZES
from tests.replicas.aishell import make_aishell
from tests.replicas.covost2 import make_covost2
from tests.replicas.librispeech import make_librispeech

# Two steps of a small model: what is tested is the way from the corpus to the scores.
TINY = {
    "use_amp": False,
    "batch_type": "unsorted",
    "batch_size": 4,
    "num_iters_per_epoch": 2,
    "max_epoch": 1,
    "num_workers": 0,
    "use_tensorboard": False,
}
PARTS = {"train-clean-100": 6, "dev-clean": 3, "test-clean": 2}


@dataclass(frozen=True)
class Experiment:
    """One recipe with folders of its own; ``options`` are those of all its runs."""

    script: Path
    folder: Path
    options: Mapping[str, str]

    def run(self, *options: str, **more: str) -> str:
        """Run the recipe, which must end well; return what it writes to stdout."""
        folders = {f"{name}dir": f"{self.folder}/{name}" for name in ("data", "dump", "exp")}
        given = folders | {"nj": "1", "inference_nj": "1"} | dict(self.options) | more
        result = subprocess.run(
            [self.script, *(f"--{name}={value}" for name, value in given.items()), *options],
            env=os.environ | {"SOUPS_PYTHON": sys.executable},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
        return result.stdout

    def scores(self, soup: Path) -> dict[str, set[str]]:
        """Train, decode and score with a soup; return the objectives that have scores by test set."""
        self.run("--skip_data_prep", soup_config=str(soup), asr_st_tag=soup.stem)
        exp = self.folder / "exp" / f"asr_st_{soup.stem}"
        assert yaml.safe_load((exp / "config.yaml").read_text())["soup"] == soup.stem.partition("_")[0]
        assert len((exp / "soup.jsonl").read_text().splitlines()) > 0
        results = json.loads((exp / "RESULTS.json").read_text())
        return {name: {objective for objective in found if "mean" not in objective} for name, found in results.items()}

    def languages(self, name: str) -> set[str]:
        """Return the languages that a set has after stage 4."""
        return {utterance.language for utterance in read_data_dir(self.folder / "dump" / "raw" / name)}


def prepare(root: Path, folder: Path, recipe: str, stop_stage: int, **options: str) -> Experiment:
    """Run the first stages of a recipe whose model is shrunk."""
    path = root / "egs2" / recipe / "asr_st_soups"
    shipped = next(path.glob(f"conf/train_{'asr_st' if recipe == 'covost2' else 'asr'}_conformer.yaml"))
    config = yaml.safe_load(shipped.read_text())
    for key, value in (SIZES | TINY).items():
        config[key] = config.get(key, {}) | value if isinstance(value, dict) else value
    tiny = folder / "train_tiny.yaml"
    tiny.write_text(yaml.safe_dump(config))
    experiment = Experiment(path / "run.sh", folder, options | {"asr_st_config": str(tiny)})
    output = experiment.run("--stop_stage", str(stop_stage))
    assert f"stage {stop_stage} " in output
    return experiment


def vm(folder: Path, *levels: str) -> Path:
    """Write a soup of several levels of one objective each; the shipped ones have a level for translation."""
    file = folder / "vm_levels.yaml"
    file.write_text(yaml.safe_dump({"soup": "vm", "soup_conf": {"levels": [[level] for level in levels]}}))
    return file


@pytest.fixture(scope="module")
def covost2(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """Return English, recognised, and French, recognised and translated."""
    folder = tmp_path_factory.mktemp("covost2")
    make_covost2(folder, {"fr": (6, 2, 2), "en": (6, 2, 2)})
    corpus = f"--audio_dir {folder}/common_voice --translations_dir {folder}/covost"
    options = {"asr_langs": "en fr", "st_pairs": "fr-en", "src_nbpe": "40", "tgt_nbpe": "30"}
    return prepare(root, folder, "covost2", 10, **options, local_data_opts=corpus)


@pytest.fixture(scope="module")
def librispeech(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """Return English alone."""
    folder = tmp_path_factory.mktemp("librispeech")
    make_librispeech(folder, PARTS)
    corpus = f"--audio_dir {folder} --parts {' '.join(PARTS)}"
    return prepare(root, folder, "librispeech", 10, test_sets="test_clean", src_nbpe="30", local_data_opts=corpus)


@pytest.fixture(scope="module")
def aishell(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """Return Chinese alone."""
    folder = tmp_path_factory.mktemp("aishell")
    make_aishell(folder)
    return prepare(root, folder, "aishell", 10, local_data_opts=f"--audio_dir {folder}")


@pytest.mark.xdist_group("covost2")
@pytest.mark.parametrize("soup", ["vs", "vc", "vm_usa"])
def test_covost2(root: Path, covost2: Experiment, soup: str) -> None:
    scores = covost2.scores(root / "conf/soups" / f"{soup}.yaml")
    assert scores == {"test": {"asr/en", "asr/fr", "st/fr-en"}}


@pytest.mark.xdist_group("covost2")
def test_the_pair_out_of_english_needs_no_option_but_its_own(covost2: Experiment, tmp_path: Path) -> None:
    covost2.run("--stop_stage", "1", datadir=str(tmp_path), asr_langs="fr", st_pairs="en-de")
    targets = {(u.language, u.target_language) for u in read_data_dir(tmp_path / "train")}
    assert targets == {("en", "de"), ("fr", "en")}


@pytest.mark.xdist_group("librispeech_aishell")
@pytest.mark.parametrize("soup", ["vs", "vc", "vm"])
def test_librispeech(root: Path, librispeech: Experiment, soup: str) -> None:
    file = vm(librispeech.folder, "asr/en", "ssl") if soup == "vm" else root / "conf/soups" / f"{soup}.yaml"
    assert librispeech.scores(file) == {"test_clean": {"asr/en"}}


@pytest.mark.xdist_group("librispeech_aishell")
def test_more_speech_without_text(librispeech: Experiment) -> None:
    librispeech.run("--stop_stage", "11", "--asr_st_tag", "unlabeled", "--unlabeled_set", "dev_clean")
    assert librispeech.languages("train_dev_clean") == {"en", "und"}
    together = read_data_dir(librispeech.folder / "dump/raw/train_dev_clean")
    assert {u.language for u in together if u.text is None} == {"und"}
    config = yaml.safe_load((librispeech.folder / "exp/asr_st_unlabeled/config.yaml").read_text())
    assert config["train_data_path_and_name_and_type"][0][0].endswith("/dump/raw/train_dev_clean/wav.scp")
    assert config["valid_data_path_and_name_and_type"][0][0].endswith("/dump/raw/valid/wav.scp")


@pytest.mark.xdist_group("librispeech_aishell")
@pytest.mark.parametrize("soup", ["vs", "vc", "vm"])
def test_aishell(root: Path, aishell: Experiment, soup: str) -> None:
    file = vm(aishell.folder, "asr/zh", "ssl") if soup == "vm" else root / "conf/soups" / f"{soup}.yaml"
    assert aishell.scores(file) == {"test": {"asr/zh"}}


@pytest.mark.xdist_group("covost2")
def test_english_and_chinese_joined(root: Path, tmp_path: Path) -> None:
    chinese, english = tmp_path / "zh", tmp_path / "en"
    make_aishell(chinese, utterances=4)
    prepare(root, chinese, "aishell", 4, local_data_opts=f"--audio_dir {chinese}")
    make_librispeech(english, PARTS)
    experiment = prepare(
        root,
        english,
        "librispeech",
        10,
        with_aishell=f"{chinese}/dump/raw",
        test_sets="test_clean test_aishell",
        src_token_type="char",
        local_data_opts=f"--audio_dir {english} --parts {' '.join(PARTS)}",
    )
    assert experiment.languages("train") == experiment.languages("valid") == {"en", "zh"}
    scores = experiment.scores(vm(english, "asr/en", "asr/zh", "ssl"))
    assert scores == {"test_clean": {"asr/en"}, "test_aishell": {"asr/zh"}}
