"""A packed model is all that is needed to use it, anywhere."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from espnet_model_zoo.downloader import ModelDownloader
from inference.tiny_model import make_speech
from zoo.conftest import CORPUS, PAGE, RESULTS, Packed

import espnet_soups
from espnet_soups.bin.pack import main as pack
from espnet_soups.errors import UserError
from espnet_soups.inference.options import AsrOptions, BeamOptions
from espnet_soups.inference.results import Transcript
from espnet_soups.inference.speech2text import Speech2Text
from espnet_soups.zoo.describe import describe

MEMBERS = {
    "meta.yaml",
    "config.yaml",
    "valid.loss.ave.pth",
    "decode.yaml",
    "soup.yaml",
    "soups.json",
    "README.md",
    "RESULTS.json",
    "RESULTS.md",
    "files/0_bpe.model",
    "files/1_bpe.model",
    "files/2_stats.npz",
}
SPEECH = [make_speech(seed, 1.5) for seed in range(3)]


def transcripts(model: Speech2Text) -> list[Transcript]:
    return model.batch(SPEECH, lang="fr", translate_to="en")


@pytest.fixture(scope="module")
def elsewhere(packed: Packed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip alone in a folder of its own."""
    return Path(shutil.copy(packed.zip, tmp_path_factory.mktemp("elsewhere")))


