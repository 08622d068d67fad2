"""Running the encoder a second time exactly as the first."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Rerun:
    """Repeats an encoder's pass: same input, same dropout, no trace in running statistics.

    It is in full precision, also where the pass was in half precision by automatic mixed precision: not all operations
    have a forward-mode derivative there. Made before the first pass, whose random state it remembers.

    Args:
        encode: Gives encoder output and lengths.
        encoder: Module whose batch statistics must not change.
        feats: Input `(R, T, F)`.
        lengths: Frames `(R,)`.
    """

    def __init__(
        self,
        encode: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
        encoder: nn.Module,
        feats: Tensor,
        lengths: Tensor,
    ) -> None:
        self._encode, self._encoder, self._feats, self._lengths = encode, encoder, feats, lengths
        self._devices = [feats.device] if feats.device.type == "cuda" else []
        self._cpu_state = torch.get_rng_state()
        self._states = [torch.cuda.get_rng_state(device) for device in self._devices]

    def __call__(self) -> Tensor:
        """The encoder's output `(R, T', D)` once more."""
        with (
            torch.random.fork_rng(self._devices),
            torch.autocast(self._feats.device.type, enabled=False),
            _spare_statistics(self._encoder),
        ):
            torch.set_rng_state(self._cpu_state)
            for device, state in zip(self._devices, self._states, strict=True):
                torch.cuda.set_rng_state(state, device)
            h, _ = self._encode(self._feats, self._lengths)
        return h


@contextmanager
def _spare_statistics(encoder: nn.Module) -> Iterator[None]:
    """While inside, batch normalisation updates copies of its running statistics.

    The statistics themselves must not even be written back: the first pass's graph holds them.
    """
    norms = [module for module in encoder.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    kept = [dict(norm._buffers) for norm in norms]
    for norm, buffers in zip(norms, kept, strict=True):
        norm._buffers.update({name: None if value is None else value.clone() for name, value in buffers.items()})
    try:
        yield
    finally:
        for norm, buffers in zip(norms, kept, strict=True):
            norm._buffers.update(buffers)
