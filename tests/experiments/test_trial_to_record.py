"""From a trial to its record: inputs, optimiser, curves, and the same figures each time."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny_trials import NETWORKS, TINY

from dropnorm.experiments.augmentation import shifted_and_mirrored
from dropnorm.experiments.inputs import batches, load
from dropnorm.experiments.model import build_model
from dropnorm.experiments.optimisation import optimiser_of, set_learning_rate
from dropnorm.experiments.training import curve_steps, fit, run_trial
from dropnorm.experiments.trial import Trial


def test_an_epoch_shows_every_image_once():
    trial = Trial(**TINY)
    epoch = [next(b) for b in [batches(trial, "cpu")] for _ in range(5)]
    assert sorted(torch.cat(epoch).tolist()) == list(range(100))


def test_random_labels_change_training_labels_only():
    for split, same in {"train": False, "validation": True, "test": True}.items():
        labels, drawn = (
            load(Trial(random_labels=r, **TINY), split, torch.device("cpu"))[1]
            for r in (False, True)
        )
        assert torch.equal(labels, drawn) == same


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


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_the_same_trial_gives_the_identical_record(network):
    trial = Trial(seed=1, lr=0.05, **TINY, **network)
    state = torch.random.get_rng_state()
    first = run_trial(trial)
    torch.rand(3)
    assert first.same_figures(run_trial(trial))
    torch.random.set_rng_state(state)


def test_another_seed_gives_another_record():
    assert not run_trial(Trial(seed=0, **TINY)).same_figures(run_trial(Trial(seed=1, **TINY)))


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


def test_divergence_is_a_result():
    record = run_trial(Trial(lr=1e6, **TINY))
    assert record.diverged and record.final["test"]["loss"] is None
    assert 0 <= record.final["test"]["accuracy"] <= 0.3
    assert type(record).from_line(record.to_line()) == record


@given(steps=st.integers(1, 100_000))
def test_curves_are_thin_and_end_with_the_last_step(steps):
    points = curve_steps(steps)
    assert len(points) <= 30 and points[-1] == steps and points[0] >= 1
