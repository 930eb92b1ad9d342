"""What the replications ask of the engine: each field does what its paper says."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from dropnorm.experiments import evaluation, inputs, training
from dropnorm.experiments.evaluation import loss_of
from dropnorm.experiments.layers import GaussianDropout, GhostBatchNorm1d, GhostBatchNorm2d
from dropnorm.experiments.model import build_model
from dropnorm.experiments.training import run_trial
from dropnorm.experiments.trial import Trial

TINY = {
    "n_train": 200,
    "n_validation": 100,
    "n_test": 100,
    "hidden": 16,
    "batch_size": 20,
    "steps": 15,
    "lr": 0.1,
}
MLP = {**TINY, "model": "mlp", "pixels": "raw"}
CODER = {**TINY, "model": "autoencoder", "depth": 1, "pixels": "raw", "lr": 1e-3}


def trained(trial: Trial) -> torch.nn.Sequential:
    """The trial's network after its training."""
    model, _, _ = training.fit(trial, torch.device("cpu"))
    return model


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"dropout_input": 1.0, "model": "mlp"}, "dropout_input=1.0.*0 <= p < 1"),
        ({"last_hidden": 32}, "belong to model='mlp'"),
        ({"dropout_noise": "gaussian"}, "changes nothing without dropout"),
        ({"dropout_noise": "gaussian", "dropout": 0.5, "dropout_at": "conv"}, "dense layers only"),
        ({"max_norm": -1}, "max_norm=-1"),
        ({"ghost": 16}, "only batch norm has ghost batches"),
        ({"ghost": 1, "norm": "batch"}, "ghost=1 with batch_size=64"),
        ({"ghost": 24, "norm": "batch"}, "divides the batch"),
        ({"ghost": 64, "norm": "batch"}, "at least two parts"),
        ({"trains": "norm"}, "scale and shift can train"),
        ({"trains": "norm", "norm": "noisy batch"}, "scale and shift can train"),
        ({"trains": "bias"}, "trains='bias'.*'norm'"),
        ({"model": "autoencoder", "depth": 1}, "needs pixels='raw' or 'binary'"),
        (
            {"model": "autoencoder", "depth": 1, "pixels": "raw", "random_labels": True},
            "has no labels",
        ),
        ({"model": "autoencoder", "pixels": "raw"}, "needs depth=1"),
        (
            {"model": "autoencoder", "depth": 1, "pixels": "raw", "probe": "units"},
            "model='autoencoder': expected 'cnn'",
        ),
        ({"probe": "percentiles"}, "probe='percentiles' with model='cnn'"),
        ({"probe": "rotations", "dropout": 0.5}, "data='fashion': expected 'mnist'"),
        ({"probe": "rotations", "data": "mnist"}, "dropout > 0"),
    ],
)
def test_senseless_combinations_are_refused_and_the_reason_given(fields, named):
    with pytest.raises(ValueError, match=named):
        Trial(**fields)


def test_pixels_are_standardised_raw_or_binary():
    looks = {
        p: inputs.load(Trial(pixels=p, **TINY), "train", "cpu")[0]
        for p in ("standardised", "raw", "binary")
    }
    raw = looks["raw"]
    assert raw.min() == 0 and raw.max() == 1 and set(looks["binary"].unique().tolist()) == {0, 1}
    assert torch.equal(looks["binary"], (raw >= 0.5).float())
    torch.testing.assert_close(0.2860 + 0.3530 * looks["standardised"], raw, atol=1e-6, rtol=0)


def test_dropout_at_the_input_takes_out_pixels_in_training_only():
    model = build_model(Trial(**MLP, dropout_input=0.2))
    pixels = torch.ones(500, 784)
    dropped = model.drop0(pixels)
    assert (dropped == 0).double().mean().item() == pytest.approx(0.2, abs=0.005)
    assert (
        model[:2](pixels.view(-1, 1, 28, 28)).shape == (500, 784)
        and list(dict(model.named_children()))[1] == "drop0"
    )
    assert torch.equal(model.eval().drop0(pixels), pixels)
    assert Trial(**MLP, dropout_input=0.2).condition == "dropout"


@pytest.mark.parametrize("p", [0.2, 0.5, 0.8])
def test_gaussian_noise_has_the_mean_and_variance_of_bernoulli_dropout(p):
    x = torch.ones(400_000)
    gaussian, bernoulli = GaussianDropout(p), nn.Dropout(p)
    for y in (gaussian(x), bernoulli(x)):
        assert y.mean().item() == pytest.approx(1, abs=0.02) and y.var().item() == pytest.approx(
            p / (1 - p), rel=0.02
        )
    assert torch.equal(gaussian.eval()(x), x) and (gaussian.train()(x) < 0).any()
    noisy = build_model(Trial(**MLP, dropout=p, dropout_input=p, dropout_noise="gaussian"))
    assert {type(layer) for name, layer in noisy.named_children() if name.startswith("drop")} == {
        GaussianDropout
    }


