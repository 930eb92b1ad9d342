"""Exercise of chapter 08: A paired comparison."""

from statistics import NormalDist

import numpy as np

from dropnorm.exercises.spec import Cases, Exercise, Mistake


def paired_interval(a, b):
    """Mean difference of two networks trained with the same seeds, with its 95 % t interval.

    Parameters
    ----------
    a, b : arrays (n,)
        Accuracies; place i of both belongs to seed i. ``scipy.stats.t.ppf`` gives quantiles of the
        t distribution.

    Returns
    -------
    mean, low, high : float
        The mean of a − b, and the ends of the interval.
    """
    difference = a - b
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    mean, margin = difference.mean(), _quantile(len(difference) - 1, 0.975) * error
    return mean, mean - margin, mean + margin


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


def _quantile(freedom, share):
    from scipy.special import stdtrit  # here, because SciPy takes a second to import

    return stdtrit(freedom, share)


def _t(a, quantile=0.975, lost=1):
    return _quantile(len(a) - lost, quantile)


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


def _of_separate_intervals(a, b):
    _, low_a, high_a = _interval(a, _t(a))
    _, low_b, high_b = _interval(b, _t(b))
    return (a - b).mean(), low_a - high_b, high_a - low_b


def _in_steps(a, b):
    difference = a - b
    n = len(difference)
    mean = difference.sum() / n
    var = ((difference - mean) ** 2).sum() / (n - 1)
    margin = _quantile(n - 1, 0.975) * np.sqrt(var / n)
    return mean, mean - margin, mean + margin


EXERCISE = Exercise(
    name="paired-interval",
    chapter=8,
    stars=2,
    title="A paired comparison",
    hint="Pairing turns two samples into one, of differences. Then mean ± t · s/√n: which t?",
    solution=paired_interval,
    cases=_accuracies,
    mistakes={
        "unpaired": Mistake(
            "You treat the samples as unpaired (Welch). The noise that a seed brings to both "
            "networks cancels: use a − b.",
            _unpaired,
        ),
        "unpaired-pooled": Mistake(
            "You treat the samples as unpaired, with a pooled variance. Use the differences a − b.",
            _pooled,
        ),
        "normal-for-t": Mistake(
            "You use the normal quantile, 1.96. With few seeds the t distribution is wider.",
            lambda a, b: _interval(a - b, NormalDist().inv_cdf(0.975)),
        ),
        "rounded-normal": Mistake(
            "You use 1.96, the normal quantile. With few seeds the t distribution is wider.",
            lambda a, b: _interval(a - b, 1.96),
        ),
        "two-deviations": Mistake(
            "You take two standard errors. The t quantile depends on the number of seeds: with 3 "
            "it is 4.3.",
            lambda a, b: _interval(a - b, 2.0),
        ),
        "one-sided-quantile": Mistake(
            "You use the 95 % quantile. Two ends of 2.5 % each: the 97.5 % quantile.",
            lambda a, b: _interval(a - b, _t(a, 0.95)),
        ),
        "biased-deviation": Mistake(
            "Your standard deviation divides by n. Use ddof=1.",
            lambda a, b: _interval(a - b, _t(a), 0),
        ),
        "root-forgotten": Mistake(
            "You use the standard deviation of a single seed. The mean's error is smaller by √n.",
            lambda a, b: _interval(a - b, _t(a), error=(a - b).std(ddof=1)),
        ),
        "degrees-of-freedom": Mistake(
            "Your t distribution has n degrees of freedom. The mean was estimated: n − 1.",
            lambda a, b: _interval(a - b, _t(a, lost=0)),
        ),
        "reversed": Mistake("You have b − a.", lambda a, b: paired_interval(b, a)),
        "absolute": Mistake(
            "You take the absolute value of the mean difference. Its sign says which network is "
            "better.",
            lambda a, b: _shifted(a, b, abs((a - b).mean())),
        ),
        "absolute-differences": Mistake(
            "You take the absolute value of each difference. A seed for which b is better counts "
            "against a.",
            lambda a, b: _interval(np.abs(a - b), _t(a)),
        ),
        "sorted": Mistake(
            "You sort the accuracies: then place i of a and of b belongs to different seeds, and "
            "nothing is paired.",
            lambda a, b: paired_interval(np.sort(a), np.sort(b)),
        ),
        "ends-exchanged": Mistake(
            "The ends of the interval are exchanged: low comes before high.",
            lambda a, b: tuple(paired_interval(a, b)[i] for i in (0, 2, 1)),
        ),
        "separate-intervals": Mistake(
            "You subtract the ends of two separate intervals. The interval of the differences is "
            "narrower: what a seed brings to both cancels.",
            _of_separate_intervals,
        ),
        "range-of-the-differences": Mistake(
            "Your ends are the smallest and the largest difference. Asked for is the interval of "
            "the mean, by the t distribution.",
            lambda a, b: ((a - b).mean(), (a - b).min(), (a - b).max()),
        ),
        "quantiles-of-the-differences": Mistake(
            "Your ends are quantiles of the differences: where single seeds lie. Asked for is the "
            "interval of their mean.",
            lambda a, b: ((a - b).mean(), *np.quantile(a - b, [0.025, 0.975])),
        ),
        "variance-for-deviation": Mistake(
            "You use the variance of the differences. The error of the mean is their standard "
            "deviation / √n.",
            lambda a, b: _interval(a - b, _t(a), error=(a - b).var(ddof=1) / np.sqrt(len(a))),
        ),
        "divided-by-n": Mistake(
            "You divide the standard deviation by n. The error of a mean shrinks with the root, "
            "√n.",
            lambda a, b: _interval(a - b, _t(a), error=(a - b).std(ddof=1) / len(a)),
        ),
        "error-alone": Mistake(
            "Your interval is the mean ± one standard error. That holds some two thirds of the "
            "time: multiply by the t quantile.",
            lambda a, b: _interval(a - b, 1.0),
        ),
        "relative": Mistake(
            "Your differences are divided by b. Asked for is a − b, in points.",
            lambda a, b: _interval((a - b) / b, _t(a)),
        ),
    },
    referees={"scipy.stats.ttest_rel": _interval_by_scipy},
    other_ways=(_in_steps,),
    returns=("mean", "low", "high"),
)
