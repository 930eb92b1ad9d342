"""A little book with quizzes and exercises, opened in a browser without network."""

from pathlib import Path

import pytest
from tiny_book import book


@pytest.fixture(scope="session")
def little_book(tmp_path_factory) -> Path:
    """Folder of its pages."""
    folder = tmp_path_factory.mktemp("little-book")
    assert book(folder) == ""
    return folder / "html"


@pytest.fixture
def open_page(visit, little_book):
    """Open a page of it."""

    def open_named(name="01-one", **options):
        return visit((little_book / f"{name}.html").as_uri(), **options)

    return open_named


@pytest.fixture
def turn_to(little_book):
    """Go on to another page of it, in the same window."""
    return lambda page, name: page.goto((little_book / f"{name}.html").as_uri())
