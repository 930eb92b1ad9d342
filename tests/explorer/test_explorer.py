"""The results explorer in a browser: mathematics beside the package's, controls, links and look."""

import math
import re
from dataclasses import replace
from functools import cache
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_interactive import contrast, luminance

from dropnorm.experiments import results, statistics, storage
from dropnorm.registry import STUDIES
from explorer import directive
from explorer.layout import Layout
from tools import screenshots

STORED = storage.read_all()
RUNS = {
    name: [STORED[t.key] for t in study.trials if t.key in STORED]
    for name, study in STUDIES.items()
}
NAMES = [name for name, found in RUNS.items() if found]
DRAWN = ("together", "learning-rate", "batch-size", "deep-linear")
"""Studies that are drawn, which takes seconds each; the numbers are tested for all."""
GOALS = {f"steps_{percent}": percent / 100 for percent in (70, 80, 85)}
METRICS = (
    *(
        f"{split}_{kind}"
        for kind in ("accuracy", "loss")
        for split in ("test", "validation", "train")
    ),
    "gap",
    *GOALS,
)
RULES = "script-src file: 'unsafe-inline'; object-src 'none'"
POLICY = f'<meta http-equiv="Content-Security-Policy" content="{RULES}">'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The explorer's page with nothing else, under a policy that forbids eval."""
    folder = tmp_path_factory.mktemp("explorer")
    page = screenshots.bare_explorer(folder)
    (folder / "page.html").write_text(page.replace("<head>", f"<head>{POLICY}"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def js(chromium, folder):
    """Calls a function of the scripts: `m`, mathematics, `v`, views, on the opened `studies`."""
    page = chromium.new_page()
    for script in (directive.DATA, directive.LOSSES):
        page.add_script_tag(path=folder / script)
    for script in directive.OWN_SCRIPTS[:-1]:
        page.add_script_tag(path=directive.STATIC / script)
    page.evaluate("globalThis.studies = dropnormMetrics.open(dropnormRuns)")
    yield lambda code, *arguments: page.evaluate(
        f"([a, b, c]) => {{ const [m, v] = [dropnormStatistics, dropnormViews]; return {code}; }}",
        [*arguments, *[None] * (3 - len(arguments))],
    )
    page.close()


def see_drawing(page):
    """Goes where the drawing is, and waits for it: it is made when it comes into sight."""
    page.locator(".ex-chart").scroll_into_view_if_needed()
    page.locator(".ex-chart svg").wait_for()


@pytest.fixture
def opened(visit, folder):
    """Opens the explorer, at a view if one is given, and waits for its drawing.

    No page has warned of anything.
    """
    warnings = []

    def open_explorer(view="", drawn=True, **options):
        page = visit((folder / "page.html").as_uri() + view, **options)
        page.on(
            "console",
            lambda message: warnings.append(message.text) if message.type == "warning" else None,
        )
        if drawn:
            see_drawing(page)
        return page

    yield open_explorer
    assert warnings == []


# --- the mathematics, beside the package's


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=60))
def test_the_mean_and_its_interval_are_those_of_statistics(js, values):
    ours = js("m.meanInterval(a)", values)
    expected = statistics.mean_interval(values)
    np.testing.assert_allclose(
        [ours["mean"], ours["low"], ours["high"]], expected[:3], rtol=1e-9, atol=1e-6
    )
    assert ours["n"] == expected.n


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1e6) | st.just(math.inf), min_size=1, max_size=60))
def test_the_median_and_its_interval_are_those_of_statistics(js, values):
    ours = js("m.medianInterval(a)", values)
    assert (
        ours["mean"] == np.median(sorted(values))
        if math.isfinite(sum(values))
        else ours["mean"] is not None
    )
    if len(values) < 6:
        assert ours["low"] is ours["high"] is None
        return
    expected = statistics.median_interval(values)
    assert (ours["mean"], ours["low"], ours["high"], ours["n"]) == expected


def test_there_is_no_mean_where_the_package_refuses_one(js):
    for values in ([1, None], [1, math.inf]):
        assert js("m.meanInterval(a)", values)["mean"] is None
    assert js("m.meanInterval(a)", [1.5]) == {"n": 1, "mean": 1.5, "low": None, "high": None}


@cache
def layout(name):
    return Layout(STUDIES[name])


