"""The training loop, with a learner that loses its way when it is told to."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from dropnorm.experiments.training import curve_steps, train
from dropnorm.experiments.trial import Trial

NEVER = 10_000


class Walker:
    """Two weights, each a network. Its loss grows by 1 a step, and at one step is no number."""

    n_networks = 2

    def __init__(self, trial: Trial, lost_at: tuple[int, int]) -> None:
        self.trial, self.lost_at = trial, lost_at
        self.model = nn.Linear(1, 2, bias=False)
        self.steps: list[bool] = []

    def losses(self, at_point):
        self.steps.append(at_point)
        step = len(self.steps)
        lost = torch.tensor([step == lost_at for lost_at in self.lost_at])
        return 0 * self.model.weight[:, 0] + torch.where(lost, torch.nan, float(step))

    def figures(self, split, first=None):
        assert split == "validation"
        return [{"loss": 1.0, "accuracy": 0.5}] * 2


def points(steps: int, last: int) -> list[int]:
    return [step for step in curve_steps(steps) if step < last]


def test_every_step_is_made_and_the_learner_is_told_where_the_curves_have_points():
    walker = Walker(Trial(steps=100), (NEVER, NEVER))
    curves = train(walker)
    told = [step for step, at_point in enumerate(walker.steps, start=1) if at_point]
    assert len(walker.steps) == 100 and told == curve_steps(100)
    assert [curve["step"] for curve in curves] == [curve_steps(100)] * 2


def test_the_curves_of_a_network_end_where_its_loss_is_lost_and_the_other_goes_on():
    one, other = train(Walker(Trial(steps=100), (30, NEVER)))
    assert one["step"] == points(100, 30) and other["step"] == curve_steps(100)


def test_training_ends_at_the_point_behind_which_all_are_lost():
    walker = Walker(Trial(steps=1_000), (30, 60))
    one, other = train(walker)
    assert (one["step"], other["step"]) == (points(1_000, 30), points(1_000, 60))
    assert len(walker.steps) == min(step for step in curve_steps(1_000) if step >= 60)


def test_the_training_loss_of_a_point_is_the_mean_since_the_point_before():
    for curve in train(Walker(Trial(steps=100), (NEVER, NEVER))):
        intervals = pairwise([0, *curve["step"]])
        means = [(before + 1 + step) / 2 for before, step in intervals]  # of before + 1, …, step
        assert curve["train_loss"] == pytest.approx(means, rel=1e-4)
