"""Trains under torchrun and writes whether all ranks end with the same lambda and parameters."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import torch
from torch import distributed as dist

from espnet_soups.training.task import SoupsTask
from espnet_soups.training.trainer import SoupsTrainer


class ComparingTrainer(SoupsTrainer):
    """Compares the ranks when training has ended."""

    @classmethod
    def run(cls, **kwargs: Any) -> None:
        """Train, then gather every rank's numbers."""
        super().run(**kwargs)
        model = kwargs["model"]
        parameters = torch.cat([p.detach().flatten() for p in model.parameters()]).double()
        mine = torch.cat([model.soup.state.weights, model.soup.state.norms, parameters])
        everyone = [torch.empty_like(mine) for _ in range(dist.get_world_size())]
        dist.all_gather(everyone, mine)
        if dist.get_rank() == 0:
            result = {
                "ranks": len(everyone),
                "equal": bool(all(torch.equal(everyone[0], other) for other in everyone[1:])),
                "weights": model.soup.state.weights.tolist(),
                "step": model.soup.state.step,
            }
            Path(os.environ["RESULT"]).write_text(json.dumps(result))


class ComparingTask(SoupsTask):
    """The task with the comparing trainer."""

    trainer = ComparingTrainer


if __name__ == "__main__":
    ComparingTask.main(cmd=sys.argv[1:])
