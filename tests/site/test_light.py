"""Light and sealed pages, in the small: what is taken out, what stays, and what the policy says."""

from types import SimpleNamespace

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from sealedbook import assets, csp, static_maths, stylesheet
from sealedbook.pages import Page

NAMES = stylesheet.Names()
NAMES.add_script("const shown = 'added-later'; element.classList.add(shown)")


@pytest.fixture(scope="module")
def typesetter():
    return static_maths.Typesetter()


@pytest.fixture
def page(tmp_path):
    """Makes a page of a small site."""

    def make(body="", head=""):
        path = tmp_path / "a" / "page.html"
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            f"<html><head><meta charset='utf-8'>{head}</head><body>{body}</body></html>",
            encoding="utf-8",
        )
        return Page(path, tmp_path)

    return make


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
def test_a_rule_stays_if_its_selector_may_match(page, rule, kept):
    NAMES.add_page(page("<div id='main' class='there'><p>x</p></div>").tree)
    assert bool(stylesheet.purged(rule, NAMES)) == kept


def test_of_a_list_of_selectors_those_stay_that_may_match():
    assert (
        stylesheet.purged("html, .not-there, body > html { color: red }", NAMES)
        == "html,body > html{color: red}\n"
    )


def test_addresses_hold_from_the_new_place():
    assert (
        stylesheet.relocated("a{src:url('../fonts/x.woff')}", "styles/deep")
        == 'a{src:url("styles/fonts/x.woff")}'
    )
    assert "url(data:x)" in stylesheet.relocated("a{src:url(data:x)}", "styles")


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), unique=True), st.data())
def test_sheets_keep_their_order(order, data):
    lists = [[str(one) for one in order if data.draw(st.booleans())] for _ in range(3)]
    merged = stylesheet.in_one_order([[str(one) for one in order], *lists])
    assert merged == [str(one) for one in order]


def test_a_font_has_the_letters_that_the_style_writes_and_no_others(tmp_path):
    (tmp_path / "x.woff").write_bytes(
        (static_maths.folder() / "output/chtml/fonts/woff-v2/MathJax_Main-Regular.woff").read_bytes()
    )
    face = "@font-face { font-family: X; src: url(x.woff) format('woff') }"
    style = stylesheet.with_small_fonts(face + ' a::before{content:"\\2212 Z"}', tmp_path)
    (smaller,) = (tmp_path / "fonts").iterdir()
    assert f'url("fonts/{smaller.name}")' in style and "x.woff)" not in style
    assert {chr(letter) for letter in TTFont(smaller).getBestCmap()} == {"\u2212", "Z"}
    assert "font-face" not in stylesheet.with_small_fonts(
        face + ' a::before{content:"\\f00c"}', tmp_path
    )


def test_styles_at_elements_become_classes(page):
    found = page(
        "<p style='width: 3%;' class='x'>a</p><p style='width: 3%'>b</p><p>c</p>",
        "<style>p { color: red }</style>",
    )
    (name,) = rules = assets.move_styles(found)
    assert rules[name] == "width: 3%"
    assert [one.get("class") for one in found.tree.iter("p")] == [f"x {name}", name, None]
    assert not found.has("//style | //@style")


def test_pictures_far_below_wait_and_the_first_does_not(page):
    found = page(f"<article><img src='1'><p>{'x' * 700}</p><img src='2'></article>")
    assets.load_when_near(found)
    assert [(image.get("loading"), image.get("decoding")) for image in found.tree.iter("img")] == [
        (None, "async"),
        ("lazy", "async"),
    ]


def test_the_policy_allows_the_inline_script_by_its_hash_and_nothing_else(page):
    found = page(
        "<button onclick='window.print()'>p</button>", "<script>root.dataset.mode = 1</script>"
    )
    csp.seal(SimpleNamespace(), [found])
    policy = found.tree.xpath("//meta[@http-equiv]/@content")[0]
    assert csp.hashed(csp.THEME) in policy and "unsafe" not in policy
    assert found.tree.xpath("//button/@data-action") == ["print"] and not found.has("//@onclick")
    assert found.head[0].get("charset") and found.head[1].get("http-equiv"), (
        "before anything it is about"
    )


def test_an_unknown_action_is_an_error(page):
    with pytest.raises(ValueError, match="onclick='steal\\(\\)': expected one of toggleFullScreen"):
        csp.name_actions(page("<button onclick='steal()'>x</button>"))


def test_a_formula_is_there_for_eyes_for_screen_readers_and_as_tex(typesetter):
    html = typesetter.html(r"a < \frac{1}{2}")
    assert "<mjx-frac" in html and "<mfrac><mn>1</mn><mn>2</mn></mfrac>" in html
    assert r'<annotation encoding="application/x-tex">a &lt; \frac{1}{2}</annotation>' in html


@pytest.mark.parametrize("tex", [r"\frac{a", r"\nonsense{a}", r"\begin{align}x"])
def test_a_formula_that_is_no_tex_is_an_error(typesetter, tex):
    with pytest.raises(ValueError, match=r"brace|control|\\end"):
        typesetter.html(tex)


def test_what_was_set_is_kept(tmp_path, typesetter):
    first = static_maths.Typesetter(tmp_path / "kept.json")
    html = first.html("x")
    first.keep()
    again = static_maths.Typesetter(tmp_path / "kept.json")
    assert again.html("x") == html and again._engine is None


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("a", "a"),
        (r"a \\ b", r"\begin{split}a \\ b\end{split}"),
        ("a\n\nb", r"\begin{align}\begin{aligned}a\\b\end{aligned}\end{align}"),
    ],
)
def test_blank_lines_separate_formulas(text, tex):
    assert static_maths.block_tex(text) == tex
