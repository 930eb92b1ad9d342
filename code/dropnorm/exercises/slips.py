"""Our solutions with one slip each: what a wrong answer is compared with besides typical mistakes.

A slip is a change at one place of a solution's source as learners make it: a term, a root or a
square left out, another axis, another sign, brackets at the wrong place, one name for another.
"""

import ast
import inspect
import textwrap
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain, combinations, islice
from typing import Any

from dropnorm.exercises.slip_kinds import (
    Change,
    choice,
    of_call,
    of_comparison,
    of_keyword,
    of_operation,
    other_axes,
    wrapped,
)
from dropnorm.exercises.spec import Mistake

Changes = Callable[[ast.expr, ast.AST, str, list[str]], Iterator[Change]]

MAX_PAIRS = 3000  # of slips: more would take seconds
MAX_CODE = 70  # characters of an expression that is quoted


@cache
def slips(solution: Callable[..., Any]) -> tuple[Mistake, ...]:
    """All slips of a solution: what to tell the reader, and the function with the slip."""
    definition, names = _definition(solution)
    messages = chain(_changed(definition, names), _on_axes(definition))
    found = list(_made(definition, solution, messages))
    # what is left out is the likeliest, and told the most easily
    return tuple(sorted(found, key=lambda slip: _rank(slip.message)))


def _rank(message: str) -> int:
    unlikely = ("too many", "comes squared", "is twice", "is half", "has its mean")
    return 0 if "is missing" in message else 1 + any(words in message for words in unlikely)


@cache
def pairs_of_slips(solution: Callable[..., Any]) -> tuple[Mistake, ...]:
    """Two of the commonest slips at once: something left out, or another operator."""
    definition, _ = _definition(solution)
    messages = (
        f"{one} Besides: {other}"
        for one in _changed(definition, [], _common)
        for other in _changed(definition, [], _common)
        if one < other
    )
    return tuple(islice(_made(definition, solution, messages), MAX_PAIRS))


def _definition(solution: Callable[..., Any]) -> tuple[ast.FunctionDef, list[str]]:
    """A solution's definition without its docstring, and its names."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(solution))).body
    assert isinstance(definition, ast.FunctionDef)
    definition.body = [
        statement
        for statement in definition.body
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
    ]
    names = [argument.arg for argument in definition.args.args]
    names += [
        node.id
        for node in ast.walk(definition)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    return definition, list(dict.fromkeys(names))


def _made(
    definition: ast.FunctionDef, solution: Callable[..., Any], messages: Iterator[str]
) -> Iterator[Mistake]:
    """The function that the definition is whenever there is another message."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for message in messages:
            if function := _compiled(definition, solution):
                yield Mistake(message, function)


def _compiled(
    definition: ast.FunctionDef, solution: Callable[..., Any]
) -> Callable[..., Any] | None:
    """The function of a definition, None if it makes no sense."""
    module = ast.Module([definition], [])
    space = dict(getattr(solution, "__globals__", {}))
    try:
        exec(compile(module, "<slip>", "exec"), space)
    except SyntaxError:
        return None
    return space[definition.name]


def _on_axes(definition: ast.FunctionDef) -> Iterator[str]:
    """Give several reductions another axis at once; of each a sentence."""
    keywords = [
        node
        for node in ast.walk(definition)
        if isinstance(node, ast.keyword) and node.arg == "axis"
    ]
    for n in range(len(keywords), 1, -1):
        for group in combinations(keywords, n):
            before = [keyword.value for keyword in group]
            present = ast.unparse(before[0])
            if any(ast.unparse(value) != present for value in before):
                continue
            for value in other_axes(present):
                for keyword in group:
                    keyword.value = ast.copy_location(ast.Constant(value), keyword.value)
                yield _axis_sentence(value, present)
            for keyword, old in zip(group, before, strict=True):
                keyword.value = old


def _axis_sentence(value: Any, present: str) -> str:
    where = "all axes, a single number," if value is None else f"axis {value}"
    if isinstance(value, tuple):
        where = f"axes {value}"
    return f"Statistics over {where} where {present} belongs."


