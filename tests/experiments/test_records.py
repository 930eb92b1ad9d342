"""Records: nothing is lost, doubled, or used after it was changed."""

import json
from dataclasses import replace

import pytest

from dropnorm.experiments import records, results, statistics, storage, studies
from dropnorm.experiments.probes.ensemble import MEMBERS, OTHER_SEEDS
from dropnorm.experiments.records import Record, RecordError
from dropnorm.experiments.studies.confounds import ORDER_RATES
from dropnorm.experiments.study import PILOT_SEEDS
from dropnorm.experiments.trial import Trial
from dropnorm.registry import STUDIES
from dropnorm.replications.srivastava import others


def made_up(seed: int = 0) -> Record:
    figures = {"loss": 0.5, "accuracy": 0.8}
    return Record(
        trial=Trial(seed=seed),
        curves={
            "step": [1],
            "train_loss": [2.0],
            "validation_loss": [2.0],
            "validation_accuracy": [0.1],
        },
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
        storage.append(path, made_up(seed))
    return path


def test_records_come_back_as_they_were_written(path):
    assert storage.read(path) == [made_up(seed) for seed in range(3)]
    assert storage.read(path.with_name("none.jsonl")) == []


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
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1] = _edit(lines[1], change)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(RecordError, match=named):
        storage.read(path)


def test_a_record_of_another_engine_is_refused(path, monkeypatch):
    monkeypatch.setattr(records, "ENGINE", records.ENGINE + 1)
    with pytest.raises(RecordError, match="version 1 of the engine, this is version 2"):
        storage.read(path)


def test_a_doubled_record_is_refused(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, lines[0]]) + "\n", encoding="utf-8")
    with pytest.raises(RecordError, match=r"line 4 repeats trial .* of line 1"):
        storage.read(path)


@pytest.mark.parametrize("cut", [1, 2, 100])
def test_a_torn_last_line_is_named_then_set_aside_and_kept(path, cut):
    content = path.read_bytes()
    path.write_bytes(content[:-cut])
    with pytest.raises(RecordError, match="line 3"):
        storage.read(path)
    torn = storage.set_aside_torn_line(path)
    assert storage.read(path) == [made_up(0), made_up(1)]
    assert (
        path.with_suffix(".torn").read_text(encoding="utf-8") == torn + "\n"
        and content.endswith(b"\n")
        and torn.encode() in content
    )
    assert storage.set_aside_torn_line(path) is None


def test_a_torn_line_in_the_middle_is_not_set_aside_in_silence(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], lines[1][:50], lines[2]]) + "\n", encoding="utf-8")
    assert storage.set_aside_torn_line(path) is None
    with pytest.raises(RecordError, match="line 2 is not a whole record"):
        storage.read(path)


# Studies that still run; nothing may be concluded from the seeds that are not complete. The set has
# to become empty.
UNFINISHED = {
    "photo-resnet",
    "photo-fit",
    "photo-rates",
    "photo-batch",
    "frankle-resnet",
}


def test_every_trial_of_every_study_is_stored():
    stored = storage.keys()
    missing = {
        name: sum(trial.key not in stored for trial in study.trials)
        for name, study in STUDIES.items()
    }
    assert {name for name, count in missing.items() if count} <= UNFINISHED, (
        "python -m dropnorm study run NAME"
    )
    assert {name for name, count in missing.items() if count} >= UNFINISHED, (
        "complete: take it out of UNFINISHED"
    )


@pytest.mark.parametrize(
    "path", sorted(storage.RESULTS.glob("*.jsonl")), ids=lambda path: path.stem
)
def test_stored_records_are_undamaged_belong_to_their_study_and_are_small(path):
    assert path.stem in STUDIES
    stored = storage.read(path)
    assert {record.trial for record in stored} <= set(STUDIES[path.stem].trials)
    assert all(record.threads == 1 for record in stored)
    assert all(len(line) < 4_000 for line in path.read_text(encoding="utf-8").split("\n"))


def test_no_trial_is_stored_twice():
    assert len(storage.read_all()) == sum(
        len(storage.read(path)) for path in storage.RESULTS.glob("*.jsonl")
    )


def test_a_trial_in_two_files_is_named(path, tmp_path):
    (tmp_path / "another.jsonl").write_text(
        path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8"
    )
    with pytest.raises(RecordError, match="stored in another study's file"):
        storage.read_all(tmp_path)


@pytest.mark.parametrize("study", STUDIES.values(), ids=lambda s: s.name)
def test_a_study_has_paired_seeds_five_at_least_and_one_seed_complete_before_the_next(study):
    points: dict[Trial, set[int]] = {}
    for trial in study.trials:
        points.setdefault(replace(trial, seed=0), set()).add(trial.seed)
    order = [trial.seed for trial in study.trials]
    assert order == sorted(order) and len(order) == sum(map(len, points.values()))
    for seeds in points.values():
        assert seeds == set(PILOT_SEEDS if study.pilot else range(max(len(seeds), 5)))


