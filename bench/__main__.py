"""``python -m bench [--rounds 31] [--out bench/results.json]``: the table on screen, and as JSON."""

import argparse
import json
import platform
from pathlib import Path

import numpy as np

from bench import THREADS, folding, scratch, trials

MODULES = [scratch, folding, trials]  # each has rows(rounds), which yields bench.rows.Row


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Ratios against PyTorch, one thread, side by side."
    )
    parser.add_argument(
        "--rounds", type=int, default=31, help="how often each pair is timed (at least 15)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(__file__).parent / "results.json",
        help="where the JSON goes",
    )
    options = parser.parse_args()
    if options.rounds < 15:
        parser.error(f"--rounds {options.rounds}: expected at least 15")
    print(f"{'':36}{'ours':>9}{'theirs':>9}       ratio  target")
    rows = []
    for module in MODULES:
        for row in module.rows(options.rounds):
            verdict = "" if row.met else "   missed"
            print(
                f"{row.name:36}{row.ours:9.2f}{row.theirs:9.2f} {row.unit:4}{row.ratio:7.2f} {row.target:7.2f}{verdict}",
                flush=True,
            )
            rows.append(row.as_dict())
    options.out.write_text(
        json.dumps({"machine": machine(), "rows": rows}, indent=2) + "\n", encoding="utf-8"
    )
    return 0 if all(row["met"] for row in rows) else 1


def machine() -> dict:
    """Where and with what it was measured."""
    import torch

    cpu = next(
        (
            line.split(":")[1].strip()
            for line in _lines("/proc/cpuinfo")
            if line.startswith("model name")
        ),
        "",
    )
    return {
        "cpu": cpu or platform.processor(),
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
