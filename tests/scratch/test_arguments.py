"""Every argument of every constructor: what is out of range is refused by its name."""

import inspect
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropnorm import scratch as nn

LINEAR = nn.Linear(3, 2, rng=0)
SGD = nn.SGD(LINEAR, lr=0.1)
WARM_UP = nn.LinearLR(SGD)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Conv2d(3, 2, 0), "kernel_size=0: expected a whole number >= 1"),
        (
            lambda: nn.Conv2d(3, 2, 3, stride=(1, 0)),
            r"stride=\(1, 0\): expected a whole number >= 1",
        ),
        (lambda: nn.Conv2d(3, 2, 3, padding=-1), "padding=-1: expected a whole number >= 0"),
        (lambda: nn.Conv2d(3, 2, 1.5), "kernel_size=1.5: expected a whole number"),
        (lambda: nn.Conv2d(0, 2, 3), "in_channels=0: expected a whole number >= 1"),
        (lambda: nn.MaxPool2d(0), "kernel_size=0: expected a whole number >= 1"),
        (lambda: nn.BatchNorm2d(0), "num_features=0: expected a whole number >= 1"),
        (lambda: nn.BatchNorm1d(2, eps=-1e-5), "eps=-1e-05: expected a number >= 0"),
        (lambda: nn.BatchNorm1d(2, momentum=1.5), "momentum=1.5: expected 0 <= momentum <= 1"),
        (lambda: nn.BatchNorm1d(2, momentum=float("nan")), "momentum=nan"),
        (lambda: nn.Dropout(1.5), "p=1.5: expected the probability of dropping, 0 <= p <= 1"),
        (lambda: nn.SGD(LINEAR, lr=0), "lr=0: expected a number above 0"),
        (lambda: nn.SGD(LINEAR, lr=0.1, momentum=1), "momentum=1: expected 0 <= momentum < 1"),
        (
            lambda: nn.SGD(LINEAR, lr=0.1, weight_decay=-1),
            "weight_decay=-1: expected a number >= 0",
        ),
        (lambda: nn.Adam(LINEAR, lr=float("nan")), "lr=nan"),
        (lambda: nn.Adam(LINEAR, betas=(0.9, 1.0)), r"betas\[1\]=1.0: expected 0 <= beta < 1"),
        (lambda: nn.Adam(LINEAR, eps=0), "eps=0: expected a number above 0"),
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# For each argument: what is allowed, in words, and what is to be refused. Strings, lists, None and
# NaN are always refused, except where None means something.
SIZE = ("a whole number >= 1", [0, -1, 2.5, 3.0, True, (3, 3), np.array([1, 2])])
SIZES = (
    "a whole number >= 1, or a pair of them",
    [0, -1, 2.5, True, (1, 0), (1, 2, 3), (1.0, 2), [2, 2]],
)
STRIDES = (f"{SIZES[0]}|None", SIZES[1])
PADDING = ("a whole number >= 0, or a pair of them", [-1, 0.5, True, (0, -1), [1, 1]])
FLAG = ("True or False", [0, 1, 2.5, -1])
GENERATOR = ("a numpy.random.Generator, a seed .a whole number >= 0. or None", [-1, 2.5, 1j])
FLOAT_TYPE = (
    "float32 or float64",
    [int, bool, np.float16, "float16", "garbage", -1, object, complex, "f4,f8", 2.5],
)
ABOVE_ZERO = ("a number above 0", [0, -1, np.inf, True, 1j, 10**400])
FROM_ZERO = ("a number >= 0", [-1e-9, -1, np.inf, True, 1j, 10**400])
RATE = ("0 <= momentum < 1", [1, -0.1, np.inf, True, 1j])
DROP = ("the probability of dropping, 0 <= p <= 1", [1.1, -0.1, np.inf, True, 1j])
NOT_ALL = ("the probability of dropping, 0 <= p < 1", [1, 1.0, -0.1, np.inf, True, 1j])
OPTIMISER = ("an optimiser", [0, nn.SGD, LINEAR])
SHARE = ("a number above 0, at most 1", [0, 1.1, -1, True, 1j])
LAYER = ("a layer", [0, nn.ReLU, [nn.ReLU()]])
GROUPS = (f"{SIZE[0]}|a divisor", [*SIZE[1], 4])
POOLING = {"kernel_size": SIZES, "stride": STRIDES, "padding": PADDING}
NOISE = {"p": DROP, "rng": GENERATOR}
BATCH_NORM = {
    "num_features": SIZE,
    "eps": FROM_ZERO,
    "momentum": ("0 <= momentum <= 1, or None", [1.1, -0.1, np.inf, True, 1j]),
    "affine": FLAG,
    "track_running_stats": FLAG,
    "dtype": FLOAT_TYPE,
}
ADAM = {
    "network": LAYER,
    "lr": ABOVE_ZERO,
    "betas": (
        "0 <= beta < 1",
        [0.9, (0.9,), (0.9, 1.0), (0.9, np.nan), (0.9, 0.9, 0.9), (0.9, "0.9")],
    ),
    "eps": ABOVE_ZERO,
    "weight_decay": FROM_ZERO,
    "spare_vectors": FLAG,
}
CONSTRUCTORS = {
    nn.Linear: {
        "in_features": SIZE,
        "out_features": SIZE,
        "bias": FLAG,
        "rng": GENERATOR,
        "dtype": FLOAT_TYPE,
    },
    nn.Conv2d: {
        "in_channels": SIZE,
        "out_channels": SIZE,
        "kernel_size": SIZES,
        "stride": SIZES,
        "padding": PADDING,
        "dilation": SIZES,
        "groups": GROUPS,
        "bias": FLAG,
        "rng": GENERATOR,
        "dtype": FLOAT_TYPE,
    },
    nn.MaxPool2d: POOLING,
    nn.AvgPool2d: POOLING,
    nn.AdaptiveAvgPool2d: {"output_size": ("1", [0, -1, 2, 1.0, True, (1, 2), [1, 1]])},
    nn.ReLU: {},
    nn.Flatten: {},
    nn.DropBlock2d: NOISE | {"p": NOT_ALL, "block_size": SIZE},
    nn.DropPath: NOISE,
    nn.Dropout: NOISE,
    nn.Dropout1d: NOISE,
    nn.Dropout2d: NOISE,
    nn.GaussianDropout: NOISE | {"p": NOT_ALL},
    nn.BatchNorm1d: BATCH_NORM,
    nn.BatchNorm2d: BATCH_NORM,
    nn.GroupNorm: {
        "num_groups": SIZE,
        "num_channels": SIZE,
        "eps": FROM_ZERO,
        "affine": FLAG,
        "dtype": FLOAT_TYPE,
    },
    nn.InstanceNorm2d: {
        "num_features": SIZE,
        "eps": FROM_ZERO,
        "affine": FLAG,
        "dtype": FLOAT_TYPE,
    },
    nn.LayerNorm: {
        "normalized_shape": (
            "a whole number >= 1, or a tuple of them",
            [0, -1, 2.5, True, (), (1, 0), [2, 2]],
        ),
        "eps": FROM_ZERO,
        "elementwise_affine": FLAG,
        "dtype": FLOAT_TYPE,
    },
    nn.SGD: {
        "network": LAYER,
        "lr": ABOVE_ZERO,
        "momentum": RATE,
        "weight_decay": FROM_ZERO,
        "nesterov": FLAG,
        "spare_vectors": FLAG,
    },
    nn.Adam: ADAM,
    nn.AdamW: ADAM,
    nn.LinearLR: {
        "optimiser": OPTIMISER,
        "start_factor": SHARE,
        "end_factor": ("a number from 0 to 1", [-0.1, 1.1, np.inf, True, 1j]),
        "total_iters": SIZE,
    },
    nn.CosineAnnealingLR: {"optimiser": OPTIMISER, "T_max": SIZE, "eta_min": FROM_ZERO},
    nn.SequentialLR: {
        "optimiser": OPTIMISER,
        "schedulers": ("a list of schedules of this optimiser", [[], WARM_UP, [SGD], (WARM_UP,)]),
        "milestones": ("0 rising whole number", [0, [3], (3,)]),
    },
    nn.gradient_check: {
        "layer": LAYER,
        "x": ("float64", [1.0, [1.0]]),
        "step": ABOVE_ZERO,
        "rng": GENERATOR,
    },
}
# arguments that are in range, for those without a default
VALID = {
    nn.Linear: {"in_features": 2, "out_features": 3},
    nn.Conv2d: {"in_channels": 2, "out_channels": 3, "kernel_size": 3},
    nn.MaxPool2d: {"kernel_size": 2},
    nn.AvgPool2d: {"kernel_size": 2},
    nn.BatchNorm1d: {"num_features": 2},
    nn.BatchNorm2d: {"num_features": 2},
    nn.GroupNorm: {"num_groups": 1, "num_channels": 2},
    nn.InstanceNorm2d: {"num_features": 2},
    nn.LayerNorm: {"normalized_shape": 2},
    nn.SGD: {"network": LINEAR, "lr": 0.1},
    nn.Adam: {"network": LINEAR, "lr": 0.1},
    nn.AdamW: {"network": LINEAR},
    nn.LinearLR: {"optimiser": SGD},
    nn.CosineAnnealingLR: {"optimiser": SGD, "T_max": 5},
    nn.SequentialLR: {"optimiser": SGD, "schedulers": [WARM_UP], "milestones": []},
    nn.gradient_check: {"layer": nn.ReLU(), "x": np.ones((2, 2))},
}
# no arguments, or layers as arguments, which have their own tests
NO_ARGUMENTS = (nn.Layer, nn.Sequential, nn.Residual)


