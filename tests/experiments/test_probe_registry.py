"""Every probe has a module and says which trials it knows."""

from importlib import import_module
from typing import get_args

import pytest

from dropnorm.experiments.probes.registry import PROBES, ProbeName
from dropnorm.experiments.trial import Trial

# What a network needs besides, and the probes that know it.
MODELS = {
    "cnn": (
        {},
        "training units averaging shift rotations recalibration calibration ensemble answers"
        " unfamiliar",
    ),
    "resnet": (
        {"data": "cifar10", "depth": 8, "dropout_at": "conv"},
        "recalibration calibration ensemble answers",
    ),
    "mlp": ({}, "averaging percentiles rotations"),
    "autoencoder": ({"depth": 1, "pixels": "raw"}, "sparsity"),
}

# What a probe needs.
NEEDED = {
    "shift": {"norm": "batch"},
    "recalibration": {"norm": "batch"},
    "rotations": {"data": "mnist"},
}


def test_the_words_of_the_field_are_the_registered_probes():
    assert set(get_args(ProbeName)) == {"none", *PROBES}


@pytest.mark.parametrize("name", PROBES)
def test_the_module_of_a_probe_has_the_function_that_its_time_needs(name):
    module = import_module(f"dropnorm.experiments.probes.{name}")
    function = {"end": "measure", "points": "observer"}[PROBES[name].when]
    assert callable(getattr(module, function))


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("model", MODELS)
def test_a_probe_is_refused_on_a_network_that_it_does_not_know_and_on_no_other(name, model):
    fields, known = MODELS[model]
    fields = {"model": model, "dropout": 0.5, **fields, **NEEDED.get(name, {})}
    assert Trial(**fields).probe == "none"
    if name in known.split():
        assert Trial(**fields, probe=name).probe == name
    else:
        with pytest.raises(ValueError, match=f"probe='{name}' with model='{model}'"):
            Trial(**fields, probe=name)
