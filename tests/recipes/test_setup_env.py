"""Making the environment, in a miniature clone whose only requirement is itself: nothing is downloaded."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

SETUP = """
PYTHON = ">=3.12,<3.14"
RUNTIME = ["mini{bound}"]
TEST = []
"""

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""

# Builds a wheel that holds only the package that the check of the requirements needs.
BACKEND = """
import pathlib, zipfile

PACKAGING = pathlib.Path({packaging!r})
VERSION = pathlib.Path("version").read_text()

def build_editable(directory, config_settings=None, metadata_directory=None):
    name = f"mini-{{VERSION}}-py3-none-any.whl"
    info = f"mini-{{VERSION}}.dist-info"
    files = {{
        f"{{info}}/METADATA": f"Metadata-Version: 2.1\\nName: mini\\nVersion: {{VERSION}}\\n",
        f"{{info}}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }}
    files |= {{f"packaging/{{file.name}}": file.read_text() for file in PACKAGING.glob("*.py")}}
    record = "".join(f"{{file}},,\\n" for file in [*files, f"{{info}}/RECORD"])
    with zipfile.ZipFile(pathlib.Path(directory, name), "w") as wheel:
        for file, content in (files | {{f"{{info}}/RECORD": record}}).items():
            wheel.writestr(file, content)
    return name
"""


class Clone:
    """A miniature clone and what its set-up says."""

    def __init__(self, root: Path, path: Path) -> None:
        import packaging

        self.path = path
        self.venv = path / ".venv"
        (path / "local").mkdir(parents=True)
        for name in ("setup_env.sh", "find_python.sh", "check_requirements.py"):
            shutil.copy(root / "local" / name, path / "local")
        self.need_disk(0)
        (path / "pyproject.toml").write_text(PYPROJECT)
        source = BACKEND.format(packaging=str(Path(packaging.__file__).parent))
        (path / "backend.py").write_text(textwrap.dedent(source))
        self.require(">=1", version="1")

    def need_disk(self, gib: int) -> None:
        """Set the disk space that an environment is said to take."""
        script = self.path / "local/setup_env.sh"
        script.write_text(re.sub(r"^disk_gib=\d+", f"disk_gib={gib}", script.read_text(), flags=re.MULTILINE))

    def require(self, bound: str, version: str) -> None:
        """Set the requirement, and the version that pip can get."""
        (self.path / "setup.py").write_text(SETUP.format(bound=bound))
        (self.path / "version").write_text(version)

    def start(self, **environment: str) -> subprocess.Popen[str]:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        variables = inherited | {"SOUPS_PYTHON": sys.executable} | environment
        return subprocess.Popen(
            [shutil.which("bash"), self.path / "local/setup_env.sh"],
            env={name: value for name, value in variables.items() if value},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def set_up(self, **environment: str) -> tuple[str, str, int]:
        """Run the set-up; return the Python that it names, what it says, and its status."""
        process = self.start(**environment)
        output, messages = process.communicate(timeout=120)
        return output.strip(), messages, process.returncode


@pytest.fixture
def clone(root, tmp_path):
    return Clone(root, tmp_path / "clone with blanks")


@pytest.fixture(scope="module")
def made(root, tmp_path_factory):
    """Return a clone whose environment is made; tests leave it usable."""
    clone = Clone(root, tmp_path_factory.mktemp("made") / "clone")
    python, messages, status = clone.set_up()
    assert (python, status) == (str(clone.venv / "bin/python"), 0), messages
    return clone


def error_of(result: tuple[str, str, int]) -> str:
    """Return the one sentence with which a set-up failed."""
    output, messages, status = result
    assert (output, status) == ("", 1)
    last = messages.splitlines()[-1]
    assert last.startswith("error: ")
    return last


def test_the_second_time_nothing_is_done(made):
    start = time.monotonic()
    assert made.set_up(SOUPS_PYTHON="") == (str(made.venv / "bin/python"), "", 0)
    assert time.monotonic() - start < 1


def test_it_is_updated_when_the_requirements_change(made):
    (made.venv / "of_the_user").touch()
    made.require(">=2", version="2")
    python, messages, status = made.set_up()
    assert status == 0, messages
    assert "up to date with setup.py" in messages
    assert list(made.venv.glob("lib/*/site-packages/mini-2.dist-info"))
    assert (made.venv / "of_the_user").exists()
    assert made.set_up() == (python, "", 0)


def test_it_is_made_anew_after_an_interruption(clone):
    process = clone.start()
    while not list(clone.venv.glob("bin/python")):
        time.sleep(0.01)
        assert process.poll() is None
    process.terminate()
    process.communicate()
    (clone.venv / "half_a_package").touch()
    _, messages, status = clone.set_up()
    assert status == 0, messages
    assert "interrupted" in messages
    assert not (clone.venv / "half_a_package").exists()


def test_two_at_the_same_time(clone):
    first, second = clone.start(), clone.start()
    messages = [process.communicate(timeout=120)[1] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), messages
    assert sum("waiting for it" in text for text in messages) == 1
    assert sum("making" in text for text in messages) == 1


def test_a_failure_of_pip_is_said_and_can_be_repaired(clone):
    (clone.path / "backend.py").rename(clone.path / "away.py")
    assert "pip could not install" in error_of(clone.set_up())
    (clone.path / "away.py").rename(clone.path / "backend.py")
    assert clone.set_up()[2] == 0


def test_what_pip_cannot_satisfy_is_said(clone):
    clone.require(">=3", version="2")
    assert "lacks: mini>=3 is needed, 2 is installed" in error_of(clone.set_up())


def test_too_small_a_disk_is_said_before_anything_is_made(clone):
    clone.need_disk(10**6)
    assert "needs 1000000 GiB of free disk" in error_of(clone.set_up())
    assert not clone.venv.exists()


def test_an_environment_made_by_hand_is_adopted(clone):
    subprocess.run([sys.executable, "-m", "venv", clone.venv], check=True)
    (clone.venv / "of_the_user").touch()
    assert clone.set_up()[2] == 0
    assert (clone.venv / "of_the_user").exists()


def test_something_else_in_its_place_is_left_alone(clone):
    clone.venv.mkdir()
    (clone.venv / "of_the_user").touch()
    assert "was not made by this project" in error_of(clone.set_up())
    assert (clone.venv / "of_the_user").exists()


class TestChoiceOfPython:
    """Which interpreter is used."""

    @pytest.mark.parametrize("content", ["exit 127", "echo Python 2.7; exit 1"])
    def test_an_unusable_one_that_the_user_names_is_refused(self, clone, content):
        python = script(clone.path / "python", content)
        assert f"SOUPS_PYTHON={python} is not" in error_of(clone.set_up(SOUPS_PYTHON=str(python)))
        assert not clone.venv.exists()

    def test_one_that_satisfies_is_used_as_it_is(self, made, clone):
        python = str(made.venv / "bin/python")
        assert clone.set_up(SOUPS_PYTHON=python) == (python, "", 0)
        assert clone.set_up(SOUPS_PYTHON="", VIRTUAL_ENV=str(made.venv)) == (python, "", 0)
        assert not clone.venv.exists()

    def test_an_active_environment_that_lacks_something_is_left_alone(self, made, clone):
        before = sorted(made.venv.rglob("*"))
        clone.require(">=7", version="7")
        python, messages, status = clone.set_up(SOUPS_PYTHON="", CONDA_PREFIX=str(made.venv))
        assert (python, status) == (str(clone.venv / "bin/python"), 0), messages
        assert "is left alone (mini>=7 is needed, " in messages
        assert sorted(made.venv.rglob("*")) == before

    def test_it_is_made_anew_for_another_one(self, clone):
        clone.set_up()
        (clone.venv / "of_the_old").touch()
        assert clone.set_up()[1] == ""
        python = clone.venv / "bin/python"
        python.unlink()
        script(python, f'"{sys.executable}" "$@" | sed "s|^{sys.base_prefix}$|/another/installation|"')
        assert "does not suit any more" in clone.set_up()[1]
        assert not (clone.venv / "of_the_old").exists()

    def test_those_that_do_not_run_are_passed_over(self, clone, tools):
        for name in ("python3.12", "python3.13", "python3"):
            script(tools / name, "echo 'pyenv: command not found' >&2; exit 127")
        home = clone.path / "home"
        good = home / ".pyenv/versions/3.12.99/bin/python"
        good.parent.mkdir(parents=True)
        good.symlink_to(Path(sys.base_prefix) / "bin/python3")
        _, messages, status = clone.set_up(SOUPS_PYTHON="", PATH=str(tools), HOME=str(home))
        assert status == 0, messages

    def test_none_at_all(self, clone, tools):
        error = error_of(clone.set_up(SOUPS_PYTHON="", PATH=str(tools), HOME=str(clone.path)))
        assert "no CPython 3.12 or 3.13 with venv was found" in error
        assert "SOUPS_PYTHON=" in error
        assert not clone.venv.exists()


@pytest.fixture
def tools(tmp_path):
    """Return a folder with what the set-up needs from a system, but no Python."""
    folder = tmp_path / "tools"
    folder.mkdir()
    needed = "awk cat cut df dirname flock grep mkdir mv rm sed sha256sum tail tee touch"
    for name in needed.split():
        (folder / name).symlink_to(shutil.which(name))
    return folder


def script(path: Path, content: str) -> Path:
    """Write an executable shell script."""
    path.write_text(f"#!/bin/sh\n{content}\n")
    path.chmod(0o755)
    return path
