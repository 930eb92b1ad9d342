"""Exercise of chapter 11: An interaction."""

import numpy as np

from dropnorm.exercises.spec import Exercise, Mistake


def interaction(plain, dropout, norm, both):
    """How much more (or less) dropout brings with batch norm than without.

    Parameters
    ----------
    plain, dropout, norm, both : arrays (n,)
        Accuracies of the four networks, seed by seed.

    Returns
    -------
    mean : float
        The interaction, averaged over the seeds.
    """
    return ((both - norm) - (dropout - plain)).mean()


def _drawn(rng, n):
    return tuple(level + rng.standard_normal(n) for level in (80, 83, 84, 85))


EXERCISE = Exercise(
    name="interaction",
    chapter=11,
    stars=1,
    title="An interaction",
    hint="What does dropout bring alone? What on top of batch norm? Subtract.",
    solution=interaction,
    cases=lambda rng: {
        "80, 83, 84, 85": tuple(np.array([v]) for v in (80.0, 83.0, 84.0, 85.0)),
        "6 seeds": _drawn(rng, 6),
        "9 seeds": _drawn(rng, 9),
        "dropout alone is best": tuple(np.array([v, v + 1]) for v in (70.0, 80.0, 74.0, 79.0)),
        "they help one another": tuple(np.array([v, v - 1]) for v in (70.0, 72.0, 74.0, 81.0)),
    },
    mistakes={
        "gain-of-both": Mistake(
            "This is the gain of both over plain. Subtract the two single gains.",
            lambda p, d, n, b: (b - p).mean(),
        ),
        "on-top-of-norm": Mistake(
            "This is what dropout brings on top of batch norm. Subtract what it brings alone.",
            lambda p, d, n, b: (b - n).mean(),
        ),
        "over-the-best": Mistake(
            "You compare with the better single network. That asks whether to use both, not "
            "whether they interact.",
            lambda p, d, n, b: b.mean() - max(d.mean(), n.mean()),
        ),
        "plain-forgotten": Mistake(
            "plain is missing: the interaction is both − norm − dropout + plain.",
            lambda p, d, n, b: (b - n - d).mean(),
        ),
        "sign": Mistake(
            "The sign is wrong: gain with batch norm minus gain without.",
            lambda p, d, n, b: ((d - p) - (b - n)).mean(),
        ),
        "absolute": Mistake(
            "You take the absolute value. The sign says whether the two help one another or stand "
            "in each other's way.",
            lambda p, d, n, b: abs(interaction(p, d, n, b)),
        ),
        "negative": Mistake(
            "You make the interaction negative. It is positive where the two help one another.",
            lambda p, d, n, b: -abs(interaction(p, d, n, b)),
        ),
        "halved": Mistake(
            "You halve it, as some texts on factorial designs do. Asked for is the plain "
            "difference of differences.",
            lambda p, d, n, b: interaction(p, d, n, b) / 2,
        ),
        "gains-added": Mistake(
            "You add the two gains. The interaction is their difference.",
            lambda p, d, n, b: ((b - n) + (d - p)).mean(),
        ),
        "main-effect": Mistake(
            "This is the main effect of dropout, the average of the two gains. The interaction is "
            "their difference.",
            lambda p, d, n, b: ((b - n) + (d - p)).mean() / 2,
        ),
        "medians": Mistake(
            "You take the median over the seeds. Asked for is the mean.",
            lambda p, d, n, b: np.median((b - n) - (d - p)),
        ),
        "ratio": Mistake(
            "You compare ratios of accuracies. An interaction is a difference of differences, in "
            "points.",
            lambda p, d, n, b: ((b / n) / (d / p)).mean(),
        ),
        "relative-gains": Mistake(
            "You subtract relative gains, divided by what they start from. Asked for are gains in "
            "points.",
            lambda p, d, n, b: ((b - n) / n - (d - p) / p).mean(),
        ),
        "gain-of-dropout": Mistake(
            "This is what dropout brings alone. Subtract it from what it brings on top of batch "
            "norm.",
            lambda p, d, n, b: (d - p).mean(),
        ),
        "sum-of-the-gains": Mistake(
            "You compare both with plain plus the accuracies of the two, not with plain plus "
            "their gains: plain counts once too often.",
            lambda p, d, n, b: (b - n - d - p).mean(),
        ),
        "over-the-mean": Mistake(
            "You compare both with the mean of the two single networks. Subtract gains: both − "
            "norm, and dropout − plain.",
            lambda p, d, n, b: (b - (d + n) / 2).mean(),
        ),
    },
    referees={
        "the roles exchanged": lambda p, d, n, b: ((b - d) - (n - p)).mean(),
    },
    returns=("mean",),
)
