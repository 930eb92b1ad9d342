"""The convolutions once more with the kernels of other processors: is it one machine's luck?

NumPy's matrix products come from OpenBLAS, which chooses its kernels by the processor. A process of
its own asks for others, and PyTorch for none beyond the same instructions. ``python -m
bench.kernels`` prints the rows of the kernels that this process has.
"""

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench import scratch
from bench.rows import Row
from tools.portable import VARIANTS

AVX512 = {
    "OPENBLAS_CORETYPE": "SkylakeX",
    "ATEN_CPU_CAPABILITY": "avx512",
    "ONEDNN_MAX_CPU_ISA": "AVX512_CORE",
}
# by OpenBLAS's name: the first processors with SSE 4.2, with AVX2, and with AVX-512
KERNELS = {
    variables["OPENBLAS_CORETYPE"]: variables
    for variables in (*(VARIANTS[name] for name in ("sse", "avx2") if name in VARIANTS), AVX512)
}


def rows(rounds: int) -> Iterator[Row]:
    """The rows of every kernel that this processor has the instructions for."""
    for kernel in KERNELS:
        yield from rows_of(kernel, rounds)


def rows_of(kernel: str, rounds: int) -> list[Row]:
    """The rows of a process with these kernels; none where the processor cannot run them.

    Raises
    ------
    RuntimeError
        The process has failed for another reason, or OpenBLAS has taken other kernels.
    """
    command = [sys.executable, "-m", "bench.kernels", str(rounds)]
    done = subprocess.run(
        command,
        env={**os.environ, **KERNELS[kernel]},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode == -4:  # an illegal instruction
        return []
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} with {kernel} kernels: {done.stderr}")
    found = json.loads(done.stdout)
    if found["kernel"] != kernel:
        if found["kernel"] == kernel_in_use():  # OpenBLAS refuses what the processor lacks
            return []
        raise RuntimeError(f"asked for {kernel} kernels, got {found['kernel']}")
    return [Row(**row | {"name": f"{row['name']}, {kernel}"}) for row in found["rows"]]


def kernel_in_use() -> str:
    """OpenBLAS's name of the kernels that NumPy has here."""
    folder = Path(np.__file__).parents[1] / "numpy.libs"
    (path,) = folder.glob("*openblas*")
    name = ctypes.CDLL(str(path)).scipy_openblas_get_corename64_
    name.restype = ctypes.c_char_p
    return name().decode()


def main() -> None:
    found = [vars(row) for row in scratch.convolution_rows(int(sys.argv[1]))]
    print(json.dumps({"kernel": kernel_in_use(), "rows": found}))


if __name__ == "__main__":
    main()
