"""``make portable`` sees a cell that prints what depends on the processor."""

import json
import os
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from tools import portable

# Sixteen normed layers and a large rate: rounding grows severalfold at each step.
TRAINING = """
import torch
from torch import nn

torch.manual_seed(0)
x, y = torch.randn(32, 64), torch.randint(10, (32,))
hidden = [layer for _ in range(16) for layer in (nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU())]
network = nn.Sequential(*hidden, nn.Linear(64, 10))
optimiser, losses = torch.optim.SGD(network.parameters(), lr=1, momentum=0.9), []
for _ in range(10):
    loss = nn.functional.cross_entropy(network(x), y)
    losses.append(loss.item())
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
print(f"loss before the first step {losses[0]:.2f}")
"""
LAST = 'print(f"loss before the tenth {losses[9]:.2f}")'

COMPUTED = """
import json, torch
from torch.nn import functional as F
from dropnorm import scratch

def digest(values):
    return values.view(torch.int64 if values.dtype == torch.float64 else torch.int32).sum().item()

torch.manual_seed(0)
x, found = torch.randn(50, 4, 8, 8), {}
for name, operation in {
    "linear": lambda x, w: F.linear(x.flatten(1), w.flatten(1)),
    "convolution": lambda x, w: F.conv2d(x, w),
    "normalisation": lambda x, w: F.batch_norm(x, None, None, training=True) + 0 * w.sum(),
    "reduction": lambda x, w: (x * w).mean((0, 2)),
}.items():
    leaf, weight = x.clone().requires_grad_(), x[:1].clone().requires_grad_()
    y = operation(leaf, weight)
    y.backward(torch.linspace(-1, 1, y.numel()).reshape(y.shape).sin())
    found |= {name: digest(y.detach()), f"{name}, backward": digest(leaf.grad + weight.grad)}
ours = scratch.Linear(256, 7, rng=0)(x.numpy().reshape(50, 256))
found["our layer"] = digest(torch.tensor(ours))
rows = x.flatten(1)
product = rows @ rows.T
print(json.dumps([found, {
    "repeats itself": torch.equal(product, rows @ rows.T),
    "symmetric": torch.equal(product, -(rows @ -rows.T)),
    "leaves exact results": torch.ones(30, 40).sum(1).tolist() == [40] * 30,
    "small": torch.allclose(product, (rows.double() @ rows.double().T).float(), 1e-6, 1e-4),
}]))
"""


def _computed(environment):
    variables = {**os.environ, **portable.threads(1), **environment}
    command = [sys.executable, "-c", COMPUTED]
    done = subprocess.run(command, env=variables, check=True, capture_output=True, encoding="utf-8")
    return json.loads(done.stdout)


def test_a_disturbed_process_is_like_one_other_machine():
    (as_is, _), (disturbed, facts) = _computed({}), _computed(portable.disturbed(1))
    assert all(facts.values()), facts
    assert [name for name in as_is if disturbed[name] == as_is[name]] == []


def test_a_cell_that_prints_what_it_has_trained_turns_it_red(tmp_path):
    cells = [nbformat.v4.new_code_cell(source) for source in (TRAINING, LAST, LAST)]
    cells[2].metadata.tags = ["nbval-ignore-output"]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3").execute()
    nbformat.write(notebook, tmp_path / "planted.ipynb")
    outcome = portable.run(portable.disturbed(1), [tmp_path / "planted.ipynb"], workers=0)
    assert (outcome.cells, outcome.tests) == (3, 0)
    assert [place.split()[-2:] for place in outcome.failures] == [["Cell", "1"]]


@pytest.mark.parametrize("variant", ["sparc", "disturbed-1+sparc"])
def test_an_unknown_variant_is_named(capsys, variant):
    with pytest.raises(SystemExit):
        portable.main([variant])
    assert "VARIANT is sparc; there are disturbed-1" in capsys.readouterr().err


def test_every_variant_is_tried_where_none_is_named():
    assert sorted("+".join(portable.TOGETHER).split("+")) == sorted(portable.VARIANTS)
    both = portable.variables("disturbed-2+two-threads")
    assert both == portable.disturbed(2) | portable.threads(2)


def test_every_folder_of_tests_is_one_of_pages_or_is_tried():
    folders = {path.name for path in (portable.ROOT / "tests").iterdir() if path.is_dir()}
    pages = {"book", "coursebook", "engines", "explorer", "sealedbook"}
    assert folders - pages - {"__pycache__"} == set(portable.ROOMS)
