"""The results explorer's data: each stored run once, as the records have it, and small."""

import gzip
import json
import math
import re
import subprocess
import sys
from itertools import accumulate
from pathlib import Path

import pytest
from little_site import build
from PIL import Image
from sphinx.errors import ExtensionError, SphinxWarning

from dropnorm.experiments import results, statistics, storage, studies
from dropnorm.experiments.records import RecordError
from dropnorm.experiments.trial import CONDITIONS
from dropnorm.registry import STUDIES
from explorer import data as explorer_data
from explorer import directive
from explorer.layout import Layout
from tools import screenshots

ROOT = Path(__file__).parents[2]
STORED = storage.read_all()
KEYS = {name: [trial.key for trial in study.trials] for name, study in STUDIES.items()}
NAMES = [name for name, keys in KEYS.items() if not STORED.keys().isdisjoint(keys)]


@pytest.fixture(scope="module")
def data():
    return explorer_data.collect()


def test_each_stored_run_is_there_once_and_as_recorded(data):
    seen = set()
    for name in NAMES:
        layout = Layout(STUDIES[name])
        keys = {
            (
                layout.arms[arm].name,
                trial.seed,
                *(getattr(trial, factor) for factor in layout.factors),
            ): key
            for trial, key in zip(STUDIES[name].trials, KEYS[name], strict=True)
            for arm in layout.arms_of(trial)
        }
        values = [factor["values"] for factor in data["studies"][name]["factors"]]
        for arm, at, places in data["studies"][name]["points"]:
            arm, _ = data["studies"][name]["arms"][arm]
            for place in places:
                run = {name: column[place] for name, column in data["runs"].items()}
                setting = (listed[i] for listed, i in zip(values, at, strict=True))
                key = keys[arm, run["seed"], *setting]
                record = STORED[key]
                for split in ("test", "validation", "train"):
                    for kind in ("accuracy", "loss"):
                        assert run[f"{split}_{kind}"] == record.final[split][kind]
                assert run["diverged"] == record.diverged
                assert data["steps"][run["steps"]] == record.curves["step"]
                seen.add((place, key))
    planned = {key for keys in KEYS.values() for key in keys} & set(STORED)
    assert len(seen) == len(data["runs"]["seed"]) == len({key for _, key in seen}) == len(planned)


@pytest.mark.parametrize("name", NAMES)
def test_every_stored_run_of_a_study_is_at_a_point_and_seeds_tell_its_runs_apart(data, name):
    study = data["studies"][name]
    seeds = [[data["runs"]["seed"][place] for place in places] for *_, places in study["points"]]
    assert all(found == sorted(set(found)) for found in seeds)
    assert len({place for *_, places in study["points"] for place in places}) == len(
        STORED.keys() & set(KEYS[name])
    )
    assert study["planned"] == len(STUDIES[name].trials)


def test_curves_are_exact_in_accuracy_and_to_a_quarter_of_a_percent_in_loss(data):
    for place, record in enumerate(_recorded(data)):
        curves = {name: list(accumulate(column[place])) for name, column in data["curves"].items()}
        # of 1,000 images it is a whole number of thousandths; an autoencoder's share of pixels is
        # rounded to one
        assert [value / 1_000 for value in curves["validation_accuracy"]] == [
            round(share, 3) for share in record.curves["validation_accuracy"]
        ]
        for name in ("train_loss", "validation_loss"):
            for value, recorded in zip(curves[name], record.curves[name], strict=True):
                assert math.exp(value / explorer_data.LOSS_UNIT) == pytest.approx(
                    recorded, rel=0.0026
                )


def _recorded(data):
    """The records in the order of the explorer's runs."""
    keys = dict.fromkeys(key for keys in KEYS.values() for key in keys if key in STORED)
    assert len(keys) == len(data["runs"]["seed"])
    return [STORED[key] for key in keys]


def test_a_run_takes_less_than_100_bytes_on_its_way_to_the_reader(data):
    compressed = gzip.compress(explorer_data.scripts(data)[0].encode(), 6)
    assert len(compressed) < 100 * len(data["runs"]["seed"])


@pytest.mark.parametrize("study", STUDIES.values(), ids=lambda study: study.name)
def test_arms_and_factors_tell_all_trials_of_a_study_apart(study):
    layout = Layout(study)
    points = [
        (arm, trial.seed, *(getattr(trial, name) for name in layout.factors))
        for trial in study.trials
        for arm in layout.arms_of(trial)
    ]
    assert len(points) == len(set(points))
    assert all(layout.arms_of(trial) for trial in study.trials)
    names = [arm.name for arm in layout.arms]
    assert len(names) == len(set(names))


def test_the_four_networks_have_their_names_and_colours():
    assert [(arm.name, arm.colour) for arm in Layout(STUDIES["together"]).arms] == [
        (name, name) for name in CONDITIONS
    ]
    for study in STUDIES.values():
        own = [arm.colour for arm in Layout(study).arms if arm.colour in CONDITIONS]
        assert len(own) == len(set(own)), study.name


def test_a_learning_rate_that_follows_from_the_network_is_no_factor():
    assert Layout(STUDIES["init-scale"]).factors == ["init_scale"]
    assert Layout(STUDIES["together"]).factors == ["n_train", "lr"]
    assert Layout(STUDIES["schedule"]).factors == ["steps"]
    assert Layout(STUDIES["co-adaptation"]).factors == []
    setting = Layout(STUDIES["init-scale"]).setting(STUDIES["init-scale"].trials)
    assert "learning rate 0.03 (plain) or 0.1 (batch norm)" in setting


