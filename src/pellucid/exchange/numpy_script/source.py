"""The definition's source, as trees."""

from __future__ import annotations

import ast
import copy
import inspect
import re
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from ...errors import InvalidArgument, Told


def definition(function: Callable[..., Any]) -> ast.FunctionDef:
    """The function's source as a tree."""
    for node in ast.walk(module_tree(function)):
        if isinstance(node, ast.FunctionDef) and node.name == function.__name__:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if first == function.__code__.co_firstlineno:
                return copy.deepcopy(node)
    raise InvalidArgument("to_numpy", f"the source of {function.__qualname__}", Told("another"))


@cache
def module_source(module: str) -> ast.Module:
    """A module's source as a tree, to be looked at only."""
    return ast.parse(inspect.getsource(sys.modules[module]))


def module_tree(function: Callable[..., Any]) -> ast.Module:
    """The source of the module that a function is from."""
    try:
        return module_source(function.__module__)
    except (OSError, TypeError) as problem:
        raise InvalidArgument(
            "to_numpy", f"Pellucid's own source of {function.__module__}, out of which the script is made",
            Told("an installation without it"), "Install Pellucid from a wheel or a checkout.",
        ) from problem  # fmt: skip


def shown(function: Callable[..., Any]) -> str:
    """A function's name in the script: without an underscore in front, but not a name that is a variable beside it."""
    name = function.__name__.strip("_")
    variables = {n.id for n in ast.walk(module_tree(function)) if isinstance(n, ast.Name) and n.id == name}
    return f"{name}_of" if name != function.__name__ and variables else name


def bits_shown(text: str) -> str:
    """Whole numbers of eight digits and more as one writes them that are patterns of bits: 0xFFFFFFFF."""
    return re.sub(r"(?<![\d.])\d{8,}\b(?!\.)", _hex, text)


def _hex(number: re.Match[str]) -> str:
    return f"0x{int(number[0]):X}"


def targets(statement: ast.Assign) -> list[ast.expr]:
    return [t for target in statement.targets for t in (target.elts if isinstance(target, ast.Tuple) else [target])]


def overwrites(function: Callable[..., Any]) -> bool:
    """Whether a function assigns to parts of what it is given."""
    plain = inspect.unwrap(getattr(function, "__func__", function))
    assigned = (t for node in ast.walk(definition(plain)) if isinstance(node, ast.Assign) for t in node.targets)
    mine = inspect.signature(plain).parameters
    return any(isinstance(t, ast.Subscript) and isinstance(t.value, ast.Name) and t.value.id in mine for t in assigned)
