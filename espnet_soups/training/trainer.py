"""ESPnet's trainer with the soup in its optimisation step."""

import json
from pathlib import Path
from typing import Any

from espnet2.train.trainer import Trainer

from espnet_soups.training.soup_step import SoupStep

RECORDS = "soup.jsonl"


class SoupsTrainer(Trainer):  # type: ignore[misc]
    """Tells the soup where training stands and keeps its records.

    The weighting itself happens between the model's forward pass and the backward pass that ESPnet runs, at the
    boundary behind the encoder, so ESPnet's order of steps (accumulation, AMP, clipping, skipping, DDP) is untouched.
    """

    @classmethod
    def train_one_epoch(cls, model: Any, iterator: Any, optimizers: Any, options: Any, **kwargs: Any) -> bool:
        """Run one epoch; see :meth:`espnet2.train.trainer.Trainer.train_one_epoch`."""
        soup: SoupStep = getattr(model, "module", model).soup
        soup.start_epoch(kwargs["reporter"].get_epoch(), len(iterator), options.accum_grad)
        # Gradients left by an incomplete accumulation would make a resumed run differ from an uninterrupted one.
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        distributed = kwargs["distributed_option"]
        writer = not distributed.distributed or distributed.dist_rank == 0
        records = Path(options.output_dir) / RECORDS
        if writer:
            _forget_from(records, soup.state.step)
        invalid: bool = super().train_one_epoch(
            model=model, iterator=iterator, optimizers=optimizers, options=options, **kwargs
        )
        if writer and soup.records:
            with records.open("a", encoding="utf-8") as stream:
                stream.writelines(json.dumps(record) + "\n" for record in soup.records)
        return invalid


def _forget_from(records: Path, step: int) -> None:
    """Drop what an interrupted run recorded after the checkpoint that training goes on from."""
    if not records.exists():
        return
    lines = records.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["step"] < step]
    if len(kept) != len(lines):
        records.write_text("".join(kept), encoding="utf-8")
