"""The two referees, as functions that raise AssertionError: finite differences and PyTorch.

The tests call them on right layers, ``test_faults.py`` on layers with a planted fault. Each
comparison is noted in ``NOTES``, from which pytest's summary says how many there were and how large
the largest error was.
"""

import copy

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view

from dropnorm import scratch as nn
from dropnorm.scratch.base import layers_in

torch.set_num_threads(1)

FINITE_DIFFERENCES = 1e-6
PYTORCH = {np.dtype(np.float64): 1e-10, np.dtype(np.float32): 1e-5}
NOTES: list[tuple[str, float]] = []


def note(kind, error, limit, what=""):
    """Record an error and refuse it above its limit (and if it is NaN)."""
    NOTES.append((kind, float(error)))
    assert error <= limit, f"{kind}: error {error:.2e} in {what}, allowed {limit:.0e}"


def values(shape, seed, dtype=np.float64, offset=0.0, scale=1.0):
    """Normal numbers; each channel (axis 1) has mean ``offset``, standard deviation ``scale``."""
    z = np.random.default_rng(seed).standard_normal(shape)
    others = tuple(axis for axis in range(z.ndim) if axis != 1)
    if z.size > 2 * z.shape[1]:
        z -= z.mean(axis=others, keepdims=True)
        z /= z.std(axis=others, keepdims=True)
    return (offset + scale * z).astype(dtype)


def plain(shape, seed, dtype=np.float64):
    """Normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def distinct(shape, seed, dtype=np.float64):
    """Numbers that lie at least 0.01 apart, and 0.005 from 0: far from every kink and tie."""
    size = int(np.prod(shape))
    order = np.random.default_rng(seed).permutation(size).reshape(shape)
    return ((order - size // 2) * 0.01 + 0.005).astype(dtype)


def shaken(layer, seed):
    """The layer with parameters and running statistics drawn at random, so that none is 0 or 1."""
    rng = np.random.default_rng(seed)
    for name, array in {**layer.params, **layer.buffers}.items():
        if array.ndim:
            low = 0.5 if array.ndim == 1 and not name.endswith(("bias", "mean")) else -1
            array[...] = rng.uniform(low, 1.5, array.shape)
    return layer


def check_gradients(layer, x, step=1e-5):
    """Finite differences: inputs and parameters."""
    for name, error in nn.gradient_check(layer, x, step=step).items():
        note("finite differences", error, FINITE_DIFFERENCES, f"{type(layer).__name__} {name}")


def far_from_kinks(network, x, margin=1e-3):
    """Whether no ReLU's input is near 0 and no patch of 2 × 2 pixels has two near maxima."""
    for layer in copy.deepcopy(network).layers:
        if isinstance(layer, nn.ReLU) and np.abs(x).min() < margin:
            return False
        if isinstance(layer, nn.MaxPool2d):
            patches = sliding_window_view(x, (2, 2), axis=(2, 3))[:, :, ::2, ::2]
            second, first = np.sort(patches.reshape(-1, 4), axis=1)[:, -2:].T
            # equal zeros come from ReLU; they stay zero
            if ((first - second < margin) & (first > 0)).any():
                return False
        x = layer(x)
    return True


class TheirResidual(torch.nn.Sequential):
    """A residual block as one writes it in PyTorch."""

    def __init__(self, layers, shortcut):
        super().__init__(*layers)
        self.body = list(self)
        self.shortcut = shortcut

    def forward(self, x):
        y = x
        for layer in self.body:
            y = layer(y)
        return y + (x if self.shortcut is None else self.shortcut(x))


def twin(layer):
    """The same layer or network in PyTorch, in the same state and mode."""
    t, dtype = torch.nn, torch.float64
    for array in {**layer.buffers, **layer.params}.values():
        if array.ndim:  # the count of batches is a whole number
            dtype = torch.from_numpy(array).dtype
    shapes = {name: array.shape for name, array in layer.params.items()}
    bias = "bias" in shapes
    match layer:
        case nn.Residual():
            their = TheirResidual(map(twin, layer.layers), layer.shortcut and twin(layer.shortcut))
        case nn.Sequential():
            their = t.Sequential(*map(twin, layer.layers))
        case nn.Linear():
            their = t.Linear(*shapes["weight"][::-1], bias=bias)
        case nn.Conv2d():
            out_channels, in_channels = shapes["weight"][:2]
            their = t.Conv2d(
                in_channels * layer.groups,
                out_channels,
                layer.kernel_size,
                layer.stride,
                layer.padding,
                layer.dilation,
                layer.groups,
                bias,
            )
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            kind = getattr(t, type(layer).__name__)
            tracked = bool(layer.buffers)
            their = kind(layer.num_features, layer.eps, layer.momentum, bias, tracked)
        case nn.InstanceNorm2d():
            their = t.InstanceNorm2d(layer.num_channels, layer.eps, affine=bias)
        case nn.GroupNorm():
            their = t.GroupNorm(layer.num_groups, layer.num_channels, layer.eps, bias)
        case nn.LayerNorm():
            their = t.LayerNorm(layer.normalized_shape, layer.eps, bias)
        case nn.MaxPool2d() | nn.AvgPool2d():
            their = getattr(t, type(layer).__name__)(layer.kernel_size, layer.stride, layer.padding)
        case nn.AdaptiveAvgPool2d():
            their = t.AdaptiveAvgPool2d(1)
        case nn.Dropout() | nn.Dropout1d() | nn.Dropout2d():
            their = getattr(t, type(layer).__name__)(layer.p)
        case nn.ReLU() | nn.Flatten():
            their = getattr(t, type(layer).__name__)()
    their.to(dtype).load_state_dict(
        {name: torch.from_numpy(array) for name, array in layer.state_dict().items()}
    )
    return their.train(layer.training)


