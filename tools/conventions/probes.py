"""What stands in the table: each row is a function that runs a library and says what it has found.

A function returns words only for what it has seen happen; it raises AssertionError where a library
does none of what the words foresee.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from tools.conventions.kits import Kit

ROWS: dict[str, dict[str, Callable[[Kit], str]]] = {"Dropout": {}, "Batch norm": {}}
ONES = np.ones((200, 500), np.float32)
X = np.random.default_rng(0).normal(3, 2, (4, 3, 2, 2)).astype(np.float32)
COUNT, AXES = 16, (0, 2, 3)
MEAN, VAR = X.mean(AXES), X.var(AXES)


def row(part: str, title: str) -> Callable:
    """Decorator: the function is this row of the table."""

    def add(probe: Callable[[Kit], str]) -> Callable[[Kit], str]:
        ROWS[part][title] = probe
        return probe

    return add


def parameters(kit: Kit, kind: str) -> dict[str, inspect.Parameter]:
    """The constructor's arguments."""
    names = dict(inspect.signature(kit.constructor(kind).__init__).parameters)
    del names["self"]
    return names


def attempt(function: Callable[[], Any]) -> Any:
    """What it returns, or None where it refuses."""
    try:
        return function()
    except (ValueError, TypeError, RuntimeError):
        return None


def one_of(found: Any, **words: Any) -> str:
    """The words whose value is close to what was found."""
    for text, value in words.items():
        if np.allclose(found, value, rtol=0.02, atol=0.01):
            return text
    raise AssertionError(f"found {found}, expected one of {words}")


@row("Dropout", "name of the rate")
def name_of_the_rate(kit: Kit) -> str:
    default = parameters(kit, "Dropout")[kit.rate].default
    return f"`{kit.rate}`, " + (
        "no default" if default is inspect.Parameter.empty else f"default {default}"
    )


@row("Dropout", "it is the probability of")
def meaning_of_the_rate(kit: Kit) -> str:
    dropped = (kit.call(kit.dropout(0.2), ONES, True) == 0).mean()
    return one_of(dropped, dropping=0.2, keeping=0.8)


@row("Dropout", "survivors are multiplied by")
def scale(kit: Kit) -> str:
    layer = kit.dropout(0.2)
    kept = np.unique(kit.call(layer, ONES, True))[1:]
    assert np.allclose(kept, 1.25) and np.array_equal(kit.call(layer, ONES, False), ONES)
    return f"1/(1 − {kit.rate}), in training"


@row("Dropout", "allowed values")
def allowed_rates(kit: Kit) -> str:
    rates = (-0.1, 0.0, 0.5, 1.0, 1.1)
    taken = [attempt(lambda r=r: kit.call(kit.dropout(r), ONES, True)) is not None for r in rates]
    if all(taken):
        return "any: none is checked"
    assert taken == [False, True, True, True, False]
    return f"0 ≤ {kit.rate} ≤ 1"


@row("Dropout", "at a rate of 1")
def rate_one(kit: Kit) -> str:
    assert (kit.call(kit.dropout(1.0), ONES, True) == 0).all()
    return "all is zero"


@row("Dropout", "whole channels of images")
def whole_channels(kit: Kit) -> str:
    y = kit.images(kit.dropout(0.5, "Dropout2d"), np.ones((8, 6, 4, 4), np.float32))
    assert (np.ptp(y, axis=(2, 3)) == 0).all() and 0 < (y[:, :, 0, 0] == 0).mean() < 1
    return kit.whole_channels


@row("Dropout", "channels of sequences, of volumes")
def unusual_shapes(kit: Kit) -> str:
    for dims in (1, 3):
        kinds = [f"Dropout{dims}d", f"SpatialDropout{dims}D"]
        found = next((kind for kind in kinds if kit.has(kind)), None)
        if found is None and "broadcast_dims" not in parameters(kit, "Dropout"):
            assert f"{dims}" not in kit.unusual_shapes
            continue
        last = kit.channels_last
        spatial = tuple(range(1, 1 + dims)) if last else tuple(range(2, 2 + dims))
        layer = kit.dropout(0.5, found) if found else kit.dropout(0.5, broadcast_dims=spatial)
        shape = (8, *(3,) * dims, 6) if last else (8, 6, *(3,) * dims)
        y = kit.call(layer, np.ones(shape, np.float32), True)
        assert (np.ptp(y, axis=spatial) == 0).all() and 0 < (y == 0).mean() < 1
    return kit.unusual_shapes


@row("Dropout", "one number for many places")
def shared_mask(kit: Kit) -> str:
    names = parameters(kit, "Dropout")
    settings = {"noise_shape": (8, 1), "broadcast_dims": (1,)}
    option = next((name for name in settings if name in names), None)
    if option is None:
        assert {*names} <= {kit.rate, "inplace", "rng"}
        return "no option"
    y = kit.call(kit.dropout(0.5, **{option: settings[option]}), np.ones((8, 5), np.float32), True)
    assert (np.ptp(y, axis=1) == 0).all()
    return f"`{option}`"


@row("Dropout", "Gaussian noise")
def gaussian(kit: Kit) -> str:
    if not kit.has("GaussianDropout"):
        return "no layer"
    y = kit.call(kit.dropout(0.2, "GaussianDropout"), ONES, True)
    assert abs(y.mean() - 1) < 0.01 and abs(y.var() - 0.25) < 0.01
    return "`GaussianDropout`"


@row("Dropout", "keeping mean and variance (SELU)")
def alpha(kit: Kit) -> str:
    if not kit.has("AlphaDropout"):
        return "no layer"
    x = np.random.default_rng(0).standard_normal((300, 500)).astype(np.float32)
    y = kit.call(kit.dropout(0.2, "AlphaDropout"), x, True)
    assert abs(y.mean()) < 0.02 and abs(y.var() - 1) < 0.03 and not (y == 0).any()
    return "`AlphaDropout`"


@row("Dropout", "a new layer")
def new_layer(kit: Kit) -> str:
    dropped = (kit.call(kit.dropout(0.5), ONES, None) == 0).mean()
    return one_of(dropped, **{"drops": 0.5, "does nothing: its mode is an argument": 0.0})


@row("Dropout", "half precision in")
def half_dropout(kit: Kit) -> str:
    y = attempt(lambda: kit.call(kit.dropout(0.5), ONES.astype(np.float16), True))
    return "refused" if y is None else f"{y.dtype} out"