@cache
def tabulated(name):
    """All stored runs of a study, a row each."""
    return results.table_of(RUNS[name]).assign(
        key=[record.trial.key for record in RUNS[name]], all=0
    )


def rounded(record):
    """The record with its curve of accuracies as the explorer holds it: to a tenth of a point."""
    reached = [round(accuracy, 3) for accuracy in record.curves["validation_accuracy"]]
    return replace(record, curves=record.curves | {"validation_accuracy": reached})


@cache
def values(name, metric) -> dict[str, float | None]:
    """A metric of all runs of a study, in its unit, by their trials' keys."""
    keys = [record.trial.key for record in RUNS[name]]
    if metric in GOALS:
        return dict(
            zip(keys, statistics.steps_to(map(rounded, RUNS[name]), GOALS[metric]), strict=True)
        )
    rows = tabulated(name).eval("gap = train_accuracy - test_accuracy")
    found = (1 if metric.endswith("loss") else 100) * rows[metric].astype(float)
    return {
        key: None if math.isnan(value) else value for key, value in zip(keys, found, strict=True)
    }


@cache
def picked(name, arm, at) -> dict[int, str]:
    """The keys of an arm's runs by seed.

    Of factors that are "best": the values that statistics.best_setting chooses.
    """
    (place,) = [i for i, one in enumerate(layout(name).arms) if one.name == arm]
    fixed = {factor: float(value) for factor, value in at if value != "best"}
    found = [r for r in RUNS[name] if place in layout(name).arms_of(r.trial)]
    found = [
        r
        for r in found
        if all(getattr(r.trial, factor) == value for factor, value in fixed.items())
    ]
    free = [factor for factor, value in at if value == "best"]
    if free and found:
        rows = tabulated(name)[tabulated(name)["key"].isin([r.trial.key for r in found])]
        rows = rows.assign(setting=rows[free].astype(str).agg(" ".join, axis=1))
        found = [
            STORED[key]
            for key in statistics.best_setting(rows, over="setting", within=["all"])["key"]
        ]
    return {record.trial.seed: record.trial.key for record in found}


def interval(metric, numbers) -> tuple:
    """Mean (or median), ends and count by the package; None where it refuses."""
    if any(number is None or math.isnan(number) for number in numbers):
        return (None, None, None, len(numbers))
    if metric in GOALS:
        ends = statistics.median_interval(numbers)[1:3] if len(numbers) >= 6 else (None, None)
        return (pd.Series(numbers).median(), *ends, len(numbers))
    return (
        tuple(statistics.mean_interval(numbers))
        if len(numbers) > 1
        else (numbers[0], None, None, 1)
    )


def expected(name, choice) -> dict:
    """What a view of end points or differences shows.

    By arm and place on the axis: each seed's number, and the interval.
    """
    factors, along, metric = layout(name).factors, choice["along"], choice["metric"]
    places = sorted({getattr(r.trial, along) for r in RUNS[name]}) if along else [None]
    of, shown = values(name, metric), {}
    for arm in choice["show"]:
        for place in places:
            at = {factor: place if factor == along else choice["at"][factor] for factor in factors}
            there = picked(name, arm, tuple(at.items()))
            numbers = {seed: of[key] for seed, key in there.items()}
            if choice["view"] == "paired":
                field, _, value = choice["base"].rpartition(":")
                if choice["base"] == arm or (field == along and float(value) == place):
                    continue
                other = picked(
                    name,
                    *(
                        (arm, tuple({**at, along: value}.items()))
                        if field
                        else (choice["base"], tuple(at.items()))
                    ),
                )
                both = [(seed, numbers[seed], of[other[seed]]) for seed in numbers if seed in other]
                with np.errstate(invalid="ignore"):
                    numbers = {
                        s: None if a is None or b is None or math.isnan(a - b) else a - b
                        for s, a, b in both
                    }
            if numbers:
                shown[arm, place] = numbers, interval(metric, list(numbers.values()))
    return shown


def close(one, other) -> bool:
    if one is None or other is None:
        return one is other
    return one == other or math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def assert_same(rows, shown):
    assert {(row["arm"], row["x"]) for row in rows} == set(shown)
    for row in rows:
        numbers, ends = shown[row["arm"], row["x"]]
        assert {seed["seed"] for seed in row["seeds"]} == set(numbers)
        assert all(close(seed["value"], numbers[seed["seed"]]) for seed in row["seeds"]), row
        assert all(map(close, (row["mean"], row["low"], row["high"], row["n"]), ends)), (row, ends)


