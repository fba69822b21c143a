"""What is settled about an expression: its constants, its truth, and plainer forms of the same value."""

from __future__ import annotations

import ast
import copy
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...errors import InvalidArgument

COMPARED: dict[type[ast.cmpop], Any] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip
TYPES = {"tuple": tuple, "int": int, "list": list}


def constant(value: Any) -> ast.expr:
    """A number, None, text, or several of them, as an expression."""
    if value is None or isinstance(value, bool | str):
        return ast.Constant(value)
    if isinstance(value, int | float):
        number = ast.Constant(abs(value))
        return ast.UnaryOp(ast.USub(), number) if value < 0 else number
    if isinstance(value, list | tuple):
        many = [constant(v) for v in value]
        return ast.Tuple(many, ast.Load()) if isinstance(value, tuple) else ast.List(many, ast.Load())
    raise InvalidArgument("to_numpy", "a number, None, text, or a list of them", value)


def is_constant(node: ast.expr) -> bool:
    """Whether it is what `constant` makes."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return isinstance(node.operand, ast.Constant)
    return isinstance(node, ast.Constant) or (
        isinstance(node, ast.Tuple | ast.List) and all(is_constant(n) for n in node.elts)
    )


def truth(node: ast.expr) -> bool | None:
    """Whether it is true, if that is settled."""
    if is_constant(node):
        return bool(ast.literal_eval(node))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = truth(node.operand)
        return None if inner is None else not inner
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        left, right = node.left, node.comparators[0]
        if isinstance(left, ast.Name) and is_constant(right):
            return _of_a_name(left.id, node.ops[0], ast.literal_eval(right))
        if is_constant(left) and is_constant(right):
            return bool(COMPARED[type(node.ops[0])](ast.literal_eval(left), ast.literal_eval(right)))
    return None


def _of_a_name(name: str, op: ast.cmpop, value: Any) -> bool | None:
    """What the definition's names are, whatever the data: an array is not None, a step is never below 0."""
    if value is None and isinstance(op, ast.Eq | ast.Is | ast.NotEq | ast.IsNot):
        return isinstance(op, ast.NotEq | ast.IsNot)
    return False if name == "step" and isinstance(op, ast.Lt) and value == 0 else None


