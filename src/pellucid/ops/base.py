"""What an op is: a function y = f(x₁, x₂, ...) of arrays and, beside it, its gradient.

An op is written as two plain functions, the second right under the first, and named by `@op`:

    @op(2)
    def multiply(x1, x2): ...

    @multiply.gradient
    def multiply_grad(dy, y, x1, x2): ...

The name `multiply` is then an `Operation`. Called on arrays it gives an array; called where one operand is a tensor it
makes an `Op`, a layer without parameters, and gives its tensor: a step of the graph. Gradients have the shape of what
stretching gave the operands; they are summed here over the axes that were stretched. An op without a gradient, such as
a comparison, sends none back.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from ..arrays import Array, Arrays, Shape, Whole, sum_to, with_batch
from ..errors import InvalidArgument, PellucidError, ShapeError, Told, UnknownArgument, WrongType
from ..layers import Layer, Parameter
from ..program import Buffer, CannotLower, Program
from ..registry import Family, plain
from ..rng import Key
from ..settings import floatx
from ..wiring import Node, Tensor
from .constants import as_operand, kept, saved_constant, short

Function = Callable[..., Any]
Lowering = Callable[..., Buffer]
operations: Family[Op] = Family("op", "keras.src.ops.numpy")
NARROW = {"float64": "float32", "int64": "int32", "uint64": "uint32"}  # what Keras computes of smaller kinds


class Operation:
    """A function and its gradient. `operands`: how many of its first arguments are data; 0: the first is a list of
    them. The other arguments are options."""

    def __init__(
        self, forward: Function, operands: int, keras: str, module: str, options: Sequence[str] | None = None
    ) -> None:
        self.forward, self.operands = forward, operands
        self.backward: Function | None = None
        self.lowering: Lowering | None = None
        signature = inspect.signature(forward)
        self.signature = signature
        self.option_names = list(signature.parameters)[max(operands, 1) :] if options is None else list(options)
        self.name = forward.__name__
        self.made: type[Op] = type(
            keras, (Op,), {"operation": self, "keras_module": module, "__doc__": forward.__doc__}
        )
        operations.parts[keras] = self.made
        functools.update_wrapper(self, forward)

    def gradient(self, backward: Function) -> Function:
        """Decorator: this function is the gradient, backward(dy, y, *operands, **options)."""
        self.backward = backward
        return backward

    def lowers(self, lowering: Lowering) -> Lowering:
        """Decorator: this function emits the op for the compiled engine, lowering(code, *operands, **options)."""
        self.lowering = lowering
        return lowering

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """y: a tensor where an operand is one, else an array."""
        operands, options = self.sorted(args, kwargs)
        if any(isinstance(one, Tensor) and one.symbolic for one in operands):
            (y,) = self.made(**options).on(operands)
            return y
        return self.of_arrays([as_operand(one, self.name) for one in operands], options)

    def sorted(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """(operands, options) out of a call's arguments."""
        known = [*list(self.signature.parameters)[: max(self.operands, 1)], *self.option_names]
        for name in kwargs:
            if name not in known:
                raise UnknownArgument(f"ops.{self.name}, its arguments", name, known)
        given = {**dict(zip(known, args, strict=False)), **kwargs}
        first = [given.pop(name) for name in known[: max(self.operands, 1)] if name in given]
        if len(first) < max(self.operands, 1) or len(args) > len(known):
            raise InvalidArgument(
                f"ops.{self.name}", f"{self.name}({', '.join(known)})", Told(f"{len(args)} arguments")
            )
        return self.listed(first), given

    def listed(self, first: list[Any]) -> list[Any]:
        """The operands, those of a list one by one."""
        if self.operands:
            return first
        (given,) = first
        if isinstance(given, Tensor) or not isinstance(given, list | tuple) or not given:
            raise WrongType(f"ops.{self.name}, its argument", "a list of tensors or arrays", given)
        return list(given)

    def of_arrays(self, operands: Sequence[Any], options: Mapping[str, Any], widest: str = "") -> Array:
        """y, of no wider kind of number than the operands, or than `widest`."""
        given = list(operands) if self.operands else [operands]
        try:
            with np.errstate(all="ignore"):
                y = np.asarray(self.forward(*given, **options))
        except PellucidError:
            raise
        except (ValueError, IndexError, TypeError) as problem:
            shapes = [np.shape(one) for one in operands if isinstance(one, np.ndarray)]
            raise ShapeError(f"ops.{self.name}", "operands that fit", shapes, f"{problem}.") from None
        name = y.dtype.name
        if name in NARROW and name != widest and all(getattr(one, "dtype", None) != y.dtype for one in operands):
            y = y.astype(floatx() if y.dtype.kind == "f" else NARROW[name])
        return y

    def gradients(self, dy: Array, y: Array, operands: Sequence[Any], options: Mapping[str, Any]) -> list[Array | None]:
        """dL/dx of each operand, None where there is none."""
        if self.backward is None:
            return [None] * len(operands)
        given = list(operands) if self.operands else [operands]
        with np.errstate(all="ignore"):
            found = self.backward(dy, y, *given, **options)
        found = found if isinstance(found, tuple | list) else (found,)
        return [
            None if dx is None or getattr(x, "dtype", dy.dtype).kind != "f" else sum_to(dx, np.shape(x))
            for dx, x in zip(found, operands, strict=True)
        ]


