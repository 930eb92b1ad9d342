"""Recalibration of running statistics, and freezing."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_networks import images, modes, network, same, state
from torch import nn

from dropnorm.experiments.finetuning import freeze, recalibrate, train_except

torch.set_num_threads(1)


@settings(max_examples=10, deadline=None)
@given(st.integers(2, 12), st.integers(0, 100))
def test_recalibrated_on_one_batch_evaluation_equals_training_on_it(n, seed):
    model, x = network(dropout=0.0), images(n, seed) * 3 + 1
    recalibrate(model, [x])
    with torch.no_grad():
        evaluated, trained = model.eval().conv1(x), model.train().conv1(x)
        evaluated, trained = model.eval().norm1(evaluated), model.train().norm1(trained)
    assert torch.allclose(evaluated, trained, atol=1e-2)  # running variances are the unbiased ones


def test_recalibration_takes_the_plain_average_and_forgets_what_was():
    model = network()
    model.norm1.running_mean.fill_(1e6)
    parts = [images(8, seed) + seed for seed in range(3)]
    recalibrate(model, parts)
    with torch.no_grad():
        expected = torch.stack([model.conv1(part).mean((0, 2, 3)) for part in parts]).mean(0)
    assert torch.allclose(model.norm1.running_mean, expected, atol=1e-5)


def test_recalibration_changes_no_weight_no_mode_and_no_momentum_and_uses_no_dropout():
    model = network(dropout=0.5, dropout_at="conv")
    model.norm3.eval()
    before, before_modes = dict(model.named_parameters()), modes(model)
    weights = {name: value.detach().clone() for name, value in before.items()}
    recalibrate(model, [images(8)])
    once = state(model)
    recalibrate(model, [images(8)])
    assert same(once, state(model)), "with dropout on, two recalibrations would differ"
    assert (
        same(weights, dict(model.named_parameters()))
        and modes(model) == before_modes
        and model.norm1.momentum == 0.1
    )


def test_pytorchs_own_recalibration_takes_dropout_into_the_statistics():
    ours, theirs = network(dropout_at="both"), network(dropout_at="both")
    recalibrate(ours, [images(8)])
    torch.optim.swa_utils.update_bn([images(8)], theirs)
    assert torch.equal(ours.norm1.running_mean, theirs.norm1.running_mean)
    assert not torch.equal(ours.norm2.running_mean, theirs.norm2.running_mean)


@pytest.mark.parametrize(
    ("changes", "batches", "named"),
    [({"norm": "none"}, [images(2)], "batch norm"), ({}, [], "none")],
)
def test_recalibration_refuses_nothing_to_do(changes, batches, named):
    with pytest.raises(ValueError, match=named):
        recalibrate(network(**changes), batches)


def step(model: nn.Module) -> None:
    wanted = [p for p in model.parameters() if p.requires_grad]
    loss = nn.functional.cross_entropy(model(images(16) + 2), torch.arange(16) % 10)
    for parameter, gradient in zip(wanted, torch.autograd.grad(loss, wanted), strict=True):
        parameter.data -= 0.1 * gradient


def test_frozen_parts_keep_every_number_and_give_the_same_output_twice():
    model = network()
    body = model[:-1]
    freeze(body)
    before, last = state(body), model.logits.weight.detach().clone()
    for _ in range(3):
        train_except(model, [body])
        step(model)
    assert same(before, state(body)) and not torch.equal(last, model.logits.weight)
    assert (
        model.training and model.logits.training and torch.equal(body(images(4)), body(images(4)))
    )


def test_requires_grad_false_alone_does_not_stop_the_running_statistics():
    model = network()
    body = model[:-1].requires_grad_(False)
    before = state(body)
    model.train()
    step(model)
    after = state(body)
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved == {
        f"norm{i}.{name}"
        for i in (1, 2, 3)
        for name in ("running_mean", "running_var", "num_batches_tracked")
    }
