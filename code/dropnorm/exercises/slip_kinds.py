"""The kinds of slips: what learners write in the place of an expression."""

import ast
from collections.abc import Iterator
from itertools import combinations
from typing import Any

OTHER_OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Div),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.Sub),
}
SYMBOLS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.MatMult: "@"}
COMPARISONS = (ast.GtE, ast.Gt, ast.LtE, ast.Lt)
REDUCTIONS = ("mean", "sum", "max", "min", "var", "std")
AXES = [None, *(axes for n in (1, 2, 3, 4) for axes in combinations(range(5), n))]

HARD_CODED = (0.0, 1.0, 0.5, 0.1, 0.9, 1e-5, 1e-8)  # numbers that readers write for an argument

Change = tuple[ast.expr, str]  # what is written instead, and a sentence; empty: the usual one


def other_axes(present: str) -> Iterator[Any]:
    """All axes but these."""
    for axes in AXES:
        value = axes[0] if axes and len(axes) == 1 else axes
        if str(value) != present:
            yield value


def choice(node: ast.IfExp) -> str:
    """What depends on a condition, swapped."""
    return f"It comes out as if what depends on `{ast.unparse(node.test)}` were swapped."


def of_keyword(node: ast.expr, parent: ast.keyword) -> Iterator[Change]:
    """Another axis, another `ddof`."""
    if parent.arg == "axis":
        present = ast.unparse(node)
        for value in other_axes(present):
            yield ast.Constant(value), f"The axis is {value}; {present} belongs there."
    elif parent.arg == "ddof":
        yield ast.BinOp(ast.Constant(1), ast.Sub(), node), ""


def of_operation(node: ast.BinOp) -> Iterator[Change]:
    """An operand left out, another operator, brackets elsewhere."""
    left, right, operator = node.left, node.right, type(node.op)
    symbol = SYMBOLS.get(operator, "")
    text = {
        side: f"({ast.unparse(side)})" if isinstance(side, ast.BinOp) else ast.unparse(side)
        for side in (left, right)
    }
    if operator in (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow):
        yield left, f"`{symbol} {text[right]}` is missing after `{text[left]}`."
    if operator in (ast.Add, ast.Mult):
        yield right, f"`{text[left]} {symbol}` is missing before `{text[right]}`."
    if operator is ast.Sub:
        yield ast.UnaryOp(ast.USub(), right), f"`{text[left]}` is missing before `- {text[right]}`."
    for other in OTHER_OPERATORS.get(operator, ()):
        sentence = (
            f"`{SYMBOLS[other]} {text[right]}` stands where `{symbol} {text[right]}` belongs."
        )
        yield ast.BinOp(left, other(), right), sentence
    if operator is ast.FloorDiv:
        yield _call("round", ast.BinOp(left, ast.Div(), right)), ""
    if operator in (ast.Sub, ast.Div, ast.MatMult):
        yield ast.BinOp(right, node.op, left), ""
    if operator is ast.Add and isinstance(left, ast.BinOp) and isinstance(left.op, ast.FloorDiv):
        whole = ast.BinOp(ast.BinOp(left.left, ast.Div(), left.right), ast.Add(), right)
        yield _call("round", whole), ""
    if operator is ast.Pow:
        yield _call("abs", left), ""
    yield from _brackets(node)


def _brackets(node: ast.BinOp) -> Iterator[Change]:
    """Brackets that are missing, or too many."""
    left, right = node.left, node.right
    if isinstance(node.op, ast.Mult | ast.Div | ast.FloorDiv):
        terms = list(_terms(left))
        for k, (sign, term) in enumerate(terms):
            if len(terms) > 1:
                inner = _sum(terms[:k] + terms[k + 1 :])
                yield _sum([(ast.Add(), ast.BinOp(inner, node.op, right)), (sign, term)]), ""
    if isinstance(node.op, ast.Mult):
        terms = list(_terms(right))
        for k, (sign, term) in enumerate(terms):
            if len(terms) > 1:
                inner = _sum(terms[:k] + terms[k + 1 :])
                yield _sum([(ast.Add(), ast.BinOp(left, node.op, inner)), (sign, term)]), ""
    if isinstance(node.op, ast.Add | ast.Sub):
        if isinstance(left, ast.BinOp) and isinstance(left.op, ast.Mult | ast.Div | ast.FloorDiv):
            yield ast.BinOp(left.left, left.op, ast.BinOp(left.right, node.op, right)), ""
            yield ast.BinOp(ast.BinOp(left.left, node.op, right), left.op, left.right), ""
        if isinstance(right, ast.BinOp) and isinstance(right.op, ast.Mult | ast.Div):
            yield ast.BinOp(ast.BinOp(left, node.op, right.left), right.op, right.right), ""


Term = tuple[ast.operator, ast.expr]  # with its sign


def _terms(node: ast.expr, sign: ast.operator | None = None) -> Iterator[Term]:
    """The terms of a sum."""
    sign = sign or ast.Add()
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        yield from _terms(node.left, sign)
        turned = isinstance(sign, ast.Sub) != isinstance(node.op, ast.Sub)
        yield from _terms(node.right, ast.Sub() if turned else ast.Add())
    else:
        yield sign, node


def _sum(terms: list[Term]) -> ast.expr:
    (sign, first), *others = terms
    total: ast.expr = ast.UnaryOp(ast.USub(), first) if isinstance(sign, ast.Sub) else first
    for sign, term in others:
        total = ast.BinOp(total, sign, term)
    return total


def of_comparison(node: ast.Compare) -> Iterator[Change]:
    """Another comparison."""
    (operator,) = node.ops
    for other in COMPARISONS:
        if isinstance(operator, COMPARISONS) and not isinstance(operator, other):
            yield ast.Compare(node.left, [other()], node.comparators), ""


