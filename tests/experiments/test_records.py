"""Records: nothing is lost, doubled, or used after it was changed."""

import json

import pytest

from dropnorm.experiments import records
from dropnorm.experiments.records import Record, RecordError
from dropnorm.experiments.studies import STUDIES
from dropnorm.experiments.trial import Trial


def made_up(seed: int = 0) -> Record:
    figures = {"loss": 0.5, "accuracy": 0.8}
    return Record(
        trial=Trial(seed=seed),
        curves={"step": [1], "train_loss": [2.0], "validation_loss": [2.0], "validation_accuracy": [0.1]},
        final={split: dict(figures) for split in ("train", "validation", "test")},
        diverged=False,
        seconds=1.0,
        device="cpu",
        threads=1,
        versions={"engine": records.ENGINE},
    )


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "study.jsonl"
    for seed in range(3):
        records.append(path, made_up(seed))
    return path


def test_records_come_back_as_they_were_written(path):
    assert records.read(path) == [made_up(seed) for seed in range(3)]
    assert records.read(path.with_name("none.jsonl")) == []


def _edit(line: str, change) -> str:
    content = json.loads(line)
    change(content)
    return json.dumps(content)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda c: c["final"]["test"].update(accuracy=0.81), "line 2 is edited"),
        (lambda c: c["trial"].update(lr=0.1), "line 2 is edited"),
        (lambda c: c.update(seconds=2.0), "line 2 is edited"),
        (lambda c: c.pop("sha256"), "line 2 is not a whole record"),
    ],
)
def test_an_edited_record_is_named_and_never_used(path, change, named):
    lines = path.read_text().splitlines()
    lines[1] = _edit(lines[1], change)
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(RecordError, match=named):
        records.read(path)


def test_a_record_of_another_engine_is_refused(path, monkeypatch):
    monkeypatch.setattr(records, "ENGINE", records.ENGINE + 1)
    with pytest.raises(RecordError, match="version 1 of the engine, this is version 2"):
        records.read(path)


def test_a_doubled_record_is_refused(path):
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[0]]) + "\n")
    with pytest.raises(RecordError, match=r"line 4 repeats trial .* of line 1"):
        records.read(path)


@pytest.mark.parametrize("cut", [1, 2, 100])
def test_a_torn_last_line_is_named_then_set_aside_and_kept(path, cut):
    content = path.read_bytes()
    path.write_bytes(content[:-cut])
    with pytest.raises(RecordError, match="line 3"):
        records.read(path)
    torn = records.set_aside_torn_line(path)
    assert records.read(path) == [made_up(0), made_up(1)]
    assert path.with_suffix(".torn").read_text() == torn + "\n" and content.endswith(b"\n") and torn.encode() in content
    assert records.set_aside_torn_line(path) is None


def test_a_torn_line_in_the_middle_is_not_set_aside_in_silence(path):
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1][:50], lines[2]]) + "\n")
    assert records.set_aside_torn_line(path) is None
    with pytest.raises(RecordError, match="line 2 is not a whole record"):
        records.read(path)


@pytest.mark.parametrize("study", STUDIES.values(), ids=lambda s: s.name)
def test_the_stored_records_are_undamaged_and_belong_to_their_study(study):
    stored = records.read(records.path_of(study.name))
    assert stored, f"no records of {study.name} are stored"
    assert {record.trial for record in stored} <= set(study.trials)
    assert all(record.threads == 1 for record in stored)


def test_every_results_file_belongs_to_a_study():
    assert {path.stem for path in records.RESULTS.glob("*.jsonl")} <= set(STUDIES)


@pytest.mark.parametrize("study", STUDIES.values(), ids=lambda s: s.name)
def test_a_record_takes_about_two_kilobytes(study):
    assert all(len(line) < 3_000 for line in records.path_of(study.name).read_text().splitlines())
