"""The claims of the ledger: the verdicts that the pages rely on follow from the records."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from dropnorm.claims import CLAIMS, FINDINGS
from dropnorm.claims.tables import table
from dropnorm.claims.verdict import VERDICTS, Claim, surviving
from dropnorm.experiments import storage

ROOT = Path(__file__).parents[2]
PAGES = json.loads((ROOT / "chapters/reference/claims.json").read_text(encoding="utf-8"))
ALL = (*CLAIMS, *FINDINGS)


def name_of(claim: Claim) -> str:
    return f"claim-{claim.number}"


def test_there_are_nineteen_claims_of_texts_and_the_pages_know_each_number():
    """The pages write "nineteen" in words."""
    assert len(CLAIMS) == 19
    assert [claim.number for claim in ALL] == list(range(1, len(ALL) + 1))
    assert [int(number) for number in PAGES] == [claim.number for claim in ALL]


@pytest.mark.parametrize("claim", ALL, ids=name_of)
def test_the_verdict_that_the_pages_rely_on_is_what_the_records_give(claim):
    assert claim.verdict == PAGES[str(claim.number)]["verdict"] in VERDICTS
    assert bool(claim.separation) == (claim.verdict == "mixed")
    if claim.verdict != "by definition":
        assert claim.reason and claim.studies and claim.effects == claim.figures
        assert all(not np.isnan(e.interval).any() and e.interval.n >= 5 for e in claim.effects)
        assert len({effect.setting for effect in claim.effects}) == len(claim.effects)
        assert sum(effect.setting == claim.primary for effect in claim.effects) == 1


def test_only_what_a_layer_is_holds_by_definition():
    identities = [claim.number for claim in ALL if claim.verdict == "by definition"]
    assert identities == [1, 7, 8, 9, 17]
    assert not any(claim.studies for claim in ALL if claim.number in identities)


@pytest.mark.parametrize("claim", [claim for claim in ALL if claim.studies], ids=name_of)
def test_a_claim_names_the_studies_whose_records_it_reads(claim, monkeypatch):
    """A trial that two studies share may lie in the other one's file: so the keys are compared."""
    asked = set()
    find = storage.find

    def spy(keys, *places):
        asked.add(frozenset(keys))
        return find(keys, *places)

    monkeypatch.setattr(storage, "find", spy)
    list(claim.measure())
    assert asked == {frozenset(trial.key for trial in study.trials) for study in claim.studies}


def test_no_gap_is_read_and_no_magnitude_has_an_interval_below_zero():
    effects = [effect for claim in ALL for effect in claim.effects]
    assert not any("training minus test" in e.quantity or "gap" in e.setting for e in effects)
    magnitudes = [effect for effect in effects if effect.quantity.startswith("|")]
    assert magnitudes and all(effect.interval.low >= 0 for effect in magnitudes)


def test_no_figure_counts_twice_within_a_claim():
    for claim in ALL:
        values = [tuple(np.round(effect.values, 9)) for effect in claim.effects]
        assert len({max(v, tuple(-np.array(v))) for v in values}) == len(values), claim.number


def test_the_marks_that_survive_are_marks():
    effects = table(ALL)
    survivors = surviving(effects)
    assert list(survivors.index) == list(effects.index[effects.p.notna()])
    assert survivors.sum() <= (effects.loc[survivors.index].p < 0.05).sum()


def raw_records(study: str) -> list[dict]:
    """A study's records as they stand in its file, read without the package."""
    lines = (ROOT / f"results/{study}.jsonl").read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def test_the_primary_figure_of_the_finding_recomputed_from_the_raw_lines():
    accuracy: dict[float, dict[int, float]] = {0.0: {}, 0.5: {}}
    for record in raw_records("tolerance"):
        trial = record["trial"]
        mended = trial["clip_norm"] or trial["logits_rate"] != 1 or trial["norm_logits"]
        if trial["dropout"] in accuracy and not mended:
            accuracy[trial["dropout"]][trial["seed"]] = record["final"]["test"]["accuracy"]
    lost = np.sort([100 * (accuracy[0.0][seed] - accuracy[0.5][seed]) for seed in range(10)])
    primary = FINDINGS[0].primary_effect
    assert primary.supports and primary.median
    assert tuple(primary.interval) == pytest.approx((np.median(lost), lost[1], lost[-2], 10))


def test_the_average_of_two_networks_recomputed_from_the_raw_lines():
    ahead: dict[int, float] = {}
    for record in raw_records("ensembles"):
        trial = record["trial"]
        if trial["probe"] == "ensemble" and trial["dropout"] == 0:
            two = record["probe"]["accuracy"][1]
        elif trial["dropout"] and trial["steps"] == 2_000:
            two = -record["final"]["test"]["accuracy"]
        else:
            continue
        ahead[trial["seed"]] = ahead.get(trial["seed"], 0) + 100 * two
    values = np.array(list(ahead.values()))
    primary = FINDINGS[1].primary_effect
    assert len(values) == 10 and primary.supports and not primary.median
    assert primary.interval.mean == pytest.approx(values.mean())


def test_three_primary_figures_recomputed_from_the_raw_lines():
    runs: dict[tuple, dict[int, dict]] = {}
    for record in raw_records("together"):
        trial = record["trial"]
        network = (trial["n_train"], trial["norm"], trial["dropout"], trial["lr"])
        runs.setdefault(network, {})[trial["seed"]] = record

    def accuracy(*network):
        records = (runs[network][seed] for seed in range(10))
        return np.array([100 * record["final"]["test"]["accuracy"] for record in records])

    arms_of = {
        2: ((1_000, "none", 0.5, 0.03), (1_000, "none", 0.0, 0.03)),
        19: ((5_000, "batch", 0.5, 0.1), (5_000, "none", 0.0, 0.03)),
    }
    for number, (a, b) in arms_of.items():
        test = stats.ttest_1samp(accuracy(*a) - accuracy(*b), 0)
        primary = CLAIMS[number - 1].primary_effect
        assert tuple(primary.interval[1:3]) == pytest.approx(tuple(test.confidence_interval()))
        assert primary.p == pytest.approx(test.pvalue)

    def steps(*network):
        curves = (runs[network][seed]["curves"] for seed in range(10))
        return np.array([rise(c["step"], c["validation_accuracy"]) for c in curves])

    def rise(step, accuracy, goal=0.8):
        first = int(np.argmax(np.array(accuracy) >= goal))
        return np.interp(goal, accuracy[first - 1 : first + 1], step[first - 1 : first + 1])

    ratio = np.sort(steps(5_000, "none", 0.0, 0.03) / steps(5_000, "batch", 0.0, 0.1))
    interval = CLAIMS[11].primary_effect.interval
    assert tuple(interval) == pytest.approx((np.median(ratio), ratio[1], ratio[-2], 10))
