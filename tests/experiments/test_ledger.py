"""The ledger: its rule, and the verdicts that the book states."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from dropnorm.experiments import ledger
from dropnorm.experiments.claims import CLAIMS
from dropnorm.experiments.ledger import (
    ABOVE,
    BELOW,
    CENTRED,
    EQUAL,
    EXACT,
    FASTER,
    VERDICTS,
    Claim,
    Effect,
    Identity,
    details,
    difference,
    overview,
    table,
)

RESULTS = Path(__file__).parents[2] / "results"


def effect(low: float, high: float, claimed=ABOVE, when="here", **more) -> Effect:
    """An effect whose 95 % t interval from five seeds runs from ``low`` to ``high``."""
    shape = np.array([-2, -1, 0, 1, 2.0])
    half = stats.t.ppf(0.975, 4) * shape.std(ddof=1) / np.sqrt(5)
    return Effect(
        when, "points", (low + high) / 2 + shape * (high - low) / 2 / half, claimed, **more
    )


def claim(*effects: Effect | Identity, **more) -> Claim:
    kept = {
        "number": 7,
        "text": "It works.",
        "taught": "02",
        "measured": "09",
        "stated": "",
        "primary": "here",
    }
    return Claim(measure=lambda: effects, **kept | more)


GOOD, BAD, NONE = effect(1, 2), effect(-2, -1), effect(-1, 1)


@pytest.mark.parametrize(
    ("found", "supports", "contradicts"),
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
    found, supports, contradicts
):
    assert (found.supports, found.contradicts) == (supports, contradicts)


@given(st.floats(-5, 5), st.floats(0.01, 5))
def test_no_effect_both_supports_and_contradicts(low, width):
    for claimed in (ABOVE, BELOW, EQUAL):
        found = effect(low, low + width, claimed)
        assert not (found.supports and found.contradicts)


@given(
    st.lists(st.floats(-5, 5), min_size=6, max_size=12),
    st.booleans(),
    st.sampled_from((ABOVE, BELOW, FASTER)),
)
def test_an_effect_is_marked_exactly_if_its_p_value_is_below_five_percent(values, median, claimed):
    assume(np.ptp(values) > 1e-6)
    found = Effect("here", "points", values, claimed, median=median)
    assume(abs(found.p - 0.05) > 1e-9)
    assert (found.p < 0.05) == (found.supports or found.contradicts)


def test_the_p_values_are_scipys():
    values = [1.2, 0.4, -0.1, 0.9, 0.7, 0.3, 1.5]
    assert Effect("", "", values, ABOVE).p == pytest.approx(stats.ttest_1samp(values, 0).pvalue)
    assert Effect("", "", values, ABOVE, median=True).p == pytest.approx(
        stats.binomtest(6, 7).pvalue
    )


def test_an_arm_with_lost_runs_is_told_by_medians_and_a_sound_one_by_means():
    sound, more = (
        pd.Series([86.0, 86.2, 86.4, 86.1, 86.3, 86.2]),
        pd.Series([86.5, 86.9, 86.8, 86.4, 86.9, 86.6]),
    )
    lost = sound.copy()
    lost[2] = 10.0
    assert difference(more, sound, "", "").median is False
    apart = difference(more, lost, "", "")
    assert apart.median and apart.supports and apart.interval.mean < 1
    assert not Effect(
        "", "", apart.values, ABOVE
    ).supports  # as a mean, one lost run hides that all agree
    assert not difference(more, pd.Series([10.0] * 6), "", "").median  # all are lost: nothing mixes


def test_only_seeds_of_both_arms_count():
    a, b = pd.Series([1.0, 2.0, 3.0], index=[0, 1, 2]), pd.Series([0.0, 0.5, 9.0], index=[1, 2, 5])
    assert difference(a, b, "", "").values == [2.0, 2.5]


# --- the verdict


@pytest.mark.parametrize(
    ("effects", "verdict"),
    [
        ((GOOD,), "holds"),
        ((NONE,), "undecided"),
        ((BAD,), "contradicted"),
        ((GOOD, effect(-1, 1, when="there")), "holds"),
        ((NONE, effect(1, 2, when="there")), "undecided"),
        ((NONE, effect(-2, -1, when="there")), "undecided"),
        ((GOOD, effect(-2, -1, when="there")), "mixed"),
        ((BAD, effect(1, 2, when="there")), "mixed"),
        ((NONE, effect(1, 2, when="there"), effect(-2, -1, when="elsewhere")), "mixed"),
        ((Identity("here", "error", 1e-16),), "by definition"),
    ],
)
def test_the_verdict_follows_from_the_primary_figure_unless_figures_contradict_each_other(
    effects, verdict
):
    assert claim(*effects).verdict == verdict


def test_many_supporting_conditions_do_not_outweigh_one_that_contradicts():
    many = [effect(1, 2, when=f"there {i}") for i in range(20)]
    assert claim(GOOD, *many, effect(-2, -1, when="elsewhere")).verdict == "mixed"


def test_an_identity_that_fails_gives_no_verdict():
    with pytest.raises(ValueError, match=r"claim 7, here: 0\.3"):
        _ = claim(Identity("here", "error", 0.3)).verdict


@pytest.mark.parametrize("effects", [(effect(1, 2, when="there"),), (GOOD, GOOD)])
def test_the_primary_figure_must_be_one_of_the_figures(effects):
    with pytest.raises(ValueError, match="claim 7: primary='here': expected one of"):
        _ = claim(*effects).decisive


# --- the book's claims


def test_there_are_nineteen_claims_in_order():
    assert [claim.number for claim in CLAIMS] == list(range(1, 20))


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"claim-{claim.number}")
def test_the_stated_verdict_is_what_the_records_give(claim):
    assert claim.verdict == claim.stated in VERDICTS
    assert bool(claim.separates) == (claim.verdict == "mixed")
    if claim.verdict != "by definition":
        assert claim.why and claim.worlds
        assert all(not np.isnan(e.interval).any() and e.interval.n >= 5 for e in claim.effects)
        assert len({effect.when for effect in claim.effects}) == len(claim.effects)


def test_only_what_a_layer_is_holds_by_definition():
    assert [claim.number for claim in CLAIMS if claim.verdict == "by definition"] == [
        1,
        7,
        8,
        9,
        17,
    ]


def test_no_gap_is_read_and_no_magnitude_has_an_interval_below_zero():
    effects = [effect for claim in CLAIMS for effect in claim.effects if isinstance(effect, Effect)]
    assert not any(
        "training minus test" in effect.what or "gap" in effect.when for effect in effects
    )
    assert all(effect.interval.low >= 0 for effect in effects if effect.what.startswith("|"))


def test_no_figure_counts_twice_within_a_claim():
    for each in CLAIMS:
        values = [tuple(np.round(e.values, 9)) for e in each.effects if isinstance(e, Effect)]
        assert len({max(v, tuple(-np.array(v))) for v in values}) == len(values), each.number


def stored(name: str) -> list[dict]:
    """A study's records as they stand in the file, read without the package."""
    return [
        json.loads(line)
        for line in (RESULTS / f"{name}.jsonl").read_text(encoding="utf-8").split("\n")
        if line
    ]


