"""``python -m bench [--rounds 31] [--out results.json]``: the table on screen, and as JSON."""

import argparse
import json
import platform
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from bench import THREADS, folding, kernels, scratch, trials
from bench.rows import Row

MODULES = [scratch, kernels, folding, trials]  # each has rows(rounds), which yields bench.rows.Row


def main() -> int:
    description = "Ratios against PyTorch, one thread, side by side."
    stored = Path(__file__).with_name("results.json")
    parser = argparse.ArgumentParser(prog="python -m bench", description=description)
    parser.add_argument("--rounds", type=int, default=31, help="timings of each pair (at least 15)")
    parser.add_argument("--out", type=Path, default=stored, help="where the JSON goes")
    options = parser.parse_args()
    if options.rounds < 15:
        parser.error(f"--rounds {options.rounds}: expected at least 15")
    return report((row for module in MODULES for row in module.rows(options.rounds)), options.out)


def report(rows: Iterable[Row], path: Path) -> int:
    """Print the rows as they come, store them; 1 where a target is missed."""
    print(f"{'':36}{'ours':>9}{'theirs':>9}       ratio  target")
    stored = []
    for row in rows:
        verdict = "" if row.met else "   missed"
        times = f"{row.ours:9.2f}{row.theirs:9.2f} {row.unit:4}"
        print(f"{row.name:36}{times}{row.ratio:7.2f} {row.target:7.2f}{verdict}", flush=True)
        stored.append(row.as_dict())
    described = json.dumps({"machine": machine(), "rows": stored}, indent=2)
    path.write_text(described + "\n", encoding="utf-8")
    return 0 if all(row["met"] for row in stored) else 1


def machine() -> dict:
    """Where and with what it was measured."""
    import torch

    lines = _lines("/proc/cpuinfo")
    models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.processor(),
        "system": platform.platform(),
        "threads": THREADS,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
    }


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


if __name__ == "__main__":
    raise SystemExit(main())
