"""A list of arrays, as custom training loops have them, packed into one vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..arrays import Array, Flat, Shape
from ..errors import InvalidArgument, ShapeError, Told, WrongType


def packed(
    where: str, grads: Sequence[Array | None], variables: Sequence[Array], known: Mapping[str, Shape] | None
) -> tuple[Flat, Flat, list[str]]:
    """(copies of the arrays, their gradients, the names of those that have one).

    The names are those of the known layout if the shapes are its own, else the positions.

    >>> theta, grad, names = packed("here", [None, np.ones(1)], [np.zeros(2), np.zeros(1)], None)
    >>> theta.shapes, grad.data, names
    ({'0': (2,), '1': (1,)}, array([0., 0., 1.]), ['1'])
    """
    if not variables or len(grads) != len(variables):
        raise InvalidArgument(
            where, "as many gradients as arrays, at least one", Told(f"{len(grads)}, {len(variables)}")
        )
    for i, (w, g) in enumerate(zip(variables, grads, strict=True)):
        if not isinstance(w, np.ndarray) or not np.issubdtype(w.dtype, np.floating):
            raise WrongType(f"{where}, array {i}", "a NumPy array of floating numbers", w)
        if g is not None and np.shape(g) != w.shape:
            raise ShapeError(f"{where}, gradient {i}", f"shape {w.shape}", np.shape(g))
    shapes = [w.shape for w in variables]
    names = list(known) if known and list(known.values()) == shapes else [str(i) for i in range(len(shapes))]
    theta = Flat(dict(zip(names, shapes, strict=True)), np.result_type(*variables))
    grad = theta.like()
    given = {name: g for name, g in zip(names, grads, strict=True) if g is not None}
    for name, w in zip(names, variables, strict=True):
        theta[name] = w
    for name, g in given.items():
        grad[name] = g
    return theta, grad, list(given)
