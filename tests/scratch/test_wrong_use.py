"""Wrong use gets PyTorch's answer or a clearer one: an error that says what came and what is allowed."""

import inspect
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dropnorm import scratch as nn

CONV, NORM1, NORM2 = nn.Conv2d(3, 2, 3, rng=0), nn.BatchNorm1d(3), nn.BatchNorm2d(3)
LINEAR, POOL = nn.Linear(3, 2, rng=0), nn.MaxPool2d(2)


def ones(*shape, dtype=np.float32):
    return np.ones(shape, dtype)


@pytest.mark.parametrize(
    ("layer", "x", "message"),
    [
        (CONV, ones(2, 4, 5, 5), r"Conv2d: x has shape \(2, 4, 5, 5\), expected \(N, 3, H, W\)"),
        (CONV, ones(3, 5, 5), r"Conv2d: x has shape \(3, 5, 5\), expected \(N, 3, H, W\)"),
        (
            CONV,
            ones(2, 3, 5, 5, dtype=int),
            "Conv2d: x is int64, expected a float32 or float64 array",
        ),
        (
            CONV,
            ones(2, 3, 5, 5, dtype=np.float64),
            "Conv2d: x is float64, but the layer was made with dtype=float32",
        ),
        (
            CONV,
            ones(2, 3, 2, 5),
            r"Conv2d: an image of \(2, 5\) with padding \(0, 0\) is smaller than the kernel \(3, 3\)",
        ),
        (
            NORM2,
            ones(2, 4, 5, 5),
            r"BatchNorm2d: x has shape \(2, 4, 5, 5\), expected \(N, 3, H, W\)",
        ),
        (NORM2, ones(2, 3), r"BatchNorm2d: x has shape \(2, 3\), expected \(N, 3, H, W\)"),
        (NORM2, ones(2, 3, 5, 5, dtype=np.uint8), "BatchNorm2d: x is uint8"),
        (
            NORM1,
            ones(2, 3, 5, 5),
            r"BatchNorm1d: x has shape \(2, 3, 5, 5\), expected \(N, 3\) or \(N, 3, L\)",
        ),
        (NORM1, ones(2, 4), r"BatchNorm1d: x has shape \(2, 4\), expected \(N, 3\)"),
        (NORM1, ones(3), r"BatchNorm1d: x has shape \(3,\)"),
        (
            NORM1,
            ones(4, 3, dtype=np.float64),
            "BatchNorm1d: x is float64, but the layer was made with dtype=float32",
        ),
        (LINEAR, ones(2, 4), r"Linear: x has shape \(2, 4\), expected \(N, 3\)"),
        (
            LINEAR,
            ones(2, 3, 1),
            r"Linear: x has shape \(2, 3, 1\), expected \(N, 3\) or \(N, …, 3\)",
        ),
        (LINEAR, ones(3), r"Linear: x has shape \(3,\), expected \(N, 3\)"),
        (LINEAR, [[1.0, 2.0, 3.0]], "Linear: x is list, expected a float32 or float64 array"),
        (POOL, ones(2, 3, 4), r"MaxPool2d: x has shape \(2, 3, 4\), expected \(N, C, H, W\)"),
        (
            POOL,
            ones(2, 3, 4, 1),
            r"MaxPool2d: an image of \(4, 1\) is smaller than kernel_size=\(2, 2\)",
        ),
        (POOL, ones(2, 3, 4, 4, dtype=bool), "MaxPool2d: x is bool"),
        (nn.ReLU(), ones(2, dtype=int), "ReLU: x is int64"),
        (nn.Flatten(), ones(2, 2, dtype=int), "Flatten: x is int64"),
    ],
)
def test_an_input_that_does_not_fit_is_refused_with_shape_and_type(layer, x, message):
    with pytest.raises(ValueError, match=message):
        layer(x)


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
        (lambda: nn.Dropout(1.0), "p=1.0: expected the probability of dropping, 0 <= p < 1"),
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


