"""The recipe asterisk_prompts through the shell, on a miniature corpus."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.recipes.conftest import Recipe

# One recipe is shared, so one process runs its tests, in this order.
pytestmark = pytest.mark.xdist_group("asterisk_prompts")

EXP = "exp/asr_st_train_tiny_vm_usa_char_char"
# Transcribes the data directories that it is given, with the model beside it.
TRANSCRIBE = """
import json, sys
from pathlib import Path
from espnet_soups import Speech2Text
from espnet_soups.corpora.data_dir import read_data_dir

model = Speech2Text.from_pretrained("model.zip")
targets = dict(pair.split("-") for pair in model.pairs)
found = {}
for folder in sys.argv[1:]:
    for one in read_data_dir(Path(folder)):
        result = model(one.audio, lang=one.language, translate_to=targets.get(one.language))
        found[f"asr/{one.language} {one.id}"] = result.text
        if result.translation is not None:
            found[f"st/{one.language}-{result.translation.language} {one.id}"] = result.translation.text
print(json.dumps(found))
"""
SOUPS = ["joint", "static", "vc", "vm_uas", "vs"]  # one of each kind; tests/test_soup_confs.py has all


def times(folder: Path) -> dict[Path, int]:
    """Return when each file below a folder was last changed."""
    return {file: file.stat().st_mtime_ns for file in folder.rglob("*") if file.is_file()}


def epochs(log: str) -> list[str]:
    """Return the epochs that a training's log reports."""
    return re.findall(r"(\d+)epoch results", log)


def validation_losses(log: str) -> list[float]:
    """Return the loss of every epoch in a training's log."""
    return [float(loss) for loss in re.findall(r"epoch results: .*\[valid\] (?:.*, )?loss=([\d.]+)", log)]


@pytest.fixture(scope="module")
def interrupted(recipe: Recipe) -> Recipe:
    """Return the recipe with a training that was killed after its first epoch."""
    process = recipe.start("--stop_stage", "11")
    deadline = time.monotonic() + 240
    log = recipe.path / EXP / "train.log"
    while not (log.exists() and "2/2epoch started" in log.read_text()):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGTERM)
    process.communicate()
    return recipe


@pytest.fixture(scope="module")
def finished(interrupted: Recipe) -> Recipe:
    """Return the recipe after a run to the end, begun on an interrupted training."""
    interrupted.run()
    return interrupted


def test_every_stage_leaves_what_the_next_one_needs(recipe):
    for folder in ("data/train", "dump/raw/org/train", "dump/raw/train", "dump/raw/test_digits"):
        assert len((recipe.path / folder / "wav.scp").read_text().splitlines()) > 10
    assert (recipe.path / "data/token_list/asr_char/tokens.txt").exists()
    assert (recipe.path / "exp/asr_st_stats_char_char/train/feats_stats.npz").exists()
    assert (recipe.path / "dump/logs/format_train.log").exists()


def test_an_interrupted_training_goes_on(finished):
    log = (finished.path / EXP / "train.log").read_text()
    assert log.count("# started") == 2
    first, second = log.split("# started")[1:]
    assert "1" in epochs(first)
    assert epochs(first) + epochs(second) == ["1", "2"]


def test_the_scores_of_every_set_and_objective(finished):
    results = json.loads((finished.path / EXP / "RESULTS.json").read_text())
    assert set(results) == {"test_digits", "test_prompts"}
    for scores in results.values():
        assert {"asr/en", "asr/es", "asr/it", "asr/mean", "st/es-en", "st/it-en", "st/mean"} <= set(scores)
        assert all(scores[f"asr/{language}"]["wer"] >= 0 for language in ("en", "es", "it", "mean"))
        assert all(0 <= scores[f"st/{pair}"]["bleu"] <= 100 for pair in ("es-en", "it-en", "mean"))
    assert "test_digits" in (finished.path / EXP / "RESULTS.md").read_text()


