"""Measured inner products against Jacobians computed in float64, one objective and half at a time."""

from collections.abc import Callable

import pytest
import torch
from builders import ENCODER, attach_soup, batch, flat, small_model
from torch import Tensor

from espnet_soups.errors import UserError
from espnet_soups.gradients.blocks import MatrixRecorder, find_blocks, weight_matrix
from espnet_soups.gradients.directional import measure_directional
from espnet_soups.gradients.exact import measure_exact
from espnet_soups.gradients.graph import EncoderGraph
from espnet_soups.gradients.products import measure_products
from espnet_soups.model.soups_model import ObjectiveSoupsModel

ROWS = ["en", "en", "fr", "fr", "es", "es", "fr", "es"]


class Probe:
    """Stands in for a soup: keeps the graph that the model hands over."""

    def __init__(self, model: ObjectiveSoupsModel) -> None:
        self.model = model
        self.recorder = MatrixRecorder(find_blocks(model.encoder))
        self.graph: EncoderGraph | None = None

    def watching(self, count: int):  # type: ignore[no-untyped-def]
        return self.recorder.recording(list(range(len(self.recorder.blocks))), count)

    def finish(self, graph: EncoderGraph) -> None:
        self.graph = graph


def probed(
    rows: list[str] = ROWS, prepare: Callable[[ObjectiveSoupsModel], None] | None = None, **changes: object
) -> tuple[Probe, EncoderGraph]:
    model = small_model(**changes).double()
    if prepare is not None:
        prepare(model)
    inputs = batch(rows)
    inputs["speech"] = inputs["speech"].double()
    return run(model, inputs)


def run(model: ObjectiveSoupsModel, inputs: dict[str, Tensor]) -> tuple[Probe, EncoderGraph]:
    probe = Probe(model)
    model.soup = probe  # type: ignore[assignment]
    model(**inputs)
    assert probe.graph is not None
    return probe, probe.graph


def jacobians(probe: Probe, graph: EncoderGraph, blocks: list[int]) -> Tensor:
    """Gradients of every cell's mean loss `(2K, P)`, written out utterance by utterance."""
    weights = [weight_matrix(module) for module, _ in probe.recorder.matrices(blocks)]
    rows = []
    for half in (0, 1):
        for k in range(graph.objectives):
            loss, count = torch.zeros((), dtype=torch.float64), 0.0
            for task in graph.tasks:
                for u in range(len(task.losses)):
                    if int(task.half[u]) == half and int(task.objective[u]) == k and task.counts[u] > 0:
                        loss, count = loss + task.losses[u], count + float(task.counts[u])
            assert count > 0, "every objective must be in both halves of this batch"
            rows.append(flat(list(torch.autograd.grad(loss / count, weights, retain_graph=True))))
    return torch.stack(rows)


@pytest.mark.parametrize("blocks", [[0, 1, 2], [0], [1, 2]])
def test_exact_and_full_products_are_the_jacobians_products(blocks: list[int]) -> None:
    probe, graph = probed()
    truth = jacobians(probe, graph, blocks)
    truth = truth @ truth.T
    for grams in (
        measure_exact(graph, probe.recorder, blocks),
        measure_products(graph, probe.recorder, blocks, 1.0, torch.Generator()),
    ):
        assert torch.allclose(grams.gram.sum(0), truth, rtol=1e-5, atol=1e-9 * float(truth.abs().max()))
        assert torch.equal(grams.present, torch.ones(6, dtype=torch.bool))
    count = graph.objectives
    assert torch.allclose(
        grams.double_sampled(blocks), truth[:count, count:], rtol=1e-5, atol=1e-9 * float(truth.abs().max())
    )


@pytest.mark.parametrize("encoder", ["e_branchformer", "transformer"])
def test_other_encoders(encoder: str) -> None:
    conf = {
        "output_size": 16,
        "attention_heads": 2,
        "num_blocks": 2,
        "dropout_rate": 0.0,
        "positional_dropout_rate": 0.0,
    }
    conf |= {"cgmlp_linear_units": 32, "linear_units": 32} if encoder == "e_branchformer" else {"linear_units": 32}
    probe, graph = probed(encoder=encoder, encoder_conf=conf)
    truth = jacobians(probe, graph, [0, 1])
    truth = truth @ truth.T
    grams = measure_products(graph, probe.recorder, [0, 1], 1.0, torch.Generator())
    assert torch.allclose(grams.gram.sum(0), truth, rtol=1e-5, atol=1e-9 * float(truth.abs().max()))


