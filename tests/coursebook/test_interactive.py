"""The interactive figures, moved by mouse and keyboard, and their numbers beside the package's."""

import itertools
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from little_site import build
from PIL import Image
from sphinx.errors import SphinxWarning
from test_interactive_maths import MEANS, mulberry32, network_of

from coursebook import moving_figures
from dropnorm import figures
from dropnorm import scratch as nn
from tools import screenshots

ROOT = Path(__file__).parents[2]
NAMES = moving_figures.names(screenshots.FIGURES)
DIRECTIVE = re.compile(r"^```\{interactive\} (\S+)\n((?::.*\n)*)(.+)\n```", re.MULTILINE)


@pytest.fixture
def figure(visit, tmp_path):
    """Opens a page with one figure and nothing else."""

    def open_figure(name, **options):
        path = tmp_path / f"{name}.html"
        path.write_text(screenshots.bare_page(name), encoding="utf-8")
        return visit(path.as_uri(), **options)

    return open_figure


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def cells(page) -> dict[str, list[float]]:
    """The table of a figure."""
    rows = page.locator("tbody tr").all()
    return {
        row.locator("th").inner_text(): [
            number(cell) for cell in row.locator("td").all_inner_texts()
        ]
        for row in rows
    }


def state(page, what: str):
    return page.evaluate(f"document.querySelector('figure').state.{what}")


