"""An optimiser of any class that carries the soup's state, so that ``checkpoint.pth`` resumes it exactly."""

from typing import Any

import torch

from espnet_soups.soup.state import SoupState

_KEY = "soup"


def with_soup_state(optimizer_class: type[torch.optim.Optimizer]) -> type[torch.optim.Optimizer]:
    """Subclass an optimiser class so that its state dict holds a :class:`SoupState`.

    ESPnet's checkpoint stores models, optimisers, schedulers and the scaler, nothing else; buffers of the model are
    no place for lambda, because model averaging would average it.
    """

    class SoupOptimizer(optimizer_class):  # type: ignore[valid-type,misc]
        soup_state: SoupState

        def state_dict(self) -> dict[str, Any]:
            return {**super().state_dict(), _KEY: self.soup_state.state_dict()}

        def load_state_dict(self, state_dict: dict[str, Any]) -> None:
            rest = dict(state_dict)
            self.soup_state.load_state_dict(rest.pop(_KEY))
            super().load_state_dict(rest)

    SoupOptimizer.__name__ = f"Soup{optimizer_class.__name__}"
    return SoupOptimizer
