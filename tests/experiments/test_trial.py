"""A trial is everything that decides a run, and nothing that makes no sense."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dropnorm.experiments.augmentation import shifted_and_mirrored
from dropnorm.experiments.inputs import batches
from dropnorm.experiments.layers import Dropout, Dropout2d, draw_from
from dropnorm.experiments.model import build_model, masks_of
from dropnorm.experiments.optimisation import optimiser_of, set_learning_rate
from dropnorm.experiments.training import curve_steps, fit, run_trial
from dropnorm.experiments.trial import Trial

TINY = {
    "n_train": 100,
    "n_validation": 100,
    "n_test": 100,
    "width": 4,
    "hidden": 8,
    "batch_size": 20,
    "steps": 12,
}


@given(seed=st.integers(0, 2**31), lr=st.floats(1e-6, 10), dropout=st.floats(0, 0.99))
def test_equal_trials_have_equal_keys_and_different_ones_do_not(seed, lr, dropout):
    trial = Trial(seed=seed, lr=lr, dropout=dropout)
    assert Trial(**trial.to_dict()).key == trial.key
    assert dataclasses.replace(trial, seed=seed + 1).key != trial.key


def test_a_whole_number_is_the_same_trial_as_its_float():
    assert Trial(dropout=0, lr=1).key == Trial(dropout=0.0, lr=1.0).key


def test_the_keys_of_stored_trials_never_change():
    assert Trial().key == "44136fa355b3"
    assert Trial(norm="batch", dropout=0.5, lr=0.1, seed=3).key == "78f84735d4ea"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"norm": "bach"}, "norm='bach'.*'batch'"),
        ({"dropout": 1.0}, r"dropout=1.0.*0 <= p < 1"),
        ({"dropout": -0.1}, "dropout=-0.1"),
        ({"dropout": float("nan")}, "dropout=nan"),
        ({"lr": 0}, "lr=0"),
        ({"lr": float("inf")}, "lr=inf"),
        ({"steps": 2.5}, "steps=2.5.*whole number"),
        ({"steps": True}, "steps=True"),
        ({"seed": -1}, "seed=-1"),
        ({"random_labels": 1}, "random_labels=1"),
        ({"n_train": 50}, "n_train=50 does not fill one batch"),
        ({"norm": "batch", "batch_size": 1}, "no meaning"),
        ({"norm": "group", "width": 6}, "4 groups"),
        ({"dropout_at": "conv"}, "change nothing with dropout=0"),
        ({"dropout": 0.5, "dropout_unit": "channel"}, "no channels"),
        ({"norm_at": "after"}, "changes nothing with norm='none'"),
        ({"dropout_order": "before", "dropout": 0.5}, "needs dropout > 0 and a norm"),
        ({"dropout_order": "before", "norm": "batch"}, "needs dropout > 0 and a norm"),
        (
            {"dropout_order": "before", "norm": "batch", "dropout": 0.5, "norm_at": "after"},
            "one of the two orders",
        ),
        ({"norm": "noisy batch", "batch_size": 1}, "no meaning"),
        ({"activation": "none"}, "belong to model='mlp'"),
        ({"depth": 5}, "belong to model='mlp'"),
        ({"model": "mlp", "width": 16}, "belong to model='cnn'"),
        ({"model": "mlp", "norm": "group"}, "no channels; use 'layer'"),
        ({"model": "mlp", "probe": "units"}, "with model='mlp': expected"),
        ({"probe": "shift"}, "with norm='none': expected 'batch'"),
        ({"probe": "averaging"}, "needs dropout > 0"),
        ({"dropout_order": "before pool", "dropout": 0.5}, "needs a pooling"),
        ({"probe": "recalibration"}, "with norm='none': expected 'batch'"),
        ({"norm_logits": True}, "needs norm='batch'"),
        ({"decays": "weights"}, "changes nothing with weight_decay=0"),
        ({"optimiser": "adamw", "momentum": 0.5}, "momentum changes nothing"),
        ({"logits_rate": 0.0}, "logits_rate=0.0"),
        ({"augment": 9}, "at most 8 pixels"),
        ({"augment": 2, "model": "mlp"}, "expected 'cnn' or 'resnet'"),
        ({"data": "cifar10", "model": "mlp"}, "data='cifar10' is for"),
        ({"model": "resnet"}, "expected 8, 14, 20"),
        ({"model": "resnet", "depth": 8, "norm": "layer"}, "expected 'none', 'batch' or 'group'"),
        ({"model": "resnet", "depth": 8, "hidden": 64}, "change nothing with model='resnet'"),
    ],
)
def test_impossible_trials_are_refused_and_the_reason_given(fields, named):
    with pytest.raises(ValueError, match=named):
        Trial(**fields)


NETWORKS = [
    {},
    {"dropout": 0.5},
    {"norm": "batch"},
    {"norm": "layer"},
    {"norm": "group", "norm_at": "after"},
    {"norm": "instance"},
    {"norm": "noisy batch"},
    {"norm": "batch", "dropout": 0.3, "dropout_at": "both", "dropout_order": "before"},
]


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


def test_an_epoch_shows_every_image_once():
    trial = Trial(**TINY)
    epoch = [next(b) for b in [batches(trial, "cpu")] for _ in range(5)]
    assert sorted(torch.cat(epoch).tolist()) == list(range(100))


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


@pytest.mark.parametrize("at", ["before", "after"])
def test_the_norm_stands_where_the_trial_says(at):
    names = [name for name, _ in build_model(Trial(norm="batch", norm_at=at)).named_children()]
    assert (names.index("norm1") < names.index("relu1")) == (at == "before")


def test_dropout_before_pooling_stands_behind_norm_and_activation():
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


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_the_same_trial_gives_the_identical_record(network):
    trial = Trial(seed=1, lr=0.05, **TINY, **network)
    state = torch.random.get_rng_state()
    first = run_trial(trial)
    torch.rand(3)
    assert first.same_figures(run_trial(trial))
    torch.random.set_rng_state(state)


def test_a_trial_leaves_the_callers_generator_and_threads_alone():
    threads, state = torch.get_num_threads(), torch.random.get_rng_state()
    run_trial(Trial(dropout=0.5, **TINY))
    assert torch.get_num_threads() == threads and torch.equal(torch.random.get_rng_state(), state)


def test_trials_in_four_threads_of_one_process_give_the_records_of_each_alone():
    trials = [
        Trial(seed=seed, dropout=0.5, dropout_at="both", norm="noisy batch", **TINY)
        for seed in range(8)
    ]
    threads = torch.get_num_threads()
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(run_trial, trials))
    assert all(record.same_figures(run_trial(record.trial)) for record in together)
    assert {record.threads for record in together} == {1} and torch.get_num_threads() == threads


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


def test_augmentation_shifts_by_whole_pixels_mirrors_half_and_fills_with_black():
    images = torch.arange(1.0, 37).view(1, 1, 6, 6).repeat(400, 1, 1, 1)
    augment = shifted_and_mirrored(1, torch.full((1, 1, 1), -7.0), torch.Generator().manual_seed(0))
    results = augment(images)
    assert (
        results.is_contiguous(memory_format=torch.channels_last) and results.shape == images.shape
    )
    edge = torch.nn.functional.pad(images[0, 0] + 7, [1] * 4) - 7
    views = [edge[i : i + 6, j : j + 6] for i in range(3) for j in range(3)]
    views += [view.flip(1) for view in views]
    counts = torch.tensor(
        [[torch.equal(image[0], view) for view in views] for image in results]
    ).sum(0)
    assert counts.sum() == 400 and counts.min() >= 8  # 22 expected of each of the 18
    assert not torch.equal(augment(images), results)
    assert torch.equal(
        shifted_and_mirrored(0, torch.zeros(1, 1, 1), torch.Generator())(images), images
    )


def test_the_optimiser_spares_what_the_trial_spares_and_slows_the_logits():
    trial = Trial(
        norm="batch",
        weight_decay=0.1,
        decays="weights",
        logits_rate=0.5,
        lr=0.2,
        schedule="constant",
        **TINY,
    )
    model = build_model(trial)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    optimiser = optimiser_of(trial, model)
    set_learning_rate(optimiser, trial, 3)
    found = {
        names[id(p)]: (g["lr"], g["weight_decay"])
        for g in optimiser.param_groups
        for p in g["params"]
    }
    assert found.keys() == set(names.values())
    assert (
        found["conv1.weight"] == (0.2, 0.1)
        and found["norm1.weight"] == (0.2, 0.0)
        and found["conv1.bias"] == (0.2, 0.0)
    )
    assert found["logits.weight"] == (0.1, 0.1) and found["logits.bias"] == (0.1, 0.0)
    assert isinstance(
        optimiser_of(dataclasses.replace(trial, optimiser="adamw"), model), torch.optim.AdamW
    )


def test_a_clipped_gradient_is_no_longer_than_the_trial_allows():
    """One step at a constant rate without momentum moves all together by at most rate · limit."""
    plan = {**TINY, "steps": 1, "momentum": 0.0, "schedule": "constant", "lr": 0.5}
    for clip_norm, at_most in ((0.01, 0.005), (0.0, float("inf"))):
        trial = Trial(clip_norm=clip_norm, **plan)
        before, after = build_model(trial), fit(trial, torch.device("cpu"))[0]
        change = torch.cat(
            [
                (a - b).flatten()
                for a, b in zip(after.parameters(), before.parameters(), strict=True)
            ]
        )
        assert change.norm() <= at_most * 1.001
    assert change.norm() > 0.1


def test_another_seed_gives_another_record():
    assert not run_trial(Trial(seed=0, **TINY)).same_figures(run_trial(Trial(seed=1, **TINY)))


def test_divergence_is_a_result():
    record = run_trial(Trial(lr=1e6, **TINY))
    assert record.diverged and record.final["test"]["loss"] is None
    assert 0 <= record.final["test"]["accuracy"] <= 0.3
    assert type(record).from_line(record.to_line()) == record


def test_random_labels_change_training_labels_only():
    from dropnorm.experiments.inputs import load

    for split, same in {"train": False, "validation": True, "test": True}.items():
        labels, drawn = (
            load(Trial(random_labels=r, **TINY), split, torch.device("cpu"))[1]
            for r in (False, True)
        )
        assert torch.equal(labels, drawn) == same


@given(steps=st.integers(1, 100_000))
def test_curves_are_thin_and_end_with_the_last_step(steps):
    points = curve_steps(steps)
    assert len(points) <= 30 and points[-1] == steps and points[0] >= 1


def test_dropout_is_active_in_training_and_off_in_evaluation():
    model, x = build_model(Trial(dropout=0.5, **TINY)), torch.rand(8, 1, 28, 28)
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))