def test_a_second_run_does_nothing_and_says_so(finished):
    before = times(finished.path)
    start = time.monotonic()
    output = finished.run()
    assert time.monotonic() - start < 15
    assert "nothing to do: all stages are up to date" in output
    assert output.rstrip().endswith(f"{EXP}/RESULTS.md")
    assert times(finished.path) == before


def test_a_stage_that_is_asked_for_is_done_again(finished):
    before = times(finished.path / EXP)
    output = finished.run("--stage", "12", "--test_sets", "test_prompts")
    assert "stage 12 (decoding of test_prompts): asked for" in output
    changed = {
        file.relative_to(finished.path / EXP).as_posix() for file in before if times(file.parent)[file] != before[file]
    }
    assert any(file.endswith("test_prompts/asr/en/text") for file in changed)
    assert not any(file.endswith(".pth") for file in changed)


def test_the_packed_model_says_elsewhere_what_stage_12_wrote(finished, tmp_path, monkeypatch):
    monkeypatch.setenv("ESPNET_SOUPS_CACHE", str(tmp_path / "cache"))
    sharing = {"licence": "cc-by-sa-3.0", "hf_repo": "me/tiny", "push_dry_run": "true"}
    output = finished.run("--stage", "14", "--stop_stage", "15", **sharing)
    assert "would upload to me/tiny:" in output
    assert "Asterisk core sounds 1.6.1,asr_st,me/tiny,https://huggingface.co/me/tiny,16000,multilingual" in output
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.move(next((finished.path / EXP).glob("*.zip")), elsewhere / "model.zip")
    raw = finished.path / "dump/raw"
    command = [sys.executable, "-I", "-c", TRANSCRIBE, raw / "test_digits", raw / "test_prompts"]
    done = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=True)
    decoded = next((finished.path / EXP).glob("decode_*"))
    written = {}
    for file in decoded.glob("test_*/*/*/text"):
        objective = f"{file.parts[-3]}/{file.parts[-2]}"
        lines = [line.partition(" ") for line in file.read_text().splitlines()]
        written |= {f"{objective} {name}": text for name, _, text in lines}
    assert len(written) > 30
    assert json.loads(done.stdout) == written


def test_a_finished_training_can_be_prolonged(finished):
    finished.shrink_model(max_epoch=3)
    output = finished.run("--stop_stage", "11")
    assert "stage 11 (training): asr_st_config.max_epoch was 2, now 3" in output
    assert re.search(r"^epoch 3: loss [\d.]+ in training, [\d.]+ in validation$", output, re.MULTILINE)
    log = (finished.path / EXP / "train.log").read_text()
    assert epochs(log) == ["1", "2", "3"]
    first, _, last = validation_losses(log)
    assert last < first


def test_other_settings_in_the_same_folder_are_refused(finished):
    finished.shrink_model(max_epoch=3, grad_clip=1.0)
    before = times(finished.path / EXP)
    error = finished.error("--skip_data_prep", "--stop_stage", "11")
    finished.shrink_model(max_epoch=3)
    assert "asr_st_config.grad_clip was 5.0, now 1.0" in error
    assert "--asr_st_tag" in error
    assert times(finished.path / EXP) == before


@pytest.mark.parametrize("soup", SOUPS)
def test_every_kind_of_soup_trains_in_a_folder_of_its_own(recipe, soup):
    recipe.run(
        "--skip_data_prep",
        "--stop_stage",
        "11",
        "--asr_st_args",
        "--max_epoch 1",
        soup_config=f"../../../conf/soups/{soup}.yaml",
    )
    exp = recipe.path / f"exp/asr_st_train_tiny_{soup}_char_char_max_epoch1"
    asked = yaml.safe_load((recipe.clone / f"conf/soups/{soup}.yaml").read_text())
    assert yaml.safe_load((exp / "config.yaml").read_text())["soup"] == asked["soup"]
    assert (exp / "valid.loss.ave.pth").exists()


