"""What fresh statistics gain: measured on a trained model with labels, else a note."""

import json

import pytest
import torch
from gains import FILE, PLACES, RATES, SEEDS
from scipy.stats import spearmanr
from torch import nn
from torch.nn import functional as F

from dropnorm import doctor


def task(n: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Three classes, told apart by the pattern of eight features, some far from zero."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 3, (n,), generator=generator)
    centres = torch.randn(3, 8, generator=torch.Generator().manual_seed(9))
    return centres[labels] + 0.7 * torch.randn(n, 8, generator=generator), labels


def trained(p: float, steps: int = 200) -> nn.Sequential:
    torch.manual_seed(0)
    layers = [
        nn.Linear(8, 64),
        nn.ReLU(),
        nn.Dropout(p),
        nn.Linear(64, 64),
        nn.BatchNorm1d(64),
        nn.ReLU(),
    ]
    model = nn.Sequential(*layers, nn.Linear(64, 3))
    images, labels = task(2000, 1)
    optimizer = torch.optim.Adam(model.parameters(), 0.003)
    for step in range(steps):
        batch = slice(step * 64 % 1900, step * 64 % 1900 + 64)
        optimizer.zero_grad()
        F.cross_entropy(model(images[batch]), labels[batch]).backward()
        optimizer.step()
    return model


@pytest.fixture(scope="module")
def model() -> nn.Sequential:
    return trained(0.1)


def named(report) -> dict[str, str]:
    return {finding.check: finding.severity for finding in report.findings}


def test_dropout_before_a_norm_is_a_note_on_an_untrained_model():
    report = doctor.examine(trained(0.5, steps=0), *task(512, 2))
    assert named(report)["dropout-before-norm"] == "note" and report.ok()
    assert any("not trained" in line for line in report.unseen) and not report.measured


def test_harmless_dropout_before_a_norm_stays_a_note(model):
    report = doctor.examine(model, *task(512, 2))
    assert named(report)["dropout-before-norm"] == "note" and report.ok()
    assert "points on 512 images" in report.findings[-1].evidence + report.findings[0].evidence


def test_without_labels_nothing_is_measured(model):
    report = doctor.examine(model, task(512, 2)[0])
    assert named(report)["dropout-before-norm"] == "note" and not report.measured


def test_few_images_are_not_enough(model):
    report = doctor.examine(model, *task(40, 2))
    assert any("at least 64 needed" in line for line in report.unseen) and not report.measured


def test_stale_statistics_are_a_warning_with_gain_and_interval(model):
    images, labels = task(512, 2)
    model = nn.Sequential(*[layer for layer in model if not isinstance(layer, nn.Dropout)])
    assert doctor.examine(model, images, labels).ok()
    report = doctor.examine(model, 0.2 * images + 3, labels)
    assert named(report)["stats-stale"] == "warning"
    low, gain, high = (report.measured[key] for key in ("gain_low", "gain", "gain_high"))
    assert 0.5 < low < gain < high
    assert f"{gain:+.1f} points" in next(
        f.evidence for f in report.findings if f.check == "stats-stale"
    )


def test_the_gain_is_the_gain_of_statistics_of_other_images(model):
    """Two halves: by hand, the same figure."""
    images, labels = task(256, 3)
    images = 2 * images + 1
    report = doctor.examine(model, images, labels)
    even = torch.arange(256) % 2 == 0
    right = {}
    for fresh in (False, True):
        right[fresh] = 0
        for half in (even, ~even):
            copy = nn.Sequential(
                *[type(m)(m.p) if isinstance(m, nn.Dropout) else m for m in trained(0.1)]
            ).eval()
            if fresh:
                norm = copy[4]
                with torch.no_grad():
                    inside = copy[:4](images[~half])
                norm.running_mean.copy_(inside.mean(0))
                norm.running_var.copy_(inside.var(0))
            right[fresh] += int((copy(images[half]).argmax(1) == labels[half]).sum())
    assert report.measured["gain"] == pytest.approx(
        100 * (right[True] - right[False]) / 256, abs=0.5
    )


def test_maps_have_labels_at_every_pixel():
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 1)
    )
    for _ in range(50):
        model(torch.randn(16, 3, 8, 8))
    report = doctor.examine(model, torch.randn(64, 3, 8, 8), torch.randint(0, 2, (64, 8, 8)))
    assert set(report.measured) >= {"gain", "gain_low", "gain_high", "dropout"}


def test_labels_that_do_not_fit_raise_nothing(model):
    report = doctor.examine(model, task(128, 2)[0], torch.zeros(128, 7))
    assert not report.failed


def test_the_stored_figures_foretell_the_gain():
    """24 trained networks: all large gains are warned of, and every warning is a gain.

    The doctor's figure ranks the networks less well than was hoped for (0.75, not 0.85): in half of
    them there is nothing to gain, and their figures differ by noise. With dropout on channels it is
    too low.
    """
    rows = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    networks = {(row["place"], row["p"], row["seed"]) for row in rows}
    assert len(networks) == len(rows) == len(PLACES) * len(RATES) * len(SEEDS)
    predicted, true = [row["dropout"] for row in rows], [row["true_gain"] for row in rows]
    assert spearmanr(predicted, true).statistic > 0.7
    for row in rows:
        assert row["true_gain"] < 5 or row["warned"], row
        assert row["true_gain"] > 0 or not row["warned"], row
