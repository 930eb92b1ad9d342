"""Wrong use gets PyTorch's answer, or an error that says what was given and what is allowed."""

import numpy as np
import pytest
import torch

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
            r"Conv2d: an image of \(2, 5\) with padding \(0, 0\) is smaller than the kernel \(3",
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
