"""Checks in evaluation mode: asked again, the model gives one answer.

It is asked twice, with and without gradients, alone and in company.
"""

import re

import torch
from torch import Tensor, nn
from torch.jit import ScriptModule
from torch.nn.parameter import is_lazy

from dropnorm.doctor.patient import STATISTICS, Patient, changed, far, is_dropout, is_norm, kind
from dropnorm.doctor.recorder import Call, Recorder
from dropnorm.doctor.report import Report

# classes that say they drop in evaluation
MEANT = re.compile(r"^mc|monte|bayes|always", re.IGNORECASE)
# relative differences: of the same sum, of a sum in another order
SAME, ALIKE = 1e-5, 1e-4


def running_statistics(model: nn.Module) -> dict[str, Tensor]:
    """All running statistics by name, also those of home-made norms."""
    named = [(name, buffer) for name, buffer in model.named_buffers() if STATISTICS.search(name)]
    return {name: buffer.clone() for name, buffer in named if not is_lazy(buffer)}


def examine_evaluation(patient: Patient, report: Report) -> set[str]:
    """Run the checks, at most six passes; gives back the names of all layers that were called."""
    model = patient.copy(False)
    if any(map(is_lazy, model.parameters())):
        patient.ask(model)  # layers without a shape get one
    before = running_statistics(model)
    answer, first, _ = _either(patient, model, 1, False)
    after = running_statistics(model)
    moved = [n for n in before if n in after and not torch.equal(before[n], after[n])]
    again, second, graded = _either(patient, model, 2, True)
    if not graded:
        report.unseen.append("gradients in evaluation mode (it raises with them)")

    differs = far(answer, again) > SAME
    evidence = f"asked twice: {changed(answer, again) or 'the answers differ'}" if differs else ""
    dropouts, norms = first.dropouts + second.dropouts, first.norms + second.norms
    active = [call for call in dropouts if call.active]
    for call in active:
        _dropout(call, evidence, report)
    scripted = any(isinstance(module, ScriptModule) for module in model.modules())
    explained = False
    if differs and not active:
        hidden = scripted or not first.draws
        explained = _explain(patient, first.draws, hidden, graded, evidence, report)

    used = [call for call in norms if _looks_at_batch(call, patient)]
    company = ""
    if patient.size > 1 and not differs and (used or scripted or first.reductions):
        company = _company(patient, model, answer)
    if company and not used:
        call = (first.reductions or [Call("mean", layer=kind(model))])[0]
        report.add("eval-depends-on-batch", call, company)
    for call in used:
        _norm(call, company, report)
    for name in moved if not used and not explained else []:
        report.add("eval-changes-state", name)
    check_registered(first.norms, report)
    for call in dropouts + norms:
        check_shape(call, report)
    return {call.layer for call in dropouts + norms}


def _either(
    patient: Patient, model: nn.Module, seed: int, grad: bool
) -> tuple[list[Tensor], Recorder, bool]:
    """An answer with or without gradients, the other way where the model refuses (``.numpy()``)."""
    failures = []
    for asked in (grad, not grad):
        record = Recorder()
        try:
            return patient.ask(model, seed=seed, grad=asked, record=record), record, asked
        except Exception as error:
            failures.append(error)
    raise failures[0] from None


def _dropout(call: Call, evidence: str, report: Report) -> None:
    """A dropout that drops in evaluation, and why."""
    layer, reason = call.module, "called without training=self.training"
    if is_dropout(layer) and not call.registered:
        reason = (
            "the model does not hold it (made in forward, or in a plain list), "
            "so eval() does not reach it"
        )
    elif is_dropout(layer) and layer.training:
        reason = "eval() leaves it in training mode"
    severity = "note" if layer is not None and MEANT.search(kind(layer)) else "error"
    report.add("dropout-in-eval", call, evidence, severity, p=call.p, reason=reason)


def _looks_at_batch(call: Call, patient: Patient) -> bool:
    """Whether statistics are taken over the examples: not of weights, nor of each example alone."""
    alone = call.shape[0] == 1 and patient.size > 1
    return call.active and not alone and (call.parent is None or call.parent.images)


def _norm(call: Call, company: str, report: Report) -> None:
    """A batch norm that looks at the batch in evaluation, and why."""
    layer, untracked = call.module, call.running_mean is None
    if call.momentum == 1 and (untracked or not is_norm(layer)):
        reason = "batch statistics in evaluation, with momentum=1: as in few-shot code"
        report.add("norm-no-statistics", call, company, "note", reason=reason)
    elif untracked and is_norm(layer) and layer.running_mean is None:
        reason = "track_running_stats=False: "
        reason += "in evaluation an answer depends on the rest of the batch"
        report.add("norm-no-statistics", call, company, reason=reason)
    elif call.registered:
        deaf = is_norm(layer) and layer.training
        reason = "eval() leaves it in training mode" if deaf else "training=True"
        report.add("norm-batch-in-eval", call, company, reason=reason)


def check_shape(call: Call, report: Report) -> None:
    """Dropout of whole channels on input that has none."""
    axes = len(call.shape)
    if (call.op, axes) in {("dropout1d", 2), ("dropout3d", 4)} and call.p:
        report.add("dropout-drops-examples", call, op=call.op, axes=axes)
    elif re.match(r"dropout[23]d|feature_", call.op) and axes == 2 and call.p:
        report.add("dropout-nd-on-flat", call, op=call.op, shape=call.shape)


def check_registered(calls: list[Call], report: Report) -> None:
    """Norms that ran and are not the model's; a frozen network may be hidden on purpose."""
    for call in calls:
        if call.registered or call.module is None:
            continue
        frozen = not any(p.requires_grad for p in call.module.parameters())
        if call.module.training or not frozen:
            where = Call(call.op, layer=f"{call.layer} ({call.place})", place=call.place)
            report.add("norm-not-registered", where)


def _explain(
    patient: Patient, draws: list[Call], hidden: bool, graded: bool, evidence: str, report: Report
) -> bool:
    """Two answers differ though no dropout was seen: by chance, by gradient, or by memory."""
    one, other, with_grad = (
        patient.ask(patient.copy(False), seed=seed, grad=grad)
        for seed, grad in ((1, False), (2, False), (1, graded))
    )
    if far(one, other) > SAME:
        masks = [call for call in draws if call.op in ("mask", "bernoulli")]
        call = (masks or draws or [Call("chance", layer=kind(patient.model))])[0]
        if masks or hidden:
            reason = "a random mask acts in evaluation" if masks else "chance acts in evaluation"
            report.add("eval-random", call, evidence, reason=reason)
        else:
            reason = f"random numbers ({call.op}) are part of the answer"
            report.add("eval-random", call, evidence, "note", reason=reason)
        return True
    if far(one, with_grad) > SAME:
        report.add("eval-depends-on-grad", kind(patient.model), changed(one, with_grad))
        return True
    return False


def _company(patient: Patient, model: nn.Module, answer: list[Tensor]) -> str:
    """How the answers for the first half change when it is asked alone; empty if they do not."""
    half = patient.size // 2
    if not answer or any(not t.ndim or len(t) != patient.size for t in answer):
        return ""
    try:
        alone = patient.ask(model, patient.part(torch.arange(half)))
    except Exception:  # a model for this batch size alone
        return ""
    whole = [t[:half] for t in answer]
    if [t.shape for t in alone] != [t.shape for t in whole] or far(whole, alone) < ALIKE:
        return ""
    return f"{half} of the images alone: {changed(whole, alone) or 'other answers'}"
