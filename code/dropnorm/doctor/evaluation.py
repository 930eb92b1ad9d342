"""Checks in evaluation mode: asked twice, with and without gradients, alone and in company, one answer."""

import re

import torch
from torch import Tensor, nn

from dropnorm.doctor.patient import STATISTICS, Patient, changed, far, is_dropout, is_norm, kind
from dropnorm.doctor.record import Call, Recorder
from dropnorm.doctor.report import Report

MEANT = re.compile(
    r"^mc|monte|bayes|always", re.IGNORECASE
)  # classes that say they drop in evaluation
SAME, ALIKE = 1e-5, 1e-4  # relative differences: of the same sum, of a sum in another order


def statistics(model: nn.Module) -> dict[str, Tensor]:
    """All running statistics by name, also those of home-made norms."""
    held = [(name, buffer) for name, buffer in model.named_buffers() if STATISTICS.search(name)]
    return {name: buffer.clone() for name, buffer in held if not nn.parameter.is_lazy(buffer)}


def examine_evaluation(patient: Patient, report: Report) -> set[str]:
    """Run the checks, at most six passes; gives back the names of all layers that were called."""
    model = patient.copy(False)
    if any(map(nn.parameter.is_lazy, model.parameters())):
        patient.ask(model)  # layers without a shape get one
    before = statistics(model)
    answer, one, _ = _either(patient, model, 1, False)
    after = statistics(model)
    moved = [
        name for name in before if name in after and not torch.equal(before[name], after[name])
    ]
    again, two, graded = _either(patient, model, 2, True)
    if not graded:
        report.unseen.append("gradients in evaluation mode (it raises with them)")
    differ = far(answer, again) > SAME
    evidence = "asked twice: " + (changed(answer, again) or "the answers differ") if differ else ""
    dropped = _dropouts(one.dropouts + two.dropouts, evidence, report)
    used = [call for call in one.norms + two.norms if _looks_at_batch(call, patient)]
    opaque = any(isinstance(module, torch.jit.ScriptModule) for module in model.modules())
    rules = None
    if differ and not dropped:
        rules = _why_not_the_same(
            patient, model, one, report, evidence, opaque or not one.draws, graded
        )
    if patient.size > 1 and not differ and (used or opaque or one.reductions):
        company = _company(patient, model, answer)
        if company and not used and (one.reductions or opaque):
            call = (one.reductions or [Call("mean", model, "", False, layer=kind(model))])[0]
            text = "an image is normalised with the others in its batch, also in evaluation"
            report.add("eval-depends-on-batch", "error", call.layer, text, company, call.place)
    else:
        company = ""
    _norms(used, company, report)
    for name in moved if not used and not rules else []:
        report.add("eval-changes-state", "error", name, "evaluation moves the running statistics")
    not_registered(one.norms, report)
    calls = one.dropouts + one.norms + two.dropouts + two.norms
    for call in calls:
        unfit(call.layer, call, report)
    return {call.layer for call in calls}


def _either(
    patient: Patient, model: nn.Module, seed: int, grad: bool
) -> tuple[list[Tensor], Recorder, bool]:
    """An answer with or without gradients, as asked for; the other way where the model refuses (forces, ``.numpy()``)."""
    record = Recorder()
    try:
        return patient.ask(model, seed=seed, grad=grad, record=record), record, grad
    except Exception as error:
        record = Recorder()
        try:
            return patient.ask(model, seed=seed, grad=not grad, record=record), record, not grad
        except Exception:
            raise error from None


def _dropouts(calls: list[Call], evidence: str, report: Report) -> bool:
    active = [call for call in calls if call.active]
    for call in active:
        text = "called without training=self.training"
        if is_dropout(call.module) and not call.registered:
            text = "the model does not hold it (made in forward, or in a plain list), so eval() does not reach it"
        elif is_dropout(call.module) and call.module.training:
            text = "eval() leaves it in training mode"
        meant = call.module is not None and MEANT.search(kind(call.module))
        text = f"dropout (p={call.p:g}) acts in evaluation: {text}"
        report.add(
            "dropout-in-eval", "note" if meant else "error", call.layer, text, evidence, call.place
        )
    return bool(active)