ALL = """Object.entries(studies).filter(([name]) => name === a).flatMap(([name, study]) => {
  const seen = [];
  for (const factor of study.factors.length ? study.factors : [null]) {
    const bases = v.baselines(study, factor).map(({ key }) => key);
    const others = study.factors.filter((other) => other !== factor);
    const settings = others.reduce((lists, other) => lists.flatMap((at) => (
      [...(other.chosen ? ["best"] : []), ...other.values].map((value) => (
        { ...at, [other.name]: value })))), [{}]);
    for (const at of settings)
    for (const base of [null, ...bases])
    for (const metric of base === null ? b : c) {
      const view = base === null ? "ends" : "paired";
      const wished = { study: name, view, metric, along: factor?.name, at, base };
      const { choice, notes } = v.settle(studies, wished);
      seen.push({ choice, notes, rows: v.rows(study, choice) });
    }
  }
  return seen;
})"""


@pytest.mark.parametrize("name", NAMES)
def test_every_view_of_every_study_has_the_packages_numbers(js, name):
    seen = js(ALL, name, METRICS, ("test_accuracy", "test_loss", "steps_80"))
    assert len(seen) >= len(METRICS)
    for view in seen:
        assert view["notes"] == []
        assert_same(view["rows"], expected(name, view["choice"]))


VIEW = """(() => {
  const { choice } = v.settle(studies, a);
  return { choice, rows: v.rows(studies[choice.study], choice) };
})()"""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("curve", ["validation_accuracy", "validation_loss", "train_loss"])
def test_every_curve_is_the_recorded_one(js, name, curve):
    view = js(VIEW, {"study": name, "view": "curves", "curve": curve})
    scale = 100 if curve == "validation_accuracy" else 1
    assert view["rows"]
    for row in view["rows"]:
        there = picked(name, row["arm"], tuple(view["choice"]["at"].items()))
        assert {line["seed"] for line in row["lines"]} == set(there)
        wanted = {
            seed: dict(zip(STORED[key].curves["step"], STORED[key].curves[curve], strict=True))
            for seed, key in there.items()
        }
        for line in row["lines"]:
            points = {point["step"]: point["value"] for point in line["points"]}
            assert points == pytest.approx(
                {step: scale * v for step, v in wanted[line["seed"]].items()}, rel=0.0026
            )
            assert line["diverged"] == STORED[there[line["seed"]]].diverged
        assert [p["step"] for p in row["mean"]] == min((list(w) for w in wanted.values()), key=len)
        if curve == "validation_accuracy" and len(there) > 1:
            for point in row["mean"]:
                wide = statistics.mean_interval(
                    [100 * round(curve[point["step"]], 3) for curve in wanted.values()]
                )
                assert [point["mean"], point["low"], point["high"]] == pytest.approx(
                    wide[:3], abs=1e-9
                )


def test_the_default_view_is_the_comparison_of_chapter_11(js):
    rows = js(VIEW, {"study": "together", "view": "paired"})["rows"]
    best = statistics.best_setting(
        results.table_of(RUNS["together"]), over="lr", within=["n_train", "condition"]
    )
    for row in rows:
        wide = statistics.by_seed(best[best["n_train"] == row["x"]], "condition")
        effect = statistics.paired_difference(100 * wide[row["arm"]], 100 * wide["plain"])
        assert [row["mean"], row["low"], row["high"], row["n"]] == pytest.approx(effect)
    assert len(rows) == 12


PAIRS = """(() => {
  const ones = (name) => [name, Array(6).fill(1)];
  const zeros = (name) => [name, Array(6).fill(0)];
  const made = dropnormMetrics.open({
    steps: [[1]],
    runs: {
      seed: [0, 2, 5, 1, 2, 5],
      test_accuracy: [0.5, 0.6, 0.7, 0.1, 0.2, 0.4],
      ...Object.fromEntries(["validation_accuracy", "train_accuracy"].map(ones)),
      ...Object.fromEntries(["test_loss", "validation_loss", "train_loss"].map(ones)),
      ...Object.fromEntries(["steps", "diverged"].map(zeros)),
    },
    curves: {},
    studies: {
      made: {
        arms: [["one", "plain"], ["other", "both"]],
        factors: [],
        points: [[0, [], [0, 1, 2]], [1, [], [3, 4, 5]]],
      },
    },
  });
  return v.rows(made.made, v.settle(made, { view: "paired" }).choice);
})()"""


