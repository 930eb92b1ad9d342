"""Dropout of elements and channels, and Gaussian: masks, scales, gradients, modes and refusals."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from checks import check_against_pytorch, distinct
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from dropnorm import scratch as nn

torch.set_num_threads(1)

LAYERS = (nn.Dropout, nn.Dropout2d, nn.GaussianDropout)
MASKING = {nn.Dropout: F.dropout, nn.Dropout2d: F.dropout2d}
TOLERANCE = {np.float64: 1e-10, np.float32: 1e-5}

few = settings(max_examples=25, deadline=None, derandomize=True)
every_layer = pytest.mark.parametrize("Layer", LAYERS)
masking_layer = pytest.mark.parametrize("Layer", MASKING)
every_dtype = pytest.mark.parametrize("dtype", TOLERANCE)
seeds = st.integers(0, 2**32 - 1)
rates = st.floats(0.05, 0.9)


@st.composite
def inputs(draw, Layer, dtype=np.float64):
    """An input whose values are away from zero, so that an output of zero means dropped."""
    dims = 4 if Layer is nn.Dropout2d else draw(st.integers(1, 4))
    size = draw(
        arrays(
            dtype,
            draw(array_shapes(min_dims=dims, max_dims=dims, max_side=3)),
            elements=st.floats(0.5, 3, width=32),
        )
    )
    sign = draw(arrays(np.bool_, size.shape))
    return np.where(sign, size, -size)


class Replay:
    """Stands in for a generator: its draws keep exactly the units that another library kept."""

    def __init__(self, kept):
        self.kept = kept

    def random(self, shape, dtype):
        assert self.kept.shape == tuple(shape)
        return self.kept.astype(dtype)


def noise_of(layer, shape=(1000, 200)):
    """What the layer multiplies by, in training."""
    return layer(np.ones(shape))


@every_layer
@few
@given(data=st.data(), p=rates, seed=seeds, training=st.booleans())
def test_backward_agrees_with_central_differences(Layer, data, p, seed, training):
    layer = Layer(p, rng=seed).train(training)
    assert nn.gradient_check(layer, data.draw(inputs(Layer)))["x"] <= 1e-6


@masking_layer
@every_dtype
@few
@given(data=st.data(), p=rates, seed=seeds)
def test_output_and_gradient_are_pytorchs_under_the_same_mask(Layer, dtype, data, p, seed):
    x = data.draw(inputs(Layer, dtype))
    dy = np.random.default_rng(seed).standard_normal(x.shape).astype(dtype)
    torch.manual_seed(seed)
    leaf = torch.tensor(x, requires_grad=True)
    expected = MASKING[Layer](leaf, p)
    expected.backward(torch.tensor(dy))
    kept = expected.detach().numpy() != 0
    layer = Layer(p)
    layer.rng = Replay(kept[:, :, :1, :1] if Layer is nn.Dropout2d else kept)
    for ours, theirs in ((layer(x), expected.detach()), (layer.backward(dy), leaf.grad)):
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=TOLERANCE[dtype], atol=0)


@masking_layer
@few
@given(data=st.data(), p=rates, seed=seeds)
def test_dropped_units_get_zero_gradient_and_kept_ones_are_scaled_both_ways(Layer, data, p, seed):
    x = data.draw(inputs(Layer))
    dy = np.random.default_rng(seed).uniform(1, 2, x.shape)
    layer = Layer(p, rng=seed)
    y = layer(x)
    dx = layer.backward(dy)
    dropped = y == 0
    assert (dx[dropped] == 0).all()
    np.testing.assert_allclose(y[~dropped], x[~dropped] / (1 - p), rtol=1e-12)
    np.testing.assert_allclose(dx[~dropped], dy[~dropped] / (1 - p), rtol=1e-12)


@few
@given(data=st.data(), p=rates, seed=seeds)
def test_gaussian_gradient_is_multiplied_by_the_same_noise_as_the_input(data, p, seed):
    x = data.draw(inputs(nn.GaussianDropout))
    layer = nn.GaussianDropout(p, rng=seed)
    noise = layer(x) / x
    np.testing.assert_allclose(layer.backward(np.full_like(x, 3)), 3 * noise, rtol=1e-12)


@masking_layer
@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.8])
def test_the_fraction_dropped_is_p_within_five_binomial_deviations(Layer, p):
    dropped = noise_of(Layer(p, rng=1), (1000, 200, 1, 1)) == 0
    assert abs(dropped.mean() - p) < 5 * np.sqrt(p * (1 - p) / dropped.size)


@every_layer
@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.8])
def test_noise_has_mean_one_and_variance_p_over_one_minus_p(Layer, p):
    noise = noise_of(Layer(p, rng=2), (1000, 200, 1, 1))
    variance = p / (1 - p)
    kurtosis = 3 if Layer is nn.GaussianDropout else 1 / (p * (1 - p)) - 3
    assert abs(noise.mean() - 1) < 5 * np.sqrt(variance / noise.size)
    # at p = 0.5 the kurtosis is 1 and the bound zero: left is the square of the mean's deviation
    slack = 25 * variance / noise.size
    assert abs(noise.var() - variance) < 5 * variance * np.sqrt((kurtosis - 1) / noise.size) + slack


def test_neighbouring_units_are_dropped_independently():
    dropped = noise_of(nn.Dropout(0.3, rng=3)) == 0
    correlation = np.corrcoef(dropped[:, :-1].ravel(), dropped[:, 1:].ravel())[0, 1]
    assert abs(correlation) < 5 / np.sqrt(dropped.size)


def test_gaussian_noise_is_neither_zero_nor_always_positive():
    noise = noise_of(nn.GaussianDropout(0.5, rng=4))
    assert (noise != 0).all() and abs((noise < 0).mean() - 0.1587) < 0.005


@few
@given(p=rates, seed=seeds)
def test_dropout2d_drops_whole_channels_of_single_images(p, seed):
    noise = noise_of(nn.Dropout2d(p, rng=seed), (64, 32, 3, 2))
    assert (noise == noise[:, :, :1, :1]).all()
    kept = noise[:, :, 0, 0] != 0
    assert len(np.unique(kept, axis=0)) > 1 and len(np.unique(kept, axis=1).T) > 1


@every_layer
@few
@given(data=st.data(), p=rates, seed=seeds)
def test_evaluation_and_p_zero_are_the_identity_both_ways(Layer, data, p, seed):
    x = data.draw(inputs(Layer))
    used = Layer(p, rng=seed)
    used(x)
    for layer in (used.eval(), Layer(0.0, rng=seed), Layer(0, rng=seed)):
        np.testing.assert_array_equal(layer(x), x)
        np.testing.assert_array_equal(layer.backward(2 * x), 2 * x)


@every_layer
def test_evaluation_draws_no_random_numbers(Layer):
    x = np.ones((8, 8, 2, 2))
    used, fresh = Layer(0.5, rng=5), Layer(0.5, rng=5)
    used.eval()(x)
    np.testing.assert_array_equal(used.train()(x), fresh(x))


@every_layer
def test_each_call_draws_fresh_noise_and_the_same_seed_the_same(Layer):
    x = np.ones((8, 8, 2, 2))
    one, two, other = Layer(0.5, rng=6), Layer(0.5, rng=np.random.default_rng(6)), Layer(0.5, rng=7)
    first = one(x)
    np.testing.assert_array_equal(first, two(x))
    assert (first != one(x)).any() and (first != other(x)).any()


@every_layer
@few
@given(data=st.data(), p=st.one_of(st.just(0.0), rates), training=st.booleans())
def test_neither_input_nor_gradient_is_changed_in_place(Layer, data, p, training):
    x = data.draw(inputs(Layer))
    dy = 2 * x
    layer = Layer(p, rng=8).train(training)
    before = x.copy()
    layer(x)
    layer.backward(dy)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(dy, 2 * before)


@every_layer
@every_dtype
def test_an_empty_batch_passes_with_its_shape_and_type(Layer, dtype):
    x = np.empty((0, 3, 4, 4), dtype)
    layer = Layer(0.5, rng=9)
    for result in (layer(x), layer.backward(x)):
        assert result.shape == x.shape and result.dtype == dtype


@pytest.mark.parametrize("Layer", [nn.Dropout, nn.Dropout1d, nn.Dropout2d])
@every_dtype
def test_p_one_drops_everything_both_ways_as_in_pytorch(Layer, dtype):
    shape = (2, 3, 4) if Layer is nn.Dropout1d else (2, 3, 4, 4)
    for p in (1, 1.0):
        layer = Layer(p, rng=0)
        check_against_pytorch(layer, [distinct(shape, 0, dtype)])
        layer.train()(distinct(shape, 0, dtype))
        assert (layer.backward(np.ones(shape, dtype)) == 0).all()


@pytest.mark.parametrize("Layer", [nn.GaussianDropout, nn.DropBlock2d])
def test_where_p_one_means_nothing_it_is_refused(Layer):
    with pytest.raises(ValueError, match=r"^p=1: .*0 <= p < 1"):
        Layer(1)


@every_layer
@pytest.mark.parametrize(
    "p",
    [1.5, -0.1, -1, float("nan"), float("inf"), True, False, np.True_, "0.5", None, [0.5]],
)
def test_a_rate_outside_zero_to_one_is_refused_by_name(Layer, p):
    with pytest.raises(ValueError, match=r"^p=.*0 <= p <=? 1"):
        Layer(p)


@every_layer
@pytest.mark.parametrize(
    "x", [np.ones((2, 3, 4, 4), int), np.ones((2, 3, 4, 4), bool), [[1.0, 2.0]], None]
)
def test_an_input_that_is_not_a_float_array_is_refused(Layer, x):
    with pytest.raises(
        ValueError, match=f"{Layer.__name__}: x is .*expected a float32 or float64 array"
    ):
        Layer(0.5)(x)


@pytest.mark.parametrize("shape", [(6,), (2, 3), (2, 3, 4), (1, 2, 3, 4, 5)])
def test_dropout2d_refuses_what_has_no_channels(shape):
    with pytest.raises(ValueError, match=r"x has shape .*expected \(N, C, H, W\)"):
        nn.Dropout2d(0.5)(np.ones(shape))


@every_layer
def test_backward_needs_a_forward_and_a_gradient_of_the_outputs_shape(Layer):
    layer = Layer(0.5, rng=10)
    x = np.ones((2, 3, 4, 4))
    with pytest.raises(RuntimeError, match="backward was called before forward"):
        layer.backward(x)
    for mode in (True, False):
        layer.train(mode)(x)
        with pytest.raises(
            ValueError, match=r"dy has shape \(2, 3, 4, 1\), expected .*\(2, 3, 4, 4\)"
        ):
            layer.backward(x[..., :1])
