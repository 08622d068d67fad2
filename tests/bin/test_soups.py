"""The command ``soups``."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import espnet_soups
from espnet_soups.bin.soups import COMMANDS, main
from espnet_soups.bin.train import OPTIONS

HEAVY = ("torch", "espnet2", "numpy", "matplotlib", "av", "huggingface_hub")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_imports_nothing_heavy(command: str) -> None:
    code = (
        "import atexit, sys; from espnet_soups.bin.soups import main\n"
        f"atexit.register(lambda: print(sorted(set({HEAVY}) & set(sys.modules)), file=sys.stderr))\n"
        f"main([{command!r}, '--help'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert done.stdout.startswith(f"usage: soups {command}")
    assert len(done.stdout.splitlines()) > 8


def test_the_list_of_commands(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--help"])
    page = capsys.readouterr().out
    assert all(f"  {name} " in page and command.summary in page for name, command in COMMANDS.items())
    with pytest.raises(SystemExit, match="2"):
        main([])
    assert capsys.readouterr().err == page


def test_the_version_is_that_of_setup(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--version"])
    version = runpy.run_path(str(root / "setup.py"), run_name="requirements")["VERSION"]
    assert capsys.readouterr().out == f"soups {version}\n"
    assert espnet_soups.__version__ == version


@pytest.mark.parametrize(("name", "hint"), [("transcrbe", "did you mean transcribe?"), ("x", "'soups --help' lists")])
def test_a_command_that_is_not_there(name: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="1"):
        main([name])
    assert capsys.readouterr().err.startswith(f"error: There is no command '{name}'; {hint}")


def test_the_entry_point_is_installed() -> None:
    done = subprocess.run([Path(sys.executable).parent / "soups", "--version"], capture_output=True, text=True)
    assert done.stdout == f"soups {espnet_soups.__version__}\n"


def test_train_s_help_names_options_that_exist() -> None:
    from espnet_soups.training.soup_file import OPTION
    from espnet_soups.training.task import SoupsTask

    known = set(SoupsTask.get_parser()._option_string_actions) | {OPTION}
    assert {option.partition(" ")[0] for options in OPTIONS.values() for option in options} <= known