def test_only_runs_of_the_same_seed_make_a_pair(js):
    (row,) = js(PAIRS)
    assert {seed["seed"]: round(seed["value"], 9) for seed in row["seeds"]} == {2: -40, 5: -30}
    expected = statistics.mean_interval([-40, -30])
    assert [row["mean"], row["low"], row["high"], row["n"]] == pytest.approx(expected)


# --- by mouse and by keyboard


def number(text: str) -> float:
    return float(
        text.replace("−", "-")
        .replace(",", "")
        .replace("+", "")
        .replace("never", "inf")
        .replace("∞", "inf")
    )


def table(page) -> dict:
    """The numbers of the page by condition and place: mean, ends and count.

    Without an axis the place is "".
    """
    head = page.locator(".ex-table thead th").all_inner_texts()
    mean, ends = (
        next(i for i, text in enumerate(head) if re.match(what, text))
        for what in ("mean|median", "95")
    )
    count = next(i for i, text in enumerate(head) if text in ("n", "pairs"))
    found, arm = {}, None
    for row in page.locator(".ex-table tbody tr").all():
        cells = [cell.replace("\xa0", " ") for cell in row.locator("th, td").all_inner_texts()]
        if len(cells) == 1:
            (arm,) = cells
            continue
        between = (
            [number(end) for end in cells[ends].split(" to ")]
            if " to " in cells[ends]
            else [None, None]
        )
        where = (cells[0], "") if arm is None else (arm, cells[0])
        found[where] = (
            None if cells[mean] == "–" else number(cells[mean]),
            *between,
            int(cells[count]),
        )
    return found


def choice(page) -> dict:
    return page.evaluate("document.querySelector('figure').explorer.choice")


def rows(page) -> list[dict]:
    """What the page's view consists of."""
    return page.evaluate(
        """() => {
          const { studies, choice } = document.querySelector("figure").explorer;
          return dropnormViews.rows(studies[choice.study], choice);
        }"""
    )


def assert_shown(page, digits=2):
    """The table on the page has the package's numbers, to rounding; all of them and no others."""
    now = choice(page)
    shown = expected(now["study"], now)
    found = table(page)
    assert set(found) == {(arm, "" if place is None else f"{place:,g}") for arm, place in shown}
    for (arm, place), (_, ends) in shown.items():
        row = found[arm, "" if place is None else f"{place:,g}"]
        for one, other in zip(row, ends, strict=True):
            assert (one is None) == (other is None)
            assert one is None or one == pytest.approx(other, abs=0.50001 * 10**-digits)


def said(page) -> str:
    return page.locator("output").inner_text()


def redrawn(page, act):
    """Does something, and waits until another drawing stands there."""
    page.evaluate("document.querySelector('.ex-chart svg')?.setAttribute('data-old', '')")
    act()
    page.locator(".ex-chart svg:not([data-old])").wait_for()


def test_the_policy_of_these_tests_forbids_eval(chromium, folder):
    page = chromium.new_page()
    page.goto((folder / "page.html").as_uri())
    # later: while the test's own code runs, eval is allowed
    code = """setTimeout(() => {
      try { Function('return 1')(); } catch (error) { document.title = error.name; }
    }, 0)"""
    page.add_script_tag(content=code)
    page.wait_for_function("document.title === 'EvalError'")
    page.close()


def test_it_opens_with_every_network_of_together(opened):
    page = opened()
    assert_shown(page)
    assert choice(page)["study"] == "together" and len(table(page)) == 16
    assert page.locator(".if-live").is_visible() and not page.locator("figure > img").is_visible()
    assert page.evaluate("location.hash") == ""


