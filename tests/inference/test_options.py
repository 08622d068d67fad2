from pathlib import Path

import pytest

from espnet_soups.errors import UserError
from espnet_soups.inference.options import AsrOptions, BeamOptions, DecodeOptions, read_decode_options

SHIPPED = Path(__file__).parents[2] / "conf" / "decode.yaml"


def read(tmp_path: Path, content: str) -> DecodeOptions:
    path = tmp_path / "decode.yaml"
    path.write_text(content, encoding="utf-8")
    return read_decode_options(path)


def test_the_shipped_file_names_every_default() -> None:
    assert read_decode_options(SHIPPED) == DecodeOptions()
    text = SHIPPED.read_text(encoding="utf-8")
    for name in (
        "method",
        "beam",
        "length_bonus",
        "max_length_ratio",
        "min_length_ratio",
        "batch_seconds",
        "window_seconds",
    ):
        assert f"{name}:" in text


def test_missing_options_keep_their_defaults(tmp_path: Path) -> None:
    assert read(tmp_path, "") == DecodeOptions()
    options = read(tmp_path, "asr: {method: prefix_beam}\nst: {beam: 2, max_length_ratio: 1}\nbatch_seconds: 5\n")
    assert options == DecodeOptions(AsrOptions("prefix_beam"), BeamOptions(2, max_length_ratio=1), 5)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("beam: 3", "'beam'"),
        ("asr: {beams: 3}", "'beams'"),
        ("asr: {beam: two}", "'beam'"),
        ("asr: {beam: 2.5}", "whole number"),
        ("asr: {beam: true}", "whole number"),
        ("asr: {beam: 0}", "at least 1"),
        ("asr: {method: viterbi}", "viterbi"),
        ("asr: greedy", "mapping"),
        ("st: {beam: 0}", "at least 1"),
        ("st: {max_length_ratio: -0.5}", "max_length_ratio"),
        ("batch_seconds: 0", "batch_seconds"),
        ("batch_seconds: [1]", "a number"),
        ("window_seconds: 1", "window_seconds"),
        ("- asr", "mapping"),
        ("asr: {", "not YAML"),
    ],
)
def test_wrong_files_are_refused_in_one_sentence(tmp_path: Path, content: str, named: str) -> None:
    with pytest.raises(UserError, match=named) as error:
        read(tmp_path, content)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.yaml"):
        read_decode_options(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    ("options", "limits"),
    [
        (BeamOptions(), (40, 0)),
        (BeamOptions(max_length_ratio=0.3, min_length_ratio=0.1), (12, 4)),
        (BeamOptions(max_length_ratio=0.001), (1, 0)),
        (BeamOptions(max_length_ratio=-7, min_length_ratio=-2), (7, 2)),
    ],
)
def test_length_limits_of_40_frames(options: BeamOptions, limits: tuple[int, int]) -> None:
    assert options.length_limits(40) == limits
