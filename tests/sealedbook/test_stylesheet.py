"""Of style sheets and fonts stays what the pages use."""

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from sealedbook import static_maths, stylesheet


@pytest.fixture
def names(page):
    """Names in a page and in a script."""
    names = stylesheet.Names()
    names.add_script("const shown = 'added-later'; element.classList.add(shown)")
    names.add_page(page("<div id='main' class='there'><p>x</p></div>").tree)
    return names


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        (".there { color: red }", True),
        (".not-there { color: red }", False),
        ("#main .there > p { color: red }", True),
        ("#other .there { color: red }", False),
        (".added-later { color: red }", True),
        ("video { color: red }", False),
        ("p::before, p:hover { color: red }", True),
        (".there:not(.not-there) { color: red }", True),
        ("[data-x] { color: red }", True),
        (":root { --x: red }", True),
        ("@media print { .not-there { color: red } }", False),
        ("@media print { .not-there { color: red } .there { color: red } }", True),
        ("@keyframes spin { from { top: 0 } to { top: 1px } }", True),
    ],
)
def test_a_rule_stays_if_its_selector_may_match(names, rule, kept):
    assert bool(stylesheet.purged(rule, names)) == kept


def test_of_a_list_of_selectors_those_stay_that_may_match(names):
    purged = stylesheet.purged("html, .not-there, body > html { color: red }", names)
    assert purged == "html,body > html{color: red}\n"


def test_addresses_hold_from_the_new_place():
    moved = stylesheet.relocated("a{src:url('../fonts/x.woff')}", "styles/deep")
    assert moved == 'a{src:url("styles/fonts/x.woff")}'
    assert "url(data:x)" in stylesheet.relocated("a{src:url(data:x)}", "styles")


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), unique=True), st.data())
def test_sheets_keep_their_order(order, data):
    lists = [[str(one) for one in order if data.draw(st.booleans())] for _ in range(3)]
    merged = stylesheet.in_one_order([[str(one) for one in order], *lists])
    assert merged == [str(one) for one in order]


def test_a_font_has_the_letters_that_the_style_writes_and_no_others(tmp_path):
    font = static_maths.folder() / "output/chtml/fonts/woff-v2/MathJax_Main-Regular.woff"
    (tmp_path / "x.woff").write_bytes(font.read_bytes())
    face = "@font-face { font-family: X; src: url(x.woff) format('woff') }"
    style = stylesheet.with_small_fonts(face + ' a::before{content:"\\2212 Z"}', tmp_path)
    (smaller,) = (tmp_path / "fonts").iterdir()
    assert f'url("fonts/{smaller.name}")' in style and "x.woff)" not in style
    assert {chr(letter) for letter in TTFont(smaller).getBestCmap()} == {"\u2212", "Z"}
    style = stylesheet.with_small_fonts(face + ' a::before{content:"\\f00c"}', tmp_path)
    assert "font-face" not in style
