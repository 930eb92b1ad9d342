"""Seeds side by side in one network: each is the trial run alone."""

import numpy as np
import pytest
import tiny_trials
import torch

from dropnorm.experiments.parallel_seeds import run_side_by_side
from dropnorm.experiments.training import run_trial
from dropnorm.experiments.trial import Trial

TINY = tiny_trials.TINY | {"steps": 6, "lr": 0.02}
NETWORKS = [
    {},
    {"dropout": 0.5},
    {"dropout": 0.3, "dropout_at": "both"},
    {"dropout": 0.3, "dropout_at": "both", "dropout_unit": "channel", "norm": "batch"},
    {"dropout": 0.3, "dropout_at": "both", "dropout_order": "before", "norm": "batch"},
    {"norm": "batch", "norm_at": "after", "schedule": "constant", "weight_decay": 1e-3},
    {"norm": "layer"},
    {"norm": "group"},
    {"norm": "instance"},
    {"random_labels": True, "norm": "batch"},
    {"pixels": "binary"},
]


def figures(record) -> np.ndarray:
    curves = [
        record.curves[name] for name in ("train_loss", "validation_loss", "validation_accuracy")
    ]
    final = [
        [record.final[split]["loss"], record.final[split]["accuracy"]]
        for split in ("train", "validation", "test")
    ]
    return np.concatenate([np.ravel(curves), np.ravel(final)])


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_a_seed_side_by_side_is_the_trial_run_alone_to_rounding(network):
    trials = [Trial(seed=seed, **TINY, **network) for seed in (3, 0, 7)]
    for trial, record in zip(trials, run_side_by_side(trials), strict=True):
        assert record.trial == trial
        np.testing.assert_allclose(figures(record), figures(run_trial(trial)), rtol=1e-3, atol=1e-4)


def test_seeds_side_by_side_differ_from_each_other():
    a, b = run_side_by_side([Trial(seed=seed, dropout=0.5, **TINY) for seed in (0, 1)])
    assert not np.allclose(figures(a), figures(b), rtol=1e-3)


def test_a_seed_side_by_side_that_diverges_is_recorded_so_and_ends_like_the_trial_alone():
    trials = [Trial(seed=seed, **TINY | {"lr": 1e6}) for seed in (0, 1)]
    for trial, record in zip(trials, run_side_by_side(trials), strict=True):
        alone = run_trial(trial)
        assert record.diverged and alone.diverged
        assert (
            record.curves["step"] == alone.curves["step"]
            and record.final["test"] == alone.final["test"]
        )


@pytest.mark.parametrize(
    "trials",
    [
        [Trial(seed=0), Trial(seed=1, lr=0.1)],
        [Trial(seed=0), Trial(seed=0)],
        [],
        [Trial(norm="noisy batch")],
        [Trial(probe="units")],
        [Trial(model="mlp")],
        [Trial(dropout=0.5, dropout_noise="gaussian")],
        [Trial(norm="batch", ghost=16)],
        [Trial(norm="batch", trains="norm")],
        [Trial(max_norm=2)],
    ],
)
def test_trials_that_cannot_run_side_by_side_are_refused(trials):
    with pytest.raises(ValueError, match="side by side"):
        run_side_by_side(trials)


def test_the_callers_generator_is_left_alone():
    state = torch.random.get_rng_state()
    run_side_by_side([Trial(dropout=0.5, **TINY)])
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("network", [{}, {"norm": "batch"}, {"norm": "group"}], ids=str)
def test_a_seed_side_by_side_on_the_gpu_is_the_trial_alone_to_rounding(network):
    trials = [Trial(seed=seed, **TINY, **network) for seed in (3, 0)]
    for trial, record in zip(trials, run_side_by_side(trials, "cuda"), strict=True):
        np.testing.assert_allclose(
            figures(record), figures(run_trial(trial, "cuda")), rtol=1e-2, atol=1e-2
        )