# For each argument: what is allowed, in words, and what is to be refused. Strings, lists, None and NaN are always refused,
# except where None means something.
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
DROP = ("the probability of dropping, 0 <= p < 1", [1, 1.0, -0.1, np.inf, True, 1j])
LAYER = ("a layer", [0, nn.ReLU, [nn.ReLU()]])
CONSTRUCTORS = {
    nn.Linear: {
        "in_features": SIZE,
        "out_features": SIZE,
        "bias": FLAG,
        "rng": GENERATOR,
        "dtype": FLOAT_TYPE,
    },
    nn.Conv2d: {
        **{"in_channels": SIZE, "out_channels": SIZE, "kernel_size": SIZES, "stride": SIZES},
        **{"padding": PADDING},
        **{"bias": FLAG, "rng": GENERATOR, "dtype": FLOAT_TYPE},
    },
    nn.MaxPool2d: (pooling := {"kernel_size": SIZES, "stride": STRIDES, "padding": PADDING}),
    nn.AvgPool2d: pooling,
    nn.AdaptiveAvgPool2d: {"output_size": ("1", [0, -1, 2, 1.0, True, (1, 2), [1, 1]])},
    nn.ReLU: {},
    nn.Flatten: {},
    nn.Dropout: {"p": DROP, "rng": GENERATOR},
    nn.Dropout2d: {"p": DROP, "rng": GENERATOR},
    nn.GaussianDropout: {"p": DROP, "rng": GENERATOR},
    nn.BatchNorm1d: (
        norm := {
            **{"num_features": SIZE, "eps": FROM_ZERO, "dtype": FLOAT_TYPE},
            **{"momentum": ("0 <= momentum <= 1, or None", [1.1, -0.1, np.inf, True, 1j])},
        }
    ),
    nn.BatchNorm2d: norm,
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
        **{
            "normalized_shape": (
                "a whole number >= 1, or a tuple of them",
                [0, -1, 2.5, True, (), (1, 0), [2, 2]],
            )
        },
        **{"eps": FROM_ZERO, "elementwise_affine": FLAG, "dtype": FLOAT_TYPE},
    },
    nn.SGD: {
        **{
            "network": LAYER,
            "lr": ABOVE_ZERO,
            "momentum": RATE,
            "weight_decay": FROM_ZERO,
            "spare_vectors": FLAG,
        },
        **{"nesterov": FLAG},
    },
    nn.Adam: (
        adam := {
            **{
                "network": LAYER,
                "lr": ABOVE_ZERO,
                "eps": ABOVE_ZERO,
                "weight_decay": FROM_ZERO,
                "spare_vectors": FLAG,
            },
            **{
                "betas": (
                    "0 <= beta < 1",
                    [0.9, (0.9,), (0.9, 1.0), (0.9, np.nan), (0.9, 0.9, 0.9), (0.9, "0.9")],
                )
            },
        }
    ),
    nn.AdamW: adam,
    nn.gradient_check: {
        "layer": LAYER,
        "x": ("float64", [1.0, [1.0]]),
        "step": ABOVE_ZERO,
        "rng": GENERATOR,
    },
}
RIGHT = {
    **{
        nn.Linear: {"in_features": 2, "out_features": 3},
        nn.MaxPool2d: {"kernel_size": 2},
        nn.AvgPool2d: {"kernel_size": 2},
    },
    **{nn.Conv2d: {"in_channels": 2, "out_channels": 3, "kernel_size": 3}},
    **{nn.BatchNorm1d: {"num_features": 2}, nn.BatchNorm2d: {"num_features": 2}},
    **{nn.GroupNorm: {"num_groups": 1, "num_channels": 2}, nn.InstanceNorm2d: {"num_features": 2}},
    **{nn.LayerNorm: {"normalized_shape": 2}},
    **{
        nn.SGD: {"network": LINEAR, "lr": 0.1},
        nn.Adam: {"network": LINEAR, "lr": 0.1},
        nn.AdamW: {"network": LINEAR},
    },
    **{nn.gradient_check: {"layer": nn.ReLU(), "x": np.ones((2, 2))}},
}
NEITHER = (
    nn.Layer,
    nn.Sequential,
    nn.Residual,
)  # no arguments; layers as arguments, which have their own tests


