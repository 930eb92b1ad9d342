"""The probe of unfamiliar images: turned and dimmed as stated, and the figures are theirs."""

import copy
import json

import numpy as np
import pytest
import torch

from dropnorm.experiments.finetuning import recalibrate
from dropnorm.experiments.inputs import PIXELS, load
from dropnorm.experiments.model import build_model
from dropnorm.experiments.probes import unfamiliar
from dropnorm.experiments.probes.base import Trained
from dropnorm.experiments.trial import Trial

SIZES = {"n_train": 100, "n_validation": 300, "n_test": 1_000}


def trained(**fields) -> Trained:
    """A network as it starts, with statistics of its training images, and its trial's images."""
    trial = Trial(seed=3, probe="unfamiliar", **{**SIZES, **fields})
    splits = {split: load(trial, split, "cpu") for split in ("train", "validation", "test")}
    model = build_model(trial)
    if trial.norm == "batch":
        recalibrate(model, [splits["train"][0]])
    return Trained(trial, model, splits, build_model)


def test_a_quarter_turn_is_exact_and_no_turn_changes_nothing():
    pixels = np.random.default_rng(0).random((2, 1, 28, 28))
    assert np.allclose(unfamiliar.turned(pixels, 0), pixels)
    quarters = [np.rot90(pixels, k, axes=(2, 3)) for k in (1, 3)]
    assert any(np.allclose(unfamiliar.turned(pixels, 90), quarter) for quarter in quarters)


def test_fog_moves_every_pixel_a_share_of_the_way_to_light_grey():
    pixels = np.array([0.0, 0.7, 1.0])
    assert np.allclose(unfamiliar.in_fog(pixels, 0.0), pixels)
    assert np.allclose(unfamiliar.in_fog(pixels, 0.5), [0.35, 0.7, 0.85])
    assert np.allclose(unfamiliar.in_fog(pixels, 1.0), 0.7)


@pytest.mark.parametrize("norm", ["none", "batch"])
@pytest.mark.parametrize("p", [0.0, 0.5])
def test_each_network_has_the_figures_that_it_can_have(norm, p, monkeypatch):
    monkeypatch.setattr(unfamiliar, "MASKS", 5)
    examined = trained(norm=norm, dropout=p, n_test=200)
    before = copy.deepcopy(examined.model.state_dict())
    figures = unfamiliar.measure(examined)
    after = examined.model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    names = {"turned_accuracy", "turned_confidence", "fog"}
    names |= {"voted_accuracy", "voted_confidence"} if p else set()
    if norm == "batch":
        names |= {"fog_renewed", "turned_renewed", "negative", "negative_renewed"}
    assert set(figures) == names
    assert json.loads(json.dumps(figures)) == figures
    assert figures["fog"][0] == figures["turned_accuracy"][0]
    lists = [value for value in figures.values() if isinstance(value, list)]
    assert {len(value) for value in lists} == {len(unfamiliar.ANGLES), len(unfamiliar.FOG)}
    assert all(0 <= number <= 1 for value in lists for number in value)


def test_accuracy_in_fog_is_that_of_the_network_on_the_foggy_pixels():
    examined = trained(norm="batch", lr=0.1)
    images, labels = examined.splits["test"]
    others = examined.splits["validation"][0][: unfamiliar.OTHERS]
    mean, deviation = PIXELS["fashion"]

    def foggy(x):
        return ((1 - 0.4) * (x * deviation + mean) + 0.7 * 0.4 - mean) / deviation

    model = copy.deepcopy(examined.model).eval()
    figures = unfamiliar.measure(examined)
    for name in ("fog", "fog_renewed"):
        if name == "fog_renewed":
            recalibrate(model, [foggy(others)])
        with torch.no_grad():
            right = (model(foggy(images)).argmax(1) == labels).double().mean().item()
        # pixels are clipped to [0, 1], which moves a few by a rounding
        assert figures[name][unfamiliar.FOG.index(0.4)] == pytest.approx(right, abs=0.003)
