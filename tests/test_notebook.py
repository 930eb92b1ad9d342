"""What chapters use and none teaches: numbers for the text, small images, a loop that trains."""

import numpy as np
import pytest

from dropnorm import data, notebook
from dropnorm import scratch as nn
from dropnorm.experiments.statistics import Interval


@pytest.fixture
def kept(monkeypatch):
    """What is kept for the text, by name."""
    values = {}

    def glue(name, value, display):
        assert display is False
        values[name] = value

    monkeypatch.setattr("myst_nb.glue", glue)
    return values


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (Interval(-1.234, -1.5, -0.001, 10), "+.1f", "−1.2 [−1.5, −0.0]"),
        (-0.004, "+z.2f", "+0.00"),
        (-3.25, ".1f", "−3.2"),
        (5_000, ",", "5,000"),
    ],
)
def test_a_number_for_the_text_is_written_with_a_true_minus(kept, value, spec, text):
    notebook.quote("ch01-gain", value, spec)
    assert kept == {"ch01-gain": text}


def test_an_interval_has_two_decimals_and_a_sign_unless_told_otherwise(kept):
    notebook.quote("ch01-gain", Interval(-0.001, -1, 2, 10))
    assert kept == {"ch01-gain": "+0.00 [−1.00, +2.00]"}


@pytest.mark.parametrize(
    ("value", "number"), [(np.float32(0.5), 0.5), (1.23456, 1.2346), (np.int64(7), 7), (7, 7)]
)
def test_a_noted_number_is_a_plain_one(kept, value, number):
    notebook.note("ch01-gain", value)
    assert kept == {"ch01-gain": number}
    assert type(kept["ch01-gain"]) is type(number)


def test_a_mean_over_seeds_is_printed_with_its_interval(capsys):
    effect = notebook.print_mean("dropout − plain", [-1.0, -2.0, -3.0], "+.1f")
    assert effect.mean == -2 and effect.n == 3
    line = capsys.readouterr().out
    assert line.startswith("dropout − plain  ") and line.endswith(" −2.0 [−4.5, +0.5], 3 seeds\n")


def test_rows_of_pixels_are_the_images_themselves():
    rows, labels = notebook.rows_of_pixels("test", 20)
    images, same = data.fashion("test", 20)
    assert rows.shape == (20, 784) and rows.dtype == float
    assert (rows == images.reshape(20, -1)).all() and (labels == same).all()


def test_a_halved_image_has_the_mean_of_every_four_pixels():
    small, _ = notebook.halved("test", 20)
    images, _ = data.fashion("test", 20)
    assert small.shape == (20, 1, 14, 14)
    assert small[3, 0, 5, 6] == pytest.approx(images[3, 0, 10:12, 12:14].mean())


def test_the_root_of_the_mean_square():
    assert notebook.rms(np.array([3.0, -4.0])) == pytest.approx(np.sqrt(12.5))


def test_training_takes_one_step_for_every_batch():
    network = nn.Linear(2, 2, bias=False, dtype=float)
    network.params["weight"][...] = 0
    x, y = np.array([[1.0, 0.0]]), np.array([0])
    losses = notebook.train(network, nn.SGD(network, lr=1.0), [(x, y)] * 2)
    # the gradient of the first step is (½ − 1, ½) for the one input that is not zero
    assert losses == pytest.approx([np.log(2), np.log(1 + np.exp(-1))])
    assert network.params["weight"][0, 0] == pytest.approx(0.5 + 1 / (1 + np.e))
    assert (network.params["weight"][:, 1] == 0).all()
