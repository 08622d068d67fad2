"""The page: what a visitor sees and what happens with the speech."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from espnet_soups.errors import UserError
from espnet_soups.inference.results import Transcript
from espnet_soups.inference.speech2text import Speech2Text

DETECT = "detect"
NOTHING = "nothing"
_LARGEST = "200mb"
_KEPT = 3600
"""Seconds after which an upload is deleted."""

type Answer = tuple[str, str, str]
"""Transcript, translation, and a line about them."""


def build_page(speech2text: Speech2Text, name: str) -> gr.Blocks:
    """Lay out the page for a model.

    Args:
        speech2text: The model.
        name: What the page calls it.
    """
    spoken = list(dict.fromkeys([*speech2text.languages, *(pair.partition("-")[0] for pair in speech2text.pairs)]))
    targets = list(dict.fromkeys(pair.partition("-")[2] for pair in speech2text.pairs))
    languages = [DETECT, *spoken] if speech2text.languages else spoken
    with gr.Blocks(title=f"soups demo: {name}", analytics_enabled=False, delete_cache=(_KEPT, _KEPT)) as page:
        gr.Markdown(
            f"# Speech to text\n`{name}` recognises {', '.join(speech2text.languages) or 'nothing'} and translates "
            f"{', '.join(speech2text.pairs) or 'nothing'}."
        )
        with gr.Row():
            with gr.Column():
                audio = gr.Audio(sources=["upload", "microphone"], type="filepath", label="Speech", buttons=[])
                with gr.Row():
                    language = gr.Dropdown(languages, value=languages[0], label="Spoken language")
                    target = gr.Dropdown([NOTHING, *targets], value=(targets or [NOTHING])[0], label="Translate into")
                button = gr.Button("Transcribe", variant="primary")
            with gr.Column():
                text = gr.Textbox(label="Transcript", lines=4, buttons=["copy"], elem_id="transcript")
                translation = gr.Textbox(label="Translation", lines=4, buttons=["copy"], elem_id="translation")
                about = gr.Markdown(elem_id="about")
        button.click(
            _answering(speech2text), [audio, language, target], [text, translation, about], api_visibility="private"
        )
    return page


def serve(page: gr.Blocks, host: str, port: int) -> str:
    """Start serving the page, without any help from outside, and return its address."""
    _, url, _ = page.launch(
        server_name=host,
        server_port=port,
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        ssr_mode=False,
        run_history=False,
        footer_links=[],
        max_file_size=_LARGEST,
        theme=gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]),
    )
    return url


def _answering(speech2text: Speech2Text) -> Callable[[str | None, str, str], Answer]:
    def answer(audio: str | None, language: str, target: str) -> Answer:
        if audio is None:
            raise gr.Error("There is no speech yet: record or upload some.", duration=None)
        try:
            return transcribe(speech2text, audio, language, target)
        except UserError as error:
            raise gr.Error(str(error).replace(audio, Path(audio).name), duration=None) from error

    return answer


def transcribe(speech2text: Speech2Text, audio: str, language: str, target: str) -> Answer:
    """Transcribe a file and translate it, if the model translates its language into the target.

    Args:
        speech2text: The model.
        audio: A file.
        language: What is spoken, or :data:`DETECT`.
        target: Language to translate into, or :data:`NOTHING`.

    Raises:
        UserError: If the file cannot be used.
    """
    lang = None if language == DETECT else language
    wanted: dict[str, Any] = {"lang": lang}
    if target != NOTHING and (lang is None or f"{lang}-{target}" in speech2text.pairs):
        wanted["translate_to"] = target
    start = time.perf_counter()
    found = speech2text(audio, **wanted)
    return _words(found, target, time.perf_counter() - start)


def _words(found: Transcript, target: str, seconds: float) -> Answer:
    about = [f"Language: {found.language}"]
    if found.language_confidence is not None:
        about[0] += f", heard with a confidence of {found.language_confidence:.0%}"
    translation = ""
    if found.translation is not None:
        translation = found.translation.text
    elif target != NOTHING:
        about.append(f"the model does not translate {found.language} into {target}")
    return found.text or "", translation, "; ".join([*about, f"{seconds:.1f} s"]) + "."
