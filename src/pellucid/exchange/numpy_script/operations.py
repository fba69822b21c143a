"""How ops read in a script: as NumPy writes them, the gradient as the library's own function says it.

What an op is given beside arrays is settled, and folded away. Where an operand was stretched, and where another kind of
number comes out than goes in, is found by trying the op on zeros.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ... import ops
from ...arrays import Shape, Whole
from ...ops.base import Op
from ...ops.constants import KEYED
from . import fold
from .joining import summed_to
from .source import module_tree
from .specialize import Library, Specializer
from .writer import EMITTERS, At, Back, batch, called

# What is known of an op before data flow ---------------------------------------------------------------------------


class Trial:
    """The op on a batch of two zeros: operands, y as the function gives it and as the step does, and all gradients."""

    def __init__(self, at: At) -> None:
        self.op: Op = at.layer
        operation = self.op.operation
        dtypes = [at.script.dtypes.get(x, self.op.dtype) for x in at.xs]
        xs = [np.ones(_sizes(shape), dtype) for shape, dtype in zip(at.shapes, dtypes, strict=True)]
        self.operands = self.op._woven(xs)
        self.y = self.op._of(self.operands)
        self.options = operation_options(self.op)
        self.raw = operation._computed(self.operands, self.options)
        self.dxs: list[Any] = [None] * len(self.operands)
        if operation.backward is not None and self.y.dtype.kind == "f":
            given = list(self.operands) if operation.operands else [self.operands]
            with np.errstate(all="ignore"):
                found = operation.backward(np.ones_like(self.y), self.y, *given, **self.options)
            self.dxs = list(found) if isinstance(found, tuple | list) else [found]


def _sizes(shape: Shape) -> tuple[int, ...]:
    return tuple(shape) if isinstance(shape, Whole) else (2, *shape)


def operation_options(op: Op) -> dict[str, Any]:
    """All options, those at their defaults among them, and the kind of number that the op computes in."""
    asked, known = op.options.get("dtype"), op.operation.signature.parameters
    defaults = {name: known[name].default for name in op.operation.option_names if name in known}
    return {
        **defaults,
        **op.options,
        **({"dtype": op.dtype} if asked is not None and np.dtype(asked).kind == "f" else {}),
    }


def operands(at: At) -> list[str]:
    """The operands as text: arrays that flow by their names, numbers as they are, other arrays from the file."""
    op, flowing, texts = at.layer, iter(at.xs), []
    for i in range(op.places):
        if i not in op.held:
            texts.append(next(flowing))
        elif isinstance(op.held[i], np.ndarray):
            held = op.held[i]
            value = held.astype(op.dtype) if held.dtype.kind == "f" else held
            texts.append(at.constant(f"operand_{i + 1}", value))
        elif op.operation.name in KEYED:
            texts.append(key_text(op.held[i]))
        else:
            texts.append(ast.unparse(fold.constant(op.held[i])))
    return texts


def key_text(key: Any) -> str:
    """What stands in the brackets of x[...]."""
    if isinstance(key, tuple):
        return ", ".join(map(key_text, key)) + "," * (len(key) == 1 and not isinstance(key[0], slice | int))
    if isinstance(key, slice):
        ends = ["" if end is None else str(end) for end in (key.start, key.stop)]
        return ":".join(ends) + ("" if key.step is None else f":{key.step}")
    return "..." if key is Ellipsis else str(key)


# An op as an expression --------------------------------------------------------------------------------------------


class Writer:
    """One op being written."""

    def __init__(self, at: At) -> None:
        self.at, self.op, self.trial, self.texts = at, at.layer, Trial(at), operands(at)
        self.operation = self.op.operation
        self.names = list(self.operation.signature.parameters)[: self.operation.operands]
        self.out = at.name("h")

    def forward(self) -> str:
        """y."""
        if self.operation.activation is not None:
            return self.at.script.activation(self.operation.activation.bound(**self.op.options), self.texts[0])
        if (simple := _elementary(self)) is not None:
            return simple[0]
        return self.expression(self.operation.forward, dict(zip(self.names, self.texts, strict=True)))

    def slopes(self, dy: str) -> list[str | None]:
        """dL/dx of every operand, before what was stretched is summed."""
        if self.operation.activation is not None:
            return [
                self.at.script.slope(self.operation.activation.bound(**self.op.options), dy, self.texts[0], self.out)
            ]
        if (simple := _elementary(self, dy)) is not None:
            return [simple[1]]
        given = {"dy": dy, "y": self.out, **dict(zip(self.names, self.texts, strict=True))}
        assert self.operation.backward is not None
        text = self.expression(self.operation.backward, given)
        if len(self.trial.dxs) == 1:
            return [text]
        tree = ast.parse(text, mode="eval").body
        if isinstance(tree, ast.Tuple):
            return [None if dx is None else ast.unparse(one) for one, dx in zip(tree.elts, self.trial.dxs, strict=True)]
        found = [None if dx is None else f"d{self.out}_{i}" for i, dx in enumerate(self.trial.dxs, 1)]
        wanted = [i not in self.op.held for i in range(len(found))]
        shown = [name if name and asked else "_" for name, asked in zip(found, wanted, strict=True)]
        self.at.backward(f"{', '.join(shown)} = {text}")
        return list(found)

    def expression(self, function: Callable[..., Any], given: Mapping[str, str]) -> str:
        """A call of a function of the definition, or what it says, where that is one expression."""
        library = self.at.script.library
        dims = {f"{name}.ndim": np.ndim(value) for name, value in zip(self.names, self.trial.operands, strict=True)}
        numbers = {name: value for name, value in self.numbers().items() if name in given}
        dims |= {"y.ndim": self.trial.y.ndim, "dy.ndim": self.trial.y.ndim}
        written = library.write(function, **self.trial.options, **numbers, **dims)
        trees = {name: ast.parse(text, mode="eval").body for name, text in given.items()}
        value = fold.in_place(written.body, trees)
        if value is not None and not _has_lambda(value):
            library.forget(written)
            return ast.unparse(ast.fix_missing_locations(value))
        return called(written, list(inspect.signature(function).parameters), given)

    def numbers(self) -> dict[str, Any]:
        """The operands that are plain numbers, or several of them."""
        return {
            name: self.op.held[i]
            for i, name in enumerate(self.names)
            if i in self.op.held and not isinstance(self.op.held[i], np.ndarray)
        }


def _has_lambda(value: ast.expr) -> bool:
    return any(isinstance(node, ast.Lambda) for node in ast.walk(value))


def _elementary(writer: Writer, dy: str = "dy") -> tuple[str, str] | None:
    """(y, dx) of an op that is made of a function of NumPy's by `simple` or `comparison`; its gradient, where it has
    one, is an expression of x and y."""
    for statement in module_tree(writer.operation.forward).body:
        match statement:
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="simple" | "comparison"), args=args)
            ):
                if name == writer.operation.name:
                    return _of_elementary(writer, args[0], args[1], dy)
    return None


def _of_elementary(writer: Writer, forward: ast.expr, gradient: ast.expr, dy: str) -> tuple[str, str]:
    library: Library = writer.at.script.library
    xs = [ast.parse(text, mode="eval").body for text in writer.texts]
    settled = Specializer(library, writer.operation.forward, None, {"x": xs[0], "y": ast.Name(writer.out, ast.Load())})
    body = forward.body if isinstance(forward, ast.Lambda) else ast.Call(forward, xs, [])
    text = ast.unparse(ast.fix_missing_locations(settled.visit(_copied(body))))
    if not isinstance(gradient, ast.Lambda):
        return text, ""
    slope = settled.visit(ast.BinOp(ast.Name(dy, ast.Load()), ast.Mult(), _copied(gradient.body)))
    return text, ast.unparse(ast.fix_missing_locations(slope))


def _copied(node: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(node), mode="eval").body


# The emitters -------------------------------------------------------------------------------------------------------


def assigned(at: At, writer: Writer, text: str) -> None:
    """Write y = text, in the kind of number that the step gives."""
    raw, y = writer.trial.raw.dtype, writer.trial.y.dtype
    if raw != y:
        text = text if text.isidentifier() or (text.endswith(")") and " " not in text) else f"({text})"
        text += ".astype(DTYPE)" if y.kind == "f" else f".astype({kind(y)})"
    at.script.dtypes[writer.out] = y.name
    at.forward(f"{writer.out} = {text}", batch(at.out_shape))


def kind(dtype: Any) -> str:
    """A kind of number, in a script."""
    return "bool" if dtype.kind == "b" else f"np.{dtype.name}"


def general(at: At) -> tuple[str, Back]:
    """Any op that is not told of below."""
    writer = Writer(at)
    assigned(at, writer, writer.forward())
    return writer.out, sent_back(at, writer, writer.slopes)


def sent_back(at: At, writer: Writer, slopes: Callable[[str], Sequence[str | None]]) -> Back:
    """The way back: of each operand that flows what its slope says, summed over what was stretched."""

    def back(dy: str, wanted: Any) -> Any:
        asked, many = iter(wanted if isinstance(wanted, tuple) else (wanted,)), len(at.xs) != 1
        if all(dx is None for dx in writer.trial.dxs):
            return (None,) * len(at.xs) if many else None
        found, every = [], slopes(dy)
        for i, (text, dx, x) in enumerate(zip(every, writer.trial.dxs, writer.trial.operands, strict=True)):
            if i in at.layer.held:
                continue
            silent = not next(asked) or text is None or x.dtype.kind != "f"
            found.append(None if silent else summed_to(str(text), np.shape(dx), np.shape(x)))
        return tuple(found) if many else found[0]

    return back


for made in ops.operations.parts.values():
    EMITTERS[made] = general
