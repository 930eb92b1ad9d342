"""What a test may do in a browser's window, whichever engine it is."""

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

# names of keys, as Playwright has them, and their characters in the WebDriver protocols
KEYS = {
    "Tab": "\ue004",
    "Enter": "\ue007",
    "Shift": "\ue008",
    "Control": "\ue009",
    "Escape": "\ue00c",
    "Space": " ",
    "PageDown": "\ue00f",
    "End": "\ue010",
    "Home": "\ue011",
    "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
}

# the middle of an element, or of its first line, scrolled into sight; null where none is seen, or
# another lies over it
MIDDLE = """(selector) => {
  const shown = [...document.querySelectorAll(selector)].find((one) => one.checkVisibility());
  if (!shown) return null;
  shown.scrollIntoView({ block: "center", behavior: "instant" });
  const { x, y, width, height } = shown.getClientRects()[0];
  const middle = [Math.round(x + width / 2), Math.round(y + height / 2)];
  const hit = document.elementFromPoint(...middle);
  return hit && (shown.contains(hit) || hit.contains(shown)) ? middle : null;
}"""

SETTLED = """() => new Promise((done) => {
  const twoFrames = () => requestAnimationFrame(() => requestAnimationFrame(() => done(true)));
  if (document.readyState === "complete") twoFrames();
  else addEventListener("load", twoFrames);
})"""


class Window(ABC):
    """A window. Whatever it is asked to open is complete when a method returns."""

    engine: str

    @abstractmethod
    def open(self, address: str) -> None:
        """Load a page."""

    @abstractmethod
    def reload(self) -> None:
        """Load the page again, as the browser's button does."""

    @abstractmethod
    def back(self) -> None:
        """Go back to the page before, as the browser's button does."""

    @abstractmethod
    def resize(self, width: int, height: int) -> None:
        """Give the page this size, in CSS pixels."""

    @abstractmethod
    def evaluate(self, expression: str) -> Any:
        """The value of an expression of JavaScript, as JSON has it; promises are awaited."""

    @abstractmethod
    def press(self, *keys: str) -> None:
        """Press keys one after the other; ``Control+k`` is two at once."""

    @abstractmethod
    def click_at(self, x: int, y: int) -> None:
        """Click at a place of what is seen of the page."""

    @abstractmethod
    def complaints(self) -> list[str]:
        """What the browser's console was told since this was asked last."""

    @abstractmethod
    def close(self) -> None:
        """End the browser."""

    def run(self, function: str, *arguments: object) -> Any:
        """Call a function of JavaScript."""
        return self.evaluate(f"({function})(...{json.dumps(arguments)})")

    def requests(self) -> list[str]:
        """Addresses that the page asked for, but for its own."""
        return self.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")

    def settle(self) -> None:
        """Wait until the page is loaded and drawn."""
        self.until(SETTLED)

    def until(self, function: str, *arguments: object, seconds: float = 30) -> Any:
        """Wait until a function gives something true; it may fail while a page comes or goes.

        Raises
        ------
        AssertionError
            It did not happen in time.
        """
        end, last = time.monotonic() + seconds, None
        while time.monotonic() < end:
            try:
                if last := self.run(function, *arguments):
                    return last
            except BrowserError as error:
                last = error
            time.sleep(0.05)
        raise AssertionError(f"{self.engine}: not within {seconds} s: {function}: {last}")

    def click(self, selector: str) -> None:
        """Click in the middle of the first element that is seen, as soon as nothing is over it."""
        self.click_at(*self.until(MIDDLE, selector))

    def write(self, words: str) -> None:
        """Type words."""
        self.press(*("Space" if letter == " " else letter for letter in words))


class BrowserError(RuntimeError):
    """The browser could not do what it was asked for."""


def key_actions(keys: Iterable[str]) -> list[dict[str, Any]]:
    """Keys as both WebDriver protocols want them."""
    actions = []
    for key in keys:
        parts = [KEYS.get(part, part) for part in (key.split("+") if len(key) > 1 else [key])]
        actions += [{"type": "keyDown", "value": part} for part in parts]
        actions += [{"type": "keyUp", "value": part} for part in reversed(parts)]
    return [{"type": "key", "id": "keyboard", "actions": actions}]


def click_actions(x: int, y: int) -> list[dict[str, Any]]:
    """A click as both WebDriver protocols want it."""
    actions = [
        {"type": "pointerMove", "x": x, "y": y, "origin": "viewport"},
        {"type": "pointerDown", "button": 0},
        {"type": "pointerUp", "button": 0},
    ]
    parameters = {"pointerType": "mouse"}
    return [{"type": "pointer", "id": "mouse", "parameters": parameters, "actions": actions}]