def of_call(node: ast.Call) -> Iterator[Change]:
    """Another reduction; a root or a logarithm left out."""
    function = node.func
    if not isinstance(function, ast.Attribute):
        return
    if function.attr in REDUCTIONS:
        for other in REDUCTIONS:
            keywords = [k for k in node.keywords if k.arg != "ddof" or other in ("var", "std")]
            if other != function.attr:
                changed = ast.Attribute(function.value, other, ast.Load())
                yield ast.Call(changed, node.args, keywords), ""
        yield from _of_axes(node, function)
        median = ast.Attribute(ast.Name("np", ast.Load()), "median", ast.Load())
        keywords = [k for k in node.keywords if k.arg in ("axis", "keepdims")]
        yield ast.Call(median, [function.value, *node.args], keywords), ""
        if not any(keyword.arg == "axis" for keyword in node.keywords) and not node.args:
            axis = ast.keyword("axis", ast.Constant(0))
            yield ast.Call(function, node.args, [*node.keywords, axis]), ""
    if function.attr in ("var", "std") and not any(k.arg == "ddof" for k in node.keywords):
        ddof = ast.keyword("ddof", ast.Constant(1))
        yield ast.Call(function, node.args, [*node.keywords, ddof]), ""
    if function.attr in ("sqrt", "exp", "log", "abs"):
        (inside,) = node.args
        name = {"sqrt": "The root"}.get(function.attr, f"`np.{function.attr}`")
        yield inside, f"{name} is missing: `{ast.unparse(inside)}` without it."
        if isinstance(inside, ast.BinOp):
            for pair in (
                (ast.Call(function, [inside.left], []), inside.right),
                (inside.left, ast.Call(function, [inside.right], [])),
            ):
                yield ast.BinOp(pair[0], inside.op, pair[1]), ""


def _of_axes(node: ast.Call, function: ast.Attribute) -> Iterator[Change]:
    """A reduction of images in two steps, or after a reshape that mixes their channels."""
    axes = [k.value for k in node.keywords if k.arg == "axis" and isinstance(k.value, ast.Tuple)]
    if not axes:
        return
    all_axes, array = ast.literal_eval(axes[0]), ast.unparse(function.value)
    if isinstance(function.value, ast.BinOp):
        array = f"({array})"
    is_kept = any(keyword.arg == "keepdims" for keyword in node.keywords)
    others = [k for k in node.keywords if k.arg not in ("axis", "keepdims")]
    options = "".join(f", {ast.unparse(keyword)}" for keyword in others)
    for n in range(1, len(all_axes)):
        for inner in combinations(all_axes, n):
            outer = tuple(axis for axis in all_axes if axis not in inner)
            step = f"{array}.{function.attr}(axis={inner}, keepdims=True{options})"
            steps = f"{step}.mean(axis={outer}, keepdims=True)"
            sentence = (
                f"`{function.attr}` over {inner} first, then the mean over {outer}: all of "
                f"{all_axes} belong in one `{function.attr}`, or what lies between is lost."
            )
            yield parsed(steps if is_kept else f"{steps}.squeeze({all_axes})"), sentence
    if all_axes == (0, 2, 3):
        shape = "[:, None, None]" if is_kept else ""
        for reshaped, axis in (
            (f"{array}.reshape({array}.shape[1], -1)", 1),
            (f"{array}.reshape(-1, {array}.shape[1])", 0),
        ):
            sentence = (
                f"`{reshaped}` mixes the channels: reshaping does not move axes. Transpose first, "
                f"or give all axes at once, {all_axes}."
            )
            yield parsed(f"{reshaped}.{function.attr}(axis={axis}{options}){shape}"), sentence


def parsed(code: str) -> ast.expr:
    """An expression."""
    return ast.parse(code, mode="eval").body


def wrapped(node: ast.expr, first: str, is_averaged: bool) -> Iterator[Change]:
    """A root, a square, a sign or a factor too many."""
    text = ast.unparse(node)
    yield _call("abs", node), f"There is an absolute value too many, of `{text}`."
    yield _call("np.sqrt", _call("abs", node)), f"There is a root too many, of `{text}`."
    square = ast.BinOp(node, ast.Pow(), ast.Constant(2))
    yield square, f"`{text}` comes squared, or twice as a factor."
    yield ast.UnaryOp(ast.USub(), node), f"`{text}` has the wrong sign."
    if isinstance(node, ast.Name) and not is_averaged:
        yield parsed(f"({text} - {text}.mean(axis=0))"), f"`{text}` has its mean subtracted here."
    elif isinstance(node, ast.Call | ast.BinOp):
        rows = f"the number of rows of {first}"
        yield parsed(f"({text}) / len({first})"), f"`{text}` is divided by {rows}."
        yield parsed(f"({text}) * len({first})"), f"`{text}` is multiplied by {rows}."
    yield _call("np.log", node), f"There is a logarithm too many, of `{text}`."
    yield _call("np.exp", node), f"There is an `exp` too many, of `{text}`."
    for factor in (2, 0.5):
        times = "twice too large" if factor == 2 else "half of what it should be"
        yield ast.BinOp(node, ast.Mult(), ast.Constant(factor)), f"`{text}` is {times}."
    if isinstance(node, ast.Name | ast.Call):
        one = ast.Constant(1)
        for other in (
            ast.BinOp(one, ast.Sub(), node),
            ast.BinOp(node, ast.Add(), one),
            ast.BinOp(node, ast.Sub(), one),
            *(ast.Constant(number) for number in HARD_CODED if isinstance(node, ast.Name)),
        ):
            yield other, ""


def _call(name: str, argument: ast.expr) -> ast.Call:
    return ast.Call(parsed(name), [argument], [])
