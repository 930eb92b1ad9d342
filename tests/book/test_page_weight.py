"""What each page of the built book costs, and that it is sealed, from a server and from a disk."""

import pytest
from built_book import BOOK, FONTS, pages, serving

pytestmark = pytest.mark.book

PAGES = [path.relative_to(BOOK).as_posix() for path in pages(BOOK)]
NORM_PAGE = "chapters/scratch/06-batch-norm-from-scratch.html"
EXPLORER = "chapters/reference/explorer.html"
WIDE = {"width": 1280, "height": 900}

KILOBYTES, REQUESTS = 350, 25

REPORT_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) => {
  const { violatedDirective, blockedURI, sample } = event;
  (globalThis.violations ??= []).push(`${violatedDirective} ${blockedURI} ${sample}`);
});"""


class View:
    """A page as it is first seen: what was loaded and what was complained about."""

    def __init__(self, chromium, address, awaited="body", screen=WIDE):
        self.loaded, self.complaints = {}, []
        context = chromium.new_context(viewport=screen)
        context.add_init_script(REPORT_VIOLATIONS)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        requests = self._watch(context.new_cdp_session(page))
        page.goto(address, wait_until="networkidle")
        page.locator(awaited).first.wait_for()
        page.evaluate(FONTS)
        self.complaints += page.evaluate("globalThis.violations ?? []")
        self.requests = {url for url in requests.values() if not url.startswith("data:")}
        self.text = page.locator("main").inner_text()
        context.close()

    def _watch(self, session) -> dict[str, str]:
        """Note each request, and the bytes of its answer as they came over the wire."""
        requests = {}

        def on_request(event):
            requests[event["requestId"]] = event["request"]["url"]

        def on_answer(event):
            self.loaded[requests[event["requestId"]]] = event["encodedDataLength"]

        session.send("Network.enable")
        session.on("Network.requestWillBeSent", on_request)
        session.on("Network.loadingFinished", on_answer)
        return requests

    @property
    def kilobytes(self) -> float:
        return sum(self.loaded.values()) / 1024


@pytest.mark.parametrize("name", PAGES)
def test_a_first_view_is_light_and_sealed(chromium, server, name):
    view = View(chromium, server + name)
    assert {url for url in view.requests if not url.startswith(server)} == set()
    assert view.complaints == []
    assert len(view.requests) <= REQUESTS, sorted(view.requests)
    assert 5 < view.kilobytes <= KILOBYTES, view.loaded


def test_the_explorer_asks_for_curves_of_losses_only_to_draw_them(chromium, server):
    links = {"": [], "#study=together&view=curves&metric=train_loss": ["losses.js"]}
    for link, expected in links.items():
        view = View(chromium, server + EXPLORER + link, ".ex-chart svg")
        names = [url.rpartition("/")[2].partition("?")[0] for url in view.requests]
        assert "data.js" in names
        assert [name for name in names if name == "losses.js"] == expected


@pytest.mark.parametrize("place", ["server", "disk"])
def test_search_finds_pages_and_complains_about_nothing(chromium, server, place):
    start = server if place == "server" else f"{BOOK.as_uri()}/"
    view = View(chromium, f"{start}search.html?q=covariate", "#search-results li")
    assert view.complaints == []
    # from a disk nothing is compressed
    assert view.kilobytes <= {"server": KILOBYTES, "disk": 3 * KILOBYTES}[place]
    assert len(view.requests) <= REQUESTS
    assert "batch" in view.text.lower()


@pytest.mark.parametrize("name", ["index.html", NORM_PAGE])
def test_a_page_from_a_disk_complains_about_nothing(chromium, server, name):
    view = View(chromium, f"{BOOK.as_uri()}/{name}")
    assert view.complaints == []
    assert all(url.startswith("file:") for url in view.requests)


def test_formulas_are_seen_and_have_their_source(chromium, server):
    page = chromium.new_page()
    page.goto(server + NORM_PAGE)
    formulas = page.locator("span.math > mjx-container:visible")
    assert page.locator(".math").count() == page.locator(".math > mjx-container").count() > 100
    assert all(formula.bounding_box()["width"] > 3 for formula in formulas.all()[:20])
    assert page.locator("annotation[encoding='application/x-tex']").first.text_content()
    page.evaluate(FONTS)
    loaded = page.evaluate(
        "[...document.fonts].filter((font) => font.status === 'loaded').map((font) => font.family)"
    )
    assert any(family.startswith("MJX") for family in loaded)
    page.close()


def test_the_check_sees_a_planted_request_and_a_planted_script(chromium, tmp_path):
    policy = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'\">"
    forbidden = f"<head>{policy}</head><main>x</main><script>1</script>"
    foreign = "<main>x</main><img src='http://127.0.0.2:9/x.png'>"
    (tmp_path / "index.html").write_text(forbidden, encoding="utf-8")
    (tmp_path / "other.html").write_text(foreign, encoding="utf-8")
    with serving(tmp_path) as address:
        assert View(chromium, f"{address}index.html").complaints
        view = View(chromium, f"{address}other.html")
        assert view.complaints and any("127.0.0.2" in url for url in view.requests)
