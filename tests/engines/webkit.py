"""WebKitGTK's MiniBrowser, driven by its own WebDriver, on a screen that nobody sees."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from engines.window import BrowserError, Window, click_actions, key_actions

DRIVER, SCREEN = "WebKitWebDriver", "Xvfb"
MISSING = "no WebKit found: on Debian, apt-get install webkit2gtk-driver xvfb"
SECONDS = 120


def executable() -> str | None:
    """Path of an installed driver, or None; it needs a screen as well."""
    return shutil.which(DRIVER) if shutil.which(SCREEN) else None


class WebKit(Window):
    """A window of WebKit."""

    engine = "webkit"

    def __init__(self, path: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="webkit-", ignore_cleanup_errors=True)
        self._log = Path(self._folder.name) / "log"
        self._read = 0
        self._screen, display = _screen()
        port = _free_port()
        home = {"HOME": self._folder.name, "XDG_RUNTIME_DIR": self._folder.name}
        with self._log.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [path, f"--port={port}", "--host=127.0.0.1"],
                env=os.environ | home | {"DISPLAY": display, "GDK_BACKEND": "x11"},
                stdout=log,
                stderr=log,
            )
        self._session = f"http://127.0.0.1:{port}/session"
        arguments = ["--automation", "--enable-write-console-messages-to-stdout=true"]
        options = {"webkitgtk:browserOptions": {"args": arguments}}
        try:
            created = self._start({"capabilities": {"alwaysMatch": options}})
        except BaseException:
            self._end()
            raise
        self._session += f"/{created['sessionId']}"

    def _start(self, wanted: dict[str, Any]) -> Any:
        for _ in range(SECONDS * 5):
            try:
                return self._send("", **wanted)
            except URLError:  # the driver is not there yet
                time.sleep(0.2)
        raise BrowserError("WebKit did not start: " + self._log.read_text(encoding="utf-8"))

    def _send(self, command: str, method: str = "POST", **parameters: object) -> Any:
        content = json.dumps(parameters).encode() if method == "POST" else None
        request = Request(self._session + command, data=content, method=method)
        try:
            with urlopen(request, timeout=SECONDS) as answer:
                return json.load(answer)["value"]
        except HTTPError as error:
            raise BrowserError(f"{command}: {error.read().decode()[:500]}") from None

    def evaluate(self, expression: str) -> Any:
        script = f"return (async () => JSON.stringify((await ({expression})) ?? null))()"
        return json.loads(self._send("/execute/sync", script=script, args=[]))

    def open(self, address: str) -> None:
        self._send("/url", url=address)
        self.settle()

    def reload(self) -> None:
        self._send("/refresh")
        self.settle()

    def back(self) -> None:
        self._send("/back")
        self.settle()

    def resize(self, width: int, height: int) -> None:
        # the window has a frame of its own
        for _ in range(3):
            outer = self._send("/window/rect", "GET")
            inner = self.evaluate("[innerWidth, innerHeight]")
            wanted = {
                "width": outer["width"] + width - inner[0],
                "height": outer["height"] + height - inner[1],
            }
            self._send("/window/rect", **wanted)
            time.sleep(0.2)

    def press(self, *keys: str) -> None:
        self._send("/actions", actions=key_actions(keys))

    def click_at(self, x: int, y: int) -> None:
        self._send("/actions", actions=click_actions(x, y))

    def complaints(self) -> list[str]:
        text = self._log.read_text(encoding="utf-8", errors="replace")
        lines, self._read = text[self._read :].splitlines(), len(text)
        return [line for line in lines if line.startswith("CONSOLE")]

    def close(self) -> None:
        try:
            self._send("", "DELETE")
        finally:
            self._end()

    def _end(self) -> None:
        for process in (self._process, self._screen):
            process.terminate()
            process.wait(SECONDS)
        self._folder.cleanup()


def _screen() -> tuple[subprocess.Popen[str], str]:
    """A screen in memory, and its name."""
    command = [SCREEN, "-displayfd", "1", "-screen", "0", "1600x1200x24", "-nolisten", "tcp"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    )
    assert process.stdout is not None
    return process, f":{process.stdout.readline().strip()}"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