def arguments():
    return [(make, name) for make, names in CONSTRUCTORS.items() for name in names]


@pytest.mark.parametrize(("make", "name"), arguments(), ids=lambda v: getattr(v, "__name__", v))
def test_every_argument_that_is_out_of_range_is_refused_by_name(make, name):
    allowed, wrong = CONSTRUCTORS[make][name]
    for value in [*wrong, "no", float("nan"), *([] if "None" in allowed else [None])]:
        with pytest.raises(ValueError) as caught:
            make(**RIGHT.get(make, {}) | {name: value})
        said = str(caught.value)
        assert name in said and "expected" in said.replace("needs", "expected"), (
            f"{value!r}: {said}"
        )
        assert re.search(allowed, said), f"{value!r}: {said}"


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    drawn=st.sampled_from(arguments()),
    value=st.one_of(st.text(), st.floats(), st.integers(-9, 9), st.booleans()),
)
def test_an_argument_is_taken_or_refused_and_nothing_else(drawn, value):
    make, name = drawn
    try:
        make(**RIGHT.get(make, {}) | {name: value})
    except ValueError as error:
        assert name in str(error)


def test_every_public_constructor_and_each_of_its_arguments_is_in_the_table():
    public = [thing for name in nn.__all__ if isinstance(thing := getattr(nn, name), type)]
    assert {*CONSTRUCTORS} - {nn.gradient_check} == {*public} - {*NEITHER}
    for make, names in CONSTRUCTORS.items():
        assert {*inspect.signature(make).parameters} == {*names}, make


def test_what_is_no_layer_cannot_stand_in_a_network():
    for wrong in (nn.ReLU, [nn.ReLU()], None, np.tanh):
        with pytest.raises(
            ValueError, match=r"Sequential: argument 1 is .*: expected a layer, such as ReLU"
        ):
            nn.Sequential(nn.Flatten(), wrong)


@pytest.mark.parametrize(
    ("network", "found"),
    [
        (lambda one: nn.Sequential(one, LINEAR, one), "ReLU in argument 2"),
        (lambda one: nn.Sequential(one, nn.Sequential(LINEAR, one)), "ReLU in argument 1"),
        (
            lambda one: nn.Sequential(nn.Sequential(one), LINEAR, nn.Sequential(one)),
            "ReLU in argument 2",
        ),
        (lambda one: nn.Sequential(nn.Sequential(nn.Sequential(one), one)), "ReLU in argument 1"),
        (lambda one: nn.Sequential(*[nn.Sequential(one)] * 2), "Sequential in argument 1"),
    ],
)
def test_one_layer_in_two_places_is_refused(network, found):
    with pytest.raises(
        ValueError,
        match=f"Sequential: the {found} is the same object as in argument 0; expected one ",
    ):
        network(nn.ReLU())


def test_one_layer_may_stand_in_two_networks():
    one = nn.ReLU()
    assert nn.Sequential(one).layers == nn.Sequential(one).layers


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("eps", [0, 1e-330])
@pytest.mark.parametrize("value", [0.0, 0.1, 3.0, 1000.1])
@pytest.mark.parametrize("shape", [(4, 2), (3, 2, 4), (5, 2, 3, 3)])
def test_without_eps_a_channel_that_does_not_vary_is_refused_and_changes_nothing(
    dtype, eps, value, shape
):
    layer = (nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d)(2, eps, dtype=dtype)
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    x[:, 1] = value
    before = layer.state_dict()
    with pytest.raises(
        ValueError, match="channel 1 does not vary; expected eps > 0, or numbers that differ"
    ):
        layer(x)
    for name, array in layer.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    layer.buffers["running_var"][1] = 0
    with pytest.raises(ValueError, match="channel 1 does not vary"):
        layer.eval()(x)


