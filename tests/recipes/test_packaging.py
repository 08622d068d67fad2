"""What 'pip install' takes along."""

from pathlib import Path

from setuptools import find_packages


def test_every_folder_with_code_is_installed(root: Path):
    found = {name.replace(".", "/") for name in find_packages(str(root), include=["espnet_soups", "espnet_soups.*"])}
    assert found == {file.parent.relative_to(root).as_posix() for file in (root / "espnet_soups").rglob("*.py")}
