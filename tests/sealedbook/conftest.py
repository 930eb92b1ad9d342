"""A page of a small site, for tests of what is done to pages."""

import pytest

from sealedbook.pages import Page


@pytest.fixture
def page(tmp_path):
    """Makes the page ``a/page.html`` of a site."""

    def make(body="", head=""):
        path = tmp_path / "a" / "page.html"
        path.parent.mkdir(exist_ok=True)
        html = f"<html><head><meta charset='utf-8'>{head}</head><body>{body}</body></html>"
        path.write_text(html, encoding="utf-8")
        return Page(path, tmp_path)

    return make
