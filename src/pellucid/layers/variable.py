"""Variable: an array that also answers to Keras's names for one: `assign`, `numpy`, `value`, `name`, `path`."""

from __future__ import annotations

from typing import Any, Protocol, Self

import numpy as np

from .. import checks
from ..arrays import Array, Shape
from ..errors import ShapeError
from ..initializers import initializers
from ..settings import floatx


class Holder(Protocol):
    """What holds a variable's numbers: a layer."""

    trainable: bool
    p: dict[str, Array]

    @property
    def name(self) -> str: ...


class Variable(np.ndarray[Any, np.dtype[Any]]):
    """An array of parameters. What is computed from it is a plain array.

    Made by a layer, it is a view of a parameter: writing into it changes the layer. Made by hand, it holds numbers of
    its own, an array's or those that an initializer gives for a shape.

    >>> v = Variable([1.0, 2.0], name="v")
    >>> v.assign_add([1.0, 1.0])
    <Variable path=v, shape=(2,), dtype=float32, value=[2. 3.]>
    >>> v * 2
    array([4., 6.], dtype=float32)

    In Keras it is not an array, and comparing or summing it gives a tensor of the backend.
    """

    name: str = ""
    path: str = ""
    may_train = True
    constraint: Any = None  # what optimizers hold it to after a step
    overwrite_with_gradient = False  # whether a step puts the gradient in its place
    _holder: Holder | None = None

    def __new__(
        cls,
        initializer: Any,
        shape: Shape | None = None,
        dtype: Any = None,
        trainable: bool = True,
        *,
        name: str | None = None,
    ) -> Self:
        if shape is None:
            data = np.array(initializer, dtype=dtype or _floating(initializer))
        else:
            data = initializers.get(initializer, "Variable, argument initializer")(shape, dtype or floatx())
        made = data.view(cls)
        made.name = made.path = name or "variable"
        made.may_train = bool(trainable)
        return made

    @classmethod
    def of(cls, layer: Holder, name: str, trainable: bool, path: str = "", constraint: Any = None) -> Self:
        """The parameter of a layer under this name."""
        made = layer.p[name].view(cls)
        made.name, made.path = name, path or f"{layer.name}/{name}"
        made._holder, made.may_train, made.constraint = layer, trainable, constraint
        return made

    @property
    def trainable(self) -> bool:
        """Whether training changes it: not where its layer is frozen."""
        return self.may_train and (self._holder is None or bool(self._holder.trainable))

    @property
    def value(self) -> Array:
        """A copy of the present numbers."""
        return np.array(self._present())

    def numpy(self) -> Array:
        """A copy of the present numbers."""
        return self.value

    def assign(self, value: Any) -> Self:
        """Overwrite the numbers; the shape must be the variable's own."""
        given = checks.arrays(f"variable {self.path!r}, assign", [value])[0]
        if given.shape != self.shape:
            raise ShapeError(f"variable {self.path!r}, assign", f"shape {self.shape}", given.shape)
        self._present()[...] = given
        self.view(np.ndarray)[...] = given
        return self

    def assign_add(self, value: Any) -> Self:
        """Add to the numbers."""
        return self.assign(self._present() + np.asarray(value))

    def assign_sub(self, value: Any) -> Self:
        """Subtract from the numbers."""
        return self.assign(self._present() - np.asarray(value))

    def _present(self) -> Array:
        """Where the numbers are now: a layer that a second model takes up moves its parameters to that model's."""
        moved = None if self._holder is None else self._holder.p.get(self.name)
        return self.view(np.ndarray) if moved is None else moved

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        if array is self:  # the target of w += 1
            return self
        return array[()] if return_scalar else np.asarray(array)

    def __getitem__(self, key: Any) -> Any:
        return self.view(np.ndarray)[key]

    def __repr__(self) -> str:
        if not self.path:
            return repr(self.view(np.ndarray))
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, value={self._present()}>"


def _floating(value: Any) -> Any:
    """floatx for what is not an array of floating numbers already."""
    dtype = getattr(value, "dtype", None)
    return dtype if dtype is not None and np.issubdtype(dtype, np.floating) else floatx()
