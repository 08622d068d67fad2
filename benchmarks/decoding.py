"""Decoding in batches against decoding one by one, and the beam search against ESPnet's.

Needs a trained model (``soups pack``), because the length of a search depends on what a decoder has learned. The
ways take turns in a new order each round, on the shortest utterances of one language, audio already in memory:

- recognition, and recognition with translation, each one by one and in batches;
- translation alone by this project's search in batches, and by ESPnet's BeamSearch and BatchBeamSearch, which know
  no batches of utterances, with the same decoder, beam and scorers. The encoder runs in all of them.

Printed are the median seconds, how many times faster the batches are, and how many texts agree.
"""

import argparse
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from espnet2.legacy.nets.batch_beam_search import BatchBeamSearch
from espnet2.legacy.nets.beam_search import BeamSearch
from espnet2.legacy.nets.scorer_interface import BatchScorerInterface
from espnet2.legacy.nets.scorers.length_bonus import LengthBonus

from benchmarks.clock import Cell, interleave
from benchmarks.machine import describe_machine
from benchmarks.output import check_writable, write_json
from espnet_soups.corpora.audio import RATE, Samples, read_audio, resample
from espnet_soups.corpora.data_dir import read_data_dir
from espnet_soups.errors import UserError, cli_main
from espnet_soups.inference.batching import length_batches
from espnet_soups.inference.speech2text import Speech2Text

type Texts = list[str | None]


@dataclass(slots=True)
class Way:
    """One way of decoding all utterances.

    Attributes:
        decode: Does it, and returns the texts.
        against: Name of the way that it is compared with; None for the slow ones.
        texts: What came out the last time.
    """

    decode: Callable[[], Texts]
    against: tuple[str, ...] = ()
    texts: Texts = field(default_factory=list)

    def run(self) -> None:
        """Decode, and keep the texts."""
        self.texts = self.decode()


class TextOnly(BatchScorerInterface):
    """Forbids ESPnet's searches the symbols that stand for no text, as this project's search does."""

    def __init__(self, size: int, forbidden: Sequence[int], device: torch.device) -> None:
        self.scores = torch.zeros(size, device=device)
        self.scores[list(forbidden)] = -torch.inf

    def score(self, y: torch.Tensor, state: Any, x: torch.Tensor) -> tuple[torch.Tensor, Any]:  # noqa: ARG002
        """Scores `(V,)` of the next token of a hypothesis."""
        return self.scores, None

    def batch_score(self, ys: torch.Tensor, states: list[Any], xs: torch.Tensor) -> tuple[torch.Tensor, Any]:  # noqa: ARG002
        """Scores `(N, V)` of the next tokens of N hypotheses."""
        return self.scores.expand(len(ys), -1), None


def get_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a zip made by 'soups pack', or what else 'soups transcribe' takes")
    parser.add_argument("--data_dir", type=Path, required=True, help="formatted data directory of a test set")
    parser.add_argument("--pair", required=True, help="pair to translate, such as fr-en")
    parser.add_argument("--utterances", type=int, default=32, help="number of utterances (default: 32)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each way is timed (default: 5)")
    parser.add_argument("--threads", type=int, default=1, help="threads of PyTorch (default: 1)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--json", type=Path, help="file for the figures")
    return parser


def read_speech(data_dir: Path, language: str, count: int) -> list[Samples]:
    """The shortest utterances of a language.

    Raises:
        UserError: If there are fewer.
    """
    spoken = [one for one in read_data_dir(data_dir) if one.language == language]
    if len(spoken) < count:
        raise UserError(f"{data_dir} has {len(spoken)} utterances in '{language}', not {count}; give --utterances.")
    shortest = sorted(spoken, key=lambda one: one.num_samples or 0)[:count]
    return [resample(*read_audio(one.audio), RATE) for one in shortest]


