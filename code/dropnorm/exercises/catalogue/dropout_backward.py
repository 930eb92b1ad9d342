"""Exercise of chapter 05: Dropout, backward."""

import numpy as np

from dropnorm.exercises.spec import Cases, Exercise, Mistake, slope, torch_gradients


def dropout_backward(dy, mask, p):
    """The backward pass of y = x · mask / (1 − p).

    Parameters
    ----------
    dy : array of any shape
        Gradient of the loss with respect to y.
    mask : bool array of the same shape
        True where the element was kept in the forward pass.
    p : float
        Probability of dropping, 0 <= p < 1.

    Returns
    -------
    dx : array of the same shape
        Gradient of the loss with respect to x.
    """
    return dy * mask / (1 - p)


def _backward_cases(rng: np.random.Generator) -> Cases:
    half = np.array([[True, False, True], [False, True, True]])
    return {
        "p = 0.5, 2 × 3": (np.array([[1.0, 2.0, 3.0], [-1.0, -2.0, -3.0]]), half, 0.5),
        "p = 0.75, 2 × 3": (np.array([[1.0, 2.0, 3.0], [-1.0, -2.0, -3.0]]), half, 0.75),
        "p = 0.2, random": (rng.standard_normal((4, 5)), rng.random((4, 5)) >= 0.2, 0.2),
        "p = 0.6, images": (
            rng.standard_normal((2, 2, 3, 3)),
            rng.random((2, 2, 3, 3)) >= 0.6,
            0.6,
        ),
        "p = 0": (np.array([[1.0, -2.0, 3.0]]), np.ones((1, 3), bool), 0.0),
    }


EXERCISE = Exercise(
    name="dropout-backward",
    chapter=5,
    stars=1,
    title="Dropout, backward",
    hint="y is x times a number. What is the derivative of a · x by x?",
    solution=dropout_backward,
    cases=_backward_cases,
    mistakes={
        "mask-left-out": Mistake(
            "The mask is left out: dropped units get a gradient, too. What was multiplied by 0 "
            "forward gets 0 backward.",
            lambda dy, mask, p: dy / (1 - p),
        ),
        "scale-left-out": Mistake(
            "The scale is left out: your gradient is too small by 1 − p. Forward divides by 1 − "
            "p, so backward must.",
            lambda dy, mask, p: dy * mask,
        ),
        "scaled-twice": Mistake(
            "Your gradient is too large by 1/(1 − p). Is it scaled twice?",
            lambda dy, mask, p: dy * mask / (1 - p) ** 2,
        ),
        "scale-upside-down": Mistake(
            "You multiply by 1 − p where forward divides. Backward has the same factor as "
            "forward, not its inverse.",
            lambda dy, mask, p: dy * mask * (1 - p),
        ),
        "scaled-by-what-was-kept": Mistake(
            "You divide by the fraction that this mask happened to keep. The scale is 1/(1 − p), "
            "the same for every mask.",
            lambda dy, mask, p: dy * mask / mask.mean(),
        ),
        "mask-complement": Mistake(
            "You used the mask's complement: the gradient flows where the unit was dropped. True "
            "means kept.",
            lambda dy, mask, p: dy * ~mask / (1 - p),
        ),
        "keep-drop-swapped": Mistake(
            "Keep and drop are mixed up in the scale: you divide by p. p is the probability of "
            "dropping.",
            lambda dy, mask, p: dy * mask / p,
        ),
        "passed-through": Mistake(
            "You return dy unchanged. That is the backward pass of evaluation; in training the "
            "mask and the scale count.",
            lambda dy, mask, p: dy,
        ),
        "odds-for-scale": Mistake(
            "You multiply by the odds p/(1 − p). The factor of the forward pass is 1/(1 − p).",
            lambda dy, mask, p: dy * mask * (p / (1 - p)),
        ),
        "scaled-by-root": Mistake(
            "You divide by √(1 − p). Forward divides by 1 − p, so backward must.",
            lambda dy, mask, p: dy * mask / np.sqrt(1 - p),
        ),
        "dropped-unscaled": Mistake(
            "Dropped units get dy as it is. What was multiplied by 0 forward gets 0 backward.",
            lambda dy, mask, p: np.where(mask, dy / (1 - p), dy),
        ),
        "scaled-by-one-plus-p": Mistake(
            "You multiply by 1 + p. Forward divides by 1 − p, so backward must.",
            lambda dy, mask, p: dy * mask * (1 + p),
        ),
        "averaged": Mistake(
            "You divide by the number of elements. The 1/N of a mean loss is in dy already.",
            lambda dy, mask, p: dy * mask / (1 - p) / dy.size,
        ),
        "sum-kept": Mistake(
            "You scale so that the gradient's sum is that of dy. The factor is 1/(1 − p) for "
            "every mask.",
            lambda dy, mask, p: dy * mask * (dy.sum() / (dy * mask).sum()),
        ),
    },
    referees={
        "central differences": lambda dy, mask, p: slope(
            lambda x: (dy * (x * mask / (1 - p))).sum(), np.ones_like(dy)
        ),
        "PyTorch": lambda dy, mask, p: torch_gradients(
            lambda x, d, m: (d * (x * m / (1 - p))).sum(), np.ones_like(dy), dy, mask * 1.0
        )[0],
    },
    returns=("dx",),
)
