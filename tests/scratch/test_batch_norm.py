"""What batch norm does, apart from its gradient: the formula, running statistics, two modes."""

import numpy as np
import pytest
from checks import check_large_mean, shaken, values
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import batch_norms, seeds

from dropnorm import scratch as nn

few = settings(max_examples=30, deadline=None, derandomize=True)


@few
@given(
    drawn=batch_norms(),
    seed=seeds,
    offset=st.sampled_from([0.0, 100.0]),
    scale=st.sampled_from([1.0, 50.0]),
)
def test_in_training_every_channel_has_mean_beta_and_standard_deviation_gamma(
    drawn, seed, offset, scale
):
    layer, shape = drawn
    y = layer(values(shape, seed, offset=offset, scale=scale))
    others = (0, *range(2, len(shape)))
    gamma, beta = layer.params.get("weight", 1), layer.params.get("bias", 0)
    np.testing.assert_allclose(y.mean(axis=others), beta, atol=1e-10)
    shrunk = scale / np.sqrt(scale**2 + layer.eps)
    np.testing.assert_allclose(y.std(axis=others), gamma * shrunk, rtol=1e-10)


def test_running_statistics_by_hand():
    layer = nn.BatchNorm1d(1, momentum=0.25, dtype=np.float64)
    layer(np.array([[1.0], [3.0], [8.0]]))  # mean 4, Σ (x − 4)² = 26
    assert layer.buffers["running_mean"] == 0.75 * 0 + 0.25 * 4
    assert layer.buffers["running_var"] == 0.75 * 1 + 0.25 * 26 / 2
    assert layer.buffers["num_batches_tracked"] == 1


def test_without_momentum_the_running_mean_is_the_mean_of_the_batch_means():
    layer = nn.BatchNorm2d(3, momentum=None, dtype=np.float64)
    batches = [values((4, 3, 2, 2), i, offset=i) for i in range(5)]
    for x in batches:
        layer(x)
    np.testing.assert_allclose(
        layer.buffers["running_mean"], np.mean([x.mean(axis=(0, 2, 3)) for x in batches], axis=0)
    )
    variances = [x.var(axis=(0, 2, 3), ddof=1) for x in batches]
    np.testing.assert_allclose(layer.buffers["running_var"], np.mean(variances, axis=0))


@few
@given(drawn=batch_norms(tracked=True), seed=seeds)
def test_evaluation_uses_and_keeps_the_running_statistics(drawn, seed):
    layer, shape = drawn
    layer.eval()
    before, x = layer.state_dict(), values(shape, seed)
    y = layer(x)
    for name, array in layer.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    by_channel = (slice(None), *[None] * (len(shape) - 2))
    mean, var = (before[name][by_channel] for name in ("running_mean", "running_var"))
    expected = (x - mean) / np.sqrt(var + layer.eps)
    if layer.params:
        expected = expected * before["weight"][by_channel] + before["bias"][by_channel]
    np.testing.assert_allclose(y, expected, atol=1e-12)


@few
@given(drawn=batch_norms(tracked=True), seed=seeds)
def test_in_evaluation_an_image_does_not_depend_on_its_neighbours(drawn, seed):
    layer, shape = drawn
    x = values(shape, seed)
    np.testing.assert_allclose(layer.eval()(x)[:1], layer(x[:1]), atol=1e-12)


@few
@given(drawn=batch_norms(tracked=False), seed=seeds)
def test_without_running_statistics_evaluation_is_training_and_answers_by_company(drawn, seed):
    layer, shape = drawn
    x = values(shape, seed)
    y = layer.train()(x)
    np.testing.assert_array_equal(layer.eval()(x), y)
    others = x.copy()
    others[-1] += 3
    if len(x) > 1:
        assert np.abs(layer(others)[0] - y[0]).max() > 1e-3


@few
@given(drawn=batch_norms(), seed=seeds)
def test_neither_input_nor_gradient_is_changed_in_place(drawn, seed):
    layer, shape = drawn
    x, dy = values(shape, seed), values(shape, seed + 1)
    before = x.copy(), dy.copy()
    for mode in (True, False):
        layer.train(mode)(x)
        layer.backward(dy)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(dy, before[1])


def test_the_three_shapes_of_one_batch_give_the_same_output():
    x = values((6, 3, 2, 2), 0)
    y = nn.BatchNorm2d(3, dtype=np.float64)(x)
    np.testing.assert_allclose(
        nn.BatchNorm1d(3, dtype=np.float64)(x.reshape(6, 3, 4)).reshape(y.shape), y
    )
    flat = x.transpose(0, 2, 3, 1).reshape(-1, 3)
    np.testing.assert_allclose(
        nn.BatchNorm1d(3, dtype=np.float64)(flat), y.transpose(0, 2, 3, 1).reshape(-1, 3)
    )


@few
@given(
    shape=st.sampled_from([(16, 3), (1024, 2), (8, 3, 20), (16, 3, 5, 5)]),
    seed=seeds,
    mean=st.one_of(st.floats(0, 1e5), st.sampled_from([1000.0, 4096.0])),
)
def test_a_large_mean_costs_no_more_than_the_rounding_of_the_input(shape, seed, mean):
    check_large_mean(shape, seed, mean)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.0, 3.0, 1000.1])
@pytest.mark.parametrize("shape", [(4, 2), (3, 2, 4), (1, 2, 3, 3)])
def test_a_channel_that_does_not_vary_becomes_beta(dtype, value, shape):
    layer = shaken((nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d)(2, dtype=dtype), 0)
    y = layer(np.full(shape, value, dtype))
    # of the mean, which 1/σ = 316 enlarges
    rounding = value * np.finfo(dtype).eps / np.sqrt(layer.eps)
    np.testing.assert_allclose(np.moveaxis(y, 1, -1) - layer.params["bias"], 0, atol=2 * rounding)


def test_parameters_and_running_statistics_are_there_when_they_are_asked_for():
    names = {"weight", "bias"}, {"running_mean", "running_var", "num_batches_tracked"}
    for affine in (True, False):
        for tracked in (True, False):
            layer = nn.BatchNorm2d(3, affine=affine, track_running_stats=tracked)
            expected = (names[0] if affine else set()) | (names[1] if tracked else set())
            assert {*layer.state_dict()} == expected
            layer(values((4, 3, 2, 2), 0, np.float32))
            layer.reset_running_stats()
            assert all(
                (array == 0).all() for name, array in layer.buffers.items() if "var" not in name
            )
            layer.backward(np.ones((4, 3, 2, 2), np.float32))
            assert {*layer.grads} == {*layer.params}


def test_a_layer_without_arrays_takes_either_type_and_one_with_arrays_its_own():
    bare = nn.BatchNorm2d(3, affine=False, track_running_stats=False)
    for dtype in (np.float32, np.float64):
        assert bare(values((4, 3, 2, 2), 0, dtype)).dtype == dtype
    for kind in ({"affine": False}, {"track_running_stats": False}):
        with pytest.raises(ValueError, match="x is float64, but the layer was made with"):
            nn.BatchNorm2d(3, **kind)(values((4, 3, 2, 2), 0))


@pytest.mark.parametrize("training", [True, False])
def test_without_running_statistics_one_value_per_channel_is_refused_in_both_modes(training):
    layer = nn.BatchNorm1d(3, track_running_stats=False).train(training)
    when = "in training" if training else "without running statistics"
    with pytest.raises(ValueError, match=rf"1 value\(s\) per channel; expected at least 2 {when}"):
        layer(np.ones((1, 3), np.float32))
