"""Exercise of chapter 11b: The variance that batch norm will not meet again."""

import numpy as np

from dropnorm.exercises.spec import Exercise, Mistake


def variance_shift(mean, var, p):
    """How much smaller a unit's variance is in evaluation than in training, after dropout.

    Parameters
    ----------
    mean, var : float
        Of the unit before dropout.
    p : float
        Probability of dropping, 0 <= p < 1.

    Returns
    -------
    ratio : float
        Variance in evaluation / variance in training; 0 for a constant unit, var = 0 and mean ≠ 0.
    """
    return var / ((var + mean**2) / (1 - p) - mean**2)


def _two_point(mean, var, p):
    x = mean + np.sqrt(var) * np.array([-1.0, 1.0])
    after = np.concatenate([0 * x, x / (1 - p)])
    weight = np.array([p, p, 1 - p, 1 - p]) / 2
    return var / (weight @ (after - weight @ after) ** 2)


def _by_odds(mean, var, p):
    training = (var + mean**2) * p / (1 - p) - mean**2
    return var / training if training else 0.0


def _in_steps(mean, var, p):
    square = var + mean**2
    keep = 1 - p
    after = keep * square / keep**2
    training = after - mean**2
    return var / training


EXERCISE = Exercise(
    name="variance-shift",
    chapter=11,
    stars=2,
    title="The variance that batch norm will not meet again",
    hint="Var = E[y²] − E[y]². What are E[y] and E[y²] in training, where y is 0 or x/(1 − p)?",
    solution=variance_shift,
    cases=lambda rng: {
        "mean 0, p = 0.5": (0.0, 1.0, 0.5),
        "mean 1, p = 0.2": (1.0, 2.0, 0.2),
        "p = 0": (3.0, 2.0, 0.0),
        "random": (float(rng.normal()), float(rng.uniform(1, 3)), 0.7),
        "a constant unit": (1.5, 0.0, 0.4),
    },
    mistakes={
        "mean-ignored": Mistake(
            "1 − p holds for mean 0 only. Dropout makes noise of a constant, too.",
            lambda m, v, p: 1 - p,
        ),
        "upside-down": Mistake(
            "The ratio is upside down: evaluation / training.",
            lambda m, v, p: 1 / variance_shift(m, v, p),
        ),
        "keep-drop-swapped": Mistake(
            "Keep and drop are mixed up: with p = 0 the ratio must be 1.",
            lambda m, v, p: v / ((v + m**2) / p - m**2) if p else 0.0,
        ),
        "unscaled": Mistake(
            "This is dropout without the scale 1/(1 − p) in training.",
            lambda m, v, p: v / ((v + m**2) * (1 - p) - ((1 - p) * m) ** 2),
        ),
        "mean-not-subtracted": Mistake(
            "You have the mean square in training. Its variance is less by mean².",
            lambda m, v, p: v / ((v + m**2) / (1 - p)),
        ),
        "mean-not-squared": Mistake(
            "The mean must be squared: E[x²] = var + mean².",
            lambda m, v, p: v / ((v + m) / (1 - p) - m),
        ),
        "mean-scaled": Mistake(
            "You scale the mean by 1/(1 − p), too. The factor and the missing units cancel: E[y] "
            "is the mean itself.",
            lambda m, v, p: v / ((v + m**2) / (1 - p) - (m / (1 - p)) ** 2),
        ),
        "deviations": Mistake(
            "This is the ratio of standard deviations. Asked for are variances.",
            lambda m, v, p: np.sqrt(variance_shift(m, v, p)),
        ),
        "unscaled-mean": Mistake(
            "Your mean square has the scale 1/(1 − p), and the mean has not: you subtract ((1 − "
            "p) · mean)². Inverted dropout leaves the mean as it was.",
            lambda m, v, p: v / ((v + m**2) / (1 - p) - ((1 - p) * m) ** 2),
        ),
        "odds": Mistake(
            "You multiply by the odds p/(1 − p) where 1/(1 − p) belongs. The odds are what "
            "dropout adds: var + p/(1 − p) · E[x²].",
            _by_odds,
        ),
        "noise-alone": Mistake(
            "You divide by the variance that dropout adds. In training there is the unit's own, "
            "too.",
            lambda m, v, p: v / (p / (1 - p) * (v + m**2)) if p else 0.0,
        ),
        "scale-squared": Mistake(
            "You divide the mean square by (1 − p)². Of the elements only a share 1 − p is there: "
            "one factor cancels.",
            lambda m, v, p: v / ((v + m**2) / (1 - p) ** 2 - m**2),
        ),
        "variance-alone-scaled": Mistake(
            "You scale the variance alone, var/(1 − p). Dropout makes noise of the mean, too: "
            "scale E[x²] = var + mean².",
            lambda m, v, p: v / (v / (1 - p) + m**2),
        ),
        "difference": Mistake(
            "You return the difference of the variances. Asked for is their ratio.",
            lambda m, v, p: (v + m**2) / (1 - p) - m**2 - v,
        ),
    },
    referees={"a unit with two values": _two_point},
    other_ways=(_in_steps,),
    returns=("ratio",),
)
