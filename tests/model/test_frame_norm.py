"""Layer normalisation in the place of batch normalisation, and the convolution after it."""

import copy

import pytest
import torch
from espnet2.legacy.nets.pytorch_backend.conformer.convolution import ConvolutionModule
from torch import Tensor, nn

from espnet_soups.model.frame_norm import FrameConv, FrameNorm, replace_batch_norm


def _seeded(module: nn.Module) -> nn.Module:
    for parameter in module.parameters():
        nn.init.normal_(parameter)
    return module


@pytest.mark.parametrize("bias", [True, False])
def test_frame_conv_is_the_pointwise_convolution(bias: bool) -> None:
    torch.manual_seed(1)
    conv = nn.Conv1d(4, 6, 1, bias=bias).double()
    frames = FrameConv(4, 6, 1, bias=bias).double()
    frames.load_state_dict(conv.state_dict())
    x = torch.randn(3, 4, 5, dtype=torch.double, requires_grad=True)
    torch.testing.assert_close(frames(x), conv(x))
    seed = torch.randn(3, 6, 5, dtype=torch.double)
    ours = torch.autograd.grad(frames(x), [x, *frames.parameters()], seed)
    theirs = torch.autograd.grad(conv(x), [x, *conv.parameters()], seed)
    torch.testing.assert_close(ours, theirs)


def test_espnets_convolution_module_keeps_its_parameters_and_its_values() -> None:
    torch.manual_seed(1)
    module = _seeded(ConvolutionModule(8, 3, nn.SiLU()))
    reference = copy.deepcopy(module)
    reference.norm = FrameNorm(8)
    names = [name for name, _ in reference.named_parameters()]
    state = torch.get_rng_state()
    assert replace_batch_norm(module) == 1
    assert torch.equal(torch.get_rng_state(), state), "must not move the random numbers of what is built next"
    assert isinstance(module.pointwise_conv2, FrameConv)
    assert type(module.pointwise_conv1) is nn.Conv1d
    assert [name for name, _ in module.named_parameters()] == names
    # Weights of batch normalisation are not layer normalisation's: those start anew.
    reference.norm.load_state_dict(module.norm.state_dict())
    x = torch.randn(2, 7, 8)
    mask = torch.ones(2, 1, 7, dtype=torch.bool)
    torch.testing.assert_close(module(x, mask), reference(x, mask))


class _Odd(nn.Module):
    """Convolutions of which none is a matrix product after a norm."""

    def __init__(self) -> None:
        super().__init__()
        self.before = nn.Conv1d(4, 4, 1)
        self.norm = nn.BatchNorm1d(4)
        self.wide = nn.Conv1d(4, 4, 3, padding=1)
        self.grouped = nn.Conv1d(4, 4, 1, groups=2)
        self.strided = nn.Conv1d(4, 4, 1, stride=2)
        self.padded = nn.Conv1d(4, 4, 1, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Run all of them."""
        return self.padded(self.strided(self.grouped(self.wide(self.norm(self.before(x))))))


def test_other_convolutions_are_left_alone() -> None:
    module = _Odd()
    assert replace_batch_norm(module) == 1
    assert not any(isinstance(child, FrameConv) for child in module.modules())
    assert isinstance(module.norm, FrameNorm)
    module(torch.randn(2, 4, 6))
