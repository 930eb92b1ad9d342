"""Dropout of channels of sequences, of paths and of blocks: both referees, and what is lost."""

import numpy as np
import pytest
from checks import check_gradients, distinct
from checks_of_dropout import check_drop_block, check_drop_path, check_dropout1d
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import seeds, sizes

from dropnorm import scratch as nn

few = settings(max_examples=20, deadline=None, derandomize=True)
rates = st.floats(0.05, 0.9)


@few
@given(seed=seeds, p=rates, shape=st.tuples(sizes, sizes, sizes))
def test_dropout1d_is_pytorchs(seed, p, shape):
    check_dropout1d(seed, p, shape)


@few
@given(seed=seeds, p=rates, shape=st.lists(sizes, min_size=1, max_size=4).map(tuple))
def test_drop_path_multiplies_each_image_by_one_number_of_pytorchs_dropout(seed, p, shape):
    check_drop_path(seed, p, shape)


@few
@given(seed=seeds, p=rates, block_size=st.sampled_from([1, 3, 5]), more=st.tuples(sizes, sizes))
def test_drop_block_is_what_max_pooling_makes_of_the_middles(seed, p, block_size, more):
    shape = (2, 2, *(block_size - 1 + size for size in more))
    check_drop_block(seed, p, block_size, shape)


LAYERS = [
    (nn.Dropout1d(0.4, rng=0), (3, 4, 2)),
    (nn.DropPath(0.4, rng=0), (4, 2, 3)),
    (nn.DropBlock2d(0.4, 2, rng=0), (2, 2, 4, 3)),
]
every_layer = pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=lambda v: type(v).__name__)


@every_layer
def test_gradients_in_both_modes(layer, shape):
    for mode in (True, False):
        check_gradients(layer.train(mode), distinct(shape, 0))


@every_layer
def test_evaluation_and_p_zero_are_the_identity_both_ways(layer, shape):
    x = distinct(shape, 0)
    for quiet in (layer.eval(), type(layer)(0.0).train()):
        np.testing.assert_array_equal(quiet(x), x)
        np.testing.assert_array_equal(quiet.backward(2 * x), 2 * x)
    layer.train()


def test_a_residual_block_with_a_dropped_path_hands_its_input_through():
    x = distinct((200, 3), 0)
    linear = nn.Linear(3, 3, rng=0, dtype=np.float64)
    y = nn.Residual(linear, nn.DropPath(0.25, rng=1))(x)
    dropped = (y == x).all(axis=1)
    assert 30 < dropped.sum() < 70
    np.testing.assert_allclose(y[~dropped], (x + linear(x) / 0.75)[~dropped])


def test_a_path_that_is_always_dropped_leaves_its_block_the_identity():
    x = distinct((5, 3), 0)
    block = nn.Residual(nn.Linear(3, 3, rng=0, dtype=np.float64), nn.DropPath(1, rng=1))
    np.testing.assert_array_equal(block(x), x)
    np.testing.assert_array_equal(block.backward(2 * x), 2 * x)
    assert (block.grads["0.weight"] == 0).all()


@pytest.mark.parametrize("block_size", [1, 2, 5])
def test_drop_block_loses_blocks_about_a_share_p_and_keeps_the_mean_of_ones(block_size):
    y = nn.DropBlock2d(0.1, block_size, rng=0)(np.ones((64, 8, 12, 12)))
    lost = y == 0
    # blocks overlap, so it is a little less
    assert 0.08 < lost.mean() < 0.105
    assert abs(y.mean() - 1) < 1e-6
    # every lost pixel lies in a block all of which is lost
    windows = np.lib.stride_tricks.sliding_window_view(lost, (block_size,) * 2, axis=(2, 3))
    whole = windows.all(axis=(4, 5))
    covered = np.zeros_like(lost)
    for i, j in np.ndindex(block_size, block_size):
        covered[:, :, i : i + whole.shape[2], j : j + whole.shape[3]] |= whole
    np.testing.assert_array_equal(covered, lost)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (nn.Dropout1d(), (2, 3), r"Dropout1d: x has shape \(2, 3\), expected \(N, C, L\)"),
        (nn.DropPath(), (), r"DropPath: x has shape \(\), expected \(N, …\)"),
        (nn.DropBlock2d(), (2, 3, 4), r"expected \(N, C, H, W\)"),
        (
            nn.DropBlock2d(0.5, 5),
            (1, 1, 4, 9),
            r"image of \(4, 9\) is smaller than block_size=5",
        ),
    ],
)
def test_an_input_that_does_not_fit_is_refused(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer(np.ones(shape))
