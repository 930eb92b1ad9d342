"""The machine that makes a record: its threads, its processor, and the software on it."""

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock

import numpy as np
import torch

from dropnorm.experiments.records import ENGINE

_threads = {"before": 1, "trials": 0}
_lock = Lock()


@contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch computes on one thread; afterwards it has as many as before.

    Trials may run in several threads of one process. A library below PyTorch counts for the whole
    process: the first trial to end must not give the threads back while another one computes, so
    the last one does.
    """
    with _lock:
        if _threads["trials"] == 0:
            _threads["before"] = torch.get_num_threads()
        _threads["trials"] += 1
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _lock:
            _threads["trials"] -= 1
            if _threads["trials"] == 0:
                torch.set_num_threads(_threads["before"])


def device_name(device: str) -> str:
    """What a record says about where it was made: ``cpu`` or the GPU's name."""
    return "cpu" if device == "cpu" else torch.cuda.get_device_name()


@cache
def versions() -> dict[str, str | int]:
    """Versions of the engine and the libraries; the processor, and which instructions are used.

    Equal entries give equal records. Between processors, or instruction sets, float32 sums end in
    other digits.
    """
    return {
        "engine": ENGINE,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "processor": processor(),
        "capability": torch.backends.cpu.get_cpu_capability(),
    }


def processor() -> str:
    """The processor's name, with family and model where Linux gives them.

    Virtual machines often hide the name.
    """
    try:
        first = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0]
    except OSError:
        return platform.processor() or platform.machine()
    pairs = (line.partition(":") for line in first.splitlines())
    fields = {name.strip(): value.strip() for name, _, value in pairs}
    if "model name" not in fields:
        return platform.machine()
    return f"{fields['model name']} ({fields.get('cpu family')}/{fields.get('model')})"
