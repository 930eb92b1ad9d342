"""What the checker relies on: solutions agree with their referees, mistakes differ from them."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropnorm.exercises import check, hint
from dropnorm.exercises.catalogue import CATALOGUE
from dropnorm.exercises.compare import alike
from dropnorm.exercises.diagnose import results

seeds = st.integers(0, 2**32 - 1)


def same(one, other):
    """Whether two functions' results agree in all cases."""
    return all(
        type(a) is type(b)
        if isinstance(a, Exception) or isinstance(b, Exception)
        else all(map(alike, a, b))
        for a, b in zip(one.values(), other.values(), strict=True)
    )


def asked(exercise, function, seed):
    return results(function, exercise, exercise.cases(np.random.default_rng(seed)))


@pytest.mark.parametrize("name", CATALOGUE)
@given(seed=seeds)
@settings(max_examples=2, deadline=None)
def test_a_solution_agrees_with_each_referee(name, seed):
    exercise = CATALOGUE[name]
    solved = asked(exercise, exercise.solution, seed)
    for referee, ask in exercise.referees.items():
        for case, theirs in asked(exercise, ask, seed).items():
            assert not isinstance(theirs, Exception), (referee, case, theirs)
            assert all(alike(a, b, 1e-6) for a, b in zip(solved[case], theirs, strict=True)), (
                referee,
                case,
            )


@pytest.mark.parametrize("name", CATALOGUE)
def test_other_ways_lead_to_the_same_answer(name):
    exercise = CATALOGUE[name]
    for way in exercise.other_ways:
        assert same(asked(exercise, way, 0), asked(exercise, exercise.solution, 0))


def test_nearly_every_exercise_has_a_referee_and_most_have_pytorch():
    without = {name for name, exercise in CATALOGUE.items() if not exercise.referees}
    assert without <= {"numerical-gradient", "merge-statistics"}
    assert sum("PyTorch" in exercise.referees for exercise in CATALOGUE.values()) >= 16
    backward = [exercise for exercise in CATALOGUE.values() if "backward" in exercise.name]
    assert all(exercise.referees.keys() & {"PyTorch"} for exercise in backward)


@pytest.mark.parametrize("name", CATALOGUE)
def test_mistakes_differ_from_the_solution_and_from_one_another(name):
    exercise = CATALOGUE[name]
    found = {
        mistake: asked(exercise, function, 0)
        for mistake, (_, function) in exercise.mistakes.items()
    }
    found["right"] = asked(exercise, exercise.solution, 0)
    assert [pair for pair in combinations(found, 2) if same(found[pair[0]], found[pair[1]])] == []


@given(name=st.sampled_from(list(CATALOGUE)), seed=seeds)
@settings(max_examples=10, deadline=None)
def test_mistakes_are_named_whatever_the_random_inputs(name, seed):
    for mistake, (_, function) in CATALOGUE[name].mistakes.items():
        assert check(name, function, seed=seed).diagnosis == mistake


@pytest.mark.parametrize("name", CATALOGUE)
def test_words_are_sentences_and_cases_are_float64(name):
    exercise = CATALOGUE[name]
    texts = [
        exercise.hint,
        *(mistake.message for mistake in exercise.mistakes.values()),
        *(message for _, message in exercise.telltale.values()),
    ]
    assert [text for text in texts if not text.endswith((".", "?")) or len(text) > 260] == []
    assert hint(name) == exercise.hint
    cases = exercise.cases(np.random.default_rng(0))
    assert set(exercise.telltale) <= set(cases)
    arrays = [a for arguments in cases.values() for a in arguments if isinstance(a, np.ndarray)]
    assert all(a.dtype in (np.float64, np.int64, np.bool_) for a in arrays)
    assert all(len(arguments) == len(exercise.parameters) for arguments in cases.values())


@pytest.mark.parametrize("name", CATALOGUE)
def test_numbers_that_mean_nothing_are_rejected_in_words(name):
    def waves(*arguments):
        outputs = CATALOGUE[name].solution(*arguments)
        several = isinstance(outputs, tuple)
        waved = [
            np.sin(1.4 * np.asarray(y, float) + 0.2) for y in (outputs if several else [outputs])
        ]
        return tuple(waved) if several else waved[0]

    verdict = check(name, waves)
    assert not verdict.passed and verdict.message.startswith(f"✗ {name}: not yet")
