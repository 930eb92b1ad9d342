"""``python -m bench.runtimes``: how long each notebook of the book runs, from a fresh kernel to its last cell.

One notebook after the other, in memory: no notebook is changed. If a cell fails, so does the command, and what was stored
stays. The page "How this book is tested" shows the JSON.
"""

import argparse
import json
import os
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from bench.__main__ import machine

ROOT = Path(__file__).parents[1]
RUNTIMES = ROOT / "chapters" / "reference" / "runtimes.json"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.runtimes", description=__doc__)
    parser.add_argument("--out", type=Path, default=RUNTIMES, help="where the JSON goes")
    options = parser.parse_args()
    seconds = {}
    for path in sorted(ROOT.glob("chapters/*/*.ipynb"), key=lambda path: path.name):
        name = path.relative_to(ROOT).with_suffix("").as_posix()
        seconds[name] = round(seconds_of(path), 1)
        print(f"{name:56}{seconds[name]:7.1f} s", flush=True)
    described = {"machine": machine() | {"cores": os.cpu_count()}, "seconds": seconds}
    options.out.write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")


def seconds_of(path: Path) -> float:
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )
    start = time.perf_counter()
    client.execute()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
