"""A list of arrays, as custom training loops have them, packed into one vector."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np

from ..arrays import Array, Flat, Shape
from ..constraints import Constraint
from ..errors import InvalidArgument, ShapeError, Told, WrongType


def packed(
    where: str,
    grads: Sequence[Array | None],
    variables: Sequence[Array],
    known: Mapping[str, Shape] | None,
    accumulating: bool = False,
) -> tuple[Flat, Flat, list[str], list[str]]:
    """(copies of the arrays, their gradients, each array's name, the names of those that have a gradient).

    A variable goes by its path where that is known, or tells it apart; else arrays go by the names of a known layout
    of their shapes, or by their positions. A known layout stays whole: what was not given is 0, and has no gradient.
    A variable with `overwrite_with_gradient` has its gradient as its value already, and none to step along.

    >>> theta, grad, names, trained = packed("here", [np.ones(2), np.ones(1)], [np.zeros(2), np.zeros(1)], None)
    >>> theta.shapes, grad.data, names, trained
    ({'0': (2,), '1': (1,)}, array([1., 1., 1.]), ['0', '1'], ['0', '1'])
    """
    _check(where, grads, variables)
    layout, names = _layout(variables, known)
    theta = Flat(layout, np.result_type(*variables))
    grad, trained = theta.like(), []
    for name, w, g in zip(names, variables, grads, strict=True):
        if g is not None and getattr(w, "overwrite_with_gradient", False):
            if accumulating:
                raise InvalidArgument(
                    f"{where}, array {name}", "gradient_accumulation_steps=None, as it has overwrite_with_gradient",
                    Told("gradients that are accumulated"),
                )  # fmt: skip
            theta[name] = g
            continue
        theta[name] = w
        if g is not None:
            grad[name] = g
            trained.append(name)
    return theta, grad, names, trained


def laid_out(where: str, variables: Sequence[Array]) -> Flat:
    """Copies of the arrays as one vector, each under its path where that tells it apart, else by its position."""
    given = list(variables)
    _check(where, given, given)
    layout, names = _layout(given, None)
    theta = Flat(layout, np.result_type(*given))
    for name, w in zip(names, given, strict=True):
        theta[name] = w
    return theta


def constraints_of(given: Mapping[str, Array]) -> dict[str, Constraint]:
    """The constraints of those arrays that are variables and have one."""
    rules = {name: getattr(v, "constraint", None) for name, v in given.items()}
    return {name: rule for name, rule in rules.items() if rule is not None}


def _check(where: str, grads: Sequence[Array | None], variables: Sequence[Array]) -> None:
    """Refuse what does not fit together; warn of arrays that have no gradient, as Keras does."""
    if not variables or len(grads) != len(variables):
        raise InvalidArgument(
            where, "as many gradients as arrays, at least one", Told(f"{len(grads)}, {len(variables)}")
        )
    for i, (w, g) in enumerate(zip(variables, grads, strict=True)):
        if not isinstance(w, np.ndarray) or not np.issubdtype(w.dtype, np.floating):
            raise WrongType(f"{where}, array {i}", "a NumPy array of floating numbers", w)
        if g is not None and np.shape(g) != w.shape:
            raise ShapeError(f"{where}, gradient {i}", f"shape {w.shape}", np.shape(g))
    lacking = [getattr(w, "path", "") or f"array {i}" for i, w in enumerate(variables) if grads[i] is None]
    if len(lacking) == len(variables):
        raise InvalidArgument(where, "a gradient for at least one array", Told("none"))
    if lacking:
        warnings.warn(f"{where}: no gradient for {', '.join(lacking)}, which stay as they are.", stacklevel=4)


def _layout(variables: Sequence[Array], known: Mapping[str, Shape] | None) -> tuple[dict[str, Shape], list[str]]:
    """The vector's layout, and each array's name in it."""
    shapes = [w.shape for w in variables]
    paths = [getattr(w, "path", "") for w in variables]
    apart = all(paths) and len(set(paths)) == len(paths)
    if known and apart and all(known.get(path) == shape for path, shape in zip(paths, shapes, strict=True)):
        return dict(known), paths
    if known and list(known.values()) == shapes:
        return dict(known), list(known)
    names = paths if apart else [str(i) for i in range(len(shapes))]
    return dict(zip(names, shapes, strict=True)), names
