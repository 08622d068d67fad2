"""The dry run through the shell."""

import re
from pathlib import Path

import pytest

from tests.recipes.conftest import Recipe

# The recipes are shared with other tests, which one process runs.
pytestmark = pytest.mark.xdist_group("asterisk_prompts")


def stages(output: str) -> dict[str, str]:
    """Return why each stage would run, by its number and title."""
    lines = re.findall(r"^ +(\d+ .*?)  +(.+)$", output.partition("Data:")[0], re.MULTILINE)
    return dict(lines)


def files(folder: Path) -> list[Path]:
    """Return all files and folders below one, but for what Python keeps of modules."""
    return sorted(path for path in folder.rglob("*") if "__pycache__" not in path.parts)


def test_nothing_is_written(root, tmp_path):
    # One of its own: what other tests try with the shared one is remembered there.
    recipe = Recipe(root, tmp_path)
    before = files(recipe.clone)
    output = recipe.run("--dry_run", "true")
    assert files(recipe.clone) == before
    plan = stages(output)
    assert [title.split()[0] for title in plan] == ["1", *"3333", *"44", *"55", "10", "11", "12", "12", "13"]
    assert set(plan.values()) == {"not done yet"}
    assert "level 2  st/es-en st/it-en" in output
    assert re.search(r"^total +\d+ +\d+$", output, re.MULTILINE)


def test_finished_stages_and_those_that_follow(recipe):
    plan = stages(recipe.run("--dry_run", "--stage", "4", "--stop_stage", "10"))
    assert plan == {
        "4 drop unfit utterances of train": "asked for",
        "4 drop unfit utterances of valid": "asked for",
        "5 tokens of recognition": "if stage 4 changes what it reads",
        "5 tokens of translation": "if stage 4 changes what it reads",
        "10 statistics": "if stage 4 or 5 changes what it reads",
    }


def test_what_would_stop_a_stage_is_one_sentence(fresh_recipe):
    assert "data/train is missing: stage 1 makes it" in fresh_recipe.error("--dry_run", "--stage", "3")
    error = fresh_recipe.error("--dry_run", "--asr_st_args", "--no_such_option 1")
    assert "unrecognized arguments: --no_such_option 1" in error
