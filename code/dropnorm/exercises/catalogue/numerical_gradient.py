"""Exercise of chapter 04: A gradient check of your own."""

import numpy as np

from dropnorm.exercises.spec import Exercise, Mistake


def numerical_gradient(f, x, step):
    """The gradient of a function of many numbers, by central differences.

    Parameters
    ----------
    f : function
        Takes an array of the shape of x and returns a number.
    x : array of any shape
        Must be as it was when you return.
    step : float
        h in (f(x + h) − f(x − h)) / 2h, for one element of x at a time.

    Returns
    -------
    gradient : array of the shape of x
    """
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        shift = np.zeros_like(x)
        shift[index] = step
        gradient[index] = (f(x + shift) - f(x - shift)) / (2 * step)
    return gradient


def _cube(x):
    return float((x**3).sum())


def _mixed(x):
    return float(np.exp(x[0, 0]) * x[0, 1] ** 2 + np.prod(x[1]))


def _one_sided(f, x, step, sign=1.0):
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        shift = np.zeros_like(x)
        shift[index] = sign * step
        gradient[index] = (f(x + shift) - f(x)) / (sign * step)
    return gradient


def _shift_stays(f, x, step):
    x, gradient = x.copy(), np.empty_like(x)
    for index in np.ndindex(x.shape):
        x[index] += step
        above = f(x)
        x[index] -= 2 * step
        gradient[index] = (above - f(x)) / (2 * step)
    return gradient


def _shift_not_undone(f, x, step):
    x, gradient = x.copy(), np.empty_like(x)
    for index in np.ndindex(x.shape):
        here = f(x)
        x[index] += step
        gradient[index] = (f(x) - here) / step
    return gradient


def _relative_step(f, x, step):
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        shift = np.zeros_like(x)
        shift[index] = step * abs(x[index])
        gradient[index] = (f(x + shift) - f(x - shift)) / (2 * shift[index])
    return gradient


def _row_at_once(f, x, step):
    gradient = np.empty_like(x)
    for row in range(len(x)):
        shift = np.zeros_like(x)
        shift[row] = step
        gradient[row] = (f(x + shift) - f(x - shift)) / (2 * step)
    return gradient


def _by_factor(f, x, step):
    return _relative_step(f, x, step) * x


EXERCISE = Exercise(
    name="numerical-gradient",
    chapter=4,
    stars=2,
    title="A gradient check of your own",
    hint=(
        "np.ndindex(x.shape) runs over all places of any array. Shift one element of a copy, up "
        "and down."
    ),
    solution=numerical_gradient,
    cases=lambda rng: {
        "x³ at 1, step 0.1": (_cube, np.array([1.0]), 0.1),
        "x³ at three points, step 0.01": (_cube, np.array([-1.0, 0.5, 2.0]), 0.01),
        "a mixed function, 2 × 3": (_mixed, rng.uniform(0.5, 2, (2, 3)), 0.05),
    },
    mistakes={
        "one-sided": Mistake(
            "This is the one-sided difference, (f(x + h) − f(x))/h. Its error is h, that of the "
            "central one h².",
            _one_sided,
        ),
        "backward-difference": Mistake(
            "This is the one-sided difference backwards, (f(x) − f(x − h))/h. Go up and down.",
            lambda f, x, h: _one_sided(f, x, h, -1.0),
        ),
        "two-forgotten": Mistake(
            "Your gradient is twice too large: from x − h to x + h it is 2h.",
            lambda f, x, h: 2 * numerical_gradient(f, x, h),
        ),
        "half-step": Mistake(
            "You shift by h/2 and divide by h. That is a central difference, with half the step "
            "asked for.",
            lambda f, x, h: numerical_gradient(f, x, h / 2),
        ),
        "not-divided": Mistake(
            "You forgot to divide by 2h.", lambda f, x, h: 2 * h * numerical_gradient(f, x, h)
        ),
        "all-at-once": Mistake(
            "You shift all elements at once and get the sum of all slopes. One element at a time.",
            lambda f, x, h: np.full_like(x, (f(x + h) - f(x - h)) / (2 * h)),
        ),
        "shift-stays": Mistake(
            "The shift of one element is still there when the next one is shifted. Put the "
            "element back.",
            _shift_stays,
        ),
        "shift-stays-one-sided": Mistake(
            "One-sided differences, and the shift of one element is still there when the next one "
            "is shifted.",
            _shift_not_undone,
        ),
        "sign": Mistake(
            "The sign is wrong: f(x + h) comes first.", lambda f, x, h: -numerical_gradient(f, x, h)
        ),
        "relative-step": Mistake(
            "Your step is h times x. Asked for is h itself: where x is 0 yours does not move at "
            "all.",
            _relative_step,
        ),
        "row-at-once": Mistake(
            "You shift a whole row at once, and each of its elements gets the sum of their "
            "slopes. One element at a time: np.ndindex(x.shape).",
            _row_at_once,
        ),
        "double-step": Mistake(
            "You go up by 2h and not down: (f(x + 2h) − f(x))/2h. Go h up and h down, so that x "
            "is the middle.",
            lambda f, x, h: _one_sided(f, x, 2 * h),
        ),
        "second-derivative": Mistake(
            "This is the second derivative, (f(x + h) − 2f(x) + f(x − h))/h². The first is (f(x + "
            "h) − f(x − h))/2h.",
            lambda f, x, h: (_one_sided(f, x, h) - _one_sided(f, x, h, -1.0)) / h,
        ),
        "step-squared": Mistake(
            "You divide by h² besides. The slope is the difference divided by the distance, 2h.",
            lambda f, x, h: numerical_gradient(f, x, h) * 2 / h,
        ),
        "averaged": Mistake(
            "You divide by the number of elements of x. Each slope stands for itself.",
            lambda f, x, h: numerical_gradient(f, x, h) / x.size,
        ),
        "factor-for-step": Mistake(
            "You multiply x by 1 ± h, and divide by 2h. Add and subtract h: a slope is for a "
            "distance, not for a share.",
            _by_factor,
        ),
    },
    referees={},
    returns=("gradient",),
)
