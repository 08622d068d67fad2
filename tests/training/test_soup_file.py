import json
from pathlib import Path

import pytest

from espnet_soups.errors import UserError
from espnet_soups.training.soup_file import expand_soup_config


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_options_of_the_file_take_its_place(tmp_path: Path) -> None:
    soup = write(tmp_path / "a.yaml", "soup: vs\nsoup_conf: {modo: {every: 4}}\n")
    before, after = ["--config", "c.yaml"], ["--max_epoch", "2"]
    for given in (["--soup_config", str(soup)], [f"--soup_config={soup}"]):
        expanded = expand_soup_config([*before, *given, *after])
        assert expanded[:4] == [*before, "--soup", "vs"]
        assert expanded[-2:] == after
        assert json.loads(expanded[5]) == {"modo": {"every": 4}}


@pytest.mark.parametrize(
    ("text", "message"),
    [("- vs", "must name its soup"), ("soup_conf: {}", "must name its soup"), ("soup: vs\nlr: 1", "has lr")],
)
def test_other_content_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        expand_soup_config(["--soup_config", str(write(tmp_path / "a.yaml", text))])


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.yaml does not exist"):
        expand_soup_config(["--soup_config", str(tmp_path / "nowhere.yaml")])