def test_by_mouse_a_study_a_view_a_metric_a_setting_and_a_baseline(opened):
    page = opened()
    redrawn(page, lambda: page.get_by_label("Study", exact=True).select_option("batch-size"))
    assert_shown(page)
    redrawn(page, lambda: page.get_by_label("Paired difference").check())
    assert_shown(page)
    redrawn(page, lambda: page.get_by_label("Metric", exact=True).select_option("test loss"))
    assert_shown(page, digits=3)
    redrawn(page, lambda: page.get_by_label("Learning rate", exact=True).select_option("0.1"))
    assert_shown(page, digits=3)
    redrawn(
        page,
        lambda: page.get_by_label("Difference to", exact=True).select_option("32 images a step"),
    )
    assert_shown(page, digits=3)
    now = choice(page)
    assert (now["study"], now["view"], now["metric"], now["along"]) == (
        "batch-size",
        "paired",
        "test_loss",
        "batch_size",
    )
    assert (now["at"]["lr"], now["base"], now["closeup"], len(now["show"])) == (
        "0.1",
        "batch_size:32",
        False,
        4,
    )
    redrawn(page, lambda: page.get_by_label("group norm").uncheck())
    assert_shown(page, digits=3)
    assert not [arm for arm, _ in table(page) if arm == "group norm"]
    redrawn(
        page, lambda: page.get_by_label("Along the axis", exact=True).select_option("learning rate")
    )
    assert_shown(page, digits=3)


def test_by_keyboard_alone(opened):
    page = opened()

    def go(label):
        for _ in range(40):
            page.keyboard.press("Tab")
            focused = page.evaluate(
                "(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()"
            )
            if focused.startswith(label):
                style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert style == "solid", f"{label} shows that it has the focus"
                return
        pytest.fail(f"{label} is not reached")

    go("Study")
    redrawn(page, lambda: page.keyboard.type("dropout-r"))
    assert choice(page)["study"] == "dropout-rate"
    assert_shown(page)
    go("End points")
    redrawn(page, lambda: page.keyboard.press("ArrowLeft"))
    assert choice(page)["view"] == "paired" and choice(page)["base"] == "dropout:0"
    assert_shown(page)
    go("Metric")
    redrawn(page, lambda: page.keyboard.press("ArrowDown"))
    assert choice(page)["metric"] == "validation_accuracy"
    go("dense layer")
    redrawn(page, lambda: page.keyboard.press("Space"))
    assert "dense layer" not in choice(page)["show"]
    assert page.evaluate("document.activeElement.type") == "checkbox", (
        "the focus stays where it was"
    )
    assert_shown(page)
    go("Copy link")


def test_by_touch(opened):
    page = opened(has_touch=True, viewport={"width": 390, "height": 800})
    redrawn(page, lambda: page.get_by_text("Curves", exact=True).tap())
    assert choice(page)["view"] == "curves"
    assert all(
        box["height"] >= 40
        for box in [
            one.bounding_box() for one in page.locator("select:visible, .ex-share button").all()
        ]
    )


def test_medians_have_an_interval_from_six_seeds_on_and_runs_that_never_arrive_are_told(opened):
    page = opened("#study=together&metric=steps_80")
    assert_shown(page, digits=0)
    never = sum(
        math.isinf(v)
        for numbers, _ in expected("together", choice(page)).values()
        for v in numbers.values()
    )
    assert never > 0
    assert (
        f"{never} runs never got there." in said(page)
        and f"never got there: {never}" in page.locator(".ex-key").inner_text()
    )
    assert page.locator(".ex-chart svg text", has_text="↑").count() == never


def test_every_seed_can_be_read_in_the_table(opened):
    page = opened("#study=norm-position")
    page.get_by_label("with every seed").check()
    for row in page.locator(".ex-table tbody tr:has(td)").all():
        n, *_, seeds = row.locator("td").all_inner_texts()
        assert len(seeds.split(" · ")) == int(n)
    now = choice(page)
    shown = expected("norm-position", now)
    first = shown[now["show"][0], min(rate for arm, rate in shown if arm == now["show"][0])][0]
    listed = page.locator(".ex-table tbody tr:has(td)").first.locator("td").last.inner_text()
    assert listed == " · ".join(f"{seed}: {value:.2f}" for seed, value in sorted(first.items()))


# --- what is drawn


def dots(page) -> int:
    return page.locator(".ex-chart .ex-dot").count()