def test_without_eps_channels_that_vary_get_variance_one_exactly_and_the_right_gradient():
    layer, x = (
        nn.BatchNorm2d(2, 0, dtype=np.float64),
        np.random.default_rng(1).standard_normal((3, 2, 2, 2)),
    )
    np.testing.assert_allclose(layer(x).var(axis=(0, 2, 3)), 1, atol=1e-14)
    assert all(error < 1e-8 for error in nn.gradient_check(layer, x).values())
    with pytest.raises(ValueError, match="eps must be positive"):  # PyTorch takes none at all
        torch.nn.BatchNorm2d(2, 0)(torch.from_numpy(x))


def layers():
    return [
        (nn.Conv2d(3, 2, 3, rng=0), ones(2, 3, 4, 4)),
        (nn.MaxPool2d(2), ones(2, 3, 4, 4)),
        (nn.BatchNorm2d(3), ones(2, 3, 4, 4)),
        (nn.BatchNorm1d(3), ones(2, 3)),
        (nn.Linear(3, 2, rng=0), ones(2, 3)),
        (nn.ReLU(), ones(2, 3)),
        (nn.Flatten(), ones(2, 3, 4, 4)),
    ]


@pytest.mark.parametrize(("layer", "x"), layers(), ids=lambda value: type(value).__name__)
def test_backward_needs_a_forward_and_a_gradient_of_the_outputs_shape(layer, x):
    with pytest.raises(
        RuntimeError, match=f"{type(layer).__name__}.backward was called before forward"
    ):
        layer.backward(x)
    y = layer(x)
    with pytest.raises(
        ValueError, match=f"{type(layer).__name__}: dy has shape .*expected the output's shape"
    ):
        layer.backward(y[:1])


@pytest.mark.parametrize("kind", [nn.SGD, nn.Adam])
def test_an_optimiser_needs_gradients(kind):
    with pytest.raises(RuntimeError, match=f"{kind.__name__}.step: no gradient for 'weight'"):
        kind(nn.Linear(3, 2, rng=0), lr=0.1).step()


@pytest.mark.parametrize(
    "shape", [(1, 3), (1, 3, 1), (1, 3, 1, 1), (1, 3, 4, 4), (1, 3, 4), (2, 3)]
)
def test_a_batch_of_one_value_per_channel_is_refused_in_training_exactly_where_pytorch_does(shape):
    kind = "BatchNorm2d" if len(shape) == 4 else "BatchNorm1d"
    ours, theirs, x = getattr(nn, kind)(3), getattr(torch.nn, kind)(3), ones(*shape)
    if np.prod(shape) == 3:
        with pytest.raises(ValueError, match="more than 1 value per channel"):
            theirs(torch.from_numpy(x))
        with pytest.raises(
            ValueError, match=r"1 value\(s\) per channel; expected at least 2 in training"
        ):
            ours(x)
        assert ours.buffers["num_batches_tracked"] == 0
    else:
        np.testing.assert_allclose(ours(x), theirs(torch.from_numpy(x)).detach().numpy(), atol=1e-6)
    np.testing.assert_allclose(
        ours.eval()(x), theirs.eval()(torch.from_numpy(x)).detach().numpy(), atol=1e-6
    )


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        (ones(2), [0, 0], r"logits have shape \(2,\), expected \(N, classes\)"),
        (ones(0, 3), [], r"logits have shape \(0, 3\)"),
        ([[1.0]], [0], "logits are list, expected a float32 or float64 array"),
        (ones(2, 3, dtype=int), [0, 0], "logits are int64"),
        (
            ones(2, 3),
            [[0], [0]],
            r"labels are int64 of shape \(2, 1\), expected integers of shape \(2,\)",
        ),
        (ones(2, 3), [0], r"labels are int64 of shape \(1,\), expected integers of shape \(2,\)"),
        (ones(2, 3), [0.0, 1.0], "labels are float64"),
        (ones(2, 3), [0, 3], "labels run from 0 to 3, expected 0 to 2"),
        (ones(2, 3), [-1, 0], "labels run from -1 to 0, expected 0 to 2"),
    ],
)
def test_labels_that_do_not_fit_the_logits_are_refused(logits, labels, message):
    with pytest.raises(ValueError, match=message):
        nn.softmax_cross_entropy(logits, np.array(labels))
    with pytest.raises(ValueError, match=message):
        nn.accuracy(logits, np.array(labels))