def press(page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def said(page) -> str:
    return page.locator("output").inner_text()


def test_there_are_the_four_figures():
    assert NAMES == ["backward", "batch-norm", "dropout", "shared-mean"]


# --- dropout


def passes(p, count):
    """The figure's first passes, by the package."""
    draws = mulberry32(3)
    masks = np.array(list(itertools.islice(draws, 6 * count))).reshape(count, 6)
    return masks, lambda net: network_of(net, p, masks)(np.repeat([net["x"]], count, axis=0))[:, 0]


def test_dropout_by_mouse_one_mask_and_the_mean_of_many(figure):
    page = figure("dropout")
    net = state(page, "net")
    whole = network_of(net, 0.5)(np.array([net["x"]]))[0, 0]
    for clicks, count in (
        ([], 1),
        (["Draw a mask"], 2),
        (["Run 200 passes"], 202),
        (["Run 200 passes"], 402),
    ):
        for button in clicks:
            press(page, button)
        masks, run = passes(0.5, count)
        outputs = run(net)
        ((label, numbers),) = cells(page).items()
        assert label == f"p = 0.50, {count} pass{'es' * (count > 1)}"
        np.testing.assert_allclose(numbers, [outputs[-1], outputs.mean(), whole], atol=5.001e-4)
        assert page.locator(".if-gone").count() == (masks[-1] < 0.5).sum()
        assert said(page).startswith(
            f"{(masks[-1] < 0.5).sum()} of 6 units dropped, the rest × 2.00."
        )
    assert abs(outputs.mean() - whole) < 3 * outputs.std() / np.sqrt(count)
    press(page, "Start over")
    assert "1 pass" in next(iter(cells(page)))


def test_dropout_by_keyboard_a_larger_p_drops_the_same_units_and_more(figure):
    page = figure("dropout")
    slider = page.get_by_label("Rate of dropping, p")
    slider.focus()
    masks, _ = passes(0, 1)
    net = state(page, "net")
    for key, p in (("Home", 0), ("ArrowRight", 0.05), ("End", 0.9), ("ArrowLeft", 0.85)):
        page.keyboard.press(key)
        assert slider.get_attribute("aria-valuetext") == f"{p:.2f}"
        assert page.locator(".if-gone").count() == (masks[0] < p).sum()
        np.testing.assert_allclose(
            cells(page)[f"p = {p:.2f}, 1 pass"][0], passes(p, 1)[1](net)[0], atol=5.001e-4
        )


def test_dropout_by_touch(figure):
    page = figure("dropout", has_touch=True, viewport={"width": 390, "height": 800})
    page.get_by_role("button", name="Run 200 passes").tap()
    assert "201 passes" in next(iter(cells(page)))


def test_passes_are_shown_one_after_the_other_unless_the_reader_wants_no_motion(figure):
    page = figure("dropout", reduced_motion="no-preference")
    counts = page.evaluate(
        """async () => {
          const seen = [];
          const count = () => document.querySelector("figure").state.outputs.length;
          const buttons = [...document.querySelectorAll("button")];
          buttons.find((b) => b.textContent === "Run 200 passes").click();
          while (seen.at(-1) !== 201 && seen.length < 1000) {
            seen.push(count());
            await new Promise(requestAnimationFrame);
          }
          return seen;
        }"""
    )
    assert counts[0] < 20 and counts[-1] == 201 and len(set(counts)) > 20
    page = figure("dropout", reduced_motion="reduce")
    assert (
        page.evaluate(
            """() => {
          const buttons = [...document.querySelectorAll("button")];
          buttons.find((b) => b.textContent === "Run 200 passes").click();
          return document.querySelector("figure").state.outputs.length;
        }"""
        )
        == 201
    )


# --- batch norm


def measured(page, layer, mode):
    """What the table should say, by the package.

    In training the layer tracks the batch, as the figure did.
    """
    x = np.array([channel["x"] for channel in state(page, "channels")]).T
    y = layer.train(mode == "training")(x)
    rows = {
        "batch": (x.mean(0), x.var(0)),
        "running": layer.buffers.values(),
        "output": (y.mean(0), y.var(0)),
    }
    return {
        f"{name} {what}": value
        for name, both in rows.items()
        for what, value in zip(("mean", "variance"), both, strict=False)
    }


def same_table(page, expected):
    table = cells(page)
    assert set(table) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(table[name], values, atol=5.001e-3, err_msg=name)


def test_batch_norm_by_mouse_running_statistics_and_both_modes(figure):
    page = figure("batch-norm")
    layer = nn.BatchNorm1d(2, dtype=np.float64)
    for _ in range(5):
        press(page, "Next batch")
        same_table(page, measured(page, layer, "training"))
    page.get_by_label("evaluation").check()
    same_table(page, measured(page, layer, "evaluation"))
    press(page, "Next batch")  # in evaluation nothing is tracked
    same_table(page, measured(page, layer, "evaluation"))
    assert said(page).endswith("Batches tracked: 5.")
    press(page, "Reset")
    layer.reset_running_stats()
    same_table(page, measured(page, layer, "evaluation"))


def test_batch_norm_by_keyboard_shift_and_stretch_leave_the_training_output_alone(figure):
    page = figure("batch-norm")
    before = cells(page)
    for label, keys in {"Shift": ["Home"], "Stretch": ["ArrowRight"] * 3}.items():
        page.get_by_label(label).focus()
        for key in keys:
            page.keyboard.press(key)
    after = cells(page)
    assert (
        after["batch mean"][0] < before["batch mean"][0] - 8
        and after["batch variance"][0] > before["batch variance"][0]
    )
    for name, values in before.items():
        assert after[name][1] == values[1], "channel 2 does not notice"
    assert after["output mean"] == before["output mean"] == [0, 0]
    assert after["output variance"] == before["output variance"] == [1, 1]
    page.get_by_label("γ (weight)").focus()
    page.keyboard.press("End")
    page.get_by_label("β (bias)").focus()
    page.keyboard.press("Home")
    assert cells(page)["output mean"] == [-3, 0] and cells(page)["output variance"] == [9, 1]
    page.get_by_label("training").focus()
    page.keyboard.press("ArrowDown")
    assert "evaluation mode" in page.locator("svg").nth(1).text_content()
    assert abs(cells(page)["output mean"][0]) > 5, (
        "the running statistics know nothing of the shift"
    )


@pytest.mark.parametrize(("key", "momentum"), [("End", 1.0), ("Home", 0.05)])
def test_batch_norm_takes_the_chosen_momentum_and_batch_size(figure, key, momentum):
    page = figure("batch-norm")
    page.get_by_label("Momentum").press(key)
    page.get_by_label("Batch size").press("Home")
    assert page.get_by_label("Batch size").get_attribute("aria-valuetext") == "2"
    layer = nn.BatchNorm1d(2, momentum=momentum, dtype=np.float64)
    for _ in range(3):
        press(page, "Next batch")
        same_table(page, measured(page, layer, "training"))
    press(page, "20 batches")
    assert said(page).endswith("Batches tracked: 23.")


# --- which numbers share a mean


def shared(page):
    values, shape = np.array(state(page, "values"), float), state(page, "shape")
    row, column, kind = (state(page, what) for what in ("row", "column", "kind"))
    x = values.reshape(shape)
    at = (row // shape[2], column // shape[3], row % shape[2], column % shape[3])
    means = np.broadcast_to(MEANS[kind](x, 2), shape)
    return x[at], at, means[at]


@pytest.mark.parametrize(
    ("kind", "count"), [("batch", 27), ("layer", 36), ("instance", 9), ("group", 18)]
)
def test_what_lights_up_shares_the_mean(figure, kind, count):
    page = figure("shared-mean")
    page.get_by_label(f"{kind.capitalize()} norm").check()
    page.locator(".if-cell text").filter(has_text="6").first.click()
    page.locator(".if-keys").focus()
    for key in ["ArrowRight"] * 3 + ["ArrowDown"] * 4 + ["ArrowLeft", "ArrowUp"]:
        page.keyboard.press(key)
    value, at, mean = shared(page)
    assert at == (1, 0, 0, 2)
    assert page.locator(".if-shares").count() == count
    assert f"with {count - 1} others" in said(
        page
    ) and f"{108 // count} means of {count} numbers" in said(page)
    assert (
        f"the {value:.0f} in image 1, channel 0, row 0, column 2 shares its mean, {mean:.2f}"
        in said(page)
    )
    lit = [float(text) for text in page.locator(".if-shares text").all_text_contents()]
    assert np.isclose(np.mean(lit), mean)
    axes = re.search(r"axis=\(([\d, ]+)\)", said(page)).group(1)
    x = np.reshape(state(page, "values"), state(page, "shape"))
    x = x.reshape(3, 2, 2, 3, 3) if kind == "group" else x
    assert x.mean(axis=eval(f"({axes})")).size == 108 // count


def test_a_click_chooses_the_number_under_the_mouse(figure):
    page = figure("shared-mean")
    box = page.locator("svg").bounding_box()
    scale = box["width"] / 340
    page.mouse.click(
        box["x"] + scale * (20 + 80 * 3 + 25 * 1 + 12),
        box["y"] + scale * (22 + 84 * 2 + 25 * 2 + 12),
    )
    assert shared(page)[1] == (2, 3, 2, 1)
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    assert shared(page)[1] == (2, 3, 2, 2), "the edge is the end"


# --- backward


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_the_gradient_walks_back_to_the_layers_dx(figure, by):
    page = figure("backward")
    if by == "keyboard":
        page.locator(".if-keys").focus()
    for step in range(1, 10):
        if by == "mouse":
            press(page, "Step ▸")
        else:
            page.keyboard.press("ArrowRight")
        assert said(page).startswith(f"Step {step} of 9.")
        assert page.locator(".if-present").count() == 1
        assert page.locator(".if-lit:not(.if-head)").count() == {1: 0, 7: 2, 9: 2}.get(step, 1), (
            "roads that meet"
        )
    layer = nn.BatchNorm1d(1, dtype=np.float64)
    layer.params["weight"][0] = state(page, "gamma")
    layer(np.array(state(page, "x"))[:, None])
    dx = layer.backward(np.array(state(page, "dy"))[:, None])[:, 0]
    np.testing.assert_allclose(state(page, "dx"), dx, atol=1e-10)
    closed = re.search(r"closed form gives (.*): the same", said(page)).group(1)
    np.testing.assert_allclose([number(value) for value in closed.split(", ")], dx, atol=5.001e-3)
    press(page, "◂ Back")
    assert said(page).startswith("Step 8 of 9.")


@pytest.mark.parametrize("direction", ["the same for all four", "along x̂"])
def test_in_the_two_forbidden_directions_no_gradient_arrives(figure, direction):
    page = figure("backward")
    for _ in range(3):
        press(page, "Another batch")
        page.locator(".if-keys").press("End")
        page.get_by_label(direction).check()
        assert np.abs(state(page, "dx")).max() < 1e-3 < np.abs(state(page, "dy")).max()
        assert "gives 0.00, 0.00, 0.00, 0.00: the same" in said(page)


# --- all four


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", NAMES)
def test_every_control_has_a_label_and_every_drawing_a_description(figure, name, width):
    page = figure(name, viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") == width, (
        "nothing is wider than the page"
    )
    assert not page.locator("figure > img").is_visible()
    assert set(
        page.evaluate("[...document.querySelectorAll('input')].map(i => i.labels.length)") or [1]
    ) == {1}
    sides = page.evaluate(
        """[...document.querySelectorAll("input, button, .if-cell rect")].map((target) => {
          const box = (target.type === "radio" ? target.labels[0] : target).getBoundingClientRect();
          return Math.min(box.width, box.height);
        })"""
    )
    assert min(sides) >= 24, "too small for a finger"
    for drawing in page.locator("svg").all():
        assert drawing.get_attribute("role") == "img"
        assert drawing.locator("title").text_content() and drawing.locator("desc").text_content()
        sizes = drawing.evaluate(
            """(drawing) => [...drawing.querySelectorAll("text")].map((text) =>
              parseFloat(getComputedStyle(text).fontSize) * drawing.clientWidth / 340)"""
        )
        assert min(sizes) > 10, "text as small as this cannot be read on a phone"
    assert page.locator("output").get_attribute("aria-live") == "polite"
    assert page.locator("output").inner_text()
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_figure_is_reached_by_the_tab_key_and_shows_the_focus(figure, name):
    page = figure(name)
    stops = page.evaluate(
        "document.querySelectorAll('button, input[type=range], input:checked, [tabindex]').length"
    )
    for _ in range(stops):
        page.keyboard.press("Tab")
        style = page.evaluate(
            """() => {
              const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
              return [outlineStyle, outlineWidth];
            }"""
        )
        assert style == ["solid", "3px"]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('figure')") is None


def luminance(colour: str) -> float:
    channels = np.array([float(value) for value in re.findall(r"[\d.]+", colour)[:3]]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


INKS = ("--if-ink", "--if-muted", "--if-gradient", "--dn-dropout", "--dn-batch-norm", "--dn-plain")


def colours(page) -> dict[str, str]:
    """The figures' colours on this page, as rgb(…)."""
    return page.evaluate(
        """names => Object.fromEntries(names.map((name) => {
          const probe = document.createElement("i");
          probe.style.color = `var(${name})`;
          document.querySelector("figure.interactive").append(probe);
          const { color } = getComputedStyle(probe);
          probe.remove();
          return [name, color];
        }))""",
        [*INKS, "--if-paper", "--if-dropout-tint", "--if-norm-tint"],
    )


def assert_readable(page):
    found = colours(page)
    for ink in INKS:
        assert contrast(found[ink], found["--if-paper"]) >= 4.5, ink
    for tint in ("--if-dropout-tint", "--if-norm-tint"):
        assert contrast(found["--if-ink"], found[tint]) >= 4.5, tint
    return found


def test_text_is_readable_in_light_and_dark_and_colours_are_the_books(figure):
    light = assert_readable(figure("dropout", color_scheme="light"))
    dark = assert_readable(figure("dropout", color_scheme="dark"))
    assert luminance(light["--if-paper"]) > 0.9 and luminance(dark["--if-paper"]) < 0.05

    def rgb(colour):
        return f"rgb({int(colour[1:3], 16)}, {int(colour[3:5], 16)}, {int(colour[5:], 16)})"

    assert light["--dn-batch-norm"] == rgb(figures.BATCH_NORM) and light["--dn-plain"] == rgb(
        figures.PLAIN
    )


@pytest.mark.parametrize("name", NAMES)
def test_on_paper_and_without_scripts_there_is_the_still_picture(figure, name):
    page = figure(name)
    page.emulate_media(media="print")
    assert page.locator("figure > img").is_visible() and not page.locator(".if-live").is_visible()
    page = figure(name, java_script_enabled=False)
    assert page.locator("figure > img").is_visible() and page.locator(".if-live").count() == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_still_pictures_are_small_and_of_these_scripts(name):
    assert screenshots.still(name).stat().st_size <= 40 * 1024
    with Image.open(screenshots.still(name)) as image:
        assert image.mode == "P"
    assert screenshots.is_current(name), "run: python -m tools.screenshots"


def test_the_scripts_stay_small():
    scripts = [screenshots.source(moving_figures.FRAME), *screenshots.FIGURES.glob("*.js")]
    assert sum(path.stat().st_size for path in scripts) < 30 * 1024


# --- the directive


def used() -> list[tuple[str, str, str, str]]:
    """Notebook, figure, options and caption of every use."""
    found = []
    for path in sorted(ROOT.glob("chapters/*/*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            found += [
                (path.stem, *match) for match in DIRECTIVE.findall("".join(cell["source"]) + "\n")
            ]
    return found


def test_every_figure_in_the_book_has_alt_text_a_name_and_a_caption():
    assert {("02-dropout", "dropout"), ("06-batch-norm-from-scratch", "backward")} <= {
        use[:2] for use in used()
    }
    for notebook, name, options, caption in used():
        assert name in NAMES and len(caption) > 60, notebook
        assert len(re.search(r":alt: (.*)", options).group(1)) > 80, notebook
        assert re.search(r":name: fig-\d\d-", options), notebook


def built(folder: Path, builder: str, page: str) -> str:
    """A little book of two pages, one with the figure; returns what its first page becomes."""
    pages = {
        "index.rst": f"One\n===\n\n{page}\n\n.. toctree::\n\n   other\n",
        "other.rst": "Other\n=====\n\nNo figure here.\n",
    }
    shutil.copytree(screenshots.FIGURES, folder / "source" / "figures", dirs_exist_ok=True)
    app = build(folder, pages, ["coursebook.moving_figures"], builder, interactive_folder="figures")
    return next(app.outdir.glob("index.html" if builder == "html" else "*.tex")).read_text("utf-8")


FIGURE = ".. interactive:: dropout\n   :alt: what one sees\n\n   A caption."


def test_only_pages_with_a_figure_load_its_scripts(tmp_path):
    page = built(tmp_path, "html", FIGURE)
    scripts = re.findall(r'<script[^>]*src="_static/((?:coursebook|interactive)/[\w-]+)\.js', page)
    assert scripts == ["coursebook/figure", "interactive/maths", "interactive/dropout"]
    for script in scripts:
        assert (tmp_path / "html" / "_static" / f"{script}.js").is_file()
    assert 'alt="what one sees"' in page and "interactive.css" in page
    other = (tmp_path / "html" / "other.html").read_text(encoding="utf-8")
    assert "interactive" not in other and "coursebook" not in other


def test_in_print_the_directive_is_the_still_picture(tmp_path):
    page = built(tmp_path, "latex", FIGURE)
    assert re.search(r"\\sphinxincludegraphics\{\{dropout\}\.png\}", page) and "A caption." in page


@pytest.mark.parametrize(
    ("page", "message"),
    [
        (
            FIGURE.replace("dropout", "drop"),
            "'drop': expected one of backward, batch-norm, dropout, shared-mean",
        ),
        (FIGURE.replace("   :alt: what one sees\n", ""), "expected :alt: and a caption"),
        (FIGURE.replace("   A caption.", ""), "expected :alt: and a caption"),
    ],
)
def test_a_wrong_directive_says_what_is_missing(tmp_path, page, message):
    with pytest.raises(SphinxWarning, match=message):
        built(tmp_path, "html", page)
