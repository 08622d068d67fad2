"""The encoder's repeated blocks, and a recorder of their matrix products."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import GradientEdge, get_gradient_edge

from espnet_soups.errors import UserError


def find_blocks(encoder: nn.Module) -> list[nn.Module]:
    """The encoder's layers: the longest list of modules of one class.

    Works for ESPnet's encoders and for Hugging Face's alike.

    Raises:
        UserError: If the encoder has no such list.
    """
    best: list[nn.Module] = []
    for module in encoder.modules():
        if isinstance(module, nn.ModuleList | nn.Sequential):
            children = list(module)
            alike = len({type(child) for child in children}) == 1
            if alike and len(children) > len(best) and any(True for _ in children[0].parameters()):
                best = children
    if not best:
        raise UserError(
            f"{type(encoder).__name__} has no list of equal blocks to measure gradients on: "
            "use soup 'joint' or 'static'."
        )
    return best


def _is_matrix(module: nn.Module) -> bool:
    if isinstance(module, nn.Linear):
        return True
    return isinstance(module, nn.Conv1d) and module.kernel_size == (1,) and module.groups == 1


class MatrixRecorder:
    """Keeps the input of every matrix product of the encoder's blocks, and where the gradient of its output arrives.

    The matrices of linear and pointwise-convolution layers are the parameters that gradients are compared on. A
    matrix whose input is shared by all utterances (such as one of relative positions) is left out: its gradient
    does not separate by utterance.
    """

    def __init__(self, blocks: list[nn.Module]) -> None:
        self.blocks = blocks
        self.active: frozenset[int] = frozenset()
        self.records: dict[nn.Module, tuple[int, Tensor, GradientEdge]] = {}
        self.block_inputs: dict[int, Tensor] = {}
        self.is_chain = False
        """Whether it has been found that every block reads only the one before."""
        self._batch = 0
        for number, block in enumerate(blocks):
            block.register_forward_pre_hook(self._enter(number))
            for module in block.modules():
                if _is_matrix(module) and getattr(module, "weight", None) is not None:
                    module.register_forward_hook(self._leave(number))

    @contextmanager
    def recording(self, blocks: list[int], batch: int) -> Iterator[None]:
        """Record the given blocks' products for a batch of ``batch`` rows; forget them afterwards."""
        self.active, self._batch = frozenset(blocks), batch
        try:
            yield
        finally:
            self.active = frozenset()

    def clear(self) -> None:
        """Let go of the recorded tensors, which hold the graph."""
        self.records.clear()
        self.block_inputs.clear()

    def matrices(self, blocks: list[int]) -> list[tuple[nn.Module, int]]:
        """Recorded modules of the given blocks, with their block's number."""
        return [(module, number) for module, (number, _, _) in self.records.items() if number in blocks]

    def _enter(self, number: int) -> Any:
        def hook(_: nn.Module, args: tuple[Any, ...]) -> None:
            if number in self.active:
                first = args[0][0] if isinstance(args[0], tuple) else args[0]
                if isinstance(first, Tensor) and first.requires_grad:
                    self.block_inputs[number] = first

        return hook

    def _leave(self, number: int) -> Any:
        def hook(module: nn.Module, args: tuple[Any, ...], output: Tensor) -> None:
            if number not in self.active or not module.weight.requires_grad:
                return
            if args[0].shape[0] != self._batch:
                return
            if module in self.records:
                raise UserError(
                    f"{type(module).__name__} of encoder block {number} runs twice in one forward pass: "
                    "gradients cannot be measured there; set conflict_layers.select to other blocks."
                )
            # Where the output's gradient arrives, and not the output, which nothing else may need any more.
            self.records[module] = (number, args[0].detach(), get_gradient_edge(output))

        return hook


def as_frames(tensor: Tensor, module: nn.Module) -> Tensor:
    """Bring a recorded input or output to `(B, T, C)`: convolutions hold channels before time."""
    return tensor.transpose(1, 2) if isinstance(module, nn.Conv1d) else tensor


def weight_matrix(module: nn.Module) -> torch.Tensor:
    """The module's weight as the parameter that it is."""
    weight = module.weight
    assert isinstance(weight, Tensor)
    return weight
