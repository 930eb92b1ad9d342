"""The statistics, on data with a known answer."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from dropnorm.experiments import statistics
from dropnorm.experiments.records import ENGINE, Record
from dropnorm.experiments.trial import Trial


@pytest.mark.parametrize("n", [5, 10, 20])
def test_the_interval_covers_the_true_difference_95_times_in_100(n):
    rng = np.random.default_rng(n)
    hits = 0
    for _ in range(4_000):
        seed_effect = rng.normal(0, 3, n)  # shared by both arms: pairing removes it
        a, b = (pd.Series(seed_effect + rng.normal(mean, 1, n)) for mean in (0.5, 0.0))
        interval = statistics.paired_difference(a, b)
        hits += interval.low <= 0.5 <= interval.high
    assert 0.94 < hits / 4_000 < 0.96


@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=20), st.floats(-5, 5))
def test_the_interval_is_scipys_and_moves_with_the_data(values, shift):
    a, b = pd.Series(values), pd.Series(values[::-1])
    assume(np.ptp(a - b) > 1e-3)  # scipy warns where nothing varies
    got = statistics.paired_difference(a + shift, b)
    want = stats.ttest_rel(a + shift, b).confidence_interval()
    assert got.low == pytest.approx(want.low, abs=1e-6) and got.high == pytest.approx(
        want.high, abs=1e-6
    )
    assert got.mean == pytest.approx(shift, abs=1e-9)


def test_pairing_narrows_the_interval_when_seeds_share_noise():
    rng = np.random.default_rng(0)
    shared = rng.normal(0, 3, 10)
    a, b = (pd.Series(shared + rng.normal(0, 0.1, 10)) for _ in range(2))
    paired = statistics.paired_difference(a, b)
    shuffled = statistics.mean_interval(a.to_numpy() - np.roll(b.to_numpy(), 1))
    assert paired.high - paired.low < 0.2 * (shuffled.high - shuffled.low)


def test_the_interaction_of_additive_effects_is_zero():
    four = pd.DataFrame(
        {
            "plain": [0.0, 1, 2],
            "dropout": [1.0, 2, 3],
            "batch norm": [2.0, 3, 4],
            "both": [3.0, 4, 5],
        }
    )
    assert statistics.interaction(four).mean == 0
    assert statistics.interaction(four.assign(both=four["both"] - 0.5)).mean == pytest.approx(-0.5)


@pytest.mark.parametrize(
    ("ends", "text"),
    [
        ((1.234, -0.5, 2.968), "+1.2 [−0.5, +3.0]"),
        ((-1.2, -np.inf, np.inf), "−1.2 [−∞, +∞]"),
    ],
)
def test_an_interval_writes_itself_with_its_ends(ends, text):
    assert f"{statistics.Interval(*ends, 5):+.1f}" == text


def test_the_interval_of_a_ratio_comes_back_from_that_of_its_logarithm():
    ratio = statistics.Interval(0, -1, 2, 7).back(10)
    assert ratio == pytest.approx((1, 0.1, 100, 7))


def test_only_seeds_with_every_setting_are_complete():
    table = pd.DataFrame({"seed": [0, 0, 1, 1, 2], "lr": [0.1, 0.3, 0.1, 0.3, 0.1]})
    assert set(statistics.complete(table)["seed"]) == {0, 1}


def rates(validation, on_the_way, test):
    """A table of one network at three learning rates, two seeds each, in fractions."""
    rows = zip((0.1, 0.2, 0.3), validation, on_the_way, test, strict=True)
    return pd.DataFrame(
        {
            "condition": "a",
            "lr": lr,
            "seed": seed,
            "validation_accuracy": end,
            "looks_accuracy": way,
            "test_accuracy": score,
        }
        for lr, end, way, score in rows
        for seed in (0, 1)
    )


def chosen(table):
    best = statistics.best_setting(table, over="lr", within=["condition"])
    assert best.groupby("condition")["seed"].nunique().eq(2).all()
    return best.groupby("condition")["lr"].unique().map(list).to_dict()


def test_selection_looks_at_validation_only():
    assert chosen(rates((0.8, 0.9, 0.7), (0.5, 0.5, 0.5), (0.9, 0.1, 0.9))) == {"a": [0.2]}


def test_of_settings_that_end_alike_the_fastest_is_chosen_and_of_others_the_best():
    assert chosen(rates((0.8976, 0.9, 0.8), (0.7, 0.6, 0.9), (0, 0, 0))) == {"a": [0.1]}
    assert chosen(rates((0.8974, 0.9, 0.8), (0.7, 0.6, 0.9), (0, 0, 0))) == {"a": [0.2]}


def test_every_group_chooses_for_itself():
    both = pd.concat(
        [
            rates((0.9, 0.8, 0.7), (0.5,) * 3, (0,) * 3),
            rates((0.7, 0.8, 0.9), (0.5,) * 3, (0,) * 3).assign(condition="b"),
        ]
    )
    assert chosen(both) == {"a": [0.1], "b": [0.3]}


def test_the_usable_rates_are_those_near_each_seeds_own_best():
    table = rates((0.9, 0.895, 0.7), (0.5,) * 3, (0,) * 3)
    table.loc[table["seed"] == 1, "validation_accuracy"] -= (
        0.3  # a worse seed has a best of its own
    )
    edges = statistics.usable(table)
    assert np.allclose(edges[["min", "max"]], np.log10([0.1, 0.2])) and np.allclose(
        edges["width"], np.log10(2)
    )
    assert np.allclose(statistics.usable(table, 0.004)["width"], 0)
    assert np.allclose(statistics.usable(table, 0.21)["width"], np.log10(3))
    alone = pd.concat(
        [table, rates((0.9, 0.1, 0.1), (0.5,) * 3, (0,) * 3).query("lr < 0.3").assign(seed=7)]
    )
    assert set(statistics.usable(alone.drop_duplicates(["lr", "seed"])).index.unique("seed")) == {
        0,
        1,
    }
    with pytest.raises(ValueError, match="tolerance=1"):
        statistics.usable(table, 1)


@given(st.lists(st.floats(85, 88), min_size=5, max_size=20), st.integers(0, 4))
def test_a_run_far_from_its_arm_is_told_from_noise(accuracy, which):
    assert not statistics.has_lost_runs(np.array(accuracy))
    assert not statistics.has_lost_runs(np.full(10, 10.0))  # all are lost: nothing mixes
    accuracy[which] = 10.0
    assert statistics.has_lost_runs(np.array(accuracy))


@given(st.lists(st.floats(85, 88), min_size=5, max_size=20), st.randoms())
def test_an_effect_is_a_mean_and_with_lost_runs_a_median_of_the_seeds_that_both_arms_have(a, draw):
    a = pd.Series(a)
    b = a - 1 - pd.Series([draw.random() for _ in a])
    only_here = pd.concat([b, pd.Series({100: 10.0})])
    assert statistics.paired_effect(a, only_here) == ("mean", statistics.paired_difference(a, b))
    b[0] = 10.0  # one lost run
    which, effect = statistics.paired_effect(a, b)
    assert which == "median" and effect.n == len(a)
    difference = np.sort(a - b)
    assert effect.mean == pytest.approx(np.median(difference)) and effect.mean < 5
    assert difference[0] <= effect.low <= effect.mean <= effect.high <= difference[-1]
    if len(a) == 5:
        assert (effect.low, effect.high) == (difference[0], difference[-1])


def test_what_is_not_paired_is_refused():
    table = pd.DataFrame(
        {"condition": ["a", "a", "b"], "seed": [0, 1, 0], "test_accuracy": [0.1, 0.2, 0.3]}
    )
    with pytest.raises(ValueError, match="not every seed"):
        statistics.by_seed(table, "condition")
    with pytest.raises(ValueError, match="do not tell the records apart"):
        statistics.by_seed(pd.concat([table, table]), "condition")
    with pytest.raises(ValueError, match="seeds differ"):
        statistics.paired_difference(pd.Series([1.0, 2]), pd.Series([1.0, 2], index=[5, 6]))


@pytest.mark.parametrize("values", [[], [1.0], [1.0, float("nan")]])
def test_too_few_or_broken_values_are_refused(values):
    with pytest.raises(ValueError, match="at least two finite"):
        statistics.mean_interval(values)


@pytest.mark.parametrize("n", [6, 10, 20])
def test_the_median_interval_covers_the_true_median_at_least_95_times_in_100(n):
    rng = np.random.default_rng(n)
    intervals = [statistics.median_interval(rng.standard_cauchy(n)) for _ in range(4_000)]
    assert 0.945 < np.mean([i.low <= 0 <= i.high for i in intervals]) < 0.985


def test_runs_that_never_arrive_count_as_slower_than_all_others():
    interval = statistics.median_interval([1, 2, 3, 4, 5, 6, 7, np.inf, np.inf, np.inf])
    assert interval == (5.5, 2, np.inf, 10)
    assert statistics.median_interval([np.inf] * 10) == (np.inf, np.inf, np.inf, 10)


@pytest.mark.parametrize("values", [[1.0] * 5, [1, 2, 3, 4, 5, np.nan], [[1.0] * 6]])
def test_a_median_interval_that_cannot_be_had_is_refused(values):
    with pytest.raises(ValueError, match="values"):
        statistics.median_interval(values)


def test_steps_to_an_accuracy_lie_on_the_line_between_two_looks_or_are_never():
    def run(seed, accuracies):
        curves = {
            "step": [10, 20, 30],
            "train_loss": [1] * 3,
            "validation_loss": [1] * 3,
            "validation_accuracy": accuracies,
        }
        versions = {"engine": ENGINE}
        trial = Trial(seed=seed)
        return Record(
            trial=trial,
            curves=curves,
            final={},
            diverged=False,
            seconds=1,
            device="cpu",
            threads=1,
            versions=versions,
        )

    runs = [
        run(0, [0.5, 0.9, 0.7]),
        run(1, [0.8, 0.9, 0.9]),
        run(2, [0.1, 0.1, 0.1]),
        run(3, [0.5, 0.7, 0.8]),
    ]
    assert statistics.steps_to(runs, 0.8).tolist() == pytest.approx([17.5, 10, np.inf, 30])
    with pytest.raises(ValueError, match="accuracy=80"):
        statistics.steps_to(runs, 80)