def test_three_primary_figures_recomputed_from_the_raw_lines():
    seen: dict[tuple, dict[int, dict]] = {}
    for record in stored("together"):
        trial = record["trial"]
        where = (trial["n_train"], trial["norm"], trial["dropout"], trial["lr"])
        seen.setdefault(where, {})[trial["seed"]] = record

    def accuracy(*where):
        return np.array(
            [100 * seen[where][seed]["final"]["test"]["accuracy"] for seed in range(10)]
        )

    for number, arms in {
        2: ((1_000, "none", 0.5, 0.03), (1_000, "none", 0.0, 0.03)),
        19: ((5_000, "batch", 0.5, 0.1), (5_000, "none", 0.0, 0.03)),
    }.items():
        test = stats.ttest_1samp(accuracy(*arms[0]) - accuracy(*arms[1]), 0)
        found = CLAIMS[number - 1].decisive
        assert tuple(found.interval[1:3]) == pytest.approx(tuple(test.confidence_interval()))
        assert found.p == pytest.approx(test.pvalue)

    def steps(*where):
        curves = (seen[where][seed]["curves"] for seed in range(10))
        return np.array([rise(c["step"], c["validation_accuracy"]) for c in curves])

    def rise(step, accuracy, goal=0.8):
        first = int(np.argmax(np.array(accuracy) >= goal))
        return np.interp(goal, accuracy[first - 1 : first + 1], step[first - 1 : first + 1])

    ratio = np.sort(steps(5_000, "none", 0.0, 0.03) / steps(5_000, "batch", 0.0, 0.1))
    found = CLAIMS[11].decisive.interval
    assert tuple(found) == pytest.approx((np.median(ratio), ratio[1], ratio[-2], 10))


