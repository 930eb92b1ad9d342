"""Wrong use gets PyTorch's answer or a clearer one: an error that says what came and what is allowed."""

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
        (CONV, ones(2, 3, 5, 5, dtype=int), "Conv2d: x is int64, expected a float32 or float64 array"),
        (CONV, ones(2, 3, 5, 5, dtype=np.float64), "Conv2d: x is float64, but the layer was made with dtype=float32"),
        (CONV, ones(2, 3, 2, 5), r"Conv2d: an image of \(2, 5\) with padding \(0, 0\) is smaller than the kernel \(3, 3\)"),
        (NORM2, ones(2, 4, 5, 5), r"BatchNorm2d: x has shape \(2, 4, 5, 5\), expected \(N, 3, H, W\)"),
        (NORM2, ones(2, 3), r"BatchNorm2d: x has shape \(2, 3\), expected \(N, 3, H, W\)"),
        (NORM2, ones(2, 3, 5, 5, dtype=np.uint8), "BatchNorm2d: x is uint8"),
        (NORM1, ones(2, 3, 5, 5), r"BatchNorm1d: x has shape \(2, 3, 5, 5\), expected \(N, 3\) or \(N, 3, L\)"),
        (NORM1, ones(2, 4), r"BatchNorm1d: x has shape \(2, 4\), expected \(N, 3\)"),
        (NORM1, ones(3), r"BatchNorm1d: x has shape \(3,\)"),
        (NORM1, ones(4, 3, dtype=np.float64), "BatchNorm1d: x is float64, but the layer was made with dtype=float32"),
        (LINEAR, ones(2, 4), r"Linear: x has shape \(2, 4\), expected \(N, 3\)"),
        (LINEAR, ones(2, 3, 1), r"Linear: x has shape \(2, 3, 1\), expected \(N, 3\)"),
        (LINEAR, [[1.0, 2.0, 3.0]], "Linear: x is list, expected a float32 or float64 array"),
        (POOL, ones(2, 3, 4), r"MaxPool2d: x has shape \(2, 3, 4\), expected \(N, C, H, W\)"),
        (POOL, ones(2, 3, 4, 1), r"MaxPool2d: an image of \(4, 1\) is smaller than kernel_size=\(2, 2\)"),
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
        (lambda: nn.Conv2d(3, 2, 3, stride=(1, 0)), r"stride=\(1, 0\): expected a whole number >= 1"),
        (lambda: nn.Conv2d(3, 2, 3, padding=-1), "padding=-1: expected a whole number >= 0"),
        (lambda: nn.Conv2d(3, 2, 1.5), "kernel_size=1.5: expected a whole number"),
        (lambda: nn.Conv2d(0, 2, 3), "in_channels, out_channels="),
        (lambda: nn.MaxPool2d(0), "kernel_size=0: expected a whole number >= 1"),
        (lambda: nn.BatchNorm2d(0), "num_features=0: expected a whole number >= 1"),
        (lambda: nn.BatchNorm1d(2, eps=-1e-5), "eps=-1e-05: expected a number >= 0"),
        (lambda: nn.BatchNorm1d(2, momentum=1.5), "momentum=1.5: expected 0 <= momentum <= 1"),
        (lambda: nn.BatchNorm1d(2, momentum=float("nan")), "momentum=nan"),
        (lambda: nn.Dropout(1.0), "p=1.0: expected the probability of dropping, 0 <= p < 1"),
        (lambda: nn.SGD(LINEAR, lr=0), "lr=0: expected a number above 0"),
        (lambda: nn.SGD(LINEAR, lr=0.1, momentum=1), "momentum=1: expected 0 <= momentum < 1"),
        (lambda: nn.SGD(LINEAR, lr=0.1, weight_decay=-1), "weight_decay=-1: expected a number >= 0"),
        (lambda: nn.Adam(LINEAR, lr=float("nan")), "lr=nan"),
        (lambda: nn.Adam(LINEAR, betas=(0.9, 1.0)), r"betas=\(0.9, 1.0\): expected two numbers, 0 <= beta < 1"),
        (lambda: nn.Adam(LINEAR, eps=0), "eps=0: expected a number above 0"),
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(make, message):
    with pytest.raises(ValueError, match=message):
        make()


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
    with pytest.raises(RuntimeError, match=f"{type(layer).__name__}.backward was called before forward"):
        layer.backward(x)
    y = layer(x)
    with pytest.raises(ValueError, match=f"{type(layer).__name__}: dy has shape .*expected the output's shape"):
        layer.backward(y[:1])


@pytest.mark.parametrize("kind", [nn.SGD, nn.Adam])
def test_an_optimiser_needs_gradients(kind):
    with pytest.raises(RuntimeError, match=f"{kind.__name__}.step: no gradient for 'weight'"):
        kind(nn.Linear(3, 2, rng=0), lr=0.1).step()


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 1), (1, 3, 1, 1), (1, 3, 4, 4), (1, 3, 4), (2, 3)])
def test_a_batch_of_one_value_per_channel_is_refused_in_training_exactly_where_pytorch_does(shape):
    kind = "BatchNorm2d" if len(shape) == 4 else "BatchNorm1d"
    ours, theirs, x = getattr(nn, kind)(3), getattr(torch.nn, kind)(3), ones(*shape)
    if np.prod(shape) == 3:
        with pytest.raises(ValueError, match="more than 1 value per channel"):
            theirs(torch.from_numpy(x))
        with pytest.raises(ValueError, match=r"1 value\(s\) per channel; expected at least 2 in training"):
            ours(x)
        assert ours.buffers["num_batches_tracked"] == 0
    else:
        np.testing.assert_allclose(ours(x), theirs(torch.from_numpy(x)).detach().numpy(), atol=1e-6)
    np.testing.assert_allclose(ours.eval()(x), theirs.eval()(torch.from_numpy(x)).detach().numpy(), atol=1e-6)


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        (ones(2), [0, 0], r"logits have shape \(2,\), expected \(N, classes\)"),
        (ones(0, 3), [], r"logits have shape \(0, 3\)"),
        (ones(2, 3), [0], r"labels are int64 of shape \(1,\), expected integers of shape \(2,\)"),
        (ones(2, 3), [0.0, 1.0], "labels are float64"),
        (ones(2, 3), [0, 3], "labels run from 0 to 3, expected 0 to 2"),
        (ones(2, 3), [-1, 0], "labels run from -1 to 0, expected 0 to 2"),
    ],
)
def test_labels_that_do_not_fit_the_logits_are_refused(logits, labels, message):
    with pytest.raises(ValueError, match=message):
        nn.softmax_cross_entropy(logits, np.array(labels))
