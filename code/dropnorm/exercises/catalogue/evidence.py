"""Exercises of chapters 08 and 11: intervals, interactions, shifted variances."""

from statistics import NormalDist

import numpy as np

from dropnorm.exercises.spec import Cases, Exercise


def paired_interval(a, b):
    """Mean difference of two networks that were trained with the same seeds, with its 95 % t interval.

    Parameters
    ----------
    a, b : arrays (n,)
        Accuracies; place i of both belongs to seed i. ``scipy.stats.t.ppf`` gives quantiles of the t distribution.

    Returns
    -------
    mean, low, high : float
        The mean of a − b, and the ends of the interval.
    """
    return _interval(a - b, _t(a))


def _interval(difference, factor, ddof=1, error=None):
    mean = difference.mean()
    error = difference.std(ddof=ddof) / np.sqrt(len(difference)) if error is None else error
    return mean, mean - factor * error, mean + factor * error


def _shifted(a, b, mean):
    was, low, high = paired_interval(a, b)
    return mean, low - was + mean, high - was + mean


def _interval_by_scipy(a, b):
    from scipy import stats

    interval = stats.ttest_rel(a, b).confidence_interval(0.95)
    return (a - b).mean(), interval.low, interval.high


def _unpaired(a, b):
    from scipy import stats

    interval = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    return (a - b).mean(), interval.low, interval.high


def _pooled(a, b):
    from scipy import stats

    interval = stats.ttest_ind(a, b).confidence_interval(0.95)
    return (a - b).mean(), interval.low, interval.high


def _t(a, quantile=0.975, lost=1):
    from scipy.special import stdtrit  # here, because SciPy takes a second to import

    return stdtrit(len(a) - lost, quantile)


def _accuracies(rng: np.random.Generator) -> Cases:
    def draw(n):
        seed = 2 * rng.standard_normal(n)
        return 82 + seed + 0.3 * rng.standard_normal(n), 81 + seed + 0.3 * rng.standard_normal(n)

    return {
        "3 seeds": (np.array([80.0, 82.0, 84.0]), np.array([79.0, 80.0, 83.0])),
        "5 seeds": draw(5),
        "10 seeds": draw(10),
        "4 seeds, b is better": (
            np.array([79.0, 80.0, 83.0, 81.0]),
            np.array([80.0, 82.5, 84.0, 80.5]),
        ),
    }


INTERVAL = Exercise(
    "paired-interval",
    *(8, 2, "A paired comparison"),
    "Pairing turns two samples into one, of differences. Then mean ± t · s/√n: which t?",
    paired_interval,
    _accuracies,
    {
        "unpaired": (
            "You treat the samples as unpaired (Welch). The noise that a seed brings to both networks cancels: use a − b.",
            _unpaired,
        ),
        "unpaired-pooled": (
            "You treat the samples as unpaired, with a pooled variance. Use the differences a − b.",
            _pooled,
        ),
        "normal-for-t": (
            "You use the normal quantile, 1.96. With few seeds the t distribution is wider.",
            lambda a, b: _interval(a - b, NormalDist().inv_cdf(0.975)),
        ),
        "rounded-normal": (
            "You use 1.96, the normal quantile. With few seeds the t distribution is wider.",
            lambda a, b: _interval(a - b, 1.96),
        ),
        "two-deviations": (
            "You take two standard errors. The t quantile depends on the number of seeds: with 3 it is 4.3.",
            lambda a, b: _interval(a - b, 2.0),
        ),
        "one-sided-quantile": (
            "You use the 95 % quantile. Two ends of 2.5 % each: the 97.5 % quantile.",
            lambda a, b: _interval(a - b, _t(a, 0.95)),
        ),
        "biased-deviation": (
            "Your standard deviation divides by n. Use ddof=1.",
            lambda a, b: _interval(a - b, _t(a), 0),
        ),
        "root-forgotten": (
            "You use the standard deviation of a single seed. The mean's error is smaller by √n.",
            lambda a, b: _interval(a - b, _t(a), error=(a - b).std(ddof=1)),
        ),
        "degrees-of-freedom": (
            "Your t distribution has n degrees of freedom. The mean was estimated: n − 1.",
            lambda a, b: _interval(a - b, _t(a, lost=0)),
        ),
        "reversed": ("You have b − a.", lambda a, b: paired_interval(b, a)),
        "absolute": (
            "You take the absolute value of the mean difference. Its sign says which network is better.",
            lambda a, b: _shifted(a, b, abs((a - b).mean())),
        ),
        "absolute-differences": (
            "You take the absolute value of each difference. A seed for which b is better counts against a.",
            lambda a, b: _interval(np.abs(a - b), _t(a)),
        ),
        "sorted": (
            "You sort the accuracies: then place i of a and of b belongs to different seeds, and nothing is paired.",
            lambda a, b: paired_interval(np.sort(a), np.sort(b)),
        ),
        "ends-exchanged": (
            "The ends of the interval are exchanged: low comes before high.",
            lambda a, b: tuple(paired_interval(a, b)[i] for i in (0, 2, 1)),
        ),
    },
    {"scipy.stats.ttest_rel": _interval_by_scipy},
    ("mean", "low", "high"),
)


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


