"""The formulas of the gradients of ops, which `explain` shows: every op that has a gradient has one, and those that are
all signs and no words are computed here, and say what the gradient says."""

from __future__ import annotations

import re

import numpy as np
import pytest

from laws.test_ops import called, in_dtype
from ops.rows import ROWS, Row, X
from pellucid import layers as L
from pellucid import ops
from pellucid.models import Model
from pellucid.ops import Operation, operations
from pellucid.ops.formulas import PIECES

READ = [  # what formulas write, and how Python writes it
    ("−", "-"), ("·", "*"), ("²", "**2"), (r"\^", "**"), (r"√\(", "np.sqrt("), ("√π", "np.sqrt(np.pi)"),
    (r"(\d) < x < (\d)", r"(x > \1) & (x < \2)"), (r"⌊(.*)⌋", r"np.floor(\1)"), (r"\|(\w+)\|", r"np.abs(\1)"),
    (r"\bln (\w+)", r"np.log(\1)"), (r"\b(sin|cos|sinh|cosh|tanh|sign)(\*\*2)? x", r"np.\1(x)\2"),
    (r"\be\*\*\(", "np.exp("),
]  # fmt: skip
KNOWN = {"np", "dy", "y", "x", "x1", "x2", "sigmoid", "sparse_sigmoid"}


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def read(formula: str) -> tuple[str, str] | None:
    """(the gradient's name, what it is in Python), where the formula is all signs and no words."""
    name, _, right = formula.partition(" = ")
    right, _, condition = right.partition(" where ")
    for sign, python in READ:
        right, condition = re.sub(sign, python, right), re.sub(sign, python, condition)
    text = f"np.where({condition}, {right}, 0)" if condition else right
    words = set(re.findall(r"(?<![\w.])[a-zA-Z_]\w*", text)) - KNOWN
    return None if words or not text.isascii() else (name, text)


def readable(operation: Operation) -> list[tuple[str, str]]:
    return [found for one in PIECES.split(operation.formula_back) if (found := read(one)) is not None]


def is_readable(row: Row) -> bool:
    operation = getattr(ops, row.name)
    return isinstance(operation, Operation) and row.slopes and not row.options and bool(readable(operation))


OTHER_SHAPES = {"outer", "transpose"}  # their signs are those of matrices
ALL_SIGNS = [row for row in ROWS if row.name not in OTHER_SHAPES and is_readable(row)]


@pytest.mark.parametrize("row", ALL_SIGNS, ids=[row.name for row in ALL_SIGNS])
def test_a_formula_says_what_the_gradient_computes(row: Row) -> None:
    operation, operands, y = getattr(ops, row.name), in_dtype(list(row.args), "float64"), called(row)
    dy = X(*np.shape(y), seed=5)
    found = operation.backward(dy, y, *operands)
    names = list(operation.signature.parameters)[: operation.operands]
    gradients = dict(zip(names, found if isinstance(found, tuple) else (found,), strict=True))
    known = {"np": np, "sigmoid": sigmoid, "sparse_sigmoid": lambda x: np.clip((x + 1) / 2, 0, 1), "y": y, "dy": dy}
    for name, text in readable(operation):
        with np.errstate(all="ignore"):
            wanted = eval(text, {**known, **dict(zip(names, operands, strict=False))})
        np.testing.assert_allclose(gradients[name[1:]], wanted, rtol=1e-9, atol=1e-12, err_msg=text)


def test_every_gradient_has_a_formula() -> None:
    for made in operations.parts.values():
        operation = made.operation
        heads = {one.partition(" = ")[0] for one in PIECES.split(operation.formula_back)}
        data = list(operation.signature.parameters)[: operation.operands] or ["xᵢ"]
        assert heads <= {f"d{one}" for one in data} if operation.backward else heads == {""}, operation.name
    assert len({row.name for row in ALL_SIGNS}) > 40


def test_a_formula_has_the_letters_and_numbers_of_its_step() -> None:
    x, z = L.Input((3,), name="x"), L.Input((3,), name="z")
    c = np.ones((3, 3), "float32")
    for tensor, formula in (
        (x * z, "dx1 = dy·x2, dx2 = dy·x1"), (x * -2.0, "dx = dy·(-2.0)"), (1.0 - x, "dx = −dy"),
        (ops.matmul(x, c), "dx = dy·(an array (3, 3))ᵀ"), (ops.square(x), "dx = dy·2·x"),
        (ops.where(x > 0.0, z, 0.0), "dx2 = dy where x1"), (x > z, "no gradient flows"),
        (ops.concatenate([x, z], 1), "dxᵢ = the part of dy that xᵢ became"),
        (ops.einsum("bi,ij->bj", x, c), "dx = the sums of dy times all other x"),
    ):  # fmt: skip
        assert tensor.node.layer.formula_back == formula


def test_explain_shows_them_and_says_what_was_stretched() -> None:
    x = L.Input((3,))
    h = L.Dense(3, name="hidden")(x)
    model = Model(x, L.Dense(1)(ops.sin(h) * ops.sum(h, 1, keepdims=True)), seed=0)
    model.compile("sgd", "mse")
    text = str(model.explain(np.ones((2, 3)), np.ones((2, 1))))
    assert "sin (Sin)   dx = dy·cos x" in text
    assert "multiply (Multiply)   dx1 = dy·x2, dx2 = dy·x1" in text
    assert "dx2 is the sum over the axes along which its x was stretched" in text
    assert "dx1 is the sum" not in text
