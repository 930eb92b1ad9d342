"""``watch``: what only the training loop shows."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from dropnorm.doctor.patient import bare, is_dropout, is_norm, tensors
from dropnorm.doctor.report import Report
from dropnorm.doctor.settings import examine_statistics

FEW = 16  # examples: in smaller batches the noise of batch norm is large (chapter 13)


@dataclass
class Pass:
    """One call of the model in the loop."""

    training: bool  # dropout or a norm is in training mode
    size: int
    asks_images: bool  # for the gradient of the images
    averaging: bool  # momentum=None: somebody recalibrates
    moved: bool = False
    backward: bool = False
    learned: bool = False
    finite: list[Tensor] = field(default_factory=list)


class Loop:
    """What the hooks note; everything is read from counters that PyTorch keeps anyway."""

    def __init__(self, model: nn.Module):
        self.model, self.passes, self.pending, self.steps, self.skipped = model, [], [], [], 0
        self.norms = [m for m in model.modules() if is_norm(m) and m.running_mean is not None]
        self.moody = [m for m in model.modules() if is_norm(m) or (is_dropout(m) and m.p > 0)]
        self.parameters = [p for p in model.parameters() if p.requires_grad]
        self.weights, self.counted, self.repeated = self._weights(), 0, 0

    def _weights(self) -> int:
        return sum(p._version for p in self.parameters)

    def _counted(self) -> int:
        return sum(
            n.num_batches_tracked._version for n in self.norms if n.num_batches_tracked is not None
        )

    def between(self) -> None:
        """Between two passes: was there a step, and what was it learned from?"""
        group = [p for p in self.pending if p.backward]
        weights = self._weights()
        if weights != self.weights:
            self.weights, self.pending = weights, []
            best = max((p.training - p.asks_images for p in group), default=0)
            learned = [
                p for p in group if p.training - p.asks_images == best
            ]  # others: an attack, before the step
            for p in learned:
                p.learned = True
            self.steps += [learned] if learned else []
        elif bad := [p for p in group if p.moved and not all(map(bool, p.finite))]:
            self.skipped += len(bad)
            self.pending = [p for p in self.pending if p not in bad]

    def begin(self, module: nn.Module, inputs: tuple, named: dict) -> None:
        """A pass begins."""
        self.between()
        given = tensors([*inputs, named])
        size = len(given[0]) if given and given[0].ndim else 1
        asks = any(t.requires_grad and t.is_leaf and not isinstance(t, nn.Parameter) for t in given)
        averaging = any(norm.momentum is None for norm in self.norms)
        self.passes.append(Pass(any(m.training for m in self.moody), size, asks, averaging))
        self.counted = self._counted()

    def end(self, module: nn.Module, inputs: tuple, output) -> None:
        """The forward pass ends."""
        now = self.passes[-1]
        now.moved = self._counted() != self.counted
        self.pending.append(now)

        def backward(gradient: Tensor) -> None:
            now.backward = True
            now.finite.append(gradient.detach().isfinite().all())

        for answer in tensors(output):
            if answer.requires_grad:
                answer.register_hook(backward)

    def accumulated(self, parameter: Tensor) -> None:
        """A gradient has arrived at a parameter."""
        if self.passes:
            self.passes[-1].finite.append(parameter.grad.isfinite().all())

    def again(self, norm: nn.Module, inputs: tuple) -> None:
        """A norm is called: inside a backward pass, it is a checkpointed part that runs once more."""
        self.repeated += norm.training and torch._C._current_graph_task_id() != -1


@contextlib.contextmanager
def watch(model: nn.Module) -> Iterator[Report]:
    """Look on while a model is trained; the report is complete when the block ends.

    Reads counters in hooks that are removed at the end, also after an exception. The loop runs as it would without.

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
    ]
    for norm in loop.norms:
        hooks.append(norm.register_forward_pre_hook(loop.again))
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
    passes, learned = loop.passes, [p for p in loop.passes if p.learned]
    report.summary = f"{len(passes)} passes, {len(learned)} learned from, {len(loop.steps)} steps"
    report.unseen.append("the model by itself (doctor.examine)")
    if not passes:
        report.unseen.append("the loop: the model was not called in it")

    def warn(check: str, text: str, evidence: str = "") -> None:
        report.add(check, "warning", report.subject, text, evidence)

    asleep = [p for p in learned if not p.training]
    if asleep and loop.moody:
        warn(
            "learned-in-eval",
            f"{len(asleep)} of {len(learned)} passes that were learned from ran in evaluation mode",
        )
    if attacks := [p for p in passes if p.asks_images and p.moved]:
        text = f"{len(attacks)} passes for the gradient of the images ran in training mode"
        warn("moved-by-attack", text, "each moved the running statistics")
    idle = [
        p for p in passes if p.moved and not p.backward and not p.averaging and not p.asks_images
    ]
    if idle:
        text = f"{len(idle)} of {len(passes)} passes without a backward pass ran in training mode"
        warn("moved-by-validation", text, "each moved the running statistics")
    sizes = [p.size for p in learned if p.moved]
    if sizes and min(sizes) == 1 < max(sizes):
        warn(
            "last-batch-one",
            f"{sizes.count(1)} batches of one example, the largest has {max(sizes)}",
        )
    if parts := [
        s
        for s in loop.steps
        if len(s) > 1 and all(p.moved for p in s) and max(p.size for p in s) < FEW
    ]:
        text = f"the gradients of {len(parts[0])} passes make one step, batch norm sees {parts[0][0].size} examples at a time"
        warn("gradients-accumulated", text, f"{len(parts)} of {len(loop.steps)} steps")
    if loop.skipped:
        text = f"{loop.skipped} passes with a gradient that is not finite: no step was taken"
        warn("moved-by-skipped-step", text, "the running statistics moved all the same")
    if loop.repeated:
        text = "a checkpointed part runs batch norm once more in the backward pass"
        warn("batch-counted-twice", text, f"{loop.repeated} updates of the statistics too many")
    for name, layer in loop.model.named_modules():
        examine_statistics(name or report.subject, layer, report)
    report.findings = [
        f for f in report.findings if f.check != "stats-cold"
    ]  # a loop may be short on purpose