@pytest.mark.parametrize("network", [{"model": "mlp", "last_hidden": 8}, {"width": 4}], ids=str)
def test_max_norm_keeps_the_incoming_weights_of_every_unit_short_and_leaves_short_ones_alone(
    network,
):
    plan = TINY | network
    free = [w.flatten(1).norm(dim=1) for w in trained(Trial(**plan)).parameters() if w.ndim > 1]
    held = [
        w.flatten(1).norm(dim=1)
        for w in trained(Trial(**plan, max_norm=1)).parameters()
        if w.ndim > 1
    ]
    assert max(norms.max() for norms in free) > 1.2 and max(norms.max() for norms in held) < 1.0001
    assert min(norms.min() for norms in held) < 0.99
    wide, without = (run_trial(Trial(**plan, max_norm=limit)) for limit in (100, 0))
    assert (wide.curves, wide.final) == (without.curves, without.final)


@settings(deadline=None, max_examples=20)
@given(parts=st.integers(2, 4), size=st.integers(2, 6), seed=st.integers(0, 99))
def test_every_ghost_batch_is_normalised_by_itself(parts, size, seed):
    torch.manual_seed(seed)
    for shape, ghost, plain in (
        ((3,), GhostBatchNorm1d(size, 3), nn.BatchNorm1d(3)),
        ((3, 4, 4), GhostBatchNorm2d(size, 3), nn.BatchNorm2d(3)),
    ):
        x = 2 + 3 * torch.randn(parts * size, *shape)
        expected = torch.cat([plain(part) for part in x.split(size)])
        torch.testing.assert_close(ghost(x), expected)
        torch.testing.assert_close(ghost.running_mean, plain.running_mean)
        torch.testing.assert_close(ghost.running_var, plain.running_var)
        assert not torch.allclose(ghost(x), plain(x), atol=1e-3)
        torch.testing.assert_close(
            ghost.eval()(x), nn.functional.batch_norm(x, ghost.running_mean, ghost.running_var)
        )


def test_a_batch_that_ghost_batches_do_not_fill_is_refused():
    with pytest.raises(ValueError, match="multiple of the ghost batch, 4"):
        GhostBatchNorm1d(4, 3)(torch.randn(10, 3))


def test_a_trial_with_ghosts_differs_from_one_without():
    plain, ghost = (run_trial(Trial(**MLP, norm="batch", ghost=g)) for g in (0, 5))
    assert plain.curves != ghost.curves and plain.trial.key != ghost.trial.key


@pytest.mark.parametrize("network", [{}, {"model": "resnet", "depth": 8, "hidden": 128}])
def test_training_only_scale_and_shift_leaves_every_other_weight_at_its_start(network):
    trial = Trial(**TINY | network, width=4, norm="batch", trains="norm")
    before, after = (
        dict(build_model(trial).named_parameters()),
        dict(trained(trial).named_parameters()),
    )
    for name, weight in after.items():
        assert torch.equal(weight, before[name]) != ("norm" in name), name


def test_the_last_hidden_layer_of_an_mlp_may_have_a_width_of_its_own():
    model = build_model(Trial(**MLP, last_hidden=24))
    assert [tuple(w.shape) for w in model.parameters() if w.ndim > 1] == [
        (16, 784),
        (16, 16),
        (24, 16),
        (10, 24),
    ]


def test_an_autoencoder_learns_to_give_its_input_back():
    few, many = (run_trial(Trial(**CODER | {"steps": steps})) for steps in (1, 200))
    assert many.final["test"]["loss"] < 0.9 * few.final["test"]["loss"]
    assert many.final["test"]["accuracy"] > few.final["test"]["accuracy"]


def test_the_loss_of_an_autoencoder_is_the_cross_entropy_of_its_pixels_in_nats_an_image():
    logits, pixels = torch.randn(5, 784, dtype=torch.double), torch.rand(5, 784, dtype=torch.double)
    said = torch.sigmoid(logits)
    expected = -(pixels * said.log() + (1 - pixels) * (1 - said).log()).sum(1).mean()
    torch.testing.assert_close(loss_of(logits, pixels), expected)
    assert (
        evaluation.figures_of(logits, said)["accuracy"] == 1
        and evaluation.figures_of(-logits, said)["accuracy"] == 0
    )
