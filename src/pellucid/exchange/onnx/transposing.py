"""Transposes moved behind what does not ask which axis is which, and left out where they undo each other: so a chain of
convolutions on pictures whose channels are last has one at its beginning and one at its end."""

from __future__ import annotations

from collections.abc import Sequence

from .writer import Node, Writing

BY_NUMBER = {
    "Abs", "Add", "Cast", "Ceil", "Celu", "Clip", "Div", "Elu", "Equal", "Erf", "Exp", "Floor", "Gelu", "Greater",
    "GreaterOrEqual", "HardSigmoid", "HardSwish", "LeakyRelu", "Less", "LessOrEqual", "Log", "Max", "Min", "Mish",
    "Mul", "Neg", "Pow", "Reciprocal", "Relu", "Round", "Selu", "Shrink", "Sigmoid", "Sign", "Softplus", "Softsign",
    "Sqrt", "Sub", "Tanh", "Where",
}  # fmt: skip


def settled(writing: Writing, leaving: Sequence[str]) -> list[str]:
    """Do that to the nodes; returns the names of the values that leave, as they are now."""
    turned: dict[str, tuple[str, list[int]]] = {}  # what a Transpose made: of what, in which order of its axes
    same: dict[str, str] = {}  # values that another is
    nodes, writing.nodes = writing.nodes, []
    for node in nodes:
        node.inputs = [same.get(name, name) for name in node.inputs]
        if node.op == "Transpose":
            _turn(writing, node.inputs[0], node.outputs[0], node.attributes["perm"], turned, same)
            continue
        order = _order(writing, node, turned)
        if order is None:
            writing.nodes.append(node)
            continue
        (made,) = node.outputs
        inner = writing.name(made)
        given = [turned[name][0] if name in turned else name for name in node.inputs]
        options = {**node.attributes, **({"axis": order[node.attributes["axis"]]} if node.op == "Concat" else {})}
        writing.nodes.append(Node(node.op, given, [inner], options))
        _turn(writing, inner, made, order, turned, same)
    return [same.get(name, name) for name in leaving]


def _turn(
    writing: Writing, x: str, made: str, order: Sequence[int], turned: dict[str, tuple[str, list[int]]],
    same: dict[str, str],
) -> None:  # fmt: skip
    """Write one Transpose in the place of two in a row, or none."""
    source, before = turned.get(x, (x, list(range(len(order)))))
    whole = [before[i] for i in order]
    if whole == sorted(whole):
        same[made] = source
        return
    turned[made] = source, whole
    writing.nodes.append(Node("Transpose", [source], [made], {"perm": whole}))


def _order(writing: Writing, node: Node, turned: dict[str, tuple[str, list[int]]]) -> list[int] | None:
    """The order of axes that all arrays have that enter, where the node may stand before it; else None."""
    if node.op not in BY_NUMBER and node.op != "Concat":
        return None
    orders = [turned[name][1] for name in node.inputs if name in turned]
    rest = [name for name in node.inputs if name not in turned]
    if not orders or any(order != orders[0] for order in orders):
        return None
    free = node.op != "Concat" and all(name in writing.arrays and writing.arrays[name].size == 1 for name in rest)
    return orders[0] if not rest or free else None
