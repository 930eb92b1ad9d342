"""Answers as readers write them: wrong ones are rejected under the name of their mistake, right ones pass."""

from collections import Counter

import numpy as np
import pytest
from table import ANSWERS, answers, expected

from dropnorm.exercises import check, exercises, stub
from dropnorm.exercises.catalogue import CATALOGUE

ALL = [(name, key, function) for name in CATALOGUE for key, function in answers(name).items()]


@pytest.mark.parametrize(("name", "key", "function"), ALL, ids=[f"{name}:{key}" for name, key, _ in ALL])
def test_an_answer_gets_the_diagnosis_it_is_named_after(name, key, function):
    verdict = check(name, function)
    assert verdict.diagnosis == expected(key), verdict.message
    assert verdict.passed == (expected(key) == "right")
    if expected(key) in CATALOGUE[name].mistakes:
        assert CATALOGUE[name].mistakes[expected(key)][0] in verdict.message


def test_two_mistakes_at_once_are_both_named():
    both = answers("running-statistics")["biased_variance__and_momentum_on_the_mean"]
    verdict = check("running-statistics", both)
    assert {verdict.diagnosis, *verdict.also} == {"biased-variance", "momentum-turned-round"}


def test_every_exercise_has_five_wrong_answers_and_two_right_ones():
    wrong = Counter(name for name, key, _ in ALL if expected(key) != "right")
    right = Counter(name for name, key, _ in ALL if expected(key) == "right")
    assert min(wrong[name] for name in CATALOGUE) >= 5
    assert min(right[name] for name in CATALOGUE) >= 2
    assert wrong.total() >= 100
    assert {path.stem.replace("_", "-") for path in ANSWERS.glob("*.py")} == set(CATALOGUE)


def test_every_known_mistake_has_an_answer_that_makes_it():
    made = {(name, expected(key)) for name, key, _ in ALL}
    rare = {(name, mistake) for name, exercise in CATALOGUE.items() for mistake in exercise.mistakes} - made
    assert rare <= {
        ("monte-carlo-mean", "std-of-logits"),
        ("monte-carlo-mean", "standard-error"),
        ("relu-backward", "half-at-kink"),
        ("softmax-cross-entropy", "logits-not-probabilities"),
    }


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_stub_runs_and_still_waits_to_be_written(name):
    made = {}
    exec(stub(name), made)
    (function,) = (value for key, value in made.items() if not key.startswith("__"))
    assert check(name, function).diagnosis == "nothing-returned"
    assert "Returns\n    -------" in stub(name)
    assert max(map(len, stub(name).splitlines())) <= 125


def test_the_list_reaches_from_dropout_to_choosing():
    listed = exercises()
    assert len(listed) >= 16
    assert {2, 3, 4, 5, 6, 7, 13} <= {entry.chapter for entry in listed}
    assert {entry.stars for entry in listed} == {1, 2, 3}
    assert [entry.chapter for entry in listed] == sorted(entry.chapter for entry in listed)
    assert "05  ★    dropout-backward" in repr(listed)


def test_a_wrong_answer_shows_a_case_what_was_expected_and_what_came():
    message = str(check("dropout-backward", lambda dy, mask, p: dy * mask))
    assert "p = 0.5, 2 × 3" in message
    assert "expected [[ 2.,  0.,  6.], [ 0., -4., -6.]], came [[ 1.,  0.,  3.], [ 0., -2., -3.]]" in message
    assert "central differences and PyTorch found the expected numbers, too" in message
    assert "Right in 0 of 4 cases" in message


@pytest.mark.parametrize(
    ("function", "diagnosis", "words"),
    [
        (lambda dy, mask, p: 2 * dy * mask / (1 - p), "factor", "the right one times 2"),
        (lambda dy, mask, p: dy * mask / (1 - p) / len(dy), "factor", "the right one times 1/N"),
        (lambda dy, mask, p: dy * mask / (1 - p) + 3, "offset", "same amount"),
        (lambda dy, mask, p: (dy * mask / (1 - p))[..., ::-1], "order", "wrong places"),
        (lambda dy, mask, p: (dy * mask / (1 - p)).T, "transposed", "transposed"),
        (lambda dy, mask, p: (dy * mask / (1 - p))[None], "reshaped", "another shape"),
        (lambda dy, mask, p: (dy * mask / (1 - p)).sum(), "wrong-shape", "shape"),
        (lambda dy, mask, p: np.zeros_like(dy), "zeros", "All zeros"),
        (lambda dy, mask, p: dy * mask / (0.5 if p == 0.2 else 1 - p), "some-cases", "“p = 0.2, random”"),
        (lambda dy, mask, p: np.sin(dy), "unknown", "by hand"),
        (lambda dy, mask, p: dy / (1 - p) if p == 0.5 else np.sin(dy), "unknown", "by hand"),
        (lambda dy, mask, p: dy * mask / (1 - p) if p < 0.7 else np.full_like(dy, np.nan), "not-finite", "NaN"),
        (lambda dy, mask, p: dy * mask / (1 - p) if p < 0.7 else np.full_like(dy, np.inf), "not-finite", "infinity"),
    ],
)
def test_without_a_known_mistake_a_simple_relation_is_looked_for(function, diagnosis, words):
    verdict = check("dropout-backward", function)
    assert (verdict.diagnosis, words in verdict.message) == (diagnosis, True), verdict.message


def test_an_error_in_a_case_that_a_mistake_would_not_survive_is_no_evidence_of_it():
    def faulty(x, u, p):
        if x.shape == (2, 3, 2, 2):
            raise ValueError("no idea")
        return CATALOGUE["channel-dropout"].solution(x, u, p)

    assert check("channel-dropout", faulty).diagnosis == "exception"
