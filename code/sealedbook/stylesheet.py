"""Style sheets without the rules and without the letters that no page uses."""

import logging
import posixpath
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote

import tinycss2
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from lxml import etree
from tinycss2.ast import Node

ADDRESS = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)""")
IMPORT = re.compile(r"""@import\s+(?:url\()?["']?([^"')]+)["']?\)?\s*;""")
FONT_FACE = re.compile(r"@font-face[^{]*\{([^}]*)\}")
STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"' + r"|'((?:[^'\\\n]|\\.)*)'")
ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?|\\(.)")
WORD = re.compile(r"-?[A-Za-z_][\w-]*")

# the at-rules with rules inside
CONDITIONAL = {"media", "supports", "layer", "container"}

# names that every page has
UNIVERSAL = {"html", "body", "root"}


class Names:
    """Names of elements, classes and ids in pages, and all words in scripts, which may add some."""

    def __init__(self) -> None:
        self._names = set(UNIVERSAL)

    def add_page(self, page: etree._Element) -> None:
        """All names in a page."""
        for element in page.iter(etree.Element):
            self._names.add(element.tag.lower())
            self._names.update(element.get("class", "").split())
            self._names.add(element.get("id", ""))

    def add_script(self, text: str) -> None:
        """All words in a script."""
        self._names.update(WORD.findall(text))

    def match(self, selector: Iterable[Node]) -> bool:
        """May a selector match an element? What is in brackets counts as a match."""
        before: Node | str = ""
        for token in selector:
            if token.type == "hash" and token.value not in self._names:
                return False
            # after a colon stands the name of a state, which any element may have
            if token.type == "ident" and before != ":":
                name = token.value if before == "." else token.lower_value
                if not {name, token.value} & self._names:
                    return False
            before = token
        return True


def purged(style: str, names: Names) -> str:
    """A style sheet without the rules whose selectors match nothing."""
    return "".join(
        _rules(tinycss2.parse_stylesheet(style, skip_comments=True, skip_whitespace=True), names)
    )


def _rules(rules: Iterable[Node], names: Names) -> Iterator[str]:
    for rule in rules:
        if rule.type == "qualified-rule":
            if kept := [selector for selector in _selectors(rule.prelude) if names.match(selector)]:
                selectors = ",".join(tinycss2.serialize(selector).strip() for selector in kept)
                yield f"{selectors}{{{_squeezed(tinycss2.serialize(rule.content))}}}\n"
        elif (
            rule.type == "at-rule"
            and rule.lower_at_keyword in CONDITIONAL
            and rule.content is not None
        ):
            inside = tinycss2.parse_rule_list(
                rule.content, skip_comments=True, skip_whitespace=True
            )
            if body := "".join(_rules(inside, names)):
                yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude).rstrip()}{{{body}}}\n"
        elif rule.type == "at-rule" and rule.lower_at_keyword != "charset":
            yield f"{_squeezed(rule.serialize())}\n"


def _selectors(prelude: list[Node]) -> Iterator[list[Node]]:
    selector: list[Node] = []
    for token in prelude:
        if token == ",":
            yield selector
            selector = []
        elif token.type != "comment":
            selector.append(token)
    yield selector


def _squeezed(css: str) -> str:
    """Without comments, and with one blank where there is white space."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*([{;])\s*", r"\1", re.sub(r"\s+", " ", css)).strip()


def with_imports(style: str, path: Path) -> str:
    """A style sheet with those in it that it imports, from its own folder."""

    def imported(match: re.Match[str]) -> str:
        file = (path.parent / match[1]).resolve()
        return file.read_text(encoding="utf-8") if file.is_file() else match[0]

    return IMPORT.sub(imported, style)


def relocated(style: str, from_folder: str, to_folder: str = "") -> str:
    """A style sheet whose addresses hold from another folder of the site."""

    def move(match: re.Match[str]) -> str:
        address = match[1]
        if re.match(r"[a-z]+:|/|#", address):
            return match[0]
        return f'url("{posixpath.relpath(posixpath.join(from_folder, address), to_folder or ".")}")'

    return ADDRESS.sub(move, style)


def letters(style: str) -> set[int]:
    """All characters in the strings of a style sheet: what its rules write on the page."""
    return {
        ord(letter)
        for first, second in STRING.findall(style)
        for letter in ESCAPE.sub(_unescaped, first or second)
    }


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else match[2]


def with_small_fonts(style: str, static: Path, target: str = "fonts") -> str:
    """A style sheet whose fonts have only the letters that it writes, and those without any go.

    Parameters
    ----------
    style
        Style sheet in the folder ``static``.
    static
        The folder of static files of the site.
    target
        Folder below ``static`` for the smaller fonts.
    """
    used = letters(FONT_FACE.sub("", style))

    def shrink(match: re.Match[str]) -> str:
        first = ADDRESS.findall(match[1])[0]
        source = static / unquote(re.split("[?#]", first)[0])
        if (smaller := subset(source, used)) is None:
            return ""
        name = f"{target}/{source.stem}-{sha256(smaller).hexdigest()[:8]}.woff2"
        (static / target).mkdir(exist_ok=True)
        (static / name).write_bytes(smaller)
        parts = [part for part in match[1].split(";") if part.strip()]
        rest = ";".join(part for part in parts if not part.strip().startswith("src"))
        return f'@font-face{{{rest};src:url("{name}") format("woff2")}}'

    return FONT_FACE.sub(shrink, style)


def subset(path: Path, used: set[int]) -> bytes | None:
    """A font with some of its letters only; None if it has none of them."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it reports each of its steps
    options = Options(
        flavor="woff2", layout_features=[], notdef_outline=False, name_IDs=[], drop_tables=["FFTM"]
    )
    options.recalc_timestamp = False
    font = TTFont(path, recalcTimestamp=False)
    if not used & set(font.getBestCmap() or {}):
        return None
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=used)
    subsetter.subset(font)
    font.flavor = "woff2"
    smaller = BytesIO()
    font.save(smaller)
    return smaller.getvalue()


def in_one_order(lists: Iterable[list[str]]) -> list[str]:
    """All entries of several lists, in an order that agrees with each list where possible."""
    merged: list[str] = []
    for entries in lists:
        place = 0
        for entry in entries:
            if entry in merged:
                place = max(place, merged.index(entry) + 1)
            else:
                merged.insert(place, entry)
                place += 1
    return merged