@pytest.mark.parametrize("name", DRAWN)
def test_every_run_is_drawn_diverged_ones_as_crosses(opened, name):
    page = opened(f"#study={name}")
    for metric in ("test_loss", "steps_85", "test_accuracy"):
        redrawn(
            page,
            lambda metric=metric: page.evaluate(f"location.hash = '#study={name}&metric={metric}'"),
        )
        seeds = [seed for row in rows(page) for seed in row["seeds"]]
        crosses = page.locator(".ex-chart svg text", has_text="×").count()
        arrows = page.locator(".ex-chart svg text", has_text="↑").count()
        assert crosses == sum(seed["diverged"] for seed in seeds)
        assert dots(page) + crosses + arrows == len(seeds) > 0
        if crosses:
            assert f"diverged: {crosses}" in page.locator(
                ".ex-key"
            ).inner_text() and "diverged." in said(page)


@pytest.mark.parametrize("name", DRAWN)
def test_every_curve_is_drawn(opened, name):
    page = opened(f"#study={name}&view=curves")
    lines = [len(row["lines"]) for row in rows(page)]
    assert page.locator(".ex-chart path[stroke-width='0.8']").count() == sum(lines) > 0
    assert page.locator(".ex-chart path[stroke-width='2.8']").count() == len(lines)


def test_in_the_close_up_what_lies_outside_is_marked_and_counted(opened):
    page = opened("#study=learning-rate")
    full = dots(page) + page.locator(".ex-chart svg text", has_text="×").count()
    redrawn(page, lambda: page.get_by_label("Close-up").check())
    outside = page.locator(".ex-chart svg text", has_text=re.compile("[▾▴]")).count()
    assert outside > 0 and dots(page) + outside == full
    assert f"outside of the close-up: {outside}" in page.locator(".ex-key").inner_text()
    assert_shown(page)


def test_a_dot_says_which_run_it_is(opened):
    page = opened("#study=seeds")
    mark = page.locator(".ex-chart .ex-dot").first
    box = mark.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    note = page.locator(".ex-note")
    note.wait_for()
    assert re.fullmatch(r"plain, seed \d+: 8\d\.\d\d", note.inner_text())
    page.mouse.move(1, 1)
    assert not note.is_visible()


def test_the_drawing_has_its_words_for_those_who_do_not_see_it(opened):
    page = opened("#study=schedule&view=paired")
    chart = page.locator(".ex-chart")
    assert chart.get_attribute("role") == "img"
    label = chart.get_attribute("aria-label")
    assert (
        label.startswith("Difference in test accuracy, points minus plain") and said(page) in label
    )
    assert page.locator("output").get_attribute("aria-live") == "polite"
    assert page.locator(".ex-table caption").inner_text()


def test_nothing_moves(opened):
    page = opened(reduced_motion="no-preference")
    assert page.evaluate("document.getAnimations().length") == 0


def test_a_wider_window_gets_a_wider_drawing(opened):
    page = opened(viewport={"width": 700, "height": 800})
    before = page.locator(".ex-chart svg").bounding_box()["width"]
    redrawn(page, lambda: page.set_viewport_size({"width": 390, "height": 800}))
    assert page.locator(".ex-chart svg").bounding_box()["width"] < before - 200
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_without_data_the_picture_stays(chromium, folder):
    page = chromium.new_page()
    page.route("**/data.js", lambda route: route.abort())
    page.goto((folder / "page.html").as_uri())
    assert page.locator("figure > img").is_visible() and page.locator(".if-live").count() == 0
    page.close()


LOSS = "training loss since the point before"


def test_curves_of_losses_come_when_they_are_asked_for(opened, chromium, folder):
    page = opened("#study=seeds&view=curves")
    assert page.locator("script[src*='losses.js']").count() == 0
    redrawn(page, lambda: page.get_by_label("Metric", exact=True).select_option(LOSS))
    assert "Training loss since the point before" in page.locator(".ex-title").inner_text()
    assert re.search(r"plain \d\.\d{3}", said(page)), said(page)
    assert page.locator("script[src*='losses.js']").count() == 1
    without = chromium.new_page()
    without.route("**/losses.js", lambda route: route.abort())
    without.goto((folder / "page.html").as_uri() + "#study=seeds&view=curves&metric=train_loss")
    without.get_by_text("The curves of losses could not be loaded.").wait_for()
    without.unroute("**/losses.js")
    without.get_by_label("Close-up").check()
    without.locator(".ex-chart svg").wait_for()
    without.close()


# --- links


