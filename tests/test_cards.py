"""The pictures for previews are those of the pages' present titles."""

from sealedbook import metadata
from tools import cards


def test_every_page_has_a_card_that_says_its_title():
    folder = cards.ROOT / metadata.CARDS
    drawn = {path.name: cards.description(path) for path in folder.glob("*.png")}
    expected = {name: card.description for name, card in cards.all_cards().items()}
    assert drawn == expected, "run: python -m tools.cards"
    assert sum((folder / name).stat().st_size for name in drawn) < 20_000 * len(drawn)