@pytest.fixture(scope="module")
def trained(packed: Packed) -> list[Transcript]:
    """What the model says where it was trained, with the searches that it was packed with."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(packed.recipe)
        found = Speech2Text.from_pretrained("exp/tiny")
        found.engine.options = Speech2Text.from_pretrained(packed.zip, cache=packed.recipe / "cache").options
        return transcripts(found)


def test_the_members(packed: Packed) -> None:
    with zipfile.ZipFile(packed.zip) as archive:
        assert set(archive.namelist()) == MEMBERS
        texts = [archive.read(name).decode() for name in MEMBERS if name.endswith((".yaml", ".json", ".md"))]
    assert not [text for text in texts if str(packed.recipe) in text]


def test_a_zip_loads_anywhere_with_the_searches_of_its_scores(
    elsewhere: Path, trained: list[Transcript], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = Speech2Text.from_pretrained(elsewhere, cache=tmp_path / "cache")
    assert model.options.asr == AsrOptions("prefix_beam", 3)
    assert model.options.st == BeamOptions(2, max_length_ratio=0.5)
    assert transcripts(model) == trained
    assert len({one.text for one in trained}) > 1
    assert {path.name for path in tmp_path.iterdir()} == {"cache"}
    folder = next((tmp_path / "cache").iterdir())
    assert transcripts(Speech2Text.from_pretrained(folder)) == trained


def test_espnet_s_downloader_unpacks_it(
    elsewhere: Path, trained: list[Transcript], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.warns(UserWarning, match="local model"):
        files = ModelDownloader(tmp_path / "zoo").download_and_unpack(str(elsewhere))
    assert set(files) == {"train_config", "model_file"}
    model = Speech2Text(**files, options=Speech2Text.from_pretrained(elsewhere, cache=tmp_path / "cache").options)
    assert transcripts(model) == trained


def test_another_zip_at_the_same_path_is_another_model(
    packed: Packed, altered: Callable[[dict[str, bytes | None]], Path], tmp_path: Path
) -> None:
    place = tmp_path / "model.zip"
    shutil.copy(packed.zip, place)
    first = Speech2Text.from_pretrained(place, cache=tmp_path / "cache")
    shutil.copy(altered({"decode.yaml": b"asr: {method: greedy}\n"}), place)
    second = Speech2Text.from_pretrained(place, cache=tmp_path / "cache")
    assert [model.options.asr.method for model in (first, second)] == ["prefix_beam", "greedy"]


def test_what_is_told_about_it(packed: Packed, tmp_path: Path) -> None:
    facts = describe(str(packed.zip), tmp_path)
    model = Speech2Text.from_pretrained(packed.zip, cache=tmp_path).engine.model
    assert isinstance(model, torch.nn.Module)
    assert facts["parameters"]["total"] == sum(one.numel() for one in model.parameters())
    assert facts["parameters"]["ctc"] == sum(one.numel() for one in model.ctc.parameters())
    assert facts["objectives"] == ["asr/en", "asr/fr", "st/fr-en", "ssl"]
    assert facts["soup"] == {"soup": "static", "soup_conf": {"weights": {"ssl": 0.5}}}
    assert facts["corpora"] == [CORPUS]
    assert facts["licence"] == "cc-by-4.0"
    assert facts["scores"] == RESULTS
    hours = pytest.approx(4 / 3600)
    row = {"utterances": 4, "transcribed": 4, "translated": 0, "hours": hours}
    assert facts["data"] == {"valid": {"en": row, "fr": row}}
    assert facts["versions"]["espnet_soups"] == espnet_soups.__version__
    assert facts["command"].startswith("soups pack --decode_config decode.yaml --data_dirs dump/valid")


def test_the_language_choice_was_fitted(packed: Packed, tmp_path: Path) -> None:
    choice = describe(str(packed.zip), tmp_path)["language_choice"]
    assert choice["utterances"] == 8
    assert 0 <= choice["accuracy"] <= 1
    assert 0.5 <= choice["confidence"] <= 1
    options = Speech2Text.from_pretrained(packed.zip, cache=tmp_path).options
    assert options.language_temperature == choice["temperature"] != 1


def test_the_card(packed: Packed) -> None:
    with zipfile.ZipFile(packed.zip) as archive:
        card = archive.read("README.md").decode()
    _, front, body = card.split("---\n", 2)
    assert yaml.safe_load(front) == {
        "language": ["en", "fr"],
        "library_name": "espnet",
        "tags": ["espnet", "audio", "objective-soups", "automatic-speech-recognition", "speech-translation"],
        "pipeline_tag": "automatic-speech-recognition",
        "license": "cc-by-4.0",
    }
    for line in (
        "- Recognises: en, fr",
        "- Translates: fr-en",
        'result = model("speech.wav", lang="fr", translate_to="en")',
        "Tones (made up); licence of the data: CC0-1.0",
        "| valid | en | 4 | 4 | 0 | 0.00 |",
        "soup: static",
        "    ssl: 0.5",
        "python -m espnet_soups.bin.score --exp_dir x",
        "### test",
        "This model: cc-by-4.0.",
        "@inproceedings{saif2025objective,",
    ):
        assert line in body.splitlines()
    assert PAGE.count("\n## ") == 1


def test_a_model_without_scores_licence_and_corpus(packed: Packed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(packed.recipe)
    Path("bare").mkdir()
    for name in ("config.yaml", "valid.loss.ave.pth"):
        shutil.copy(f"exp/tiny/{name}", "bare")
    pack(["--exp_dir", "bare", "--out", "bare/model.zip"])
    with zipfile.ZipFile("bare/model.zip") as archive:
        assert set(archive.namelist()) == MEMBERS - {"RESULTS.json", "RESULTS.md"}
        card = archive.read("README.md").decode()
    assert "This model was not scored." in card
    assert "Nobody has said under which licence this model may be used." in card
    assert "license" not in yaml.safe_load(card.split("---\n")[1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--exp_dir", "nowhere"], "nowhere/config.yaml does not exist"),
        (["--model_file", "9epoch.pth"], "exp/tiny/9epoch.pth does not exist"),
        (["--out", "model.tar"], "--out model.tar does not end in .zip"),
        (["--corpus", "decode.yaml"], "decode.yaml must have name, licence, source and nothing else"),
        (["--valid_dir", "nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_packed(
    packed: Packed,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(packed.recipe)
    before = packed.zip.read_bytes()
    with pytest.raises(SystemExit, match="1"):
        pack(["--exp_dir", "exp/tiny", "--out", "exp/tiny/model.zip", *options])
    error = capsys.readouterr().err
    assert message in error
    assert error.splitlines()[-1].startswith("error: ")
    assert packed.zip.read_bytes() == before
    assert not list(packed.recipe.rglob("*.tmp.zip"))


class TestDamagedModels:
    """Each is refused with one sentence; no code in it runs."""

    @pytest.fixture
    def refused(
        self, altered: Callable[[dict[str, bytes | None]], Path], tmp_path: Path
    ) -> Callable[[dict[str, bytes | None]], str]:
        def load(changes: dict[str, bytes | None]) -> str:
            archive = altered(changes)
            with pytest.raises(UserError) as error:
                Speech2Text.from_pretrained(archive, cache=tmp_path / "cache")
            assert {path.name for path in tmp_path.iterdir()} == {archive.name, "cache"}
            assert "\n" not in str(error.value)
            return str(error.value)

        return load

    @pytest.mark.parametrize("member", ["config.yaml", "valid.loss.ave.pth", "decode.yaml", "soups.json"])
    def test_missing_members(self, refused: Callable[[dict[str, bytes | None]], str], member: str) -> None:
        message = refused({member: None})
        assert message.startswith("The model in ")
        assert message.endswith(f" is not whole: it has no {member}; get it again.")

    def test_no_meta(self, refused: Callable[[dict[str, bytes | None]], str]) -> None:
        assert "is not a model that 'soups pack' has made: it has no meta.yaml" in refused({"meta.yaml": None})

    @pytest.mark.parametrize("member", ["files/0_bpe.model", "files/2_stats.npz"])
    def test_missing_files_of_the_configuration(
        self, refused: Callable[[dict[str, bytes | None]], str], member: str
    ) -> None:
        assert f"names the file {member}, which is not in " in refused({member: None})

    def test_a_model_of_another_program(self, refused: Callable[[dict[str, bytes | None]], str]) -> None:
        meta = {"yaml_files": {"asr_train_config": "config.yaml"}, "files": {"asr_model_file": "model.pth"}}
        assert "names no train_config: this is not a model" in refused({"meta.yaml": yaml.safe_dump(meta).encode()})

    @pytest.mark.parametrize("name", ["../../secret.yaml", "/etc/hostname"])
    def test_members_named_outside(self, refused: Callable[[dict[str, bytes | None]], str], name: str) -> None:
        meta = {"yaml_files": {"train_config": name}, "files": {"model_file": "valid.loss.ave.pth"}}
        message = refused({"meta.yaml": yaml.safe_dump(meta).encode()})
        assert f"names the train_config {name!r}, which lies outside the model; do not use it." in message

    def test_files_named_outside(self, packed: Packed, refused: Callable[[dict[str, bytes | None]], str]) -> None:
        with zipfile.ZipFile(packed.zip) as archive:
            config = yaml.safe_load(archive.read("config.yaml"))
        config["bpemodel"] = "/etc/hostname"
        assert "names the file /etc/hostname, which is not in " in refused(
            {"config.yaml": yaml.safe_dump(config).encode()}
        )

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"a: &a [1]\nb: *a\n", "it has an alias"),
            (b"a: !!python/object/apply:os.system [exit]\n", "is not a plain YAML file"),
            (b"[1, 2]", "is not a YAML mapping"),
            (b"\xff", "is not a plain YAML file"),
            (b"{}", "names no train_config"),
        ],
    )
    def test_meta_that_is_no_plain_mapping(
        self, refused: Callable[[dict[str, bytes | None]], str], content: bytes, message: str
    ) -> None:
        assert message in refused({"meta.yaml": content})

    @pytest.mark.parametrize("content", [b"{}", b"encoder: none\nfrontend: none\n"])
    def test_a_configuration_of_no_model(
        self, refused: Callable[[dict[str, bytes | None]], str], content: bytes
    ) -> None:
        assert refused({"config.yaml": content}).startswith("No model can be built from config.yaml (")

    def test_weights_with_code(
        self, refused: Callable[[dict[str, bytes | None]], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # ESPnet would run it when this is set, or when somebody at a terminal agrees.
        monkeypatch.setenv("ESPNET_ALLOW_UNSAFE_TORCH_LOAD", "1")
        evil = tmp_path / "evil.pth"
        torch.save({"weight": Evil(tmp_path / "it ran")}, evil)
        content = evil.read_bytes()
        evil.unlink()
        message = refused({"valid.loss.ave.pth": content})
        assert message.endswith("valid.loss.ave.pth is refused: it holds code or other things besides weights.")

    def test_weights_that_swell(self, refused: Callable[[dict[str, bytes | None]], str], tmp_path: Path) -> None:
        bomb = tmp_path / "bomb.pth"
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("archive/data/0", bytes(1 << 20))
        content = bomb.read_bytes()
        bomb.unlink()
        assert "but PyTorch does not compress weights" in refused({"valid.loss.ave.pth": content})

    def test_statistics_with_code(self, refused: Callable[[dict[str, bytes | None]], str], tmp_path: Path) -> None:
        evil = tmp_path / "evil.npz"
        np.savez(evil, count=np.array([Evil(tmp_path / "it ran")], dtype=object), allow_pickle=True)
        content = evil.read_bytes()
        evil.unlink()
        assert refused({"files/2_stats.npz": content}).startswith("No model can be built from config.yaml (")

    def test_missing_and_surplus_weights(
        self, packed: Packed, refused: Callable[[dict[str, bytes | None]], str], tmp_path: Path
    ) -> None:
        weights = torch.load(packed.recipe / "exp/tiny/valid.loss.ave.pth")
        weights["ctc.heads.de.bias"] = weights.pop("ctc.heads.en.bias")
        torch.save(weights, tmp_path / "other.pth")
        content = (tmp_path / "other.pth").read_bytes()
        (tmp_path / "other.pth").unlink()
        message = refused({"valid.loss.ave.pth": content})
        assert message.endswith("it lacks ctc.heads.en.bias and has the surplus ctc.heads.de.bias.")

    def test_damaged_facts(
        self, packed: Packed, altered: Callable[[dict[str, bytes | None]], Path], tmp_path: Path
    ) -> None:
        facts = describe(str(packed.zip), tmp_path / "whole")
        del facts["scores"]
        hollow = [facts | {"parameters": {}}, facts | {"soup": {"soup": "vs"}}, facts | {"corpora": [{}]}]
        hollow += [facts | {"data": {"train": {"fr": {}}}}, {k: v for k, v in facts.items() if k != "licence"}]
        for content in (b"{", b"[]", *(json.dumps(one).encode() for one in ({"name": "x"}, *hollow))):
            with pytest.raises(UserError, match=r"soups\.json"):
                describe(str(altered({"soups.json": content})), tmp_path / "cache")


class Evil:
    """Unpickling it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.path,))
