"""Keras's functions for layers that join: a new layer, called at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .concatenate import Concatenate
from .dot import Dot
from .merging import Add, Average, Maximum, Minimum, Multiply, Subtract


def add(inputs: Sequence[Any], **options: Any) -> Any:
    """`Add(**options)(inputs)`: their sum.

    >>> from pellucid.layers import Input
    >>> add([Input((4,)), Input((4,))]).shape
    (None, 4)
    """
    return Add(**options)(inputs)


def subtract(inputs: Sequence[Any], **options: Any) -> Any:
    """`Subtract(**options)(inputs)`: the first less the second.

    >>> subtract([[[3.0]], [[1.0]]])
    array([[2.]], dtype=float32)
    """
    return Subtract(**options)(inputs)


def multiply(inputs: Sequence[Any], **options: Any) -> Any:
    """`Multiply(**options)(inputs)`: their product.

    >>> multiply([[[3.0]], [[2.0]]])
    array([[6.]], dtype=float32)
    """
    return Multiply(**options)(inputs)


def average(inputs: Sequence[Any], **options: Any) -> Any:
    """`Average(**options)(inputs)`: their mean.

    >>> average([[[3.0]], [[1.0]]])
    array([[2.]], dtype=float32)
    """
    return Average(**options)(inputs)


def maximum(inputs: Sequence[Any], **options: Any) -> Any:
    """`Maximum(**options)(inputs)`: the largest of them.

    >>> maximum([[[3.0]], [[1.0]]])
    array([[3.]], dtype=float32)
    """
    return Maximum(**options)(inputs)


def minimum(inputs: Sequence[Any], **options: Any) -> Any:
    """`Minimum(**options)(inputs)`: the smallest of them.

    >>> minimum([[[3.0]], [[1.0]]])
    array([[1.]], dtype=float32)
    """
    return Minimum(**options)(inputs)


def concatenate(inputs: Sequence[Any], axis: int = -1, **options: Any) -> Any:
    """`Concatenate(axis, **options)(inputs)`: side by side.

    >>> concatenate([[[3.0]], [[1.0, 2.0]]])
    array([[3., 1., 2.]], dtype=float32)
    """
    return Concatenate(axis, **options)(inputs)


def dot(inputs: Sequence[Any], axes: Any, normalize: bool = False, **options: Any) -> Any:
    """`Dot(axes, normalize, **options)(inputs)`: products, summed along an axis of each.

    >>> dot([[[1.0, 2.0]], [[3.0, 4.0]]], axes=1)
    array([[11.]], dtype=float32)
    """
    return Dot(axes, normalize, **options)(inputs)