def test_arks_speeds_and_pieces(recipe):
    options = {
        "audio_format": "ark",
        "speed_perturb_factors": "0.9 1.0",
        "src_token_type": "bpe",
        "src_nbpe": "40",
        "tgt_token_type": "bpe",
        "tgt_nbpe": "35",
        "asr_st_args": "--max_epoch 1",
    }
    recipe.run("--stop_stage", "11", dumpdir="dump_ark", expdir="exp_ark", **options)
    plain = (recipe.path / "dump/raw/train/wav.scp").read_text().splitlines()
    lines = (recipe.path / "dump_ark/raw/train_sp/wav.scp").read_text().splitlines()
    assert len(lines) == 2 * len(plain)
    assert all(re.search(r"\.ark:\d+$", line) for line in lines)
    assert (recipe.path / "data/token_list/asr_bpe_40/bpe.model").exists()
    exp = recipe.path / "exp_ark/asr_st_train_tiny_vm_usa_bpe_40_bpe_35_sp_max_epoch1"
    assert (exp / "valid.loss.ave.pth").exists()


def test_a_model_of_one_task(recipe):
    options = {"st_pairs": "", "soup_config": "../../../conf/soups/joint.yaml", "asr_st_tag": "asr_only"}
    recipe.run("--test_sets", "test_prompts", "--asr_st_args", "--max_epoch 1", **options)
    results = json.loads((recipe.path / "exp/asr_st_asr_only/RESULTS.json").read_text())
    assert set(results["test_prompts"]) == {"asr/en", "asr/es", "asr/it", "asr/mean"}


class TestErrors:
    """Each is one sentence, and nothing is left behind."""

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--nggpu", "1"], "there is no option --nggpu; did you mean --ngpu?"),
            (["--stop_stage", "16"], "--stop_stage is 16, but the last stage is 15 (upload)"),
            (["--stage", "14", "--stop_stage", "15"], "stage 15 (upload) needs --hf_repo owner/name"),
            (["--stage", "14", "--stop_stage", "14"], "dump/raw/train/utt2num_samples is missing: stage 4"),
            (["--stage", "12", "--stop_stage", "11"], "--stage 12 comes after --stop_stage 11"),
            (["--src_token_type", "word"], "--src_token_type is char or bpe, not 'word'"),
            (["--soup_config="], "--soup_config is not given"),
            (["--soup_config", "none.yaml"], "--soup_config none.yaml does not exist"),
            (["--asr_st_config", "none.yaml"], "--asr_st_config none.yaml does not exist"),
            (["--asr_langs=", "--st_pairs="], "there is nothing to learn"),
            (["--unlabeled_set", "test_digits"], "--unlabeled_set test_digits is already a set with texts"),
            (["--stage", "3"], "data/train is missing: stage 1 makes it"),
            (["--stage", "10"], "dump/raw/train/wav.scp is missing: stage 4 makes it"),
            (["--stage", "11"], "dump/raw/train/wav.scp is missing: stage 4 makes it"),
            (["--stage", "12"], "dump/raw/test_digits/wav.scp is missing: stage 3 makes it"),
            (["--local_data_opts", "--audio_dir nowhere"], "nowhere is not a directory"),
            (["--python", "/bin/false"], "SOUPS_PYTHON=/bin/false is not a CPython 3.12 or 3.13"),
        ],
    )
    def test_of_the_command_line(self, fresh_recipe, options, message):
        before = sorted(fresh_recipe.path.rglob("*"))
        assert message in fresh_recipe.error(*options)
        made = set(fresh_recipe.path.rglob("*")) - set(before)
        assert {path.name for path in made} <= {"data", ".stages", "prepare.json", "prepare.lock"}

    def test_of_training(self, recipe):
        error = recipe.try_run("--skip_data_prep", "--stop_stage", "11", "--asr_st_args", "--no_such_option 1")[1]
        assert "unrecognized arguments: --no_such_option" in error

    def test_a_model_that_is_not_there(self, finished):
        error = finished.error("--stage", "12", "--inference_asr_st_model", "9epoch.pth")
        assert f"{EXP}/9epoch.pth is missing: stage 11 makes it" in error
