"""A window of the Chromium that Playwright has started."""

import json
from typing import Any

from playwright.sync_api import Browser, Error

from engines.window import BrowserError, Window


class Chromium(Window):
    """A window of Chromium."""

    engine = "chromium"

    def __init__(self, browser: Browser) -> None:
        self._context = browser.new_context(reduced_motion="reduce", color_scheme="light")
        self._page = self._context.new_page()
        self._page.set_default_timeout(60_000)
        self._complaints: list[str] = []
        self._page.on("pageerror", lambda error: self._complaints.append(str(error)))
        self._page.on("console", lambda message: self._complaints.append(message.text))

    def evaluate(self, expression: str) -> Any:
        script = f"(async () => JSON.stringify((await ({expression})) ?? null))()"
        try:
            return json.loads(self._page.evaluate(script))
        except Error as error:
            raise BrowserError(str(error)) from None

    def open(self, address: str) -> None:
        self._page.goto(address)
        self.settle()

    def reload(self) -> None:
        self._page.reload()
        self.settle()

    def back(self) -> None:
        self._page.go_back()
        self.settle()

    def resize(self, width: int, height: int) -> None:
        self._page.set_viewport_size({"width": width, "height": height})

    def press(self, *keys: str) -> None:
        for key in keys:
            self._page.keyboard.press(key)

    def click_at(self, x: int, y: int) -> None:
        self._page.mouse.click(x, y)

    def complaints(self) -> list[str]:
        told, self._complaints = self._complaints, []
        return told

    def close(self) -> None:
        """Nothing: the window goes with its browser, whose end is up to who started it."""
