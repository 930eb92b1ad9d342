"""Records: nothing is lost, doubled, or used after it was changed."""

import json
from collections import Counter
from dataclasses import replace

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


def test_every_trial_of_every_study_is_stored():
    stored = records.read_all()
    missing = {study.name: sum(trial.key not in stored for trial in study.trials) for study in STUDIES.values()}
    assert {name: count for name, count in missing.items() if count} == {}, "python -m dropnorm study run NAME"


@pytest.mark.parametrize("path", sorted(records.RESULTS.glob("*.jsonl")), ids=lambda path: path.stem)
def test_stored_records_are_undamaged_belong_to_their_study_and_are_small(path):
    assert path.stem in STUDIES
    stored = records.read(path)
    assert {record.trial for record in stored} <= set(STUDIES[path.stem].trials)
    assert all(record.threads == 1 for record in stored)
    assert all(len(line) < 4_000 for line in path.read_text().splitlines())


def test_no_trial_is_stored_twice():
    assert len(records.read_all()) == sum(len(records.read(path)) for path in records.RESULTS.glob("*.jsonl"))


def test_a_trial_in_two_files_is_named(path, tmp_path):
    (tmp_path / "another.jsonl").write_text(path.read_text().splitlines()[0] + "\n")
    with pytest.raises(RecordError, match="stored in another study's file"):
        records.read_all(tmp_path)


@pytest.mark.parametrize("study", STUDIES.values(), ids=lambda s: s.name)
def test_a_study_has_paired_seeds_five_at_least_and_one_seed_complete_before_the_next(study):
    seeds = Counter(replace(trial, seed=0) for trial in study.trials)
    assert min(seeds.values()) >= 5 and len(set(study.trials)) == len(study.trials)
    order = [trial.seed for trial in study.trials]
    assert order == sorted(order)
    for point, n in seeds.items():
        assert {trial.seed for trial in study.trials if replace(trial, seed=0) == point} == set(range(n))
