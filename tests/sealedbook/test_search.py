"""The search: sections with their prose, the best first; run by Node on a little text."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from sealedbook import search_text

NODE = shutil.which("node")
SCRIPT = Path(search_text.__file__).parent / "static" / "search_page.js"

FORMULA = (
    '<span class="math"><mjx-container><mjx-math>y</mjx-math><mjx-assistive-mml><math><mi>x</mi>'
    "<annotation>\\x</annotation></math></mjx-assistive-mml></mjx-container></span>"
)
BODY = f"""<article><section id="top"><h1>Norms<a class="headerlink">#</a></h1>
<p>About {FORMULA}, first.</p>
<div class="highlight"><pre>shift = shift + 0.1 * variance</pre></div>
<section id="inner"><h2>The variance shift</h2><p>Dropout shifts the variance.</p>
<details class="dn-answers"><p>secret</p></details></section></section></article>"""


def test_a_section_has_its_own_prose_and_code_and_formulas_once(page):
    top, inner = search_text.sections(page(BODY))
    assert top == {
        "at": "",
        "title": "Norms",
        "prose": "About x, first.",
        "code": "shift variance",
    }
    assert inner["at"] == "inner" and inner["title"] == "The variance shift"
    assert inner["prose"] == "Dropout shifts the variance."


def test_only_listed_pages_are_in_the_script(page):
    found = page(BODY)
    text = search_text.script([found], {found.name})
    sections = json.loads(text.removeprefix("globalThis.bookText=").removesuffix(";\n"))
    assert [section["page"] for section in sections] == ["a/page.html"] * 2
    assert search_text.script([found], set()) == "globalThis.bookText=[];\n"


TEXTS = [
    (
        "one.html",
        "",
        "Loss",
        "Nothing but the shift of a mean here.",
        "shift variance shift",
    ),
    ("one.html", "code", "A program", "It is short.", "variance shift variance"),
    ("two.html", "", "Together", "Both layers in one network, with a variance shift.", ""),
    ("two.html", "shift", "The variance shift", "Dropout changes the variance of what comes.", ""),
    ("two.html", "more", "More", "The variance here, a shift there, and there a shift.", ""),
    ("two.html", "last", "Last", "A shift of the variance, and a shift.", ""),
    ("three.html", "", "Dropout", "Normalizing, normalised by a covariate. " + "word " * 90, ""),
]

RUN = """
const vm = require("vm");
const node = (tag) => ({
  tag, children: [], append(...more) { this.children.push(...more); },
  replaceChildren(...more) { this.children = more; },
});
const place = node("div");
let ready;
const document = {
  createElement: node, getElementById: () => place, querySelectorAll: () => [],
  querySelector: () => null, addEventListener: (_, listener) => { ready = listener; },
};
function Stemmer() {}
Stemmer.prototype.stemWord = (word) => word.replace(/(ing|ed|s)$/, "");
const context = { document, Stemmer, stopwords: ["the", "of", "a"], URLSearchParams,
  location: { search: SEARCH }, bookText: TEXTS };
vm.runInNewContext(require("fs").readFileSync(PATH, "utf8"), context);
ready();
const words = (one) => (typeof one === "string" ? one : one.children.map(words).join(""));
const list = place.children[2]?.children ?? [];
const found = list.map(({ children: [link, line] }) => ({
  href: link.href, name: words(link), excerpt: line ? words(line) : "",
  marked: line ? line.children.filter((one) => one.tag === "mark").map(words) : [],
}));
console.log(JSON.stringify([place.children[1] ? words(place.children[1]) : null, found]));
"""


def search(query: str, texts=TEXTS):
    keys = ("page", "at", "title", "prose", "code")
    found = [dict(zip(keys, text, strict=True)) for text in texts]
    values = {"SEARCH": f"?q={query}", "TEXTS": found, "PATH": str(SCRIPT)}
    script = RUN
    for name, value in values.items():
        script = script.replace(f": {name}", f": {json.dumps(value)}", 1)
    script = script.replace("(PATH,", f"({json.dumps(str(SCRIPT))},")
    done = subprocess.run([NODE, "-e", script], capture_output=True, encoding="utf-8", check=True)
    return json.loads(done.stdout)


needs_node = pytest.mark.skipif(NODE is None, reason="needs Node")


@needs_node
def test_the_section_that_is_about_it_is_first_and_names_in_programs_are_last():
    status, found = search("variance+shift")
    assert found[0]["href"] == "two.html#shift"
    assert found[0]["name"] == "Together › The variance shift"
    pages = [one["href"].partition("#")[0] for one in found]
    assert pages == ["two.html"] * 3 + ["one.html"] * 2, "three of a page, and pages together"
    assert status == "Found on 2 pages, the best first."


@needs_node
def test_an_excerpt_is_prose_with_the_words_marked():
    _, found = search("covariate")
    (hit,) = found
    assert hit["marked"] == ["covariate"] and hit["excerpt"].startswith("Normalizing, normalised")
    assert hit["excerpt"].endswith(" …") and len(hit["excerpt"]) < 270


@needs_node
@pytest.mark.parametrize(
    ("query", "pages"),
    [
        ("norm", ["three.html"]),  # what begins with it
        ("the+covariate", ["three.html"]),
        ("covariate+shift", []),
        ("nowhere", []),
        ("%3Cscript%3E", []),
        ("(.*", []),
    ],
)
def test_all_words_have_to_be_there_or_begin_so(query, pages):
    status, found = search(query)
    assert [one["href"] for one in found] == pages
    assert pages or status is None or status.startswith("No page has all of these words")


@needs_node
def test_without_a_query_nothing_is_said():
    assert search("") == [None, []]
