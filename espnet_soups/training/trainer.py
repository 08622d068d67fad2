"""ESPnet's trainer with the soup in its optimisation step."""

import logging
import resource
from pathlib import Path
from typing import Any

from espnet2.train.trainer import Trainer

from espnet_soups.errors import UserError
from espnet_soups.training.atomic_save import atomic_saves
from espnet_soups.training.records import (
    PEAK_MEMORY,
    RECORDS,
    append_records,
    drop_records_from,
    epoch_summary,
    tensorboard_scalars,
)
from espnet_soups.training.soup_step import SoupStep


class SoupsTrainer(Trainer):
    """Tells the soup where training stands and keeps its records.

    The weighting itself happens between the model's forward pass and the backward pass that ESPnet runs, at the
    boundary behind the encoder, so ESPnet's order of steps (accumulation, AMP, clipping, skipping, DDP) is untouched.
    """

    @classmethod
    def run(cls, **kwargs: Any) -> None:
        """Train; see :meth:`espnet2.train.trainer.Trainer.run`."""
        with atomic_saves():
            super().run(**kwargs)

    @classmethod
    def train_one_epoch(cls, model: Any, iterator: Any, optimizers: Any, options: Any, **kwargs: Any) -> bool:
        """Run one epoch; see :meth:`espnet2.train.trainer.Trainer.train_one_epoch`."""
        distributed = kwargs["distributed_option"]
        if options.ngpu > 1 and not distributed.distributed:
            raise UserError("Several GPUs need --multiprocessing_distributed true: DataParallel is not supported.")
        soup: SoupStep = getattr(model, "module", model).soup
        soup.start_epoch(kwargs["reporter"].get_epoch(), len(iterator), options.accum_grad)
        # Gradients left by an incomplete accumulation would make a resumed run differ from an uninterrupted one.
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        path = Path(options.output_dir) / RECORDS
        main_rank = not distributed.distributed or distributed.dist_rank == 0
        if main_rank:
            drop_records_from(path, soup.state.step)
        invalid: bool = super().train_one_epoch(
            model=model, iterator=iterator, optimizers=optimizers, options=options, **kwargs
        )
        if main_rank and kwargs["summary_writer"] is not None:
            kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            kwargs["summary_writer"].add_scalar(PEAK_MEMORY, kib / 2**20, soup.state.step)
        if main_rank and soup.records:
            append_records(path, soup.records)
            logging.info(epoch_summary(soup.records))
            if kwargs["summary_writer"] is not None:
                for step, name, value in tensorboard_scalars(soup.records):
                    kwargs["summary_writer"].add_scalar(name, value, step)
        return invalid
