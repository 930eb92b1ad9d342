"""The ledger: its rule, and the verdicts that the book states."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropnorm.experiments.claims import CLAIMS
from dropnorm.experiments.ledger import ABOVE, BELOW, EQUAL, EXACT, Claim, Effect, details, overview, table
from dropnorm.experiments.statistics import Interval


def effect(low: float, high: float, claimed=ABOVE, when="here") -> Effect:
    return Effect(when, "points", Interval((low + high) / 2, low, high, 10), claimed)


def claim(*effects: Effect) -> Claim:
    return Claim(1, "", "", "", lambda: effects, "")


@pytest.mark.parametrize(
    ("found", "supports", "contradicts"),
    [
        (effect(0.1, 0.3), True, False),
        (effect(-0.1, 0.3), False, False),
        (effect(-0.3, -0.1), False, True),
        (effect(-0.3, -0.1, BELOW), True, False),
        (effect(-0.3, 0.3, EQUAL), True, False),
        (effect(-0.3, 0.6, EQUAL), False, False),
        (effect(0.6, 0.9, EQUAL), False, True),
    ],
)
def test_an_effect_supports_when_its_whole_interval_lies_where_the_claim_says(found, supports, contradicts):
    assert (found.supports, found.contradicts) == (supports, contradicts)


@given(st.floats(-5, 5), st.floats(0, 5))
def test_no_effect_both_supports_and_contradicts(low, width):
    for claimed in (ABOVE, BELOW, EQUAL):
        found = effect(low, low + width, claimed)
        assert not (found.supports and found.contradicts)


def test_rounding_errors_are_not_shown_as_figures():
    assert str(effect(-1e-16, 3e-16, EXACT)) == "0 to rounding, 10 seeds"
    assert "0.10" in str(effect(-0.1, 0.3, EXACT))


def test_the_verdict_follows_from_the_effects():
    good, bad = effect(1, 2, when="here"), effect(-1, 1, when="there")
    assert claim(good, good).verdict == "holds"
    assert claim(good, bad).verdict == "holds when: here"
    assert claim(bad).verdict == "not here"


def test_there_are_nineteen_claims_in_order():
    assert [claim.number for claim in CLAIMS] == list(range(1, 20))


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"claim-{claim.number}")
def test_the_stated_verdict_is_what_the_records_give(claim):
    assert claim.kind == claim.stated, claim.verdict
    assert all(not np.isnan(e.interval).any() and e.interval.n >= 5 for e in claim.effects)


def test_the_table_has_a_row_for_each_effect():
    rows = table(CLAIMS)
    assert len(rows) == sum(len(claim.effects) for claim in CLAIMS) and set(rows.number) == set(range(1, 20))


def test_a_ratio_without_an_upper_end_supports_a_claim_of_more():
    assert effect(1.2, np.inf).supports


def test_the_page_names_every_claim_with_its_verdict_and_marks_every_figure():
    good, bad, none = effect(1, 2, when="here"), effect(-2, -1, when="there"), effect(-1, 1, when="nowhere")
    made_up = Claim(7, "It works.", "02", "09", lambda: (good, bad, none), "")
    assert "| 7 | It works. | **holds when …** | 1 of 3 | 02 | 09 |" in overview([made_up])
    page = details(made_up)
    assert "holds when: here" in page and all(line in page for line in ("- ✓ here", "- ✗ there", "- ○ nowhere"))
