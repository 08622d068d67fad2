import subprocess
import sys

import pytest

import espnet_soups


def test_importing_the_package_imports_neither_torch_nor_espnet() -> None:
    code = "import sys, espnet_soups; print(sorted({'torch', 'espnet2'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_speech2text_is_exported() -> None:
    from espnet_soups.inference.speech2text import Speech2Text

    assert espnet_soups.Speech2Text is Speech2Text
    with pytest.raises(AttributeError, match="has no attribute 'Text2Speech'"):
        espnet_soups.Text2Speech  # noqa: B018
