"""Exercise of chapter 06: Two halves, one variance."""

import numpy as np

from dropnorm.exercises.spec import Cases, Exercise, Mistake


def merge_statistics(mean_a, var_a, n_a, mean_b, var_b, n_b):
    """Statistics of a batch of which two devices hold a part each.

    Parameters
    ----------
    mean_a, var_a, mean_b, var_b : arrays (C,)
        Mean and biased variance of each part. The means may be large compared with the standard
        deviations.
    n_a, n_b : int
        How many numbers each part has.

    Returns
    -------
    mean, var : arrays (C,)
        Of the whole, the variance biased, too.
    """
    n, gap = n_a + n_b, mean_b - mean_a
    return mean_a + gap * n_b / n, (n_a * var_a + n_b * var_b) / n + gap**2 * n_a * n_b / n**2


def _merge_cases(rng: np.random.Generator) -> Cases:
    def parts(offset, n_a, n_b):
        a = offset + rng.standard_normal((n_a, 2))
        b = offset + 1 + 2 * rng.standard_normal((n_b, 2))
        return a.mean(axis=0), a.var(axis=0), n_a, b.mean(axis=0), b.var(axis=0), n_b

    return {
        "(0, 2) and (4, 6)": (
            np.array([1.0]),
            np.array([1.0]),
            2,
            np.array([5.0]),
            np.array([1.0]),
            2,
        ),
        "10 and 30 numbers": parts(0.0, 10, 30),
        "20 and 5 numbers": parts(3.0, 20, 5),
        "means near 10⁸": parts(1e8, 8, 24),
    }


def _merged(ma, va, na, mb, vb, nb, between):
    n = na + nb
    return (na * ma + nb * mb) / n, (na * va + nb * vb) / n + between * (mb - ma) ** 2


def _divided(ma, va, na, mb, vb, nb, by):
    mean, var = merge_statistics(ma, va, na, mb, vb, nb)
    return mean, var * (na + nb) / by


def _around_the_common_mean(mean_a, var_a, n_a, mean_b, var_b, n_b):
    n = n_a + n_b
    mean = mean_a + (mean_b - mean_a) * n_b / n
    squares_a = n_a * (var_a + (mean_a - mean) ** 2)
    squares_b = n_b * (var_b + (mean_b - mean) ** 2)
    return mean, (squares_a + squares_b) / n


EXERCISE = Exercise(
    name="merge-statistics",
    chapter=6,
    stars=3,
    title="Two halves, one variance",
    hint=(
        "A variance within the parts, and one between them: how far is each mean from the common "
        "one?"
    ),
    solution=merge_statistics,
    cases=_merge_cases,
    mistakes={
        "gap-forgotten": Mistake(
            "The variance between the parts is missing: their means differ, too.",
            lambda ma, va, na, mb, vb, nb: _merged(ma, va, na, mb, vb, nb, 0.0),
        ),
        "unweighted": Mistake(
            "You average as if both parts were equally large. Weigh by their counts.",
            lambda ma, va, na, mb, vb, nb: ((ma + mb) / 2, (va + vb) / 2 + (mb - ma) ** 2 / 4),
        ),
        "unweighted-without-gap": Mistake(
            "You average means and variances. Weigh by the counts, and add the variance between "
            "the means.",
            lambda ma, va, na, mb, vb, nb: ((ma + mb) / 2, (va + vb) / 2),
        ),
        "unbiased": Mistake(
            "You divide by n − 1. Asked for is the biased variance.",
            lambda ma, va, na, mb, vb, nb: _divided(ma, va, na, mb, vb, nb, na + nb - 1),
        ),
        "gap-squared-weights": Mistake(
            "The squared gap has the factor 1/n too often, or too seldom: n_a n_b / n², not n_a "
            "n_b / n.",
            lambda ma, va, na, mb, vb, nb: _merged(ma, va, na, mb, vb, nb, na * nb / (na + nb)),
        ),
        "weights-swapped": Mistake(
            "The counts are swapped in the mean: each part's mean weighs by its own count.",
            lambda ma, va, na, mb, vb, nb: (
                (nb * ma + na * mb) / (na + nb),
                merge_statistics(ma, va, na, mb, vb, nb)[1],
            ),
        ),
        "not-divided": Mistake(
            "The variance is a sum of squares. Divide by the number.",
            lambda ma, va, na, mb, vb, nb: _divided(ma, va, na, mb, vb, nb, 1),
        ),
        "gap-not-squared": Mistake(
            "The gap between the means is not squared.",
            lambda ma, va, na, mb, vb, nb: (
                _merged(ma, va, na, mb, vb, nb, 0)[0],
                _merged(ma, va, na, mb, vb, nb, 0)[1] + (mb - ma) * na * nb / (na + nb) ** 2,
            ),
        ),
        "gap-quartered": Mistake(
            "The squared gap counts a quarter, as if both parts were equally large. Its factor is "
            "n_a n_b / n².",
            lambda ma, va, na, mb, vb, nb: _merged(ma, va, na, mb, vb, nb, 0.25),
        ),
        "deviations-averaged": Mistake(
            "You average standard deviations, and square them. Variances are what averages: weigh "
            "these.",
            lambda ma, va, na, mb, vb, nb: (
                _merged(ma, va, na, mb, vb, nb, 0)[0],
                ((na * np.sqrt(va) + nb * np.sqrt(vb)) / (na + nb)) ** 2
                + na * nb / (na + nb) ** 2 * (mb - ma) ** 2,
            ),
        ),
        "pooled": Mistake(
            "You pool as for unbiased variances, with n − 1 of each part and n − 2 in all. The "
            "parts' variances are biased: weigh by n_a and n_b.",
            lambda ma, va, na, mb, vb, nb: (
                _merged(ma, va, na, mb, vb, nb, 0)[0],
                ((na - 1) * va + (nb - 1) * vb) / (na + nb - 2)
                + na * nb / (na + nb) ** 2 * (mb - ma) ** 2,
            ),
        ),
        "gap-in-full": Mistake(
            "The squared gap comes in full. Each part is nearer to the common mean than to the "
            "other part: its factor is n_a n_b / n².",
            lambda ma, va, na, mb, vb, nb: _merged(ma, va, na, mb, vb, nb, 1.0),
        ),
        "variances-added": Mistake(
            "You add the two variances up. They are averaged, weighed by the counts.",
            lambda ma, va, na, mb, vb, nb: (
                _merged(ma, va, na, mb, vb, nb, 0)[0],
                va + vb + na * nb / (na + nb) ** 2 * (mb - ma) ** 2,
            ),
        ),
        "weights-swapped-in-the-variance": Mistake(
            "The counts are swapped in the variance: each part's variance weighs by its own count.",
            lambda ma, va, na, mb, vb, nb: (
                _merged(ma, va, na, mb, vb, nb, 0)[0],
                _merged(ma, va, nb, mb, vb, na, na * nb / (na + nb) ** 2)[1],
            ),
        ),
    },
    referees={},
    other_ways=(_around_the_common_mean,),
    returns=("mean", "var"),
    telltale={
        "means near 10⁸": (
            "cancellation",
            "Right but for large means. E[x²] − E[x]² subtracts two huge, nearly equal numbers: "
            "use the means' gap.",
        ),
    },
)
