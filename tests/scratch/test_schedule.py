"""Schedules: PyTorch's learning rates step by step, and what is refused."""

import numpy as np
import pytest
from checks_of_training import check_cosine, check_sequence, check_warm_up
from hypothesis import given, settings
from hypothesis import strategies as st

from dropnorm import scratch as nn

few = settings(max_examples=30, deadline=None, derandomize=True)
shares, steps = st.floats(0.01, 1), st.integers(1, 9)


def sgd(lr=0.3):
    return nn.SGD(nn.Linear(2, 2, rng=0), lr)


@few
@given(T_max=steps, eta_min=st.sampled_from([0.0, 0.01, 0.3, 0.5]))
def test_a_cosine_has_pytorchs_rates_down_and_up_again(T_max, eta_min):
    check_cosine(T_max, eta_min, steps=3 * T_max)


@few
@given(start=shares, end=shares, total=steps)
def test_a_warm_up_has_pytorchs_rates_and_then_stays(start, end, total):
    check_warm_up(start, end, total, steps=total + 3)


@few
@given(warm_up=steps, T_max=steps, start=shares)
def test_one_schedule_after_the_other_has_pytorchs_rates(warm_up, T_max, start):
    check_sequence(warm_up, T_max, start)


def test_a_cosine_by_hand():
    optimiser = sgd(0.4)
    schedule, rates = nn.CosineAnnealingLR(optimiser, T_max=4), []
    for _ in range(5):
        rates.append(optimiser.lr)
        schedule.step()
    half = np.sqrt(0.5)
    np.testing.assert_allclose(rates, [0.4, 0.2 * (1 + half), 0.2, 0.2 * (1 - half), 0], atol=1e-16)


def test_a_later_schedule_starts_from_the_rate_that_the_first_one_found():
    optimiser = sgd(0.5)
    nn.LinearLR(optimiser, 0.1)
    assert optimiser.lr == 0.05
    nn.CosineAnnealingLR(optimiser, 10)
    assert optimiser.lr == 0.5


def test_the_next_step_of_the_optimiser_takes_the_new_rate():
    layer = nn.Linear(2, 2, bias=False, rng=0, dtype=np.float64)
    optimiser = nn.SGD(layer, lr=1.0)
    schedule = nn.LinearLR(optimiser, 0.5, 1.0, total_iters=1)
    moved = []
    for _ in range(2):
        before = layer.params["weight"].copy()
        layer.backward(np.ones_like(layer(np.ones((1, 2)))))
        optimiser.step()
        schedule.step()
        moved.append(np.abs(layer.params["weight"] - before).max())
    np.testing.assert_allclose(moved, [0.5, 1.0])


def test_schedules_that_do_not_follow_one_another_are_refused():
    optimiser = sgd()
    first, second = nn.LinearLR(optimiser), nn.CosineAnnealingLR(optimiser, 5)
    for milestones in ([], [3, 4], [0], [2.5], (3,)):
        with pytest.raises(ValueError, match=r"milestones=.*expected 1 rising whole number"):
            nn.SequentialLR(optimiser, [first, second], milestones)
    for rest in ([4, 4], [5, 3]):
        with pytest.raises(ValueError, match="expected 2 rising whole number"):
            nn.SequentialLR(optimiser, [first, second, first], rest)
    other = nn.LinearLR(sgd())
    for schedulers in ([], [first, other], first, [optimiser]):
        with pytest.raises(ValueError, match=r"schedulers=.*a list of schedules of this optimiser"):
            nn.SequentialLR(optimiser, schedulers, [3])