def test_a_way_around_a_block_is_refused() -> None:
    def add_shortcut(model: ObjectiveSoupsModel) -> None:
        blocks, seen = model.encoder.encoders, {}
        blocks[0].register_forward_pre_hook(lambda _, args: seen.update(x=args[0][0]))
        blocks[1].register_forward_hook(lambda _, __, out: ((out[0][0] + 3.0 * seen["x"], out[0][1]), *out[1:]))

    probe, graph = probed(prepare=add_shortcut)
    assert measure_exact(graph, probe.recorder, [0, 1, 2]).gram.isfinite().all()
    with pytest.raises(UserError, match=r"has other ways through: set modo\.measure to 'exact' or 'directional'"):
        measure_products(graph, probe.recorder, [0, 1, 2], 1.0, torch.Generator())


def test_sampled_rows_are_unbiased() -> None:
    probe, graph = probed()
    exact = measure_exact(graph, probe.recorder, [0, 1]).double_sampled([0, 1])
    draws = torch.stack(
        [
            measure_products(graph, probe.recorder, [0, 1], 0.25, torch.Generator().manual_seed(seed)).double_sampled(
                [0, 1]
            )
            for seed in range(300)
        ]
    )
    error = draws.std(0) / len(draws) ** 0.5
    assert error.max() > 0, "a sample of rows must vary"
    deviation = (draws.mean(0) - exact).abs() / error.clamp(min=1e-30)
    # 36 entries: at two standard errors a few may be outside by chance, at four none.
    assert (deviation < 2).float().mean() > 0.85
    assert deviation.max() < 4


SDPA = {"pos_enc_layer_type": "abs_pos", "selfattention_layer_type": "selfattn", "use_sdpa": True}


@pytest.mark.parametrize(("conv_norm", "attention"), [("layer", {}), ("batch", {}), ("layer", SDPA)])
def test_directional_is_the_jacobians_product(conv_norm: str, attention: dict[str, object]) -> None:
    dropout = {"dropout_rate": 0.2, "positional_dropout_rate": 0.1, "attention_dropout_rate": 0.1}
    probe, graph = probed(model_conf={"conv_norm": conv_norm}, encoder_conf={**ENCODER, **dropout, **attention})
    truth = jacobians(probe, graph, [0, 2])
    count = graph.objectives
    directions = torch.randn(3, count, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    products, _ = measure_directional(graph, probe.recorder, [0, 2], directions)
    expected = directions @ (truth[:count] @ truth[count:].T).T
    assert torch.allclose(products, expected, rtol=1e-5, atol=1e-7 * float(expected.abs().max()))


def in_half_precision(dtype: torch.dtype, shrink: float) -> tuple[tuple[Probe, EncoderGraph], Tensor]:
    """A forward pass by automatic mixed precision, and the cells' Jacobians of the same in float64 `(2K, P)`."""
    conf = {**ENCODER, "dropout_rate": 0.1}
    single, double = small_model(encoder_conf=conf), small_model(encoder_conf=conf)
    for model in (single, double):
        assert model.ctc is not None
        with torch.no_grad():
            for parameter in model.ctc.parameters():
                parameter.mul_(shrink)
    inputs = batch(ROWS)
    torch.manual_seed(1)
    with torch.autocast("cpu", dtype=dtype):
        found = run(single, inputs)
    torch.manual_seed(1)
    truth = run(double.double(), {**inputs, "speech": inputs["speech"].double()})
    return found, jacobians(*truth, [0, 1, 2])


# With a head whose weights are small, the encoder's gradients are below what float16 can hold unless they are scaled.
@pytest.mark.parametrize("shrink", [1.0, 1e-5])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_measurements_under_mixed_precision(dtype: torch.dtype, shrink: float) -> None:
    (probe, graph), truth = in_half_precision(dtype, shrink)
    # Relative to the norms: cosines.
    norms = truth.norm(dim=1)
    cosines = (truth @ truth.T) / torch.outer(norms, norms)
    blocks, count = [0, 1, 2], graph.objectives
    for grams in (
        measure_exact(graph, probe.recorder, blocks),
        measure_products(graph, probe.recorder, blocks, 1.0, torch.Generator()),
    ):
        assert torch.allclose(grams.gram.sum(0) / torch.outer(norms, norms), cosines, atol=0.03)
    directions = torch.eye(count, dtype=torch.float64) / norms[count:]
    products, _ = measure_directional(graph, probe.recorder, blocks, directions)
    assert torch.allclose(products / norms[:count], cosines[:count, count:].T, atol=0.03)


def test_an_encoder_that_does_not_repeat_itself_is_refused() -> None:
    def add_noise(model: ObjectiveSoupsModel) -> None:
        noise = torch.Generator().manual_seed(0)  # not the generator that a second pass starts from again

        def hook(_: object, __: object, out: tuple[tuple[Tensor, Tensor], Tensor]) -> object:
            (x, positions), mask = out
            return (x + torch.randn(x.shape, generator=noise).to(x), positions), mask

        model.encoder.encoders[0].register_forward_hook(hook)

    probe, graph = probed(prepare=add_noise)
    with pytest.raises(UserError, match=r"set modo\.measure to 'products' or 'exact'"):
        measure_directional(graph, probe.recorder, [0], torch.eye(graph.objectives, dtype=torch.float64))


def test_tasks_on_different_rows_share_a_back_propagation(monkeypatch: pytest.MonkeyPatch) -> None:
    probe, graph = probed()
    assert len(graph.tasks) == 3
    passes = []
    gradient = torch.autograd.grad
    monkeypatch.setattr(
        torch.autograd,
        "grad",
        lambda outputs, *args, **kwargs: passes.append(outputs is graph.h) or gradient(outputs, *args, **kwargs),
    )
    probe.recorder.is_chain = True
    measure_products(graph, probe.recorder, [2], 1.0, torch.Generator())
    assert sum(passes) == 2


def test_rerun_repeats_dropout_and_leaves_statistics_and_random_state_alone() -> None:
    dropout = {"dropout_rate": 0.3, "positional_dropout_rate": 0.3}
    probe, graph = probed(model_conf={"conv_norm": "batch"}, encoder_conf={**ENCODER, **dropout})
    state, buffers = torch.get_rng_state(), [b.clone() for b in probe.model.encoder.buffers()]
    assert torch.equal(graph.rerun(), graph.h)
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(a, b) for a, b in zip(buffers, probe.model.encoder.buffers(), strict=True))


