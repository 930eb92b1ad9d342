"""What an examination must never do to the model, the process or the reader, whatever raises."""

import contextlib
import copy
import hashlib
import os
import random
import socket
import sys
import threading
import warnings

import numpy as np
import pytest
import torch
from architectures import build, images
from torch import nn
from torch.overrides import _get_current_function_mode_stack

from dropnorm import doctor


class Raises(nn.Module):
    """Answers in evaluation mode; in training mode it raises, having changed what it can reach."""

    def __init__(self):
        super().__init__()
        self.body = build("Plain")

    def forward(self, x):
        answer = self.body(x)
        if self.training:
            torch.set_default_dtype(torch.float64)
            torch.set_num_threads(2)
            warnings.simplefilter("error")
            raise RuntimeError("half-way")
        return answer


class Uncopiable(nn.Module):
    """A model that deep copies refuse: it is examined itself, and put back."""

    def __init__(self):
        super().__init__()
        self.body, self.lock, self.calls = build("Residual"), threading.Lock(), 0

    def forward(self, x):
        self.calls += 1
        self.last = x
        return self.body(x)


class Shared(nn.Module):
    """A model whose copies share its memory."""

    def __init__(self):
        super().__init__()
        self.body = build("Depthwise")

    def __deepcopy__(self, memo):
        twin = type(self)()
        twin.body = self.body
        return twin

    def forward(self, x):
        return self.body(x)


def one_hook(*arguments):
    return None


def prepared(model: nn.Module) -> nn.Module:
    """With everything that could be lost: gradients, hooks, mixed modes, frozen parts."""
    model.train()
    norm = next(layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d))
    norm.eval()
    norm.weight.requires_grad_(False)
    for i, parameter in enumerate(model.parameters()):
        if i % 2:
            parameter.grad = torch.randn_like(parameter)
    norm.register_forward_hook(one_hook)
    norm.register_full_backward_hook(one_hook)
    norm.register_forward_pre_hook(one_hook)
    return model


MODELS = {
    "sound": lambda: build("Attention"),
    "raises": Raises,
    "cannot be copied": Uncopiable,
    "copies share memory": Shared,
}


def digest(value) -> str:
    """Short: pytest compares long values for minutes."""
    return hashlib.sha256(repr(value).encode()).hexdigest()[:12]


HOOKS = (
    "_forward_hooks",
    "_forward_pre_hooks",
    "_backward_hooks",
    "_backward_pre_hooks",
    "_state_dict_hooks",
)
PROBES = {
    "bits of the state": lambda m, x: {
        k: digest(v.numpy().tobytes()) for k, v in m.state_dict().items()
    },
    "identity of parameters": lambda m, x: [(n, id(p)) for n, p in m.named_parameters()],
    "identity of buffers": lambda m, x: [(n, id(b)) for n, b in m.named_buffers()],
    "identity of layers": lambda m, x: [
        (n, id(layer), type(layer)) for n, layer in m.named_modules()
    ],
    "training modes": lambda m, x: [layer.training for layer in m.modules()],
    "requires_grad": lambda m, x: [p.requires_grad for p in m.parameters()],
    "gradients": lambda m, x: [
        None if p.grad is None else (id(p.grad), digest(p.grad.tolist())) for p in m.parameters()
    ],
    "hooks": lambda m, x: [[list(getattr(layer, name)) for name in HOOKS] for layer in m.modules()],
    "attributes": lambda m, x: [sorted(vars(layer)) for layer in m.modules()],
    "momentum and eps": lambda m, x: [
        (getattr(layer, "momentum", 0), getattr(layer, "eps", 0)) for layer in m.modules()
    ],
    "counters": lambda m, x: getattr(m, "calls", None),
    "history of parameters": lambda m, x: [p.grad_fn for p in m.parameters()],
    "attributes of tensors": lambda m, x: (
        [sorted(vars(t)) for t in m.parameters()] + [sorted(vars(x))]
    ),
    "the images": lambda m, x: (digest(x.numpy().tobytes()), x.requires_grad, x._version),
    "generator of torch": lambda m, x: digest(torch.get_rng_state().tolist()),
    "generator of NumPy": lambda m, x: digest(np.random.get_state()),  # noqa: NPY002
    "generator of Python": lambda m, x: digest(random.getstate()),
    "threads": lambda m, x: (torch.get_num_threads(), threading.active_count()),
    "default dtype": lambda m, x: torch.get_default_dtype(),
    "warning filters": lambda m, x: [str(f) for f in warnings.filters],
    "gradient mode": lambda m, x: (torch.is_grad_enabled(), torch.is_inference_mode_enabled()),
    "function modes": lambda m, x: len(_get_current_function_mode_stack()),
    "global hooks": lambda m, x: (
        len(torch.nn.modules.module._global_forward_hooks),
        len(torch.nn.modules.module._global_forward_pre_hooks),
    ),
    "standard output": lambda m, x: (sys.stdout, sys.stderr),
    "import path and folder": lambda m, x: (list(sys.path), os.getcwd()),
    "deterministic algorithms": lambda m, x: (
        torch.are_deterministic_algorithms_enabled(),
        torch.backends.mkldnn.enabled,
    ),
    "anomaly detection": lambda m, x: torch.is_anomaly_enabled(),
    "autocast": lambda m, x: torch.is_autocast_enabled("cpu"),
}


