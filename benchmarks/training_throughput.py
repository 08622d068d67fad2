"""Hours of speech that an hour of training passes over, loader included, for the plain sum and the soups.

Epochs of a few batches go through ESPnet's trainer with the real loader, the soups taking turns in a new order each
round; the first round warms up. An epoch's clock starts with its first batch at hand, and the time in which the trainer
waits for the loader is told apart. The loader alone is timed too. '--steps' should be a multiple of modo.every, so that
all epochs measure equally often; a detection of conflicting layers (conflict_layers.detect_every) falls into a round
only now and then, and step_cost is the place for its share.
"""

import argparse
import copy
import dataclasses
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from espnet2.torch_utils.set_all_random_seed import set_all_random_seed
from espnet2.train.distributed_utils import DistributedOption
from espnet2.train.reporter import SubReporter
from tqdm import tqdm

from benchmarks.corpus import training_arguments
from benchmarks.machine import describe_machine
from benchmarks.output import check_writable, write_json
from benchmarks.statistics import spread
from benchmarks.workload import SAMPLE_RATE
from espnet_soups.errors import UserError, cli_main
from espnet_soups.training.task import SoupsTask

RECIPE = Path(__file__).resolve().parent.parent / "egs2" / "asterisk_prompts" / "asr_st_soups"
LOADER = "loader alone"


class WatchedLoader:
    """Batches of one epoch, the first at hand already; notes how long it was waited for and how much speech came."""

    def __init__(self, batches: Any) -> None:
        self._length, self._batches = len(batches), iter(batches)
        self._first = next(self._batches)
        self.waited, self.seconds = 0.0, 0.0

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Any]:
        item = self._first
        while item is not None:
            self.seconds += float(item[1]["speech_lengths"].sum()) / SAMPLE_RATE
            yield item
            start = time.perf_counter()
            item = next(self._batches, None)
            self.waited += time.perf_counter() - start


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one epoch of a few batches took.

    Attributes:
        speech: Seconds of speech.
        wall: Seconds by the clock.
        waited: Seconds of these in which the loader was waited for.
        cpu: Seconds of the processor in this process, the loader's workers not counted.
    """

    speech: float
    wall: float
    waited: float
    cpu: float


class Training:
    """One soup's training, an epoch at a time."""

    def __init__(self, args: argparse.Namespace, soup: str, device: str) -> None:
        self.args = copy.deepcopy(args)
        self.args.soup, self.args.soup_conf = soup, {}
        set_all_random_seed(self.args.seed)
        self.model = SoupsTask.build_model(self.args).to(device)
        self.optimizers = SoupsTask.build_optimizers(self.args, self.model)
        self.factory = SoupsTask.build_iter_factory(self.args, DistributedOption(), "train")
        self.options = SoupsTask.trainer.build_options(self.args)

    def epoch(self, number: int) -> Epoch:
        """Train on the batches of epoch ``number``, from 1."""
        loader = WatchedLoader(self.factory.build_iter(number))
        wall, cpu = time.perf_counter(), time.process_time()
        SoupsTask.trainer.train_one_epoch(
            model=self.model,
            iterator=loader,
            optimizers=self.optimizers,
            schedulers=[None],
            scaler=None,
            reporter=SubReporter("train", number, 0),
            summary_writer=None,
            options=self.options,
            distributed_option=DistributedOption(),
        )
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        return Epoch(loader.seconds, time.perf_counter() - wall, loader.waited, time.process_time() - cpu)

    def load(self, number: int) -> Epoch:
        """Read the batches of an epoch and do nothing with them."""
        loader = WatchedLoader(self.factory.build_iter(number))
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in loader:
            pass
        return Epoch(loader.seconds, time.perf_counter() - wall, loader.waited, time.process_time() - cpu)


