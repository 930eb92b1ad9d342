"""Terms of the glossary are linked where a page first uses them, and nowhere else."""

import re
from pathlib import Path

import pytest
import yaml
from docutils import nodes
from docutils.utils import new_document
from little_site import build
from sphinx import addnodes

from coursebook import glossary_links
from coursebook.quiz import quiz, quiz_legend

ROOT = Path(__file__).parents[2]
GLOSSARY = ROOT / "chapters" / "reference" / "glossary.md"
ENTRIES = [
    ["batch"],
    ["batch normalization", "batch norm"],
    ["bias"],
    ["SGD"],
    ["study"],
    ["folding"],
]
WORDS = glossary_links.vocabulary(
    ENTRIES, {"folding": ["fold", "He's way"]}, ["folded paper", "batch job"]
)


def linked(*blocks: nodes.Node | str) -> list[tuple[str, str]]:
    """The links of a page with these blocks or paragraphs: what is shown, and its term."""
    document = new_document("page")
    document += [
        nodes.paragraph("", block) if isinstance(block, str) else block for block in blocks
    ]
    words = [block.astext() for block in document]
    glossary_links.link(document, WORDS, "page")
    assert [block.astext() for block in document] == words, "not a letter changes"
    return [
        (link.astext(), link["reftarget"])
        for link in document.findall(addnodes.pending_xref)
        if "reftarget" in link
    ]


def test_only_the_first_use_is_linked():
    assert linked("A batch, and another batch.", "A batch.") == [("batch", "batch")]


def test_the_terms_of_one_entry_are_linked_once():
    assert linked("Batch norm is short for batch normalization.") == [
        ("Batch norm", "batch normalization")
    ]


def test_the_longest_term_counts_and_hides_the_shorter_ones_in_it():
    assert linked("Batch normalization needs batch norm.") == [
        ("Batch normalization", "batch normalization")
    ]
    assert linked("Batch normalization of a batch.")[1] == ("batch", "batch")


@pytest.mark.parametrize(
    "text", ["mini-batch", "batch-wise", "rebatch", "unbiased", "batchy", "sgd", "Sgd"]
)
def test_parts_of_words_are_no_terms(text):
    assert linked(f"A {text} of it.") == []


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("Batches", "batch"),
        ("biases", "bias"),
        ("two studies", "study"),
        ("BATCH NORM", "batch normalization"),
        ("batch\nnorm", "batch normalization"),
        ("batch norms", "batch normalization"),
        ("batch norm's", "batch normalization"),
        ("SGD", "SGD"),
        ("we fold it", "folding"),
        ("He’s way", "folding"),
    ],
)
def test_plurals_capitals_broken_lines_and_listed_forms_are_the_term(text, term):
    assert [found for _, found in linked(text)] == [term]


def test_a_line_broken_by_the_parser_is_one_text():
    paragraph = nodes.paragraph("", "", nodes.Text("a batch"), nodes.Text("\n"), nodes.Text("norm"))
    assert linked(paragraph) == [("batch\nnorm", "batch normalization")]


def test_a_phrase_that_means_something_else_is_passed_over():
    assert linked("A batch job for folded paper.", "A batch.") == [("batch", "batch")]
    assert len(linked("A batch job.")) == 0


def test_terms_in_lists_admonitions_and_emphasis_are_linked():
    listed = nodes.bullet_list("", nodes.list_item("", nodes.paragraph("", "a batch")))
    boxed = nodes.admonition(
        "", nodes.title("", "SGD"), nodes.paragraph("", "a bias"), classes=["predict"]
    )
    stressed = nodes.paragraph("", "", nodes.strong("", "", nodes.emphasis("", "SGD")))
    assert [term for _, term in linked(listed, boxed, stressed)] == ["batch", "bias", "SGD"]


@pytest.mark.parametrize(
    "block",
    [
        nodes.section("", nodes.title("", "The batch"), ids=["x"]),
        nodes.rubric("", "The batch"),
        nodes.literal_block("", "batch = 1"),
        nodes.math_block("", "batch"),
        nodes.figure(
            "", nodes.caption("", "A batch"), nodes.legend("", nodes.paragraph("", "a batch"))
        ),
        nodes.table(
            "",
            nodes.tgroup(
                "", nodes.tbody("", nodes.row("", nodes.entry("", nodes.paragraph("", "batch"))))
            ),
        ),
        nodes.container("", nodes.paragraph("", "an output with a batch"), classes=["cell"]),
        nodes.admonition(
            "",
            nodes.title("", "In this chapter"),
            nodes.paragraph("", "batch"),
            classes=["objectives"],
        ),
        addnodes.glossary("", nodes.definition("", nodes.paragraph("", "batch"))),
        quiz("", quiz_legend("", "Which batch?"), nodes.paragraph("", "A batch.")),
        nodes.paragraph("", "", nodes.literal("", "batch"), nodes.math("", "batch")),
        nodes.paragraph("", "", nodes.reference("", "", nodes.strong("", "batch"), refuri="x")),
        nodes.paragraph("", "", addnodes.pending_xref("", nodes.inline("", "batch"))),
    ],
    ids=lambda block: type(block).__name__,
)
def test_nothing_else_is_linked_nor_counts_as_first_use(block):
    assert linked(block.deepcopy(), "a batch") == [("batch", "batch")]
    assert linked(block.deepcopy()) == []