@contextlib.contextmanager
def put_back():
    """The test's own changes to the process do not outlive it."""
    threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
    with warnings.catch_warnings():
        yield
    torch.set_num_threads(threads)
    torch.set_default_dtype(dtype)


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("probe", PROBES)
def test_nothing_is_changed(probe, kind):
    model, batch = prepared(MODELS[kind]()), images(4)
    with put_back():
        warnings.simplefilter("default")
        before = PROBES[probe](model, batch)
        report = doctor.examine(model, batch)
        assert PROBES[probe](model, batch) == before
        assert not report.failed


@pytest.mark.parametrize("kind", MODELS)
def test_no_backward_pass_no_step_no_file_no_network(kind, monkeypatch, tmp_path):
    def forbidden(*arguments, **named):
        raise AssertionError("forbidden")

    model, opened = prepared(MODELS[kind]()), []
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], 0.1)
    for holder, name in (
        (torch.autograd, "backward"),
        (torch.autograd, "grad"),
        (torch.Tensor, "backward"),
        (optimizer, "step"),
        (optimizer, "zero_grad"),
        (socket, "socket"),
        (torch, "save"),
    ):
        monkeypatch.setattr(holder, name, forbidden)
    sys.addaudithook(
        lambda event, args: opened.append(args[1]) if event == "open" and watching else None
    )
    monkeypatch.chdir(tmp_path)
    watching = True
    report = doctor.examine(model, images(4), optimizer=optimizer)
    watching = False
    assert not report.failed
    assert not [mode for mode in opened if mode and set(mode) & set("wax+")]
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_raises_raises_nothing():
    for model in (
        nn.Linear(7, 7),
        nn.ModuleDict({"norm": nn.BatchNorm2d(3)}),
        build("Plain").to("meta"),
    ):
        report = doctor.examine(model, images(4))
        assert report.failed and "could not examine" in str(report) and not report.ok("error")


def test_a_model_that_raises_in_training_mode_is_examined_in_evaluation():
    with put_back():
        report = doctor.examine(Raises(), images(4))
    assert not report.failed
    assert any("half-way" in line for line in report.unseen)


def test_it_is_said_when_the_model_itself_was_examined():
    assert "could not be copied" in doctor.examine(Uncopiable(), images(4)).summary
    assert "not touched" in doctor.examine(build("Plain"), images(4)).summary


def test_keyboard_interrupt_passes_and_leaves_nothing():
    class Interrupted(nn.Linear):
        def forward(self, x):
            torch.rand(3)
            raise KeyboardInterrupt

    model, batch = Interrupted(3, 3), images(4)
    state = torch.get_rng_state()
    with pytest.raises(KeyboardInterrupt):
        doctor.examine(model, batch)
    assert torch.equal(torch.get_rng_state(), state)
    assert not _get_current_function_mode_stack()


def test_under_no_grad_and_inference_mode_it_finds_the_same():
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(432, 8), nn.ReLU(), nn.Dropout(0.3, inplace=True), nn.Linear(8, 2)
    )
    expected = [finding.check for finding in doctor.examine(model, images(4)).findings]
    assert expected == ["dropout-inplace"]
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            assert [
                finding.check for finding in doctor.examine(model, images(4)).findings
            ] == expected


def test_twice_the_same_report():
    model = build("Recurrent")
    texts = [
        [(f.check, f.text, f.evidence) for f in doctor.examine(model, images()).findings]
        for _ in range(2)
    ]
    assert texts[0] == texts[1]


def test_a_chatty_model_is_not_heard(capsys):
    class Chatty(nn.Linear):
        def forward(self, x):
            print("layer", x.shape)
            warnings.warn("careful", stacklevel=1)
            return super().forward(x)

    doctor.examine(Chatty(12, 12), images(4))
    assert capsys.readouterr() == ("", "")


def test_loader_and_optimizer_are_only_read():
    class Loader:
        dataset, batch_size, drop_last = range(17), 8, False

        def __iter__(self):
            raise AssertionError("loaded")

    model = build("Plain")
    optimizer = torch.optim.Adam(model.parameters(), weight_decay=0.1)
    before = copy.deepcopy(optimizer.state_dict())
    report = doctor.examine(model, images(4), optimizer=optimizer, loader=Loader())
    assert {"last-batch-one", "decay-on-norm"} <= {finding.check for finding in report.findings}
    assert optimizer.state_dict() == before


def test_watch_leaves_no_hook_and_passes_an_exception_on():
    model = prepared(build("Plain"))
    hooks = PROBES["hooks"](model, images())
    post = [p._post_accumulate_grad_hooks for p in model.parameters()]
    with pytest.raises(RuntimeError, match="the reader's"), doctor.watch(model):
        model(images()).sum().backward()
        raise RuntimeError("the reader's")
    assert PROBES["hooks"](model, images()) == hooks
    assert [p._post_accumulate_grad_hooks or None for p in model.parameters()] == post


def test_training_under_watch_is_bit_for_bit_the_same():
    states = []
    for context in (contextlib.nullcontext, doctor.watch):
        torch.manual_seed(0)
        model = build("Residual")
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        with context(model) if context is doctor.watch else context():
            for _ in range(3):
                optimizer.zero_grad()
                model(images()).square().sum().backward()
                optimizer.step()
        states.append(PROBES["bits of the state"](model, None))
    assert states[0] == states[1]


def test_comparing_touches_neither():
    one, other = prepared(build("Plain")), prepared(build("Plain"))
    before = [
        [probe(m, images()) for name, probe in PROBES.items() if "image" not in name]
        for m in (one, other)
    ]
    with warnings.catch_warnings():
        doctor.compare(one, other, images(4))
        assert [
            [p(m, images()) for n, p in PROBES.items() if "image" not in n] for m in (one, other)
        ] == before
