"""``python -m sealedbook.server FOLDER PORT COMMAND …``: build a site, and show it on this machine.

The port is taken first: who has to wait for a build should not learn after it that another program
has the port. What does not exist is answered with the site's ``404.html``, as by its later server.
"""

import subprocess
import sys
import webbrowser
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"


class Site(SimpleHTTPRequestHandler):
    """Answers with the files of a folder; shows no lists of files."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer with the page of the site for what does not exist."""
        page = Path(self.directory) / "404.html"
        if code != 404 or not page.is_file():
            super().send_error(code, message, explain)
            return
        content = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def list_directory(self, path: Any) -> None:
        """No file there is the first page of a folder."""
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Say nothing about each request."""


def listen(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of a folder, which need not exist yet.

    Raises
    ------
    OSError
        Another program has the port.
    """
    return ThreadingHTTPServer((HOST, port), partial(Site, directory=str(folder)))


def main(folder: str, port: str, *build: str) -> None:
    """Take the port, build, open the browser, and serve until Ctrl+C."""
    try:
        server = listen(Path(folder), int(port))
    except OSError:
        sys.exit(f"Another program has port {port}. Take another one: make serve PORT=8001")
    with server:
        if status := subprocess.run(build, check=False).returncode if build else 0:
            sys.exit(status)
        address = f"http://{HOST}:{server.server_port}/"
        print(f"The book is at {address} until Ctrl+C.", flush=True)
        webbrowser.open_new_tab(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main(*sys.argv[1:])
