"""The form in which tensors are given: one, or lists, tuples and dicts of them, within each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..wiring import Tensor

Form = Any  # the same lists, tuples and dicts, with a Place where a tensor was


class Place:
    """Where a tensor was, and as which of all."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Place) and other.number == self.number

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"#{self.number}"


def is_data(given: Any) -> bool:
    """Whether it is a tensor or an array."""
    return isinstance(given, Tensor) or (hasattr(given, "shape") and hasattr(given, "dtype"))


def taken_apart(given: Any, is_leaf: Callable[[Any], bool] = is_data) -> tuple[Form, list[Any]]:
    """(the form, what was in it): whatever is neither data nor made of it stays in the form.

    >>> taken_apart({"a": [1, 2.0], "b": 3}, lambda one: isinstance(one, int))
    ({'a': [#0, 2.0], 'b': #1}, [1, 3])
    """
    found: list[Any] = []

    def form(one: Any) -> Any:
        if is_leaf(one):
            found.append(one)
            return Place(len(found) - 1)
        if isinstance(one, Mapping):
            return {key: form(value) for key, value in one.items()}
        if isinstance(one, list | tuple):
            return type(one)([form(value) for value in one]) if type(one) in (list, tuple) else list(map(form, one))
        return one

    return form(given), found


def in_order_of(form: Form, given: Any) -> Any:
    """What is given, with the keys of its dicts in the order that a form has them in.

    >>> in_order_of({"a": Place(0), "b": Place(1)}, {"b": 2, "a": 1})
    {'a': 1, 'b': 2}
    """
    if isinstance(form, dict) and isinstance(given, Mapping) and form.keys() == given.keys():
        return {key: in_order_of(inner, given[key]) for key, inner in form.items()}
    if isinstance(form, list | tuple) and isinstance(given, list | tuple) and len(form) == len(given):
        return type(given)(in_order_of(inner, one) for inner, one in zip(form, given, strict=True))
    return given


def put_together(form: Form, data: Any) -> Any:
    """These data in a form.

    >>> put_together({"a": [Place(0)], "b": Place(1)}, "xy")
    {'a': ['x'], 'b': 'y'}
    """
    if isinstance(form, Place):
        return data[form.number]
    if isinstance(form, dict):
        return {key: put_together(value, data) for key, value in form.items()}
    if isinstance(form, list | tuple):
        return type(form)([put_together(value, data) for value in form])
    return form
