"""Sums of two paths: both referees, names of parameters, and what a sum does to scale."""

import numpy as np
import pytest
from checks import check_against_pytorch, check_gradients, far_from_kinks, shaken, twin, values
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import seeds

from dropnorm import scratch as nn
from dropnorm.scratch.base import layers_in

few = settings(max_examples=20, deadline=None, derandomize=True)
F64 = np.float64


def block(seed=0, inner=2, outer=2, stride=1, dtype=F64):
    """A block of a residual network; with a shortcut where the shape changes."""
    made = {"rng": np.random.default_rng(seed), "dtype": dtype}
    shortcut = None
    if stride != 1 or inner != outer:
        one = nn.Conv2d(inner, outer, 1, stride, bias=False, **made)
        shortcut = nn.Sequential(one, nn.BatchNorm2d(outer, dtype=dtype))
    return nn.Residual(
        nn.Conv2d(inner, outer, 3, stride, 1, bias=False, **made),
        nn.BatchNorm2d(outer, dtype=dtype),
        nn.ReLU(),
        nn.Conv2d(outer, outer, 3, 1, 1, bias=False, **made),
        nn.BatchNorm2d(outer, dtype=dtype),
        shortcut=shortcut,
    )


@few
@given(
    seed=seeds,
    outer=st.sampled_from([2, 3]),
    stride=st.sampled_from([1, 2]),
    training=st.booleans(),
)
def test_gradients(seed, outer, stride, training):
    layer = shaken(block(seed, 2, outer, stride), seed).train(training)
    x = values((3, 2, 5, 4), seed)
    assume(far_from_kinks(nn.Sequential(*layer.layers), x))
    check_gradients(layer, x)


@pytest.mark.parametrize("dtype", [F64, np.float32])
@few
@given(seed=seeds, outer=st.sampled_from([2, 3]), stride=st.sampled_from([1, 2]))
def test_against_pytorch(dtype, seed, outer, stride):
    inner = shaken(block(seed, 2, outer, stride, dtype), seed)
    batches = [values((4, 2, 6, 5), seed + i, dtype) for i in range(3)]
    check_against_pytorch(inner, batches, exact=True)
    check_against_pytorch(
        nn.Sequential(inner, nn.ReLU(), block(seed + 1, outer, outer, 1, dtype)),
        batches,
        exact=True,
    )


def test_a_block_whose_layers_give_zero_hands_input_and_gradient_through():
    x, layer = values((3, 2, 4, 4), 0), block()
    layer.params["4.weight"][...] = 0
    np.testing.assert_array_equal(layer(x), x)
    np.testing.assert_array_equal(layer.backward(2 * x), 2 * x)


def test_names_of_parameters_states_and_modes_reach_into_both_paths():
    layer = block(0, 2, 3, 2)
    assert {"0.weight", "1.bias", "shortcut.0.weight", "shortcut.1.weight"} <= {*layer.params}
    assert {*layer.state_dict()} == {*twin(layer).state_dict()}
    assert "shortcut.1.running_var" in layer.buffers
    assert (
        all(not inner.training for inner in layers_in(layer.eval()))
        and len([*layers_in(layer)]) == 9
    )
    nn.recalibrate(layer, [values((3, 2, 6, 6), 0)])
    assert layer.buffers["shortcut.1.num_batches_tracked"] == 1


def test_sums_double_the_variance_and_batch_norm_at_the_end_of_f_makes_it_grow_by_one():
    x = values((64, 8, 6, 6), 0)
    rng, plain, normed, found = np.random.default_rng(0), x, x, {"plain": [], "normed": []}
    for _ in range(6):
        weights = nn.Conv2d(8, 8, 1, bias=False, rng=rng, dtype=F64)
        orthogonal = np.linalg.qr(rng.standard_normal((8, 8)))[0]
        weights.params["weight"][...] = orthogonal[:, :, None, None]
        plain = nn.Residual(weights)(plain)
        normed = nn.Residual(nn.Conv2d(8, 8, 1, rng=rng, dtype=F64), nn.BatchNorm2d(8, dtype=F64))(
            normed
        )
        found["plain"].append(plain.var())
        found["normed"].append(normed.var())
    # f has the variance of its input, and is uncorrelated with it on average over random weights
    assert 2**6 / 3 < found["plain"][-1] < 2**6 * 3 and 7 / 2 < found["normed"][-1] < 7 * 2


def test_paths_that_do_not_fit_and_layers_in_both_are_refused():
    with pytest.raises(
        ValueError, match=r"layers give shape \(2, 3\), the shortcut \(2, 4\): expected the same"
    ):
        nn.Residual(nn.Linear(4, 3, rng=0))(np.ones((2, 4), np.float32))
    one = nn.ReLU()
    for make in (
        lambda: nn.Residual(one, shortcut=one),
        lambda: nn.Residual(nn.Sequential(one), one),
    ):
        with pytest.raises(
            ValueError, match="Residual: the ReLU in argument 1 is the same object as in argument 0"
        ):
            make()
    with pytest.raises(ValueError, match="Sequential: the ReLU in argument 1"):
        nn.Sequential(nn.Residual(nn.Flatten(), shortcut=one), one)
    with pytest.raises(ValueError, match="Residual: argument 0 is"):
        nn.Residual([one])