def test_seeds_that_choose_a_learning_rate_are_used_nowhere_else():
    used = {trial.seed for study in STUDIES.values() if not study.pilot for trial in study.trials}
    members = {
        OTHER_SEEDS * member + seed for member in range(1, MEMBERS) for seed in used
    }  # of ensembles
    assert not (used | members) & set(PILOT_SEEDS) and not used & members


def test_the_rates_of_order_fair_are_those_that_its_pilot_chooses():
    rows: dict[tuple, list[float]] = {}
    for record in results.records(studies.ORDER_FAIR_RATES):
        setting = (record.trial.dropout_order, record.trial.dropout, record.trial.lr)
        rows.setdefault(setting, []).append(record.probe["validation"]["accuracy"])
    best: dict[tuple, tuple] = {}
    for (place, p, lr), figures in rows.items():
        assert len(figures) == len(PILOT_SEEDS)
        best[place, p] = max(best.get((place, p), (0.0, 0.0)), (sum(figures), lr))
    assert {arm: lr for arm, (_, lr) in best.items()} == ORDER_RATES


# What a learning rate was chosen for.
NETWORK = ["condition", "n_train", "width", "optimiser", "weight_decay", "augment", "dropout_at"]


@pytest.mark.parametrize(
    ("pilot", "study"),
    [
        (studies.PASSES_RATES, studies.PASSES),
        (studies.PHOTO_CNN_RATES, studies.PHOTO_CNN),
        (studies.PHOTO_RESNET_RATES, studies.PHOTO_RESNET),
        (studies.COMPANY_RATES, studies.COMPANY),
        (others.PLACES_RATES, others.PLACES_STUDY),
    ],
    ids=lambda study: study.name,
)
def test_a_study_has_the_rates_that_its_pilot_chooses_and_none_is_the_last_one_tried(pilot, study):
    rows = results.table(pilot)
    assert (rows.groupby([*NETWORK, "lr"]).size() == len(PILOT_SEEDS)).all()
    own = statistics.best_setting(rows, "lr", NETWORK).groupby(NETWORK).lr.first()
    tried = rows.groupby(NETWORK).lr.agg(["min", "max"])
    for trial in study.trials:
        network = tuple(getattr(trial, name) for name in NETWORK)
        assert own[network] == trial.lr
        assert tried["min"][network] < trial.lr < tried["max"][network]


def test_a_damaged_line_stops_those_who_want_its_trial_and_nobody_else(path, tmp_path):
    lines = path.read_text(encoding="utf-8").split("\n")
    path.write_text(
        "\n".join([lines[0], lines[1].replace("0.8", "0.9"), lines[2], ""]), encoding="utf-8"
    )
    storage.append(other := tmp_path / "other.jsonl", made_up(7))
    other.write_bytes(other.read_bytes() + b'{"torn')
    keys = {seed: Trial(seed=seed).key for seed in (0, 1, 7)}
    assert storage.find([keys[0], keys[7]], tmp_path) == {keys[0]: made_up(0), keys[7]: made_up(7)}
    with pytest.raises(RecordError, match=r"study\.jsonl: line 2 is edited"):
        storage.find([keys[1]], tmp_path)
    assert storage.find([Trial(seed=5).key], tmp_path) == {}
    assert storage.keys(tmp_path) == {keys[0], keys[7], Trial(seed=2).key}


def test_a_record_may_hold_any_character(tmp_path):
    record = replace(made_up(), device="a\u2028b\x85c")
    storage.append(path := tmp_path / "study.jsonl", record, made_up(1))
    assert storage.read(path) == [record, made_up(1)]


def test_loading_twice_reads_once_and_sees_what_was_added_since(path):
    first, again = (storage.read(path) for _ in range(2))
    assert all(a is b for a, b in zip(first, again, strict=True))
    storage.append(path, made_up(3))
    assert storage.read(path) == [made_up(seed) for seed in range(4)]


def test_without_a_folder_of_results_loading_says_where_it_looked_and_what_to_set(tmp_path):
    with pytest.raises(
        RecordError, match=r"no folder of results at .*nowhere: set DROPNORM_RESULTS"
    ):
        results.records(studies.TOGETHER, folder=tmp_path / "nowhere")


def test_no_stored_trial_has_changed_its_key():
    lines = [
        json.loads(line)
        for path in storage.RESULTS.glob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.endswith("}")  # a study that runs may be writing its last one
    ]
    assert len(lines) > 2_000
    assert {line["key"] for line in lines if Trial(**line["trial"]).key != line["key"]} == set()
