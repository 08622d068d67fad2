"""The dry run's checks, without the shell."""

from pathlib import Path

import pytest
import yaml

from espnet_soups.bin.dry_run import main
from espnet_soups.corpora.data_dir import Utterance, write_data_dir

ROOT = Path(__file__).parents[2]
ENCODER = {"output_size": 16, "attention_heads": 2, "linear_units": 32, "num_blocks": 2, "cnn_module_kernel": 7}
CONFIG = {
    "frontend_conf": {"n_fft": 256, "n_mels": 20},
    "normalize": "global_mvn",
    "encoder_conf": ENCODER,
    "decoder_conf": {"num_blocks": 1, "linear_units": 32},
    "ssl": "cpc",
    "keep_nbest_models": 2,
}


class Recipe:
    """The command line of a dry run; ``config`` and ``soup`` are what its YAML files say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = dict(CONFIG)
        self.soup = yaml.safe_load((ROOT / "conf/soups/vm_usa.yaml").read_text())
        self.options = ["--planned", "1", "3", "11"]
        self.training = ["--asr_langs", "en", "fr", "--st_pairs", "fr-en", "--token_type", "bpe"]

    def check(self) -> None:
        """Run it."""
        for name, content in (("train", self.config), ("soup", self.soup)):
            (self.folder / f"{name}.yaml").write_text(yaml.safe_dump(content))
        main(
            [
                *("--data_dir", f"{self.folder}/data", "--dump_dir", f"{self.folder}/dump"),
                *("--exp_dir", f"{self.folder}/exp", "--fit_sets", "train", "valid", "--test_sets", "test"),
                *("--inference_config", f"{ROOT}/conf/decode.yaml", "--src_nbpe", "50", "--tgt_nbpe", "30"),
                *self.options,
                *("--", "--config", f"{self.folder}/train.yaml", "--soup_config", f"{self.folder}/soup.yaml"),
                *("--src_token_list", f"{self.folder}/src.txt", "--token_list", f"{self.folder}/tgt.txt"),
                *self.training,
            ]
        )

    def write(self, name: str, *, translated: bool = True, num_samples: int | None = None) -> None:
        """Write a data directory with an utterance of English and one of French."""
        texts = ("one", None), ("un", "one" if translated else None)
        write_data_dir(
            self.folder / "data" / name,
            [
                Utterance(f"{lang}-1", Path("/a.wav"), lang, lang, text, said, "en" if said else None, num_samples)
                for lang, (text, said) in zip(("en", "fr"), texts, strict=True)
            ],
        )


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    return Recipe(tmp_path)


def fails(recipe: Recipe, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one line of the error."""
    with pytest.raises(SystemExit) as stopped:
        recipe.check()
    assert stopped.value.code == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def cells(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_levels_and_parameters_before_anything_is_there(recipe: Recipe, capsys: pytest.CaptureFixture[str]) -> None:
    recipe.check()
    out = capsys.readouterr().out
    words = ["from", "0,", "+0.02", "an", "epoch,", "to", "1.5,", "towards", "the", "level", "above"]
    assert ["level", "1", "asr/en", "asr/fr", "none:", "the", "upper", "level"] in cells(out)
    assert ["level", "2", "st/fr-en", *words] in cells(out)
    assert ["level", "3", "ssl", *words] in cells(out)
    rows = {tuple(row[:-2]): int(row[-1]) for row in cells(out) if row and row[-1].isdigit()}
    # Four special tokens, a weight for each of 16 inputs and a bias; the characters come with stage 5.
    assert rows["recognition", "of", "en"] == rows["recognition", "of", "fr"] == 4 * 17
    assert "src.txt are not known before stage 5: its heads are counted without them." in out
    assert "tgt.txt are not known" not in out
    assert rows["total",] == sum(rows.values()) - rows["total",]
    assert "formatted audio: not known before the lengths of the recordings are" in out
    assert {path.name for path in recipe.folder.iterdir()} == {"train.yaml", "soup.yaml"}


def test_pieces_are_counted_before_they_are_made(recipe: Recipe, capsys: pytest.CaptureFixture[str]) -> None:
    recipe.training += ["--src_token_type", "bpe"]
    recipe.check()
    assert ["recognition", "of", "en", str(50 * 17), str(50 * 17)] in cells(capsys.readouterr().out)


def test_tokens_that_are_there_are_counted(recipe: Recipe, capsys: pytest.CaptureFixture[str]) -> None:
    (recipe.folder / "src.txt").write_text("<blank>\n<unk>\n<na>\na\nb\n<sos/eos>\n")
    recipe.check()
    assert ["recognition", "of", "en", str(6 * 17), str(6 * 17)] in cells(capsys.readouterr().out)


def test_fixed_weights(recipe: Recipe, capsys: pytest.CaptureFixture[str]) -> None:
    recipe.soup = {"soup": "static", "soup_conf": {"weights": {"asr/*": 1.0, "st/*": 0.5, "ssl": 0.1}}}
    recipe.check()
    assert ["st/fr-en", "0.5"] in cells(capsys.readouterr().out)


def test_the_data_that_are_there(recipe: Recipe, capsys: pytest.CaptureFixture[str]) -> None:
    recipe.write("train")
    recipe.check()
    out = cells(capsys.readouterr().out)
    assert [f"{recipe.folder}/data/train", "en", "fr", "2", "2", "1"] in out
    assert [f"{recipe.folder}/data/valid", "not", "there", "yet"] in out


def test_data_without_translations(recipe: Recipe, capsys: pytest.CaptureFixture[str]) -> None:
    recipe.write("train", translated=False)
    assert fails(recipe, capsys).startswith(f"error: {recipe.folder}/data/train has no translation of fr-en; change")


def test_data_without_a_language(recipe: Recipe, capsys: pytest.CaptureFixture[str]) -> None:
    recipe.write("valid")
    recipe.training[2] = "de"
    assert fails(recipe, capsys).startswith(f"error: {recipe.folder}/data/valid has no transcript of de; change")


def test_a_damaged_data_directory(recipe: Recipe, capsys: pytest.CaptureFixture[str]) -> None:
    recipe.write("train")
    with (recipe.folder / "data/train/text").open("a") as text:
        text.write("unknown-1 one\n")
    assert "data/train/text:3" in fails(recipe, capsys)


def test_a_disk_that_is_too_small(
    recipe: Recipe, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1 << 30})())
    assert "the training's checkpoints needs 1.0 GiB of free disk, 1.0 GiB are free" in fails(recipe, capsys)


def test_only_planned_stages_need_disk(
    recipe: Recipe, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 0})())
    recipe.options = ["--planned", "12", "13"]
    recipe.check()
    assert "nothing large would be written" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("place", "key", "value", "message"),
    [
        ("config", "no_such_option", 1, "unrecognized arguments: no_such_option"),
        ("config", "accum_grad", "two", "argument --accum_grad: invalid int value: 'two'"),
        ("config", "model_conf", {"st_decoders": "both"}, "model_conf.st_decoders is 'both'"),
        ("soup", "soup_conf", {"levels": [["asr/*"], ["ssl"]]}, "No level of the soup has st/fr-en"),
        ("soup", "soup_conf", {"conflict_layers": {"select": [7]}}, "conflict_layers.select has block 7"),
    ],
)
def test_settings_that_training_would_refuse(
    recipe: Recipe, capsys: pytest.CaptureFixture[str], place: str, key: str, value: object, message: str
) -> None:
    getattr(recipe, place)[key] = value
    assert message in fails(recipe, capsys)
