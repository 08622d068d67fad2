"""A tiny trained model in a recipe's folder, packed once: pieces, statistics and all."""

import json
from collections.abc import Callable
from contextlib import chdir
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import sentencepiece
import yaml
from inference.tiny_model import make_speech, write_model

from espnet_soups.bin.pack import main as pack
from espnet_soups.corpora.audio import RATE, write_audio
from espnet_soups.corpora.data_dir import Utterance, write_data_dir

WORDS = ["abba", "baca", "cade", "deed", "efeg", "fig", "gab", "had", "ibi", "jab"]
CORPUS = {"name": "Tones", "licence": "CC0-1.0", "source": "made up"}
RESULTS = {"test": {"asr/en": {"wer": 12.5, "cer": 3.25}, "st/fr-en": {"bleu": 20.0, "chrf": 40.0}}}
DATA = ["--data_dirs", "dump/valid", "--valid_dir", "dump/valid"]
OPTIONS = ["--decode_config", "decode.yaml", *DATA, "--corpus", "corpus.yaml", "--licence", "cc-by-4.0"]
PAGE = "# Results\n\n- Made by:\n\n```\npython -m espnet_soups.bin.score --exp_dir x\n```\n\n## test\n\n| WER |\n"


@dataclass(frozen=True)
class Packed:
    """A recipe's folder, and the zip that was packed in it."""

    recipe: Path
    zip: Path


def make_pieces(folder: Path) -> list[str]:
    """Train a sentencepiece model; return its token list."""
    model = BytesIO()
    lines = [f"{one} {other}" for one in WORDS for other in WORDS]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, vocab_size=20, bos_id=-1, eos_id=-1, minloglevel=2
    )
    (folder / "bpe.model").write_bytes(model.getvalue())
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    pieces = [processor.id_to_piece(i) for i in range(1, processor.get_piece_size())]
    return ["<blank>", "<unk>", "<na>", *pieces, "<sos/eos>"]


def make_data(folder: Path) -> None:
    """Write valid, with a few utterances of each language."""
    rows = []
    for number in range(8):
        language = ("en", "fr")[number % 2]
        audio = folder / f"{language}-{number}.wav"
        samples = make_speech(number, 1.0)
        write_audio(audio, samples, RATE, "wav")
        rows.append(
            Utterance(f"{language}-{number}", audio.resolve(), f"{language}", language, "a", num_samples=len(samples))
        )
    write_data_dir(folder / "valid", rows)


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    recipe = tmp_path_factory.mktemp("recipe")
    for folder in ("data/asr", "data/st", "exp/tiny", "dump"):
        (recipe / folder).mkdir(parents=True)
    source, target = make_pieces(recipe / "data/asr"), make_pieces(recipe / "data/st")
    generator = np.random.default_rng(0)
    features = generator.normal(size=(100, 20)).astype(np.float32)
    np.savez(
        recipe / "exp/stats.npz", count=np.array(100), sum=features.sum(axis=0), sum_square=(features**2).sum(axis=0)
    )
    with chdir(recipe):
        write_model(
            Path("exp/tiny"),
            src_token_list=source,
            token_list=target,
            src_token_type="bpe",
            token_type="bpe",
            src_bpemodel="data/asr/bpe.model",
            bpemodel="data/st/bpe.model",
            normalize="global_mvn",
            normalize_conf={"stats_file": "exp/stats.npz"},
            soup="static",
            soup_conf={"weights": {"ssl": 0.5}},
        )
        make_data(Path("dump"))
        Path("exp/tiny/RESULTS.json").write_text(json.dumps(RESULTS))
        Path("exp/tiny/RESULTS.md").write_text(PAGE)
        Path("corpus.yaml").write_text(yaml.safe_dump(CORPUS))
        Path("decode.yaml").write_text("asr: {method: prefix_beam, beam: 3}\nst: {beam: 2, max_length_ratio: 0.5}\n")
        pack([*OPTIONS, "--exp_dir", "exp/tiny", "--out", "exp/tiny/model.zip"])
    return Packed(recipe, recipe / "exp/tiny/model.zip")


@pytest.fixture
def altered(packed: Packed, tmp_path: Path) -> Callable[[dict[str, bytes | None]], Path]:
    """Return a function that writes a copy of the zip with some members changed, or left out (None)."""

    def alter(changes: dict[str, bytes | None]) -> Path:
        target = tmp_path / "altered.zip"
        with ZipFile(packed.zip) as source, ZipFile(target, "w") as sink:
            members = {name: source.read(name) for name in source.namelist()}
            for name, content in (members | changes).items():
                if content is not None:
                    sink.writestr(name, content)
        return target

    return alter