def test_a_link_restores_the_whole_choice(opened):
    page = opened()
    redrawn(page, lambda: page.get_by_label("Study", exact=True).select_option("together"))
    redrawn(page, lambda: page.get_by_label("Paired difference").check())
    redrawn(
        page, lambda: page.get_by_label("Along the axis", exact=True).select_option("learning rate")
    )
    redrawn(page, lambda: page.get_by_label("Training images", exact=True).select_option("1,000"))
    redrawn(page, lambda: page.get_by_label("Metric", exact=True).select_option("test loss"))
    redrawn(
        page, lambda: page.get_by_label("Difference to", exact=True).select_option("batch norm")
    )
    redrawn(page, lambda: page.locator(".ex-legend").get_by_label("dropout").uncheck())
    redrawn(page, lambda: page.get_by_label("Close-up").check())
    link = page.get_by_label("Link to this view").input_value()
    assert link == page.url
    again = opened("#" + link.split("#")[1])
    assert (
        choice(again) == choice(page) and table(again) == table(page) and said(again) == said(page)
    )


@pytest.mark.parametrize("view", ["ends", "curves", "paired"])
@pytest.mark.parametrize("name", NAMES)
def test_links_of_all_studies_and_views_lead_back_to_them(js, name, view):
    first, second, notes = js(
        """(() => {
          const { arms, factors } = studies[a.study];
          const axis = factors.at(-1);
          const base = v.baselines(studies[a.study], axis).at(-1)?.key;
          const last = ({ name, values }) => [name, values.at(-1)];
          const at = Object.fromEntries(factors.map(last));
          const wished = { ...a, along: axis?.name, base, at, show: [arms.at(-1)[0]] };
          const { choice } = v.settle(studies, wished);
          const again = v.settle(studies, v.fromLink(v.toLink(studies, choice)));
          if (choice.view !== "paired") choice.base = again.choice.base;
          if (choice.view === "curves") choice.along = again.choice.along;
          else if (axis) choice.at[axis.name] = again.choice.at[axis.name];
          return [choice, again.choice, again.notes];
        })()""",
        {"study": name, "view": view, "closeup": True},
    )
    assert first == second and notes == []


def test_a_changed_address_changes_the_view(opened):
    page = opened("#study=seeds")
    redrawn(page, lambda: page.evaluate("location.hash = '#study=together&view=curves'"))
    assert choice(page)["study"] == "together" and choice(page)["view"] == "curves"
    page.evaluate("location.hash = '#somewhere-else'")
    assert choice(page)["study"] == "together", "what is no link to a view is left alone"


DAMAGED = (
    ("#study=nothing", "There is no study “nothing” here: showing together."),
    ("#study=seeds&view=paired", "There is no view “paired” here: showing ends."),
    ("#study=together&view=bars", "There is no view “bars” here: showing ends."),
    ("#study=together&metric=luck", "There is no metric “luck” here: showing test_accuracy."),
    ("#study=together&along=luck", "There is no axis “luck” here: showing n_train."),
    ("#study=together&lr=7", "There is no learning rate “7” here: showing best."),
    ("#study=together&view=paired&base=luck", "There is no baseline “luck” here: showing plain."),
    (
        "#study=together&show=plain&show=luck",
        "There is no condition “luck” here: showing the others.",
    ),
    ("#study=__proto__", "There is no study “__proto__” here: showing together."),
    (
        "#study=together&metric=constructor",
        "There is no metric “constructor” here: showing test_accuracy.",
    ),
    ("#study=%E0%A4%A&view", None),
    ("#study", None),
    ("#%%%", None),
    ("#study=together&study=seeds&show=&show=", None),
)


def test_a_damaged_link_shows_what_it_can_and_says_so(opened):
    page = opened("#study=nothing")
    assert said(page).startswith("There is no study “nothing” here: showing together.")
    for link, told in DAMAGED:
        page.evaluate("location.hash = '#study=averaging'")
        page.locator(".ex-question", has_text=STUDIES["averaging"].question).wait_for()
        page.evaluate("link => { location.hash = link }", link)
        if told:
            page.locator("output", has_text=told).wait_for()
        assert choice(page)["study"] in NAMES
        assert page.locator(".ex-table thead th").count()


