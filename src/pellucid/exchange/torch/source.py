"""What was written, as Python source: a file that needs PyTorch and the package safetensors, and nothing of ours."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...__about__ import version
from ...arrays import Array
from .writer import Attribute, Call, Named, Value, Writing

INFIX = {
    "add": "+", "eq": "==", "floordiv": "//", "ge": ">=", "gt": ">", "le": "<=", "lt": "<", "matmul": "@", "mod": "%",
    "mul": "*", "ne": "!=", "pow": "**", "sub": "-", "truediv": "/",
}  # fmt: skip


def source_of(writing: Writing, weights: str) -> str:
    """The whole file; `weights` is the name of the file of its weights, which lies beside it."""
    heading = [
        f'"""A network that Pellucid {version} has written for PyTorch. `load()` gives it with its weights, ready to',
        f'predict; they lie in {weights}. It can be trained on: `load().train()`."""',
        "",
        "from __future__ import annotations",
        "",
        "from pathlib import Path",
        "",
        "import torch",
        "from safetensors.torch import load_file",
        "from torch import Tensor, nn",
    ]
    blocks = [
        *heading,
        *_parts(writing),
        *(_chain(writing) if writing.is_chain else _module(writing)),
        *_load(writing, weights),
    ]
    return "\n".join(blocks) + "\n"


def _parts(writing: Writing) -> Iterator[str]:
    """The source of the modules that PyTorch lacks, of those that are used."""
    used = {kind for piece in writing.pieces.values() for kind in _kinds(piece)}
    for file in ("parts.py", "recurrent_parts.py"):
        text = Path(__file__).with_name(file).read_text("utf-8")
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef) and node.name in used:
                yield from ("", "", ast.get_source_segment(text, node) or "")


def _kinds(piece: Call) -> Iterator[str]:
    yield piece.kind
    for arg in piece.args:
        if isinstance(arg, Call):
            yield from _kinds(arg)


def _chain(writing: Writing) -> Iterator[str]:
    yield from (
        "",
        "",
        "def build() -> nn.Module:",
        '    """The network, with fresh weights."""',
        "    model = nn.Sequential()",
    )
    for statement in writing.statements.values():
        name = str(statement.module)
        yield f"    model.add_module({json.dumps(name)}, {called(writing.pieces[name])})"
    yield from _built(writing)


def _module(writing: Writing) -> Iterator[str]:
    yield from ("", "", "class Network(nn.Module):", "    def __init__(self) -> None:", "        super().__init__()")
    homes: set[str] = set()
    for name, piece in writing.pieces.items():
        yield from _placed(name, called(piece), homes)
    for name, (shape, trained) in writing.parameters.items():
        zeros = f"torch.zeros({list(shape)})"
        yield from _placed(name, f"nn.Parameter({zeros})" if trained else f"nn.Buffer({zeros})", homes)
    for name, array in writing.constants.items():
        yield f'        self.register_buffer("{name}", {_array(array)}, persistent=False)'
    given = ", ".join(f"{name}: Tensor" for name in writing.inputs)
    result = "Tensor" if isinstance(writing.output, Value) else type(writing.output).__name__
    yield from ("", f"    def forward(self, {given}) -> {result}:")
    for name, statement in writing.statements.items():
        yield f"        {name} = {text(statement)}"
    yield f"        return {text(writing.output)}"
    yield from (
        "",
        "",
        "def build() -> nn.Module:",
        '    """The network, with fresh weights."""',
        "    model = Network()",
    )
    yield from _built(writing)


def _placed(name: str, made: str, homes: set[str]) -> Iterator[str]:
    """A module or parameter at its place, and the modules that it lies in."""
    *outer, own = name.split(".")
    for n in range(1, len(outer) + 1):
        home = ".".join(outer[:n])
        if home not in homes:
            homes.add(home)
            yield (
                f"        {path(home)} = nn.Module()"
                if home.rpartition(".")[2].isidentifier()
                else _added(home, "nn.Module()")
            )
    yield f"        {path(name)} = {made}" if own.isidentifier() else _added(name, made)


