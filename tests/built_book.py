"""The book as `make book` left it, and a server that compresses, as the servers of the world do."""

import gzip
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import yaml

from sealedbook import downloads

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "_build" / "html"
TEXT_TYPES = ("text/", "application/json", "application/javascript", "image/svg")


def in_time(promise: str) -> str:
    """A promise in JavaScript that fails where another one takes a minute.

    No browser ends a script that waits; Playwright and the WebDrivers would wait with it.
    """
    return f"""Promise.race([{promise}, new Promise((_, fail) =>
      setTimeout(() => fail(new Error("the page did not do this within a minute")), 60_000))])"""


FONTS = in_time("document.fonts.ready.then(() => null)")


def chapters() -> list[str]:
    """The pages of the table of contents, without suffix, in its order."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return [toc["root"], *(page["file"] for part in toc["parts"] for page in part["chapters"])]


def pages(book: Path) -> list[Path]:
    """All pages of a built book, in a stable order."""
    return sorted(path for path in book.rglob("*.html") if "_static" not in path.parts)


@cache
def compressed(path: Path, modified: int) -> bytes:
    return gzip.compress(path.read_bytes(), 6)


def unpacked_zip(folder: Path) -> Path:
    """Pack a copy of the book as `make zip` does, and unpack it; gives its first folder."""
    site = folder / "html"
    shutil.copytree(BOOK, site)
    downloads.download(site, ".zip").unlink(missing_ok=True)
    with zipfile.ZipFile(downloads.pack(site)) as packed:
        packed.extractall(folder / "my course ü")
    (unpacked,) = (folder / "my course ü").iterdir()
    return unpacked


class Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            return self.send_error(404)
        kind = self.guess_type(path)
        is_text = kind.startswith(TEXT_TYPES)
        content = compressed(path, path.stat().st_mtime_ns) if is_text else path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "max-age=3600")
        if is_text:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder; gives the address, with a slash at its end."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
