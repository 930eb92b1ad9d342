"""Tables on a phone: what matters is in sight, and no name of a program is broken."""

import pytest

pytestmark = pytest.mark.book

# the score of each row, and whether all of it is on the screen
SCORES = """() => [...document.querySelectorAll("table.table tbody td strong")].map((score) => {
  const { left, right } = score.getBoundingClientRect();
  const whole = 0 <= left && right <= innerWidth;
  return [score.textContent, whole && !score.closest("[data-more~=left]")];
})"""

# words of names, as their joints part them, that stand in more than one line
BROKEN = """() => {
  const faults = [];
  for (const name of document.querySelectorAll("article :is(td, th) code")) {
    const words = document.createTreeWalker(name, NodeFilter.SHOW_TEXT);
    while (words.nextNode()) {
      const range = document.createRange();
      range.selectNodeContents(words.currentNode);
      const isWord = /^[\\w=(]+$/.test(words.currentNode.data);
      if (isWord && range.getClientRects().length > 1) faults.push(words.currentNode.data);
    }
  }
  return faults;
}"""


@pytest.mark.parametrize("width", [390, 320])
def test_the_scorecard_shows_every_score_on_a_phone(visit, book, width):
    address = (book / "chapters/reference/scorecard.html").as_uri()
    scores = visit(address, viewport={"width": width, "height": 844}).evaluate(SCORES)
    assert len(scores) > 30 and {score for score, _ in scores} >= {"agrees", "not reproduced"}
    assert [score for score, in_sight in scores if not in_sight] == []


@pytest.mark.parametrize("width", [1280, 390, 320])
@pytest.mark.parametrize("name", ["conventions", "scorecard", "claims", "explorer", "notation"])
def test_in_a_table_a_programs_names_stay_in_one_piece(visit, book, name, width):
    address = (book / f"chapters/reference/{name}.html").as_uri()
    page = visit(address, viewport={"width": width, "height": 844})
    assert page.evaluate(BROKEN) == []


@pytest.mark.parametrize("name", ["conventions", "notation", "scorecard"])
def test_a_table_fits_a_wide_page(visit, book, name):
    page = visit((book / f"chapters/reference/{name}.html").as_uri())
    assert page.locator("article table").count() and not page.locator("[data-more] table").count()