def _added(name: str, made: str) -> str:
    home, _, own = name.rpartition(".")
    return f"        {path(home)}.add_module({json.dumps(own)}, {made})"


def _built(writing: Writing) -> Iterator[str]:
    if writing.dtype != "float32":
        yield f"    model.to(torch.{writing.dtype})"
    if writing.frozen:
        yield f"    for name in {writing.frozen!r}:"
        yield "        model.get_parameter(name).requires_grad_(False)"
    yield "    return model"


def _load(writing: Writing, weights: str) -> Iterator[str]:
    yield from ("", "", f'def load(path: str | Path = Path(__file__).with_name("{weights}")) -> nn.Module:')
    yield from ('    """The network, with its weights, ready to predict."""', "    model = build()")
    yield from ("    model.load_state_dict(load_file(path))", "    return model.eval()")


# Expressions -----------------------------------------------------------------------------------------------------


def called(piece: Call) -> str:
    """nn.Linear(4, 3)."""
    return f"{piece.kind}({_listed(piece.args, piece.options)})"


def _listed(args: Any, options: dict[str, Any]) -> str:
    return ", ".join([*map(text, args), *(f"{name}={text(value)}" for name, value in options.items())])


def path(name: str) -> str:
    """self.inner.dense; where a name is none of Python's, getattr(self.inner, "0")."""
    expression = "self"
    for part in filter(None, name.split(".")):
        expression = f"{expression}.{part}" if part.isidentifier() else f"getattr({expression}, {json.dumps(part)})"
    return expression


def text(value: Any) -> str:
    """A value, or what a statement computes, as source."""
    if isinstance(value, Value | Named):
        return value.name
    if isinstance(value, Attribute):
        return path(value.path)
    if isinstance(value, Call):
        return _statement(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {text(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(text, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(text, value))}{',' * (len(value) == 1)})"
    if isinstance(value, float) and not math.isfinite(value):
        return "torch.nan" if math.isnan(value) else "torch.inf" if value > 0 else "-torch.inf"
    return "..." if value is Ellipsis else repr(value)


def _statement(call: Call) -> str:
    if call.kind.startswith("nn.") or "." not in call.kind:
        return called(call)
    home, _, name = call.kind.partition(".")
    if call.module:
        return f"{path(call.module)}({_listed(call.args, call.options)})"
    if not home:
        x, *rest = call.args
        return f"{text(x)}.{name}({_listed(rest, call.options)})"
    if home != "operator":
        return f"{call.kind}({_listed(call.args, call.options)})"
    if name == "getitem":
        x, key = call.args
        return f"{text(x)}[{_key(key)}]"
    a, b = (text(arg) for arg in call.args)
    a = f"({a})" if a.startswith("-") else a
    return f"{a} {INFIX[name]} {b}"


def _key(key: Any) -> str:
    if not isinstance(key, tuple):
        return text(key)
    parts = []
    for one in key:
        if isinstance(one, slice):
            ends = ["" if end is None else str(end) for end in (one.start, one.stop)]
            parts.append(":".join(ends) + (f":{one.step}" if one.step not in (None, 1) else ""))
        else:
            parts.append(text(one))
    return ", ".join(parts) + "," * (len(parts) == 1 and not isinstance(key[0], slice))


def _array(array: Array) -> str:
    """An array whose numbers are read back as they are."""
    return f"torch.tensor({_numbers(array)}, dtype=torch.{array.dtype.name})"


def _numbers(array: Array) -> str:
    """Decimals as few as tell the number apart from others of its kind."""
    if array.ndim:
        return f"[{', '.join(map(_numbers, array))}]"
    number = array.item()
    return str(array) if isinstance(number, float) and math.isfinite(number) else text(number)
