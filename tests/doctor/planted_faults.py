"""Faults to plant in any of the architectures, each filed under the check that must name it."""

import random
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

FAULTS: dict[str, tuple[str, Callable[[nn.Module], nn.Module]]] = {}


def fault(check: str) -> Callable:
    """File a change of a model under its name."""

    def file(change: Callable) -> Callable:
        FAULTS[change.__name__.replace("_", " ")] = check, change
        return change

    return file


def replace(model: nn.Module, kind: type, make: Callable[[nn.Module], nn.Module]) -> nn.Module:
    """Put what ``make`` makes of the last layer of a kind (for norms: the first) in its place."""
    found = [name for name, layer in model.named_modules() if isinstance(layer, kind)]
    parent, _, name = found[0 if kind is nn.BatchNorm2d else -1].rpartition(".")
    holder = model.get_submodule(parent)
    setattr(holder, name, make(getattr(holder, name)))
    return model


class Call(nn.Module):
    """A layer that calls a function with itself and the input."""

    def __init__(self, function: Callable, **held):
        super().__init__()
        self.function = function
        for name, value in held.items():
            buffer = isinstance(value, torch.Tensor)
            self.register_buffer(name, value) if buffer else setattr(self, name, value)

    def forward(self, x):
        return self.function(self, x)


def instead(kind: type, function: Callable, **held) -> Callable[[nn.Module], nn.Module]:
    return lambda model: replace(model, kind, lambda layer: Call(function, **held))


def around(function: Callable) -> Callable[[nn.Module], nn.Module]:
    """A function around the first batch norm."""
    return lambda model: replace(model, nn.BatchNorm2d, lambda norm: Call(function, norm=norm))


def normalised(x, mean, variance):
    return (x - mean[:, None, None]) / (variance[:, None, None] + 1e-5).sqrt()


def moments(x):
    return x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)


def set_norms(model: nn.Module, **values) -> nn.Module:
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for name, value in values.items():
                setattr(layer, name, value)
    return model


def trained(model: nn.Module, batches: int = 1000) -> nn.Module:
    """Statistics as after training."""
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.running_mean, std=0.1)
            nn.init.uniform_(layer.running_var, 0.5, 1)
            layer.num_batches_tracked.fill_(batches)
    return model


def norm_of(model: nn.Module) -> nn.BatchNorm2d:
    return next(layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d))


# Dropout


@fault("dropout-in-eval")
def functional_dropout_always_on(model):
    return instead(nn.Dropout, lambda self, x: F.dropout(x, 0.3))(model)


@fault("dropout-in-eval")
def dropout_made_in_forward(model):
    return instead(nn.Dropout, lambda self, x: nn.Dropout(0.3)(x))(model)


@fault("dropout-in-eval")
def dropout_in_a_plain_list(model):
    return instead(nn.Dropout, lambda self, x: self.layers[0](x), layers=[nn.Dropout(0.3)])(model)


class Deaf(nn.Dropout):
    def train(self, mode=True):
        return super().train(True)


@fault("dropout-in-eval")
def dropout_deaf_to_eval(model):
    return replace(model, nn.Dropout, lambda drop: Deaf(0.3))


@fault("dropout-in-eval")
def attention_dropout_always_on(model):
    def attend(self, x):
        tokens = x.flatten(1)[:, None, :, None]
        mixed = F.scaled_dot_product_attention(tokens, tokens, tokens, dropout_p=0.3)
        return mixed.reshape(x.shape)

    return instead(nn.Dropout, attend)(model)


@fault("eval-random")
def home_made_mask_always_on(model):
    return instead(nn.Dropout, lambda self, x: x * (torch.rand_like(x) > 0.3) / 0.7)(model)


@fault("eval-random")
def stochastic_depth_always_on(model):
    return instead(nn.Dropout, lambda self, x: x * (random.random() < 0.5))(model)


