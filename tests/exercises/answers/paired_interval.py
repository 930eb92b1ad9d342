import numpy as np
from scipy import stats


def right_with_sem(a, b):
    d = np.asarray(a) - np.asarray(b)
    half = stats.t.ppf(1 - 0.05 / 2, df=len(d) - 1) * stats.sem(d)
    return np.mean(d), np.mean(d) - half, np.mean(d) + half


def right_with_interval(a, b):
    d = [one - other for one, other in zip(a, b, strict=True)]
    low, high = stats.t.interval(0.95, len(d) - 1, loc=np.mean(d), scale=stats.sem(d))
    return np.mean(d), low, high


def unpaired(a, b):
    error = np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
    top = (a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)) ** 2
    df = top / (((a.var(ddof=1) / len(a)) ** 2 + (b.var(ddof=1) / len(b)) ** 2) / (len(a) - 1))
    mean, half = a.mean() - b.mean(), stats.t.ppf(0.975, df) * error
    return mean, mean - half, mean + half


def unpaired_pooled(a, b):
    n = len(a)
    error = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / n)
    mean, half = a.mean() - b.mean(), stats.t.ppf(0.975, 2 * n - 2) * error
    return mean, mean - half, mean + half


def normal_for_t(a, b):
    d = a - b
    low, high = stats.norm.interval(0.95, loc=d.mean(), scale=stats.sem(d))
    return d.mean(), low, high


def rounded_normal(a, b):
    d = a - b
    half = 1.96 * np.std(d, ddof=1) / np.sqrt(len(d))
    return d.mean(), d.mean() - half, d.mean() + half


def two_deviations(a, b):
    d = a - b
    half = 2 * stats.sem(d)
    return d.mean(), d.mean() - half, d.mean() + half


def one_sided_quantile(a, b):
    d = a - b
    half = stats.t.ppf(0.95, len(d) - 1) * stats.sem(d)
    return d.mean(), d.mean() - half, d.mean() + half


def biased_deviation(a, b):
    d = a - b
    half = stats.t.ppf(0.975, len(d) - 1) * np.std(d) / len(d) ** 0.5
    return d.mean(), d.mean() - half, d.mean() + half


def root_forgotten(a, b):
    d = a - b
    low, high = stats.t.interval(0.95, len(d) - 1, loc=d.mean(), scale=d.std(ddof=1))
    return d.mean(), low, high


def degrees_of_freedom(a, b):
    d = a - b
    low, high = stats.t.interval(0.95, len(d), loc=d.mean(), scale=stats.sem(d))
    return d.mean(), low, high


def reversed__b_minus_a(a, b):
    d = b - a
    low, high = stats.t.interval(0.95, len(d) - 1, loc=d.mean(), scale=stats.sem(d))
    return d.mean(), low, high


def absolute(a, b):
    from scipy import stats

    d = a - b
    mean, half = abs(d.mean()), stats.t.ppf(0.975, len(d) - 1) * stats.sem(d)
    return mean, mean - half, mean + half


def absolute_differences(a, b):
    from scipy import stats

    d = abs(a - b)
    half = stats.t.ppf(0.975, len(d) - 1) * stats.sem(d)
    return d.mean(), d.mean() - half, d.mean() + half


def sorted(a, b):
    from scipy import stats

    d = np.sort(a) - np.sort(b)
    half = stats.t.ppf(0.975, len(d) - 1) * stats.sem(d)
    return d.mean(), d.mean() - half, d.mean() + half


def ends_exchanged(a, b):
    from scipy import stats

    d = a - b
    half = stats.t.ppf(0.975, len(d) - 1) * stats.sem(d)
    return d.mean(), d.mean() + half, d.mean() - half


def separate_intervals(a, b):
    ends = [stats.t.interval(0.95, len(v) - 1, loc=v.mean(), scale=stats.sem(v)) for v in (a, b)]
    return a.mean() - b.mean(), ends[0][0] - ends[1][1], ends[0][1] - ends[1][0]


def range_of_the_differences(a, b):
    d = np.sort(a - b)
    return d.mean(), d[0], d[-1]


def quantiles_of_the_differences(a, b):
    d = a - b
    return d.mean(), np.percentile(d, 2.5), np.percentile(d, 97.5)


def variance_for_deviation(a, b):
    d = a - b
    half = stats.t.ppf(0.975, len(d) - 1) * d.var(ddof=1) / len(d) ** 0.5
    return d.mean(), d.mean() - half, d.mean() + half


def divided_by_n(a, b):
    d = a - b
    half = stats.t.ppf(0.975, len(d) - 1) * d.std(ddof=1) / len(d)
    return d.mean(), d.mean() - half, d.mean() + half


def error_alone(a, b):
    d = a - b
    return d.mean(), d.mean() - stats.sem(d), d.mean() + stats.sem(d)


def relative(a, b):
    d = a / b - 1
    half = stats.t.ppf(0.975, len(d) - 1) * stats.sem(d)
    return d.mean(), d.mean() - half, d.mean() + half
