import json
from pathlib import Path

import pytest
from report.tiny_experiment import PERFECT, Hypotheses, write_scores, write_training
from web import Visit

from espnet_soups.report.compare import main
from espnet_soups.report.compare.table import compare, short_names

WORSE: Hypotheses = {
    "asr/en": ["one two two", "hold the the line", ""],
    "asr/fr": ["un trois", "ne quittez pas", "au revoir"],
    "st/fr-en": ["one two", "hold", "please"],
}


@pytest.fixture
def experiments(tmp_path: Path) -> list[Path]:
    found = []
    for soup, texts in (("joint", WORSE), ("vm", PERFECT)):
        folder = write_training(tmp_path / f"asr_st_{soup}_char", soup)
        found.append(write_scores(folder, tmp_path / "dump", {"test_a": texts, "test_b": PERFECT}))
    return found


def test_table_of_two(experiments: list[Path]):
    found = compare(experiments, [], [], 100, 1)
    assert found.names == ["joint", "vm"]
    rows = {(row.test_set, row.objective): row for row in found.rows}
    assert [*rows] == [
        (name, objective)
        for name in ("test_a", "test_b")
        for objective in ("asr/en", "asr/fr", "st/fr-en", "asr/mean", "st/mean")
    ]
    french = rows["test_a", "asr/fr"]
    assert [cell.value for cell in french.cells] == [12.5, 0.0]
    assert [cell.change for cell in french.cells] == [0.0, -100.0]
    assert rows["test_a", "asr/mean"].cells[0].value == pytest.approx((12.5 + 50.0) / 2)
    assert rows["test_a", "asr/mean"].cells[1].p_value is None
    assert rows["test_b", "asr/en"].cells[1].p_value is None  # nothing to test: both are perfect
    assert [trade.front for trade in found.trades] == [[1], [0, 1]]
    assert [(cost.steps, cost.seconds, cost.memory_gib) for cost in found.costs] == [(60, 30.0, 1.25)] * 2


def test_files_and_what_is_printed(
    experiments: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], browser, screenshots: Path
):
    out = tmp_path / "out"
    main([*map(str, experiments), "--out", str(out), "--samples", "100", "--objectives", "asr/*", "st/*"])
    printed = capsys.readouterr().out
    assert printed.startswith((out / "comparison.md").read_text())
    assert "| test_a | asr/fr | WER % | 12.50 ±" in printed
    assert "(\N{MINUS SIGN}100.0 %, p 0." in printed
    assert "test_a: on the Pareto front of mean WER and mean BLEU: vm." in printed
    assert json.loads((out / "comparison.json").read_text())["rows"][1]["cells"][1]["change"] == -100.0
    assert (out / "trade.png").stat().st_size > 5000
    visit = Visit(browser, (out / "comparison.html").as_uri(), offline=True)
    visit.page.screenshot(path=screenshots / "comparison.png", full_page=True)
    assert visit.page.locator("figure svg[role=img]").count() == 1
    assert visit.page.locator("tbody tr").count() == 10 + 2
    assert (visit.problems, visit.elsewhere) == ([], [])


def test_names_are_shortened_to_what_differs():
    assert short_names(["asr_st_joint_char", "asr_st_vm_usa_char"]) == ["joint", "vm_usa"]
    assert short_names(["exp", "exp_vm"]) == ["exp", "exp_vm"]
    assert short_names(["exp", "exp"]) == ["exp", "exp"]
    assert short_names(["/old/exp/vm", "/new/exp/vm"], "/") == ["old", "new"]
    assert short_names(["/exp/vm", "/exp/new/vm"], "/") == ["/exp/vm", "/exp/new/vm"]


def test_folders_of_one_name_are_told_apart_by_where_they_lie(tmp_path: Path):
    folders = [
        write_scores(write_training(tmp_path / place / "exp" / "asr_st_vm", "vm"), tmp_path / "dump", {"test": texts})
        for place, texts in (("old", WORSE), ("new", PERFECT))
    ]
    assert compare(folders, [], [], samples=10, seed=1).names == ["old", "new"]


def error_of(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    errors = capsys.readouterr().err
    assert (stop.value.code, errors.count("\n"), errors[:7]) == (1, 1, "error: ")
    return errors


def test_what_does_not_match_is_named(experiments: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    first = str(experiments[0])

    def against(name: str, hypotheses: dict[str, Hypotheses], dump: str = "dump") -> str:
        folder = write_scores(write_training(tmp_path / name, "vs", tensorboard=False), tmp_path / dump, hypotheses)
        return error_of([first, str(folder)], capsys)

    both = {"test_a": PERFECT, "test_b": PERFECT}
    assert "The test sets differ" in against("one_set", {"test_a": PERFECT})
    assert "name what they have in common with --test_sets" in against("other_set", {"test_a": PERFECT, "c": PERFECT})
    only_asr = {name: texts for name, texts in PERFECT.items() if name != "st/fr-en"}
    assert "The objectives of test_b differ" in against("no_st", both | {"test_b": only_asr})
    assert "one_set has no scores of test_b" in error_of(
        [first, str(tmp_path / "one_set"), "--test_sets", "test_b"], capsys
    )
    assert "One experiment cannot be compared" in error_of([first], capsys)
    assert "is no folder" in error_of([first, str(tmp_path / "none")], capsys)
    unscored = write_training(tmp_path / "unscored", tensorboard=False)
    assert "unscored has no scores; run stages 12 and 13 first" in error_of([first, str(unscored)], capsys)


def test_other_utterances_or_references_are_named(
    experiments: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    first, second = map(str, experiments)
    assert "asr/de' matches no objective" in error_of([first, second, "--objectives", "asr/de"], capsys)
    folder = write_training(tmp_path / "other", "vs", tensorboard=False)
    write_scores(folder, tmp_path / "dump2", {"test_a": PERFECT, "test_b": PERFECT})
    text = tmp_path / "dump2/test_a/text"
    text.write_text(text.read_text().replace("en-1 please hold", "en-1 please keep"))
    assert "test_a, asr/en: " in (error := error_of([first, str(folder)], capsys))
    assert "have different references (en-1)" in error
    for path in [*(tmp_path / "dump2/test_a").iterdir(), *(folder / "decode/test_a").glob("*/*/text")]:
        path.write_text(path.read_text().replace("fr-2", "fr-3"))
    error = error_of([first, str(folder), "--objectives", "asr/fr"], capsys)
    assert "lacks utterances that" in error
    assert "(fr-2); decode both on the same data" in error
