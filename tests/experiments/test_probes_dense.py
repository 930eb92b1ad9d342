"""Probes of dense networks measure what they say, and leave the training as it is."""

from dataclasses import replace

import pytest
import torch

from dropnorm import data
from dropnorm.experiments.model import build_model
from dropnorm.experiments.probes import averaging, percentiles, rotations, sparsity
from dropnorm.experiments.probes.base import Trained
from dropnorm.experiments.training import run_trial
from dropnorm.experiments.trial import Trial

TINY = {
    "n_train": 200,
    "n_validation": 100,
    "n_test": 100,
    "hidden": 16,
    "batch_size": 20,
    "steps": 10,
    "pixels": "raw",
}


@pytest.mark.parametrize(
    ("probe", "network"),
    [
        ("averaging", {"model": "mlp", "dropout": 0.5, "dropout_input": 0.2}),
        ("percentiles", {"model": "mlp", "activation": "sigmoid", "norm": "batch", "dropout": 0.1}),
        ("sparsity", {"model": "autoencoder", "depth": 1, "dropout": 0.5, "lr": 1e-3}),
    ],
)
def test_a_probe_of_a_dense_network_changes_nothing_of_the_training(probe, network):
    without, with_probe = (run_trial(Trial(probe=p, **TINY, **network)) for p in ("none", probe))
    assert (without.curves, without.final) == (with_probe.curves, with_probe.final)
    assert with_probe.probe and not without.probe
    assert type(with_probe).from_line(with_probe.to_line()) == with_probe


@pytest.mark.parametrize("norm", ["none", "batch"])
def test_the_percentiles_are_those_of_what_the_last_sigmoid_receives(norm):
    trial = Trial(**TINY, model="mlp", depth=2, activation="sigmoid", norm=norm)
    model, images = build_model(trial), torch.rand(300, 1, 28, 28)
    received = []
    model.sigmoid2.register_forward_pre_hook(lambda _, x: received.append(x[0].detach()))
    model(images)
    look = percentiles.observer(trial, images)
    seen = look(model, None)
    share = (received[0][:, 0, None] < torch.tensor(seen["percentiles"])).double().mean(0)
    torch.testing.assert_close(share, torch.tensor([0.15, 0.5, 0.85]).double(), atol=0.005, rtol=0)
    assert seen["moved"] == 0 and seen["deviation"] == pytest.approx(
        received[0].std(0).mean().item(), rel=1e-4
    )
    with torch.no_grad():
        last = model.norm2 if norm == "batch" else model.dense2
        last.bias += 2 * seen["deviation"]
    assert look(model, None)["moved"] == pytest.approx(2, rel=0.5)
    assert look(model, None)["moved"] == 0


def test_without_dropout_in_the_way_a_vote_is_weight_scaling():
    trial = Trial(**TINY, model="mlp", dropout=1e-9)
    test = torch.rand(300, 1, 28, 28), torch.randint(10, (300,))
    found = averaging.measure(Trained(trial, build_model(trial), {"test": test}, fit=build_model))
    assert set(found["vote"]) == {found["scaled"]}
    votes = len(averaging.PASSES)
    assert found["vote_loss"] == pytest.approx([found["scaled_loss"]] * votes, rel=1e-5)


def test_votes_of_many_thinned_networks_vary_less_than_single_ones():
    trial = Trial(**TINY, model="mlp", dropout=0.5, dropout_input=0.2)
    model, test = build_model(trial), (torch.rand(300, 1, 28, 28), torch.randint(10, (300,)))
    losses = torch.tensor(
        [
            averaging.measure(
                Trained(replace(trial, seed=seed), model, {"test": test}, fit=build_model)
            )["vote_loss"]
            for seed in range(5)
        ]
    )
    single, many = losses[:, 0], losses[:, -1]
    assert many.std() < 0.5 * single.std() and many.mean() < single.mean()
    assert model.training


def test_sparsity_counts_what_a_hand_made_autoencoder_does():
    trial = Trial(**TINY, model="autoencoder", depth=1)
    model = build_model(trial)
    with torch.no_grad():
        model.dense1.weight.zero_()
        model.dense1.weight[:, :9] = 1
        model.dense1.bias.copy_(
            torch.tensor([2.0] * 4 + [-4.5] * 4 + [-1000.0] * 8)
        )  # always, in half the images, never
        model.logits.weight.fill_(0.5)
    images = torch.zeros(50, 784)
    images[:25, :9] = 1
    test = images.view(-1, 1, 28, 28), images
    found = sparsity.measure(Trained(trial, model, {"test": test}, fit=build_model))
    assert (found["mean"], found["active"], found["dead"], found["peak"]) == (2.1875, 0.375, 0.5, 1)
    assert found["scale"] == pytest.approx(0.5 * 784**0.5)
    assert found["unit_means"][0] == 0 and found["activations"][-1] == 11


def test_images_turn_clockwise_about_their_centre():
    images = torch.from_numpy(data.fashion("test", 5)[0])
    torch.testing.assert_close(rotations.rotated(images, 0), images, atol=1e-5, rtol=0)
    torch.testing.assert_close(
        rotations.rotated(images, 90), torch.rot90(images, -1, (2, 3)), atol=1e-4, rtol=0
    )


def test_rotations_tell_for_each_angle_how_sure_and_how_right():
    trial = Trial(**TINY | {"data": "mnist"}, dropout=0.5)
    model, (images, labels) = build_model(trial), map(torch.from_numpy, data.fashion("test", 200))
    network = Trained(trial, model, {"test": (images, labels)}, fit=build_model)
    found = rotations.measure(network)
    assert {len(values) for values in found.values()} == {len(rotations.ANGLES)}
    assert all(sum(row) == pytest.approx(1, abs=1e-5) for row in found["probabilities"])
    assert all(
        0 <= i <= e <= 2.31 for i, e in zip(found["information"], found["entropy"], strict=True)
    )
    with torch.no_grad():
        model.logits.weight.zero_()
        model.logits.bias[1] = 50
    certain = rotations.measure(network)
    assert set(certain["right"]) == {1} and max(certain["entropy"] + certain["spread"]) < 1e-6
