"""Exercise of chapter 05: Dropout in linear regression is ridge regression."""

import numpy as np

from dropnorm.exercises.spec import Exercise, Mistake


def dropout_ridge(x, target, p):
    """Weights of linear regression with inverted dropout on its inputs, averaged over all masks.

    Parameters
    ----------
    x : array (N, D)
        Inputs, *not* standardised: the columns have different sizes.
    target : array (N,)
    p : float
        Probability of dropping an input, 0 <= p < 1.

    Returns
    -------
    weight : array (D,)
        Minimises the mean over all masks of Σ (target − (x · mask / (1 − p)) @ weight)². There is
        no bias.
    """
    penalty = p / (1 - p) * np.diag((x**2).sum(axis=0))
    return np.linalg.solve(x.T @ x + penalty, x.T @ target)


def _by_enumeration(x, target, p):
    masks = (np.arange(2 ** x.shape[1])[:, None] >> np.arange(x.shape[1])) & 1
    gram = moment = 0.0
    for mask in masks:
        probability, noisy = np.prod(np.where(mask, 1 - p, p)), x * mask / (1 - p)
        gram, moment = gram + probability * noisy.T @ noisy, moment + probability * noisy.T @ target
    return np.linalg.solve(gram, moment)


def _ridge(x, target, penalty):
    return np.linalg.solve(x.T @ x + penalty, x.T @ target)


def _squares(x):
    return np.diag((x**2).sum(axis=0))


EXERCISE = Exercise(
    name="dropout-ridge",
    chapter=5,
    stars=3,
    title="Dropout in linear regression is ridge regression",
    hint=(
        "Dropout leaves the prediction's mean and adds the variance p/(1 − p) · (x_d w_d)² for "
        "each input. Sum over the rows."
    ),
    solution=dropout_ridge,
    cases=lambda rng: {
        "one input, p = 0.5": (np.array([[1.0], [2.0]]), np.array([2.0, 4.0]), 0.5),
        "columns of different size, p = 0.3": (
            rng.standard_normal((8, 3)) * (1, 3, 0.3),
            rng.standard_normal(8),
            0.3,
        ),
        "correlated columns, p = 0.8": (
            rng.standard_normal((7, 2)) @ rng.standard_normal((2, 4))
            + 0.1 * rng.standard_normal((7, 4)),
            rng.standard_normal(7),
            0.8,
        ),
    },
    mistakes={
        "penalty-without-n": Mistake(
            "Your penalty is p/(1 − p), the same for any amount of data. It comes once for each "
            "row: sum x² over the rows.",
            lambda x, y, p: _ridge(x, y, p / (1 - p) * np.eye(x.shape[1])),
        ),
        "columns-alike": Mistake(
            "Your penalty is n · p/(1 − p) for every weight. That holds for standardised columns; "
            "here each has its Σ x².",
            lambda x, y, p: _ridge(x, y, len(x) * p / (1 - p) * np.eye(x.shape[1])),
        ),
        "keep-drop-swapped": Mistake(
            "Keep and drop are mixed up: with p = 0 the penalty must vanish.",
            lambda x, y, p: _ridge(x, y, (1 - p) / p * _squares(x)),
        ),
        "no-penalty": Mistake(
            "This is plain least squares. The variance that dropout adds costs, too: it is the "
            "penalty.",
            lambda x, y, p: _ridge(x, y, 0),
        ),
        "unscaled-variance": Mistake(
            "Your penalty is p(1 − p) Σ x², that of a mask without the scale 1/(1 − p).",
            lambda x, y, p: _ridge(x, y, p * (1 - p) * _squares(x)),
        ),
        "penalty-is-p": Mistake(
            "Your penalty is p Σ x². It should be p/(1 − p) Σ x².",
            lambda x, y, p: _ridge(x, y, p * _squares(x)),
        ),
        "mean-square": Mistake(
            "Your penalty has the mean of x² over the rows, but xᵀx is a sum. Use sums in both, "
            "or means in both.",
            lambda x, y, p: _ridge(x, y, p / (1 - p) * _squares(x) / len(x)),
        ),
        "full-gram": Mistake(
            "You penalise with the whole matrix xᵀx. Masks of different inputs are independent: "
            "only its diagonal counts.",
            lambda x, y, p: _ridge(x, y, p / (1 - p) * x.T @ x),
        ),
        "centred": Mistake(
            "You subtract the mean of each column and of the target. There is no bias in this "
            "regression: take them as they are.",
            lambda x, y, p: _ridge(
                x - x.mean(axis=0), y - y.mean(), p / (1 - p) * _squares(x - x.mean(axis=0))
            ),
        ),
        "weights-scaled": Mistake(
            "Your weights are too large by 1/(1 − p): those of dropout without the scale, or "
            "divided at the end. Inverted dropout scales the inputs in training already.",
            lambda x, y, p: dropout_ridge(x, y, p) / (1 - p),
        ),
        "column-variances": Mistake(
            "Your penalty has the variances of the columns. Dropout makes noise of a column's "
            "mean, too: Σ x².",
            lambda x, y, p: _ridge(x, y, p / (1 - p) * _squares(x - x.mean(axis=0))),
        ),
        "root-of-squares": Mistake(
            "Your penalty has √Σx², the length of each column. It should have the square, Σ x².",
            lambda x, y, p: _ridge(x, y, p / (1 - p) * np.sqrt(_squares(x))),
        ),
        "subtracted": Mistake(
            "You subtract the penalty. It is added to xᵀx, and makes the weights small.",
            lambda x, y, p: _ridge(x, y, -p / (1 - p) * _squares(x)),
        ),
    },
    referees={"the enumeration of all masks": _by_enumeration},
    returns=("weight",),
)
