"""When a stage runs, when it is skipped and what it refuses."""

import os
from pathlib import Path

import pytest

from espnet_soups.errors import UserError
from espnet_soups.stages.record import read_record
from espnet_soups.stages.stage import Request, begin, end, plan


@pytest.fixture
def request_of(tmp_path: Path):
    """Return a function that makes requests about one input directory and one output."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "text").write_text("u1 one\n")
    (tmp_path / "in" / ".hidden").write_text("x")

    def make(**changes) -> Request:
        values = {
            "record": tmp_path / "out" / ".stages" / "format.json",
            "parameters": {"audio_format": "flac"},
            "inputs": [(3, tmp_path / "in")],
            "outputs": [tmp_path / "out" / "wav.scp"],
        }
        return Request(**(values | changes))

    return make


def run(request: Request) -> str | None:
    """Do what a recipe does with a stage; the 'work' is to touch the outputs."""
    reason = begin(request)
    if reason is not None:
        for path in request.outputs:
            path.touch()
        end(request.record)
    return reason


def test_runs_once(request_of):
    assert run(request_of()) == "not done yet"
    assert run(request_of()) is None


def test_runs_again_when_forced(request_of):
    run(request_of())
    assert run(request_of(force=True)) == "asked for"


def test_runs_again_after_a_failure(request_of):
    begin(request_of())
    assert run(request_of()) == "not finished the last time"


def test_a_forced_run_that_fails_is_not_up_to_date(request_of):
    run(request_of())
    begin(request_of(force=True))
    assert begin(request_of()) == "not finished the last time"


def test_says_which_parameter_changed(request_of):
    run(request_of())
    assert run(request_of(parameters={"audio_format": "wav"})) == "audio_format was flac, now wav"
    assert "nj was not set, now 2" in run(request_of(parameters={"audio_format": "wav", "nj": "2"}))


def test_says_which_input_changed(request_of, tmp_path):
    run(request_of())
    (tmp_path / "in" / "text").write_text("u1 two\n")
    assert run(request_of()) == f"{tmp_path}/in/text has changed"
    (tmp_path / "in" / "utt2spk").write_text("u1 u1\n")
    assert run(request_of()) == f"{tmp_path}/in/utt2spk is a new input"
    (tmp_path / "in" / "utt2spk").unlink()
    assert run(request_of()) == f"{tmp_path}/in/utt2spk is no longer an input"


def test_an_input_of_the_same_size_is_compared_by_content(request_of, tmp_path):
    run(request_of())
    text = tmp_path / "in" / "text"
    text.write_text("u1 two\n")  # as long as before
    os.utime(text, ns=(1, 1))
    assert begin(request_of()) == f"{text} has changed"


def test_an_input_written_again_with_the_same_content_is_no_change(request_of, tmp_path):
    run(request_of())
    text = tmp_path / "in" / "text"
    os.utime(text, ns=(1, 1))
    assert run(request_of()) is None
    assert read_record(request_of().record).inputs[str(text)].mtime_ns == 1


def test_an_unchanged_input_is_not_read(request_of, monkeypatch):
    run(request_of())
    monkeypatch.setattr("espnet_soups.stages.files.digest", lambda path: pytest.fail(f"{path} was read"))
    assert run(request_of()) is None


def test_hidden_files_do_not_count(request_of, tmp_path):
    run(request_of())
    (tmp_path / "in" / ".hidden").write_text("y")
    assert run(request_of()) is None


def test_runs_again_when_an_output_is_gone(request_of, tmp_path):
    run(request_of())
    (tmp_path / "out" / "wav.scp").unlink()
    assert run(request_of()) == f"{tmp_path}/out/wav.scp is missing"


def test_a_missing_input_names_the_stage_that_makes_it(request_of, tmp_path):
    with pytest.raises(UserError, match=r"dump is missing: stage 4 makes it.*--stage 4"):
        begin(request_of(inputs=[(3, tmp_path / "in"), (4, tmp_path / "dump")]))
    assert not request_of().record.exists()


def test_an_end_without_the_output_is_refused(request_of):
    begin(request_of())
    with pytest.raises(UserError, match="is missing; see its log"):
        end(request_of().record)
    assert begin(request_of()) == "not finished the last time"


def test_an_end_without_a_beginning_is_refused(tmp_path):
    with pytest.raises(UserError, match="was not begun"):
        end(tmp_path / "x.json")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"inputs": {"a": {"size": 1}}}', '{"inputs": {}, "x": 1}'])
def test_a_broken_record_is_named(request_of, content):
    record = request_of().record
    record.parent.mkdir(parents=True)
    record.write_text(content)
    with pytest.raises(UserError, match=r"format\.json is not a stage's record"):
        begin(request_of())


class TestPlan:
    """What would be done, without doing it."""

    def test_it_is_what_begin_says_and_leaves_nothing(self, request_of):
        assert plan(request_of(), []) == "not done yet"
        assert not request_of().record.parent.exists()
        run(request_of())
        before = request_of().record.read_bytes()
        assert plan(request_of(), []) is None
        assert plan(request_of(force=True), []) == "asked for"
        assert plan(request_of(parameters={"audio_format": "wav"}), []) == "audio_format was flac, now wav"
        assert request_of().record.read_bytes() == before

    def test_what_a_pending_stage_makes_may_be_missing(self, request_of, tmp_path):
        request = request_of(inputs=[(3, tmp_path / "in"), (4, tmp_path / "dump")])
        assert plan(request, [4]) == "not done yet"
        with pytest.raises(UserError, match="dump is missing: stage 4 makes it"):
            plan(request, [3])

    def test_what_a_pending_stage_makes_is_not_known_yet(self, request_of, tmp_path):
        run(request_of())
        (tmp_path / "in" / "text").write_text("u1 two\n")
        assert plan(request_of(), []) == f"{tmp_path}/in/text has changed"
        assert plan(request_of(), [3]) == "if stage 3 changes what it reads"


class TestCheckpoint:
    """A stage that goes on from a checkpoint."""

    @pytest.fixture
    def training(self, request_of, tmp_path):
        """Return a function that makes requests of a training interrupted after its first checkpoint."""

        def make(**changes) -> Request:
            values = {
                "parameters": {"config.lr": "1", "config.max_epoch": "3"},
                "checkpoint": tmp_path / "out" / "checkpoint.pth",
                "free": frozenset({"max_epoch"}),
            }
            return request_of(**(values | changes))

        begin(make())
        make().checkpoint.touch()
        return make

    def test_goes_on(self, training):
        assert run(training()) == "not finished the last time"
        assert run(training()) is None

    def test_free_settings_may_change(self, training):
        run(training())
        longer = training(parameters={"config.lr": "1", "config.max_epoch": "6"})
        assert run(longer) == "config.max_epoch was 3, now 6"

    def test_other_settings_are_refused(self, training):
        with pytest.raises(UserError, match=r"config\.lr was 1, now 2.*--asr_st_tag"):
            begin(training(parameters={"config.lr": "2", "config.max_epoch": "3"}))
        assert run(training()) == "not finished the last time"

    def test_other_settings_are_refused_in_a_plan_too(self, training):
        with pytest.raises(UserError, match=r"config\.lr was 1, now 2"):
            plan(training(parameters={"config.lr": "2", "config.max_epoch": "3"}), [3])

    def test_other_data_are_refused(self, training, tmp_path):
        (tmp_path / "in" / "text").write_text("u1 other\n")
        with pytest.raises(UserError, match="text has changed"):
            begin(training())

    def test_a_checkpoint_without_record_is_refused(self, training):
        training().record.unlink()
        with pytest.raises(UserError, match="not the record of the run"):
            begin(training())

    def test_without_checkpoint_anything_may_change(self, training):
        training().checkpoint.unlink()
        assert begin(training(parameters={})).startswith("config.lr was 1")
