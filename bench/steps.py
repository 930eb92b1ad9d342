"""``python -m bench.steps [--rounds 31]``: the steps of chapter 07 towards a fast convolution.

They are timed against PyTorch. The chapter holds the code: its cells tagged ``benchmarked`` are run
here as they stand. The chapter shows the JSON.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import numpy as np

from bench.__main__ import machine
from bench.networks import our_step, their_step
from bench.rows import side_by_side
from dropnorm import scratch as nn

CHAPTER = Path(__file__).parents[1] / "chapters" / "scratch" / "07-a-cnn-in-numpy.ipynb"
SHAPE, OUT_CHANNELS = (64, 16, 28, 28), 32
BLOCKS = (1, 2, 4, 8, 16, 32, 64)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.steps", description=__doc__)
    parser.add_argument("--rounds", type=int, default=31, help="how often each pair is timed")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "steps.json", help="where the JSON goes"
    )
    options = parser.parse_args()
    rows = {}
    for name, ours, theirs in pairs(chapter_code(CHAPTER)):
        row = side_by_side(name, ours, theirs, float("inf"), options.rounds)
        rows[name] = {
            "ours": row.ours,
            "theirs": row.theirs,
            "ratio": row.ratio,
            "rounds": row.rounds,
        }
        print(f"{name:24}{row.ours:9.2f}{row.theirs:9.2f} ms{row.ratio:9.2f}", flush=True)
    content = {
        "machine": machine() | {"cache": caches()},
        "shape": SHAPE,
        "out_channels": OUT_CHANNELS,
        "rows": rows,
    }
    options.out.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def chapter_code(path: Path) -> dict[str, Callable]:
    """What the chapter's cells tagged ``benchmarked`` define."""
    names: dict = {"np": np}
    for cell in nbformat.read(path, as_version=4).cells:
        if "benchmarked" in cell.metadata.get("tags", []):
            exec(cell.source, names)
    return names


def pairs(code: dict[str, Callable]) -> Iterator[tuple[str, Callable, Callable]]:
    """Name, our function and PyTorch's for the same work."""
    import torch

    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    x = rng.standard_normal(SHAPE, dtype=np.float32)
    dy = rng.standard_normal((SHAPE[0], OUT_CHANNELS, *SHAPE[2:]), dtype=np.float32)
    package = nn.Conv2d(SHAPE[1], OUT_CHANNELS, 3, padding=1, bias=False)
    weight = package.params["weight"]
    xt, dyt, wt = (
        torch.tensor(x, requires_grad=True),
        torch.tensor(dy),
        torch.tensor(weight, requires_grad=True),
    )

    def theirs() -> None:
        torch.autograd.grad(torch.conv2d(xt, wt, padding=1), [xt, wt], dyt)

    def ours(size: int, reuse: bool) -> Callable[[], None]:
        def run() -> None:
            space = code["room"](x[:size]) if reuse else None
            code["convolve"](x, weight, size, space)
            code["convolve_backward"](x, weight, dy, size, space)

        return run

    def whole_package() -> None:
        package.forward(x)
        package.backward(dy)

    with torch.no_grad():
        yield (
            "loops",
            lambda: code["loops"](x[:1], weight),
            lambda: torch.conv2d(xt[:1], wt, padding=1),
        )
    for reuse in (False, True):
        for size in BLOCKS:
            yield f"{'reused' if reuse else 'fresh'} {size}", ours(size, reuse), theirs
    yield "package", whole_package, theirs

    gamma, beta = rng.standard_normal((2, SHAPE[1]), dtype=np.float32)
    gt, bt = torch.tensor(gamma), torch.tensor(beta)
    plain = xt.detach()
    for name in ("norm_formula", "norm_in_place"):
        yield (
            name,
            lambda f=code[name]: f(x, gamma, beta),
            lambda: torch.batch_norm(plain, gt, bt, None, None, True, 0.1, 1e-5, False),
        )
    yield "training step", our_step(), their_step()


def caches() -> dict[str, str]:
    """Sizes of the caches of one core, where Linux gives them."""
    sizes = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = (
            (folder / name).read_text(encoding="utf-8").strip()
            for name in ("level", "type", "size")
        )
        sizes[f"L{level} {kind.lower()}"] = size
    return sizes


if __name__ == "__main__":
    main()
