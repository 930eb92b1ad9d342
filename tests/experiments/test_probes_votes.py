"""Probes of probabilities, against other ways to compute the same."""

from dataclasses import replace

import pytest
import tiny_trials
import torch
from scipy.stats import mannwhitneyu

from dropnorm.experiments.evaluation import scores_of
from dropnorm.experiments.inputs import load
from dropnorm.experiments.model import build_model
from dropnorm.experiments.probes import recalibration
from dropnorm.experiments.probes.answers import right_images
from dropnorm.experiments.probes.base import Trained
from dropnorm.experiments.probes.calibration import figures_of_merit
from dropnorm.experiments.probes.ensemble import MEMBERS, OTHER_SEEDS
from dropnorm.experiments.probes.hidden_layer import split_at_logits
from dropnorm.experiments.probes.running_statistics import recalibrated
from dropnorm.experiments.training import fit, run_trial
from dropnorm.experiments.trial import Trial

TINY = tiny_trials.TINY | {"n_train": 200, "hidden": 16, "steps": 10}
CPU = torch.device("cpu")


def some_probabilities(n: int = 400, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    probabilities = (2 * torch.randn(n, 10, generator=random)).softmax(1)
    return probabilities, torch.multinomial(probabilities.sqrt(), 1, generator=random)[:, 0]


def test_figures_of_merit_are_those_of_other_libraries():
    probabilities, labels = some_probabilities()
    confidence, predicted = probabilities.max(1)
    right = predicted == labels
    found = figures_of_merit(probabilities, labels)
    test = mannwhitneyu(confidence[right].numpy(), confidence[~right].numpy())
    assert found["auroc"] == pytest.approx(
        test.statistic / (int(right.sum()) * int((~right).sum()))
    )
    assert found["loss"] == pytest.approx(
        torch.nn.functional.cross_entropy(probabilities.log(), labels).item(), rel=1e-5
    )
    assert found["accuracy"] == pytest.approx(right.double().mean().item())
    assert found["confidence"] == pytest.approx(confidence.double().mean().item())


def test_ties_count_half_and_without_a_wrong_answer_there_is_no_auroc():
    probabilities, labels = torch.full((4, 2), 0.5), torch.tensor([0, 0, 1, 1])
    assert figures_of_merit(probabilities, labels)["auroc"] == 0.5
    assert (
        figures_of_merit(torch.eye(2), torch.tensor([0, 1]))["auroc"]
        != figures_of_merit(torch.eye(2), torch.tensor([0, 1]))["auroc"]
    )


def test_probabilities_drawn_from_are_calibrated_and_sharper_ones_are_not():
    random = torch.Generator().manual_seed(1)
    probabilities = torch.randn(20_000, 10, generator=random).softmax(1)
    labels = torch.multinomial(probabilities, 1, generator=random)[:, 0]
    sharper = probabilities**3 / (probabilities**3).sum(1, keepdim=True)
    assert (
        figures_of_merit(probabilities, labels)["error"]
        < 0.02
        < 0.1
        < figures_of_merit(sharper, labels)["error"]
    )


def test_an_ensemble_is_the_mean_of_its_members_probabilities():
    trial = Trial(seed=2, probe="ensemble", **TINY)
    found = run_trial(trial).probe
    images, labels = load(trial, "test", CPU)
    seeds = [2 + OTHER_SEEDS * member for member in range(MEMBERS)]
    models = [fit(replace(trial, seed=seed, probe="none"), CPU)[0].eval() for seed in seeds]
    parts = torch.stack([scores_of(model, images).softmax(1) for model in models])
    for members in range(1, MEMBERS + 1):
        expected = figures_of_merit(parts[:members].mean(0), labels)
        for name in ("accuracy", "loss", "error"):
            assert found[name][members - 1] == pytest.approx(expected[name], rel=1e-3, abs=1e-3)


def test_a_vote_is_there_where_there_is_dropout_and_differs_from_a_single_answer():
    assert "votes" not in run_trial(Trial(probe="calibration", **TINY)).probe
    found = run_trial(Trial(probe="calibration", dropout=0.5, **TINY)).probe
    assert found["votes"]["loss"] != found["single"]["loss"]


@pytest.mark.parametrize("probe", ["calibration", "ensemble", "recalibration"])
@pytest.mark.parametrize(
    "network",
    [{"norm": "batch", "dropout": 0.5}, {"norm": "batch", "dropout": 0.5, "dropout_at": "both"}],
)
def test_these_probes_change_nothing_of_the_training_either(probe, network):
    without, with_probe = (run_trial(Trial(probe=p, **TINY, **network)) for p in ("none", probe))
    assert (without.curves, without.final) == (with_probe.curves, with_probe.final)
    assert with_probe.probe and type(with_probe).from_line(with_probe.to_line()) == with_probe


def test_recalibration_finds_what_was_done_to_the_running_statistics():
    trial = Trial(norm="batch", **TINY | {"steps": 60})
    model = fit(trial, CPU)[0]
    splits = {split: load(trial, split, CPU) for split in ("train", "validation", "test")}
    anew = recalibrated(model, splits["train"][0])
    good = recalibration.measure(Trained(trial, anew, splits, fit=build_model))
    assert good["variances"] == pytest.approx([1, 1, 1], abs=0.1) and max(good["means"]) < 0.05
    with torch.no_grad():
        model.norm2.running_var *= 4
        model.norm3.running_mean += 2 * model.norm3.running_var.sqrt()
    spoilt = recalibration.measure(Trained(trial, model, splits, fit=build_model))
    assert spoilt["variances"][1] > 3 and spoilt["means"][2] > 1.2
    assert spoilt["test"] == good["test"]  # it is repaired all the same


def test_answers_say_of_every_test_image_whether_it_is_right():
    trial = Trial(probe="answers", **TINY | {"n_test": 101})
    record = run_trial(trial)
    images, labels = load(trial, "test", CPU)
    model = fit(trial, CPU)[0].eval()
    right = right_images(type(record).from_line(record.to_line()))
    assert right.tolist() == (scores_of(model, images).argmax(1) == labels).tolist()
    assert right.mean() == pytest.approx(record.final["test"]["accuracy"], abs=1e-4)


def test_subsets_of_the_training_images_have_none_in_common_and_share_the_others():
    first, second = (Trial(subset=subset, **TINY) for subset in (0, 1))
    (a, _), (b, labels) = (load(trial, "train", CPU) for trial in (first, second))
    assert len(a) == len(b) == 200 and labels.bincount().tolist() == [20] * 10
    assert not {image.numpy().tobytes() for image in a} & {image.numpy().tobytes() for image in b}
    for split in ("validation", "test"):
        assert torch.equal(load(first, split, CPU)[0], load(second, split, CPU)[0])


def test_the_logits_behind_a_norm_are_split_off_with_it():
    trial = Trial(norm="batch", norm_logits=True, **TINY)
    model, x = build_model(trial), torch.rand(50, 1, 28, 28)
    model(x)
    rest, logits = split_at_logits(model)
    torch.testing.assert_close(logits(rest(x)), model.eval()(x))
