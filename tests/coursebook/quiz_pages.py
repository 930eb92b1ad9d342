"""What a reader sees and does on a page with a quiz, and on the page of progress."""

import json
import re

# of the browser's storage
KEY = "dropnorm-progress"


def question(page, number):
    return page.locator(".dn-question").nth(number - 1)


def answer(page, number, choice):
    label = re.compile(rf"^\([abc]\) {choice}$")
    question(page, number).get_by_role("radio", name=label).check()
    question(page, number).get_by_role("button", name="Check").click()


def verdict(page, number):
    """What a screen reader is told."""
    return question(page, number).locator("[aria-live=polite]").inner_text()


def stored(page) -> dict[str, dict]:
    """The progress that the browser keeps, by section."""
    entries = page.evaluate("Object.entries(localStorage)")
    progress: dict[str, dict] = {}
    for address, text in entries:
        if address.startswith(f"{KEY}/"):
            _, section, name = address.split("/")
            progress.setdefault(section, {})[name] = json.loads(text)
    return progress


def store(page, section, name, text):
    """An entry, as the browser might have kept it."""
    address = f"{KEY}/{section}/{name}"
    page.evaluate("([address, text]) => localStorage.setItem(address, text)", [address, text])


def rows(page) -> dict[str, list[str]]:
    """The table of progress: the cells of each chapter."""
    cells = {}
    for row in page.locator("tr[data-chapter]").all():
        texts = row.locator("td").all_inner_texts()
        cells[row.get_attribute("data-chapter")] = [" ".join(text.split()) for text in texts]
    return cells


def bars(page) -> list[str]:
    return [" ".join(text.split()) for text in page.locator(".dn-bar").all_inner_texts()]


def press(page, button):
    page.get_by_role("button", name=button).click()


def load(page, path):
    page.get_by_label("Load a file").set_input_files(path)


def load_and_wait(page, path):
    load(page, path)
    page.wait_for_function("document.querySelector('.dn-status').textContent")


def status(page):
    return page.locator(".dn-status").inner_text()


def tab_to_a_choice(page):
    """Press Tab until a choice has the focus."""
    for _ in range(100):
        if page.evaluate("document.activeElement.matches('[type=radio]')"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("the keyboard does not come to a choice")


def focused(page) -> str:
    """The value or the words of what has the focus."""
    what = "({ tagName, value, textContent }) => tagName === 'INPUT' ? value : textContent"
    return page.evaluate(f"({what})(document.activeElement)")
