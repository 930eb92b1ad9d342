"""``compare``: what is made of a model answers like it, or the doctor says why not."""

import copy

import pytest
import torch
from architectures import build, images
from planted_faults import trained
from torch import nn

from dropnorm import doctor


@pytest.fixture
def model() -> nn.Module:
    torch.manual_seed(0)
    return trained(build("Plain")).eval()


def test_a_faithful_twin_is_silent(model):
    twins = (
        copy.deepcopy(model),
        torch.jit.trace(model, images()),
        torch.jit.script(model),
        nn.DataParallel(model),
    )
    for twin in twins:
        assert doctor.compare(model, twin, images()).ok("note")


def test_rounding_is_no_fault(model):
    twin = copy.deepcopy(model)
    twin.head.out.weight.data += 1e-5
    assert doctor.compare(model, twin, images()).ok("note")


def test_weights_of_eight_bits_are_a_note_and_no_sign_of_training_mode(model):
    model.head.hidden.weight.data[0, 0] = 8 * model.head.hidden.weight.data.abs().max()
    kinds = {nn.Linear}
    twin = torch.ao.quantization.quantize_dynamic(copy.deepcopy(model), kinds, torch.qint8)
    report = doctor.compare(model, twin, images())
    assert [finding.severity for finding in report.findings] == ["note"], report
    assert "training mode" not in str(report)


def said(model, twin) -> str:
    report = doctor.compare(model, twin, images())
    assert [(finding.check, finding.severity) for finding in report.findings] == [
        ("twins-differ", "error")
    ], report
    return report.findings[0].evidence


def test_a_trace_made_in_training_mode(model):
    assert "at random" in said(model, torch.jit.trace(model.train(), images(), check_trace=False))


def test_an_export_made_in_training_mode(model):
    model.head.drop = nn.Identity()
    sizes = {"x": {0: torch.export.Dim("n")}}
    twin = torch.export.export(model.train(), (images(4),), dynamic_shapes=sizes).module()
    assert "rest of the batch" in said(model, twin)


def test_a_copy_of_the_parameters_without_the_statistics(model):
    twin = build("Plain")
    for ours, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        theirs.data.copy_(ours)
    assert "running statistics differ (body.0.1.running_mean" in said(model, twin)


def test_averaged_weights_with_the_statistics_of_the_first(model):
    averaged = torch.optim.swa_utils.AveragedModel(model)
    for parameter in averaged.parameters():
        parameter.data *= 0.5
    assert "averaged weights need their own" in said(model, averaged)


def test_a_folded_norm_that_forgets_eps_and_mean(model):
    twin = copy.deepcopy(model)
    twin.body[0][1] = nn.Identity()
    assert "it has no body.0.1.running_mean" in said(model, twin)


def test_a_converted_norm_that_loses_its_activation():
    class Act(nn.BatchNorm2d):
        def forward(self, x):
            return torch.relu(super().forward(x))

    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 8, 3), Act(8), nn.Conv2d(8, 4, 3), nn.Flatten())
    assert "differ" in said(model, nn.SyncBatchNorm.convert_sync_batchnorm(copy.deepcopy(model)))


def test_a_twin_that_answers_nan_differs(model):
    twin = copy.deepcopy(model)
    twin.head.out.bias.data[:] = float("nan")
    said(model, twin)


def test_a_twin_that_raises_is_said(model):
    report = doctor.compare(model, nn.Linear(7, 7), images())
    assert report.failed and not report.ok()


def test_only_modules_are_compared(model):
    with pytest.raises(ValueError, match="b=function"):
        doctor.compare(model, lambda x: x, images())
