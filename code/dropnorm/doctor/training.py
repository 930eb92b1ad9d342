"""Checks of one pass in training mode: who drops, what is normalised, and what flows into it."""

import math
import re

import torch
from torch import nn
from torch.jit import ScriptModule

from dropnorm.doctor.evaluation import check_registered, check_shape, running_statistics
from dropnorm.doctor.functions import WEIGHTED
from dropnorm.doctor.patient import Patient, failure, is_dropout, is_norm, kind
from dropnorm.doctor.recorder import Call, Node, Recorder
from dropnorm.doctor.report import Report
from dropnorm.doctor.settings import examine_frozen, examine_rate

# functions that may stand after the last layer with weights: they only reshape or squash
LAST = re.compile(
    r"flatten|view|reshape|(un)?squeeze|contiguous|to|float|permute|transpose"
    r"|(log_)?softmax|(log)?sigmoid"
)


def examine_training(patient: Patient, report: Report, earlier: set[str]) -> bool:
    """Run the checks; True if dropout reaches a batch norm.

    Parameters
    ----------
    earlier
        Layers that were called in evaluation mode.
    """
    model = patient.copy(True)
    examine_frozen(patient.model, model, report)
    before, record, failed = running_statistics(model), Recorder(), False
    try:
        patient.ask(model, seed=3, grad=True, record=record)
    except Exception as error:
        failed = True
        report.unseen.append(f"training mode to its end (it raises {failure(error, 150)})")
        record.finish([])
    after = running_statistics(model)
    for call in record.dropouts:
        _dropout(call, record, report)
    for call in record.dropouts + record.norms if not failed else []:
        if call.unused:
            layer_kind = "dropout" if call in record.dropouts else "batch norm"
            report.add("result-unused", call, layer_kind=layer_kind)
    check_registered(record.norms, report)
    _norms(patient, record, report)
    _without_gradient(record, report)
    _shared(record, report)
    if not failed:
        means = [name for name in before if name in after and name.endswith("mean")]
        still = {n.rpartition(".")[0] for n in means if torch.equal(before[n], after[n])}
        for call in record.reductions:
            if call.layer in still and not is_norm(call.module):
                report.add("stats-never-updated", call)
        called = earlier | {call.layer for call in record.dropouts + record.norms}
        _unused(model, called, report)
    return _reached(record, report)


def _dropout(call: Call, record: Recorder, report: Report) -> None:
    if not is_dropout(call.module):
        examine_rate(call, call.p, report)
    check_shape(call, report)
    if call.spoils:
        report.add("dropout-inplace", call)
    if call.active and not call.inplace and _is_last(call, record.output):
        report.add("dropout-on-output", call, p=call.p)


def _is_last(call: Call, outputs: list[Node]) -> bool:
    """Whether scores are dropped: a layer with weights, dropout, at most softmax, the end."""
    for node in map(_before_shaping, outputs):
        if node is call.node and len(call.shape) in (2, 4) and node.parents:
            return bool(WEIGHTED.fullmatch(_before_shaping(node.parents[0]).op))
    return False


def _before_shaping(node: Node) -> Node:
    while LAST.fullmatch(node.op) and len(node.parents) == 1:
        node = node.parents[0]
    return node


def _norms(patient: Patient, record: Recorder, report: Report) -> None:
    biased: dict[str, int] = {}
    for call in record.norms:
        parent = call.parent
        if not call.active or (parent is not None and not parent.images):
            continue
        if call.values == 1:
            severity = "error" if patient.size > 1 else "note"
            report.add("norm-one-value", call, severity=severity, shape=call.shape)
        if call.checkpointed and call.running_mean is not None:
            report.add("norm-checkpointed", call)
        if parent is not None and parent.biased and WEIGHTED.fullmatch(parent.op):
            biased[call.layer] = call.shape[1]
    for name in biased:
        report.add("bias-before-norm", name, parameters=sum(biased.values()))


def _without_gradient(record: Recorder, report: Report) -> None:
    """Norms that only ``no_grad`` or ``detach`` keeps from learning."""
    moving = [c for c in record.norms if c.active and c.running_mean is not None]
    lost = record.upstream() - record.upstream(learning=True)  # in front of a detach
    learning = [c for c in moving if c.checkpointed or (c.graded and c.node not in lost)]
    graded = {id(c.running_mean) for c in learning}
    for call in moving if record.graded else []:
        own = list(call.module.parameters()) if call.module is not None else []
        frozen = own and not any(p.requires_grad for p in own)
        if id(call.running_mean) not in graded and call.momentum != 0 and not frozen:
            report.add("frozen-norm-moves", call, reason="no gradient reaches it")


def _shared(record: Recorder, report: Report) -> None:
    """Norms called more than once in a pass, with the distance between the calls."""
    groups: dict[int, list[Call]] = {}
    for call in record.norms:
        if call.moments is not None and call.running_mean is not None and not call.checkpointed:
            groups.setdefault(id(call.running_mean), []).append(call)
    for first, *others in groups.values():
        if not others or first.momentum in (0, 1) or not is_norm(first.module):
            continue
        sources = {call.parent.weight if call.parent else 0 for call in [first, *others]}
        several = len(sources) > 1
        strict = 1 if several else 4  # one layer asked several times is often meant
        distances = [_distance(first, call) for call in others]
        apart, ratio = max(distances, key=lambda pair: max(pair[0] * 4, pair[1]))
        evidence = f"means lie {apart:.2g} standard deviations apart, "
        evidence += f"variances differ by a factor of {ratio:.2g}"
        grave = len(sources) > 2 or apart > strict / 4 or ratio > 1 + 0.3 * strict**2
        report.add(
            "norm-shared",
            first,
            evidence,
            severity="warning" if grave else "note",
            calls=len(others) + 1,
            makers=", after different layers" if several else "",
        )


def _distance(one: Call, other: Call) -> tuple[float, float]:
    """Distance of the means in standard deviations, ratio of variances: what chance leaves open.

    Values within an example are alike, so that the examples count, not the values.
    """
    assert one.moments is not None and other.moments is not None
    (mean, variance), (mean2, variance2) = one.moments, other.moments
    n = max(min(one.shape[0], other.shape[0]), 2)
    pooled = (variance + variance2) / 2 + 1e-12
    apart = float(((mean - mean2) ** 2 / pooled).mean()) - 2 / n
    logs = ((variance + 1e-12) / (variance2 + 1e-12)).log()
    chance = 2 * math.sqrt(2 / n / len(logs))
    return math.sqrt(max(apart, 0.0)), math.exp(max(abs(float(logs.mean())) - chance, 0.0))


def _unused(model: nn.Module, called: set[str], report: Report) -> None:
    layers = dict(model.named_modules())
    if any(isinstance(layer, ScriptModule) for layer in layers.values()):
        return  # its calls are not seen
    for name, layer in layers.items():
        if (is_norm(layer) or is_dropout(layer)) and name and name not in called:
            report.add("layer-unused", name, layer_kind=kind(layer))


def _reached(record: Recorder, report: Report) -> bool:
    """Note the batch norms that dropout reaches; whether there are any."""
    active = [(call, call.parent.drops) for call in record.norms if call.active and call.parent]
    reached = [(call, drops) for call, drops in active if drops]
    for call, drops in reached:
        sources = [source for source in record.dropouts if source in drops]
        near = max(sources, key=lambda source: source.p)
        evidence = f"from {near.layer}: its noise is in the running variance, and missing in "
        evidence += "evaluation; what that costs shows on a trained model, with labels"
        report.add("dropout-before-norm", call, evidence, p=near.p)
    return bool(reached)
