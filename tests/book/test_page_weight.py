"""The book as `make book` left it: what each page costs, and that it is sealed, from a server and from a disk."""

import pytest
from built_book import BOOK, serving

pytestmark = pytest.mark.book

PAGES = sorted(
    path.relative_to(BOOK).as_posix()
    for path in BOOK.rglob("*.html")
    if "_static" not in path.parts
)
EXPLORER = "chapters/reference/explorer.html"
HEAVY = {EXPLORER: 650}
"""On a wide screen the explorer's drawing is in sight: with all stored runs comes Vega-Lite."""

PHONE = {"width": 390, "height": 844}

KILOBYTES, REQUESTS = 350, 25

VIOLATIONS = """addEventListener("securitypolicyviolation", (event) => {
  (globalThis.forbidden ??= []).push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});"""


class View:
    """A page as it is first seen: what was loaded and what was complained about."""

    def __init__(self, chromium, address, waits_for="body", screen=None):
        self.loaded, self.told = {}, []
        context = chromium.new_context(viewport=screen or {"width": 1280, "height": 900})
        context.add_init_script(VIOLATIONS)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda message: self.told.append(message.text))
        page.on("pageerror", lambda error: self.told.append(str(error)))
        session, asked = context.new_cdp_session(page), {}
        session.send("Network.enable")
        session.on(
            "Network.requestWillBeSent",
            lambda event: asked.update({event["requestId"]: event["request"]["url"]}),
        )
        session.on(
            "Network.loadingFinished",
            lambda event: self.loaded.update(
                {asked[event["requestId"]]: event["encodedDataLength"]}
            ),
        )
        page.goto(address, wait_until="networkidle")
        page.locator(waits_for).first.wait_for()
        page.evaluate("document.fonts.ready.then(() => null)")
        self.told += page.evaluate("globalThis.forbidden ?? []")
        self.asked = {url for url in asked.values() if not url.startswith("data:")}
        self.text = page.locator("main").inner_text()
        context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_first_view_is_light_and_sealed(chromium, server, name):
    view = View(chromium, server + name)
    assert {url for url in view.asked if not url.startswith(server)} == set()
    assert view.told == []
    assert len(view.asked) <= REQUESTS, sorted(view.asked)
    kilobytes = sum(view.loaded.values()) / 1024
    assert 5 < kilobytes <= HEAVY.get(name, KILOBYTES), view.loaded


def test_on_a_phone_the_explorer_is_light_until_its_drawing_comes_into_sight(chromium, server):
    view = View(chromium, server + EXPLORER, ".ex-table", PHONE)
    assert sum(view.loaded.values()) / 1024 <= KILOBYTES and not any(
        "vega" in url for url in view.asked
    )


@pytest.mark.parametrize("place", ["server", "disk"])
def test_search_finds_pages_and_complains_about_nothing(chromium, server, place):
    start = server if place == "server" else f"{BOOK.as_uri()}/"
    view = View(chromium, f"{start}search.html?q=covariate", "#search-results li")
    assert view.told == []
    assert "batch" in view.text.lower()


@pytest.mark.parametrize("name", ["index.html", "chapters/scratch/06-batch-norm-from-scratch.html"])
def test_a_page_from_a_disk_complains_about_nothing(chromium, server, name):
    view = View(chromium, f"{BOOK.as_uri()}/{name}")
    assert view.told == []
    assert all(url.startswith("file:") for url in view.asked)


def test_formulas_are_seen_and_have_their_source(chromium, server):
    page = chromium.new_page()
    page.goto(f"{server}chapters/scratch/06-batch-norm-from-scratch.html")
    formulas = page.locator("span.math > mjx-container:visible")
    assert page.locator(".math").count() == page.locator(".math > mjx-container").count() > 100
    assert all(formula.bounding_box()["width"] > 3 for formula in formulas.all()[:20])
    assert page.locator("annotation[encoding='application/x-tex']").first.text_content()
    page.evaluate("document.fonts.ready.then(() => null)")
    assert page.evaluate(
        "[...document.fonts].some((font) => font.family.startsWith('MJX') && font.status === 'loaded')"
    )
    page.close()


def test_the_check_sees_a_planted_request_and_a_planted_script(chromium, server, tmp_path):
    policy = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'\">"
    (tmp_path / "index.html").write_text(
        f"<head>{policy}</head><main>x</main><script>1</script>", encoding="utf-8"
    )
    (tmp_path / "other.html").write_text(
        "<main>x</main><img src='http://127.0.0.2:9/x.png'>", encoding="utf-8"
    )
    with serving(tmp_path) as address:
        assert View(chromium, f"{address}index.html").told
        view = View(chromium, f"{address}other.html")
        assert view.told and any("127.0.0.2" in url for url in view.asked)