INTERACTION = Exercise(
    "interaction",
    *(11, 1, "An interaction"),
    "What does dropout bring alone? What on top of batch norm? Subtract.",
    interaction,
    lambda rng: {
        "80, 83, 84, 85": tuple(np.array([v]) for v in (80.0, 83.0, 84.0, 85.0)),
        "6 seeds": _drawn(rng, 6),
        "9 seeds": _drawn(rng, 9),
        "dropout alone is best": tuple(np.array([v, v + 1]) for v in (70.0, 80.0, 74.0, 79.0)),
        "they help one another": tuple(np.array([v, v - 1]) for v in (70.0, 72.0, 74.0, 81.0)),
    },
    {
        "gain-of-both": (
            "This is the gain of both over plain. Subtract the two single gains.",
            lambda p, d, n, b: (b - p).mean(),
        ),
        "on-top-of-norm": (
            "This is what dropout brings on top of batch norm. Subtract what it brings alone.",
            lambda p, d, n, b: (b - n).mean(),
        ),
        "over-the-best": (
            "You compare with the better single network. That asks whether to use both, not whether they interact.",
            lambda p, d, n, b: b.mean() - max(d.mean(), n.mean()),
        ),
        "plain-forgotten": (
            "plain is missing: the interaction is both − norm − dropout + plain.",
            lambda p, d, n, b: (b - n - d).mean(),
        ),
        "sign": (
            "The sign is wrong: gain with batch norm minus gain without.",
            lambda p, d, n, b: ((d - p) - (b - n)).mean(),
        ),
        "absolute": (
            "You take the absolute value. The sign says whether the two help one another or stand in each other's way.",
            lambda p, d, n, b: abs(interaction(p, d, n, b)),
        ),
        "negative": (
            "You make the interaction negative. It is positive where the two help one another.",
            lambda p, d, n, b: -abs(interaction(p, d, n, b)),
        ),
        "halved": (
            "You halve it, as some texts on factorial designs do. Asked for is the plain difference of differences.",
            lambda p, d, n, b: interaction(p, d, n, b) / 2,
        ),
        "gains-added": (
            "You add the two gains. The interaction is their difference.",
            lambda p, d, n, b: ((b - n) + (d - p)).mean(),
        ),
        "main-effect": (
            "This is the main effect of dropout, the average of the two gains. The interaction is their difference.",
            lambda p, d, n, b: ((b - n) + (d - p)).mean() / 2,
        ),
    },
    {"the roles exchanged": lambda p, d, n, b: ((b - d) - (n - p)).mean()},
    ("mean",),
)


def variance_shift(mean, var, p):
    """How much smaller a unit's variance is in evaluation than in training, behind inverted dropout.

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


SHIFT = Exercise(
    "variance-shift",
    *(11, 2, "The variance that batch norm will not meet again"),
    "Var = E[y²] − E[y]². What are E[y] and E[y²] in training, where y is 0 or x/(1 − p)?",
    variance_shift,
    lambda rng: {
        "mean 0, p = 0.5": (0.0, 1.0, 0.5),
        "mean 1, p = 0.2": (1.0, 2.0, 0.2),
        "p = 0": (3.0, 2.0, 0.0),
        "random": (float(rng.normal()), float(rng.uniform(1, 3)), 0.7),
        "a constant unit": (1.5, 0.0, 0.4),
    },
    {
        "mean-ignored": (
            "1 − p holds for mean 0 only. Dropout makes noise of a constant, too.",
            lambda m, v, p: 1 - p,
        ),
        "upside-down": (
            "The ratio is upside down: evaluation / training.",
            lambda m, v, p: 1 / variance_shift(m, v, p),
        ),
        "keep-drop-swapped": (
            "Keep and drop are mixed up: with p = 0 the ratio must be 1.",
            lambda m, v, p: v / ((v + m**2) / p - m**2) if p else 0.0,
        ),
        "unscaled": (
            "This is dropout without the scale 1/(1 − p) in training.",
            lambda m, v, p: v / ((v + m**2) * (1 - p) - ((1 - p) * m) ** 2),
        ),
        "mean-not-subtracted": (
            "You have the mean square in training. Its variance is less by mean².",
            lambda m, v, p: v / ((v + m**2) / (1 - p)),
        ),
        "mean-not-squared": (
            "The mean must be squared: E[x²] = var + mean².",
            lambda m, v, p: v / ((v + m) / (1 - p) - m),
        ),
        "mean-scaled": (
            "You scale the mean by 1/(1 − p), too. The factor and the missing units cancel: E[y] is the mean itself.",
            lambda m, v, p: v / ((v + m**2) / (1 - p) - (m / (1 - p)) ** 2),
        ),
        "deviations": (
            "This is the ratio of standard deviations. Asked for are variances.",
            lambda m, v, p: np.sqrt(variance_shift(m, v, p)),
        ),
    },
    {"a unit with two values": _two_point},
    ("ratio",),
)


EXERCISES = (INTERVAL, INTERACTION, SHIFT)
