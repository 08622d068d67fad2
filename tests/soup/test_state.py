import torch

from espnet_soups.soup.config import build_soup_config
from espnet_soups.soup.state import Measurement, SoupState

NAMES = ("asr/en", "asr/fr", "ssl")
ALL = torch.ones(3, dtype=torch.bool)


def make_state(**modo: float | str) -> SoupState:
    return SoupState(build_soup_config("vs", {"modo": modo}, NAMES))


def measure(state: SoupState, gram: torch.Tensor) -> None:
    state.observe_norms(gram.diagonal().sqrt(), ALL)
    state.update(Measurement(state.directions(ALL) @ gram.T, ALL))


def test_a_gradient_that_grows_fast_does_not_throw_lambda_onto_a_vertex() -> None:
    state = make_state(step_size=0.1)
    for growth in (1.0, 30.0, 900.0):
        before = state.weights.clone()
        measure(state, torch.diag(torch.tensor([1.0, growth**2, 1.0], dtype=torch.float64)))
        # With orthogonal gradients of unit norm a step moves lambda by at most gamma times a lambda.
        assert (state.weights - before).abs().max() <= 0.1
    assert state.weights.min() > 0.1


def test_norms_rise_at_once_and_fall_slowly() -> None:
    state = make_state(norm_decay=0.9)
    for norm, expected in ((2.0, 2.0), (5.0, 5.0), (1.0, 0.9 * 5.0 + 0.1)):
        state.observe_norms(torch.tensor([norm, norm, 0.0], dtype=torch.float64), ALL)
        assert torch.allclose(state.norms, torch.tensor([expected, expected, 0.0], dtype=torch.float64))


def test_scale_of_the_losses_does_not_matter_when_normalised() -> None:
    generator = torch.Generator().manual_seed(0)
    jacobian = torch.randn(3, 20, dtype=torch.float64, generator=generator)
    scale = torch.tensor([1.0, 1e3, 1e-3], dtype=torch.float64)
    plain, scaled = make_state(), make_state()
    for _ in range(5):
        measure(plain, jacobian @ jacobian.T)
        measure(scaled, (scale[:, None] * jacobian) @ (scale[:, None] * jacobian).T)
    assert torch.allclose(plain.weights, scaled.weights)
    shares = scaled.shared_weights() * scale / (plain.shared_weights())
    assert torch.allclose(shares, shares[0].expand(3)), "every objective pulls as hard as before"


def test_state_survives_saving() -> None:
    state, other = make_state(), make_state()
    measure(state, torch.diag(torch.tensor([1.0, 4.0, 9.0], dtype=torch.float64)))
    state.step, state.layers = 7, [1, 2]
    other.load_state_dict(state.state_dict())
    assert torch.equal(other.weights, state.weights)
    assert (other.step, other.layers) == (7, [1, 2])
