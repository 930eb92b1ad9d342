"""What a record says about the machine and the software that made it."""

import platform
from functools import cache
from pathlib import Path

import numpy as np
import torch

from dropnorm.experiments.records import ENGINE


@cache
def versions() -> dict[str, str | int]:
    """Versions of the engine and the libraries; the processor, and which of its instructions PyTorch uses.

    Equal entries give equal records. Between processors, or instruction sets, float32 sums end in other digits.
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
    """The processor's name, with family and model where Linux tells them: virtual machines often hide the name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0].splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    fields = {
        name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    if "model name" not in fields:
        return platform.machine()
    return f"{fields['model name']} ({fields.get('cpu family')}/{fields.get('model')})"
