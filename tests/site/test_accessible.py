"""What is mended in the HTML of theme and extensions."""

import pytest
from lxml import html

from sealedbook import accessibility
from sealedbook.pages import Page


def mended(tmp_path, body: str, name: str = "page") -> str:
    """The body of a page after all changes."""
    path = tmp_path / f"{name}.html"
    path.write_text(f"<html><head></head><body>{body}</body></html>", encoding="utf-8")
    page = Page(path, tmp_path)
    accessibility.mend(None, [page])
    return (
        html.tostring(page.tree.find("body"), encoding="unicode")
        .removeprefix("<body>")
        .removesuffix("</body>")
    )


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ('<div id="pst-primary-sidebar"></div>',
         '<div id="pst-primary-sidebar" role="complementary" aria-label="This book"></div>'),
        ('<img class="logo__image only-light" alt="Book - Home">',
         '<img class="logo__image only-light" alt="Book: first page">'),
        ('<button class="search-button-field" title="Search" aria-label="Search">Search Ctrl+K</button>',
         '<button class="search-button-field">Search Ctrl+K</button>'),
        ('<button title="Toggle"><span></span></button>',
         '<button title="Toggle" aria-label="Toggle"><span></span></button>'),
        ('<button title="Toggle">Word</button>', '<button title="Toggle">Word</button>'),
        ('<i class="fa-solid fa-sun" title="Light"></i>', '<i class="fa-solid fa-sun" aria-hidden="true"></i>'),
        ('<details><summary aria-label="Toggle hidden content"><p>Code</p></summary></details>',
         "<details><summary><p>Code</p></summary></details>"),
        ('<details><summary aria-label="More"></summary></details>',
         '<details><summary aria-label="More"></summary></details>'),
        ("<article><table><thead><tr><th><p></p></th><th>n</th></tr></thead><tr><th>a</th></tr></table></article>",
         '<article><table><thead><tr><td><p></p></td><th scope="col">n</th></tr></thead>'
         '<tr><th scope="row">a</th></tr></table></article>'),
        ('<p><span class="math">x</span>), y</p>',
         '<p><span class="unbroken"><span class="math">x</span>),</span> y</p>'),
        ('<p><span class="math">x</span> y <span class="math">z</span></p>',
         '<p><span class="math">x</span> y <span class="math">z</span></p>'),
        ('<div role="list"><div role="doc-biblioentry"></div></div>', '<div role="list"><div role="listitem"></div></div>'),
        ('<section id="solution-content"></section>', '<section class="solution-content"></section>'),
    ],
)  # fmt: skip
def test_a_fault_is_mended_and_only_once(tmp_path, theirs, ours):
    assert mended(tmp_path, theirs) == ours
    assert mended(tmp_path, ours) == ours
