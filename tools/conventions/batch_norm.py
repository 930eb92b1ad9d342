"""The rows on batch norm."""

import numpy as np

from tools.conventions.kits import Kit
from tools.conventions.probes import AXES, COUNT, MEAN, VAR, X, attempt, one_of, parameters, row

PART = "Batch norm"


def spread(channels: np.ndarray) -> np.ndarray:
    """(C,) → (C, 1, 1)."""
    return channels[:, None, None]


def trained(kit: Kit, x: np.ndarray = X, **settings):
    """A layer after one batch, and its output."""
    layer = kit.batch_norm(x.shape[1], **settings)
    return layer, kit.images(layer, x)


@row(PART, "scale γ, shift β")
def parameter_names(kit: Kit) -> str:
    arrays = kit.arrays(kit.batch_norm())
    names = [kit.names["scale"], kit.names["shift"]]
    assert (arrays[names[0]] == 1).all() and (arrays[names[1]] == 0).all()
    return ", ".join(f"`{name}`" for name in names)


@row(PART, "stored statistics")
def statistics_names(kit: Kit) -> str:
    layer = kit.batch_norm()
    stored = {*kit.arrays(layer)} - {kit.names["scale"], kit.names["shift"]}
    mean, var = kit.statistics(layer)
    assert {kit.names["mean"], kit.names["var"]} <= stored
    assert (mean == 0).all() and (var == 1).all()
    first = [kit.names["mean"], kit.names["var"]]
    return ", ".join(f"`{name}`" for name in [*first, *sorted(stored - {*first})])


@row(PART, "`momentum` weighs")
def momentum(kit: Kit) -> str:
    mean, _ = kit.statistics(trained(kit, momentum=0.3)[0])
    return one_of(mean / MEAN, **{"the new batch": 0.3, "the old value": 0.7})


@row(PART, "default `momentum`")
def default_momentum(kit: Kit) -> str:
    default = parameters(kit, "BatchNorm")["momentum"].default
    share = (kit.statistics(trained(kit)[0])[0] / MEAN).mean()
    assert np.isclose(share, default, 0.01) or np.isclose(share, 1 - default, 0.01)
    same = np.isclose(share, default, 0.01)
    return f"{default}" if same else f"{default}, which is {share:.2f} in PyTorch's sense"


@row(PART, "`momentum=None`")
def no_momentum(kit: Kit) -> str:
    def averaged():
        layer = kit.batch_norm(momentum=None)
        for part in (X, X + 1, X + 5):
            kit.images(layer, part)
        return kit.statistics(layer)[0]

    found = attempt(averaged)
    if found is None:
        return "refused"
    return one_of(found - MEAN, **{"plain average of all batches": 2.0})


@row(PART, "default ε")
def default_eps(kit: Kit) -> str:
    name, small = kit.names["eps"], X * 1e-2
    default = parameters(kit, "BatchNorm")[name].default
    y = trained(kit, small)[1]
    expected = small.std(AXES) / np.sqrt(small.var(AXES) + default)
    np.testing.assert_allclose(y.std(AXES), expected, rtol=1e-3)
    exponent = round(np.log10(default))
    return f"`{name}=1e{exponent}`"


@row(PART, "variance that normalises")
def normalising_variance(kit: Kit) -> str:
    _, y = trained(kit)
    factor = np.sqrt((COUNT - 1) / COUNT)
    plain = (X - spread(MEAN)) / spread(np.sqrt(VAR + 1e-5))
    return one_of((y / plain).mean(), **{"divided by n": 1.0, "divided by n − 1": factor})


@row(PART, "variance that is stored")
def stored_variance(kit: Kit) -> str:
    layer, _ = trained(kit, momentum=0.5)
    stored = (2 * kit.statistics(layer)[1] - 1) / VAR
    return one_of(stored, **{"divided by n − 1": COUNT / (COUNT - 1), "divided by n": 1.0})


@row(PART, "float32, mean 4,096, deviation 1")
def large_mean(kit: Kit) -> str:
    far = ((X - spread(MEAN)) / spread(np.sqrt(VAR)) + 4096).astype(np.float32)
    off = np.abs(trained(kit, far)[1].std(AXES) - 1).max()
    if off < 0.01:
        return "deviation 1 comes out"
    assert off > 0.05, off
    if "use_fast_variance" not in parameters(kit, "BatchNorm"):
        return "another deviation comes out"
    exact = trained(kit, far, use_fast_variance=False)[1].std(AXES)
    assert np.abs(exact - 1).max() < 0.01
    return "another deviation comes out; not with `use_fast_variance=False`"


@row(PART, "channel axis")
def channel_axis(kit: Kit) -> str:
    axis = parameters(kit, "BatchNorm").get("axis")
    y = trained(kit)[1]
    np.testing.assert_allclose(y.mean(AXES), 0, atol=1e-5)
    if axis is None:
        return "1 (N, C, H, W)"
    assert kit.channels_last and axis.default == -1
    return "`axis=-1` (N, H, W, C)"


@row(PART, "layers")
def layers(kit: Kit) -> str:
    for dims in (1, 2, 3):
        assert kit.has(f"BatchNorm{dims}d") == (f"{dims}d" in kit.layers)
    if "one" in kit.layers:  # sequences and volumes as well
        for shape in ((4, 5, 3), (4, 2, 2, 2, 3)):
            x = np.random.default_rng(1).normal(3, 2, shape).astype(np.float32)
            axes = tuple(range(len(shape) - 1))
            layer = kit.constructor("BatchNorm") if kit.module == "keras" else None
            layer = layer() if layer else kit.batch_norm(3)
            np.testing.assert_allclose(kit.call(layer, x, True).mean(axes), 0, atol=1e-4)
    return kit.layers


