"""Takes out of a chapter's code what only the website needs: numbers kept for the text, and checks.

What is left of it for nothing goes as well: imports, and in cells that no reader sees also
functions and assignments.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

HIDDEN = "remove-cell"  # the tag of cells that no page shows


@dataclass
class Code:
    """A cell's code, and whether a reader sees the cell."""

    source: str
    is_hidden: bool = False


def without_scaffolding(
    cells: Iterable[Code], notes: Iterable[str], also: Iterable[str] = ()
) -> list[str]:
    """The code of a chapter's cells without assertions and without calls of ``notes``.

    Parameters
    ----------
    cells
        In their order.
    notes
        Names of the functions that keep something for the text.
    also
        Further pieces of code in which names may be used, such as solutions.

    Returns
    -------
    sources
        One for each cell; empty where nothing is left. Code that is not plain Python stays as it
        is.
    """
    names, also = frozenset(notes), list(also)
    cells = [Code(_without(cell.source, names), cell.is_hidden) for cell in cells]
    while True:
        sources = [*also, *(cell.source for cell in cells)]
        used = set(chain.from_iterable(map(_used, sources)))
        cleaned = [Code(_without_unused(cell, used), cell.is_hidden) for cell in cells]
        if cleaned == cells:
            return [cell.source for cell in cells]
        cells = cleaned


def parsed(source: str) -> list[ast.stmt]:
    """A cell's statements; none if it is not plain Python."""
    try:
        return ast.parse(source).body
    except SyntaxError:  # with magics
        return []


def _used(source: str) -> Iterator[str]:
    """Names that are read; in code that is not plain Python all that look like names."""
    statements = parsed(source)
    if not statements:
        yield from re.findall(r"\w+", source)
    for statement in statements:
        own = {statement.name} if isinstance(statement, ast.FunctionDef | ast.ClassDef) else set()
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in own:
                yield node.id
        if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id


def without_notes(source: str, notes: Iterable[str]) -> str:
    """The code of one cell without calls of ``notes``; its assertions stay."""
    return _without(source, frozenset(notes), with_assertions=True)


def _without(source: str, notes: frozenset[str], with_assertions: bool = False) -> str:
    return _cut(source, list(_scaffolding(parsed(source), notes, with_assertions)))


def _scaffolding(
    statements: Iterable[ast.stmt], notes: frozenset[str], with_assertions: bool
) -> Iterator[ast.stmt]:
    """The statements, or parts of them, to be taken out; what a function asserts stays."""
    for statement in statements:
        if _is_scaffolding(statement, notes, with_assertions):
            yield statement
        elif isinstance(statement, ast.For | ast.While | ast.If | ast.With | ast.FunctionDef):
            inside = [*statement.body, *getattr(statement, "orelse", [])]
            stay = with_assertions or isinstance(statement, ast.FunctionDef)
            out = list(_scaffolding(inside, notes, stay))
            # a block needs something in it
            if not all(any(part is one for one in out) for part in statement.body):
                yield from out


def _is_scaffolding(statement: ast.stmt, notes: frozenset[str], with_assertions: bool) -> bool:
    if isinstance(statement, ast.Assert):
        return not with_assertions
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        return isinstance(function, ast.Name) and function.id in notes
    if isinstance(statement, ast.For | ast.If | ast.With):
        inside = [*statement.body, *getattr(statement, "orelse", [])]
        return all(_is_scaffolding(one, notes, with_assertions) for one in inside)
    return False


def _without_unused(cell: Code, used: set[str]) -> str:
    source = cell.source
    for statement in reversed(parsed(source)):
        if isinstance(statement, ast.Import | ast.ImportFrom):
            kept = [alias for alias in statement.names if _bound(alias) in used]
            if len(kept) < len(statement.names):
                statement.names = kept
                source = _replaced(source, statement, ast.unparse(statement) if kept else "")
        elif cell.is_hidden and _is_unused(statement, used):
            source = _replaced(source, statement, "")
    return source.strip("\n")


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _is_unused(statement: ast.stmt, used: set[str]) -> bool:
    """Whether a statement only gives names to values, and none of them is read."""
    if isinstance(statement, ast.FunctionDef):
        return statement.name not in used
    if isinstance(statement, ast.Assign):
        stored = [
            node
            for target in statement.targets
            for node in ast.walk(target)
            if isinstance(node, ast.Name | ast.Attribute | ast.Subscript)
        ]
        return all(isinstance(node, ast.Name) and node.id not in used for node in stored)
    return False


def _cut(source: str, statements: list[ast.stmt]) -> str:
    for statement in reversed(statements):
        source = _replaced(source, statement, "")
    return source.strip("\n")


def _replaced(source: str, statement: ast.stmt, text: str) -> str:
    lines = source.splitlines()
    first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
    lines[first - 1 : statement.end_lineno] = [text] if text else []
    joined = "\n".join(lines)
    while "\n\n\n\n" in joined:
        joined = joined.replace("\n\n\n\n", "\n\n\n")
    return joined
