"""What of a part's arguments is offered: what its constructor does not refuse. It is asked, by making the part."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from ..errors import PellucidError, UnknownName
from ..registry import Part

Told = dict[str, Any]
NO_WORD = "?"
SOME: dict[str, Any] = {"int": 2, "float": 0.5, "shape": [2], "list": [2], "bool": True, "str": ""}
SECRET = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_refuses: dict[tuple[Any, str], bool] = {}  # by where a switch is declared: many layers have it from one class


def narrowed(cls: type[Part], told: Sequence[Told]) -> list[Told]:
    """Its arguments, as the page is told of them: of words those that it takes, and without an argument that has one
    value only. Where the part cannot be made for a trial, they stay as they are.

    >>> from pellucid.layers import MaxPooling1D
    >>> padding = {"name": "padding", "kind": "str", "choices": None, "required": False, "default": "valid"}
    >>> narrowed(MaxPooling1D, [padding])[0]["choices"]
    ['same', 'valid']
    """
    needed = {one["name"]: (one["choices"] or [SOME.get(one["kind"])])[0] for one in told if one["required"]}
    found = []
    for one in told:
        if one["kind"] == "bool" and not one["required"] and _one_way(cls, needed, one):
            continue
        choices = one["choices"]
        if one["kind"] == "str" and choices is None:
            refusal = _refused(cls, needed, one["name"], NO_WORD)
            choices = refusal.known if isinstance(refusal, UnknownName) else None
        if choices is None or len(choices) > 1:
            found.append({**one, "choices": choices})
    return found


def parameter_of(cls: type[Part], name: str) -> tuple[Any, inspect.Parameter | None]:
    """(the class that declares it, what its constructor says of it); None of what catches all others."""
    for one in cls.__mro__:
        if (found := _own(one).get(name)) is not None:
            return one, found if found.kind not in SECRET else None
    return cls, None


@cache
def _own(cls: Any) -> Mapping[str, inspect.Parameter]:
    """What the constructor takes that stands in this class itself."""
    return inspect.signature(cls.__dict__["__init__"]).parameters if "__init__" in vars(cls) else {}


def _one_way(cls: type[Part], needed: Mapping[str, Any], told: Told) -> bool:
    """Whether a switch can stand in its usual place alone."""
    key = parameter_of(cls, told["name"])[0], told["name"]
    if key not in _refuses:
        _refuses[key] = bool(_refused(cls, needed, told["name"], not told["default"]))
    return _refuses[key]


def _refused(cls: type[Part], needed: Mapping[str, Any], name: str, value: Any) -> PellucidError | bool:
    """How the constructor refuses this value of this argument; False where it does not. A layer that gives several
    outputs cannot stand in a row of blocks."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is old is told to whoever uses it
            made = cls(**{**needed, name: value})
    except PellucidError as problem:
        return problem.where.endswith(f"argument {name}") and problem
    except TypeError:
        return False
    return bool(getattr(made, "gives_many", False))