def test_of_the_marks_that_stay_at_most_a_twentieth_may_be_false():
    effects = table(CLAIMS)
    stay = ledger.surviving(effects)
    assert list(stay.index) == list(effects.index[effects.p.notna()])
    assert stay.sum() <= (effects.loc[stay.index].p < 0.05).sum()
    made_up = pd.DataFrame({"p": [0.001, 0.02, 0.03, 0.2, np.nan]})
    assert ledger.surviving(made_up).tolist() == [True, True, True, False]
    assert ledger.surviving(pd.DataFrame({"p": [0.04, *[0.5] * 9]})).tolist() == [False] * 10


# --- the page


def test_rounding_errors_are_not_shown_as_figures():
    assert str(Identity("", "", 1e-16)) == "0 to rounding"
    assert str(Identity("", "", 0.34, (0, 0.7))) == "0.34" and EXACT[1] < 1e-6


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (effect(0.1, 0.3), "+0.20 [+0.10, +0.30], 5 seeds"),
        (effect(0.0003, 0.011), "+0.006 [+0.000, +0.011], 5 seeds"),
        (effect(60, 80), "+70.0 [+60.0, +80.0], 5 seeds"),
        (effect(1.1, 1.3, FASTER), "1.20 [1.10, 1.30], 5 seeds"),
        (
            Effect("", "", [1, 2, 3, 4, 5, np.inf], FASTER, median=True),
            "3.50 [1.00, ∞], 6 seeds (median)",
        ),
    ],
)
def test_a_figure_has_as_many_digits_as_its_interval_bears(found, text):
    assert str(found) == text


def test_the_table_has_a_row_for_each_effect_and_none_for_an_identity():
    rows = table(CLAIMS)
    measured = [claim for claim in CLAIMS if claim.verdict != "by definition"]
    assert len(rows) == sum(len(claim.effects) for claim in measured)
    assert set(rows.number) == {claim.number for claim in measured}
    assert rows.groupby("number").primary.sum().eq(1).all()


def test_the_page_names_every_claim_with_its_verdict_and_marks_every_figure():
    there, nowhere = (
        effect(-2, -1, when="there", world="another world"),
        effect(-1, 1, when="nowhere"),
    )
    made_up = claim(there, nowhere, GOOD, separates="the place", why="it is the usual case")
    row = (
        "| 7 | It works. | **mixed** | here: +1.50 [+1.00, +2.00], 5 seeds | 1 1 1 | 2 | 02 | 09 |"
    )
    assert overview([made_up]).splitlines()[-1] == row
    heading, _, first, *others = details(made_up).splitlines()
    assert "**mixed, by the place**" in heading
    assert first.startswith("- ✓ here") and first.endswith("*Primary:* it is the usual case")
    assert [line[:6] for line in others] == ["- ✗ th", "- ○ no"]


def test_an_identity_has_neither_interval_nor_marks_nor_world():
    exact = claim(Identity("here", "error", 0.0))
    assert (
        overview([exact]).splitlines()[-1]
        == "| 7 | It works. | **by definition** |  |  |  | 02 | 09 |"
    )
    assert details(exact).splitlines()[-1] == "- here: error: 0 to rounding"
