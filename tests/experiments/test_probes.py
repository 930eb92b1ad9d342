"""Probes measure what they say, and leave the training as it is."""

import copy
from dataclasses import replace

import pytest
import tiny_trials
import torch
from torch import nn

from dropnorm.experiments.evaluation import accuracy
from dropnorm.experiments.model import build_model
from dropnorm.experiments.probes import averaging, units
from dropnorm.experiments.probes.base import Trained
from dropnorm.experiments.probes.running_statistics import channel_variance, recalibrated
from dropnorm.experiments.probes.shift import predicted_shift
from dropnorm.experiments.probes.training import along_the_gradient
from dropnorm.experiments.training import run_trial
from dropnorm.experiments.trial import Trial

TINY = tiny_trials.TINY | {"n_train": 200, "hidden": 16, "steps": 10}


def trained(trial: Trial, images: torch.Tensor, labels: torch.Tensor) -> Trained:
    """The trial's network as it begins, with these test images."""
    return Trained(trial, build_model(trial), {"test": (images, labels)}, fit=build_model)


EVERYWHERE = {"norm": "batch", "dropout": 0.5, "dropout_at": "both"}


@pytest.mark.parametrize(
    ("probe", "network"),
    [
        ("training", {"norm": "noisy batch"}),
        ("training", {"dropout": 0.5}),
        ("units", {"dropout": 0.5}),
        ("averaging", {"dropout": 0.5, "norm": "batch"}),
        ("shift", EVERYWHERE),
    ],
)
def test_a_probe_changes_nothing_of_the_training(probe, network):
    without, with_probe = (run_trial(Trial(probe=p, **TINY, **network)) for p in ("none", probe))
    assert (without.curves, without.final) == (with_probe.curves, with_probe.final)
    assert with_probe.probe and not without.probe
    assert type(with_probe).from_line(with_probe.to_line()) == with_probe


def test_the_training_probe_looks_at_every_point_of_the_curves():
    record = run_trial(Trial(probe="training", **TINY))
    assert {len(values) for values in record.probe.values()} == {len(record.curves["step"])}
    assert record.probe["moved"][0] == [0, 0, 0]  # nothing to compare the first look with
    assert all(low < middle < high for low, middle, high in record.probe["percentiles"])


def test_a_short_step_changes_the_gradient_less_and_does_as_the_gradient_says():
    model = build_model(Trial(**TINY))
    batch = (torch.rand(50, 1, 28, 28), torch.randint(10, (50,)))
    far, near = (along_the_gradient(model, batch, lr) for lr in (0.1, 0.001))
    assert near["change"] < 0.1 * far["change"]
    assert near["highest"] < nn.functional.cross_entropy(model(batch[0]), batch[1]).item()


def test_the_gradient_of_a_layer_notices_nothing_when_the_layers_before_stand_still():
    model = build_model(Trial(**TINY))
    batch = (torch.rand(50, 1, 28, 28), torch.randint(10, (50,)))
    assert along_the_gradient(model, batch, 1e-9)["covariate"] == pytest.approx(1, abs=1e-5)
    assert along_the_gradient(model, batch, 1.0)["covariate"] < 0.999


def test_taking_out_a_unit_is_what_setting_its_weights_to_zero_does():
    network = trained(Trial(**TINY), torch.rand(300, 1, 28, 28), torch.randint(10, (300,)))
    model, (images, labels) = network.model.eval(), network.splits["test"]
    whole, losses = accuracy(model(images), labels), []
    for unit in range(16):
        without = copy.deepcopy(model)
        with torch.no_grad():
            without.logits.weight[:, unit] = 0
            losses.append(whole - accuracy(without(images), labels))
    found = units.measure(network)
    assert found["lost"] == pytest.approx(sorted(losses, reverse=True))
    assert (
        len(found["left"]) == len(units.REMOVED)
        and 0 <= found["dead"] <= 1
        and 0 <= found["correlation"] <= 1
    )


def test_many_votes_come_closer_to_each_other_than_single_ones():
    images, labels = torch.rand(300, 1, 28, 28), torch.randint(10, (300,))
    network = trained(Trial(dropout=0.5, **TINY), images, labels)
    figures = [
        averaging.measure(replace(network, trial=replace(network.trial, seed=seed)))
        for seed in range(8)
    ]
    losses = torch.tensor([f["vote_loss"] for f in figures])
    assert losses[:, -1].std() < 0.5 * losses[:, 0].std()
    assert len({f["scaled"] for f in figures}) == 1


CASES = [
    {"dropout_order": "before"},
    {"dropout_order": "after"},
    {"dropout_order": "after", "dropout_unit": "channel"},
    {"dropout_order": "before", "dropout_unit": "channel"},
]


@pytest.mark.parametrize("network", CASES, ids=str)
def test_the_formula_predicts_the_variance_that_dropout_adds(network):
    """Against brute force: the variance of each norm's input over many masks.

    The layers before are in training mode.
    """
    trial = Trial(**TINY | {"hidden": 64}, **EVERYWHERE, **network)
    model, images = build_model(trial).train(), torch.rand(400, 1, 28, 28)
    predicted = predicted_shift(model, images)
    layers, reached = dict(model.named_children()), []
    for target in ("norm1", "norm2", "norm3"):
        since = reached[-1] if reached else None
        ratios = []
        for _ in range(15):
            ratios.append(
                _variance_with_and_without_the_last_dropout(layers, target, since, images)
            )
        measured = torch.tensor(ratios).mean().item()
        assert predicted[target] == pytest.approx(measured, rel=0.1), target
        reached.append(target)


def _variance_with_and_without_the_last_dropout(layers, target, since, images) -> float:
    """Mean over channels of the ratio of variances at a norm's input.

    With and without the dropout since the norm before.
    """
    x = images
    with torch.no_grad():
        names = list(layers)
        behind = names.index(since) if since else -1
        for name in names[: behind + 1]:
            x = layers[name](x)
        clean = noisy = x
        for name in names[behind + 1 : names.index(target)]:
            noisy = layers[name](noisy)
            if not isinstance(layers[name], (nn.Dropout, nn.Dropout2d)):
                clean = layers[name](clean)
    return (channel_variance(noisy) / channel_variance(clean)).mean().item()


def test_without_dropout_nothing_shifts_and_new_statistics_change_little():
    model = build_model(Trial(norm="batch", **TINY))
    assert set(predicted_shift(model, torch.rand(100, 1, 28, 28)).values()) == {1.0}


def test_recalibrated_statistics_are_the_means_over_the_images():
    model, images = build_model(Trial(norm="batch", **TINY)), torch.rand(1_000, 1, 28, 28)
    again = recalibrated(model, images)
    with torch.no_grad():
        x = model.conv1(images)
    torch.testing.assert_close(again.norm1.running_mean, x.mean((0, 2, 3)))
    assert torch.equal(model.norm1.running_mean, torch.zeros(4)) and not again.training
