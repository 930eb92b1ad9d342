"""Each fix mends its fault, only once, and is still needed with the versions in use."""

import json
from pathlib import Path

import pytest
from little_site import build
from lxml import html
from tiny_book import notebook

from sealedbook import csp, pages, theme_fixes

# for each fix: the body of a page before and after it
BODIES = {
    "name_sidebar": [
        (
            '<div id="pst-primary-sidebar"></div>',
            '<div id="pst-primary-sidebar" role="complementary" aria-label="This book"></div>',
        )
    ],
    "name_search_button": [
        (
            '<button class="search-button-field" title="Search" aria-label="Search">Find</button>',
            '<button class="search-button-field">Find</button>',
        )
    ],
    "name_icon_buttons": [
        (
            '<button title="Toggle"><span></span></button>',
            '<button title="Toggle" aria-label="Toggle"><span></span></button>',
        ),
        ('<button title="Toggle">Word</button>', '<button title="Toggle">Word</button>'),
    ],
    "hide_icons": [
        (
            '<i class="fa-solid fa-sun" title="Light"></i>',
            '<i class="fa-solid fa-sun" aria-hidden="true"></i>',
        )
    ],
    "name_summaries": [
        (
            '<details><summary aria-label="Toggle hidden content">Code</summary></details>',
            "<details><summary>Code</summary></details>",
        ),
        (
            '<details><summary aria-label="More"></summary></details>',
            '<details><summary aria-label="More"></summary></details>',
        ),
    ],
    "name_table_headers": [
        (
            "<article><table><thead><tr><th><p></p></th><th>n</th></tr></thead>"
            "<tr><th>a</th></tr></table></article>",
            '<article><table><thead><tr><td><p></p></td><th scope="col">n</th></tr></thead>'
            '<tr><th scope="row">a</th></tr></table></article>',
        )
    ],
    "list_citations": [
        (
            '<div role="list"><div role="doc-biblioentry"></div></div>',
            '<div role="list"><div role="listitem"></div></div>',
        )
    ],
    "make_ids_classes": [
        (
            '<section id="solution-content"></section>',
            '<section class="solution-content"></section>',
        )
    ],
    "mend_summaries": [
        (
            '<details><summary><p class="expanded">Hide</p></summary></details>',
            '<details><summary><span class="expanded">Hide</span></summary></details>',
        )
    ],
    "keep_punctuation": [
        (
            '<p><span class="math">x</span>), y</p>',
            '<p><span class="unbroken"><span class="math">x</span>),</span> y</p>',
        ),
        (
            '<p><span class="math">x</span> y <span class="math">z</span></p>',
            '<p><span class="math">x</span> y <span class="math">z</span></p>',
        ),
    ],
    "download_source": [
        (
            '<a class="btn-download-source-button" target="_blank">Source</a>',
            '<a class="btn-download-source-button" download="">Source</a>',
        )
    ],
    "name_actions": [
        ('<button onclick="window.print()">P</button>', '<button data-action="print">P</button>')
    ],
}


def body(page: pages.Page) -> str:
    text = html.tostring(page.tree.find("body"), encoding="unicode")
    return text.removeprefix("<body>").removesuffix("</body>")


@pytest.mark.parametrize(
    ("name", "fault", "sound"), [(name, *case) for name, cases in BODIES.items() for case in cases]
)
def test_a_fault_is_mended_and_only_once(page, name, fault, sound):
    found = page(fault)
    for _ in range(2):
        getattr(theme_fixes, name)(found)
        assert body(found) == sound


def test_the_head_has_nothing_twice_or_for_nothing(page):
    found = page(
        head='<meta name="viewport" content="a"><meta name="viewport" content="b">'
        '<meta name="docsearch:language" content="en"><link rel="preload" as="script" href="x.js">'
        '<link rel="preload" as="font" href="x.woff2"><title>Page</title>'
    )
    theme_fixes.tidy_head(found)
    assert [(one.tag, one.get("content"), one.get("as")) for one in found.head[1:]] == [
        ("meta", "a", None),
        ("link", None, "font"),
        ("title", None, None),
    ]


def test_light_or_dark_is_set_by_our_script_alone(page):
    found = page(head="<script data-x='1'>root.dataset.mode = 1</script><script>other()</script>")
    theme_fixes.set_mode(found)
    scripts = [(script.text, dict(script.attrib)) for script in found.tree.iter("script")]
    assert scripts == [(theme_fixes.MODE_SCRIPT, {}), ("other()", {})]
    assert found.tree.get("data-default-mode") == "auto"


