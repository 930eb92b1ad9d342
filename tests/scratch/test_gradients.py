"""The first referee: every backward pass against central differences in float64."""

import numpy as np
import pytest
from checks import check_gradients, far_from_kinks, note, shaken, small_cnn, values
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import batch_norms, convolutions, layers_and_batches, seeds

from dropnorm import scratch as nn

few = settings(max_examples=40, deadline=None, derandomize=True)


@settings(few, max_examples=80)
@given(drawn=layers_and_batches(), training=st.booleans())
def test_every_layer_in_both_modes(drawn, training):
    layer, (x,) = drawn
    check_gradients(layer.train(training), x)


@few
@given(drawn=convolutions(largest=5), seed=seeds)
def test_convolution_with_any_kernel_stride_and_padding(drawn, seed):
    layer, shape = drawn
    check_gradients(layer, values(shape, seed))


@few
@given(
    drawn=batch_norms(),
    seed=seeds,
    training=st.booleans(),
    offset=st.sampled_from([0.0, -3.0, 1000.0]),
)
def test_batch_norm_in_both_modes_with_an_offset(drawn, seed, training, offset):
    layer, shape = drawn
    check_gradients(layer.train(training), values(shape, seed, offset=offset))


@pytest.mark.parametrize("shape", [(4, 2), (3, 2, 4), (2, 2, 3, 3)])
def test_batch_norm_of_channels_that_do_not_vary(shape):
    layer = shaken((nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d)(2, dtype=np.float64), 0)
    check_gradients(layer, np.full(shape, 2.0), step=1e-6)


@settings(max_examples=4, deadline=None, derandomize=True)
@given(seed=seeds, training=st.booleans())
def test_a_whole_network_with_batch_norm_and_dropout(seed, training):
    network = shaken(small_cnn(seed, side=4, p=0.3), seed).train(training)
    x = values((8, 1, 4, 4), seed)
    assume(far_from_kinks(network, x))
    # Three norms on top of each other make rounding larger, and so do few images, of which some
    # features hardly differ: hence eight of them, and a wider step.
    check_gradients(network, x, step=3e-5)


@few
@given(
    seed=seeds,
    batch=st.integers(1, 5),
    classes=st.integers(1, 6),
    scale=st.sampled_from([0.1, 1.0, 10.0]),
)
def test_softmax_cross_entropy(seed, batch, classes, scale):
    rng = np.random.default_rng(seed)
    logits, labels = scale * rng.standard_normal((batch, classes)), rng.integers(0, classes, batch)
    numeric = np.empty_like(logits)
    for index in np.ndindex(logits.shape):
        step = np.zeros_like(logits)
        step[index] = 1e-5
        above, below = (nn.softmax_cross_entropy(logits + s, labels)[0] for s in (step, -step))
        numeric[index] = (above - below) / 2e-5
    error = nn.relative_error(nn.softmax_cross_entropy(logits, labels)[1], numeric)
    note("finite differences", error, 1e-6, "softmax_cross_entropy")


@pytest.mark.parametrize("norm", [nn.BatchNorm1d, nn.BatchNorm2d])
def test_a_bias_right_before_batch_norm_gets_no_gradient(norm):
    first = nn.Linear(3, 2, rng=0, dtype=np.float64)
    x = values((6, 3), 0)
    if norm is nn.BatchNorm2d:
        first, x = nn.Conv2d(3, 2, 2, rng=0, dtype=np.float64), values((2, 3, 4, 4), 0)
    network = nn.Sequential(first, norm(2, dtype=np.float64))
    network.backward(np.random.default_rng(1).standard_normal(network(x).shape))
    assert (
        np.abs(network.grads["0.bias"]).max()
        < 1e-14
        < 1e-3
        < np.abs(network.grads["0.weight"]).max()
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 2])
def test_a_number_that_is_not_finite_is_an_infinite_error(bad, place):
    a = np.arange(3.0)
    b = a.copy()
    b[place] = bad
    assert nn.relative_error(a, b) == nn.relative_error(b, a) == nn.relative_error(b, b) == np.inf
    assert nn.relative_error(a, a) == 0


def test_the_gradient_check_refuses_gradients_that_are_missing_or_have_another_shape():
    class Forgetful(nn.Linear):
        def backward(self, dy):
            dx = super().backward(dy)
            del self.grads["bias"]
            return dx

    class Column(nn.Linear):
        def backward(self, dy):
            dx = super().backward(dy)
            self.grads["bias"] = self.grads["bias"][:, None]  # would be broadcast against (2,)
            return dx

    made = {"rng": 0, "dtype": np.float64}
    with pytest.raises(
        ValueError, match=r"no gradient of bias in grads: expected one of shape \(2,\)"
    ):
        nn.gradient_check(Forgetful(3, 2, **made), np.ones((4, 3)))
    with pytest.raises(ValueError, match=r"gradient of bias has shape \(2, 1\): expected \(2,\)"):
        nn.gradient_check(Column(3, 2, **made), np.ones((4, 3)))
    with pytest.raises(
        ValueError, match=r"a has shape \(2,\) and b \(2, 1\): expected the same shape"
    ):
        nn.relative_error(np.ones(2), np.ones((2, 1)))


@pytest.mark.parametrize("axes", [0, 1, 33, 40, 64])
def test_layers_for_any_number_of_axes_take_as_many_as_numpy(axes):
    x = np.full((2,) * min(axes, 2) + (1,) * (axes - 2), 0.5)
    for layer in (nn.ReLU(), nn.Dropout(0.5, rng=0), nn.GaussianDropout(0.5, rng=0)):
        assert layer(x).shape == x.shape
        check_gradients(layer, x)
    if axes:
        flat = nn.Flatten()
        assert flat(x).shape == (len(x), x.size // len(x))
        check_gradients(flat, x)
    else:
        with pytest.raises(ValueError, match=r"Flatten: x has shape \(\), expected \(N, …\)"):
            nn.Flatten()(x)


def test_the_gradient_check_refuses_float32():
    with pytest.raises(ValueError, match="x is float32: the gradient check needs float64"):
        nn.gradient_check(nn.ReLU(), np.ones((2, 2), np.float32))
    with pytest.raises(ValueError, match="weight is float32"):
        nn.gradient_check(nn.Linear(2, 2, rng=0), np.ones((2, 2)))
