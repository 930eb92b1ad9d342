"""Exercise of chapter 04: A step of SGD."""

import numpy as np

from dropnorm.exercises.spec import Cases, Exercise, Mistake


def sgd_step(w, v, grad, lr, momentum, weight_decay):
    """One step of SGD with momentum and weight decay, as in PyTorch.

    Parameters
    ----------
    w, v, grad : arrays of one shape
        Parameter, velocity before the step, and gradient of the loss.
    lr : float
        Learning rate; it scales the velocity when the parameter moves, and is not part of the
        velocity.
    momentum : float
        What is left of the old velocity. The new gradient counts in full.
    weight_decay : float
        λ: λ w is added to the gradient first.

    Returns
    -------
    w, v : arrays of the same shape
        After the step.
    """
    v = momentum * v + grad + weight_decay * w
    return w - lr * v, v


def _sgd_by_torch(w, v, grad, lr, momentum, weight_decay):
    import torch
    from torch.optim.sgd import sgd

    w, v, grad = map(torch.tensor, (w, v, grad))
    settings = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
    sgd([w], [grad], [v], foreach=False, dampening=0.0, nesterov=False, maximize=False, **settings)
    return w.numpy(), v.numpy()


def _sgd_cases(rng: np.random.Generator) -> Cases:
    one = np.array([1.0]), np.array([2.0]), np.array([3.0])
    many = tuple(rng.standard_normal((3, 2)) for _ in range(3))
    return {
        "w = 1, v = 2, grad = 3": (*one, 0.1, 0.5, 0.0),
        "with weight decay": (*one, 0.1, 0.5, 0.2),
        "random": (*many, 0.3, 0.9, 0.01),
    }


def _stepped(w, v, g, lr, mu, decay, new=None):
    v = mu * v + g + decay * w if new is None else new
    return w - lr * v, v


def _in_steps(w, v, grad, lr, momentum, weight_decay):
    decay = weight_decay * w
    total = grad + decay
    old = momentum * v
    velocity = old + total
    return w - lr * velocity, velocity


EXERCISE = Exercise(
    name="sgd-momentum",
    chapter=4,
    stars=2,
    title="A step of SGD",
    hint="In this order: add the decay to the gradient, update the velocity, move the parameter.",
    solution=sgd_step,
    cases=_sgd_cases,
    mistakes={
        "uphill": Mistake(
            "The step goes uphill. Subtract lr · v.",
            lambda w, v, g, lr, mu, d: (w + lr * (mu * v + g + d * w), mu * v + g + d * w),
        ),
        "dampened": Mistake(
            "You weigh the gradient by 1 − momentum, as in a running mean. In PyTorch it counts "
            "in full.",
            lambda w, v, g, lr, mu, d: _stepped(
                w, v, g, lr, mu, d, mu * v + (1 - mu) * (g + d * w)
            ),
        ),
        "rate-in-velocity": Mistake(
            "Your velocity contains the learning rate. That is another convention: it differs "
            "once the rate changes.",
            lambda w, v, g, lr, mu, d: (w - mu * v - lr * (g + d * w), mu * v + lr * (g + d * w)),
        ),
        "downhill-velocity": Mistake(
            "Your velocity points downhill, v = μ v − lr · g. That is another convention; here w "
            "− lr · v.",
            lambda w, v, g, lr, mu, d: (w + mu * v - lr * (g + d * w), mu * v - lr * (g + d * w)),
        ),
        "old-velocity": Mistake(
            "You move by the old velocity. Update it first.",
            lambda w, v, g, lr, mu, d: (w - lr * v, mu * v + g + d * w),
        ),
        "momentum-left-out": Mistake(
            "The old velocity is lost: v = momentum · v + grad.",
            lambda w, v, g, lr, mu, d: _stepped(w, v, g, lr, mu, d, g + d * w),
        ),
        "momentum-one": Mistake(
            "The old velocity is not damped: multiply it by momentum.",
            lambda w, v, g, lr, mu, d: _stepped(w, v, g, lr, mu, d, v + g + d * w),
        ),
        "decay-left-out": Mistake(
            "The weight decay is missing: add weight_decay · w to the gradient.",
            lambda w, v, g, lr, mu, d: _stepped(w, v, g, lr, mu, d, mu * v + g),
        ),
        "decay-decoupled": Mistake(
            "You shrink the weight beside the velocity, as AdamW does. Here the decay is part of "
            "the gradient, and so of v.",
            lambda w, v, g, lr, mu, d: (w - lr * (mu * v + g) - lr * d * w, mu * v + g),
        ),
        "decay-sign": Mistake(
            "The weight decay has the wrong sign: it makes weights grow.",
            lambda w, v, g, lr, mu, d: _stepped(w, v, g, lr, mu, d, mu * v + g - d * w),
        ),
        "nesterov": Mistake(
            "This is Nesterov's step, grad + momentum · v with the new v. Asked for is the plain "
            "one.",
            lambda w, v, g, lr, mu, d: (
                w - lr * (g + d * w + mu * (mu * v + g + d * w)),
                mu * v + g + d * w,
            ),
        ),
        "gradient-damped": Mistake(
            "momentum multiplies the gradient, too: v = momentum · (v + grad). It damps the old "
            "velocity only.",
            lambda w, v, g, lr, mu, d: _stepped(w, v, g, lr, mu, d, mu * (v + g + d * w)),
        ),
        "decay-times-rate": Mistake(
            "The decay is multiplied by lr before it enters the velocity, and by lr again with "
            "it. Once is enough: add weight_decay · w to the gradient.",
            lambda w, v, g, lr, mu, d: _stepped(w, v, g, lr, mu, d, mu * v + g + lr * d * w),
        ),
        "decay-without-rate": Mistake(
            "You shrink the weight by weight_decay itself, beside the step. The decay is part of "
            "the gradient: lr scales it.",
            lambda w, v, g, lr, mu, d: (w - lr * (mu * v + g) - d * w, mu * v + g),
        ),
        "decay-of-the-sign": Mistake(
            "Your decay pulls by the sign of w, as an L1 penalty does. Weight decay is "
            "proportional to w.",
            lambda w, v, g, lr, mu, d: _stepped(w, v, g, lr, mu, d, mu * v + g + d * np.sign(w)),
        ),
        "decay-of-the-velocity": Mistake(
            "You add weight_decay times the velocity. It is the weight that decays: weight_decay "
            "· w.",
            lambda w, v, g, lr, mu, d: _stepped(w, v, g, lr, mu, d, mu * v + g + d * v),
        ),
        "plain-step": Mistake(
            "The weight moves by the gradient alone. Move it by the velocity, which has the "
            "gradient in it.",
            lambda w, v, g, lr, mu, d: (w - lr * (g + d * w), mu * v + g + d * w),
        ),
        "gradient-twice": Mistake(
            "You move by the gradient and by the velocity, which holds it already: the gradient "
            "counts twice.",
            lambda w, v, g, lr, mu, d: (w - lr * (mu * v + 2 * (g + d * w)), mu * v + g + d * w),
        ),
    },
    referees={"PyTorch": _sgd_by_torch},
    other_ways=(_in_steps,),
    returns=("w", "v"),
)
