"""The scorecard: its rule, the scores that the book states, and the two identities."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropnorm.experiments import identities, scorecard
from dropnorm.experiments.published import EARLIER, ROWS
from dropnorm.experiments.scorecard import SCORES, Row
from dropnorm.experiments.statistics import Interval
from dropnorm.registry import STUDIES

CHAPTERS = Path(__file__).parents[2] / "chapters/experiments"


def row(low: float, high: float, sign: int = 1, value: float | None = None, **more) -> Row:
    def measure() -> Interval:
        return Interval((low + high) / 2, low, high, 5)

    kept = {
        "paper": "A paper",
        "study": "together",
        "section": "14-x#fig-14-y",
        "differences": ("a smaller network",),
    }
    return Row("fig. 1", "a − b, points", "+1", measure, "", sign, value, **(kept | more))


@pytest.mark.parametrize(
    ("found", "score"),
    [
        (row(0.5, 1.5, 1, 1.0), "agrees"),
        (row(-0.5, 1.5, 1, 1.0), "not reproduced"),
        (row(0.2, 0.6, 1, 1.0), "same direction"),
        (row(0.2, 0.6), "same direction"),
        (row(-0.1, 0.6), "not reproduced"),
        (row(-0.6, -0.2), "not reproduced"),
        (row(-0.6, -0.2, -1), "same direction"),
        (row(-0.6, 0.2, -1), "not reproduced"),
        (row(-0.4, 0.4, 0, level=lambda: 5.0), "agrees"),
        (row(0.1, 0.4, 0, level=lambda: 5.0), "agrees"),
        (row(-0.4, 0.6, 0, level=lambda: 5.0), "not reproduced"),
        (row(-0.4, 0.6, 0, level=lambda: 10.0), "agrees"),
        (row(-1e-12, 1e-12, 0), "agrees"),
        (row(-1e-12, 1e-3, 0), "not reproduced"),
        (row(0.2, 0.6, why_not="another kind of figure"), "not comparable"),
    ],
)
def test_the_score_follows_from_the_interval_and_the_published_figure(found, score):
    assert found.score == score


@settings(deadline=None)
@given(st.floats(-5, 5), st.floats(0.01, 5), st.sampled_from((-1, 1)), st.floats(-5, 5))
def test_an_effect_scores_only_if_its_whole_interval_has_the_published_sign(
    low, width, sign, value
):
    found = row(low, low + width, sign, value)
    assert (found.score == "not reproduced") == (min(sign * low, sign * (low + width)) <= 0)


def test_there_are_rows_enough_and_each_names_a_study_a_figure_and_a_published_effect():
    assert len(ROWS) >= 14 and len({(r.paper, r.figure, r.what) for r in ROWS}) == len(ROWS)
    for r in ROWS:
        assert r.study == "identity" or r.study in STUDIES
        assert r.published and (r.differences or r.study == "identity") and r.sign in (-1, 0, 1)
        assert r.value is None or r.value * r.sign > 0


@pytest.mark.parametrize("number", range(len(ROWS)))
def test_the_stated_score_is_what_the_records_give(number):
    r = ROWS[number]
    assert r.stated in SCORES and r.score == r.stated, r.ours_text
    assert np.isfinite(r.ours).all() and r.ours.n >= 5


def test_every_row_about_no_difference_scales_its_margin_with_an_error_of_ours_or_is_exact():
    for r in ROWS:
        assert (r.sign == 0) == (r.level is not None or r.study == "identity"), r.what
        if r.level is not None:
            assert 0.1 < r.within < 5


def test_the_page_can_say_how_many_rows_stand_on_records_older_than_the_rule():
    assert set(STUDIES) > EARLIER and sum(r.study in EARLIER for r in ROWS) == 13
    assert not any(
        name in EARLIER
        for name in STUDIES
        if name.split("-")[0] in ("srivastava", "hinton", "gal", "hoffer")
    )


@pytest.mark.parametrize("section", sorted({r.section for r in ROWS}))
def test_the_picture_that_a_row_links_to_is_in_its_chapter(section):
    chapter, label = section.split("#")
    cells = json.loads((CHAPTERS / f"{chapter}.ipynb").read_text(encoding="utf-8"))["cells"]
    names = {cell["metadata"].get("mystnb", {}).get("figure", {}).get("name") for cell in cells}
    assert label in names or any(f"({label})=" in "".join(cell["source"]) for cell in cells)


def test_the_page_shows_both_figures_the_score_and_what_is_different():
    found = row(0.2, 0.6, 1, 1.0)
    line = scorecard.overview([found], "experiments").splitlines()[-1]
    assert "| 1 |" in line and "| +1 | +0.40 [+0.20, +0.60], 5 seeds | **same direction** |" in line
    assert "a smaller network" in scorecard.details(
        1, found
    ) and "study run together" in scorecard.details(1, found)
    assert scorecard.table([found]).loc[0, "score"] == "same direction"


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.floats(0, 0.9), st.integers(1, 6))
def test_dropout_on_the_inputs_of_a_linear_regression_is_ridge(seed, p, units):
    assert identities.ridge(seed, p, units) < 1e-9


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_the_mean_network_is_the_geometric_mean_for_one_hidden_layer(seed):
    assert identities.geometric_mean(seed, units=6) < 1e-9


def test_the_mean_network_is_not_the_geometric_mean_for_two_hidden_layers():
    assert min(identities.geometric_mean(seed, layers=2) for seed in range(5)) > 0.01