def test_a_part_of_the_utterances_estimates_the_same() -> None:
    probe, graph = probed(rows=[*ROWS, "en", "en", "en", "en"])
    exact = measure_exact(graph, probe.recorder, [1])
    k = 0
    draws = []
    for seed in range(200):
        part = graph.sampled(0.5, torch.Generator().manual_seed(seed))
        grams = measure_products(part, probe.recorder, [1], 1.0, torch.Generator())
        if bool(grams.present[k]):
            draws.append(grams.double_sampled([1])[k, k])
    sample = torch.stack(draws)
    error = sample.std() / len(sample) ** 0.5
    truth = exact.double_sampled([1])[k, k]
    # Means over fewer targets weigh utterances of unlike length a little differently: a small bias is expected.
    assert abs(float(sample.mean() - truth)) < 2 * float(error) + 0.05 * float(truth.abs())
    assert float(error) > 0


def test_measuring_leaves_no_gradient_and_no_hook_behind() -> None:
    model = small_model()
    step = attach_soup(model, "vs", {"modo": {"measure": "products", "every": 1}})
    loss, _, _ = model(**batch(ROWS))
    assert all(parameter.grad is None for parameter in model.parameters())
    assert step.recorder is not None
    assert not step.recorder.records
    loss.backward()
    assert all(p.grad is not None for p in model.encoder.parameters())


def test_batch_normalisation_needs_the_exact_measurement() -> None:
    model = small_model(model_conf={"conv_norm": "batch"})
    with pytest.raises(UserError, match=r"conv_norm to 'layer' or modo\.measure to 'exact'"):
        attach_soup(model, "vs", {"modo": {"measure": "products"}})
    for measure in ("exact", "directional"):
        step = attach_soup(model, "vs", {"modo": {"measure": measure, "every": 1, "step_size": 1.0}})
        before = step.state.weights.clone()
        for seed in range(2):
            model(**batch(ROWS, seed=seed))
        assert not torch.equal(step.state.weights, before)


def test_non_finite_measurement_keeps_lambda_and_is_counted() -> None:
    model = small_model()
    step = attach_soup(model, "vs", {"modo": {"every": 1}})
    model(**batch(ROWS))
    before = step.state.weights.clone()
    inputs = batch(ROWS, seed=2)
    inputs["speech"][0] = float("nan")
    model(**inputs)
    assert torch.equal(step.state.weights, before)
    assert step.records[-1]["figures"]["rejected_measurements"] == 1.0
    model(**batch(ROWS, seed=3))
    assert not torch.equal(step.state.weights, before)


def test_objective_absent_from_the_batch_keeps_its_weight() -> None:
    model = small_model()
    step = attach_soup(model, "vs", {"modo": {"every": 1, "normalize": "none", "step_size": 1e-3}})
    model(**batch(ROWS))
    before = step.state.weights.clone()
    model(**batch(["en", "en", "fr", "fr"], seed=2))
    for name in ("asr/es", "st/es-en"):
        k = model.objectives.index(name)
        assert step.state.weights[k] == before[k]
    assert step.state.weights.sum() == pytest.approx(1.0)
    assert not torch.equal(step.state.weights, before)
