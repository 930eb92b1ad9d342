"""Exercise of chapter 04: ReLU, backward."""

import numpy as np

from dropnorm import scratch as nn
from dropnorm.exercises.spec import Exercise, Mistake, torch_gradients


def relu_backward(dy, x):
    """The backward pass of y = max(x, 0).

    Parameters
    ----------
    dy : array of any shape
        Gradient of the loss with respect to y.
    x : array of the same shape
        The input of the forward pass.

    Returns
    -------
    dx : array of the same shape
        Gradient of the loss with respect to x; 0 where x is exactly 0, as in PyTorch.
    """
    return dy * (x > 0)


def _relu_layer(dy, x):
    layer = nn.ReLU()
    layer(x)
    return layer.backward(dy)


def _relu_by_torch(dy, x):
    import torch

    return torch_gradients(lambda v: (torch.tensor(dy) * torch.relu(v)).sum(), x)[0]


EXERCISE = Exercise(
    name="relu-backward",
    chapter=4,
    stars=1,
    title="ReLU, backward",
    hint="The slope of max(x, 0) is 1 on one side of zero and 0 on the other. It multiplies dy.",
    solution=relu_backward,
    cases=lambda rng: {
        "x = −2, 0.5, 3": (np.array([5.0, -7.0, 2.0]), np.array([-2.0, 0.5, 3.0])),
        "random, 3 × 4": (rng.standard_normal((3, 4)), rng.standard_normal((3, 4))),
        "x exactly 0": (np.array([5.0, -7.0]), np.array([0.0, 0.0])),
    },
    mistakes={
        "always-one": Mistake(
            "Your derivative is 1 everywhere. Do you test y >= 0, or the output instead of the "
            "input?",
            lambda dy, x: dy,
        ),
        "mask-complement": Mistake(
            "The gradient flows where x is negative. It is the other way round.",
            lambda dy, x: dy * (x < 0),
        ),
        "gradient-clipped": Mistake(
            "You apply ReLU to dy. Negative gradients must pass, too: the sign of x decides, not "
            "that of dy.",
            lambda dy, x: np.maximum(dy, 0),
        ),
        "gradient-clipped-too": Mistake(
            "Negative gradients are lost: you apply ReLU to dy besides. Only the sign of x "
            "decides.",
            lambda dy, x: np.maximum(dy, 0) * (x > 0),
        ),
        "times-x": Mistake(
            "You multiply by the output, max(x, 0). The slope is 1 there, not x.",
            lambda dy, x: dy * np.maximum(x, 0),
        ),
        "slope-alone": Mistake(
            "This is the slope of ReLU. Multiply it by dy: the chain rule.",
            lambda dy, x: (x > 0) * 1.0,
        ),
        "negative-side": Mistake(
            "Where x is negative you return −dy, the slope of |x|. The slope of ReLU is 0 there.",
            lambda dy, x: dy * np.sign(x),
        ),
        "kink": Mistake(
            "At x = 0 exactly your gradient passes. Any number between 0 and 1 is a fair choice; "
            "PyTorch's is 0: x > 0.",
            lambda dy, x: dy * (x >= 0),
        ),
        "half-at-kink": Mistake(
            "At x = 0 exactly you take half the gradient, as central differences do. PyTorch's "
            "choice is 0.",
            lambda dy, x: dy * np.heaviside(x, 0.5),
        ),
        "times-input": Mistake(
            "You multiply by x itself, at all places. The slope of ReLU is 1 or 0: x decides by "
            "its sign only.",
            lambda dy, x: dy * x,
        ),
        "forward-again": Mistake(
            "You return ReLU itself, max(x, 0). Asked for is the gradient: dy where x is positive.",
            lambda dy, x: np.maximum(x, 0),
        ),
        "leaky": Mistake(
            "Where x is negative a small part of the gradient passes (leaky ReLU). Plain ReLU "
            "lets nothing pass there.",
            lambda dy, x: np.where(x > 0, dy, 0.01 * dy),
        ),
        "sigmoid-slope": Mistake(
            "You use the slope of the sigmoid, s(1 − s). That of ReLU is 1 where x is positive, "
            "else 0.",
            lambda dy, x: dy / (1 + np.exp(-x)) / (1 + np.exp(x)),
        ),
        "both-positive": Mistake(
            "You let pass only what is positive in x and in the product with dy. A negative "
            "gradient passes as well.",
            lambda dy, x: np.maximum(dy * x, 0),
        ),
        "added": Mistake(
            "You add the slope to dy. The chain rule multiplies.",
            lambda dy, x: dy + (x > 0),
        ),
    },
    referees={
        "dropnorm.scratch": _relu_layer,
        "PyTorch": _relu_by_torch,
    },
    returns=("dx",),
)
