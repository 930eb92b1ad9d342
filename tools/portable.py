"""Do outputs and tests hold on another processor? ``python -m tools.portable [VARIANT …]``.

Each variant makes this machine compute as another one might: with other kernels, on two threads, or
with the last digit of every sum disturbed; ``disturbed-2+avx2`` is two at once. What is printed,
glued or asserted must be the same in all of them.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]


def threads(n: int) -> dict[str, str]:
    """The variables that NumPy and PyTorch read."""
    return {f"{library}_NUM_THREADS": str(n) for library in ("OMP", "OPENBLAS", "MKL")}


def disturbed(seed: int) -> dict[str, str]:
    """Every result moves by one unit in the last place: ``disturbed/sitecustomize.py``."""
    return {"DROPNORM_DISTURBED": str(seed), "PYTHONPATH": str(ROOT / "tools" / "disturbed")}


VARIANTS = {f"disturbed-{seed}": disturbed(seed) for seed in (1, 2, 3)}
VARIANTS["two-threads"] = threads(2)
# kernels for older processors; they say nothing about newer ones
if platform.machine().lower() in ("x86_64", "amd64"):
    VARIANTS["avx2"] = {
        "OPENBLAS_CORETYPE": "Haswell",
        "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
    }
    VARIANTS["sse"] = {
        "OPENBLAS_CORETYPE": "Nehalem",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
    }
    TOGETHER = ["disturbed-1", "disturbed-2+avx2", "disturbed-3+sse+two-threads"]
else:
    TOGETHER = ["disturbed-1", "disturbed-2", "disturbed-3+two-threads"]

# The notebooks, and the tests of what computes; those of pages say nothing about a processor.
ROOMS = (
    *("bench", "claims", "conventions", "doctor", "exercises", "experiments", "intuition"),
    *("replications", "scratch"),
)
PATHS = ["chapters", *(f"tests/{room}" for room in ROOMS)]


def variables(variant: str) -> dict[str, str]:
    """The environment of a variant, or of several joined by ``+``."""
    return {name: value for one in variant.split("+") for name, value in VARIANTS[one].items()}


class Outcome(NamedTuple):
    """What pytest did in one variant."""

    cells: int
    tests: int
    failures: list[str]
    seconds: float


def run(environment: dict[str, str], paths: Iterable[str | Path], workers: int = 1) -> Outcome:
    """Pytest in an environment, notebooks compared letter by letter."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "-p", "no:cacheprovider"]
        command += ["--tb=short", "-n", str(workers), f"--junitxml={report}", *map(str, paths)]
        start = time.monotonic()
        everything = {**os.environ, **threads(1), **environment}
        subprocess.run(command, cwd=ROOT, env=everything, check=False)
        seconds = time.monotonic() - start
        cases = list(ElementTree.parse(report).iter("testcase")) if report.exists() else []
    broken = [case for case in cases if {part.tag for part in case} & {"failure", "error"}]
    failures = [f"{case.get('classname')} {case.get('name')}" for case in broken]
    cells = sum(str(case.get("name")).startswith("Cell ") for case in cases)
    return Outcome(cells, len(cases) - cells, failures, seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the variants, print a table; 1 if anything failed or nothing ran."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.portable", description=__doc__.split("\n")[0]
    )
    known = (
        f"of {', '.join(VARIANTS)}, or several joined by +; {', '.join(TOGETHER)} if none is named"
    )
    parser.add_argument("variants", nargs="*", metavar="VARIANT", help=known)
    parser.add_argument(
        "--paths", nargs="+", default=PATHS, help="notebooks, test files or folders"
    )
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(arguments)
    names = options.variants or TOGETHER
    if unknown := set("+".join(names).split("+")) - set(VARIANTS):
        parser.error(f"VARIANT is {', '.join(sorted(unknown))}; there are {', '.join(VARIANTS)}")
    outcomes = {name: run(variables(name), options.paths, options.workers) for name in names}
    print(f"\n{'variant':<28}{'cells':>6}{'tests':>6}{'failures':>10}{'seconds':>9}")
    for name, (cells, tests, failures, seconds) in outcomes.items():
        print(f"{name:<28}{cells:>6}{tests:>6}{len(failures):>10}{seconds:>9.0f}")
        print(*(f"  {place}\n" for place in failures), sep="", end="")
    return int(any(one.failures or not one.cells + one.tests for one in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main())
