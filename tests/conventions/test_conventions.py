"""The page "Conventions side by side": its table is what the libraries do, and conversions hold.

Keras and Flax are not in the environment: ``pip install -r requirements-conventions.txt``. Where
they are missing, their tests are skipped.
"""

import json
import os

import nbformat
import numpy as np
import pytest

from tools.conventions.__main__ import TABLE, column
from tools.conventions.kits import KITS
from tools.conventions.probes import ROWS

os.environ.setdefault("KERAS_BACKEND", "torch")  # read when Keras is imported
PAGE = TABLE.with_name("conventions.ipynb")
STORED = json.loads(TABLE.read_text(encoding="utf-8"))
WEIGHTS = {
    "gamma": np.array([0.5, 1.0, 2.0]),
    "beta": np.array([-1.0, 0.0, 3.0]),
    "moving_mean": np.array([0.3, -2.0, 1.0]),
    "moving_variance": np.array([0.01, 1.0, 4.0]),
}


def images(seed, *shape):
    return np.random.default_rng(seed).normal(1, 3, shape).astype(np.float32)


@pytest.fixture(scope="module")
def page():
    """What the page's cells define."""
    names = {"__name__": "page"}
    for cell in nbformat.read(PAGE, as_version=4).cells:
        if cell.cell_type == "code" and "display(" not in cell.source:
            exec(cell.source, names)
    return names


@pytest.mark.parametrize("name", KITS)
def test_a_column_is_what_its_library_does(name):
    pytest.importorskip(KITS[name].module)
    found = column(name)
    stored = {part: STORED[name][part] for part in found}
    assert found == stored, "if this is right: python -m tools.conventions"


def test_every_library_answers_in_every_row():
    rows = {part: list(found) for part, found in ROWS.items()}
    assert sum(map(len, rows.values())) >= 30
    assert list(STORED) == list(KITS)
    for column_ in STORED.values():
        assert {part: list(column_[part]) for part in rows} == rows
        assert all(text for part in rows for text in column_[part].values())


def test_the_page_shows_the_table_as_it_is_stored():
    shown = "\n".join(
        output.data["text/markdown"]
        for cell in nbformat.read(PAGE, as_version=4).cells
        for output in cell.get("outputs", [])
        if "text/markdown" in output.get("data", {})
    )
    for part in ROWS:
        for title in ROWS[part]:
            cells = [title, *(STORED[name][part][title] for name in KITS)]
            assert "| " + " | ".join(cells) + " |" in shown
    assert all(STORED[name]["version"] in shown for name in KITS)


def test_the_pages_keras_layer_is_keras(page):
    keras = pytest.importorskip("keras")
    layer = keras.layers.BatchNormalization()
    layer.build((None, 4, 4, 3))
    layer.set_weights(list(WEIGHTS.values()))
    documented = page["DocumentedKeras"](WEIGHTS)
    for step in range(4):
        x = images(step, 6, 4, 4, 3)
        for training in (True, False):
            theirs = keras.ops.convert_to_numpy(layer(x, training=training))
            np.testing.assert_allclose(documented(x, training=training), theirs, atol=2e-4)
    for name, weight in zip(WEIGHTS, layer.get_weights(), strict=True):
        np.testing.assert_allclose(documented.w[name], weight, rtol=1e-4, atol=1e-5)


def test_weights_of_keras_carried_over_give_its_answers(page):
    keras = pytest.importorskip("keras")
    network = keras.Sequential(
        [
            keras.layers.Input((6, 6, 3)),
            keras.layers.BatchNormalization(),
            keras.layers.Conv2D(5, 3),
            keras.layers.Flatten(),
            keras.layers.Dense(4),
        ]
    )
    network.layers[0].set_weights(list(WEIGHTS.values()))
    arrays, arguments = page["batch_norm_from_keras"](WEIGHTS)
    x = images(0, 2, 6, 6, 3)
    y = page["our_batch_norm"](arrays, arguments).eval()(page["to_nchw"](x.astype(float)))
    kernel, bias = network.layers[1].get_weights()
    conv = page["ours"].Conv2d(3, 5, 3, dtype=np.float64)
    conv.params["weight"][...], conv.params["bias"][...] = page["conv_from_keras"](kernel), bias
    dense, dense_bias = network.layers[3].get_weights()
    weight = page["dense_from_keras"](dense, before_flatten=(4, 4, 5))
    scores = conv(y).reshape(2, -1) @ weight.T + dense_bias
    theirs = keras.ops.convert_to_numpy(network(x, training=False))
    np.testing.assert_allclose(scores, theirs, atol=1e-3)


def test_weights_of_flax_carried_over_give_its_answers(page):
    nnx = pytest.importorskip("flax.nnx")
    kit = KITS["Flax"]()
    layer, norm = nnx.Conv(3, 5, (3, 3), padding="VALID", rngs=nnx.Rngs(0)), kit.batch_norm(5)
    x = images(0, 4, 6, 6, 3)
    for step in range(3):  # statistics that are not those of a new layer
        kit.call(norm, np.array(layer(images(step, 4, 6, 6, 3))), True)
    theirs = kit.call(norm, np.array(layer(x)), False)
    arrays, arguments = page["batch_norm_from_keras"](
        kit.arrays(norm), epsilon=1e-5, names=page["FLAX"]
    )
    conv = page["ours"].Conv2d(3, 5, 3, dtype=np.float64)
    conv.params["weight"][...] = page["conv_from_keras"](np.array(layer.kernel[...]))
    conv.params["bias"][...] = np.array(layer.bias[...])
    converted = page["our_batch_norm"](arrays, arguments).eval()
    y = converted(conv(page["to_nchw"](x.astype(float))))
    np.testing.assert_allclose(page["to_nhwc"](y), theirs, atol=1e-3)
    assert converted.momentum == pytest.approx(0.01)