def test_at_a_rate_of_zero_all_places_of_dropout_are_the_same_network():
    study = STUDIES["dropout-rate"]
    layout = Layout(study)
    assert layout.factors == ["dropout", "n_train"] and len(layout.arms) == 4
    for trial in study.trials:
        assert len(layout.arms_of(trial)) == (1 if trial.dropout else 4)


def test_a_damaged_record_stops_the_build(tmp_path, monkeypatch):
    source = (
        storage.path_of("seeds")
        if storage.path_of("seeds").exists()
        else storage.path_of("together")
    )
    text = source.read_text(encoding="utf-8").replace('"accuracy":0.8', '"accuracy":0.9', 1)
    (tmp_path / "seeds.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(RecordError, match="edited"):
        explorer_data.collect(tmp_path)
    collect = explorer_data.collect
    monkeypatch.setattr(explorer_data, "collect", lambda: collect(tmp_path))
    with pytest.raises(ExtensionError, match=r"results explorer: .*edited"):
        directive.write_data(tmp_path)


def test_the_site_is_built_without_torch_and_matplotlib():
    code = (
        "import sys; missing = ['torch', 'matplotlib'];"
        "sys.modules.update(dict.fromkeys(missing));"
        "from explorer import data, directive; assert data.collect()['runs']"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- the picture


def test_the_still_picture_is_small_and_of_these_scripts_and_runs():
    assert directive.PICTURE.stat().st_size <= 60 * 1024
    with Image.open(directive.PICTURE) as image:
        assert image.mode == "P"
    assert screenshots.is_current("explorer"), "run: python -m tools.screenshots"


def test_what_the_picture_is_said_to_show_is_so():
    page = (ROOT / "chapters/reference/explorer.md").read_text(encoding="utf-8")
    assert "plain network is lowest and the one with both layers highest" in page
    assert "At 20,000 batch norm alone is highest and dropout alone lowest" in page
    table = results.table(studies.TOGETHER)
    best = statistics.best_setting(table, over="lr", within=["n_train", "condition"])
    means = best.groupby(["n_train", "condition"])["test_accuracy"].mean().unstack()
    assert list(means.index) == [500, 1_000, 5_000, 20_000]
    for size in (500, 1_000):
        assert (means.loc[size].idxmin(), means.loc[size].idxmax()) == ("plain", "both")
    assert (means.loc[20_000].idxmin(), means.loc[20_000].idxmax()) == ("dropout", "batch norm")
    assert all(means[name].is_monotonic_increasing for name in means)


# --- the directives and the role


@pytest.fixture
def built(tmp_path, monkeypatch):
    """Builds a little book of two pages and returns what its first page becomes."""
    monkeypatch.setattr(storage, "read_all", lambda folder=None: STORED)

    def build_with(builder, page):
        pages = {
            "index.rst": f"One\n===\n\n{page}\n\n.. toctree::\n\n   part/other\n",
            "part/other.rst": "Other\n=====\n\nNo explorer here.\n",
        }
        app = build(tmp_path, pages, ["explorer.directive"], builder)
        (path,) = app.outdir.glob("index.html" if builder == "html" else "*.tex")
        return path.read_text(encoding="utf-8")

    return build_with


FIGURE = ".. explorer::\n   :alt: what one sees\n\n   A caption."


def test_only_the_explorers_page_loads_the_data(built, tmp_path, data):
    page = built("html", FIGURE)
    loaded = re.findall(r'<script[^>]*src="_static/((?:explorer|coursebook)/[\w-]+\.js)', page)
    assert tuple(loaded) == directive.SCRIPTS
    assert 'alt="what one sees"' in page and "explorer.css" in page
    other = (tmp_path / "html/part/other.html").read_text(encoding="utf-8")
    assert not re.search(r"(?:explorer|coursebook)/[\w-]+\.(?:js|css)", other)
    first, losses = explorer_data.scripts(data)
    folder = tmp_path / "html/_static/explorer"
    assert (folder / "data.js").read_text(encoding="utf-8") == first
    assert (folder / "losses.js").read_text(encoding="utf-8") == losses
    content = json.loads(first.removeprefix("globalThis.dropnormRuns=").removesuffix(";\n"))
    more = losses.removeprefix("Object.assign(dropnormRuns.curves,").removesuffix(");\n")
    content["curves"] |= json.loads(more)
    assert content == data


def test_in_print_there_is_the_picture(built):
    page = built("latex", FIGURE + "\n\n.. explorer-studies::")
    assert re.search(r"\\sphinxincludegraphics\{\{explorer\}\.png\}", page) and "A caption." in page
    assert STUDIES["together"].question in page


def test_the_table_has_every_study_with_its_question_and_runs(built):
    page = built("html", ".. explorer-studies::")
    assert set(re.findall(r'<td><p><code[^>]*><span class="pre">([^<]*)</span>', page)) == set(
        NAMES
    )
    for name in NAMES:
        there, planned = len(STORED.keys() & set(KEYS[name])), len(KEYS[name])
        counts = rf"<td><p>{there:,} of {planned:,}</p>"
        row = rf">{name}</span></code></p></td>\s*<td><p>([^<]*)</p></td>\s*{counts}"
        assert re.search(row, page), name


@pytest.mark.parametrize(
    ("page", "message"),
    [
        (FIGURE.replace("   :alt: what one sees\n", ""), "expected :alt: and a caption"),
        (FIGURE.replace("   A caption.", ""), "expected :alt: and a caption"),
    ],
)
def test_a_wrong_directive_says_what_is_missing(built, page, message):
    with pytest.raises(SphinxWarning, match=message):
        built("html", page)
