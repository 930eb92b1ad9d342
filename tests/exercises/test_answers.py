"""Answers as readers write them: wrong ones get the name of their mistake, right ones pass."""

from collections import Counter

import numpy as np
import pytest
from table import ANSWERS, answers, expected

from dropnorm.exercises import check, exercises, stub
from dropnorm.exercises.catalogue import CATALOGUE

ALL = [(name, key, function) for name in CATALOGUE for key, function in answers(name).items()]


@pytest.mark.parametrize(
    ("name", "key", "function"), ALL, ids=[f"{name}:{key}" for name, key, _ in ALL]
)
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
    rare = {
        (name, mistake) for name, exercise in CATALOGUE.items() for mistake in exercise.mistakes
    } - made
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
    assert len(listed) >= 45
    assert {1, 2, 3, 4, 5, 6, 7, 13} <= {entry.chapter for entry in listed}
    assert {entry.stars for entry in listed} == {1, 2, 3}
    assert [entry.chapter for entry in listed] == sorted(entry.chapter for entry in listed)
    assert "05  ★    dropout-backward" in repr(listed)


def test_a_wrong_answer_shows_a_case_what_was_expected_and_what_came():
    pytest.importorskip("torch")  # PyTorch is asked once it is imported
    message = str(check("dropout-backward", lambda dy, mask, p: dy * mask))
    assert "p = 0.5, 2 × 3" in message
    assert (
        "expected [[ 2.,  0.,  6.], [ 0., -4., -6.]], came [[ 1.,  0.,  3.], [ 0., -2., -3.]]"
        in message
    )
    assert "central differences and PyTorch found the expected numbers, too" in message
    assert "Right in 1 of 5 cases" in message


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
        (
            lambda dy, mask, p: np.sin(dy) if p == 0.2 else dy * mask / (1 - p),
            "some-cases",
            "“p = 0.2, random”",
        ),
        (lambda dy, mask, p: np.sin(dy + p), "unknown", "by hand"),
        (lambda dy, mask, p: dy / (1 - p) if p == 0.5 else np.sin(dy + p), "unknown", "by hand"),
        (
            lambda dy, mask, p: dy * mask / (1 - p) if p < 0.7 else np.full_like(dy, np.nan),
            "not-finite",
            "NaN",
        ),
        (
            lambda dy, mask, p: dy * mask / (1 - p) if p < 0.7 else np.full_like(dy, np.inf),
            "not-finite",
            "infinity",
        ),
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


@pytest.mark.parametrize(
    ("name", "function"),
    [
        (
            "dropout-backward",
            lambda dy, mask, p: np.zeros_like(dy) if p == 0 else dy * mask / (1 - p),
        ),
        ("variance-shift", lambda mean, var, p: 1 / (((var + mean**2) / (1 - p) - mean**2) / var)),
        ("channel-dropout", lambda x, u, p: x * (u > p)[:, :, None, None] / (1 - p)),
        ("interaction", lambda p, d, n, b: -abs(((b - n) - (d - p)).mean())),
    ],
)
def test_an_answer_that_fails_on_an_edge_alone_is_rejected(name, function):
    assert not check(name, function).passed


def test_a_confidence_at_k_of_many_bins_lies_in_bin_k_whatever_rounds():
    solution = CATALOGUE["calibration-error"].solution
    for bins in range(1, 101):
        for k in range((bins + 1) // 2, bins):
            edge, below = k / bins, (k - 0.5) / bins
            p = np.array([[edge, 1 - edge], [below, 1 - below], [1 - below, below]])
            right = np.array([0, 1, 0])
            if edge >= 0.5 and below > 0.5:
                assert abs(solution(p[:2], right[:2], bins) - ((1 - edge) + below) / 2) < 1e-12, (
                    k,
                    bins,
                )


def test_a_mistake_that_would_spoil_what_is_right_is_no_explanation():
    def stable_but_for_the_log(logits, labels):
        loss, dlogits = CATALOGUE["softmax-cross-entropy"].solution(logits, labels)
        return np.inf if loss > 100 else loss, dlogits

    verdict = check("softmax-cross-entropy", stable_but_for_the_log)
    assert verdict.diagnosis == "log-of-zero" and not verdict.also
    assert (
        check("interaction", lambda p, d, n, b: abs(((b - n) - (d - p)).mean())).diagnosis
        == "absolute"
    )


@pytest.mark.parametrize(
    ("name", "function", "diagnosis"),
    [
        (
            "linear-backward",
            lambda dy, x, w: (dy.T @ x, dy @ w, dy.sum(axis=0)),
            "outputs-exchanged",
        ),
        (
            "sgd-momentum",
            lambda w, v, g, lr, m, d: (w - lr * (m * v + g + d * w), m * v + g + d * w)[::-1],
            "outputs-exchanged",
        ),
        ("dropout-backward", lambda dy, mask, p: dy * mask / 0.5, "slip"),
        (
            "numerical-gradient",
            lambda f, x, step: CATALOGUE["numerical-gradient"].solution(f, x, 1e-4),
            "other-argument",
        ),
        (
            "group-norm",
            lambda x, g, w, b, e: CATALOGUE["group-norm"].solution(x, g, w, b, 1e-5),
            "slip",
        ),
    ],
)
def test_outputs_in_another_order_and_arguments_without_effect_are_named(name, function, diagnosis):
    verdict = check(name, function)
    assert verdict.diagnosis == diagnosis, verdict.message


def test_where_nothing_is_sure_the_smallest_case_is_shown_with_digits_enough_and_a_hint():
    message = check("relu-backward", lambda dy, x: dy * (x > 0) * (1 + 1e-7)).message
    assert "It was given dy = [ 5., -7.,  2.]; x = [-2. ,  0.5,  3. ]." in message
    assert "-7.0000007" in message
    assert 'exercises.hint("relu-backward")' in message
    assert "exercises.hint" not in check("dropout-backward", lambda dy, mask, p: dy * mask).message


def test_what_is_finite_is_heard_before_nan():
    def wrong_and_nan(dy, mask, p):
        return dy * mask if p else dy * np.nan

    verdict = check("dropout-backward", wrong_and_nan)
    assert (verdict.diagnosis, verdict.also) == ("scale-left-out", ("not-finite",))


def test_an_output_that_is_explained_is_told_though_another_is_not():
    def two(mean, var, x, m):
        right = CATALOGUE["running-statistics"].solution(mean, var, x, m)
        return (m * mean + (1 - m) * x.mean(axis=(0, 2, 3))), np.sin(right[1])

    verdict = check("running-statistics", two)
    assert (
        verdict.diagnosis == "momentum-turned-round"
        and "Besides, “running_var” is wrong" in verdict.message
    )


def test_a_mistake_of_all_outputs_is_not_told_where_another_output_is_right():
    def divided(dy, x, weight):
        return dy @ weight / len(x), dy.T @ x, dy.sum(axis=0)

    assert check("linear-backward", divided).diagnosis == "dx-mean"


def test_a_mistake_that_explains_most_is_told_and_where_something_else_is_wrong():
    def dilated(size, kernel, stride, padding):
        return max((size + 2 * padding - 2 * (kernel - 1) - 1) // stride + 1, 0)

    verdict = check("conv-output-size", dilated)
    assert (verdict.diagnosis, verdict.also) == ("dilated", ("some-cases",))
    assert "something else is wrong in “kernel as large as the image”" in verdict.message
