"""Claims in several worlds: the rule, and which networks a world has."""

from collections import Counter

import numpy as np
import pytest
from test_verdict import BAD, GOOD, NONE

from dropnorm.claims import CLAIMS, tables, worlds
from dropnorm.claims.worlds import QUESTIONS, WORLDS, Question, World, over_worlds
from dropnorm.experiments import results
from dropnorm.experiments.trial import CONDITIONS


@pytest.mark.parametrize(
    ("effects", "verdict"),
    [
        ((GOOD, GOOD), "everywhere"),
        ((BAD, BAD), "nowhere"),
        ((GOOD, BAD, NONE), "differs"),
        ((GOOD, NONE), "not settled"),
        ((NONE, NONE), "not settled"),
        ((BAD, NONE), "not settled"),
    ],
)
def test_the_rule_over_worlds(effects, verdict):
    assert over_worlds(effects) == verdict


def test_each_world_has_four_networks_of_its_own_each_at_one_rate():
    where: dict[str, str] = {}
    for world in WORLDS:
        runs = world.runs
        settings = {(run.trial.condition, run.trial.lr) for run in runs}
        assert {condition for condition, _ in settings} <= set(CONDITIONS)
        assert len(settings) == len({condition for condition, _ in settings})
        assert len({(run.trial.data, run.trial.model, run.trial.n_train) for run in runs}) <= 1
        assert max(Counter(run.trial.condition for run in runs).values(), default=0) <= 20
        for run in runs:
            assert where.setdefault(run.trial.key, world.name) == world.name


def test_at_home_a_question_is_the_claims_own_figure():
    claims = {claim.number: claim for claim in CLAIMS}
    for number in (2, 4, 14, 18):
        (question,) = (q for q in QUESTIONS if q.number == number)
        effect = question.measure(worlds.CLOTHES_FEW)
        np.testing.assert_allclose(effect.values, claims[number].primary_effect.values)


def test_the_table_has_a_row_a_question_and_a_column_a_world():
    near, far = (World(name, "", list) for name in ("near", "far"))
    asked = Question(
        number=7, asked="ours − theirs", measure={near: GOOD, far: BAD}.get, worlds=(near, far)
    )
    elsewhere = Question(number=8, asked="again", measure={far: NONE}.get, worlds=(far,))
    first, _, *rows = tables.over_worlds([asked, elsewhere]).splitlines()
    assert first == "| | Figure | Over worlds | near | far |"
    assert rows == [
        "| 7 | ours − theirs | **differs** | ✓ +1.50 | ✗ −1.50 |",
        "| 8 | again | **not settled** |  | ○ +0.00 |",
    ]


def test_the_questions_are_those_of_claims_that_trained_networks_decide():
    numbers = [question.number for question in QUESTIONS]
    assert numbers == sorted(numbers) and set(numbers) <= {c.number for c in CLAIMS if c.studies}


def test_the_networks_without_dropout_fit_their_images_in_all_worlds_but_shift_and_flip():
    for world in WORLDS:
        for name in ("plain", "batch norm"):
            runs = [run for run in world.runs if run.trial.condition == name]
            ratio = results.error_ratio(runs)
            assert (ratio < 0.1) == (world is not worlds.SHIFT_AND_FLIP)
            assert ratio < 0.1 or min(results.error_ratio([run]) for run in runs) > 0.4
