"""Batch norm in two processes against batch norm of the whole batch in one."""

import pytest
import torch
import torch.distributed as dist
from torch import nn

from dropnorm.experiments.sync_batch_norm import (
    LAYERS,
    SyncBatchNorm,
    Synchronised,
    across_processes,
    training_step,
)

SHARES = [5, 2]  # unequal, so that a mean of means would be wrong


@pytest.fixture(scope="module")
def batch():
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(sum(SHARES), 3, 4, 5, generator=rng, dtype=torch.float64)
    x[: SHARES[0]] += 2  # the devices' data differ, as they do when files are sorted
    return x * torch.tensor([1.0, 3.0, 0.1])[:, None, None], torch.randn(
        x.shape, generator=rng, dtype=torch.float64
    )


@pytest.fixture(scope="module")
def results(batch):
    return across_processes(list(zip(*(part.split(SHARES) for part in batch), strict=True)))


@pytest.fixture(scope="module")
def big(batch):
    return training_step(nn.BatchNorm2d(3, dtype=torch.float64), *batch)


def gap(parts, big, name):
    """Largest difference to one big batch.

    Outputs side by side, parameter gradients added up, statistics as they are.
    """
    values = [part[name] for part in parts]
    if name in ("y", "dx"):
        return (torch.cat(values) - big[name]).abs().max()
    if name in ("dweight", "dbias"):
        return (sum(values) - big[name]).abs().max()
    return max((value - big[name]).abs().max() for value in values)


@pytest.mark.parametrize("name", ["y", "dx", "dweight", "dbias", "running_mean", "running_var"])
def test_the_synchronised_batch_is_the_big_batch(results, big, name):
    assert gap(results["synchronised"], big, name) < 1e-12


@pytest.mark.parametrize("name", ["y", "dx", "dweight", "running_mean", "running_var"])
def test_statistics_per_device_are_not_those_of_the_big_batch(results, big, name):
    assert gap(results["per device"], big, name) > 1e-3


def test_all_processes_have_the_same_synchronised_statistics_and_their_own_otherwise(results):
    first, second = results["synchronised"]
    assert torch.equal(first["running_mean"], second["running_mean"])
    first, second = results["per device"]
    assert (first["running_mean"] - second["running_mean"]).abs().min() > 1e-3


@pytest.fixture
def alone(tmp_path):
    """This process as a group of one."""
    dist.init_process_group(
        "gloo", store=dist.FileStore(str(tmp_path / "store"), 1), rank=0, world_size=1
    )
    yield
    dist.destroy_process_group()


def test_the_backward_pass_agrees_with_finite_differences(alone, batch):
    weight, bias = (
        torch.tensor([0.5, -2, 1], dtype=torch.float64),
        torch.ones(3, dtype=torch.float64),
    )
    inputs = [value.clone().requires_grad_() for value in (batch[0][:3, :, :2, :2], weight, bias)]
    assert torch.autograd.gradcheck(lambda *args: Synchronised.apply(*args, 1e-5)[0], inputs)


def test_a_group_of_one_is_pytorchs_batch_norm_in_both_modes(alone, batch):
    ours, theirs = (layer(3, dtype=torch.float64) for layer in (SyncBatchNorm, nn.BatchNorm2d))
    trained, expected = training_step(ours, *batch), training_step(theirs, *batch)
    assert all(
        torch.allclose(trained[name], expected[name], rtol=0, atol=1e-12) for name in expected
    )
    assert torch.allclose(ours.eval()(batch[0]), theirs.eval()(batch[0]), rtol=0, atol=1e-12)


def test_the_two_ways_are_compared_by_their_names():
    assert list(LAYERS) == ["per device", "synchronised"]
