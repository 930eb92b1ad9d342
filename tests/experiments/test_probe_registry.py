"""Every probe has a module and says which trials it knows."""

from importlib import import_module
from typing import get_args

import pytest

from dropnorm.experiments.probes.registry import PROBES, ProbeName
from dropnorm.experiments.trial import Trial

KNOWN = {
    "cnn": {},
    "resnet": {"data": "cifar10", "depth": 8},
    "mlp": {},
    "autoencoder": {"depth": 1, "pixels": "raw"},
}


def test_the_words_of_the_field_are_the_registered_probes():
    assert set(get_args(ProbeName)) == {"none", *PROBES}


@pytest.mark.parametrize("name", PROBES)
def test_the_module_of_a_probe_has_the_function_that_its_time_needs(name):
    module = import_module(f"dropnorm.experiments.probes.{name}")
    function = {"end": "measure", "points": "observer"}[PROBES[name].when]
    assert callable(getattr(module, function))


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("model", KNOWN)
def test_a_probe_is_refused_on_a_network_that_it_does_not_know_and_on_no_other(name, model):
    probe = PROBES[name]
    needed = {field: values[0] for field, values in probe.values.items()}
    if probe.dropout:
        needed["dropout"] = 0.5
    if "dropout_order" in needed:
        needed |= {"dropout_order": "after"}
    fields = {"model": model, "probe": name, **KNOWN[model], **needed}
    if model in probe.models:
        assert Trial(**fields).probe == name
    else:
        with pytest.raises(ValueError):
            Trial(**fields)