@fault("eval-random")
def traced_in_training_mode(model):
    images = torch.randn(8, 3, 12, 12, generator=torch.Generator().manual_seed(1))
    return torch.jit.trace(model.train(), images, check_trace=False, strict=False)


@fault("dropout-drops-all")
def keep_probability_of_one_as_p(model):
    return replace(model, nn.Dropout, lambda drop: nn.Dropout(1.0))


@fault("dropout-p-high")
def keep_probability_as_p(model):
    return replace(model, nn.Dropout, lambda drop: nn.Dropout(0.9))


def on_flat(drop: nn.Module) -> Callable[[nn.Module], nn.Module]:
    def flattened(self, x):
        return self.drop(x.flatten(1)).reshape(x.shape)

    return instead(nn.Dropout, flattened, drop=drop)


@fault("dropout-nd-on-flat")
def channel_dropout_on_flat_input(model):
    return on_flat(nn.Dropout2d(0.3))(model)


@fault("dropout-drops-examples")
def one_dimensional_dropout_on_flat_input(model):
    return on_flat(nn.Dropout1d(0.3))(model)


@fault("dropout-on-output")
def dropout_on_the_output(model):
    name = "out" if hasattr(model, "out") else "head.out"
    parent, _, last = name.rpartition(".")
    holder = model.get_submodule(parent)
    setattr(holder, last, nn.Sequential(getattr(holder, last), nn.Dropout(0.3)))
    return model


@fault("result-unused")
def dropout_beside_the_path(model):
    def beside(self, x):
        F.dropout(x, 0.3, self.training)
        return x

    return instead(nn.Dropout, beside)(model)


@fault("dropout-inplace")
def dropout_in_place_after_relu(model):
    def in_place(self, x):
        return F.dropout(F.relu(x), 0.3, self.training, inplace=True)

    return instead(nn.Dropout, in_place)(model)


# Batch norm


@fault("norm-not-registered")
def norm_in_a_plain_list(model):
    def make(norm):
        return Call(lambda self, x: self.norms[0](x), norms=[nn.BatchNorm2d(norm.num_features)])

    return replace(model, nn.BatchNorm2d, make)


@fault("norm-not-registered")
def norm_made_in_forward(model):
    return instead(nn.BatchNorm2d, lambda self, x: nn.BatchNorm2d(x.shape[1])(x))(model)


@fault("norm-batch-in-eval")
def functional_norm_always_training(model):
    def normalise(self, x):
        return F.batch_norm(x, self.norm.running_mean, self.norm.running_var, training=True)

    return around(normalise)(model)


class DeafNorm(nn.BatchNorm2d):
    def train(self, mode=True):
        return super().train(True)


@fault("norm-batch-in-eval")
def norm_deaf_to_eval(model):
    return replace(model, nn.BatchNorm2d, lambda norm: DeafNorm(norm.num_features))


@fault("norm-no-statistics")
def norm_without_statistics(model):
    def make(norm):
        return nn.BatchNorm2d(norm.num_features, track_running_stats=False)

    return replace(model, nn.BatchNorm2d, make)


@fault("momentum-zero")
def momentum_zero(model):
    return set_norms(model, momentum=0.0)


@fault("momentum-reversed")
def momentum_of_keras(model):
    return set_norms(model, momentum=0.99)


@fault("eps-large")
def channels_as_eps(model):
    def make(norm):
        return nn.BatchNorm2d(norm.num_features, norm.num_features)

    return replace(model, nn.BatchNorm2d, make)


@fault("norm-shared")
def one_norm_for_two_kinds_of_input(model):
    return around(lambda self, x: self.norm(x) + self.norm(5 * x + 2))(model)


@fault("norm-checkpointed")
def norm_in_a_checkpoint(model):
    return around(lambda self, x: checkpoint(self.norm, x, use_reentrant=False))(model)


