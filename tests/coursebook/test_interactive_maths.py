"""The figures' JavaScript beside the package's layers, on the same numbers."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dropnorm import scratch as nn
from tools import screenshots

torch.set_num_threads(1)
SEEDS = st.integers(0, 2**32 - 1)
FEW = settings(max_examples=25, deadline=None)
AS_ABOVE = {"rtol": 1e-10, "atol": 1e-10}


@pytest.fixture(scope="module")
def js(chromium):
    """Calls a function of maths.js: lists in, lists out."""
    page = chromium.new_page()
    (maths,) = [path for path in screenshots.scripts("dropout") if path.name == "maths.js"]
    page.add_script_tag(path=maths)
    yield lambda code, *arguments: page.evaluate(
        f"([a, b, c, d, e]) => {{ const m = dropnormMaths; return {code}; }}", arguments
    )
    page.close()


class Draws:
    """In the place of a generator: hands out numbers drawn elsewhere."""

    def __init__(self, draws):
        self.draws = draws

    def random(self, shape, dtype):
        return np.reshape(self.draws, shape).astype(dtype)


def network_of(net, p, draws=None):
    """The package's layers with the weights of a figure; without draws in evaluation."""
    weight1, weight2 = np.array(net["weight1"]), np.array([net["weight2"]])
    first, last = (
        nn.Linear(*weight.shape[::-1], bias=False, dtype=np.float64)
        for weight in (weight1, weight2)
    )
    first.params["weight"][...], last.params["weight"][...] = weight1, weight2
    drop = nn.Dropout(p)
    drop.rng = Draws(draws)
    return nn.Sequential(first, nn.ReLU(), drop, last).train(draws is not None)


def mulberry32(seed):
    state = seed
    while True:
        state = (state + 0x6D2B79F5) % 2**32
        t = (state ^ (state >> 15)) * (state | 1) % 2**32
        t = t ^ (t + (t ^ (t >> 7)) * (t | 61)) % 2**32
        yield (t ^ (t >> 14)) / 2**32


def batch(seed, *shape):
    rng = np.random.default_rng(seed)
    return rng.normal(rng.uniform(-5, 5), rng.uniform(0.1, 3), shape)


@FEW
@given(seed=SEEDS)
def test_the_random_numbers_are_those_of_mulberry32(js, seed):
    ours = js("m.range(50, m.uniform(a))", seed)
    assert ours == list(itertools.islice(mulberry32(seed), 50))
    assert all(0 <= number < 1 for number in ours)


def test_normal_numbers_have_mean_0_and_variance_1(js):
    numbers = np.array(
        js("(() => { const u = m.uniform(a); return m.range(40000, () => m.normal(u)); })()", 1)
    )
    assert (
        abs(numbers.mean()) < 0.02
        and abs(numbers.var() - 1) < 0.03
        and abs((numbers**3).mean()) < 0.06
    )


@FEW
@given(seed=SEEDS, p=st.floats(0, 0.95), n=st.integers(1, 20))
def test_dropout_is_the_layers(js, seed, p, n):
    x, draws = batch(seed, n), js("m.range(b, m.uniform(a))", seed, n)
    layer = nn.Dropout(p)
    layer.rng = Draws(draws)
    np.testing.assert_allclose(js("m.dropout(a, b, c)", x.tolist(), draws, p), layer(x), **AS_ABOVE)


def networks(seed, inputs=3, hidden=5):
    x, weight1, weight2 = (
        batch(seed, inputs),
        batch(seed + 1, hidden, inputs),
        batch(seed + 2, hidden),
    )
    return {"x": x.tolist(), "weight1": weight1.tolist(), "weight2": weight2.tolist()}


@FEW
@given(seed=SEEDS, p=st.floats(0, 0.95))
def test_the_network_is_the_layers_in_training_and_in_evaluation(js, seed, p):
    net, draws = networks(seed), js("m.range(5, m.uniform(a))", seed)
    x = np.array([net["x"]])
    np.testing.assert_allclose(
        js("m.network(a, b, c).output", net, p, draws),
        network_of(net, p, draws)(x)[0, 0],
        **AS_ABOVE,
    )
    np.testing.assert_allclose(
        js("m.network(a).output", net), network_of(net, p)(x)[0, 0], **AS_ABOVE
    )


@FEW
@given(seed=SEEDS, p=st.floats(0.05, 0.9))
def test_over_all_masks_the_mean_is_the_output_with_all_units_and_the_spread_the_formula(
    js, seed, p
):
    net = networks(seed)
    masks = np.array(list(itertools.product([0, 1], repeat=5)))
    chance = np.prod(np.where(masks, 1 - p, p), axis=1)
    outputs = np.array(
        [network_of(net, p, mask)(np.array([net["x"]]))[0, 0] for mask in masks.astype(float)]
    )
    mean = chance @ outputs
    np.testing.assert_allclose(js("m.network(a).output", net), mean, rtol=1e-9, atol=1e-9)
    spread = js("m.spread(a, b)", net, p)
    np.testing.assert_allclose(
        spread, np.sqrt(chance @ (outputs - mean) ** 2), rtol=1e-7, atol=1e-7
    )


