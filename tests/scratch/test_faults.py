"""Do the tests notice? Faults of teaching code are planted one by one; a check must notice each."""

import checks
import faulty_dropout  # noqa: F401  (fills FAULTS, as the next three do)
import faulty_layers  # noqa: F401
import faulty_norms  # noqa: F401
import faulty_training  # noqa: F401
import pytest
from faults import FAULTS


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:Using padding=.same.")
@pytest.mark.parametrize("description", FAULTS)
def test_a_check_is_green_without_the_fault_and_red_with_it(description, monkeypatch):
    fault = FAULTS[description]
    fault.check()
    monkeypatch.setattr(fault.owner, fault.name, fault.faulty)
    with pytest.raises(AssertionError):
        fault.check()
    checks.NOTES.clear()  # a fault's errors are not the layers'


def test_there_are_faults_of_all_kinds():
    kinds = {description.split(":")[0] for description in FAULTS}
    expected = {"Dropout", "Batch norm", "Convolution", "Residual", "Adam", "Schedule"}
    assert len(FAULTS) >= 60 and expected <= kinds
