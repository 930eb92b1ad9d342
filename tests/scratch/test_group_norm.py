"""Group, layer and instance norm: both referees on any shape, and how the three differ."""

import numpy as np
import pytest
from checks import check_against_pytorch, check_gradients, plain, shaken, values
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import row_norms, seeds

from dropnorm import scratch as nn

few = settings(max_examples=60, deadline=None, derandomize=True)
F64 = np.float64


@few
@given(
    drawn=row_norms(),
    seed=seeds,
    training=st.booleans(),
    offset=st.sampled_from([0.0, -3.0, 100.0]),
)
def test_gradients(drawn, seed, training, offset):
    layer, shape = drawn
    check_gradients(layer.train(training), plain(shape, seed) + offset)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@few
@given(data=st.data(), seed=seeds)
def test_against_pytorch(dtype, data, seed):
    layer, shape = data.draw(row_norms(dtype))
    check_against_pytorch(layer, [plain(shape, seed + i, dtype) + i for i in range(2)])


@few
@given(drawn=row_norms(), seed=seeds)
def test_an_image_does_not_depend_on_its_neighbours_nor_on_the_mode(drawn, seed):
    layer, shape = drawn
    x = plain((3, *shape) if isinstance(layer, nn.LayerNorm) else shape, seed)
    y = layer(x)
    np.testing.assert_allclose(layer(x[:1]), y[:1], atol=1e-12)
    np.testing.assert_array_equal(layer.eval()(x), y)


@pytest.mark.parametrize("shape", [(4, 6), (2, 6, 5), (3, 6, 4, 5), (2, 6, 2, 3, 2)])
def test_the_mean_of_a_group_is_zero_and_its_variance_one(shape):
    y = nn.GroupNorm(2, 6, eps=0, dtype=F64)(plain(shape, 0) * 3 + 7).reshape(shape[0], 2, -1)
    np.testing.assert_allclose(y.mean(axis=2), 0, atol=1e-14)
    np.testing.assert_allclose(y.var(axis=2), 1, atol=1e-14)


def test_one_group_is_layer_norm_over_channels_and_pixels_and_a_group_a_channel_is_instance_norm():
    x = plain((3, 4, 2, 5), 0)
    one = nn.GroupNorm(1, 4, affine=False)(x)
    np.testing.assert_allclose(
        one, nn.LayerNorm((4, 2, 5), elementwise_affine=False)(x), atol=1e-14
    )
    np.testing.assert_allclose(
        nn.GroupNorm(4, 4, affine=False)(x), nn.InstanceNorm2d(4)(x), atol=1e-14
    )
    # and what today's networks call layer norm, channels last, is another thing
    last = nn.LayerNorm(4, elementwise_affine=False)(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    assert np.abs(last - one).max() > 0.5
    assert (
        nn.LayerNorm((4, 2, 5)).params["weight"].size == 40
        and nn.GroupNorm(1, 4).params["weight"].size == 4
    )


def test_with_one_image_batch_norm_is_instance_norm():
    x = values((1, 3, 4, 5), 0)
    np.testing.assert_allclose(nn.BatchNorm2d(3, dtype=F64)(x), nn.InstanceNorm2d(3)(x), atol=1e-12)


@few
@given(drawn=row_norms(), seed=seeds)
def test_neither_input_nor_gradient_is_changed_in_place(drawn, seed):
    layer, shape = drawn
    x, dy = plain(shape, seed), plain(shape, seed + 1)
    before = x.copy(), dy.copy()
    layer(x)
    layer.backward(dy)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(dy, before[1])


@pytest.mark.parametrize("dtype", [np.float32, F64])
def test_a_large_mean_costs_no_more_than_the_rounding_of_the_input(dtype):
    x = (plain((4, 6, 8, 8), 0) + 1000).astype(dtype)
    exact = nn.GroupNorm(2, 6, dtype=F64)(x.astype(F64))
    assert np.abs(nn.GroupNorm(2, 6, dtype=dtype)(x) - exact).max() < 2 * 1000 * np.finfo(dtype).eps


@pytest.mark.parametrize(
    ("layer", "x", "message"),
    [
        (
            nn.GroupNorm(2, 4),
            np.ones((2, 3), np.float32),
            r"GroupNorm: x has shape \(2, 3\), expected \(N, 4, …\)",
        ),
        (nn.GroupNorm(2, 4), np.ones(4, np.float32), r"GroupNorm: x has shape \(4,\)"),
        (
            nn.GroupNorm(2, 4),
            np.ones((2, 4)),
            "GroupNorm: x is float64, but the layer was made with dtype=float32",
        ),
        (
            nn.GroupNorm(4, 4),
            np.ones((2, 4), np.float32),
            r"1 value\(s\) to a mean; expected at least 2",
        ),
        (
            nn.GroupNorm(2, 4, 0),
            np.ones((2, 4), np.float32),
            "GroupNorm: eps=0.0 and row 0 does not vary",
        ),
        (
            nn.InstanceNorm2d(3),
            np.ones((2, 3, 4)),
            r"InstanceNorm2d: x has shape \(2, 3, 4\), expected \(N, 3, H, W\)",
        ),
        (nn.InstanceNorm2d(3), np.ones((2, 3, 1, 1)), r"InstanceNorm2d: .*1 value\(s\)"),
        (
            nn.LayerNorm(3),
            np.ones((2, 4), np.float32),
            r"LayerNorm: x has shape \(2, 4\), expected \(…, 3\)",
        ),
        (
            nn.LayerNorm((2, 3)),
            np.ones(3, np.float32),
            r"LayerNorm: x has shape \(3,\), expected \(…, 2, 3\)",
        ),
        (nn.LayerNorm(1), np.ones((2, 1), np.float32), r"LayerNorm: .*1 value\(s\)"),
        (nn.LayerNorm(3), [1.0], "LayerNorm: x is list"),
    ],
)
def test_an_input_that_does_not_fit_is_refused(layer, x, message):
    with pytest.raises(ValueError, match=message):
        layer(x)


def test_groups_have_to_divide_the_channels():
    with pytest.raises(ValueError, match="num_groups=4: expected a divisor of num_channels=6"):
        nn.GroupNorm(4, 6)


def test_states_are_pytorchs():
    assert {*nn.GroupNorm(1, 2).state_dict()} == {"weight", "bias"}
    assert nn.InstanceNorm2d(2).state_dict() == {}
    layer = shaken(nn.LayerNorm((2, 3)), 0)
    assert layer.state_dict()["weight"].shape == (2, 3)
