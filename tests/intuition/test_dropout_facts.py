"""What chapter 02 says of dropout's noise and of averages of predictions; the seeds' figure."""

from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dropnorm import figures
from dropnorm import scratch as nn

numbers = st.floats(-8, 8, allow_subnormal=False)
rates = st.floats(0.05, 0.95)


class EveryMask:
    """Stands in for a random generator: row i of a (2ⁿ, n) input meets the i-th of the 2ⁿ masks."""

    def random(self, shape, dtype):
        return np.array(list(product((0, 1), repeat=shape[1])), dtype)


def all_thinned(x: np.ndarray, p: float) -> tuple[np.ndarray, np.ndarray]:
    """What dropout makes of ``x`` (n,) under each mask, (2ⁿ, n), and each mask's probability."""
    layer = nn.Dropout(p)
    layer.rng = EveryMask()
    kept = np.array(list(product((0, 1), repeat=len(x)))).sum(axis=1)
    return layer(np.tile(x, (2 ** len(x), 1))), p ** (len(x) - kept) * (1 - p) ** kept


@settings(deadline=None)
@given(arrays(float, 5, elements=numbers), arrays(float, 5, elements=numbers), rates)
def test_a_weighted_sum_keeps_its_mean_over_all_masks(x, weight, p):
    thinned, probability = all_thinned(x, p)
    np.testing.assert_allclose(probability @ (thinned @ weight), x @ weight, atol=1e-9)


@settings(deadline=None)
@given(arrays(float, 5, elements=numbers), arrays(float, 5, elements=numbers), rates)
def test_a_weighted_sum_gains_variance_p_over_1_minus_p_times_its_squared_terms(x, weight, p):
    thinned, probability = all_thinned(x, p)
    variance = probability @ (thinned @ weight - x @ weight) ** 2
    expected = p / (1 - p) * np.sum((weight * x) ** 2)
    np.testing.assert_allclose(variance, expected, rtol=1e-9, atol=1e-9)


@settings(deadline=None)
@given(arrays(float, (7, 4), elements=numbers), st.integers(0, 3))
def test_the_average_of_predictions_never_loses_more_than_its_average_member(logits, label):
    log_members = nn.log_softmax(logits)[:, label]
    log_average = np.log(np.exp(log_members).mean())
    assert -log_average <= -log_members.mean() + 1e-12


@settings(deadline=None)
@given(arrays(float, 4, elements=numbers), arrays(float, (3, 4), elements=numbers), rates)
def test_full_network_is_the_geometric_mean_of_all_thinned_ones_below_a_softmax(x, weight, p):
    thinned, probability = all_thinned(x, p)
    log_geometric = probability @ nn.log_softmax(thinned @ weight.T)
    np.testing.assert_allclose(nn.log_softmax(log_geometric), nn.log_softmax(weight @ x), atol=1e-8)


def test_the_arithmetic_mean_of_thinned_predictions_is_another_one():
    thinned, probability = all_thinned(np.ones(4), 0.5)
    weight = np.array([[2.0, 2.0, -1.0, 1.0], [0.0, 0.0, 0.0, 0.0]])
    arithmetic = probability @ np.exp(nn.log_softmax(thinned @ weight.T))
    full = np.exp(nn.log_softmax(weight @ np.ones(4)))
    assert np.abs(arithmetic - full).max() > 0.05


def test_each_image_of_a_batch_meets_its_own_mask():
    masks = nn.Dropout(0.5, rng=0)(np.ones((64, 784))) > 0
    assert len(np.unique(masks, axis=0)) == 64


@settings(deadline=None, max_examples=20)
@given(arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 9)), elements=numbers))
def test_every_seed_is_a_dot_and_every_mean_a_bar(values):
    figure, ax = plt.subplots()
    figures.paired_dots(ax, {f"condition {i}": row for i, row in enumerate(values)})
    conditions, seeds = values.shape
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert np.array_equal([line.get_ydata() for line in dots], values)
    assert np.array_equal([line.get_ydata() for line in ax.lines[:seeds]], values.T)
    bars = [line for line in ax.lines[seeds:] if line.get_marker() != "o"]
    np.testing.assert_allclose([line.get_ydata()[0] for line in bars], values.mean(axis=1))
    assert len(bars) == conditions
    plt.close(figure)


@pytest.mark.parametrize("values", [{}, {"plain": [1.0, 2.0], "dropout": [1.0]}])
def test_seeds_that_cannot_be_paired_are_refused(values):
    with pytest.raises(ValueError, match="same number of seeds"):
        figures.paired_dots(plt.figure().gca(), values)
    plt.close("all")
