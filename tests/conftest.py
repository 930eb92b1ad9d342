"""What the tests share: the book as built, and the Chromium that is installed.

The modules that know the website are imported where a fixture needs them: most tests do not.
"""

import os
import sys
from urllib.parse import urljoin

import pytest
from built_book import BOOK, serving

from sealedbook.chromium import MISSING, executable


def pytest_runtest_setup():
    """Whatever ran before, a test that draws from PyTorch without a seed draws the same numbers."""
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)


@pytest.fixture(scope="session")
def missing():
    """Skip a test for what is not installed; fail it where `make browser` wants every test."""
    return pytest.fail if os.environ.get("DROPNORM_BROWSER") == "required" else pytest.skip


@pytest.fixture(scope="session")
def book(missing):
    """Folder of the book, if it was built from the present scripts and styles."""
    from tools import screenshots

    for address, source in screenshots.site_files().items():
        copy = BOOK / "_static" / address
        if not copy.is_file() or copy.read_bytes() != source.read_bytes():
            missing("the book is not built, or not from these scripts and styles: run `make book`")
    return BOOK


@pytest.fixture(scope="session")
def server(book):
    """Address at which the built book is served."""
    with serving(book) as address:
        yield address


def lifetime(fixture_name: str, config: pytest.Config) -> str:
    """One browser for all tests of the book, and one a module where other tests run beside them.

    As long as Playwright runs, nothing else in the process may start an event loop.
    """
    return "session" if config.option.markexpr == "book" else "module"


@pytest.fixture(scope=lifetime)
def chromium(missing):
    """The Chromium that is installed; none is ever downloaded."""
    if (path := executable()) is None:
        missing(MISSING)
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture(scope=lifetime)
def window_of(missing, request):
    """Gives the one window of an engine that tests share; its name is among `engines.ENGINES`."""
    from engines import firefox, webkit

    windows = {}

    def start(engine: str):
        if engine == "chromium":
            from engines.chromium import Chromium

            return Chromium(request.getfixturevalue("chromium"))
        module, kind = {"firefox": (firefox, "Firefox"), "webkit": (webkit, "WebKit")}[engine]
        if (path := module.executable()) is None:
            missing(module.MISSING)
        return getattr(module, kind)(path)

    def window(engine: str):
        if engine not in windows:
            windows[engine] = start(engine)
        return windows[engine]

    yield window
    for one in windows.values():
        one.close()


@pytest.fixture
def visit(chromium):
    """Open an address: no page may complain, or ask for anything from elsewhere.

    Elsewhere is what is no file, or, for an address on a server, what is not on that server.
    """
    contexts, complaints = [], []

    def block(route):
        complaints.append(f"asked for {route.request.url}")
        route.abort()

    def open_page(address: str, **options):
        place = urljoin(address, "/") if (served := address.startswith("http")) else "file:"
        usual = {"reduced_motion": "reduce", "offline": not served}
        usual["viewport"] = {"width": 1280, "height": 900}
        contexts.append(context := chromium.new_context(**usual | options))
        context.route(lambda url: not url.startswith(place), block)
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
