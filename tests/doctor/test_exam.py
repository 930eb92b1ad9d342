"""The exam: every fault in every architecture is named once, and sound architectures are silent.

``python -m pytest tests/doctor/test_exam.py -n 0 -s -k table`` prints faults × architectures.
"""

import functools

import pytest
from architectures import ARCHITECTURES, build, images
from planted_faults import FAULTS

from dropnorm import doctor


@functools.cache
def grave(architecture: str, fault: str | None = None) -> list[str]:
    """The checks that name an error or a warning."""
    model = build(architecture)
    report = doctor.examine(FAULTS[fault][1](model) if fault else model, images())
    assert not report.failed
    return [finding.check for finding in report.findings if finding.severity != "note"]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_sound_model_is_silent(architecture):
    model = build(architecture)
    assert grave(architecture) == []
    assert doctor.examine(model.eval(), images()).ok()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_named_once(fault):
    check = FAULTS[fault][0]
    assert {name: grave(name, fault) for name in ARCHITECTURES} == {
        name: [check] for name in ARCHITECTURES
    }


def test_table():
    """No fault is left out, and no check is in the exam that the catalogue does not have."""
    width = max(map(len, FAULTS))
    print("\n" + " " * width, *ARCHITECTURES)
    marks = {}
    for fault, (check, _) in FAULTS.items():
        named = [grave(name, fault) for name in ARCHITECTURES]
        marks[fault] = ["✓" if checks == [check] else ",".join(checks) or "–" for checks in named]
        cells = [
            mark.center(len(name)) for mark, name in zip(marks[fault], ARCHITECTURES, strict=True)
        ]
        print(fault.ljust(width), *cells, check)
    found = sum(mark == "✓" for row in marks.values() for mark in row)
    print(f"{found} of {len(FAULTS) * len(ARCHITECTURES)} named once")
    assert len(FAULTS) >= 24 and len(ARCHITECTURES) == 8
    assert found == len(FAULTS) * len(ARCHITECTURES)
