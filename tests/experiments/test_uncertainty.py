"""Votes of thinned networks, and calibration."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_networks import images, modes, network, same, state

from dropnorm.experiments.uncertainty import calibration_error, monte_carlo, reliability

torch.set_num_threads(1)


def test_monte_carlo_leaves_running_statistics_and_modes_alone():
    model = network()
    model.norm2.eval()
    before, before_modes = state(model), modes(model)
    monte_carlo(model, images(8), 3)
    assert same(before, state(model)) and modes(model) == before_modes


def test_monte_carlo_passes_differ_and_their_mean_nears_the_exact_average_over_all_masks():
    model = network(hidden=4).eval()
    with torch.no_grad():
        features = model[:-2](images(3))
        masks = torch.cartesian_prod(*[torch.tensor([0.0, 2.0])] * 4)
        exact = torch.stack([model.logits(features * mask).softmax(1) for mask in masks]).mean(0)
    torch.manual_seed(0)
    passes = monte_carlo(model[-2:], features, 10_000)
    assert passes.shape == (10_000, 3, 10) and not torch.equal(passes[0], passes[1])
    assert torch.allclose(passes.mean(0), exact, atol=0.01)


def test_a_monte_carlo_pass_of_one_image_does_not_depend_on_the_others():
    model, x = network(dropout=1e-9), images(8)
    assert torch.allclose(monte_carlo(model, x, 1)[:, :1], monte_carlo(model, x[:1], 1), atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "passes", "named"), [({}, 0, "passes=0"), ({"dropout": 0.0}, 5, "dropout")]
)
def test_monte_carlo_refuses_what_has_no_spread(changes, passes, named):
    with pytest.raises(ValueError, match=named):
        monte_carlo(network(**changes), images(2), passes)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 30), st.integers(0, 1_000))
def test_the_calibration_error_is_a_loop_over_bins(bins, seed):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(4), 50)
    labels = rng.integers(0, 4, 50)
    confidence, right = p.max(1), p.argmax(1) == labels
    total = 0.0
    for low in np.arange(bins) / bins:
        inside = (confidence > low) & (confidence <= low + 1 / bins)
        if inside.any():
            total += abs(right[inside].mean() - confidence[inside].mean()) * inside.sum() / 50
    assert calibration_error(torch.from_numpy(p), torch.from_numpy(labels), bins) == pytest.approx(
        total, abs=1e-9
    )


def test_calibrated_probabilities_have_a_small_error_and_sharpened_ones_a_large_one():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, (20_000, 10))
    p = torch.from_numpy(logits).softmax(1)
    labels = torch.multinomial(p, 1, generator=torch.Generator().manual_seed(0))[:, 0]
    assert calibration_error(p, labels) < 0.02
    assert calibration_error(torch.from_numpy(3 * logits).softmax(1), labels) > 0.2


def test_a_sure_and_wrong_network_has_calibration_error_one():
    p = torch.eye(3)[[0, 1, 2]]
    assert calibration_error(p, torch.tensor([1, 2, 0])) == 1
    assert calibration_error(p, torch.tensor([0, 1, 2])) == 0


def test_the_shares_of_the_bins_add_up_and_give_back_the_accuracy():
    p = torch.rand(200, 10, generator=torch.Generator().manual_seed(0)).softmax(1)
    labels = torch.arange(200) % 10
    table = reliability(p, labels, 10)
    assert table["share"].sum() == pytest.approx(1)
    assert (table["share"] * table["accuracy"]).sum() == pytest.approx(
        (p.argmax(1) == labels).double().mean().item()
    )


@pytest.mark.parametrize(
    ("probabilities", "labels", "bins", "named"),
    [
        (torch.randn(5, 3), torch.zeros(5), 15, "logits"),
        (torch.full((5, 2), 0.5), torch.zeros(4), 15, "labels"),
        (torch.full((0, 2), 0.5), torch.zeros(0), 15, "at least 1"),
        (torch.full((5, 2), 0.5), torch.zeros(5), 0, "bins=0"),
    ],
)
def test_what_is_no_probability_is_refused(probabilities, labels, bins, named):
    with pytest.raises(ValueError, match=named):
        calibration_error(probabilities, labels, bins)
