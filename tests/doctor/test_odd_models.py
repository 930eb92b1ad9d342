"""Faults as people write them are named, and odd but sound models are met with silence."""

import pytest
from architectures import images
from odd_models import FAULTY, SOUND

from dropnorm import doctor


@pytest.mark.parametrize("name", FAULTY)
def test_a_fault_as_people_write_it_is_named_alone(name):
    check, build = FAULTY[name]
    report = doctor.examine(build(), images())
    assert [f.check for f in report.findings if f.severity != "note"] == [check], report


@pytest.mark.parametrize("name", SOUND)
def test_an_odd_model_without_a_fault_raises_no_alarm(name):
    report = doctor.examine(SOUND[name].build(), SOUND[name].inputs)
    assert report.ok(), report


def test_there_are_enough_of_them():
    assert len(FAULTY) >= 12 and len(SOUND) >= 12
