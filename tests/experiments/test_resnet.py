"""Residual networks: shapes, the identity they start from, and an independent one beside them."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from dropnorm.experiments.model import build_model
from dropnorm.experiments.residual import ResidualBlock
from dropnorm.experiments.training import run_trial
from dropnorm.experiments.trial import Trial

SMALL = {"model": "resnet", "width": 8}


@pytest.mark.parametrize("depth", [8, 14, 20])
def test_a_network_of_6n_plus_2_layers_has_that_many_layers_with_weights(depth):
    layers = build_model(Trial(**SMALL, depth=depth, norm="batch")).modules()
    assert sum(isinstance(layer, (nn.Conv2d, nn.Linear)) for layer in layers) == depth


@pytest.mark.parametrize("norm", ["none", "batch", "group"])
def test_shapes_from_image_to_logits(norm):
    model = build_model(Trial(**SMALL, depth=8, norm=norm, data="cifar10"))
    x, shapes = torch.randn(4, 3, 32, 32), []
    for name, layer in model.named_children():
        x = layer(x)
        shapes += [tuple(x.shape[1:])] if name.startswith("block") else []
    assert shapes == [(8, 32, 32), (16, 16, 16), (32, 8, 8)] and x.shape == (4, 10)


def by_hand(model: nn.Sequential, x: torch.Tensor, blocks: int) -> torch.Tensor:
    """The network written out with functions, from the model's state alone; evaluation mode."""
    s = model.state_dict()

    def conv(x, name, stride=1):
        return functional.conv2d(
            x, s[f"{name}.weight"], s.get(f"{name}.bias"), stride=stride, padding=1
        )

    def norm(x, name):
        if f"{name}.running_mean" in s:
            mean, var = (
                s[f"{name}.running_mean"][:, None, None],
                s[f"{name}.running_var"][:, None, None],
            )
            return (x - mean) / (var + 1e-5).sqrt() * s[f"{name}.weight"][:, None, None] + s[
                f"{name}.bias"
            ][:, None, None]
        if f"{name}.weight" in s:
            parts = x.view(len(x), 4, -1)
            parts = (parts - parts.mean(2, keepdim=True)) / (
                parts.var(2, correction=0, keepdim=True) + 1e-5
            ).sqrt()
            return (
                parts.view(x.shape) * s[f"{name}.weight"][:, None, None]
                + s[f"{name}.bias"][:, None, None]
            )
        return x

    x = norm(conv(x, "conv1"), "norm1").clamp_min(0)
    for stage in (1, 2, 3):
        for block in range(1, blocks + 1):
            name, stride = f"block{stage}_{block}", 2 if stage > 1 and block == 1 else 1
            branch = norm(conv(x, f"{name}.conv1", stride), f"{name}.norm1").clamp_min(0)
            branch = norm(conv(branch, f"{name}.conv2"), f"{name}.norm2") * s.get(
                f"{name}.scale", 1.0
            )
            shortcut = torch.zeros_like(branch)
            shortcut[:, : x.shape[1]] = x[:, :, ::stride, ::stride]
            x = (shortcut + branch).clamp_min(0)
    return x.mean((2, 3)) @ s["logits.weight"].T + s["logits.bias"]


@pytest.mark.parametrize("norm", ["none", "batch", "group"])
@pytest.mark.parametrize("depth", [8, 14])
def test_the_network_is_the_one_that_the_paper_describes(norm, depth):
    model = build_model(Trial(**SMALL, depth=depth, norm=norm, data="cifar10")).double()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.2)  # otherwise every branch without a norm would be 0
    x = torch.randn(6, 3, 32, 32, dtype=torch.float64)
    model(x)  # the running statistics are those of a batch
    model.eval()
    torch.testing.assert_close(model(x), by_hand(model, x, (depth - 2) // 6))


def test_without_a_norm_every_block_starts_as_its_shortcut_and_depth_leaves_the_scale_alone():
    block = ResidualBlock(8, 8, 1, "none", 0.0)
    x = torch.rand(2, 8, 6, 6)
    assert torch.equal(block(x), x)
    deep, shallow = (build_model(Trial(**SMALL, depth=depth)) for depth in (20, 8))
    images = torch.randn(16, 1, 28, 28)
    torch.testing.assert_close(deep(images).std(), shallow(images).std(), rtol=0.3, atol=0.0)


def test_dropout_stands_between_the_convolutions_and_before_the_last_layer():
    model = build_model(Trial(**SMALL, depth=8, norm="batch", dropout=0.3, dropout_at="both"))
    found = [name for name, layer in model.named_modules() if isinstance(layer, nn.Dropout)]
    assert found == ["block1_1.drop", "block2_1.drop", "block3_1.drop", "drop"]
    inside = build_model(Trial(**SMALL, depth=8, norm="batch", dropout=0.3, dropout_at="conv"))
    assert [n for n, layer in inside.named_modules() if isinstance(layer, nn.Dropout)] == found[:3]


@pytest.mark.parametrize("norm", ["none", "batch", "group"])
def test_every_parameter_of_a_residual_network_learns(norm):
    trial = Trial(
        **SMALL,
        depth=8,
        norm=norm,
        n_train=60,
        n_validation=60,
        n_test=60,
        batch_size=20,
        steps=3,
        lr=0.1,
    )
    record = run_trial(trial)
    assert not record.diverged and record.same_figures(run_trial(trial))
    model = build_model(trial)
    for _ in range(
        2
    ):  # at the first step a branch that starts at 0 gives its convolutions no gradient
        model.zero_grad()
        model(torch.randn(8, 1, 28, 28)).square().sum().backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter -= 0.01 * parameter.grad.clamp(-1, 1)
    assert all(parameter.grad.abs().max() > 0 for parameter in model.parameters())
