"""A Sphinx extension that links each term of the glossary where a chapter first uses it.

The glossary is a page with the directive ``glossary``; nothing is marked in the chapters. Running
text is linked, in paragraphs and lists: no headings, captions, tables, code, formulas, links or
quizzes, and not the box of objectives, which announces what the chapter then explains. Where two
terms overlap the longer one counts: in "batch normalization" there is no "batch". The glossary's
front matter may add, below ``glossary``:

- ``forms``: for a term, other ways in which it is written, such as "folded" for "folding" (plurals
  need not be listed);
- ``not``: phrases in which a term's word means something else, such as "unit of time".
"""

import json
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import groupby

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors import EnvironmentCollector
from sphinx.transforms.post_transforms import SphinxPostTransform

from coursebook.quiz import quiz

# of each link, for the style sheet
CLASS = "glossary-term"

# what may stand around a term inside a paragraph
INLINE = (nodes.emphasis, nodes.strong)

# Blocks whose paragraphs are no running text; also by class: the cells of a notebook with their
# outputs, and the box of objectives.
NO_TEXT = (nodes.figure, nodes.table, nodes.footnote, nodes.citation, addnodes.glossary, quiz)
NO_TEXT_CLASSES = {"cell", "objectives"}

ABBREVIATION = re.compile(r"[A-Z]\w*[A-Z]")


def plurals(term: str) -> Iterator[str]:
    """A term's plural, by the rule for its last letters."""
    if term.endswith(("ch", "sh", "x", "ias")):
        yield f"{term}es"
    elif re.search("[^aeiou]y$", term):
        yield f"{term[:-1]}ies"
    elif not term.endswith("s"):
        yield f"{term}s"


def vocabulary(
    entries: Iterable[list[str]],
    forms: dict[str, list[str]] | None = None,
    no_terms: Iterable[str] = (),
) -> dict[str, str | None]:
    """Every way of writing, with the first term of the entry that it means.

    Parameters
    ----------
    entries
        The terms of each entry of the glossary.
    forms
        For a term, further ways of writing it.
    no_terms
        Phrases that mean no entry; they get None.

    Raises
    ------
    ValueError
        A form of a term that is not in the glossary, or one way of writing for two entries.
    """
    forms = forms or {}
    if unknown := set(forms) - {term for terms in entries for term in terms}:
        raise ValueError(f"forms of {sorted(unknown)}: not in the glossary")
    words: dict[str, str | None] = dict.fromkeys(map(key, no_terms))
    for terms in entries:
        written = [form for term in terms for form in (term, *plurals(term), *forms.get(term, []))]
        for word in {key(form) for form in written}:
            if word in words:
                raise ValueError(f"{word!r} means {words[word]!r} and {terms[0]!r}")
            words[word] = terms[0]
    return words


def key(written: str) -> str:
    """One for all ways of breaking the line and, but for abbreviations, of capitals."""
    written = one_line(written)
    return written if ABBREVIATION.search(written) else written.lower()


def one_line(written: str) -> str:
    """With single spaces and straight apostrophes."""
    return " ".join(written.split()).replace("’", "'")


def pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Finds any of the words, whole, the longest first."""
    alternatives = []
    for word in sorted(words, key=len, reverse=True):
        parts = r"\s+".join(map(re.escape, word.split(" "))).replace("'", "['’]")
        alternatives.append(parts if ABBREVIATION.search(word) else f"(?i:{parts})")
    return re.compile(rf"(?<![\w-])(?:{'|'.join(alternatives)})(?![\w-])")


def is_running_text(node: nodes.Node) -> bool:
    """Is this a paragraph whose words are linked?"""
    if not isinstance(node, nodes.paragraph):
        return False
    while node := node.parent:
        if isinstance(node, NO_TEXT) or NO_TEXT_CLASSES.intersection(node.get("classes", [])):
            return False
    return True


def link(document: nodes.document, words: dict[str, str | None], page: str = "") -> None:
    """Link the first use of each entry in a page."""
    if not words:
        return
    find = pattern(words)
    linked: set[str] = set()

    def with_links(text: str) -> Iterator[nodes.Node]:
        end = 0
        for match in find.finditer(text):
            word = one_line(match[0])
            term = words[word if word in words else word.lower()]
            if term is None or term in linked:
                continue
            linked.add(term)
            if end < match.start():
                yield nodes.Text(text[end : match.start()])
            yield reference(term, match[0], page)
            end = match.end()
        if end < len(text):
            yield nodes.Text(text[end:])

    def go_through(element: nodes.Element) -> None:
        children: list[nodes.Node] = []
        # a broken line is two texts: together they may be one term
        for is_text, run in groupby(element.children, lambda child: isinstance(child, nodes.Text)):
            if is_text:
                children += with_links("".join(run))
                continue
            for child in run:
                if isinstance(child, INLINE):
                    go_through(child)
                children.append(child)
        element.clear()
        element.extend(children)

    for paragraph in list(document.findall(is_running_text)):
        go_through(paragraph)


def reference(term: str, text: str, page: str) -> nodes.inline:
    """What the role ``term`` makes, in a span with the class."""
    shown = nodes.inline("", text, classes=["xref", "std", "std-term"])
    target = {"refdomain": "std", "reftype": "term", "reftarget": term, "refdoc": page}
    return nodes.inline(
        "",
        "",
        addnodes.pending_xref("", shown, refexplicit=True, refwarn=True, **target),
        classes=[CLASS],
    )


class Entries(EnvironmentCollector):
    """Collects the terms of each entry."""

    def clear_doc(self, app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        """Forget a page."""
        entries(env).pop(docname, None)

    def merge_other(
        self, app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment
    ) -> None:
        """Take over what another process has read."""
        entries(env).update(
            {page: entries(other)[page] for page in entries(other).keys() & docnames}
        )

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """Read a page."""
        items = [
            item
            for glossary in doctree.findall(addnodes.glossary)
            for item in glossary.findall(nodes.definition_list_item)
        ]
        if items:
            terms = [
                [child.astext() for child in item if isinstance(child, nodes.term)]
                for item in items
            ]
            entries(app.env)[app.env.docname] = terms


def entries(env: BuildEnvironment) -> dict[str, list[list[str]]]:
    """The terms of each entry, by page."""
    return env.__dict__.setdefault("glossary_entries", {})


def words_of(env: BuildEnvironment) -> dict[str, str | None]:
    """All ways of writing that the book's glossaries know."""
    words: dict[str, str | None] = {}
    for page, terms in entries(env).items():
        more = json.loads(env.metadata[page].get("glossary", "{}"))
        words |= vocabulary(terms, more.get("forms"), more.get("not", ()))
    return words


def chapters(env: BuildEnvironment) -> list[str]:
    """The pages whose terms are linked."""
    patterns = env.config.glossary_pages
    return [
        page
        for page in env.found_docs
        if page not in entries(env) and any(fnmatchcase(page, pattern) for pattern in patterns)
    ]


class Links(SphinxPostTransform):
    """Before references are resolved, and while a quiz is still one."""

    default_priority = 4

    def run(self, **_: object) -> None:
        """Link the terms of a page."""
        if self.env.docname in chapters(self.env):
            link(self.document, words_of(self.env), self.env.docname)


def _outdated(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Another glossary changes every chapter."""
    former, words = env.__dict__.get("glossary_words"), words_of(env)
    env.__dict__["glossary_words"] = words
    return [] if words == former else chapters(env)


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_config_value("glossary_pages", ["*"], "env", [list])
    app.add_env_collector(Entries)
    app.add_post_transform(Links)
    app.connect("env-updated", _outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