def test_a_setting_without_runs_moves_to_one_that_has_some(opened):
    page = opened("#study=together&along=n_train&n_train=500&lr=best")
    redrawn(page, lambda: page.get_by_label("Curves").check())
    redrawn(page, lambda: page.get_by_label("Training images", exact=True).select_option("500"))
    redrawn(page, lambda: page.get_by_label("Learning rate", exact=True).select_option("1"))
    assert choice(page)["at"] == {"n_train": "1000", "lr": "1"}, (
        "the last choice stays, the other moves"
    )
    redrawn(page, lambda: page.get_by_label("Training images", exact=True).select_option("20,000"))
    assert choice(page)["at"]["n_train"] == "20000" and choice(page)["at"]["lr"] in ("0.03", "0.1")


def test_no_condition_is_told_and_not_an_error(opened):
    page = opened("#study=norm-position")
    for box in page.locator(".ex-legend input").all():
        box.uncheck()
    assert said(page) == "No condition is chosen."
    assert (
        page.locator(".ex-chart svg").count() == 0
        and page.locator(".ex-table tbody tr").count() == 0
    )
    redrawn(page, lambda: page.locator(".ex-legend input").first.check())
    assert_shown(page)


def test_the_link_is_copied(opened):
    page = opened("#study=seeds&view=curves", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link to this view").click()
    page.get_by_text("Copied.").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.get_by_label("Link to this view").input_value()
    assert parse_qs(urlsplit(copied).fragment) == {
        "study": ["seeds"],
        "view": ["curves"],
        "metric": ["validation_accuracy"],
    }


def test_where_nothing_may_be_copied_the_link_is_selected(opened):
    page = opened("#study=seeds")
    page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }"
    )
    page.get_by_role("button", name="Copy link to this view").click()
    page.get_by_text("copy it from there").wait_for()
    link = page.get_by_label("Link to this view")
    assert (
        link.evaluate("(input) => input.selectionEnd - input.selectionStart")
        == len(link.input_value())
        > 20
    )


# --- looks


@pytest.mark.parametrize("name", DRAWN)
def test_a_phone_shows_all_without_scrolling_sideways(opened, name):
    page = opened(f"#study={name}", viewport={"width": 390, "height": 800})
    for view in ("End points", "Curves", "Paired difference"):
        if not page.get_by_label(view).is_disabled():
            page.get_by_label(view).check()
            assert page.evaluate("document.documentElement.scrollWidth") == 390
            page.locator(".ex-chart svg").wait_for()
            assert page.locator(".ex-chart svg").bounding_box()["width"] <= 342


ARMS = ("plain", "dropout", "batch-norm", "both", *(f"other-{i}" for i in range(1, 7)))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_arms_colour_is_readable_and_drawn(opened, theme):
    page = opened("#study=batch-size", color_scheme=theme)
    found = page.evaluate(
        """names => names.map((name) => {
          const probe = document.createElement("i");
          probe.style.color = `var(${name})`;
          document.querySelector("figure").append(probe);
          return getComputedStyle(probe).color;
        })""",
        ["--if-paper", "--if-ink", "--if-muted", *(f"--ex-{name}" for name in ARMS)],
    )
    paper, *inks = found
    assert (luminance(paper) > 0.9) == (theme == "light")
    assert min(contrast(ink, paper) for ink in inks) >= 4.5
    drawn = page.locator(".ex-chart .ex-names text").evaluate_all(
        "(texts) => texts.map((text) => getComputedStyle(text).fill)"
    )
    assert set(drawn) == {
        found[3 + ARMS.index(name)] for name in ("batch-norm", "other-1", "other-2", "other-3")
    }


def test_a_change_of_the_theme_needs_no_drawing_anew(opened):
    page = opened(color_scheme="light")
    label = page.locator(".ex-chart .ex-names text").first
    before = label.evaluate("(text) => getComputedStyle(text).fill")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert label.evaluate("(text) => getComputedStyle(text).fill") != before


def test_on_paper_and_without_scripts_there_is_the_still_picture(opened):
    page = opened()
    page.emulate_media(media="print")
    assert page.locator("figure > img").is_visible() and not page.locator(".if-live").is_visible()
    page = opened(drawn=False, java_script_enabled=False)
    assert page.locator("figure > img").is_visible() and page.locator(".if-live").count() == 0


def test_the_scripts_stay_small():
    sizes = [(directive.STATIC / script).stat().st_size for script in directive.OWN_SCRIPTS]
    assert sum(sizes) < 60 * 1024
