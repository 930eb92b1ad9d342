"""Exercise of chapter 07: A learning rate along half a cosine."""

import numpy as np

from dropnorm.exercises.spec import Exercise, Mistake


def cosine_rate(step, steps, lr, warmup):
    """Learning rate of a schedule: a straight warm-up, then half a cosine down to zero.

    Parameters
    ----------
    step : int
        0 for the first step; 0 <= step <= steps.
    steps : int
        Length of the whole training, warm-up included. The rate is 0 at step = steps.
    lr : float
        The largest rate.
    warmup : int
        0 <= warmup < steps. In the first warmup steps the rate is lr · (step + 1) / warmup.

    Returns
    -------
    rate : float
        From step warmup on, half a cosine: lr at step warmup, lr/2 half-way, 0 at step steps.
    """
    if step < warmup:
        return lr * (step + 1) / warmup
    return lr / 2 * (1 + np.cos(np.pi * (step - warmup) / (steps - warmup)))


def _by_pytorch(step, steps, lr, warmup):
    import torch

    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr)
    schedules = torch.optim.lr_scheduler
    if step < warmup:
        warming = schedules.LinearLR(optimiser, 1 / warmup, total_iters=max(warmup - 1, 1))
    else:
        warming, step = schedules.CosineAnnealingLR(optimiser, steps - warmup), step - warmup
    for _ in range(step):
        optimiser.step()
        warming.step()
    return optimiser.param_groups[0]["lr"]


def _shaped(shape, warm=lambda step, warmup: (step + 1) / warmup):
    """A schedule with another descent, a function of the share of it that is done."""

    def rate(step, steps, lr, warmup):
        if step < warmup:
            return lr * warm(step, warmup)
        return lr * shape((step - warmup) / (steps - warmup))

    return rate


def _half_cosine(share):
    return (1 + np.cos(np.pi * share)) / 2


EXERCISE = Exercise(
    name="cosine-rate",
    chapter=7,
    stars=1,
    title="A learning rate along half a cosine",
    hint=(
        "Which share of the way from warmup to steps is done? A cosine falls from 1 to −1 while "
        "its angle goes from 0 to π."
    ),
    solution=cosine_rate,
    cases=lambda rng: {
        "half-way, no warm-up": (50, 100, 0.1, 0),
        "the first step, no warm-up": (0, 100, 0.1, 0),
        "the end": (100, 100, 0.1, 0),
        "a quarter, lr = 0.4": (25, 100, 0.4, 0),
        "the first of 5 warm-up steps": (0, 60, 0.2, 5),
        "the last of 5 warm-up steps": (4, 60, 0.2, 5),
        "the end of the warm-up": (5, 60, 0.2, 5),
        "after a warm-up": (16, 60, 0.2, 5),
        "random": (
            int(rng.integers(30, 60)),
            int(rng.integers(70, 90)),
            float(rng.uniform(0.1, 0.9)),
            int(rng.integers(10, 20)),
        ),
    },
    mistakes={
        "whole-cosine": Mistake(
            "Your cosine goes down and up again: a whole turn, 2π. Half a turn ends at the bottom.",
            _shaped(lambda share: (1 + np.cos(2 * np.pi * share)) / 2),
        ),
        "quarter-cosine": Mistake(
            "Your cosine runs over a quarter of a turn, π/2: it ends on its steepest place. Half "
            "a turn ends flat.",
            _shaped(lambda share: np.cos(np.pi * share / 2)),
        ),
        "not-lifted": Mistake(
            "Your rate gets negative: a cosine goes down to −1. Lift it by 1 and halve it.",
            _shaped(lambda share: np.cos(np.pi * share)),
        ),
        "not-halved": Mistake(
            "Your rate is twice too large after the warm-up: 1 + cos is 2 at its start.",
            _shaped(lambda share: 2 * _half_cosine(share)),
        ),
        "straight-line": Mistake(
            "Your rate falls along a straight line. Half a cosine starts and ends flat.",
            _shaped(lambda share: 1 - share),
        ),
        "upside-down": Mistake(
            "Your rate rises: it is the cosine upside down.",
            _shaped(lambda share: 1 - _half_cosine(share)),
        ),
        "pi-forgotten": Mistake(
            "The angle goes to 1 only, not to π: after all steps the rate is still large.",
            _shaped(lambda share: (1 + np.cos(share)) / 2),
        ),
        "degrees": Mistake(
            "The angle is in degrees. np.cos takes radians: π for half a turn.",
            _shaped(lambda share: (1 + np.cos(180 * share)) / 2),
        ),
        "warm-up-ignored": Mistake(
            "There is no warm-up in your schedule.",
            lambda step, steps, lr, warmup: lr * _half_cosine(step / steps),
        ),
        "warm-up-from-zero": Mistake(
            "Your warm-up starts from the rate 0, so the first step does nothing: it is step + 1 "
            "in the numerator.",
            _shaped(_half_cosine, lambda step, warmup: step / warmup),
        ),
        "cosine-from-step-zero": Mistake(
            "Your cosine runs from step 0, so that it has already fallen when the warm-up ends. It "
            "starts at step warmup.",
            lambda step, steps, lr, warmup: (
                lr * (step + 1) / warmup if step < warmup else lr * _half_cosine(step / steps)
            ),
        ),
        "cosine-too-long": Mistake(
            "Your cosine starts at step warmup and takes steps more: it never gets to its end. "
            "Only steps − warmup are left.",
            lambda step, steps, lr, warmup: (
                lr * (step + 1) / warmup
                if step < warmup
                else lr * _half_cosine((step - warmup) / steps)
            ),
        ),
    },
    referees={
        "a squared sine": _shaped(lambda share: np.sin(np.pi * (1 - share) / 2) ** 2),
        "PyTorch": _by_pytorch,
    },
    returns=("rate",),
)
