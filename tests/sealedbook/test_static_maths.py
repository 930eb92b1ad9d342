"""Formulas are set when the site is built."""

import pytest

from sealedbook import static_maths


@pytest.fixture(scope="module")
def typesetter():
    return static_maths.Typesetter()


def test_a_formula_is_there_for_eyes_for_screen_readers_and_as_tex(typesetter):
    html = typesetter.html(r"a < \frac{1}{2}")
    assert "<mjx-frac" in html and "<mfrac><mn>1</mn><mn>2</mn></mfrac>" in html
    assert r'<annotation encoding="application/x-tex">a &lt; \frac{1}{2}</annotation>' in html


@pytest.mark.parametrize("tex", [r"\frac{a", r"\nonsense{a}", r"\begin{align}x"])
def test_a_formula_that_is_no_tex_is_an_error(typesetter, tex):
    with pytest.raises(ValueError, match=r"brace|control|\\end"):
        typesetter.html(tex)


def test_the_mathml_is_what_browsers_want_now(typesetter):
    html = typesetter.html(r"\hat{x} + \mathbf{1} + \overline{\mathbf{w}}")
    assert html.count('<mover accent="true">') == 2
    assert "𝟏" in html and "𝐰" in html
    assert 'mathvariant="bold"' not in html and "<mo accent" not in html
    double = typesetter.html(r"\mathbb{E} x \in \mathbb{R}")
    assert "<mi>𝔼</mi>" in double and "<mi>ℝ</mi>" in double


def test_what_was_set_is_stored(tmp_path, monkeypatch):
    first = static_maths.Typesetter(tmp_path / "stored.json")
    html = first.html("x")
    first.save()
    monkeypatch.delattr(static_maths, "MiniRacer")  # without an engine nothing can be set anew
    assert static_maths.Typesetter(tmp_path / "stored.json").html("x") == html
    with pytest.raises(NameError):
        static_maths.Typesetter(tmp_path / "stored.json").html("y")


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
