"""The network that is made of a reader's functions."""

import numpy as np
import pytest
from typer.testing import CliRunner

from dropnorm.cli import app
from dropnorm.exercises import progress, project
from dropnorm.exercises.catalogue import CATALOGUE

OURS = {name: CATALOGUE[exercise].solution for name, exercise in project.PARTS.items()}


def relu_backward(dy, x):
    return np.where(x > 0, dy, 0)


def sgd_step(w, v, grad, lr, momentum, weight_decay):
    v = momentum * v + (grad + weight_decay * w)
    return w - lr * v, v


def test_the_courses_own_functions_reach_the_accuracy_with_room_to_spare():
    report = project.train()
    assert report and report.accuracy > project.WANTED + 4
    assert report.mine == () and set(report.ours) == set(OURS)
    assert "✓ 0 of 13 parts are yours" in repr(report)


def test_a_readers_functions_are_the_ones_that_train_it():
    report = project.train(relu_backward, sgd_step)
    assert report.mine == ("relu_backward", "sgd_step")
    assert report.accuracy == pytest.approx(project.accuracy(OURS), abs=2)
    assert "relu_backward" not in repr(report).splitlines()[1]


@pytest.mark.parametrize("part", OURS)
def test_each_part_is_asked(part):
    class Asked(Exception):
        pass

    def ask(*arguments):
        raise Asked

    with pytest.raises(Asked):
        project.accuracy(OURS | {part: ask})


@pytest.mark.parametrize(
    ("part", "faulty"),
    [
        ("relu_backward", lambda dy, x: 0 * dy),
        ("conv_backward", lambda *a: [-gradient for gradient in OURS["conv_backward"](*a)]),
        ("batch_norm_eval", lambda x, *state: x),
        ("linear_backward", lambda dy, x, weight: (dy @ weight, 0 * weight, dy.sum(axis=0))),
        ("softmax_cross_entropy", lambda z, y: OURS["softmax_cross_entropy"](z, (y + 1) % 10)),
    ],
)
def test_a_network_with_a_fault_does_not_get_there(part, faulty):
    report = project.Report(project.accuracy(OURS | {part: faulty}), (), ())
    assert not report
    assert repr(report).startswith("✗")


def test_an_answer_that_is_not_right_is_sent_back_with_its_mistake():
    def dropout_backward(dy, mask, p):
        return dy * mask

    with pytest.raises(ValueError, match="scale"):
        project.train(dropout_backward)


def test_with_all_parts_the_readers_it_is_noted_and_listed(tmp_path, monkeypatch):
    path = tmp_path / "progress.json"
    monkeypatch.setenv(progress.PROGRESS_ENV, str(path))
    answers = list(OURS.values())
    assert project.train(*answers[1:]).ours == (answers[0].__name__,)
    assert not path.exists()
    report = project.train(*answers)
    assert report and report.ours == ()
    assert set(progress.read(path)["checks"]) == {project.NAME}
    for name in project.EXERCISES[:3]:
        progress.record(name)
    assert listed().endswith(
        "✓ 07  ★★★  project: a network of your own functions, 3 of 13 parts done"
    )


def test_when_all_parts_are_written_the_project_is_next(tmp_path, monkeypatch):
    monkeypatch.setenv(progress.PROGRESS_ENV, str(tmp_path / "progress.json"))
    for name in project.EXERCISES:
        assert "Next: early-stopping" in listed(1)
        progress.record(name)
    assert "project.train, at the end of chapter 07" in listed(1)
    progress.record(project.NAME)
    assert "Next: early-stopping" in listed(1)


def test_what_could_not_be_noted_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv(progress.PROGRESS_ENV, str(tmp_path))
    assert "Not noted" in repr(project.train(*OURS.values()))


def listed(part: int = 0) -> str:
    """A paragraph of what the command lists."""
    return CliRunner().invoke(app, ["exercises"]).output.split("\n\n")[part]


def test_what_is_no_part_of_the_network_is_refused():
    def layer_norm(x):
        return x

    with pytest.raises(ValueError, match="layer_norm: no part of the network"):
        project.train(layer_norm)
