"""``watch``: what only the training loop shows."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from dropnorm.doctor.patient import bare, is_dropout, is_norm, tensors
from dropnorm.doctor.report import Report
from dropnorm.doctor.settings import examine_statistics

FEW = 16  # examples: in smaller batches the noise of batch norm is large (chapter 13)


@dataclass
class Pass:
    """One call of the model in the loop."""

    training: bool  # dropout or a norm is in training mode
    size: int
    attack: bool  # asks for the gradient of the images
    averaging: bool  # momentum=None: somebody recalibrates
    moved: bool = False
    backward: bool = False
    learned: bool = False
    finite: list[Tensor] = field(default_factory=list)


class Loop:
    """What the hooks note; they only read counters that PyTorch keeps, and a few weights."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        layers: list[Any] = list(model.modules())
        self.norms = [m for m in layers if is_norm(m) and m.running_mean is not None]
        self.moody = [m for m in layers if is_norm(m) or (is_dropout(m) and m.p > 0)]
        self.parameters = [p for p in model.parameters() if p.requires_grad]
        self.passes: list[Pass] = []
        self.pending: list[Pass] = []  # since the last step
        self.steps: list[list[Pass]] = []
        self.weights, self.values = 0, list[Tensor]()
        self._stepped()
        self.counted = self.skipped = self.repeated = 0

    def _stepped(self) -> bool:
        """Whether weights have changed: fused optimizers and ``p.data`` move no counter."""
        before = self.weights, self.values
        self.weights = sum(p._version for p in self.parameters)
        some = [p for p in self.parameters if not is_lazy(p)][:: len(self.parameters) // 8 + 1]
        self.values = [p.detach().reshape(-1)[:32].clone() for p in some]
        same = len(before[1]) == len(some) and all(map(torch.equal, before[1], self.values))
        return self.weights != before[0] or not same

    def _counted(self) -> int:
        counters = [norm.num_batches_tracked for norm in self.norms]
        return sum(counter._version for counter in counters if counter is not None)

    def between(self) -> None:
        """Between two passes: was there a step, and what was it learned from?"""
        group = [p for p in self.pending if p.backward]
        if self._stepped():
            self.pending = []
            # passes for an attack came before the step, those in training mode made it
            best = max((p.training - p.attack for p in group), default=0)
            learned = [p for p in group if p.training - p.attack == best]
            for p in learned:
                p.learned = True
            self.steps += [learned] if learned else []
        elif skipped := [p for p in group if p.moved and not all(map(bool, p.finite))]:
            self.skipped += len(skipped)
            self.pending = [p for p in self.pending if p not in skipped]

    def begin(self, module: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]) -> None:
        """A pass begins."""
        self.between()
        given = tensors([*inputs, named])
        pixels = [t for t in given if t.is_leaf and not isinstance(t, nn.Parameter)]
        started = Pass(
            training=any(layer.training for layer in self.moody),
            size=len(given[0]) if given and given[0].ndim else 1,
            attack=any(t.requires_grad for t in pixels),
            averaging=any(norm.momentum is None for norm in self.norms),
        )
        self.passes.append(started)
        self.counted = self._counted()

    def end(self, module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        """The forward pass ends."""
        ended = self.passes[-1]
        ended.moved = self._counted() != self.counted
        self.pending.append(ended)

        def backward(gradient: Tensor) -> None:
            ended.backward = True
            ended.finite.append(gradient.detach().isfinite().all())

        for answer in tensors(output):
            if answer.requires_grad:
                answer.register_hook(backward)

    def accumulated(self, parameter: Tensor) -> None:
        """A gradient has arrived at a parameter."""
        if self.passes and parameter.grad is not None:
            self.passes[-1].finite.append(parameter.grad.isfinite().all())

    def again(self, norm: nn.Module, inputs: tuple[Any, ...]) -> None:
        """A norm is called: in a backward pass, it is a checkpointed part that runs once more."""
        self.repeated += norm.training and torch._C._current_graph_task_id() != -1


@contextlib.contextmanager
def watch(model: nn.Module) -> Iterator[Report]:
    """Look on while a model is trained; the report is complete when the block ends.

    Reads counters in hooks that are removed at the end, also after an exception. The loop runs as
    it would without.

    Parameters
    ----------
    model
        The model that the loop calls.

    Raises
    ------
    ValueError
        ``model`` is not a module.
    """
    if not isinstance(model, nn.Module):
        raise ValueError(f"model={type(model).__name__}: expected a torch.nn.Module")
    inner = bare(model)
    loop, report = Loop(inner), Report(type(inner).__name__)
    hooks = [
        inner.register_forward_pre_hook(loop.begin, with_kwargs=True),
        inner.register_forward_hook(loop.end),
        *(norm.register_forward_pre_hook(loop.again) for norm in loop.norms),
    ]
    if loop.norms:
        hooks += [p.register_post_accumulate_grad_hook(loop.accumulated) for p in loop.parameters]
    try:
        yield report
    finally:
        for hook in hooks:
            hook.remove()
        loop.between()
        _judge(loop, report)


def _judge(loop: Loop, report: Report) -> None:
    subject, passes, steps = report.subject, loop.passes, loop.steps
    learned = [p for p in passes if p.learned]
    report.summary = f"{len(passes)} passes, {len(learned)} learned from, {len(steps)} steps"
    report.unseen.append("the model by itself (doctor.examine)")
    if not passes:
        report.unseen.append("the loop: the model was not called in it")
    moved = "each moved the running statistics"

    asleep = [p for p in learned if not p.training]
    if asleep and loop.moody:
        report.add("learned-in-eval", subject, count=len(asleep), learned=len(learned))
    if attacks := [p for p in passes if p.attack and p.moved]:
        report.add("moved-by-attack", subject, moved, count=len(attacks))
    others = [p for p in passes if p.moved and not p.attack]
    if idle := [p for p in others if not p.backward and not p.averaging]:
        report.add("moved-by-validation", subject, moved, count=len(idle), passes=len(passes))
    sizes = [p.size for p in learned if p.moved]
    if sizes and min(sizes) == 1 < max(sizes):
        reason = f"{sizes.count(1)} batches of one example, the largest has {max(sizes)}"
        report.add("last-batch-one", subject, reason=reason)
    several = [step for step in steps if len(step) > 1 and all(p.moved for p in step)]
    if small := [step for step in several if max(p.size for p in step) < FEW]:
        evidence = f"{len(small)} of {len(steps)} steps"
        first = small[0]
        report.add(
            "gradients-accumulated", subject, evidence, passes=len(first), size=first[0].size
        )
    if loop.skipped:
        evidence = "the running statistics moved all the same"
        report.add("moved-by-skipped-step", subject, evidence, count=loop.skipped)
    if loop.repeated:
        evidence = f"{loop.repeated} updates of the statistics too many"
        report.add("batch-counted-twice", subject, evidence)
    for name, layer in loop.model.named_modules():
        examine_statistics(name or subject, layer, report)
    # a loop may be short on purpose
    report.findings = [f for f in report.findings if f.check != "stats-cold"]
