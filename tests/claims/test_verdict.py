"""The rule of verdicts: figures, their marks, the verdict that follows, and the tables."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from dropnorm.claims.effects import (
    ABOVE,
    BELOW,
    CENTRED,
    EQUAL,
    EXACT,
    FASTER,
    Effect,
    Identity,
    Range,
    difference,
)
from dropnorm.claims.tables import details, overview, table
from dropnorm.claims.verdict import Claim, surviving

CHAPTERS = {"Taught in": {7: "02"}, "Measured in": {7: "09 (together)"}}


def effect(low: float, high: float, claimed: Range = ABOVE, setting: str = "at home") -> Effect:
    """An effect whose 95 % t interval from five seeds runs from ``low`` to ``high``."""
    shape = np.array([-2, -1, 0, 1, 2.0])
    half = stats.t.ppf(0.975, 4) * shape.std(ddof=1) / np.sqrt(5)
    values = (low + high) / 2 + shape * (high - low) / 2 / half
    return Effect(setting, "points", values, claimed)


def claim(*figures: Effect | Identity, **fields: str) -> Claim:
    standard = {"number": 7, "text": "It works.", "primary": "at home"}
    return Claim(measure=lambda: figures, **standard | fields)


GOOD, BAD, NONE = effect(1, 2), effect(-2, -1), effect(-1, 1)
GOOD_AWAY, BAD_AWAY = effect(1, 2, setting="away"), effect(-2, -1, setting="away")


@pytest.mark.parametrize(
    ("figure", "supports", "contradicts"),
    [
        (effect(0.1, 0.3), True, False),
        (effect(-0.1, 0.3), False, False),
        (effect(-0.3, -0.1), False, True),
        (effect(-0.3, -0.1, BELOW), True, False),
        (effect(1.1, 1.3, FASTER), True, False),
        (effect(0.9, 1.3, FASTER), False, False),
        (effect(-0.3, 0.3, EQUAL), True, False),
        (effect(-0.3, 0.6, EQUAL), False, False),
        (effect(0.6, 0.9, EQUAL), False, True),
        (effect(0.1, 0.2, CENTRED), True, False),
    ],
)
def test_an_effect_supports_when_its_whole_interval_lies_where_the_claim_says(
    figure, supports, contradicts
):
    assert (figure.supports, figure.contradicts) == (supports, contradicts)


@given(st.floats(-5, 5), st.floats(0.01, 5))
def test_no_effect_both_supports_and_contradicts(low, width):
    for claimed in (ABOVE, BELOW, EQUAL):
        figure = effect(low, low + width, claimed)
        assert not (figure.supports and figure.contradicts)


@given(
    st.lists(st.floats(-5, 5), min_size=6, max_size=12),
    st.booleans(),
    st.sampled_from((ABOVE, BELOW, FASTER)),
)
def test_an_effect_is_marked_exactly_if_its_p_value_is_below_five_percent(values, median, claimed):
    assume(np.ptp(values) > 1e-6)
    figure = Effect("at home", "points", np.array(values), claimed, median=median)
    assume(abs(figure.p - 0.05) > 1e-9)
    assert (figure.p < 0.05) == (figure.supports or figure.contradicts)


def test_the_p_values_are_scipys():
    values = np.array([1.2, 0.4, -0.1, 0.9, 0.7, 0.3, 1.5])
    mean, median = (Effect("", "", values, ABOVE, median=median) for median in (False, True))
    assert mean.p == pytest.approx(stats.ttest_1samp(values, 0).pvalue)
    assert median.p == pytest.approx(stats.binomtest(6, 7).pvalue)


def test_an_arm_with_lost_runs_is_compared_by_medians_and_a_sound_one_by_means():
    sound = pd.Series([86.0, 86.2, 86.4, 86.1, 86.3, 86.2])
    better = pd.Series([86.5, 86.9, 86.8, 86.4, 86.9, 86.6])
    lost = sound.copy()
    lost[2] = 10.0
    assert not difference(better, sound, "", "").median
    by_median = difference(better, lost, "", "")
    assert by_median.median and by_median.supports and by_median.interval.mean < 1
    # As a mean, one lost run hides that all agree.
    assert not Effect("", "", by_median.values, ABOVE).supports
    # Where all are lost nothing mixes.
    assert not difference(better, pd.Series([10.0] * 6), "", "").median


def test_only_seeds_of_both_arms_count():
    a = pd.Series([1.0, 2.0, 3.0], index=[0, 1, 2])
    b = pd.Series([0.0, 0.5, 9.0], index=[1, 2, 5])
    assert difference(a, b, "", "").values.tolist() == [2.0, 2.5]


@pytest.mark.parametrize(
    ("figures", "verdict"),
    [
        ((GOOD,), "holds"),
        ((NONE,), "undecided"),
        ((BAD,), "contradicted"),
        ((GOOD, effect(-1, 1, setting="away")), "holds"),
        ((NONE, GOOD_AWAY), "undecided"),
        ((NONE, BAD_AWAY), "undecided"),
        ((GOOD, BAD_AWAY), "mixed"),
        ((BAD, GOOD_AWAY), "mixed"),
        ((NONE, GOOD_AWAY, effect(-2, -1, setting="far away")), "mixed"),
        ((Identity("at home", "error", 1e-16),), "by definition"),
    ],
)
def test_the_verdict_follows_from_the_primary_figure_unless_figures_contradict_each_other(
    figures, verdict
):
    assert claim(*figures).verdict == verdict


def test_many_supporting_conditions_do_not_outweigh_one_that_contradicts():
    many = [effect(1, 2, setting=f"away {i}") for i in range(20)]
    assert claim(GOOD, *many, BAD_AWAY).verdict == "mixed"


def test_an_identity_that_fails_gives_no_verdict():
    with pytest.raises(ValueError, match=r"claim 7, at home: 0\.3"):
        _ = claim(Identity("at home", "error", 0.3)).verdict


@pytest.mark.parametrize("figures", [(GOOD_AWAY,), (GOOD, GOOD)])
def test_the_primary_figure_must_be_one_of_the_figures(figures):
    with pytest.raises(ValueError, match="claim 7: primary='at home': expected one of"):
        _ = claim(*figures).primary_effect


def test_of_the_effects_that_survive_at_most_a_twentieth_may_be_false():
    p = pd.DataFrame({"p": [0.001, 0.02, 0.03, 0.2, np.nan]})
    assert surviving(p).tolist() == [True, True, True, False]
    assert surviving(pd.DataFrame({"p": [0.04, *[0.5] * 9]})).tolist() == [False] * 10


def test_rounding_errors_are_not_shown_as_figures():
    assert str(Identity("", "", 1e-16)) == "0 to rounding"
    assert str(Identity("", "", 0.34, Range(0, 0.7))) == "0.34" and EXACT.high < 1e-6


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (effect(0.1, 0.3), "+0.20 [+0.10, +0.30], 5 seeds"),
        (effect(0.0003, 0.011), "+0.006 [+0.000, +0.011], 5 seeds"),
        (effect(60, 80), "+70.0 [+60.0, +80.0], 5 seeds"),
        (effect(1.1, 1.3, FASTER), "1.20 [1.10, 1.30], 5 seeds"),
        (
            Effect("", "", np.array([1, 2, 3, 4, 5, np.inf]), FASTER, median=True),
            "3.50 [1.00, ∞], 6 seeds (median)",
        ),
    ],
)
def test_a_figure_has_as_many_digits_as_its_interval_bears(figure, text):
    assert str(figure) == text


def test_the_table_has_a_row_for_each_effect_and_none_for_an_identity():
    exact = claim(Identity("at home", "error", 0.0), number=6)
    rows = table([exact, claim(GOOD, BAD_AWAY)])
    assert rows.number.tolist() == [7, 7] and rows.primary.tolist() == [True, False]
    assert rows.supports.tolist() == [True, False] and rows.contradicts.tolist() == [False, True]
    assert rows.seeds.tolist() == [5, 5] and rows["mean"].tolist() == pytest.approx([1.5, -1.5])


def test_the_tables_name_every_claim_with_its_verdict_and_mark_every_figure():
    bad = effect(-2, -1, setting="away")
    none = effect(-1, 1, setting="far away")
    mixed = claim(bad, none, GOOD, separation="the place", reason="it is the usual case")
    row = (
        "| 7 | It works. | **mixed** | at home: +1.50 [+1.00, +2.00], 5 seeds | 1 1 1 "
        "| 02 | 09 (together) |"
    )
    assert overview([mixed], CHAPTERS).splitlines()[-1] == row
    heading, _, first, *others = details(mixed).splitlines()
    assert "**mixed, by the place**" in heading
    assert first.startswith("- ✓ at home") and first.endswith("*Primary:* it is the usual case")
    assert [line[:6] for line in others] == ["- ✗ aw", "- ○ fa"]


def test_an_identity_has_neither_interval_nor_marks():
    exact = claim(Identity("away", "error", 0.0))
    row = "| 7 | It works. | **by definition** |  |  | 02 | 09 (together) |"
    assert overview([exact], CHAPTERS).splitlines()[-1] == row
    assert details(exact).splitlines()[-1] == "- away: error: 0 to rounding"
