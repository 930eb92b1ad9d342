"""The scorecard: its rule, and the scores that the pages rely on."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropnorm.experiments import studies
from dropnorm.experiments.statistics import Interval
from dropnorm.registry import STUDIES
from dropnorm.replications import ROWS, scorecard
from dropnorm.replications.scorecard import SCORES, Replication, Row

CHAPTERS = Path(__file__).parents[2] / "chapters"
PAGES = json.loads((CHAPTERS / "reference/scorecard.json").read_text(encoding="utf-8"))
EXAMPLE = Replication(
    name="example", paper="A paper", study=studies.TOGETHER, differences=("a smaller network",)
)
REPLICATIONS = list(dict.fromkeys(row.replication for row in ROWS))


def row(low: float, high: float, **fields) -> Row:
    return Row(
        replication=EXAMPLE,
        figure="fig. 1",
        effect="a − b, points",
        published="+1",
        measure=lambda: Interval((low + high) / 2, low, high, 5),
        **fields,
    )


@pytest.mark.parametrize(
    ("example", "score"),
    [
        (row(0.5, 1.5, value=1.0), "agrees"),
        (row(-0.5, 1.5, value=1.0), "not reproduced"),
        (row(0.2, 0.6, value=1.0), "same direction"),
        (row(0.2, 0.6, sign=1), "same direction"),
        (row(-0.1, 0.6, sign=1), "not reproduced"),
        (row(-0.6, -0.2, sign=1), "not reproduced"),
        (row(-0.6, -0.2, sign=-1), "same direction"),
        (row(-0.6, -0.2, value=-0.3), "agrees"),
        (row(-0.6, 0.2, sign=-1), "not reproduced"),
        (row(-0.4, 0.4, level=lambda: 5.0), "agrees"),
        (row(0.1, 0.4, level=lambda: 5.0), "agrees"),
        (row(-0.4, 0.6, level=lambda: 5.0), "not reproduced"),
        (row(-0.4, 0.6, level=lambda: 10.0), "agrees"),
        (row(-1e-12, 1e-12), "agrees"),
        (row(-1e-12, 1e-3), "not reproduced"),
        (row(0.2, 0.6, value=0.3, incomparable="another kind of figure"), "not comparable"),
    ],
)
def test_the_score_follows_from_the_interval_and_the_published_figure(example, score):
    assert example.score == score


@settings(deadline=None)
@given(st.floats(-5, 5), st.floats(0.01, 5), st.sampled_from((-1, 1)))
def test_an_effect_scores_only_if_its_whole_interval_has_the_published_sign(low, width, sign):
    example = row(low, low + width, sign=sign)
    elsewhere = min(sign * low, sign * (low + width)) <= 0
    assert (example.score == "not reproduced") == elsewhere


def test_there_are_rows_enough_and_each_names_a_study_a_figure_and_a_published_effect():
    assert len({(r.replication.paper, r.figure, r.effect) for r in ROWS}) == len(ROWS) >= 14
    for r in ROWS:
        study = r.replication.study
        assert study is None or STUDIES[study.name] is study
        assert r.published and (study is None or r.replication.differences)
        assert r.value is None or (r.value != 0 and r.sign == 0)


@pytest.mark.parametrize("replication", REPLICATIONS, ids=lambda each: each.name)
def test_the_scores_that_the_pages_rely_on_are_what_the_records_give(replication):
    rows = [r for r in ROWS if r.replication is replication]
    assert [r.score for r in rows] == PAGES[replication.name]["scores"]
    assert all(r.score in SCORES and np.isfinite(r.ours).all() and r.ours.n >= 5 for r in rows)


def test_the_pages_know_every_replication_by_its_name():
    assert list(PAGES) == [replication.name for replication in REPLICATIONS]


def test_every_row_about_no_difference_scales_its_margin_with_an_error_of_ours_or_is_exact():
    for r in ROWS:
        exact = r.replication.study is None
        assert (r.direction == 0) == (r.level is not None or exact), r.effect
        assert r.level is None or 0.1 < r.margin < 5


def test_the_pages_can_say_how_many_rows_stand_on_records_older_than_the_rule():
    assert sum(r.replication.before_rule for r in ROWS) == 12
    for replication in REPLICATIONS:
        own_study = replication.study in studies.STUDIES
        own_study &= replication.study is not studies.PHOTO_CNN  # which came after the rule
        assert replication.before_rule == own_study, replication.name


@pytest.mark.parametrize("picture", sorted({page["picture"] for page in PAGES.values()}))
def test_the_picture_that_a_row_links_to_is_in_its_chapter(picture):
    chapter, label = picture.split("#")
    notebook = (CHAPTERS / "experiments" / f"{chapter}.ipynb").read_text(encoding="utf-8")
    cells = json.loads(notebook)["cells"]
    names = {cell["metadata"].get("mystnb", {}).get("figure", {}).get("name") for cell in cells}
    assert label in names or any(f"({label})=" in "".join(cell["source"]) for cell in cells)


def test_the_tables_show_both_figures_the_score_and_what_is_different():
    example = row(0.2, 0.6, value=1.0)
    line = scorecard.overview([example], lambda r: f"x.html#{r.replication.name}").splitlines()[-1]
    assert line.startswith("| 1 | **same direction** | [A paper, fig. 1](x.html#example) |")
    assert line.endswith("| +1 | +0.40 [+0.20, +0.60], 5 seeds |")
    details = scorecard.details(1, example)
    assert "a smaller network" in details and "study run together" in details
    assert scorecard.table([example]).loc[0, "score"] == "same direction"
