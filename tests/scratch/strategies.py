"""What hypothesis draws: layers with random sizes and parameters, and inputs that suit them."""

import numpy as np
from checks import distinct, plain, shaken, values
from hypothesis import assume
from hypothesis import strategies as st

from dropnorm import scratch as nn

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 4)
POOLS = ["MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d"]
KINDS = ["Conv2d", *POOLS, "Linear", "BatchNorm", "RowNorm", "ReLU", "Flatten"]


@st.composite
def convolutions(draw, dtype=np.float64, largest=6):
    """A Conv2d with any kernel, stride, padding, dilation and groups, and the shape of an input."""
    one_to_three = st.integers(1, 3)
    kernel, dilation = (draw(st.tuples(one_to_three, one_to_three)) for _ in range(2))
    size = draw(st.tuples(st.integers(1, largest), st.integers(1, largest)))
    if draw(st.integers(0, 4)) == 0:
        stride, padding = (1, 1), "same"
    else:
        stride = draw(st.tuples(one_to_three, one_to_three))
        padding = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
        axes = zip(size, kernel, padding, dilation, strict=True)
        assume(all(n + 2 * p > d * (k - 1) for n, k, p, d in axes))
    groups = draw(one_to_three)
    inner, outer = (groups * draw(st.integers(1, 3 if groups == 1 else 2)) for _ in range(2))
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    bias, rng = draw(st.booleans()), draw(seeds)
    layer = nn.Conv2d(inner, outer, kernel, **settings, bias=bias, rng=rng, dtype=dtype)
    return layer, (draw(sizes), inner, *size)


@st.composite
def batch_norms(draw, dtype=np.float64, tracked=None):
    """A batch norm with random state, and the shape of an input of at least 3 values a channel.

    With γ and β or without them, and with running statistics or without, unless ``tracked`` says.
    """
    channels, momentum = draw(sizes), draw(st.sampled_from([0.0, 0.1, 0.7, 1.0, None]))
    shape = (draw(st.integers(1, 5)), channels, *draw(st.lists(sizes, max_size=2)))
    assume(np.prod(shape) >= 3 * channels)
    kind = nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d
    eps, affine = draw(st.sampled_from([1e-5, 1e-3, 0.1])), draw(st.booleans())
    tracked = draw(st.booleans()) if tracked is None else tracked
    layer = kind(channels, eps, momentum, affine, tracked, dtype=dtype)
    return shaken(layer, draw(seeds)), shape


@st.composite
def row_norms(draw, dtype=np.float64):
    """A group, layer or instance norm with random γ and β or none, and the shape of an input."""
    eps, affine = draw(st.sampled_from([1e-5, 1e-3, 0.1])), draw(st.booleans())
    rest = draw(st.lists(sizes, max_size=3))
    kind = draw(st.sampled_from([nn.GroupNorm, nn.LayerNorm, nn.InstanceNorm2d]))
    if kind is nn.GroupNorm:
        groups, each = draw(sizes), draw(st.integers(1, 3))
        shape = (draw(sizes), groups * each, *rest)
        layer = kind(groups, groups * each, eps, affine, dtype=dtype)
        row = each * int(np.prod(rest))
    elif kind is nn.LayerNorm:
        last = tuple(draw(st.lists(sizes, min_size=1, max_size=3)))
        shape = (*rest, *last)
        layer = kind(last[0] if len(last) == 1 else last, eps, affine, dtype=dtype)
        row = int(np.prod(last))
    else:
        shape = draw(st.tuples(sizes, sizes, sizes, sizes))
        layer, row = kind(shape[1], eps, affine=affine, dtype=dtype), shape[2] * shape[3]
    # of two values x̂ is ±1 wherever they are: PyTorch and we lose other digits then
    assume(row >= 3)
    return shaken(layer, draw(seeds)), shape


@st.composite
def layers_and_batches(draw, dtype=np.float64, batches=1):
    """Any layer without randomness, and some inputs of one shape."""
    kind = draw(st.sampled_from(KINDS))
    shape = draw(st.tuples(sizes, sizes, st.integers(2, 6), st.integers(2, 6)))
    make = distinct
    match kind:
        case "Conv2d":
            layer, shape = draw(convolutions(dtype))
            make = values
        case "BatchNorm":
            layer, shape = draw(batch_norms(dtype))
            make = values
        case "RowNorm":
            layer, shape = draw(row_norms(dtype))
            make = plain
        case "MaxPool2d" | "AvgPool2d":
            size = draw(st.tuples(st.integers(1, shape[2]), st.integers(1, shape[3])))
            stride = draw(st.none() | st.tuples(st.integers(1, 3), st.integers(1, 3)))
            padding = draw(st.tuples(*(st.integers(0, side // 2) for side in size)))
            layer = getattr(nn, kind)(size, stride, padding)
        case "AdaptiveAvgPool2d":
            layer = nn.AdaptiveAvgPool2d(1)
        case "Linear":
            shape = shape[: draw(st.integers(2, 4))]
            layer = nn.Linear(
                shape[-1], draw(sizes), draw(st.booleans()), rng=draw(seeds), dtype=dtype
            )
        case "ReLU" | "Flatten":
            shape = shape[: draw(st.integers(2, 4))]
            layer = getattr(nn, kind)()
    return layer, [make(shape, draw(seeds), dtype) for _ in range(batches)]
