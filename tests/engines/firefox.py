"""Firefox as Debian and others ship it, driven by WebDriver BiDi, which is built in."""

import json
import re
import shutil
import subprocess
import tempfile
import time
from base64 import b64decode
from itertools import count
from pathlib import Path
from typing import Any

import websocket

from engines.window import BrowserError, Window, click_actions, key_actions

NAMES = ("firefox-esr", "firefox")
MISSING = "no Firefox found: install one (on Debian: apt-get install firefox-esr)"

LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
SECONDS = 120

# no request of its own, and the usual light theme without motion
SETTINGS = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.safebrowsing.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "ui.prefersReducedMotion": 1,
    "ui.systemUsesDarkTheme": 0,
}

# Said of a formula that Firefox draws while its second half is still on the way; whether every
# formula has all its parts is tested on the files.
HALF_A_FORMULA = "Invalid markup: Incorrect number of children"

# all that the console has of pages: log events leave out what the policy forbids
CONSOLE = r"""() => {
  const messages = Services.console.getMessageArray();
  Services.console.reset();
  return messages
    .filter((one) => one instanceof Ci.nsIScriptError && /^(file|https?):/.test(one.sourceName))
    .map((one) => one.errorMessage);
}"""


def executable() -> str | None:
    """Path of an installed Firefox, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Firefox(Window):
    """A window of Firefox without a screen.

    Parameters
    ----------
    path
        The program.
    settings
        More preferences, by name.
    """

    engine = "firefox"

    def __init__(self, path: str, **settings: object) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="firefox-", ignore_cleanup_errors=True)
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
            for name, value in (SETTINGS | settings).items()
        ]
        (Path(self._profile.name) / "user.js").write_text("".join(lines), encoding="utf-8")
        options = ["--headless", "--no-remote", "--remote-debugging-port=0"]
        options += ["--remote-allow-system-access", "--profile", self._profile.name]
        self._log = (Path(self._profile.name) / "log").open("w+", encoding="utf-8")
        self._process = subprocess.Popen([path, *options], stdout=self._log, stderr=self._log)
        self._numbers = count(1)
        self._events: list[dict[str, Any]] = []
        try:
            self._connect()
        except BaseException:
            self._end()
            raise

    def _connect(self) -> None:
        self._socket = websocket.create_connection(
            f"{self._address()}/session", timeout=SECONDS, suppress_origin=True
        )
        self._send("session.new", capabilities={})
        (tab,) = self._send("browsingContext.getTree")["contexts"]
        chrome = self._send("browsingContext.getTree", **{"moz:scope": "chrome"})["contexts"]
        self._tab, self._chrome = tab["context"], chrome[0]["context"]
        self._send("session.subscribe", events=["log.entryAdded"])
        # without a screen the window does not have the focus by itself, and no key acts on a button
        self._value("(window.focus(), gBrowser.selectedBrowser.focus())", self._chrome)
        self.complaints()

    def _address(self) -> str:
        for _ in range(SECONDS * 10):
            self._log.flush()
            text = Path(self._log.name).read_text(encoding="utf-8")
            if found := LISTENING.search(text):
                return found[1]
            if self._process.poll() is not None:
                break
            time.sleep(0.1)
        raise BrowserError(f"Firefox did not start: {text[-2000:]}")

    def _send(self, method: str, **parameters: object) -> Any:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("type") == "event":
                self._events.append(answer)
            elif answer.get("id") == number:
                if answer["type"] == "error":
                    raise BrowserError(f"{method}: {answer['error']}: {answer['message'][:500]}")
                return answer["result"]

    def _value(self, expression: str, context: str) -> Any:
        result = self._send(
            "script.evaluate",
            expression=f"(async () => JSON.stringify((await ({expression})) ?? null))()",
            target={"context": context},
            awaitPromise=True,
            userActivation=True,
        )
        if result["type"] == "exception":
            raise BrowserError(result["exceptionDetails"]["text"])
        return json.loads(result["result"]["value"])

    def evaluate(self, expression: str) -> Any:
        return self._value(expression, self._tab)

    def open(self, address: str) -> None:
        self._send("browsingContext.navigate", context=self._tab, url=address, wait="complete")
        self.settle()

    def reload(self) -> None:
        self._send("browsingContext.reload", context=self._tab, wait="complete")
        self.settle()

    def back(self) -> None:
        address = self.evaluate("location.href")
        self._send("browsingContext.traverseHistory", context=self._tab, delta=-1)
        self.until("(address) => location.href !== address", address)
        self.settle()

    def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height}
        self._send("browsingContext.setViewport", context=self._tab, viewport=size)

    def _act(self, actions: list[dict[str, Any]]) -> None:
        self._send("input.performActions", context=self._tab, actions=actions)

    def press(self, *keys: str) -> None:
        self._act(key_actions(keys))

    def click_at(self, x: int, y: int) -> None:
        self._act(click_actions(x, y))

    def print(self, margin: float) -> bytes:
        """The page as a PDF on sheets of A4, with a margin in centimetres where it states none."""
        page = {"width": 21.0, "height": 29.7}
        margins = dict.fromkeys(("top", "bottom", "left", "right"), margin)
        command = {"context": self._tab, "page": page, "margin": margins}
        return b64decode(self._send("browsingContext.print", **command)["data"])

    def complaints(self) -> list[str]:
        found = self._value(f"({CONSOLE})()", self._chrome)
        logged, self._events = [event["params"]["text"] for event in self._events], []
        return [text for text in [*logged, *found] if not text.startswith(HALF_A_FORMULA)]

    def close(self) -> None:
        try:
            self._send("browser.close")
            self._socket.close()
            self._process.wait(SECONDS)
        finally:
            self._end()

    def _end(self) -> None:
        self._process.kill()
        self._process.wait(SECONDS)
        self._log.close()
        self._profile.cleanup()
