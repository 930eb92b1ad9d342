"""Exercise of chapter 06: From which batch size on is a fault hidden?"""

import numpy as np

from dropnorm.exercises.helpers import normalised
from dropnorm.exercises.spec import Cases, Exercise, Mistake


def hidden_from(right, faulty, x, sizes, tolerance):
    """The batch size from which on a test with this tolerance lets a faulty layer pass.

    Parameters
    ----------
    right, faulty : functions
        Take an array (n, C) and return one of the same shape.
    x : array (N, C)
        A batch of size n is its first n rows.
    sizes : list of int
        Batch sizes to try, growing, N at most.
    tolerance : float
        Two results agree if no number of one is further than this from the other's. NaN agrees
        with nothing.

    Returns
    -------
    size : int
        The smallest of sizes at which, and at all larger ones of sizes, the results of right and
        faulty agree. 0 if there is none.
    """
    hidden = 0
    for n in reversed(sizes):
        if not np.abs(faulty(x[:n]) - right(x[:n])).max() <= tolerance:
            break
        hidden = n
    return hidden


def _largest_gaps(right, faulty, x, sizes):
    return np.array([np.abs(faulty(x[:n]) - right(x[:n])).max() for n in sizes])


def _after_the_last_seen(right, faulty, x, sizes, tolerance):
    gaps = _largest_gaps(right, faulty, x, sizes)
    seen = np.flatnonzero(~(gaps <= tolerance))
    first = seen[-1] + 1 if seen.size else 0
    return [*sizes, 0][first]


def _batch_norm(x):
    return normalised(x, 1, 0, eps=1e-5)


def _unbiased(x):
    return normalised(x, 1, 0, ddof=1, eps=1e-5) if len(x) > 1 else x * np.nan


def _large_gamma(x):
    return 20 * _batch_norm(x)


def _large_gamma_unbiased(x):
    return 20 * _unbiased(x)


def _first_row_off(x):
    y = _batch_norm(x)
    y[0] += 1 / len(x)
    return y


def _large_eps(x):
    return normalised(x, 1, 0, eps=2e-3)


def _eight_rows_alone(x):
    """The statistics of the first eight rows, whatever the batch."""
    return (x - x[:8].mean(axis=0)) / np.sqrt(x[:8].var(axis=0) + 1e-5)


def _lower(x):
    return _batch_norm(x) - 0.5 / len(x)


def _agreeing(agree):
    """The exercise with another meaning of agreement, a function of two results and tolerance."""

    def mistaken(right, faulty, x, sizes, tolerance):
        hidden = 0
        for n in reversed(sizes):
            if not agree(faulty(x[:n]), right(x[:n]), tolerance):
                break
            hidden = n
        return hidden

    return mistaken


def _first_that_agrees(right, faulty, x, sizes, tolerance):
    gaps = _largest_gaps(right, faulty, x, sizes)
    return next((n for n, gap in zip(sizes, gaps, strict=True) if gap <= tolerance), 0)


def _last_that_does_not(right, faulty, x, sizes, tolerance):
    gaps = _largest_gaps(right, faulty, x, sizes)
    return max((n for n, gap in zip(sizes, gaps, strict=True) if not gap <= tolerance), default=0)


def _index(right, faulty, x, sizes, tolerance):
    size = hidden_from(right, faulty, x, sizes, tolerance)
    return sizes.index(size) if size else 0


def _largest(right, faulty, x, sizes, tolerance):
    return sizes[-1] if hidden_from(right, faulty, x, sizes, tolerance) else 0


def _whole_batch(right, faulty, x, sizes, tolerance):
    gaps = np.abs(faulty(x) - right(x))
    return next(
        (n for k, n in enumerate(sizes) if all(gaps[:m].max() <= tolerance for m in sizes[k:])), 0
    )


def _cases(rng: np.random.Generator) -> Cases:
    # even in size, so that where a fault goes into hiding does not hang on the numbers drawn
    x = np.tile([[1.0], [-1.0]], (128, 1)) * rng.uniform(0.9, 1.1, (256, 3)) + 2
    sizes = [2, 4, 8, 16, 32, 64, 128, 256]
    return {
        "unbiased variance, 0.1": (_batch_norm, _unbiased, x, sizes, 0.1),
        "unbiased variance, γ = 20": (_large_gamma, _large_gamma_unbiased, x, sizes, 0.5),
        "one row is wrong": (_batch_norm, _first_row_off, x, sizes, 0.02),
        "unbiased variance, 0.0001": (_batch_norm, _unbiased, x, sizes, 1e-4),
        "sizes from 1": (_batch_norm, _unbiased, x, [1, 2, 16, 100], 2.0),
        "the first rows alone": (_batch_norm, _eight_rows_alone, x, [2, 4, 8, 64, 256], 1e-6),
        "a larger ε": (_batch_norm, _large_eps, x, sizes[3:], 0.01),
        "all numbers too small": (_batch_norm, _lower, x, sizes, 0.01),
    }


EXERCISE = Exercise(
    name="hidden-fault",
    chapter=6,
    stars=2,
    title="From which batch size on is a fault hidden?",
    hint=(
        "Go from the largest size down, and stop at the first one where the two differ. What does "
        "a comparison with NaN give?"
    ),
    solution=hidden_from,
    cases=_cases,
    mistakes={
        "first-that-agrees": Mistake(
            "You return the first size at which the two agree. They may differ again at a larger "
            "one: it has to stay hidden.",
            _first_that_agrees,
        ),
        "last-that-differs": Mistake(
            "You return the last size at which the two differ. Asked for is the one after it, "
            "from which on they agree.",
            _last_that_does_not,
        ),
        "mean-gap": Mistake(
            "You compare the mean difference with the tolerance. No number may be further away: "
            "the largest counts.",
            _agreeing(lambda a, b, tolerance: np.abs(a - b).mean() <= tolerance),
        ),
        "signed-gap": Mistake(
            "You compare the difference without its absolute value, so numbers that are too small "
            "pass.",
            _agreeing(lambda a, b, tolerance: (a - b).max() <= tolerance),
        ),
        "nan-agrees": Mistake(
            "NaN passes your comparison: `gap > tolerance` is False for it. Ask for what is "
            "allowed, and take everything else for a difference.",
            _agreeing(lambda a, b, tolerance: not np.abs(a - b).max() > tolerance),
        ),
        "relative-tolerance": Mistake(
            "Your tolerance is taken relative to the size of the numbers. Here it is absolute.",
            _agreeing(lambda a, b, tolerance: np.abs(a - b).max() <= tolerance * np.abs(b).max()),
        ),
        "numpy-tolerance": Mistake(
            "np.allclose adds a tolerance of its own, relative to the size of the numbers: give it "
            "rtol=0.",
            _agreeing(lambda a, b, tolerance: np.allclose(a, b, rtol=tolerance, atol=tolerance)),
        ),
        "one-batch-cut": Mistake(
            "You call the layers once with all rows and cut the result. The statistics are those "
            "of the batch: call them with the first n rows.",
            _whole_batch,
        ),
        "index-returned": Mistake(
            "You return an index into sizes. Asked for is the batch size.", _index
        ),
        "largest-returned": Mistake(
            "You return the largest size that hides the fault. Asked for is the smallest.",
            _largest,
        ),
    },
    referees={"the size after the last that differs": _after_the_last_seen},
    returns=("size",),
)
