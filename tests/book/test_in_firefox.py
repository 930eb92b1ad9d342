"""What differs in Firefox: paper, and the zip, whose pages have no server."""

import io

import pytest
from built_book import FONTS, unpacked_zip

pytestmark = pytest.mark.book


@pytest.fixture
def window(window_of, book):
    return window_of("firefox")


def printed(window, margin: float) -> list[str]:
    """The text of each sheet of the page that is open."""
    pypdf = pytest.importorskip("pypdf")
    window.evaluate(FONTS)
    sheets = pypdf.PdfReader(io.BytesIO(window.print(margin))).pages
    return [sheet.extract_text() for sheet in sheets]


@pytest.mark.parametrize("margin", [0, 1])
def test_the_cheat_sheet_is_one_sheet(window, book, margin):
    window.open((book / "chapters/reference/cheat-sheet.html").as_uri())
    (sheet,) = printed(window, margin)
    assert "Batch norm" in sheet


def test_causes_and_cures_of_the_zoo_are_printed(window, book):
    window.open((book / "chapters/reference/bug-zoo.html").as_uri())
    cures = window.evaluate("document.querySelectorAll('article details.sd-dropdown').length")
    sheets = printed(window, 1)
    assert "".join(sheets).count("What is wrong?") >= cures / 2 > 10
    assert "convert_sync_batchnorm" in "".join(sheets)


def test_the_unpacked_zip_opens_and_its_search_leads_on(window, book, tmp_path):
    folder = unpacked_zip(tmp_path)
    window.open((folder / "index.html").as_uri())
    window.complaints()
    window.press("Control+k")
    window.until("() => document.activeElement.matches('#pst-search-dialog input')")
    window.write("variance shift")
    window.press("Enter")
    window.until("() => document.querySelectorAll('#search-results li').length > 3")
    assert window.run("() => location.href").startswith(folder.as_uri())
    assert all(address.startswith("file:") for address in window.requests())
    assert window.complaints() == []
