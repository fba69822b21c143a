"""What an initializer is: a shape, a dtype and a key in, an array out."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import checks
from ..arrays import Array, Shape
from ..errors import InvalidArgument, ShapeError, Told, WrongType
from ..registry import OpenFamily, Part, registered_name
from ..rng import Key, SeedGenerator, fresh_key, seed_of
from ..settings import floatx

Function = Callable[..., Any]


class InitializerFamily(OpenFamily["Initializer"]):
    """Initializers by name; an array, or a plain function (shape, dtype) -> array, is welcome too."""

    def get(self, identifier: Any, where: str = "") -> Initializer:
        """The initializer that a name, a config, a class, an array, a function or an initializer stands for.

        >>> initializers.get(lambda shape, dtype: np.arange(shape[0]))((3,))
        array([0., 1., 2.], dtype=float32)
        """
        if isinstance(identifier, np.ndarray):
            made: Initializer = self.parts["Constant"](identifier)
            return made
        return super().get(identifier, where)


initializers: InitializerFamily = InitializerFamily("initializer", "keras.initializers")


class Initializer(Part):
    """Draws an array of a given shape. An initializer of your own writes `draw`, whose key makes models reproducible:

    >>> class Uneven(Initializer):
    ...     def draw(self, shape, dtype, key):
    ...         return (key.uniform(shape) ** 2).astype(dtype)
    >>> Uneven()((2, 3), key=Key(0)).dtype
    dtype('float32')

    or, as in Keras, `__call__`, which has no key and draws from wherever it likes:

    >>> class Twos(Initializer):
    ...     def __call__(self, shape, dtype=None):
    ...         return np.full(shape, 2.0, dtype)
    >>> Twos()((3,))
    array([2., 2., 2.], dtype=float32)
    """

    family = initializers

    def draw(self, shape: Shape, dtype: npt.DTypeLike, key: Key) -> Array:
        """An array (shape) of this dtype; the same key gives the same numbers."""
        raise InvalidArgument(
            f"class {type(self).__name__}", "draw, or __call__, which every initializer needs", Told("none"),
            "The docstring of Initializer shows how.",
        )  # fmt: skip

    def __init_subclass__(cls, **keywords: Any) -> None:
        """A class whose `__call__` is written for Keras is called as Keras calls it."""
        super().__init_subclass__(**keywords)
        if "__call__" in vars(cls) and not _takes_a_key(cls.__call__):
            cls.__call__ = _called_as_in_keras(cls.__call__)  # type: ignore[method-assign]

    def __call__(self, shape: Sequence[int], dtype: npt.DTypeLike | None = None, key: Key | None = None) -> Array:
        """An array of this shape and dtype, drawn from the initializer's own seed, or else from the key.

        With a `seed` the initializer gives the same numbers at every call, as Keras's do. With neither seed nor key it
        gives others at every call, where Keras's gives the same ones.
        """
        sizes, name = _checked(type(self).__name__, shape, dtype)
        seed = getattr(self, "seed", None)
        seed = seed.take() if isinstance(seed, SeedGenerator) else seed
        return self.draw(sizes, name, Key(seed) if seed is not None else key or fresh_key())

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"<{type(self).__name__}({arguments})>"


initializers.names |= {"Initializer": Initializer, "initializer": Initializer}


class RandomInitializer(Initializer):
    """An initializer with a `seed`: a whole number, or None to draw from the model's key."""

    def __init__(self, seed: Any = None) -> None:
        self.seed = seed_of(self.where("seed"), seed)


class FromFunction(Initializer):
    """A user's function (shape, dtype) -> array as an initializer."""

    def __init__(self, function: Function) -> None:
        self.function = function

    def draw(self, shape: Shape, dtype: npt.DTypeLike, key: Key) -> Array:
        where = f"initializer {registered_name(self.function)!r}"
        return _of_shape(where, self.function(shape, dtype), shape, dtype)


initializers.from_function = FromFunction


def _of_shape(where: str, drawn: Any, shape: Shape, dtype: npt.DTypeLike) -> Array:
    """What a user's function gave, as an array of this dtype, if its shape is the one asked for."""
    array: Array = np.asarray(drawn).astype(dtype)
    if array.shape != shape:
        raise ShapeError(where, f"an array of shape {shape}", array.shape)
    return array


def _takes_a_key(call: Function) -> bool:
    try:
        inspect.signature(call).bind(None, (1,), "float32", None)
    except TypeError:
        return False
    return True


def _called_as_in_keras(call: Function) -> Function:
    @functools.wraps(call)
    def called(self: Initializer, shape: Sequence[int], dtype: Any = None, key: Key | None = None) -> Array:
        where = type(self).__name__
        sizes, name = _checked(where, shape, dtype)
        return _of_shape(where, call(self, sizes, dtype=name), sizes, name)

    return called


def _checked(where: str, shape: Any, dtype: Any) -> tuple[Shape, str]:
    """The shape and the dtype asked for, or floatx."""
    if isinstance(shape, str) or not isinstance(shape, Sequence):
        raise WrongType(f"{where}, argument shape", "a tuple of whole numbers such as (784, 128)", shape)
    sizes = tuple(checks.integer(f"{where}, argument shape", n, minimum=0) for n in shape)
    return sizes, floatx() if dtype is None else checks.dtype(f"{where}, argument dtype", dtype)


def fans(
    shape: Shape, input_axes: Sequence[int] | None = None, output_axes: Sequence[int] | None = None
) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight array: (I, O) for a matrix, receptive field times channels for a kernel.

    With both input_axes and output_axes, the product of the sizes along each.

    >>> fans((784, 128)), fans((3, 3, 16, 32)), fans((8, 4, 16), [0], [1, 2])
    ((784, 128), (144, 288), (8, 64))
    """
    if input_axes is not None and output_axes is not None:
        if any(not -len(shape) <= a < len(shape) for a in (*input_axes, *output_axes)):
            raise ShapeError("initializers.fans", f"a shape with axes {[*input_axes, *output_axes]}", shape)
        return math.prod(shape[a] for a in input_axes), math.prod(shape[a] for a in output_axes)
    if len(shape) < 2:
        n = shape[0] if shape else 1
        return n, n
    field = math.prod(shape[:-2])
    return field * shape[-2], field * shape[-1]