class Op(Layer):
    """One use of an operation: a layer without parameters. What was no tensor in the call is `held`, by its place."""

    family = operations  # type: ignore[assignment]
    operation: ClassVar[Operation]
    takes_many = True
    is_layer = False
    supports_masking = True
    passing = Layer.passing | {"held", "places"}

    def __init__(self, name: str | None = None, dtype: Any = None, **options: Any) -> None:
        super().__init__(name=name, dtype=dtype)
        for key in options:
            if key not in self.operation.option_names:
                raise UnknownArgument(f"ops.{self.operation.name}, its arguments", key, self.operation.option_names)
        self.options = options
        self.held: dict[int, Any] = {}
        self.places = 0  # operands, those that are held among them

    @classmethod
    def takes(cls, name: str) -> bool:
        return True  # the operation's own signature judges

    @property
    def formula(self) -> str:  # type: ignore[override]
        """y = multiply(x1, 2.0): what is held as it is, unless it is long."""
        flowing = self.places - len(self.held)
        letters = iter(["x"] if flowing == 1 else [f"x{i}" for i in range(1, flowing + 1)])
        shown = [short(self.held[i]) if i in self.held else next(letters) for i in range(self.places)]
        return f"y = {self.operation.name}({', '.join(shown + [f'{k}={v}' for k, v in self.options.items()])})"

    def on(self, operands: Sequence[Any]) -> tuple[Tensor, ...]:
        """The tensor of this op on operands, some of which are tensors."""
        self.places = len(operands)
        self.held = {i: kept(one, self.operation.name) for i, one in enumerate(operands) if not isinstance(one, Tensor)}
        return self.called_on([one for one in operands if isinstance(one, Tensor)])

    def called_on(self, tensors: Sequence[Tensor], training: bool | None = None) -> tuple[Tensor, ...]:
        shape, dtype = self._computed([t.sample for t in tensors], [t.dtype for t in tensors])
        self._nodes.append(Node(self, tensors, [shape], dtype))
        return self._nodes[-1].outputs

    def __call__(self, *operands: Any, training: bool | None = None) -> Any:
        return self.operation(*operands, **self.options)

    def parameters(self, *shapes: Shape) -> Sequence[Parameter]:
        return ()

    @property
    def likeness(self) -> Any:
        """What makes two ops the same: the operation, its options and what is held."""
        held = [(i, one.tolist() if isinstance(one, np.ndarray) else one) for i, one in self.held.items()]
        return type(self).__name__, repr(self.options), repr(held)

    def output_shape_for(self, *shapes: Shape) -> Shape:
        return self._computed(shapes, [self.dtype] * len(shapes))[0]

    def _computed(self, shapes: Sequence[Shape], dtypes: Sequence[str]) -> tuple[Shape, str]:
        """(shape, dtype) of y. The op is tried on batches of two and of three: what grows with them is the batch."""
        two, three = (self._tried(n, shapes, dtypes) for n in (2, 3))
        if two.shape == three.shape:
            return Whole(two.shape), two.dtype.name
        if two.ndim != three.ndim or two.shape[1:] != three.shape[1:]:
            raise ShapeError(
                f"ops.{self.operation.name}", "an output whose first axis is the batch",
                Told(f"one of shape {two.shape} for two samples, and {three.shape} for three"),
            )  # fmt: skip
        return two.shape[1:], two.dtype.name

    def _tried(self, batch: int, shapes: Sequence[Shape], dtypes: Sequence[str]) -> Array:
        sizes = [s if isinstance(s, Whole) else (batch, *s) for s in shapes]
        xs = [np.zeros(size, dtype) for size, dtype in zip(sizes, dtypes, strict=True)]
        try:
            return self.operation.of_arrays(self._woven(xs), self.options, self.dtype)
        except ShapeError as problem:
            raise ShapeError(problem.where, problem.expected, [with_batch(s) for s in shapes], problem.fix) from None

    def _woven(self, xs: Sequence[Any]) -> list[Any]:
        """The operands: what flows, and what is held."""
        rest = iter(xs)
        dtype = next((x.dtype for x in xs if getattr(x, "dtype", np.dtype("i")).kind == "f"), np.dtype(self.dtype))
        held = {
            i: one.astype(dtype) if isinstance(one, np.ndarray) and one.dtype.kind == "f" else one
            for i, one in self.held.items()
        }
        return [held[i] if i in held else next(rest) for i in range(len(xs) + len(held))]

    def forward(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> tuple[Array, Any]:
        operands = self._woven(xs)
        y = self.operation.of_arrays(operands, self.options, self.dtype)
        return y, (operands, y)

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Any, dict[str, Array]]:
        operands, y = cache
        found = self.operation.gradients(dy, y, operands, self.options)
        return tuple(dx for i, dx in enumerate(found) if i not in self.held), {}

    def lower(self, code: Program, *xs: Buffer) -> Buffer:
        if self.operation.lowering is None or any(
            isinstance(one, np.ndarray) and one.ndim for one in self.held.values()
        ):
            raise CannotLower(f"op {self.operation.name!r}")
        operands = self._woven(xs)
        return self.operation.lowering(code, *(operands if self.operation.operands else [operands]), **self.options)

    # The saved form: Keras keeps options with the op, and what was no tensor with the call ----------------------------

    def get_config(self) -> dict[str, Any]:
        """The options that were given."""
        return {"name": self.name, **{key: plain(value) for key, value in self.options.items()}}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The op of these options; those that Keras adds and nothing here has are passed over where they are None."""
        known = cls.operation.option_names
        return cls(**{k: v for k, v in config.items() if k in known or k == "name" or v not in (None, False)})

    def arguments_for(self, tensors: Sequence[Any]) -> list[Any]:
        """The arguments of a call as they are saved, with these saved tensors."""
        rest = iter(tensors)
        places = range(len(tensors) + len(self.held))
        found = [saved_constant(self.held[i]) if i in self.held else next(rest) for i in places]
        return found if self.operation.operands else [found]


def op(operands: int = 1, keras: str = "", module: str = "keras.src.ops.numpy") -> Callable[[Function], Operation]:
    """Decorator: make a function an op of so many operands; 0: of a list of them. keras: the class under which Keras
    saves it, and its module."""

    def wrap(forward: Function) -> Operation:
        name = keras or "".join(word.capitalize() for word in forward.__name__.split("_"))
        return Operation(forward, operands, name, module)

    return wrap