@FEW
@given(seed=SEEDS, n=st.integers(2, 40), momentum=st.floats(0, 1), eps=st.sampled_from([1e-5, 0.1]))
def test_batch_norm_of_features_is_the_layers_with_its_running_statistics(
    js, seed, n, momentum, eps
):
    layer = nn.BatchNorm1d(1, eps=eps, momentum=momentum, dtype=np.float64)
    gamma, beta = layer.params["weight"][0], layer.params["bias"][0] = 1.3, -0.4
    running = {"mean": 0, "variance": 1}
    for step in range(3):
        x = batch(seed + step, n)
        of = js("m.statistics(a)", x.tolist())
        ours = js("m.normalise(a, b.mean, b.variance, ...c)", x.tolist(), of, [gamma, beta, eps])
        np.testing.assert_allclose(ours, layer(x[:, None])[:, 0], **AS_ABOVE)
        running = js("m.track(a, b, c)", running, of, momentum)
        np.testing.assert_allclose(running["mean"], layer.buffers["running_mean"][0], **AS_ABOVE)
        np.testing.assert_allclose(running["variance"], layer.buffers["running_var"][0], **AS_ABOVE)
    ours = js("m.normalise(a, b.mean, b.variance, ...c)", x.tolist(), running, [gamma, beta, eps])
    np.testing.assert_allclose(ours, layer.eval()(x[:, None])[:, 0], **AS_ABOVE)


@FEW
@given(seed=SEEDS, shape=st.tuples(*[st.integers(2, 4)] * 4))
def test_batch_norm_of_channels_is_the_layers(js, seed, shape):
    x = batch(seed, *shape)
    layer = nn.BatchNorm2d(shape[1], momentum=1, dtype=np.float64)
    y = layer(x)
    for c in range(shape[1]):
        channel = x[:, c].ravel()
        of = js("m.statistics(a)", channel.tolist())
        np.testing.assert_allclose(of["mean"], layer.buffers["running_mean"][c], **AS_ABOVE)
        np.testing.assert_allclose(of["unbiased"], layer.buffers["running_var"][c], **AS_ABOVE)
        np.testing.assert_allclose(
            js("m.normalise(a, b.mean, b.variance)", channel.tolist(), of),
            y[:, c].ravel(),
            **AS_ABOVE,
        )


@FEW
@given(seed=SEEDS, n=st.integers(2, 12), eps=st.sampled_from([1e-5, 0.1]))
def test_both_backward_passes_are_the_layers(js, seed, n, eps):
    x, dy = batch(seed, n), batch(seed + 1, n)
    layer = nn.BatchNorm1d(1, eps=eps, dtype=np.float64)
    layer.params["weight"][0] = 1.5
    layer(x[:, None])
    dx = layer.backward(dy[:, None])[:, 0]
    np.testing.assert_allclose(
        js("m.closedForm(a, b, 1.5, c)", x.tolist(), dy.tolist(), eps), dx, **AS_ABOVE
    )
    ours = js("m.graph(a, b, 1.5, 0, c).gradients.x", x.tolist(), dy.tolist(), eps)
    np.testing.assert_allclose(ours, dx, rtol=1e-9, atol=1e-9 * max(1, np.abs(dy).max() / x.std()))


@FEW
@given(seed=SEEDS)
def test_every_node_of_the_graph_has_the_value_and_gradient_that_pytorch_finds(js, seed):
    x, dy = batch(seed, 4), batch(seed + 1, 4)
    nodes = {"x": torch.tensor(x, requires_grad=True)}
    nodes["mu"] = nodes["x"].mean()
    nodes["c"] = nodes["x"] - nodes["mu"]
    nodes["s"] = nodes["c"] ** 2
    nodes["v"] = nodes["s"].mean()
    nodes["sigma"] = (nodes["v"] + 1e-5).sqrt()
    nodes["r"] = 1 / nodes["sigma"]
    nodes["xhat"] = nodes["c"] * nodes["r"]
    nodes["y"] = 1.5 * nodes["xhat"] + 0.5
    for node in nodes.values():
        node.retain_grad()
    nodes["y"].backward(torch.tensor(dy))
    ours = js("m.graph(a, b, 1.5, 0.5)", x.tolist(), dy.tolist())
    assert set(ours["values"]) == set(ours["gradients"]) == set(nodes)
    scale = max(1, *(float(node.grad.abs().max()) for node in nodes.values()))
    for name, node in nodes.items():
        np.testing.assert_allclose(ours["values"][name], node.detach().numpy(), **AS_ABOVE)
        np.testing.assert_allclose(
            ours["gradients"][name], node.grad.numpy(), rtol=1e-10, atol=1e-10 * scale
        )


MEANS = {
    "batch": lambda x, groups: x.mean(axis=(0, 2, 3), keepdims=True),
    "layer": lambda x, groups: x.mean(axis=(1, 2, 3), keepdims=True),
    "instance": lambda x, groups: x.mean(axis=(2, 3), keepdims=True),
    "group": lambda x, groups: (
        x.reshape(len(x), groups, -1, *x.shape[2:])
        .mean(axis=(2, 3, 4))
        .repeat(x.shape[1] // groups, axis=1)[..., None, None]
    ),
}


@pytest.mark.parametrize("kind", MEANS)
@FEW
@given(seed=SEEDS, sizes=st.tuples(*[st.integers(1, 4)] * 4), groups=st.integers(1, 3))
def test_the_numbers_that_share_a_mean_are_numpys(js, kind, seed, sizes, groups):
    shape = (sizes[0], sizes[1] * groups, *sizes[2:])
    x = batch(seed, *shape)
    belongs = np.array(js("m.meanOf(a, b, c)", kind, shape, groups))
    means = np.array([x.ravel()[belongs == own].mean() for own in belongs])
    np.testing.assert_allclose(
        means.reshape(shape), np.broadcast_to(MEANS[kind](x, groups), shape), **AS_ABOVE
    )