def _looks_at_batch(call: Call, patient: Patient) -> bool:
    """Whether statistics are taken over the examples: not of weights, nor of each example by itself."""
    alone = call.shape[0] == 1 and patient.size > 1
    return call.active and not alone and (call.parent is None or call.parent.images)


def _norms(calls: list[Call], company: str, report: Report) -> None:
    for call in calls:
        norm, where = is_norm(call.module), {"evidence": company, "place": call.place}
        if call.momentum == 1 and (call.statistics[0] is None or not norm):
            text = "batch statistics in evaluation, with momentum=1: as in few-shot code"
            report.add("norm-no-statistics", "note", call.layer, text, **where)
        elif call.statistics[0] is None and norm:
            text = "track_running_stats=False: in evaluation an answer depends on the rest of the batch"
            report.add("norm-no-statistics", "warning", call.layer, text, **where)
        elif call.registered:
            text = (
                "eval() leaves it in training mode"
                if norm and call.module.training
                else "training=True"
            )
            text = f"batch norm looks at the batch in evaluation: {text}"
            report.add("norm-batch-in-eval", "error", call.layer, text, **where)


def unfit(name: str, call: Call, report: Report) -> None:
    """Dropout of whole channels on input that has none."""
    axes, where = len(call.shape), {"place": call.place}
    if (call.op, axes) in {("dropout1d", 2), ("dropout3d", 4)} and call.p:
        text = f"{call.op} on input with {axes} axes takes the examples for channels: it drops whole examples"
        report.add("dropout-drops-examples", "error", name, text, **where)
    elif (
        call.op in ("dropout2d", "dropout3d", "feature_dropout", "feature_alpha_dropout")
        and axes == 2
        and call.p
    ):
        text = f"{call.op} on flat input, {call.shape}: it drops single numbers"
        report.add("dropout-nd-on-flat", "warning", name, text, **where)


def not_registered(calls: list[Call], report: Report) -> None:
    """Norms that ran and are not the model's; a frozen network may be hidden on purpose."""
    for call in calls:
        hidden = (
            call.module
            and not call.module.training
            and not any(p.requires_grad for p in call.module.parameters())
        )
        if not call.registered and not hidden:
            text = "the model does not hold this norm: no eval(), no state_dict, no optimizer reaches it"
            report.add(
                "norm-not-registered", "error", f"{call.layer} ({call.place})", text, "", call.place
            )


def _why_not_the_same(
    patient: Patient,
    model: nn.Module,
    seen: Recorder,
    report: Report,
    evidence: str,
    hidden: bool,
    graded: bool,
) -> bool:
    """Two answers differ though no dropout was seen: by chance, by gradient, or by memory."""
    fresh = [
        patient.ask(patient.copy(False), seed=s, grad=g)
        for s, g in ((1, False), (2, False), (1, graded))
    ]
    masks = [call for call in seen.draws if call.op in ("mask", "bernoulli")]
    if far(fresh[0], fresh[1]) > SAME:
        sure = bool(masks) or hidden
        call = (masks or seen.draws or [Call("chance", None, "", False, layer=kind(model))])[0]
        text = "a random mask acts in evaluation" if masks else "chance acts in evaluation"
        text = text if sure else f"random numbers ({call.op}) are part of the answer"
        report.add(
            "eval-random", "error" if sure else "note", call.layer, text, evidence, call.place
        )
        return True
    if far(fresh[0], fresh[2]) > SAME:
        text = "in evaluation mode it answers differently under torch.no_grad()"
        report.add(
            "eval-depends-on-grad", "error", kind(patient.model), text, changed(fresh[0], fresh[2])
        )
        return True
    return False


def _company(patient: Patient, model: nn.Module, answer: list[Tensor]) -> str:
    """How the answers for the first half change when it is asked alone; empty if they do not."""
    half = patient.size // 2
    whole = [t for t in answer if t.ndim and len(t) == patient.size]
    if not whole or len(whole) != len(answer):
        return ""
    try:
        alone = patient.ask(model, patient.part(torch.arange(half)))
    except Exception:  # a model for this batch size alone
        return ""
    whole = [t[:half] for t in whole]
    if [t.shape for t in alone] != [t.shape for t in whole] or far(whole, alone) < ALIKE:
        return ""
    return f"{half} of the images alone: " + (changed(whole, alone) or "other answers")
