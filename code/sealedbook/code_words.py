"""Code with fewer elements: words in the colour of the text around them need none of their own.

Names, brackets and blanks are more than half of the words of a program, and these are more than
half of the elements of a chapter; each costs the reader's browser time before it can show the page.
"""

import re

from sealedbook.pages import Page, of_class

# a rule of Pygments: the theme, the class of words (none: of all code), and what it says
RULE = re.compile(r'^html\[data-theme="(\w+)"\] \.highlight(?: \.(\w+))? \{([^}]*)\}', re.MULTILINE)
COLOUR = re.compile(r"(?<![-\w])color:\s*([^;\s]+)")


def plain_classes(style: str) -> set[str]:
    """The classes of words that look like the text around them in every theme.

    Parameters
    ----------
    style
        The style sheet that Pygments wrote for the theme.
    """
    rules: dict[str, dict[str, str]] = {}
    for theme, name, content in RULE.findall(style):
        rules.setdefault(theme, {})[name] = " ".join(content.split()).rstrip(";")
    plain = []
    for words in rules.values():
        ground = COLOUR.search(words.get("", ""))
        same = f"color: {ground[1]}" if ground else None
        plain.append({name for name, content in words.items() if name and content == same})
    return set.intersection(*plain) if plain else set()


def unwrap(page: Page, plain: set[str]) -> None:
    """Take the elements around plain words away; the words stay."""
    for code in page.tree.xpath(of_class("highlight") + "//pre"):
        for word in code.xpath(".//span"):
            if word.get("class", "") in plain or not (word.attrib or word.text or len(word)):
                word.drop_tag()