def test_an_unknown_action_is_an_error(page):
    with pytest.raises(ValueError, match="onclick='steal\\(\\)': expected one of toggleFullScreen"):
        theme_fixes.name_actions(page("<button onclick='steal()'>x</button>"))


def test_scripts_are_silent_and_leave_boxes_alone():
    script = 'x(["pre",".nboutput > .output_area",".dataframe"]);console.log("x");myconsole.log(1)'
    expected = 'x(["no-such-element"]);void("x");myconsole.log(1)'
    assert theme_fixes.mend_script(script) == expected


# with it, a book has every fault
PAGES = {
    "index.md": """# Book

```{toctree}
other
```

::::{exercise}
Think of $x$, or {cite}`a`.
::::

|   | n |
|---|---|
| a | 1 |

```{bibliography}
```
""",
    "references.bib": "@book{a, author = {A, B}, title = {T}, year = {2000}, publisher = {P}}",
}


def small_book(folder: Path, *extensions: str) -> Path:
    """A book with the theme and the extensions in use."""
    folded = json.loads(notebook("# Other"))
    folded["cells"][1]["metadata"]["tags"] = ["hide-input"]
    others = ["myst_nb", "sphinx_book_theme", "sphinx_exercise", "sphinx_togglebutton"]
    app = build(
        folder,
        PAGES | {"other.ipynb": json.dumps(folded)},
        [*others, "sphinxcontrib.bibtex", *extensions],
        strict=False,
        nb_execution_mode="off",
        myst_enable_extensions=["colon_fence", "dollarmath"],
        html_theme="sphinx_book_theme",
        html_theme_options={"use_download_button": True, "use_fullscreen_button": True},
        html_title="Book",
        bibtex_bibfiles=["references.bib"],
    )
    return Path(app.outdir)


@pytest.fixture(scope="module")
def unmended(tmp_path_factory) -> Path:
    return small_book(tmp_path_factory.mktemp("unmended"))


@pytest.fixture(scope="module")
def mended(tmp_path_factory) -> Path:
    return small_book(tmp_path_factory.mktemp("mended"), "sealedbook")


@pytest.mark.parametrize("fix", theme_fixes.PAGE_FIXES, ids=lambda fix: fix.__name__)
def test_a_fix_of_pages_is_still_needed(unmended, fix):
    site = pages.read(unmended)
    before = [page.html() for page in site]
    for page in site:
        fix(page)
    assert [page.html() for page in site] != before, "no longer needed: delete it"


@pytest.mark.parametrize("fix", theme_fixes.SCRIPT_FIXES, ids=lambda fix: fix.__name__)
def test_a_fix_of_scripts_is_still_needed(unmended, fix):
    scripts = [path.read_text("utf-8") for path in (unmended / "_static").rglob("*.js")]
    assert [fix(script) for script in scripts] != scripts, "no longer needed: delete it"


def test_the_fix_of_the_style_is_still_needed(unmended):
    (style,) = (path.read_text("utf-8") for path in (unmended / "_static").glob("mystnb.*.css"))
    assert theme_fixes.mend_style(style) != style, "no longer needed: delete it"


def test_every_fix_has_a_case_here():
    names = {fix.__name__ for fix in theme_fixes.PAGE_FIXES}
    assert names == {*BODIES, "tidy_head", "set_mode"}


def test_a_book_with_this_package_has_no_fault_left(mended):
    for page in pages.read(mended):
        before = page.html()
        for fix in theme_fixes.PAGE_FIXES:
            fix(page)
        assert page.html() == before, page.name
    style = (mended / "_static/book.css").read_text("utf-8")
    assert "summary>.admonition-title" in style and "summary>p." not in style


def test_every_page_of_it_has_one_style_sheet_one_bundle_and_a_policy(mended):
    for page in pages.read(mended):
        assert len(page.tree.xpath("//link[@rel='stylesheet']")) == 1, page.name
        (bundle,) = page.tree.xpath("//script[contains(@src, 'bundle-')]/@src")
        script = (mended / bundle.lstrip("/")).read_text("utf-8")
        assert "console.log(" not in script and "DOCUMENTATION_OPTIONS" in script
        assert page.has("//meta[@http-equiv='Content-Security-Policy']")
        # what stands in a page is what the policy was made for
        assert csp.policy(page) in page.tree.xpath("//meta/@content"), page.name
