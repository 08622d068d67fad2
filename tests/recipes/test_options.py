"""The options of the shell recipes."""

import subprocess
from pathlib import Path

import pytest

SCRIPT = """
. local/parse_options.sh
option_group "Training"
option int ngpu 0 "number of GPUs"
option num min_wav_duration 0.1 "seconds"
option bool skip_train false "leave it out"
option str asr_st_args "" "more options"
print_help() { echo usage; print_options; }
parse_options "$@"
printf '%s\\n' "${ngpu}" "${min_wav_duration}" "${skip_train}" "${asr_st_args}"
"""


@pytest.fixture
def parse(root: Path):
    """Return a function that parses options in a shell."""

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        command = ["bash", "-eu", "-c", SCRIPT, "recipe", *options]
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)

    return run


@pytest.mark.parametrize(
    ("options", "values"),
    [
        ([], ["0", "0.1", "false", ""]),
        (["--ngpu", "2"], ["2", "0.1", "false", ""]),
        (["--ngpu=2", "--ngpu=3"], ["3", "0.1", "false", ""]),
        (["--min-wav-duration", ".5"], ["0", ".5", "false", ""]),
        (["--skip_train"], ["0", "0.1", "true", ""]),
        (["--skip_train", "--ngpu", "1"], ["1", "0.1", "true", ""]),
        (["--skip_train", "true", "--ngpu", "1"], ["1", "0.1", "true", ""]),
        (["--skip_train=false"], ["0", "0.1", "false", ""]),
        (["--asr_st_args", "--max_epoch 3"], ["0", "0.1", "false", "--max_epoch 3"]),
        (["--asr_st_args=--lr=1 --x"], ["0", "0.1", "false", "--lr=1 --x"]),
        (["--asr_st_args="], ["0", "0.1", "false", ""]),
    ],
)
def test_values(parse, options, values):
    result = parse(*options)
    assert (result.stdout.split("\n")[:-1], result.returncode) == (values, 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--ngpus", "2"], "there is no option --ngpus; did you mean --ngpu? --help lists all."),
        (["--skip_training=true"], "there is no option --skip_training; did you mean --skip_train?"),
        (["--hepl"], "did you mean --help?"),
        (["--"], "'--' is no option"),
        (["--ngpu", "1", "2"], "'2' is no option"),
        (["--ngpu"], "--ngpu needs a value."),
        (["--ngpu", "two"], "--ngpu is a whole number, not 'two'."),
        (["--min_wav_duration", "1s"], "--min_wav_duration is a number, not '1s'."),
        (["--skip_train", "yes"], "--skip_train is true or false, not 'yes'."),
    ],
)
def test_errors(parse, options, message):
    result = parse(*options)
    assert message in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert result.returncode == 2
    assert result.stdout == ""


def test_help_lists_every_option_with_its_default(parse):
    result = parse("--help")
    assert result.returncode == 0
    assert "Training:\n" in result.stdout
    assert "number of GPUs [0]\n" in result.stdout
    assert "more options\n" in result.stdout
