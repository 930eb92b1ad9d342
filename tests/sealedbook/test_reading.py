"""What a reader meets first: the book's name, folds, code, and the commands that can be pasted."""

import shutil
import subprocess

import pytest
from bs4 import BeautifulSoup
from little_site import build
from lxml import html

from sealedbook import clone, code_words, folds, titles

SIDEBAR = "<nav class='bd-links'><a href='#'>7 · Seven</a><a href='x'>8 · Eight</a></nav>"


def select(page, selector):
    return BeautifulSoup(page.html(), "lxml").select(selector)


def text(page, selector):
    return [" ".join(one.get_text().split()) for one in select(page, selector)]


def test_a_chapter_has_its_number_and_the_name_of_its_book(page):
    found = page(f"{SIDEBAR}<article><section><h1>Seven<a>#</a></h1></section></article>")
    titles.add_number(found)
    titles.add_book(found, "The Book", "index")
    assert text(found, "h1") == ["7 · Seven#"] and text(found, "h1 > .chapter-number") == ["7 ·"]
    (link,) = select(found, "article .book-name > a")
    assert (link.text, link["href"]) == ("The Book", "../index.html")
    titles.add_book(found, "The Book", "a/page")
    assert len(select(found, ".book-name")) == 1, "the first page has the name itself"


@pytest.mark.parametrize("number", ["07", "7b"])
def test_a_number_is_as_the_contents_have_it(page, number):
    side = f"<nav class='bd-links'><a href='#'>{number} · It</a></nav>"
    found = page(f"{side}<article><h1>It</h1></article>")
    titles.add_number(found)
    assert text(found, "h1") == [f"{number} · It"]


@pytest.mark.parametrize("entry", ["Glossary", "Two · Three"])
def test_a_page_without_a_number_gets_none(page, entry):
    found = page(
        f"<nav class='bd-links'><a href='#'>{entry}</a></nav><article><h1>It</h1></article>"
    )
    titles.add_number(found)
    assert text(found, "h1") == ["It"]


SOLUTION = """<div class="solution dropdown admonition" id="s-1">
<p class="admonition-title">Solution to<a href="#ex"> Exercise 6 (★ <em>All</em> masks)</a></p>
<section><p>Forty-two.</p></section></div>"""


def test_a_solution_is_shut_opened_by_its_whole_title_and_leads_back_at_its_end(page):
    found = page(SOLUTION)
    folds.fold_solutions(found)
    (fold,) = select(found, "details#s-1.solution:not([open])")
    assert [one.name for one in fold.find_all(recursive=False)] == ["summary", "section", "p"]
    assert text(found, "summary") == ["Solution to Exercise 6 (★ All masks)"]
    assert select(found, "summary em") and not select(found, "summary a")
    assert fold.select_one("p:last-child > a")["href"] == "#ex"
    before = found.html()
    folds.fold_solutions(found)
    assert found.html() == before


PYGMENTS = """html[data-theme="light"] .highlight .hll { background-color: #eee }
html[data-theme="light"] .highlight { background: #fefefe; color: #080808 }
html[data-theme="light"] .highlight .n { color: #080808 } /* Name */
html[data-theme="light"] .highlight .p { color: #080808 } /* Punctuation */
html[data-theme="light"] .highlight .k { color: #6730C5 } /* Keyword */
html[data-theme="light"] .highlight .nb { color: #080808; font-weight: bold } /* Builtin */
html[data-theme="dark"] .highlight { background: #2b2b2b; color: #F8F8F2 }
html[data-theme="dark"] .highlight .n { color: #F8F8F2 } /* Name */
html[data-theme="dark"] .highlight .p { color: #FFD900 } /* Punctuation */
html[data-theme="dark"] .highlight .k { color: #DCC6E0 } /* Keyword */
html[data-theme="dark"] .highlight .nb { color: #F8F8F2 } /* Builtin */
"""


def test_words_of_code_in_the_colour_of_the_text_need_no_element(page):
    plain = code_words.plain_classes(PYGMENTS)
    assert plain == {"n"}, "one in both themes, and nothing but the colour"
    words = '<span class="k">def</span> <span class="n">f</span><span class="p">(</span>'
    code = f'<div class="highlight"><pre><span></span>{words}</pre></div>'
    found = page(f'{code}<pre><span class="n">x</span></pre>')
    before = found.tree.text_content()
    code_words.unwrap(found, plain)
    assert found.tree.text_content() == before
    first, second = (html.tostring(one, encoding="unicode") for one in found.tree.iter("pre"))
    assert first == '<pre><span class="k">def</span> f<span class="p">(</span></pre>'
    assert second == '<pre><span class="n">x</span></pre>'
    assert code_words.plain_classes(".highlight .n { color: red }") == set()


def test_the_commands_on_a_page_are_right_with_an_address_and_without(tmp_path):
    pages = {"index.md": "# Book\n\n```{in-a-clone}\nmake lab\n```"}
    for number, (url, lines) in enumerate(
        [
            ("", ["# in the folder with these files", "make lab"]),
            (
                "https://github.com/one/my-book",
                ["git clone https://github.com/one/my-book", "cd my-book", "make lab"],
            ),
        ]
    ):
        app = build(
            tmp_path / str(number),
            pages,
            ["myst_nb", "sealedbook.clone"],
            html_theme="sphinx_book_theme",
            html_theme_options={"repository_url": url} if url else {},
        )
        found = html.parse(app.outdir / "index.html")
        assert found.xpath("string(//pre)").split("\n")[: len(lines)] == lines


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize("repository", ["", "https://example.org/one/book.git"])
def test_the_beginning_can_be_pasted_into_a_shell(repository):
    subprocess.run(["bash", "-n"], input=clone.beginning(repository).encode(), check=True)
    assert not set("<>|&;") & set(clone.beginning(repository))