def simpler(node: Any) -> Any:
    """A plainer expression of the same value: decided comparisons, 1 · x, x + 0, an attribute or entry of a tuple."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and is_constant(node.operand):
        return constant(-ast.literal_eval(node.operand))
    if isinstance(node, ast.Compare | ast.UnaryOp) and not is_constant(node):
        decided = truth(node)
        return node if decided is None else ast.Constant(decided)
    if isinstance(node, ast.BinOp):
        return _sum_or_product(node)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Tuple) and is_constant(node.slice):
        return node.value.elts[ast.literal_eval(node.slice)]
    if isinstance(node, ast.BoolOp):
        return _bool(node)
    return node


def _sum_or_product(node: ast.BinOp) -> ast.expr:
    left, right = node.left, node.right
    if isinstance(node.op, ast.Mult):
        if _is(left, 0) or _is(right, 0):
            return ast.Constant(0.0)
        match right:
            case ast.Call(func=ast.Attribute(value=ast.Compare() as condition, attr="astype")):
                return ast.BinOp(left, node.op, condition)  # a condition counts as 1 or 0 by itself
        if isinstance(right, ast.UnaryOp) and isinstance(right.op, ast.USub) and _is(right.operand, 1):
            return ast.UnaryOp(ast.USub(), left)
        return right if _is(left, 1) else left if _is(right, 1) else node
    if isinstance(node.op, ast.Add) and _is(left, 0):
        return right
    if isinstance(node.op, ast.Add | ast.Sub) and _is(right, 0):
        return left
    if isinstance(node.op, ast.BitAnd) and isinstance(right, ast.Constant) and right.value is True:
        return left
    return left if isinstance(node.op, ast.Div) and _is(right, 1) else node


def _bool(node: ast.BoolOp) -> ast.expr:
    """`a or b` with those parts left out that are settled and do not decide."""
    stops = isinstance(node.op, ast.Or)
    left: list[ast.expr] = []
    for value in node.values:
        decided = truth(value)
        if decided == stops:
            return value if not left else ast.BoolOp(node.op, [*left, value])
        if decided is None:
            left.append(value)
    return ast.Constant(not stops) if not left else left[0] if len(left) == 1 else ast.BoolOp(node.op, left)


def _is(node: ast.expr, number: float) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value == number


def call(node: ast.Call) -> ast.expr:
    """A call of Python's or NumPy's, plainer: isinstance decided, axis=(0,) as axis=0, a tuple of axes counted out."""
    if isinstance(node.func, ast.Name) and node.func.id == "isinstance" and is_constant(node.args[0]):
        kind = node.args[1]
        if isinstance(kind, ast.Name) and kind.id in TYPES:
            return ast.Constant(isinstance(ast.literal_eval(node.args[0]), TYPES[kind.id]))
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in PLAINER and (plainer := PLAINER[name](node)) is not None:
        return plainer
    if (signed := as_sign(node)) is not None:
        return signed
    for keyword in node.keywords:
        if keyword.arg == "axis" and isinstance(keyword.value, ast.Tuple) and len(keyword.value.elts) == 1:
            keyword.value = keyword.value.elts[0]
    node.keywords = [k for k in node.keywords if not (k.arg == "keepdims" and _is_false(k.value))]
    return node


def _where(node: ast.Call) -> ast.expr | None:
    """np.where with a settled condition, as max(x, 0), or as a bare condition that counts as 1 or 0."""
    test, yes, no = node.args
    if isinstance(test, ast.Constant):
        return yes if test.value else no
    compared = test if isinstance(test, ast.Compare) else None
    below = compared is not None and isinstance(compared.ops[0], ast.LtE) and _is(compared.comparators[0], 0)
    if compared is not None and below and _is(yes, 0) and ast.dump(no) == ast.dump(compared.left):
        assert isinstance(node.func, ast.Attribute)
        return ast.Call(ast.Attribute(node.func.value, "maximum", ast.Load()), [no, ast.Constant(0)], [])
    return test if _is(yes, 1) and _is(no, 0) else None


def _moveaxis(node: ast.Call) -> ast.expr | None:
    return node.args[0] if ast.dump(node.args[1]) == ast.dump(node.args[2]) else None


def _expand_dims(node: ast.Call) -> ast.expr | None:
    return node.args[0] if isinstance(node.args[0], ast.Constant) else None


def _tuple(node: ast.Call) -> ast.expr | None:
    """tuple(i for i in range(n) if i not in axes), counted out."""
    match node.args:
        case [ast.GeneratorExp(
            elt=ast.Name(), generators=[ast.comprehension(
                iter=ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int(n))]),
                ifs=[ast.Compare(ops=[ast.NotIn()], comparators=[axes])],
            )],
        )] if is_constant(axes):  # fmt: skip
            return constant(tuple(i for i in range(n) if i not in ast.literal_eval(axes)))
    return None


def in_place(body: Sequence[ast.stmt], given: Mapping[str, ast.expr]) -> ast.expr | None:
    """What a function of one expression says of these arguments; None where it says more, or an argument twice over."""
    if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
        return None
    value = copy.deepcopy(body[0].value)
    read = [n.id for n in ast.walk(value) if isinstance(n, ast.Name)]
    if any(read.count(name) > 1 and not isinstance(v, ast.Name | ast.Subscript) for name, v in given.items()):
        return None
    return simpler(Substitute(given).visit(value))  # type: ignore[no-any-return]


def says_nothing(body: Sequence[ast.stmt]) -> bool:
    """Whether a function returns one of its arguments, or a number, and that is all."""
    value = body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None
    return value is not None and (isinstance(value, ast.Name) or is_constant(value))


PLAINER = {"tuple": _tuple, "where": _where, "moveaxis": _moveaxis, "expand_dims": _expand_dims}
SIGNS: dict[str, ast.operator | ast.unaryop | ast.cmpop] = {
    "add": ast.Add(), "subtract": ast.Sub(), "multiply": ast.Mult(), "divide": ast.Div(), "matmul": ast.MatMult(),
    "negative": ast.USub(), "equal": ast.Eq(), "not_equal": ast.NotEq(), "less": ast.Lt(), "less_equal": ast.LtE(),
    "greater": ast.Gt(), "greater_equal": ast.GtE(),
}  # fmt: skip


def as_sign(node: ast.Call) -> ast.expr | None:
    """np.add(a, b) as a + b: a function of NumPy's that has a sign."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr=name), args=args, keywords=[]) if name in SIGNS:
            sign = SIGNS[name]
            if isinstance(sign, ast.unaryop):
                return ast.UnaryOp(sign, args[0])
            if isinstance(sign, ast.cmpop):
                return ast.Compare(args[0], [sign], [args[1]])
            return ast.BinOp(args[0], sign, args[1])
    return None


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def as_axes(axis: ast.expr) -> ast.expr:
    """One axis or several, as a tuple."""
    if isinstance(axis, ast.List):
        return ast.Tuple(axis.elts, ast.Load())
    return axis if isinstance(axis, ast.Tuple) else ast.Tuple([axis], ast.Load())


class Substitute(ast.NodeTransformer):
    """Names replaced by expressions."""

    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.values.get(node.id, node)


def names_of(target: ast.expr) -> set[str]:
    """The names that an assignment to this changes."""
    return {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}


def assigned(statements: Iterable[ast.stmt]) -> set[str]:
    """The names that these statements change."""
    stores = (n for s in statements for n in ast.walk(s) if isinstance(n, ast.Name))
    return {n.id for n in stores if isinstance(n.ctx, ast.Store)}


def returned_at_once(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """`y = f(x); return y` as `return f(x)`."""
    if len(body) >= 2:
        last, before = body[-1], body[-2]
        if isinstance(last, ast.Return) and isinstance(before, ast.Assign) and isinstance(last.value, ast.Name):
            target = before.targets[0]
            if isinstance(target, ast.Name) and target.id == last.value.id:
                return [*body[:-2], ast.copy_location(ast.Return(before.value), before)]
    return list(body)
