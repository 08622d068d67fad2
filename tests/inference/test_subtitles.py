"""Subtitles, exactly."""

from espnet_soups.inference.results import Segment, Token, Transcript, Translation
from espnet_soups.inference.subtitles import Cue, as_srt, as_vtt, cues


def join(tokens: object) -> str:
    return " ".join("".join(tokens).replace("▁", " ").split())  # type: ignore[call-overload]


def test_srt() -> None:
    found = [Cue(0.0, 1.5, "un"), Cue(3661.9996, 3662.25, "deux & trois")]
    assert as_srt(found) == ("1\n00:00:00,000 --> 00:00:01,500\nun\n\n2\n01:01:02,000 --> 01:01:02,250\ndeux & trois\n")
    assert as_srt([]) == ""


def test_vtt() -> None:
    found = [Cue(0.0, 1.5, "un"), Cue(59.9999, 360000.0, "a < b & c")]
    assert as_vtt(found) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nun\n\n00:01:00.000 --> 100:00:00.000\na &lt; b &amp; c\n"
    )
    assert as_vtt([]) == "WEBVTT\n"


def test_a_transcript_is_cut_at_its_longest_pauses() -> None:
    tokens = tuple(Token(text, time, -1) for text, time in (("▁un", 1.0), ("▁deux", 2.0), ("▁trois", 7.0)))
    result = Transcript("fr", "un deux trois", tokens, -3.0)
    assert cues(result, 9.0, join) == [Cue(0.0, 4.5, "un deux"), Cue(4.5, 9.0, "trois")]


def test_parts_without_a_word_have_no_cue() -> None:
    result = Transcript("fr", "un", (Token("▁un", 1.0, -1),), -1.0)
    assert cues(result, 20.0, join) == [Cue(0.0, 5.0, "un")]


def test_translations_take_the_place_of_transcripts() -> None:
    translation = Translation("en", "one two", ("▁one", "▁two"), -1.0)
    short = Transcript("fr", "un deux", (), -1.0, translation=translation)
    assert cues(short, 2.0, join) == [Cue(0.0, 2.0, "one two")]
    one, two = (Translation("en", text, (text,), -1.0) for text in ("one", "two"))
    segments = (Segment(0.0, 8.0, "un", one), Segment(8.0, 15.0, "deux", two))
    long = Transcript("fr", "un deux", (), -1.0, translation=translation, segments=segments)
    assert cues(long, 15.0, join) == [Cue(0.0, 8.0, "one"), Cue(8.0, 15.0, "two")]
