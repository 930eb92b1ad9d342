"""The site on this machine: a taken port is told before the build, a wrong address has its page."""

import socket
import subprocess
import sys
from threading import Thread
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from sealedbook import server


@pytest.fixture
def address(tmp_path):
    (tmp_path / "index.html").write_text("first page", encoding="utf-8")
    (tmp_path / "404.html").write_text("there is no such page", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    with server.listen(tmp_path, 0) as site:
        Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{site.server_port}"
        site.shutdown()


def test_pages_are_shown_and_for_others_there_is_the_sites_own_page(address):
    with urlopen(f"{address}/") as page:
        assert page.read() == b"first page"
    for missing in ("nothing.html", "folder/"):
        with pytest.raises(HTTPError) as refusal:
            urlopen(f"{address}/{missing}")
        assert refusal.value.code == 404 and refusal.value.read() == b"there is no such page"


def test_a_taken_port_is_told_in_a_line_before_anything_is_built(tmp_path):
    built = tmp_path / "built"
    build = [sys.executable, "-c", f"open({str(built)!r}, 'wb')"]
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        command = [sys.executable, "-m", "sealedbook.server", str(tmp_path), port, *build]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 1 and not built.exists()
    assert done.stderr.splitlines() == [
        f"Another program has port {port}. Take another one: make serve PORT=8001"
    ]