@row(PART, "without γ, β")
def without_parameters(kit: Kit) -> str:
    names = parameters(kit, "BatchNorm")
    options = [["affine"], ["scale", "center"], ["use_scale", "use_bias"]]
    option = next(option for option in options if {*option} <= {*names})
    layer, y = trained(kit, **dict.fromkeys(option, False))
    assert not {kit.names["scale"], kit.names["shift"]} & {*kit.arrays(layer)}
    np.testing.assert_allclose(y.std(AXES), 1, atol=0.01)
    return ", ".join(f"`{name}=False`" for name in option)


@row(PART, "without stored statistics")
def without_statistics(kit: Kit) -> str:
    if "track_running_stats" not in parameters(kit, "BatchNorm"):
        return "no option"
    layer, y = trained(kit, track_running_stats=False)
    assert kit.names["mean"] not in kit.arrays(layer)
    np.testing.assert_allclose(kit.images(layer, X, training=False), y)
    return "`track_running_stats=False`: evaluation takes the batch's, too"


@row(PART, "ε = 0 in training")
def no_eps(kit: Kit) -> str:
    settings, constant = {kit.names["eps"]: 0.0}, np.ones_like(X)
    if attempt(lambda: trained(kit, **settings)) is None:
        return "refused"
    with np.errstate(all="ignore"):
        still = attempt(lambda: trained(kit, constant, **settings)[1])
    if still is None:
        return "allowed; refused where a channel does not vary"
    assert np.isnan(still).all()
    return "allowed; NaN where a channel does not vary"


@row(PART, "one value per channel, in training")
def one_value(kit: Kit) -> str:
    found = attempt(lambda: trained(kit, X[:1, :, :1, :1]))
    if found is None:
        return "refused"
    layer, y = found
    # the rounding of the mean, 1/√ε times as large
    assert np.abs(y).max() < 1e-3
    share = kit.statistics(layer)[1]
    assert np.allclose(share, 0.99)
    return "β comes out, and variance 0 goes into the statistics"


@row(PART, "an empty batch, in training")
def empty_batch(kit: Kit) -> str:
    with np.errstate(all="ignore"):
        found = attempt(lambda: trained(kit, X[:0]))
    if found is None:
        return "refused"
    layer, y = found
    assert y.shape[0] == 0
    mean, var = kit.statistics(layer)
    if np.isnan(mean).all() and np.isnan(var).all():
        return "comes back; the statistics are NaN from then on"
    moved = not ((mean == 0).all() and (var == 1).all())
    return f"comes back; the statistics {'move' if moved else 'stay'}"


@row(PART, "mode")
def mode(kit: Kit) -> str:
    layer, y = trained(kit)
    still = kit.images(layer, X, training=False)
    mean, var = kit.statistics(layer)
    eps = parameters(kit, "BatchNorm")[kit.names["eps"]].default
    expected = (X - spread(mean)) / spread(np.sqrt(var + eps))
    np.testing.assert_allclose(still, expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(kit.statistics(layer)[0], mean)
    new = kit.images(kit.batch_norm(), X, training=None)
    trains = np.allclose(new, y)
    return "`model.train()`, `model.eval()`" if trains else "argument `training`, default False"


@row(PART, "freezing")
def freezing(kit: Kit) -> str:
    layer, _ = trained(kit)
    switch, before = kit.freeze(layer), kit.statistics(layer)[0]
    kit.images(layer, X + 9)
    unmoved = np.array_equal(kit.statistics(layer)[0], before)
    if unmoved:
        return f"{switch} does both"
    before = kit.statistics(layer)[0]
    kit.images(layer, X + 20, training=False)
    assert np.array_equal(kit.statistics(layer)[0], before)
    return f"{switch} *and* `eval()`" if switch else "`eval()`"


@row(PART, "one batch on several devices")
def synchronised(kit: Kit) -> str:
    names = parameters(kit, "BatchNorm")
    if "synchronized" in names:
        assert attempt(lambda: kit.batch_norm(synchronized=True)) is None
        return "`synchronized=True`; refused by the PyTorch back end"
    if "axis_name" in names:
        import jax

        def normalised(part):
            return kit.batch_norm(axis_name="devices")(part)

        halves = X.transpose(0, 2, 3, 1).reshape(2, 2, 2, 2, 3)
        found = jax.vmap(normalised, axis_name="devices")(halves)
        whole = trained(kit)[1].transpose(0, 2, 3, 1).reshape(halves.shape)
        np.testing.assert_allclose(np.asarray(found), whole, atol=1e-4)
        return "`axis_name=…`"
    if not kit.has("SyncBatchNorm"):
        return "no option"
    alone = kit.call(kit.constructor("SyncBatchNorm")(3), X, True)
    np.testing.assert_allclose(alone, trained(kit)[1], atol=1e-5)
    return "`SyncBatchNorm`; in one process it is `BatchNorm2d`"


@row(PART, "half precision in")
def half(kit: Kit) -> str:
    found = attempt(lambda: trained(kit, X.astype(np.float16)))
    if found is None:
        return "refused"
    layer, y = found
    return f"{y.dtype} out, statistics {kit.statistics(layer)[0].dtype}"