def arguments():
    return [(make, name) for make, names in CONSTRUCTORS.items() for name in names]


@pytest.mark.parametrize(("make", "name"), arguments(), ids=lambda v: getattr(v, "__name__", v))
def test_every_argument_that_is_out_of_range_is_refused_by_name(make, name):
    allowed, wrong = CONSTRUCTORS[make][name]
    for value in [*wrong, "no", float("nan"), *([] if "None" in allowed else [None])]:
        with pytest.raises(ValueError) as caught:
            make(**VALID.get(make, {}) | {name: value})
        message = str(caught.value)
        assert name in message and ("expected" in message or "needs" in message), repr(value)
        assert re.search(allowed, message), f"{value!r}: {message}"


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    drawn=st.sampled_from(arguments()),
    value=st.one_of(st.text(), st.floats(), st.integers(-9, 9), st.booleans()),
)
def test_an_argument_is_taken_or_refused_and_nothing_else(drawn, value):
    make, name = drawn
    try:
        make(**VALID.get(make, {}) | {name: value})
    except ValueError as error:
        assert name in str(error)


def test_every_public_constructor_and_each_of_its_arguments_is_in_the_table():
    public = [thing for name in nn.__all__ if isinstance(thing := getattr(nn, name), type)]
    assert {*CONSTRUCTORS} - {nn.gradient_check} == {*public} - {*NO_ARGUMENTS}
    for make, names in CONSTRUCTORS.items():
        assert {*inspect.signature(make).parameters} == {*names}, make


def test_same_padding_needs_a_stride_of_one():
    assert nn.Conv2d(1, 1, 3, padding="same", rng=0).padding == "same"
    with pytest.raises(ValueError, match="padding='same': expected whole numbers, as stride=2 is"):
        nn.Conv2d(1, 1, 3, 2, "same")
