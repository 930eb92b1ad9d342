"""Both ways in which time is limited, for the tests that ask for ``limit``."""

import signal

import pytest

from dropnorm.exercises import time_limit

# Windows has no alarm
needs_alarm = pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="needs POSIX signals")


@pytest.fixture(params=[pytest.param("alarm", marks=needs_alarm), "thread"])
def limit(request, monkeypatch):
    if request.param == "thread":
        monkeypatch.setattr(time_limit, "alarm_is_free", lambda: False)
