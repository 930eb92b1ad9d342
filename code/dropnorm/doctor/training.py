"""Checks of one pass in training mode: who drops, what is normalised, and what flows into it."""

import math

import torch
from torch import nn

from dropnorm.doctor.evaluation import not_registered, statistics, unfit
from dropnorm.doctor.patient import Patient, is_dropout, is_norm, kind
from dropnorm.doctor.record import WEIGHTED, Call, Node, Recorder
from dropnorm.doctor.report import Report
from dropnorm.doctor.settings import frozen_norms, rate

SHAPES = {
    "flatten",
    "view",
    "reshape",
    "squeeze",
    "unsqueeze",
    "contiguous",
    "to",
    "float",
    "permute",
    "transpose",
}
LAST = SHAPES | {"log_softmax", "softmax", "sigmoid", "logsigmoid"}


def examine_training(patient: Patient, report: Report, earlier: set[str]) -> bool:
    """Run the checks; True if dropout reaches a batch norm. ``earlier``: layers called in evaluation mode."""
    model = patient.copy(True)
    frozen_norms(patient.model, model, report)
    before, seen, problem = statistics(model), Recorder(), ""
    try:
        patient.ask(model, seed=3, grad=True, record=seen)
    except Exception as error:
        problem = f"{type(error).__name__}: {error}".splitlines()[0][:150]
        report.unseen.append(f"training mode to its end (it raises {problem})")
        seen.finish([])
    after, calls = statistics(model), seen.dropouts + seen.norms
    for call in calls:
        if call in seen.dropouts:
            _dropout(call.layer, call, seen, report)
        if call.unused and not problem:
            text = (
                f"what {'dropout' if call in seen.dropouts else 'batch norm'} returns is not used"
            )
            report.add("result-unused", "warning", call.layer, text, place=call.place)
    not_registered(seen.norms, report)
    _norm_calls(patient, seen, report)
    _shared(seen, report)
    still = [
        n for n in before if n in after and n.endswith("mean") and torch.equal(before[n], after[n])
    ]
    for call in seen.reductions if not problem else []:
        own = [n for n in still if n.rpartition(".")[0] == call.layer]
        if own and not is_norm(call.module):
            text = "normalises with the batch in training and never updates its statistics"
            report.add("stats-never-updated", "warning", call.layer, text, place=call.place)
    if not problem and not any(isinstance(m, torch.jit.ScriptModule) for m in model.modules()):
        _unused(model, earlier | {call.layer for call in calls}, report)
    return _reaches(seen, report)


def _dropout(name: str, call: Call, seen: Recorder, report: Report) -> None:
    if not is_dropout(call.module):
        rate(name, call.p, report, call.place)
    unfit(name, call, report)
    if call.spoils:
        text = "overwrites what the backward pass of the layer before it needs: backward() raises"
        report.add("dropout-inplace", "error", name, text, place=call.place)
    if call.active and not call.inplace and _on_output(call, seen.output):
        text = (
            f"dropout (p={call.p:g}) acts on the output: it sets class scores to zero in training"
        )
        report.add("dropout-on-output", "warning", name, text, place=call.place)


def _on_output(call: Call, outputs: list[Node]) -> bool:
    """Whether the last layer's scores are dropped: a layer with weights, dropout, at most softmax, the end."""
    for node in outputs:
        while node.op in LAST and len(node.parents) == 1:
            node = node.parents[0]
        if node is call.node and len(call.shape) in (2, 4) and node.parents:
            before = node.parents[0]
            while before.op in LAST and len(before.parents) == 1:
                before = before.parents[0]
            return before.op in WEIGHTED
    return False


def _norm_calls(patient: Patient, seen: Recorder, report: Report) -> None:
    biased: dict[str, int] = {}
    for call in seen.norms:
        name, where = call.layer, {"place": call.place}
        if not call.active or (call.parent is not None and not call.parent.images):
            continue
        if call.seen[2] == 1:
            severity = "error" if patient.size > 1 else "note"
            text = f"one value per channel, {call.shape}: there is nothing to normalise, PyTorch raises"
            report.add("norm-one-value", severity, name, text, **where)
        if call.checkpointed and call.statistics[0] is not None:
            text = "in a checkpointed part: it runs twice a step, and the statistics move twice"
            report.add("norm-checkpointed", "warning", name, text, **where)
        if call.parent is not None and call.parent.biased and call.parent.op in WEIGHTED:
            biased[name] = call.shape[1]
    for name in biased:
        text = f"bias that batch norm subtracts: {sum(biased.values()):,} parameters"
        report.add("bias-before-norm", "note", name, text)


def _shared(seen: Recorder, report: Report) -> None:
    """Norms called more than once in a pass, with the distance between the calls."""
    groups: dict[int, list[Call]] = {}
    for call in seen.norms:
        if (
            call.active
            and call.statistics[0] is not None
            and call.seen[0] is not None
            and not call.checkpointed
        ):
            groups.setdefault(id(call.statistics[0]), []).append(call)
    for calls in groups.values():
        if len(calls) < 2 or calls[0].momentum in (0, 1) or not is_norm(calls[0].module):
            continue
        makers = {call.parent.weight if call.parent else 0 for call in calls}
        strict = 1 if len(makers) > 1 else 4  # one layer asked several times is often meant
        apart, ratio = max(
            (_distance(calls[0], call) for call in calls[1:]),
            key=lambda pair: max(pair[0] * 4, pair[1]),
        )
        text = f"one norm, {len(calls)} calls in a pass"
        text += ", behind different layers" if strict == 1 else ""
        evidence = f"means lie {apart:.2g} standard deviations apart, variances differ by a factor of {ratio:.2g}"
        severe = len(makers) > 2 or apart > strict / 4 or ratio > 1 + 0.3 * strict**2
        report.add(
            "norm-shared",
            "warning" if severe else "note",
            calls[0].layer,
            text,
            evidence,
            calls[0].place,
        )


def _distance(one: Call, other: Call) -> tuple[float, float]:
    """Distance of the means in standard deviations, ratio of variances: what chance does not explain.

    Values within an example are alike, so that the examples count, not the values.
    """
    (mean, variance, _), (mean2, variance2, _) = one.seen, other.seen
    n = max(min(one.shape[0], other.shape[0]), 2)
    pooled = (variance + variance2) / 2 + 1e-12
    apart = float(((mean - mean2) ** 2 / pooled).mean()) - 2 / n
    logs = ((variance + 1e-12) / (variance2 + 1e-12)).log()
    chance = 2 * math.sqrt(2 / n / len(logs))
    return math.sqrt(max(apart, 0.0)), math.exp(max(abs(float(logs.mean())) - chance, 0.0))


def _unused(model: nn.Module, called: set[str], report: Report) -> None:
    for name, layer in model.named_modules():
        if (is_norm(layer) or is_dropout(layer)) and name and name not in called:
            report.add(
                "layer-unused", "note", name, f"{kind(layer)} was never called in these passes"
            )


def _reaches(seen: Recorder, report: Report) -> bool:
    reached = [
        call for call in seen.norms if call.active and call.parent is not None and call.parent.drops
    ]
    for call in reached:
        sources = [seen.dropouts[i] for i in sorted(call.parent.drops)]
        near = max(sources, key=lambda source: source.p)
        text = f"dropout (p={near.p:g}) reaches this batch norm"
        evidence = (
            f"from {near.layer}: its noise is in the running variance, and missing in evaluation; "
        )
        evidence += "what that costs shows on a trained model, with labels"
        report.add("dropout-before-norm", "note", call.layer, text, evidence, call.place)
    return bool(reached)
