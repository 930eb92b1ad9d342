"""What differs in Firefox: paper, and the zip, whose pages have no server."""

import io

import pytest
from built_book import FONTS, unpacked_zip

pytestmark = pytest.mark.book


@pytest.fixture
def firefox(window_of, book):
    return window_of("firefox")


def printed(firefox, margin: float) -> list[str]:
    """The text of each sheet of the page that is open."""
    pypdf = pytest.importorskip("pypdf")
    firefox.evaluate(FONTS)
    sheets = pypdf.PdfReader(io.BytesIO(firefox.print(margin))).pages
    return [sheet.extract_text() for sheet in sheets]


@pytest.mark.parametrize("margin", [0, 1])
def test_the_cheat_sheet_is_one_sheet(firefox, book, margin):
    firefox.open((book / "chapters/reference/cheat-sheet.html").as_uri())
    (sheet,) = printed(firefox, margin)
    assert "Batch norm" in sheet


def test_causes_and_cures_of_the_zoo_are_printed(firefox, book):
    firefox.open((book / "chapters/reference/bug-zoo.html").as_uri())
    cures = firefox.evaluate("document.querySelectorAll('article details.sd-dropdown').length")
    sheets = printed(firefox, 1)
    assert "".join(sheets).count("What is wrong?") >= cures / 2 > 10
    assert "convert_sync_batchnorm" in "".join(sheets)


def test_the_unpacked_zip_opens_and_its_search_leads_on(firefox, book, tmp_path):
    folder = unpacked_zip(tmp_path)
    firefox.open((folder / "index.html").as_uri())
    firefox.complaints()
    firefox.press("Control+k")
    firefox.until("() => document.activeElement.matches('#pst-search-dialog input')")
    firefox.write("variance shift")
    firefox.press("Enter")
    firefox.until("() => document.querySelectorAll('#search-results li').length > 3")
    assert firefox.run("() => location.href").startswith(folder.as_uri())
    assert all(address.startswith("file:") for address in firefox.requests())
    assert firefox.complaints() == []