@fault("norm-one-value")
def norm_of_one_value(model):
    def one_by_one(self, x):
        return x + torch.cat([self.norm(image.mean((1, 2), keepdim=True)[None]) for image in x])

    return around(one_by_one)(model)


@fault("result-unused")
def norm_beside_the_path(model):
    def beside(self, x):
        self.norm(x)
        return x

    return around(beside)(model)


@fault("frozen-norm-moves")
def frozen_stem_in_training_mode(model):
    layers, norm = list(model.modules()), norm_of(model)
    before = [layer for layer in layers[: layers.index(norm)] if hasattr(layer, "weight")]
    for layer in (before[-1], norm):
        layer.requires_grad_(False)
    return model


@fault("mode-mixed")
def one_norm_left_in_training_mode(model):
    norm_of(model.eval()).train()
    return model


# Statistics


@fault("stats-not-finite")
def poisoned_statistics(model):
    norm_of(trained(model)).running_var[0] = float("inf")
    return model


@fault("stats-negative-variance")
def negative_variance(model):
    norm_of(trained(model)).running_var[0] = -1.0
    return model


@fault("stats-half")
def statistics_in_half_precision(model):
    norm = norm_of(trained(model))
    norm.register_forward_pre_hook(lambda layer, inputs: inputs[0].bfloat16())
    norm.register_forward_hook(lambda layer, inputs, output: output.float())
    norm.bfloat16()
    return model


@fault("stats-constant")
def constant_channels(model):
    norm_of(trained(model)).running_var.zero_()
    return model


@fault("stats-initial")
def weights_loaded_without_statistics(model):
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.bias, std=0.1)
    return model


@fault("stats-cold")
def statistics_of_five_batches(model):
    return trained(model, 5)


def home_made(function: Callable) -> Callable[[nn.Module], nn.Module]:
    def make(norm):
        size = norm.num_features
        return Call(function, running_mean=torch.zeros(size), running_var=torch.ones(size))

    return lambda model: replace(model, nn.BatchNorm2d, make)


def update(self, x):
    for name, value in zip(("running_mean", "running_var"), moments(x.detach()), strict=True):
        getattr(self, name).lerp_(value, 0.1)


@fault("eval-depends-on-batch")
def home_made_norm_that_looks_at_the_batch(model):
    def normalise(self, x):
        if self.training:
            update(self, x)
        return normalised(x, *moments(x))

    return home_made(normalise)(model)


@fault("eval-changes-state")
def home_made_norm_that_learns_in_evaluation(model):
    def normalise(self, x):
        stored = self.running_mean.clone(), self.running_var.clone()
        with torch.no_grad():
            update(self, x * 0.999)
        return normalised(x, *(moments(x) if self.training else stored))

    return home_made(normalise)(model)


@fault("eval-depends-on-grad")
def home_made_norm_that_asks_for_gradients(model):
    def normalise(self, x):
        if not torch.is_grad_enabled():
            return normalised(x, self.running_mean, self.running_var)
        with torch.no_grad():
            update(self, x) if self.training else None
        return normalised(x, *moments(x))

    return home_made(normalise)(model)


@fault("stats-never-updated")
def home_made_norm_that_never_learns(model):
    def normalise(self, x):
        stored = self.running_mean, self.running_var
        return normalised(x, *(moments(x) if self.training else stored))

    return home_made(normalise)(model)


@fault("stats-not-registered")
def home_made_norm_with_amnesia(model):
    def normalise(self, x):
        if not self.training:
            return normalised(x, self.running_mean, self.running_var)
        mean, variance = moments(x.detach())
        self.running_mean = 0.9 * self.running_mean + 0.1 * mean
        self.running_var = 0.9 * self.running_var + 0.1 * variance
        return normalised(x, *moments(x))

    def make(norm):
        layer = Call(normalise)
        layer.running_mean = torch.zeros(norm.num_features)
        layer.running_var = torch.ones(norm.num_features)
        return layer

    return replace(model, nn.BatchNorm2d, make)
