"""Check that notebooks are as the book needs them: executed in order, every figure described.

Runs on the standard library alone: ``python tools/check_notebooks.py chapters/*/*.ipynb``.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

# Characters: below this, alt text cannot say what a figure shows.
SHORTEST_ALT = 40
# Of a figure's PNG, which a notebook holds in base 64: four characters for three bytes.
LARGEST_PNG = 60_000


def faults(path: Path) -> Iterator[str]:
    """Everything about a notebook that must not be committed, in words."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    expected = 1
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] != "code":
            continue
        where = f"{path}: cell {number}"
        if not "".join(cell["source"]).strip():
            yield f"{where} is empty"
        if cell["execution_count"] != expected:
            count = cell["execution_count"]
            yield f"{where} has execution count {count}, expected {expected}: run all of it anew"
        expected += 1
        for output in cell["outputs"]:
            if output["output_type"] == "error":
                yield f"{where} ends in {output['ename']}"
            if output.get("name") == "stderr":
                yield f"{where} writes to stderr: {''.join(output['text'])[:80]!r}"
            if "image/svg+xml" in output.get("data", {}):
                yield f"{where} has an SVG output"
            if "image/png" in output.get("data", {}):
                mystnb = cell["metadata"].get("mystnb", {})
                if len(mystnb.get("image", {}).get("alt", "")) < SHORTEST_ALT:
                    yield f"{where} has a figure without alt text (metadata mystnb.image.alt)"
                if not mystnb.get("figure", {}).get("caption"):
                    yield f"{where} has a figure without a caption (metadata mystnb.figure.caption)"
                if len(output["data"]["image/png"]) > LARGEST_PNG * 4 / 3:
                    yield f"{where} has a figure above 60 KB"
    if expected == 1:
        yield f"{path}: no code cell"
    if notebook["metadata"].get("kernelspec", {}).get("name") != "python3":
        yield f"{path}: the kernel is not python3"


def main(paths: list[str]) -> int:
    """Print the faults of the notebooks; 1 if there are any."""
    messages = [fault for path in paths for fault in faults(Path(path))]
    print(*messages, sep="\n", end="\n" if messages else "")
    return int(bool(messages))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
