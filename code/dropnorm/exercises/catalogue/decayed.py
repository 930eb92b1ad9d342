"""Exercise of chapter 06: Weight decay that spares the norms."""

import numpy as np

from dropnorm.exercises.spec import Cases, Exercise, Mistake


def decayed(names, shapes):
    """Which parameters does weight decay shrink, if it spares batch norms and all biases?

    Parameters
    ----------
    names : list of str
        As in state_dict, such as "0.weight". The weight of a batch norm is its γ, the bias its β.
    shapes : list of tuples
        (O, C, K, K) or (out, in) for a weight of a convolution or of a dense layer; (C,) for γ, β
        and every bias.

    Returns
    -------
    decays : list of bool
        One for each name: True for weights of convolutions and of dense layers alone.
    """
    return [len(shape) > 1 for shape in shapes]


def _layer_by_layer(names, shapes):
    """A layer whose weight has one axis is a batch norm."""
    axes = dict(zip(names, map(len, shapes), strict=True))
    norms = {name.rpartition(".")[0] for name, n in axes.items() if "weight" in name and n == 1}
    return [name.endswith("weight") and name.rpartition(".")[0] not in norms for name in names]


NETWORK = {
    "0.weight": (4, 1, 3, 3),
    "0.bias": (4,),
    "1.weight": (4,),
    "1.bias": (4,),
    "4.weight": (32, 64),
    "4.bias": (32,),
    "5.weight": (32,),
    "5.bias": (32,),
    "7.weight": (10, 32),
    "7.bias": (10,),
}
SINGLES = {  # one channel, one score
    "stem.weight": (1, 1, 1, 1),
    "norm.weight": (1,),
    "norm.bias": (1,),
    "head.weight": (1, 5),
    "head.bias": (1,),
}
BRANCHES = {
    "conv1.weight": (8, 3, 3, 3),
    "bn1.weight": (8,),
    "bn1.bias": (8,),
    "branch.0.weight": (8, 8, 1, 1),
    "branch.1.bias": (8,),
    "branch.1.weight": (8,),
    "around.weight": (2, 2),
}


def _cases(rng: np.random.Generator) -> Cases:
    shuffled = [list(BRANCHES)[i] for i in rng.permutation(len(BRANCHES))]
    return {
        "the network of chapter 07": (list(NETWORK), list(NETWORK.values())),
        "one channel, one score": (list(SINGLES), list(SINGLES.values())),
        "names of another program": (list(BRANCHES), list(BRANCHES.values())),
        "in another order": (shuffled, [BRANCHES[name] for name in shuffled]),
        "a dense layer alone": (["weight", "bias"], [(3, 2), (3,)]),
    }


EXERCISE = Exercise(
    name="decayed",
    chapter=6,
    stars=1,
    title="Weight decay that spares the norms",
    hint="The names of γ and of a convolution's weight both end in weight. What tells them apart?",
    solution=decayed,
    cases=_cases,
    mistakes={
        "gammas-decayed": Mistake(
            "You go by the name and let γ decay, too: a batch norm's weight is called weight as "
            "well. Only its shape tells.",
            lambda names, shapes: ["weight" in name for name in names],
        ),
        "all-decayed": Mistake(
            "You let everything decay. Biases, γ and β are spared.",
            lambda names, shapes: [True for _ in names],
        ),
        "biases-decayed": Mistake(
            "You spare the norms, and let the biases of other layers decay. They are spared, too.",
            lambda names, shapes: [
                name.rpartition(".")[0]
                in {n.rpartition(".")[0] for n, s in zip(names, shapes, strict=True) if len(s) > 1}
                for name in names
            ],
        ),
        "turned-round": Mistake(
            "It is the other way round: these are the ones that are spared.",
            lambda names, shapes: [len(shape) == 1 for shape in shapes],
        ),
        "dense-spared": Mistake(
            "You spare the dense layers: their weights have two axes, and decay, too.",
            lambda names, shapes: [len(shape) == 4 for shape in shapes],
        ),
        "singles-spared": Mistake(
            "You go by the number of elements: a weight of one single element decays, too. What "
            "tells is the number of axes.",
            lambda names, shapes: [len(shape) > 1 and int(np.prod(shape)) > 1 for shape in shapes],
        ),
        "axes-of-one-ignored": Mistake(
            "Axes of length 1 don't count in yours, so that a weight of one score or one channel "
            "is taken for a norm's.",
            lambda names, shapes: [sum(n > 1 for n in shape) > 1 for shape in shapes],
        ),
        "norm-by-its-name": Mistake(
            "You look for norm or bn in the name. A batch norm in a chain is called 1.weight.",
            lambda names, shapes: [
                "weight" in name and "norm" not in name and "bn" not in name for name in names
            ],
        ),
    },
    referees={"layer by layer": _layer_by_layer},
    returns=("decays",),
)
