"""OptimizerVariable: one array of an optimizer's state, under Keras's names for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from ..arrays import Array, Shape
from ..errors import ShapeError, WrongType


class OptimizerVariable(NDArrayOperatorsMixin):
    """One array of an optimizer's state: read anew at every use, and written to by `assign`.

    >>> from pellucid.optimizers import SGD
    >>> iteration, rate = SGD(0.5).variables
    >>> rate.assign(rate / 2)
    <OptimizerVariable path=sgd/learning_rate, shape=(), dtype=float32, value=0.25>
    >>> iteration + 1, rate.numpy().dtype
    (np.int32(1), dtype('float32'))
    """

    trainable = False

    def __init__(self, owner: str, name: str, read: Callable[[], Array], write: Callable[[Array], None]) -> None:
        self.name, self.path = name, f"{owner}/{name}"
        self._read, self._write = read, write

    @property
    def value(self) -> Array:
        """A copy of the present numbers."""
        return np.array(self._read())

    def numpy(self) -> Array:
        """A copy of the present numbers."""
        return self.value

    @property
    def shape(self) -> Shape:
        """The array's shape."""
        return self._read().shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype in which Keras keeps and saves it; a plain learning rate is kept in float64 here."""
        return self._read().dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def assign(self, value: Any) -> Self:
        """Overwrite the numbers; the shape must be the variable's own."""
        where = f"variable {self.path!r}, assign"
        given = np.asarray(value)
        if given.dtype.kind not in "biuf":
            raise WrongType(where, "numbers", value)
        if given.shape != self.shape:
            raise ShapeError(where, f"shape {self.shape}", given.shape)
        self._write(given)
        return self

    def assign_add(self, value: Any) -> Self:
        """Add to the numbers."""
        return self.assign(self._read() + np.asarray(value))

    def assign_sub(self, value: Any) -> Self:
        """Subtract from the numbers."""
        return self.assign(self._read() - np.asarray(value))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self._read(), dtype=dtype)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        """Arithmetic with what it holds; v += 1 writes into it."""
        plain = [v._read() if isinstance(v, OptimizerVariable) else v for v in inputs]
        targets = [out for out in keywords.get("out", ()) if isinstance(out, OptimizerVariable)]
        if targets:
            del keywords["out"]
        result = getattr(ufunc, method)(*plain, **keywords)
        return targets[0].assign(result) if targets else result

    def __iter__(self) -> Iterator[Any]:
        return iter(self._read())

    def __getitem__(self, key: Any) -> Any:
        return self._read()[key]

    def __len__(self) -> int:
        return len(self._read())

    def __float__(self) -> float:
        return float(self._read())

    def __int__(self) -> int:
        return int(self._read())

    def __bool__(self) -> bool:
        return bool(self._read())

    def __repr__(self) -> str:
        return f"<OptimizerVariable path={self.path}, shape={self.shape}, dtype={self.dtype}, value={self._read()}>"
