"""Networks have the layers that their trial asks for, and draw what it says."""

import pytest
import torch
from tiny_trials import NETWORKS, TINY

from dropnorm.experiments.inputs import batches
from dropnorm.experiments.layers import Dropout, Dropout2d, draw_from
from dropnorm.experiments.model import build_model, masks_of
from dropnorm.experiments.trial import Trial


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_paired_trials_start_from_the_same_weights_and_see_the_same_batches(network):
    plain, other = Trial(seed=5, **TINY), Trial(seed=5, **TINY, **network)
    weights = dict(build_model(other).named_parameters())
    for name, weight in build_model(plain).named_parameters():
        assert torch.equal(weight, weights[name]), name
    for a, b, _ in zip(batches(plain, "cpu"), batches(other, "cpu"), range(12), strict=False):
        assert torch.equal(a, b)


def test_other_seeds_start_elsewhere():
    a, b = (build_model(Trial(seed=seed, **TINY)).conv1.weight for seed in (0, 1))
    assert not torch.equal(a, b)


NORMS_AND_LOGITS = [
    (1, "BatchNorm2d"),
    (2, "BatchNorm2d"),
    (3, "BatchNorm1d"),
    ("_logits", "BatchNorm1d"),
]


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({"dropout": 0.3}, {"drop3": "Dropout"}),
        ({"dropout_input": 0.2}, {"drop0": "Dropout"}),
        (
            {"norm": "batch", "norm_logits": True, "width": 4},
            {f"norm{i}": n for i, n in NORMS_AND_LOGITS},
        ),
        ({"dropout": 0.3, "dropout_at": "conv"}, {"drop1": "Dropout", "drop2": "Dropout"}),
        (
            {"dropout": 0.3, "dropout_at": "conv", "dropout_unit": "channel", "dropout_block": 1},
            {"drop1": "Dropout2d"},
        ),
        (
            {"dropout": 0.3, "dropout_at": "both", "dropout_block": 2},
            {"drop2": "Dropout", "drop3": "Dropout"},
        ),
        (
            {"dropout": 0.3, "dropout_at": "both", "dropout_unit": "channel"},
            {"drop1": "Dropout2d", "drop2": "Dropout2d", "drop3": "Dropout"},
        ),
        (
            {"norm": "batch"},
            {"norm1": "BatchNorm2d", "norm2": "BatchNorm2d", "norm3": "BatchNorm1d"},
        ),
        ({"norm": "layer"}, {"norm1": "GroupNorm", "norm2": "GroupNorm", "norm3": "LayerNorm"}),
        (
            {"norm": "instance"},
            {"norm1": "InstanceNorm2d", "norm2": "InstanceNorm2d", "norm3": "LayerNorm"},
        ),
        (
            {"model": "mlp", "depth": 2, "norm": "batch"},
            {"norm1": "BatchNorm1d", "norm2": "BatchNorm1d"},
        ),
    ],
)
def test_the_model_has_the_layers_that_the_trial_asks_for(fields, kinds):
    layers = dict(build_model(Trial(**fields)).named_children())
    found = {
        name: type(layer).__name__
        for name, layer in layers.items()
        if name.startswith(("drop", "norm"))
    }
    assert found == kinds


@pytest.mark.parametrize(("own", "conv"), [(0.0, 0.5), (0.25, 0.25)])
def test_convolutions_may_have_a_probability_of_their_own(own, conv):
    trial = Trial(dropout=0.5, dropout_at="both", dropout_conv=own, dropout_input=0.1)
    model = build_model(trial)
    assert [model.get_submodule(f"drop{i}").p for i in range(4)] == [0.1, conv, conv, 0.5]


@pytest.mark.parametrize("at", ["before", "after"])
def test_the_norm_stands_where_the_trial_says(at):
    names = [name for name, _ in build_model(Trial(norm="batch", norm_at=at)).named_children()]
    assert (names.index("norm1") < names.index("relu1")) == (at == "before")


def test_dropout_before_pooling_stands_after_norm_and_activation():
    trial = Trial(norm="batch", dropout=0.5, dropout_at="both", dropout_order="before pool")
    names = [name for name, _ in build_model(trial).named_children()]
    assert names[:5] == ["conv1", "norm1", "relu1", "drop1", "pool1"] and names[-3:] == [
        "relu3",
        "drop3",
        "logits",
    ]


@pytest.mark.parametrize("order", ["before", "after"])
def test_dropout_stands_where_the_trial_says(order):
    trial = Trial(norm="batch", dropout=0.5, dropout_at="both", dropout_order=order)
    names = [name for name, _ in build_model(trial).named_children()]
    for i, weights in ((1, "conv1"), (2, "conv2"), (3, "dense")):
        if order == "before":
            assert names[names.index(weights) + 1 :][:2] == [f"drop{i}", f"norm{i}"]
        else:
            assert names.index(f"relu{i}") < names.index(f"drop{i}")


def test_a_network_without_activation_is_linear():
    model = build_model(Trial(model="mlp", depth=4, hidden=16, activation="none"))
    x, y = torch.rand(2, 5, 1, 28, 28)
    torch.testing.assert_close(
        model(x + y) + model(torch.zeros_like(x)), model(x) + model(y), rtol=1e-4, atol=1e-4
    )


def test_noisy_batch_norm_has_other_distributions_at_each_step_and_none_of_it_in_evaluation():
    noisy = build_model(Trial(norm="noisy batch", **TINY)).norm1
    x = torch.randn(200, 4, 14, 14)
    first, second = (noisy(x).mean((0, 2, 3)) for _ in range(2))
    assert (first - second).abs().max() > 0.05 and first.abs().max() < 0.65
    noisy[0].train()
    noisy[1].eval()
    torch.testing.assert_close(noisy(x), noisy[0](x))


@pytest.mark.parametrize("layer", [Dropout(0.3), Dropout2d(0.3)], ids=["elements", "channels"])
@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last], ids=str)
def test_dropout_with_its_own_generator_draws_the_masks_that_pytorch_draws(layer, memory):
    x = torch.randn(6, 5, 4, 4).to(memory_format=memory)
    draw_from(layer, torch.Generator().manual_seed(2))
    ours = [layer(x) for _ in range(3)]
    torch.manual_seed(2)
    theirs = getattr(torch.nn, type(layer).__name__)(layer.p)
    assert all(torch.equal(y, theirs(x)) for y in ours)


def test_the_masks_of_a_trial_go_on_where_its_initialisation_left_off():
    trial = Trial(seed=4, dropout=0.5, norm="batch", **TINY)
    torch.manual_seed(4)
    model = build_model(trial)
    assert torch.equal(masks_of(model, 4, torch.device("cpu")).get_state(), torch.get_rng_state())


def test_dropout_is_active_in_training_and_off_in_evaluation():
    model, x = build_model(Trial(dropout=0.5, **TINY)), torch.rand(8, 1, 28, 28)
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))