@cli_main
def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, write the JSON file."""
    args = _parser().parse_args(arguments)
    check_writable(args.json)
    if not args.data_dir.is_dir():
        raise UserError(f"{args.data_dir} does not exist: run stages 1 to 4 of its recipe, or give another --data_dir.")
    if args.threads:
        torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as folder:
        more = ["--ngpu", str(int(args.device == "cuda"))]
        if args.num_workers is not None:
            more += ["--num_workers", str(args.num_workers)]
        training = training_arguments(args.data_dir, args.config, Path(folder), args.audio, args.steps, more)
        epochs = measure(training, args)
    rows = [summary(name, found, epochs[args.soups[0]]) for name, found in epochs.items()]
    print(table(rows))
    if args.json is not None:
        machine = describe_machine(args.device)
        content = {"benchmark": "training_throughput", "settings": vars(args), "machine": machine, "rows": rows}
        write_json(args.json, content)


def measure(training: argparse.Namespace, args: argparse.Namespace) -> dict[str, list[Epoch]]:
    """Epochs of every soup and of the loader alone, in rounds."""
    trained = {soup: Training(training, soup, args.device) for soup in args.soups}
    turns = {soup: one.epoch for soup, one in trained.items()} | {LOADER: trained[args.soups[0]].load}
    epochs: dict[str, list[Epoch]] = {name: [] for name in turns}
    order, names = random.Random(training.seed), list(turns)
    with tqdm(total=(args.rounds + 1) * len(names), desc="epochs", unit="epoch") as progress:
        for number in range(args.rounds + 1):
            order.shuffle(names)
            for name in names:
                found = turns[name](number + 1)
                if number > 0:
                    epochs[name].append(found)
                progress.update()
    return epochs


def summary(name: str, epochs: Sequence[Epoch], reference: Sequence[Epoch]) -> dict[str, Any]:
    """Figures of one row."""
    speed = spread([one.speech / one.wall for one in epochs])
    base = spread([one.speech / one.wall for one in reference])
    return {
        "name": name,
        "hours_per_hour": dataclasses.asdict(speed),
        "relative_spread": speed.relative,
        "time_ratio": base.median / speed.median,
        "cpu_ratio": _cpu(epochs) / _cpu(reference),
        "waiting_share": spread([one.waited / one.wall for one in epochs]).median,
        "epochs": [dataclasses.asdict(one) for one in epochs],
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as text."""
    lines = [f"{'':<14}{'speech h/h':>12}{'spread':>9}{'time':>8}{'cpu time':>10}{'waiting for loader':>20}"]
    for row in rows:
        waiting = "" if row["name"] == LOADER else f"{100 * row['waiting_share']:.1f} %"
        lines.append(
            f"{row['name']:<14}{row['hours_per_hour']['median']:>12.1f}{100 * row['relative_spread']:>7.0f} %"
            f"{row['time_ratio']:>8.3f}{row['cpu_ratio']:>10.3f}{waiting:>20}"
        )
    return "\n".join(lines)


def _cpu(epochs: Sequence[Epoch]) -> float:
    """Processor seconds for a second of speech."""
    return spread([one.cpu / one.speech for one in epochs]).median


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.training_throughput",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data_dir", type=Path, default=RECIPE / "dump" / "raw" / "train", help="default: that of the prompts recipe")
    add("--config", type=Path, default=RECIPE / "conf" / "train_asr_st_conformer.yaml", help="YAML of the training")
    add("--audio", choices=("sound", "kaldi_ark"), default="sound", help="what wav.scp points to")
    add("--soups", nargs="+", default=["joint", "vs", "vc", "vm"], help="the first one is the reference")
    add("--steps", type=int, default=48, help="batches of an epoch (default: 48)")
    add("--rounds", type=int, default=5, help="epochs of each soup, one more to warm up (default: 5)")
    add("--num_workers", type=int, help="of the loader (default: the configuration's)")
    add("--device", choices=("cpu", "cuda"), default="cpu")
    add("--threads", type=int, default=0, help="threads of the CPU (default: what PyTorch takes)")
    add("--json", type=Path, metavar="FILE", help="write all figures and the readings behind them")
    return parser


if __name__ == "__main__":
    main()
