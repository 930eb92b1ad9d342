"""What is timed side by side is the same work."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from bench import kernels, networks, scratch
from dropnorm import scratch as nn

ROOT = Path(__file__).parents[2]


def difference(ours, theirs, x):
    """Largest difference of the outputs, once ours has their state."""
    ours.load_state_dict({name: t.numpy() for name, t in theirs.state_dict().items()})
    their_y = theirs.eval()(torch.from_numpy(x)).detach().numpy()
    return np.abs(ours.eval()(x) - their_y).max()


@pytest.mark.parametrize("network", scratch.STEPS)
def test_the_two_networks_of_a_row_are_one(network):
    make = getattr(networks, network)
    assert difference(make(nn), make(torch.nn), networks.batch_of(4)[0]) < 1e-5


def test_resnet8_has_eight_layers_with_weights_on_its_longest_way():
    network = networks.resnet8(torch.nn)
    kinds = torch.nn.Conv2d | torch.nn.Linear
    names = [name for name, layer in network.named_modules() if isinstance(layer, kinds)]
    assert len([name for name in names if "shortcut" not in name]) == 8
    assert len([name for name in names if "shortcut" in name]) == 2


@pytest.mark.parametrize("shape", scratch.SHAPES)
def test_the_two_layers_of_a_row_are_one(shape):
    pairs = scratch.convolutions(shape) + scratch.others(shape)
    assert len(pairs) >= 6
    x = np.random.default_rng(0).standard_normal((2, *shape[1:]), dtype=np.float32)
    for name, target, ours, theirs in pairs:
        assert difference(ours, theirs, x) < 1e-5, name
        assert 0 < target <= 1.5


@pytest.mark.parametrize("step", ["our_step", "their_step"])
@pytest.mark.parametrize("network", scratch.STEPS)
def test_a_step_changes_the_network_that_is_timed(step, network, monkeypatch):
    made = []

    def remembered(kit):
        made.append(getattr(networks, network)(kit))
        return made[-1]

    run = getattr(networks, step)(remembered, 4)
    (model,) = made
    before = {
        name: torch.as_tensor(value).numpy().copy() for name, value in model.state_dict().items()
    }
    run()
    after = model.state_dict()
    assert all((torch.as_tensor(after[name]).numpy() != before[name]).any() for name in before)


@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="other names")
def test_a_process_gets_the_kernels_that_a_row_is_named_after():
    code = "from bench.kernels import kernel_in_use; print(kernel_in_use())"
    assert {"Nehalem", "Haswell", "SkylakeX"} == {*kernels.KERNELS}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **kernels.KERNELS["Nehalem"]},  # every processor has its instructions
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.strip() == "Nehalem"


def test_rows_are_named_after_their_kernels_and_the_wrong_ones_are_refused(monkeypatch):
    row = {"name": "Conv2d", "unit": "ms", "ours": 1.0, "theirs": 2.0, "ratio": 0.5}
    row |= {"target": 1.0, "rounds": 15}

    class Done:
        returncode, stderr = 0, ""
        stdout = json.dumps({"kernel": "Nehalem", "rows": [row]})

    monkeypatch.setattr(kernels.subprocess, "run", lambda *_, **__: Done)
    assert [found.name for found in kernels.rows_of("Nehalem", 15)] == ["Conv2d, Nehalem"]
    monkeypatch.setattr(kernels, "kernel_in_use", lambda: "Zen")
    with pytest.raises(RuntimeError, match="asked for Haswell kernels, got Nehalem"):
        kernels.rows_of("Haswell", 15)
    monkeypatch.setattr(kernels, "kernel_in_use", lambda: "Nehalem")
    assert kernels.rows_of("Haswell", 15) == []  # OpenBLAS keeps its own where it has to
    Done.returncode = -4
    assert kernels.rows_of("Nehalem", 15) == []
    Done.returncode, Done.stderr = 1, "no such module"
    with pytest.raises(RuntimeError, match="Nehalem kernels: no such module"):
        kernels.rows_of("Nehalem", 15)
