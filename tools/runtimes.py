"""How long each notebook of the book runs: ``python -m tools.runtimes``.

One notebook after the other, from a fresh kernel to its last cell, in memory: no notebook is
changed. If a cell fails, so does the command, and the table stays as it was. The page "How this
book is tested" includes the table. It also counts the code cells of each notebook, and those whose
output is compared: ``--count`` renews these numbers and measures nothing.
"""

import argparse
import json
import os
import re
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from bench.__main__ import machine

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "chapters" / "reference" / "runtimes.md"

# the tag of a cell that is run but not compared
NOT_COMPARED = "nbval-ignore-output"

HEAD = """| notebook | seconds | cells | compared |
|:--|--:|--:|--:|
"""
ROW = re.compile(r"^\| \[\]\((?P<link>[^)]+)\) \| (?P<seconds>\S+) \|", re.MULTILINE)
NOT_MEASURED = "–"


def notebooks() -> dict[str, Path]:
    """The notebooks of the book, by the link that leads to them from the table, in its order."""
    paths = sorted(ROOT.glob("chapters/*/*.ipynb"), key=lambda path: path.name)
    return {f"../{path.parent.name}/{path.name}": path for path in paths}


def measure(path: Path) -> float:
    """The seconds that a notebook takes."""
    client = NotebookClient(
        nbformat.read(path, as_version=4),
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )
    start = time.perf_counter()
    client.execute()
    return time.perf_counter() - start


def count_cells(path: Path) -> tuple[int, int]:
    """How many code cells a notebook has, and how many have an output that is compared."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    with_output = [cell for cell in code if cell["outputs"]]
    tags = [cell["metadata"].get("tags", []) for cell in with_output]
    return len(code), sum(NOT_COMPARED not in tag for tag in tags)


def read(table: str) -> dict[str, str]:
    """The seconds in a table, by the link of the notebook."""
    return {row["link"]: row["seconds"] for row in ROW.finditer(table)}


def write(seconds: dict[str, str], paths: dict[str, Path]) -> str:
    """The table, with a dash for a notebook that was not measured yet."""
    rows = []
    for link, path in paths.items():
        cells, compared = count_cells(path)
        rows.append(f"| []({link}) | {seconds.get(link, NOT_MEASURED)} | {cells} | {compared} |\n")
    return HEAD + "".join(rows)


def describe(seconds: dict[str, str]) -> str:
    """How long all take together, and on what."""
    minutes = sum(map(float, seconds.values())) / 60
    computer = machine()
    return (
        f"All of them together: {minutes:.1f} minutes, one after the other, on {computer['cpu']}, "
        f"{os.cpu_count()} cores, {computer['system']}, Python {computer['python']}."
    )


def main() -> None:
    """Measure all notebooks, or count their cells anew."""
    parser = argparse.ArgumentParser(prog="python -m tools.runtimes", description=__doc__)
    parser.add_argument("--count", action="store_true", help="count cells, and measure nothing")
    if parser.parse_args().count:
        _, _, description = TABLE.read_text(encoding="utf-8").strip().rpartition("\n")
        seconds = read(TABLE.read_text(encoding="utf-8"))
    else:
        seconds = {}
        for link, path in notebooks().items():
            seconds[link] = f"{measure(path):.1f}"
            print(f"{link:60}{seconds[link]:>7} s", flush=True)
        description = describe(seconds)
    TABLE.write_text(f"{write(seconds, notebooks())}\n{description}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
