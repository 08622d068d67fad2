"""The demo in a browser, with a tiny model; and its command line."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from inference.tiny_model import make_speech, write_model
from web import Visit

from espnet_soups.corpora.audio import RATE, write_audio
from espnet_soups.demo import main
from espnet_soups.demo.page import DETECT, NOTHING, build_page, serve, transcribe
from espnet_soups.errors import UserError
from espnet_soups.inference.speech2text import Speech2Text

SECONDS = 3.0


@pytest.fixture(scope="module")
def speech2text(tmp_path_factory: pytest.TempPathFactory) -> Speech2Text:
    folder = tmp_path_factory.mktemp("model")
    write_model(folder)
    return Speech2Text.from_pretrained(folder)


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("speech") / "prompt.wav"
    write_audio(path, make_speech(3, SECONDS), RATE, "wav")
    return path


@pytest.fixture(scope="module")
def url(speech2text: Speech2Text, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    os.environ["GRADIO_TEMP_DIR"] = str(tmp_path_factory.mktemp("uploads"))
    page = build_page(speech2text, "tiny.zip")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    yield serve(page, "127.0.0.1", port)
    page.close()


def test_an_uploaded_prompt_is_transcribed_and_translated(
    url: str, browser, speech: Path, speech2text: Speech2Text, screenshots: Path
):
    expected = speech2text(speech, lang="fr", translate_to="en")
    assert expected.text
    assert expected.translation is not None
    assert expected.translation.text
    visit = Visit(browser, url)
    page = visit.page
    page.get_by_role("button", name="Transcribe").wait_for()
    page.screenshot(path=screenshots / "demo_empty.png", full_page=True)
    page.locator("input[type=file]").set_input_files(speech)
    page.get_by_role("button", name="Play", exact=True).wait_for()  # it has arrived
    page.get_by_label("Spoken language").click()
    page.get_by_role("option", name="fr").click()
    page.get_by_role("button", name="Transcribe").click()
    page.get_by_text("Language: fr").wait_for()
    page.screenshot(path=screenshots / "demo.png", full_page=True)
    assert page.locator("#transcript textarea").input_value() == expected.text
    assert page.locator("#translation textarea").input_value() == expected.translation.text
    assert (visit.problems, visit.elsewhere) == ([], [])


def test_speech_is_recorded(url: str, browser):
    page = Visit(browser, url).page
    page.get_by_role("button", name="Record audio").click()
    page.get_by_role("button", name="Record", exact=True).click()
    page.get_by_role("button", name="pause").wait_for()
    page.wait_for_timeout(1000)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Play", exact=True).wait_for()
    page.get_by_role("button", name="Transcribe").click()
    page.get_by_text("Language: ").wait_for()


def test_no_speech_is_said(url: str, browser):
    page = Visit(browser, url).page
    page.get_by_role("button", name="Transcribe").click()
    page.get_by_text("There is no speech yet: record or upload some.").wait_for()


def test_page_answers_as_the_model(speech2text: Speech2Text, speech: Path):
    heard = speech2text(speech)
    text, translation, about = transcribe(speech2text, str(speech), DETECT, NOTHING)
    assert (text, translation) == (heard.text, "")
    assert about.startswith(f"Language: {heard.language}, heard with a confidence of ")
    _, translation, about = transcribe(speech2text, str(speech), "en", "en")
    assert translation == ""
    assert "the model does not translate en into en" in about


def test_unusable_audio_is_one_sentence(speech2text: Speech2Text, tmp_path: Path):
    path = tmp_path / "noise.wav"
    np.arange(9).tofile(path)
    with pytest.raises(UserError, match="cannot be read"):
        transcribe(speech2text, str(path), DETECT, NOTHING)


def test_command_line_refuses_what_cannot_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def error(*arguments: str) -> str:
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 1
        return capsys.readouterr().err

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"Nothing can listen on 127.0.0.1, port {port}" in error("model", "--port", port)
    assert "Nothing can listen on 192.0.2.1" in error("model", "--host", "192.0.2.1", "--port", "0")
    assert error(str(tmp_path / "none.zip"), "--port", "0").startswith("error: ")


def test_help_needs_nothing_heavy():
    code = (
        "import sys, espnet_soups.demo; print(espnet_soups.demo.parser().format_help());"
        "heavy = {'torch', 'espnet2', 'gradio', 'numpy'} & sys.modules.keys(); assert not heavy, heavy"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("usage: soups demo")
