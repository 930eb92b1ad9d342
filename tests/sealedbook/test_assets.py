"""Pages load what they use, in few files, and pictures when they are near."""

import re

from little_site import build

from sealedbook import assets


def test_styles_at_elements_become_classes(page):
    body = "<p style='width: 3%;' class='x'>a</p><p style='width: 3%'>b</p><p>c</p>"
    found = page(body, "<style>p { color: red }</style>")
    (name,) = rules = assets.move_styles(found)
    assert rules[name] == "width: 3%"
    assert [one.get("class") for one in found.tree.iter("p")] == [f"x {name}", name, None]
    assert not found.has("//style | //@style")


def test_pictures_far_below_wait_and_the_first_does_not(page):
    found = page(f"<article><img src='1'><p>{'x' * 700}</p><img src='2'></article>")
    assets.load_when_near(found)
    loaded = [(image.get("loading"), image.get("decoding")) for image in found.tree.iter("img")]
    assert loaded == [(None, "async"), ("lazy", "async")]


SCRIPTS = """
def setup(app):
    app.add_js_file("joined.js")
    app.add_js_file("scripts/theme.js", loading_method="defer")
    app.add_js_file("deferred.js", loading_method="defer")
"""


def test_scripts_are_joined_but_for_those_that_are_deferred(tmp_path):
    files = {
        "index.md": "# Book",
        "more/joined.js": "joined()",
        "more/scripts/theme.js": "deferredByTheTheme()",
        "more/deferred.js": "deferred()",
        "more/used.css": "h1 { color: red }\n.unused { color: blue }",
    }
    app = build(
        tmp_path,
        {**files, "conf.py": SCRIPTS},
        ["myst_nb", "sealedbook.assets"],
        html_theme="basic",
        html_static_path=["more"],
        html_css_files=["used.css"],
    )
    page = (app.outdir / "index.html").read_text("utf-8")
    bundle, deferred = re.findall(r'<script[^>]* src="(_static/[^"?]*)', page)
    assert deferred == "_static/deferred.js"
    assert {"joined()", "deferredByTheTheme()"} <= set(lines(app.outdir / bundle))
    assert page.count(" defer") == 2
    style = lines(app.outdir / "_static/book.css")
    assert "h1{color: red}" in style and ".unused{color: blue}" not in style
    assert page.count('rel="stylesheet"') == 1


def lines(path):
    return path.read_text("utf-8").splitlines()