def error_against(ours, theirs):
    """Largest difference, divided by the largest number where that is above 1."""
    ours, theirs = np.asarray(ours, np.float64), theirs.detach().numpy().astype(np.float64)
    assert ours.shape == theirs.shape
    return np.abs(ours - theirs).max(initial=0) / max(1, np.abs(theirs).max(initial=0))


def check_against_pytorch(layer, batches, exact=False):
    """PyTorch: output, all gradients and all buffers after each batch; then the same in evaluation.

    With ``exact`` PyTorch computes in float64, whatever the layer's type: a whole network in
    float32 adds up PyTorch's own rounding errors to 2e-5, more than ours.
    """
    their, dtype = twin(layer.train()), batches[0].dtype
    their_dtype = np.dtype(np.float64) if exact else dtype
    their.to(torch.from_numpy(np.empty(0, their_dtype)).dtype)
    for mode in (True, False):
        layer.train(mode)
        their.train(mode)
        for i, x in enumerate(batches):
            leaf = torch.tensor(x.astype(their_dtype), requires_grad=True)
            y, their_y = layer(x), their(leaf)
            dy = np.random.default_rng(i).standard_normal(y.shape).astype(dtype)
            their.zero_grad()
            their_y.backward(torch.from_numpy(dy.astype(their_dtype)))
            pairs = {"y": (y, their_y), "dx": (layer.backward(dy), leaf.grad)}
            pairs |= {
                f"gradient of {name}": (layer.grads[name], p.grad)
                for name, p in their.named_parameters()
            }
            pairs |= {name: (layer.buffers[name], b) for name, b in their.named_buffers()}
            for name, (a, b) in pairs.items():
                assert a.dtype == (np.int64 if name.endswith("tracked") else dtype), name
                what = f"{type(layer).__name__} {name}, training={mode}"
                note(f"PyTorch, {dtype}", error_against(a, b), PYTORCH[dtype], what)


def check_arrays_stay(layer, batches):
    """What a layer was given and has handed out stays as it is when the next batches come."""
    seen = []
    for x in batches:
        y = layer(x)
        dy = np.ones_like(y)
        arrays = [x, y, dy, layer.backward(dy)]
        seen += [(array, array.copy()) for array in arrays]
    for array, copied in seen:
        np.testing.assert_array_equal(array, copied)


def check_cross_entropy(logits, labels):
    """PyTorch: the loss and its gradient."""
    leaf = torch.tensor(logits, requires_grad=True)
    their_loss = torch.nn.functional.cross_entropy(leaf, torch.tensor(labels))
    their_loss.backward()
    loss, dlogits = nn.softmax_cross_entropy(logits, labels)
    kind, limit = f"PyTorch, {logits.dtype}", PYTORCH[logits.dtype]
    note(kind, error_against(loss, their_loss), limit, "loss of cross-entropy")
    note(kind, error_against(dlogits, leaf.grad), limit, "gradient of cross-entropy")


def check_large_mean(shape, seed, mean):
    """Batch norm of float32 numbers with a large mean is as exact as their own rounding allows.

    PyTorch's float32 is no referee here: it is itself off by as much, or ten times more for (N, C).
    """
    x = values(shape, seed, np.float32, mean)
    others = (0, *range(2, x.ndim))
    exact = x.astype(np.float64) - x.mean(axis=others, keepdims=True, dtype=np.float64)
    exact /= np.sqrt((exact**2).mean(axis=others, keepdims=True) + 1e-5)
    layer = (nn.BatchNorm2d if x.ndim == 4 else nn.BatchNorm1d)(shape[1])
    error = np.abs(layer(x) - exact).max() / (16 + mean)
    kind, limit = "batch norm of a large mean, as a share of the mean", 2 * np.finfo(np.float32).eps
    note(kind, error, limit, f"mean {mean}")


def norms_in(network):
    """All batch norms of a network."""
    kinds = nn.BatchNorm1d | nn.BatchNorm2d
    return [layer for layer in layers_in(network) if isinstance(layer, kinds)]


def small_cnn(seed=0, dtype=np.float64, channels=(1, 2, 3), features=4, classes=3, side=8, p=None):
    """conv-bn-relu-pool twice, then linear-bn-relu(-dropout)-linear; dropout only if p is given."""
    rng = np.random.default_rng(seed)
    made = {"rng": rng, "dtype": dtype}
    one, two, three = channels
    dropout = [] if p is None else [nn.Dropout(p, rng=rng)]
    return nn.Sequential(
        nn.Conv2d(one, two, 3, padding=1, **made),
        nn.BatchNorm2d(two, dtype=dtype),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(two, three, 3, padding=1, **made),
        nn.BatchNorm2d(three, dtype=dtype),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(three * (side // 4) ** 2, features, **made),
        nn.BatchNorm1d(features, dtype=dtype),
        nn.ReLU(),
        *dropout,
        nn.Linear(features, classes, **made),
    )
