"""Schedules: they change an optimiser's learning rate from step to step, as in PyTorch."""

from bisect import bisect_right
from itertools import pairwise

import numpy as np

from dropnorm.scratch.arguments import is_whole, number, refusal, whole
from dropnorm.scratch.optim import Optimiser


class _Schedule:
    """Sets ``optimiser.lr`` to ``rate(0)`` when it is made, to ``rate(t)`` after step t."""

    def __init__(self, optimiser: Optimiser) -> None:
        if not isinstance(optimiser, Optimiser):
            raise refusal("optimiser", optimiser, "an optimiser, such as SGD(network, lr=0.1)")
        self.optimiser = optimiser
        # that of the first schedule: those made after it find the rate changed already
        optimiser.initial_lr = optimiser.initial_lr or optimiser.lr
        self.initial_lr = optimiser.initial_lr
        self.steps = 0

    def rate(self, t: int) -> float:
        """The learning rate after t steps."""
        raise NotImplementedError

    def step(self) -> None:
        """Count a step of the optimiser, which has to be taken first, and set its next rate."""
        self.steps += 1
        self.optimiser.lr = self.rate(self.steps)


class LinearLR(_Schedule):
    """Warm-up: η(t) = η₀ · (start + (end − start) · t / total), and η₀ · end from ``total`` on.

    Large batches and deep networks are often trained so (Goyal et al., 2017): the first steps, from
    random weights, are the ones that a large learning rate throws furthest.

    Parameters
    ----------
    optimiser
        Its learning rate when the first schedule is made is η₀.
    start_factor, end_factor
        Shares of η₀ at first, above 0 and at most 1, and at last, 0 to 1.
    total_iters
        Steps from the one to the other.

    Raises
    ------
    ValueError
        An argument is out of range.
    """

    def __init__(
        self,
        optimiser: Optimiser,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
    ) -> None:
        super().__init__(optimiser)
        allowed = "a number above 0, at most 1"
        self.start = number("start_factor", start_factor, lambda f: 0 < f <= 1, allowed)
        allowed = "a number from 0 to 1"
        self.end = number("end_factor", end_factor, lambda f: 0 <= f <= 1, allowed)
        self.total_iters = whole("total_iters", total_iters)
        optimiser.lr = self.rate(0)

    def rate(self, t: int) -> float:
        """η₀ · (start + (end − start) · t / total)."""
        share = min(t, self.total_iters) / self.total_iters
        return self.initial_lr * (self.start + (self.end - self.start) * share)


class CosineAnnealingLR(_Schedule):
    """η(t) = η_min + (η₀ − η_min) (1 + cos(π t / T_max)) / 2 (Loshchilov & Hutter, 2017).

    Half a cosine, from η₀ down to η_min after T_max steps; it goes up again afterwards.

    Parameters
    ----------
    optimiser
        Its learning rate when the first schedule is made is η₀.
    T_max
        Steps on the way down.
    eta_min
        The lowest rate, at least 0.

    Raises
    ------
    ValueError
        An argument is out of range.
    """

    def __init__(self, optimiser: Optimiser, T_max: int, eta_min: float = 0.0) -> None:
        super().__init__(optimiser)
        self.T_max = whole("T_max", T_max)
        self.eta_min = number("eta_min", eta_min, lambda eta: eta >= 0, "a number >= 0")
        optimiser.lr = self.rate(0)

    def rate(self, t: int) -> float:
        """η_min + (η₀ − η_min) (1 + cos(π t / T_max)) / 2."""
        half_cosine = (1 + np.cos(np.pi * t / self.T_max)) / 2
        return self.eta_min + (self.initial_lr - self.eta_min) * float(half_cosine)


class SequentialLR(_Schedule):
    """One schedule after the other, such as a warm-up and then a cosine.

    Parameters
    ----------
    optimiser
        That of all schedules. Their own ``step`` is not called any more.
    schedulers
        At least one.
    milestones
        After how many steps, in all, the second schedule begins, the third, …; each begins at its
        own t = 0.

    Raises
    ------
    ValueError
        A schedule is of another optimiser; there is not one milestone between each two; milestones
        do not rise.
    """

    def __init__(
        self, optimiser: Optimiser, schedulers: list[_Schedule], milestones: list[int]
    ) -> None:
        super().__init__(optimiser)
        if (
            not isinstance(schedulers, list)
            or not schedulers
            or not all(isinstance(s, _Schedule) and s.optimiser is optimiser for s in schedulers)
        ):
            raise refusal("schedulers", schedulers, "a list of schedules of this optimiser")
        between = len(schedulers) - 1
        if (
            not isinstance(milestones, list)
            or len(milestones) != between
            or not all(is_whole(m, 1) for m in milestones)
            or not all(a < b for a, b in pairwise(milestones))
        ):
            allowed = f"{between} rising whole number(s) >= 1: one for each schedule but the first"
            raise refusal("milestones", milestones, allowed)
        self.schedulers, self.milestones = list(schedulers), list(milestones)
        optimiser.lr = self.rate(0)

    def rate(self, t: int) -> float:
        """That of the schedule which t falls to, at the steps since it began."""
        place = bisect_right(self.milestones, t)
        began = self.milestones[place - 1] if place else 0
        return self.schedulers[place].rate(t - began)
