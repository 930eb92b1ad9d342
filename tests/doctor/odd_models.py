"""Models as people write them, sound ones and faulty ones, none of which the exam has."""

import copy
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from architectures import images
from torch import nn
from torch.nn import functional as F


class Body(nn.Module):
    """Convolution, batch norm, ReLU, the mean over the pixels; dropout, linear."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.drop, self.out = nn.Dropout(0.3), nn.Linear(8, 5)

    def pooled(self, x):
        return self.stem(x).mean((2, 3))

    def forward(self, x):
        return self.out(self.drop(self.pooled(x)))


def answering(forward: Callable, **held) -> Callable[[], nn.Module]:
    """A body whose answer is another function of itself and the input."""

    def build():
        kind = type(forward.__name__, (Body,), {"forward": forward})
        model = kind()
        for name, value in held.items():
            setattr(model, name, value())
        return model

    return build


FAULTY: dict[str, tuple[str, Callable[[], nn.Module]]] = {}


def faulty(check: str, **held) -> Callable:
    """File a model, or the answer of a body, under the check that must name it."""

    def file(make: Callable) -> Callable:
        build = make if isinstance(make, type) else answering(make, **held)
        FAULTY[make.__name__.replace("_", " ")] = check, build
        return make

    return file


@faulty("dropout-in-eval")
class EvalOverriddenAndNothingHandedOn(Body):
    def __init__(self):
        super().__init__()
        self.stem[1] = nn.Identity()

    def eval(self):
        self.out.eval()
        return self


@faulty("norm-batch-in-eval")
class GhostBatchesInEvaluationToo(Body):
    class Ghost(nn.BatchNorm2d):
        def forward(self, x):
            parts = x.chunk(2)
            return torch.cat(
                [F.batch_norm(p, None, None, self.weight, training=True) for p in parts]
            )

    def __init__(self):
        super().__init__()
        self.stem[1] = self.Ghost(8)


@faulty("dropout-in-eval")
class MemoryLeftInTrainingMode(nn.Module):
    def __init__(self):
        super().__init__()
        self.memory = nn.LSTM(36, 8, 2, dropout=0.3, batch_first=True)
        self.out = nn.Linear(8, 5)

    def train(self, mode=True):
        super().train(mode)
        self.memory.train()
        return self

    def forward(self, x):
        return self.out(self.memory(x.flatten(2).transpose(1, 2).reshape(len(x), -1, 36))[0][:, -1])


@faulty("frozen-norm-moves", teacher=Body)
def a_teacher_that_nobody_froze(self, x):
    with torch.no_grad():
        wanted = self.teacher(x)
    return self.out(self.drop(self.pooled(x))), wanted


@faulty("frozen-norm-moves")
def a_backbone_behind_detach(self, x):
    return self.out(self.drop(self.pooled(x).detach()))


@faulty("eval-depends-on-batch")
def images_standardised_with_their_batch(self, x):
    return self.out(self.drop(self.pooled((x - x.mean()) / x.std())))


@faulty("dropout-in-eval")
def half_of_the_weights(self, x):
    return F.linear(self.pooled(x), F.dropout(self.out.weight, 0.3), self.out.bias)


@faulty("dropout-in-eval")
def the_flag_turned_round(self, x):
    return self.out(F.dropout(self.pooled(x), 0.3, not self.training))


@faulty("dropout-in-eval")
def a_switch_that_is_on_by_default(self, x, train=True):
    return self.out(F.dropout(self.pooled(x), 0.3, train))


@faulty("eval-random")
def a_mask_of_numpy(self, x):
    pooled = self.pooled(x)
    return self.out(pooled * torch.tensor(np.random.rand(*pooled.shape) > 0.3) / 0.7)  # noqa: NPY002


@faulty("norm-not-registered", norms=lambda: {"one": nn.BatchNorm1d(8)})
def norms_in_a_dictionary(self, x):
    return self.out(self.drop(self.norms["one"](self.pooled(x))))


@faulty("norm-batch-in-eval")
def a_norm_made_at_the_first_call(self, x):
    if not hasattr(self, "late"):
        self.late = nn.BatchNorm1d(8)
    return self.out(self.drop(self.late(self.pooled(x))))


@faulty("norm-shared")
def two_domains(self, x):
    return self.out(self.drop(self.pooled(x))), self.out(self.drop(self.pooled(5 * x + 3)))


class Sound(NamedTuple):
    """A model, and what it is called with."""

    build: Callable[[], nn.Module]
    inputs: object


SOUND: dict[str, Sound] = {}


def sound(inputs=None, **held) -> Callable:
    """File a model, or the answer of a body, that must be met with silence."""

    def file(make: Callable) -> Callable:
        build = make if isinstance(make, type) else answering(make, **held)
        SOUND[make.__name__.replace("_", " ")] = Sound(
            build, images() if inputs is None else inputs
        )
        return make

    return file


def drawn(*shape, dtype=torch.float32):
    return torch.randn(shape, generator=torch.Generator().manual_seed(2), dtype=dtype)


TOKENS = torch.randint(0, 20, (8, 10), generator=torch.Generator().manual_seed(3))


@sound({"x": images(), "scale": 2, "on": True})
def named_inputs_and_an_answer_with_gaps(self, x, scale, on):
    return {"scores": self.out(self.drop(scale * self.pooled(x))) if on else None, "loss": None}


@sound(drawn(8, 6, dtype=torch.complex64))
class ComplexNumbers(nn.Module):
    def __init__(self):
        super().__init__()
        self.into = nn.Linear(6, 8, dtype=torch.complex64)
        self.norm, self.drop = nn.BatchNorm1d(8), nn.Dropout(0.2)

    def forward(self, x):
        z = self.into(x)
        return torch.polar(self.drop(self.norm(z.abs())).abs(), z.angle())


@sound()
class NoParameters(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Softmax(1))


@sound(TOKENS)
class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.drop, self.out = nn.Embedding(20, 8), nn.Dropout(0.1), nn.Linear(8, 20)
        self.conv, self.norm = nn.Conv1d(8, 8, 3, padding=1, bias=False), nn.BatchNorm1d(8)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.out.weight = self.words.weight

    def forward(self, tokens):
        x = self.drop(self.words(tokens)).transpose(1, 2)
        return self.out(self.layer(F.relu(self.norm(self.conv(x))).transpose(1, 2)))


@sound(drawn(12, 8, 6))
class TimeComesFirst(nn.Module):
    """Halving its input halves the time: it must not be taken for the batch."""

    def __init__(self):
        super().__init__()
        self.memory, self.drop = nn.GRU(6, 8, bidirectional=True), nn.Dropout(0.1)

    def forward(self, x):
        if x.sum() == 0:
            raise ValueError("empty")
        return self.drop(self.memory(x)[0])


@sound((drawn(30, 6), (drawn(30, 30) > 1).float()))
class Graph(nn.Module):
    def __init__(self):
        super().__init__()
        self.into, self.norm = nn.Linear(6, 8, bias=False), nn.BatchNorm1d(8)
        self.drop, self.out = nn.Dropout(0.5), nn.Linear(8, 3)

    def forward(self, x, neighbours):
        share = neighbours / neighbours.sum(1, keepdim=True).clamp(min=1)
        return self.out(self.drop(F.relu(self.norm(share @ self.into(x)))))


@sound()
class HooksThatKeep(Body):
    def __init__(self):
        super().__init__()
        self.kept = []
        self.stem.register_forward_hook(lambda layer, given, answer: self.kept.append(answer))


class Reversal(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        return x * 1.0

    @staticmethod
    def backward(context, gradient):
        return -gradient


@sound()
def a_reversed_gradient(self, x):
    return self.out(self.drop(Reversal.apply(self.pooled(x))))


class Recomputed(torch.autograd.Function):
    @staticmethod
    def forward(context, x, norm):
        return x + norm(x)

    @staticmethod
    def backward(context, gradient):
        return gradient, None


@sound(norm=lambda: nn.BatchNorm1d(8))
def a_norm_with_a_backward_pass_of_its_own(self, x):
    return self.out(self.drop(Recomputed.apply(self.pooled(x), self.norm)))


@sound()
def straight_through(self, x):
    pooled = self.pooled(x)
    return self.out(self.drop(pooled + (pooled.round() - pooled).detach()))


@sound()
def a_first_guess_without_gradient(self, x):
    with torch.no_grad():
        guess = self.stem(x).mean()
    return self.out(self.drop(self.pooled(x + guess.sign())))


@sound()
class AFrozenTeacherThatStaysInEvaluation(Body):
    def __init__(self):
        super().__init__()
        self.teacher = copy.deepcopy(self.stem).requires_grad_(False)

    def train(self, mode=True):
        super().train(mode)
        self.teacher.eval()
        return self

    def forward(self, x):
        return super().forward(x), self.teacher(x)


@sound()
class StochasticDepth(Body):
    def forward(self, x):
        kept = self.training and (torch.rand(len(x), 1) < 0.8) / 0.8
        pooled = self.pooled(x)
        return self.out(self.drop(pooled + (kept if self.training else 1) * pooled.tanh()))


@sound()
class Stubs(nn.Sequential):
    def __init__(self):
        quantization = torch.ao.quantization
        super().__init__(quantization.QuantStub(), Body(), quantization.DeQuantStub())


@sound([drawn(3, 12, 12), drawn(3, 16, 16)])
def images_of_two_sizes(self, images):
    return [self.out(self.drop(self.pooled(image[None]))) for image in images]


@sound()
def an_answer_in_numpy(self, x):
    return self.out(self.drop(self.pooled(x))).detach().numpy()


@sound()
class Lazy(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.LazyConv2d(8, 3, bias=False), nn.LazyBatchNorm2d()
        self.drop, self.out = nn.Dropout(0.3), nn.LazyLinear(5)

    def forward(self, x):
        return self.out(self.drop(F.relu(self.norm(self.conv(x))).mean((2, 3))))


@sound()
class Wrapped(nn.DataParallel):
    def __init__(self):
        body = Body()
        body.out = nn.utils.parametrizations.spectral_norm(body.out)
        super().__init__(torch.compile(body, backend="eager"))
