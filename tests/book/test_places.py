"""The reader's place is kept: on Back, on Reload, and where Contents leads."""

import pytest
from engines import ENGINES

pytestmark = pytest.mark.book

LONG = (
    "chapters/intuition/02-dropout",
    "chapters/scratch/06-batch-norm-from-scratch",
    "chapters/experiments/11-together",
    "chapters/experiments/13-after-training",
)
SIZES = ((1280, 900), (390, 844))

# far down, to a place with nothing special about it
GO_DOWN = """() => {
  scrollTo({ top: 0.62 * document.documentElement.scrollHeight, behavior: "instant" });
  return new Promise((done) => setTimeout(() => done(scrollY), 400));
}"""

# how far the place on the screen of a paragraph that is seen there, which it also names
AT = """(place) => {
  const blocks = [...document.querySelectorAll("article :is(p, h2, h3, pre, li)")];
  if (place === null)
    place = blocks.findIndex((one) => one.getBoundingClientRect().y > innerHeight / 3);
  return [place, blocks[place].getBoundingClientRect().y];
}"""

# where each link of Contents leads: how far above or below the top of the screen
LEADS = """async () => {
  const far = [];
  for (const link of document.querySelectorAll("#pst-page-toc-nav a[href^='#']")) {
    scrollTo({ top: 0, behavior: "instant" });
    location.hash = "";
    location.hash = link.hash;
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const { y } = document.querySelector(`${link.hash} > :is(h2, h3)`).getBoundingClientRect();
    const end = Math.abs(scrollY + innerHeight - document.documentElement.scrollHeight) < 2;
    if (y < -5 || (y > 200 && !end)) far.push(`${link.hash} ${Math.round(y)}`);
  }
  return far;
}"""


@pytest.fixture(params=ENGINES)
def window(window_of, request):
    return window_of(request.param)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", LONG)
def test_back_and_reload_come_to_where_the_reader_was(window, server, name, size):
    window.resize(*size)
    window.open(f"{server}{name}.html")
    assert window.run(GO_DOWN) > 5 * size[1]
    place, before = window.run(AT, None)
    # WebKit does not hold a place while things above it still grow: a line of text
    bound = 30 if window.engine == "webkit" else 3
    window.reload()
    assert abs(window.run(AT, place)[1] - before) < bound, "reload"
    window.evaluate("document.querySelector('.glossary-term a').click()")
    window.until("() => location.pathname.endsWith('glossary.html')")
    window.settle()
    window.back()
    window.until("(name) => location.pathname.endsWith(name)", f"{name}.html")
    window.settle()
    assert abs(window.run(AT, place)[1] - before) < 3, "back"


@pytest.mark.parametrize("name", LONG)
def test_contents_lead_to_the_heading(window, server, name):
    window.resize(*SIZES[0])
    window.open(f"{server}{name}.html")
    assert window.run(LEADS) == []
