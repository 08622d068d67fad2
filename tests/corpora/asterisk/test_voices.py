from collections.abc import Callable
from pathlib import Path

import pytest

from espnet_soups.corpora.asterisk.voices import find_voices
from espnet_soups.errors import UserError

type MakeCorpus = Callable[..., Path]


@pytest.mark.parametrize("layout", ["debian", "release"])
@pytest.mark.parametrize("suffix", [".g722", ".wav"])
def test_both_layouts_are_found(make_corpus: MakeCorpus, layout: str, suffix: str) -> None:
    root = make_corpus(layout=layout, suffix=suffix)
    voices = find_voices(root, ["it", "en"])
    assert [(voice.language, voice.suffix) for voice in voices] == [("it", suffix), ("en", suffix)]
    files = voices[0].audio_files()
    assert len(files) == 10 + 2 + 26 + 1
    assert files["digits/3"] == voices[0].audio_dir / f"digits/3{suffix}"
    assert "silence/1" in files
    assert "it" in voices[0].transcript.name


def test_16_khz_is_preferred(make_corpus: MakeCorpus) -> None:
    root = make_corpus(suffix=".wav")
    (root / "usr/share/asterisk/sounds/en_US_f_Allison/digits/1.g722").touch()
    assert find_voices(root, ["en"])[0].suffix == ".g722"


def test_what_is_missing_is_named(make_corpus: MakeCorpus) -> None:
    root = make_corpus()
    with pytest.raises(UserError, match=r"there is no core-sounds-ru.txt .*asterisk-core-sounds-ru"):
        find_voices(root, ["en", "ru"])
    (root / "usr/share/asterisk/sounds/it_IT_m_Carlo").rename(root / "elsewhere")
    with pytest.raises(UserError, match=r"there are no recordings of 'it' below it .*asterisk-core-sounds-it-g722"):
        find_voices(root, ["it"])


def test_two_sets_of_recordings_are_ambiguous(make_corpus: MakeCorpus) -> None:
    root = make_corpus()
    make_corpus(name="corpus/again")
    with pytest.raises(UserError, match=r"it_IT_m_Carlo and .*it_IT_m_Carlo both hold recordings of 'it'"):
        find_voices(root, ["it"])
