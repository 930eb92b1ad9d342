"""A trial is everything that decides a run, and nothing that makes no sense."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropnorm.experiments.trial import Trial


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
        ({"dropout": 0.5, "dropout_conv": 0.1}, "dropout_conv needs.*dropout_at='both'"),
        ({"dropout": 0.5, "dropout_block": 1}, "dropout_block needs.*after convolutions"),
        ({"dropout": 0.5, "dropout_at": "conv", "dropout_block": 3}, "dropout_block=3"),
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
        ({"model": "resnet", "depth": 8, "max_norm": 1.0}, "max_norm is not for"),
        ({"model": "resnet", "depth": 8, "hidden": 64}, "change nothing with model='resnet'"),
    ],
)
def test_impossible_trials_are_refused_and_the_reason_given(fields, named):
    with pytest.raises(ValueError, match=named):
        Trial(**fields)
