import json
import shutil
from pathlib import Path

import pytest
from report.tiny_experiment import PERFECT, write_scalars, write_scores, write_training
from web import Visit

from espnet_soups.report.examples import AudioBudget, Example, _places, choose_examples
from espnet_soups.report.page import main
from espnet_soups.report.page.conflict import conflict_maps
from espnet_soups.report.scalars import read_scalars, training_seconds
from espnet_soups.report.scoring import ScoreOptions, read_texts
from espnet_soups.report.theme import drawing_style

PICTURES = ["scores", "losses", "lambda", "penalties", "gradient_norms", "conflict", "similarity", "cost"]


WRONG = dict(PERFECT) | {
    "asr/fr": ["un deux quatre", "ne pas", "bien au revoir"],
    "asr/en": ["one <script>document.title='x'</script> three", "please hold the line", "goodbye"],
}


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    return write_scores(write_training(tmp_path / "exp"), tmp_path / "dump", {"test_a": WRONG})


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an experiment with its report, to be read only."""
    folder = tmp_path_factory.mktemp("reported")
    experiment = write_scores(write_training(folder / "exp"), folder / "dump", {"test_a": WRONG})
    main([str(experiment)])
    return experiment


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_in_a_browser(reported: Path, browser, screenshots: Path, scheme: str):
    visit = Visit(browser, (reported / "report/report.html").as_uri(), scheme=scheme, offline=True)
    page = visit.page
    page.screenshot(path=screenshots / f"report_{scheme}.png", full_page=True)
    for name in PICTURES:
        picture = page.locator(f"#{name} figure svg[role=img]")
        assert picture.count() == 1, name
        assert picture.bounding_box()["height"] > 100, name
        assert (reported / f"report/{name}.png").stat().st_size > 5000
    assert page.locator(".missing").count() == 0
    colours = [page.evaluate(f"getComputedStyle(document.body).{key}") for key in ("color", "backgroundColor")]
    assert (colours[1] == "rgb(255, 255, 255)") == (scheme == "light")
    assert colours[0] != colours[1]
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)")
    assert len(ids) == len(set(ids))
    assert (visit.problems, visit.elsewhere) == ([], [])
    page.emulate_media(media="print")
    page.screenshot(path=screenshots / f"report_{scheme}_print.png", full_page=True)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_examples_are_heard_and_coloured(reported: Path, browser):
    page = Visit(browser, (reported / "report/report.html").as_uri(), offline=True).page
    assert page.locator(".example").count() == 6
    french = page.locator(".example", has=page.locator("strong", has_text="fr-0"))
    assert "0 of 3 wrong" in french.inner_text()  # the translation
    assert "1 of 3 wrong" in french.inner_text()
    assert french.locator(".piece.substitute").inner_text().split() == ["trois", "quatre"]
    assert page.locator(".example .piece.delete del").all_inner_texts() == ["quittez"]
    assert page.locator(".example .piece.insert ins").all_inner_texts() == ["bien"]
    seconds = page.evaluate(
        """new Promise((resolve, reject) => {
            const audio = new Audio(document.querySelector('.example audio').src);
            audio.onloadedmetadata = () => resolve(audio.duration);
            audio.onerror = () => reject(audio.error.message);
        })"""
    )
    assert 0.2 < seconds < 0.5


def test_hostile_text_stays_text(reported: Path, browser):
    page = Visit(browser, (reported / "report/report.html").as_uri(), offline=True).page
    assert page.title() == "exp"
    assert page.locator("script").count() == 0
    assert page.get_by_text("<script>document.title='x'</script>").count() == 1


def test_missing_pieces_are_said_in_words(tmp_path: Path, browser, screenshots: Path):
    experiment = write_training(tmp_path / "exp", "joint", tensorboard=False)
    main([str(experiment)])
    visit = Visit(browser, (experiment / "report/report.html").as_uri(), offline=True)
    visit.page.screenshot(path=screenshots / "report_empty.png", full_page=True)
    words = " ".join(visit.page.locator(".missing").all_inner_texts())
    assert "There are no scores yet: run stages 12 and 13." in words
    assert "This run has no records of a soup" in words
    assert "Training wrote nothing for TensorBoard" in words
    assert visit.page.locator("figure").count() == 0
    assert [path.name for path in (experiment / "report").iterdir()] == ["report.html"]
    assert (visit.problems, visit.elsewhere) == ([], [])


def test_audio_is_bounded_and_may_be_gone(experiment: Path):
    def choose(limit: int) -> list[Example]:
        texts = read_texts(experiment / "decode/test_a", experiment.parent / "dump/test_a", ScoreOptions())
        return list(choose_examples("test_a", texts, 3, AudioBudget(limit)))

    one = len(choose(10**6)[0].audio)
    found = choose(2 * one)
    assert [bool(example.audio) for example in found] == [True, True, False, False, False, False]
    assert "as much audio as it may" in found[2].no_audio
    assert [example.place for example in found[:3]] == ["best of 3", "place 2 of 3", "worst of 3"]
    shutil.rmtree(experiment.parent / "dump/test_a_audio")
    assert {example.no_audio for example in choose(10**6)} == {"Its audio file cannot be read any more."}


def test_texts_that_are_gone_are_said_in_words(tmp_path: Path):
    experiment = write_scores(
        write_training(tmp_path / "exp", "joint", tensorboard=False), tmp_path / "dump", {"a": PERFECT}
    )
    shutil.rmtree(experiment / "decode")
    main([str(experiment)])
    assert "The scored texts cannot be read any more" in (experiment / "report/report.html").read_text()


@pytest.mark.parametrize(
    ("path", "content", "message"),
    [
        ("config.yaml", None, "is no experiment: it has no config.yaml"),
        ("config.yaml", "encoder: x", "has no asr_langs and st_pairs"),
        ("config.yaml", "a: [", "cannot be read"),
        ("soup.jsonl", "{", "soup.jsonl is damaged"),
        ("RESULTS.json", "{", "is damaged"),
        ("RESULTS.md", "# Results", "names no command of scoring"),
    ],
)
def test_damage_is_one_sentence(
    experiment: Path, path: str, content: str | None, message: str, capsys: pytest.CaptureFixture[str]
):
    if content is None:
        (experiment / path).unlink()
    else:
        (experiment / path).write_text(content)
    with pytest.raises(SystemExit):
        main([str(experiment)])
    errors = capsys.readouterr().err
    assert message in errors
    assert errors.count("\n") == 1
    assert not (experiment / "report").exists()


def test_interrupted_scalars_count_once(tmp_path: Path):
    first = [(step, {"train_time": float(step)}) for step in (10, 20, 30)]
    again = [(step, {"train_time": 1.0}) for step in (20, 30, 40)]
    # An epoch's mean follows its last interval under the same step.
    write_scalars(tmp_path / "tensorboard/train", [*first, *again, (40, {"train_time": 9.0})])
    series = read_scalars(tmp_path, 10).train["train_time"]
    assert series.steps == (1, 2, 3, 4)
    assert series.values == (10.0, 20.0, 1.0, 1.0)
    assert training_seconds({"train_time": series}) == 32.0
    assert training_seconds({}) is None


def test_places_are_spread_evenly():
    assert _places(9, 3) == [0, 4, 8]
    assert _places(2, 5) == [0, 1]
    assert _places(9, 1) == [4]
    assert _places(0, 3) == []


def test_long_runs_are_thinned_out(tmp_path: Path):
    record = json.loads((write_training(tmp_path / "exp") / "soup.jsonl").read_text().splitlines()[0])
    with drawing_style():
        figure = conflict_maps([record | {"step": 16 * number} for number in range(450)]).figure
    assert figure is not None
    assert [axes.get_title(loc="left") for axes in figure.axes[:4]] == [
        "mean of all pairs of objectives",
        "recognition and translation",
        "recognition and self-supervision",
        "translation and self-supervision",
    ]
    shapes = {axes.collections[0].get_array().shape for axes in figure.axes[:4]}
    assert shapes == {(2, 150)}