def _common(node: ast.expr, parent: ast.AST, field: str, names: list[str]) -> Iterator[Change]:
    """The slips that are told in words of their own, apart from those that wrap an expression."""
    if isinstance(node, ast.BinOp):
        yield from of_operation(node)
    elif isinstance(node, ast.Call):
        yield from of_call(node)


def _changed(
    definition: ast.FunctionDef, names: list[str], changes_of: Changes | None = None
) -> Iterator[str]:
    """Make one slip after another in the definition; of each a sentence."""
    for parent in [definition, *_below(definition)]:
        for field, value in ast.iter_fields(parent):
            children = value if isinstance(value, list) else [value]
            for i, child in enumerate(children):
                if not isinstance(child, ast.expr) or (parent is definition and field != "body"):
                    continue
                changes = list((changes_of or _changes)(child, parent, field, names))
                for new, sentence in changes:
                    _put(parent, field, i, child)
                    message = sentence or _sentence(parent, field, i, child, new)
                    ast.fix_missing_locations(ast.copy_location(new, child))
                    _put(parent, field, i, new)
                    yield message
                _put(parent, field, i, child)


def _below(node: ast.AST) -> list[ast.AST]:
    return [inner for inner in ast.walk(node) if inner is not node]


def _put(parent: ast.AST, field: str, i: int, node: ast.expr) -> None:
    if isinstance(getattr(parent, field), list):
        getattr(parent, field)[i] = node
    else:
        setattr(parent, field, node)


def _sentence(parent: ast.AST, field: str, i: int, old: ast.expr, new: ast.expr) -> str:
    """In words, what is written and what belongs there; a single name is shown with its place."""
    before, after = ast.unparse(old), ast.unparse(new)
    if isinstance(old, ast.Name | ast.Constant) and isinstance(parent, ast.expr):
        around = ast.unparse(parent)
        _put(parent, field, i, new)
        if len(around) <= MAX_CODE:
            before, after = around, ast.unparse(parent)
        _put(parent, field, i, old)
    return f"It comes out as with `{after}` where `{before}` belongs."


def _changes(node: ast.expr, parent: ast.AST, field: str, names: list[str]) -> Iterator[Change]:
    if isinstance(getattr(node, "ctx", None), ast.Store) or field in ("annotation", "slice"):
        return
    if isinstance(parent, ast.keyword):
        yield from of_keyword(node, parent)
        return
    if isinstance(node, ast.BinOp):
        yield from of_operation(node)
    elif isinstance(node, ast.Compare):
        yield from of_comparison(node)
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body), choice(node)
        yield node.body, ""
        yield node.orelse, ""
    elif isinstance(node, ast.UnaryOp):
        yield node.operand, ""
    elif isinstance(node, ast.Call):
        yield from of_call(node)
    elif isinstance(node, ast.Name) and node.id in names and not _is_argument(parent, field):
        for name in names:
            if name != node.id:
                yield ast.Name(name, ast.Load()), ""
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        for number in (node.value + 1, node.value - 1, 2 * node.value):
            if number != node.value:
                yield ast.Constant(number), ""
    elif isinstance(node, ast.Constant) and type(node.value) is float and 0.5 < node.value < 1:
        for share in (0.9, 0.95, 0.99, 0.995):
            yield ast.Constant(share), f"{share} stands where {node.value} belongs."
    if not isinstance(node, ast.Constant | ast.Tuple | ast.List) and not (
        isinstance(parent, ast.Call) and field == "func"
    ):
        is_averaged = isinstance(parent, ast.Attribute) and parent.attr == "mean"
        yield from wrapped(node, names[0], is_averaged)


def _is_argument(parent: ast.AST, field: str) -> bool:
    """Whether a place is an argument of a function that takes others than arrays of numbers."""
    if not (isinstance(parent, ast.Call) and field == "args"):
        return False
    return ast.unparse(parent.func).removeprefix("np.") not in (
        "sqrt",
        "abs",
        "exp",
        "log",
        "column",
    )