def test_links_are_checked_references_with_a_class_of_their_own():
    document = new_document("page")
    document += nodes.paragraph("", "a batch")
    glossary_links.link(document, WORDS, "page")
    (link,) = document.findall(addnodes.pending_xref)
    assert (link["refdomain"], link["reftype"], link["refdoc"]) == ("std", "term", "page")
    assert link["refwarn"] and link.parent["classes"] == [glossary_links.CLASS]


def test_forms_need_a_term_and_no_word_has_two_meanings():
    with pytest.raises(ValueError, match=r"forms of \['heap'\]: not in the glossary"):
        glossary_links.vocabulary([["batch"]], {"heap": ["pile"]})
    with pytest.raises(ValueError, match=r"'batch(es)?' means 'batch' and 'pile'"):
        glossary_links.vocabulary([["batch"], ["pile", "batch"]])


def links(page: Path) -> list[tuple[str, str]]:
    """Where the links to terms lead, and what they show."""
    found = re.findall(
        rf'<span class="{glossary_links.CLASS}"><a [^>]*href="([^"]*)"[^>]*>(.*?)</a>',
        page.read_text(encoding="utf-8"),
    )
    return [(target, re.sub("<[^>]+>", "", shown)) for target, shown in found]


INDEX = """:glossary: ``{"forms": {"batch": ["heap"]}, "not": ["batch job"]}``

Words
=====

.. toctree::
   :glob:

   chapters/*

A batch.

.. glossary::

   batch
   mini-batch
      A heap of images, or a batch.
"""
PAGES = {
    "index.rst": INDEX,
    "chapters/one.rst": "Batch\n=====\n\nA batch job; a *Heap*, a batch, SGD.\n",
    "chapters/two.rst": "Other\n=====\n\nA batch.\n",
}


def test_in_a_book_the_links_lead_to_the_entry_and_follow_the_glossary(tmp_path):
    def built(pages, *linked):
        extensions = ["coursebook.glossary_links"]
        app = build(tmp_path, pages, extensions, glossary_pages=list(linked), nitpicky=True)
        names = ("chapters/one", "chapters/two", "index")
        return [links(app.outdir / f"{name}.html") for name in names]

    term = "../index.html#term-batch"
    linked = built(PAGES, "chapters/*", "index")
    assert linked == [[(term, "Heap")], [(term, "batch")], []]

    more = PAGES | {"index.rst": f"{INDEX}\n   SGD\n      Steps.\n"}
    first, *_ = built(more, "chapters/*", "index")
    assert ("../index.html#term-SGD", "SGD") in first, "a new term reaches unchanged pages"

    assert built(more, "chapters/two")[0] == []


def entries_of_the_book() -> dict[tuple[str, ...], str]:
    """Terms and definition of each entry, as written."""
    body = GLOSSARY.read_text(encoding="utf-8").split(":sorted:\n")[1].split("```")[0]
    found = re.findall(r"((?:^\S.*\n)+)((?:^ +\S.*\n)+)", body, re.MULTILINE)
    return {tuple(terms.splitlines()): " ".join(definition.split()) for terms, definition in found}


def test_the_books_glossary_is_consistent():
    more = yaml.safe_load(GLOSSARY.read_text(encoding="utf-8").split("---")[1])["glossary"]
    assert glossary_links.vocabulary(map(list, entries_of_the_book()), more["forms"], more["not"])


def test_every_entry_is_short_and_names_the_chapter_that_teaches_it():
    for terms, definition in entries_of_the_book().items():
        text, *chapters = re.split(r",? ?\[(?:Chapter )?\d\db?\]", definition)
        assert chapters and all(
            re.match(r"\(\.\./\w+/\d\db?-[\w-]+\.ipynb\)", chapter) for chapter in chapters
        ), terms
        sentences = re.findall(r"[.?](?= [A-Z(*`]|$)", text)
        assert 1 <= len(sentences) <= 3 and len(text.split()) <= 60, terms
