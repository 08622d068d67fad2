"""A miniature replica of the corpus: three languages, tones instead of voices, every layout it comes in."""

import gzip
import io
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

VOICES = {"en": "en_US_f_Allison", "es": "es_MX_f_Allison", "it": "it_IT_m_Carlo"}
DIGITS = {
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
    "es": ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"],
    "it": ["zero", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"],
}
HEADERS = {
    "en": "; Core Asterisk Sounds in English",
    "es": "; Sounds",
    "it": "\ufeff; Core sounds\n; Elenco “core sound”",
}

type Texts = dict[str, list[tuple[str, str]]]


def default_texts() -> Texts:
    """Return the transcript lines of every language: digits, letters and thirty phrases."""
    texts: Texts = {}
    for language, digits in DIGITS.items():
        lines = [(f"digits/{number}", word) for number, word in enumerate(digits)]
        lines += [("letters/a", "a"), ("letters/dash", f"dash {language} [-]")]
        lines += [(f"vm-phrase{number}", f"Phrase number {chr(97 + number)} in {language}.") for number in range(26)]
        texts[language] = lines
    return texts


def tone(hertz: float, seconds: float) -> np.ndarray:
    """Return a tone with 0.1 s of silence on either side, 16 kHz."""
    time = np.arange(round(seconds * 16000)) / 16000
    silence = np.zeros(1600, np.float32)
    return np.concatenate([silence, 0.5 * np.sin(2 * np.pi * hertz * time).astype(np.float32), silence])


def encode_g722(path: Path, samples: np.ndarray) -> None:
    """Write 16 kHz samples as G.722."""
    with av.open(str(path), "w", format="g722") as container:
        stream = container.add_stream("g722", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.rint(samples * 32767).astype(np.int16)[None], format="s16", layout="mono")
        frame.rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_audio(folder: Path, key: str, suffix: str, hertz: float, seconds: float = 0.3) -> None:
    """Write the recording of ``key``."""
    file = folder / f"{key}{suffix}"
    file.parent.mkdir(parents=True, exist_ok=True)
    if suffix == ".g722":
        encode_g722(file, tone(hertz, seconds))
    else:
        soundfile.write(file, tone(hertz, seconds)[::2], 8000)


def transcript(language: str, lines: list[tuple[str, str]]) -> bytes:
    """Return the content of a transcript file."""
    return "\n".join([HEADERS[language], "", *(f"{key}: {text}" for key, text in lines), ""]).encode()


type MakeCorpus = Callable[..., Path]


@pytest.fixture
def make_corpus(tmp_path: Path) -> MakeCorpus:
    """Return a function that makes the corpus and returns its root."""

    def make(
        texts: Mapping[str, list[tuple[str, str]]] | None = None,
        layout: str = "debian",
        suffix: str = ".g722",
        name: str = "corpus",
        silent_keys: tuple[str, ...] = (),
    ) -> Path:
        root = tmp_path / name
        for number, (language, lines) in enumerate((texts or default_texts()).items()):
            content = transcript(language, lines)
            if layout == "debian":
                audio = root / "usr/share/asterisk/sounds" / VOICES[language]
                documents = root / f"usr/share/doc/asterisk-core-sounds-{language}"
                documents.mkdir(parents=True)
                (documents / f"core-sounds-{language}.txt.gz").write_bytes(gzip.compress(content, mtime=0))
            else:
                audio = root / f"asterisk-core-sounds-{language}-g722-1.6.1"
                audio.mkdir(parents=True)
                (audio / f"core-sounds-{language}.txt").write_bytes(content)
            for index, key in enumerate(dict.fromkeys(key for key, _ in lines)):
                if key not in silent_keys:
                    write_audio(audio, key, suffix, 300 + 10 * index + 1000 * number)
            write_audio(audio, "silence/1", suffix, 0.0)
        return root

    return make


@pytest.fixture
def make_tarball() -> Callable[[Path, dict[str, bytes]], Path]:
    """Return a function that writes a .tar.gz of the given members."""

    def make(path: Path, members: dict[str, bytes]) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(path, "w:gz") as tar:
            for name, content in members.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        return path

    return make
