"""Trials that train in no time, for several tests."""

TINY = {
    "n_train": 100,
    "n_validation": 100,
    "n_test": 100,
    "width": 4,
    "hidden": 8,
    "batch_size": 20,
    "steps": 12,
}

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