def build_ways(model: Speech2Text, speech: Sequence[Samples], pair: str) -> dict[str, Way]:
    """All ways of decoding, by name."""
    language, _, target = pair.partition("-")

    def recognized(batched: bool) -> Texts:
        if batched:
            return [one.text for one in model.batch(speech, lang=language)]
        return [model(wave, lang=language).text for wave in speech]

    def both(batched: bool) -> Texts:
        if batched:
            found = model.batch(speech, lang=language, translate_to=target)
        else:
            found = [model(wave, lang=language, translate_to=target) for wave in speech]
        return [f"{one.text} | {one.translation.text if one.translation else ''}" for one in found]

    return {
        "recognition, one by one": Way(lambda: recognized(False)),
        "recognition, batches": Way(lambda: recognized(True), ("recognition, one by one",)),
        "both, one by one": Way(lambda: both(False)),
        "both, batches": Way(lambda: both(True), ("both, one by one",)),
        "translation, ESPnet's BeamSearch": Way(lambda: _by_espnet(model, speech, pair, BeamSearch)),
        "translation, ESPnet's BatchBeamSearch": Way(lambda: _by_espnet(model, speech, pair, BatchBeamSearch)),
        "translation, batches": Way(
            lambda: _translated(model, speech, pair),
            ("translation, ESPnet's BeamSearch", "translation, ESPnet's BatchBeamSearch"),
        ),
    }


def _translated(model: Speech2Text, speech: Sequence[Samples], pair: str) -> Texts:
    engine = model.engine
    texts: Texts = [None] * len(speech)
    for group in length_batches([len(wave) / RATE for wave in speech], engine.options.search_seconds):
        found = engine.translate(engine.encode([speech[i] for i in group]), pair)
        for i, one in zip(group, found, strict=True):
            texts[i] = one.text
    return texts


def _by_espnet(model: Speech2Text, speech: Sequence[Samples], pair: str, kind: type[Any]) -> Texts:
    engine, options = model.engine, model.options.st
    assert engine.target is not None
    decoder, size, eos = engine.model.st_decoder(pair), len(engine.target.tokens), engine.model.eos
    text_only = TextOnly(size, engine.target.ids_without_text(eos), engine.device)
    search = kind(
        scorers={"decoder": decoder, "length_bonus": LengthBonus(size), "text_only": text_only},
        weights={"decoder": 1.0, "length_bonus": options.length_bonus, "text_only": 1.0},
        beam_size=options.beam,
        vocab_size=size,
        sos=eos,
        eos=eos,
    ).to(engine.device)
    texts: Texts = []
    for wave in speech:
        encoded = engine.encode([wave])
        with torch.inference_mode():
            best = search(encoded.h[0], maxlenratio=options.max_length_ratio, minlenratio=options.min_length_ratio)[0]
        tokens = [token for token in best.yseq[1:].tolist() if token != eos]
        texts.append(engine.target.text(engine.target.units(tokens)))
    return texts


def compare(ways: dict[str, Way], rounds: int, device: str, seed: int = 0) -> list[dict[str, Any]]:
    """Time all ways; a row for each."""
    for way in ways.values():
        way.run()  # warms up
    cells = {name: Cell(way.run, rounds) for name, way in ways.items()}
    interleave(list(cells.values()), device, seed)
    seconds = {name: statistics.median(one.wall for one in cell.readings) for name, cell in cells.items()}
    rows = []
    for name, way in ways.items():
        against = [
            {
                "way": other,
                "times_faster": seconds[other] / seconds[name],
                "same": sum(a == b for a, b in zip(way.texts, ways[other].texts, strict=True)),
            }
            for other in way.against
        ]
        rows.append({"way": name, "seconds": seconds[name], "texts": len(way.texts), "against": against})
    return rows


def as_text(rows: Sequence[dict[str, Any]]) -> str:
    """The table for people."""
    lines = []
    for row in rows:
        lines.append(f"{row['seconds']:8.3f} s  {row['way']}")
        lines += [
            f"    {one['times_faster']:.2f} times faster than {one['way']}; {one['same']} of {row['texts']} the same"
            for one in row["against"]
        ]
    return "\n".join(lines)


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = get_parser().parse_args(arguments)
    check_writable(args.json)
    torch.set_num_threads(args.threads)
    model = Speech2Text.from_pretrained(args.model, device=args.device)
    if args.pair not in model.pairs or args.pair.partition("-")[0] not in model.languages:
        raise UserError(f"The model does not both recognise the language of '{args.pair}' and translate it.")
    speech = read_speech(args.data_dir, args.pair.partition("-")[0], args.utterances)
    rows = compare(build_ways(model, speech, args.pair), args.rounds, args.device)
    print(as_text(rows))
    if args.json:
        seconds = [len(wave) / RATE for wave in speech]
        write_json(args.json, {"machine": describe_machine(args.device), "seconds_of_speech": seconds, "rows": rows})


if __name__ == "__main__":
    main()
