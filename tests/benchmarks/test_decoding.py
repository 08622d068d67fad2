"""The mechanics of the decoding benchmark, on a tiny model; its figures are for quiet machines."""

import json
from pathlib import Path

import pytest
from inference.tiny_model import make_speech, write_model

from benchmarks.decoding import main
from espnet_soups.corpora.audio import RATE, write_audio
from espnet_soups.corpora.data_dir import Utterance, write_data_dir


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("benchmark")
    write_model(folder)
    rows = []
    for number in range(4):
        samples = make_speech(number, 0.5 + 0.2 * number)
        write_audio(folder / f"{number}.wav", samples, RATE, "wav")
        rows.append(
            Utterance(f"fr-{number}", folder / f"{number}.wav", "fr", "fr", "a", "b", "en", num_samples=len(samples))
        )
    write_data_dir(folder / "data", rows)
    return folder


def test_all_ways_are_timed_and_agree(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--data_dir", str(folder / "data"), "--pair", "fr-en", "--utterances", "3", "--rounds", "1"]
    main([str(folder), *options, "--json", str(folder / "figures.json")])
    figures = json.loads((folder / "figures.json").read_text())
    assert figures["seconds_of_speech"] == pytest.approx([0.5, 0.7, 0.9])
    rows = {row["way"]: row for row in figures["rows"]}
    assert len(rows) == 7
    assert all(row["seconds"] > 0 for row in rows.values())
    compared = [one for row in rows.values() for one in row["against"]]
    assert [one["same"] for one in compared] == [3, 3, 3, 3]
    for row in rows.values():
        for one in row["against"]:
            assert one["times_faster"] == pytest.approx(rows[one["way"]]["seconds"] / row["seconds"])
    assert "times faster than recognition, one by one; 3 of 3 the same" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--pair", "fr-en"], "has 4 utterances in 'fr', not 32; give --utterances."),
        (["--pair", "en-fr"], "does not both recognise the language of 'en-fr' and translate it"),
        (["--pair", "fr-en", "--json", "/none/x.json"], "there is no folder /none"),
    ],
)
def test_what_cannot_be_measured(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    with pytest.raises(SystemExit, match="1"):
        main([str(folder), "--data_dir", str(folder / "data"), *options])
    assert message in capsys.readouterr().err
