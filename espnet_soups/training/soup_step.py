"""The part of an optimisation step that is the soup's: when to measure, what to learn from it, which weights follow."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from espnet_soups.errors import UserError
from espnet_soups.gradients.blocks import MatrixRecorder, find_blocks
from espnet_soups.gradients.boundary import ObjectiveWeights
from espnet_soups.gradients.directional import measure_directional
from espnet_soups.gradients.distributed import average_over_ranks, average_products_over_ranks
from espnet_soups.gradients.exact import measure_exact
from espnet_soups.gradients.grams import HalfGrams
from espnet_soups.gradients.graph import EncoderGraph
from espnet_soups.gradients.products import measure_products
from espnet_soups.objectives import TASKS
from espnet_soups.soup.config import SoupConfig
from espnet_soups.soup.similarity import cosine, group_gram, mean_conflict, select_conflicting
from espnet_soups.soup.state import Measurement, SoupState


class SoupStep:
    """Runs a soup during training.

    The model calls :meth:`watching` around its encoder and :meth:`finish` when its losses are known, inside its
    forward pass. What ESPnet's trainer then does (AMP, accumulation, clipping, DDP) needs no change, for the weights
    act through the boundary during the one backward pass.

    Args:
        config: The soup.
        encoder: Module whose blocks are compared.
        weights: The boundary's weights.
        seed: Seed of the random rows.
    """

    def __init__(self, config: SoupConfig, encoder: nn.Module, weights: ObjectiveWeights, seed: int) -> None:
        self.config = config
        self.state = SoupState(config)
        self.weights = weights
        self.seed = seed
        self.accum_grad = 1
        self.steps_per_epoch = 1
        self.records: list[dict[str, Any]] = []
        self._epoch = 0
        self._micro = 0
        self._step_in_epoch = 0
        self._blocks: list[int] = []
        self._coupled = False
        self.recorder: MatrixRecorder | None = None
        if config.dynamic:
            self.recorder = MatrixRecorder(find_blocks(encoder))
            self._check_blocks(encoder)
        self._publish()

    def start_epoch(self, epoch: int, batches: int, accum_grad: int) -> None:
        """Begin epoch ``epoch`` (from 1) of ``batches`` forward passes, ``accum_grad`` to an optimisation step."""
        self.accum_grad = accum_grad
        self.steps_per_epoch = max(1, batches // accum_grad)
        self._epoch, self._micro, self._step_in_epoch = epoch, 0, 0
        self.records = []

    @contextmanager
    def watching(self, batch: int) -> Iterator[None]:
        """Record the encoder's forward pass over ``batch`` rows if this step measures."""
        self._blocks = self._due_blocks() if self._micro % self.accum_grad == 0 else []
        if not self._blocks or self.recorder is None:
            yield
            return
        with self.recorder.recording(self._blocks, batch):
            yield

    def finish(self, graph: EncoderGraph) -> None:
        """Measure if due, update lambda, publish the weights, and count the step."""
        if self._micro % self.accum_grad == 0:
            self.state.epochs = max(0.0, self._epoch - 1 + self._step_in_epoch / self.steps_per_epoch)
            if self._blocks:
                self._learn(graph)
            self._publish()
        self._micro += 1
        if self._micro % self.accum_grad == 0:
            self.state.step += 1
            self._step_in_epoch += 1

    def describe(self) -> dict[str, float]:
        """Lambda, effective weight and running gradient norm of every objective, and every level's penalty."""
        state, names = self.state, self.config.hierarchy.names
        columns = {"lambda": state.weights, "weight": state.shared_weights(), "gradient_norm": state.norms}
        figures = {
            f"{column}/{name}": float(value)
            for column, values in columns.items()
            for name, value in zip(names, values, strict=True)
        }
        figures |= {f"penalty/level{i + 1}": float(value) for i, value in enumerate(state.penalties())}
        return figures | {"rejected_measurements": float(state.rejected)}

    def _learn(self, graph: EncoderGraph) -> None:
        state = self.state
        record: dict[str, Any] = {"step": state.step, "epoch": self._epoch}
        # A generator of its own, made from the step: a resumed run draws what an uninterrupted one draws.
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + state.step)
        graph = graph.sampled(self.config.modo.utterances, generator)
        # The boundary must not weight what is measured, nor AMP round it.
        self.weights.set(torch.ones_like(self.weights.values))
        with torch.autocast(graph.h.device.type, enabled=False):
            if self.config.modo.measure == "directional" and state.step < state.next_detection:
                measurement = self._measure_directions(graph)
            else:
                measurement = self._measure_grams(graph, generator, record)
        assert self.recorder is not None
        self.recorder.clear()
        state.update(measurement)
        self.records.append(record | {"figures": self.describe()})

    def _measure_grams(self, graph: EncoderGraph, generator: torch.Generator, record: dict[str, Any]) -> Measurement:
        """All inner products; with them the gradient norms and, when it is time, the conflicting blocks."""
        assert self.recorder is not None
        state, modo = self.state, self.config.modo
        if modo.measure == "exact" or self._coupled:
            grams = measure_exact(graph, self.recorder, self._blocks)
        else:
            grams = measure_products(graph, self.recorder, self._blocks, modo.rows, generator)
        grams = average_over_ranks(grams, graph.h.device)
        if state.step >= state.next_detection and bool(grams.gram.isfinite().all()):
            record |= self._detect(grams)
        chosen = state.layers or list(grams.blocks)
        state.observe_norms(grams.norms(chosen), grams.present)
        directions = state.directions(grams.present)
        return Measurement(directions @ grams.double_sampled(chosen).T, grams.present)

    def _measure_directions(self, graph: EncoderGraph) -> Measurement:
        """Only what the update needs. Gradient norms stay those of the last look at all blocks."""
        assert self.recorder is not None
        local = graph.cell_counts().cpu()
        directions = self.state.directions((local > 0).view(2, -1).all(0))
        products, counts = measure_directional(graph, self.recorder, self._blocks, directions)
        products, counts = average_products_over_ranks(products, counts, graph.h.device)
        return Measurement(products, (counts > 0).view(2, -1).all(0))

    def _detect(self, grams: HalfGrams) -> dict[str, Any]:
        """Choose the conflicting blocks; similarities `(L, K, K)` of objectives and `(L, t, t)` of tasks to record."""
        full = grams.full()
        similarity = cosine(full)
        groups = _task_groups(self.config.hierarchy.names)
        tasks = cosine(group_gram(full, list(groups.values())))
        conflict = mean_conflict(similarity)
        settings = self.config.conflict_layers
        if settings.select == "auto":
            self.state.layers = [grams.blocks[i] for i in select_conflicting(conflict, settings.threshold)]
        self.state.next_detection = self.state.step + settings.detect_every
        return {
            "blocks": list(self.state.layers),
            "conflict": conflict.tolist(),
            "similarity": similarity.tolist(),
            "tasks": list(groups),
            "task_similarity": tasks.tolist(),
        }

    def _due_blocks(self) -> list[int]:
        # The last, incomplete accumulation of an epoch is never applied.
        if self.recorder is None or self._step_in_epoch >= self.steps_per_epoch:
            return []
        if self.state.step >= self.state.next_detection:
            return list(range(len(self.recorder.blocks)))
        return self.state.layers if self.state.step % self.config.modo.every == 0 else []

    def _publish(self) -> None:
        self.weights.set(self.state.shared_weights())

    def _check_blocks(self, encoder: nn.Module) -> None:
        assert self.recorder is not None
        count, select = len(self.recorder.blocks), self.config.conflict_layers.select
        if select == "all":
            self.state.layers = list(range(count))
        elif not isinstance(select, str):
            if max(select) >= count:
                raise UserError(
                    f"conflict_layers.select has block {max(select)}, but the encoder has {count} (0 to {count - 1})."
                )
            self.state.layers = sorted(set(select))
        self._coupled = any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in encoder.modules())
        if self._coupled and self.config.modo.measure == "products":
            raise UserError(
                "modo.measure 'products' needs utterances that do not influence each other, but the encoder has batch "
                "normalisation: set model_conf.conv_norm to 'layer' or modo.measure to 'exact' or 'directional'."
            )


def _task_groups(names: tuple[str, ...]) -> dict[str, list[int]]:
    groups = {task: [k for k, name in enumerate(names) if name.partition("/")[0] == task] for task in TASKS}
    return {task: members for task, members in groups.items() if members}


def halves_of(language: Tensor, translated: Tensor) -> Tensor:
    """Deal a batch into two independent samples so that every language and every pair is in both.

    Args:
        language: Index of each utterance's language `(B,)`.
        translated: Whether it has a translation, bool `(B,)`.

    Returns:
        0 or 1 for each utterance `(B,)`.
    """
    group = 2 * language + translated
    same = group[:, None] == group[None, :]
    earlier = torch.tril(torch.ones_like(same), diagonal=-1)
    return (same & earlier).sum(1) % 2
