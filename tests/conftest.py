"""What the tests of the site share: the built book, and the Chromium that is installed, never a downloaded one."""

import os

import pytest
from built_book import BOOK, serving

from tools import screenshots


@pytest.fixture(scope="session")
def missing():
    """Skips, or fails where `make browser` wants every test."""
    return pytest.fail if os.environ.get("DROPNORM_BROWSER") == "required" else pytest.skip


@pytest.fixture(scope="session")
def book(missing):
    """The folder of the book as `make book` left it."""
    for address, source in screenshots.site_files().items():
        copy = BOOK / "_static" / address
        if not copy.is_file() or copy.read_bytes() != source.read_bytes():
            missing("the book is not built, or not from these scripts and styles: run `make book`")
    return BOOK


@pytest.fixture(scope="session")
def server(book):
    """The address at which the built book is served."""
    with serving(book) as address:
        yield address


@pytest.fixture(
    scope="module"
)  # not longer: as long as Playwright runs, nothing else may start an event loop
def chromium(missing):
    if (executable := screenshots.browser()) is None:
        missing("no Chromium found (on Debian: apt-get install chromium)")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """Opens an address without network; afterwards no page has complained or asked for anything but files."""
    contexts, complaints = [], []

    def block(route):
        complaints.append(f"asked for {route.request.url}")
        route.abort()

    def open_page(address: str, **options):
        options = {
            "reduced_motion": "reduce",
            "viewport": {"width": 1280, "height": 900},
            "offline": True,
        } | options
        contexts.append(context := chromium.new_context(**options))
        context.route(lambda url: not url.startswith("file:"), block)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
