"""What an op is: a function y = f(x₁, x₂, ...) of arrays and, beside it, its gradient.

An op is written as two plain functions, the second right under the first, and named by `@op`:

    @op(2)
    def multiply(x1, x2): ...

    @multiply.gradient("dx1 = dy·x2, dx2 = dy·x1")
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
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np

from .. import checks
from ..arrays import TEXT, Array, Arrays, Shape, Whole, is_whole, sum_to, with_batch
from ..errors import InvalidArgument, PellucidError, ShapeError, Told, TooLarge, UnknownArgument, WrongType
from ..layers import Layer, Parameter
from ..layers.connecting import text_refused
from ..layers.shapes import open_shapes
from ..program import Buffer, CannotLower, Program
from ..registry import Family, plain
from ..rng import Key
from ..settings import floatx
from ..wiring import Node, Tensor
from . import formulas
from .constants import KEYED, NARROW, as_operand, kept, saved_constant, short, stretched, used
from .options import checked, not_too_large
from .trying import foretold, leaves_rows_apart, shape_without_batch

Function = Callable[..., Any]
Lowering = Callable[..., Buffer]
operations: Family[Op] = Family("op", "keras.src.ops.numpy")


class Operation:
    """A function and its gradient. `operands`: how many of its first arguments are data; 0: the first is a list of
    them. The other arguments are options."""

    exact = False  # whether whole numbers that their kind cannot hold are refused, not wrapped around
    spread = False  # whether Keras saves a list of operands one by one
    in_call: tuple[str, ...] = ()  # options that Keras saves with the call, not with the op
    shell: Callable[..., Layer] | None = None  # the layer that computes it, for the shapes of its operands and options
    weights: tuple[str, ...] = ()  # which of that layer's weights the operands behind the first are
    new_axes = 0  # how many axes the output has that the operand has not: an axis may be one of these

    def __init__(
        self, forward: Function, operands: int, keras: str, module: str, options: Sequence[str] | None = None
    ) -> None:
        self.forward, self.operands = forward, operands
        self.backward: Function | None = None
        self.formula_back = ""  # what `backward` computes, in the names of the operands
        self.lowering: Lowering | None = None
        self.foretold: Callable[..., Shape | None] | None = None  # the shape of a sample's y, of an op too large to try
        self.activation: Any = None  # that it is another way to call
        self.truths = self.wholes = False  # whether it is lowered where it gives true and false, whole numbers, too
        self.signature = signature = inspect.signature(forward)
        self.kinds = {name: str(one.annotation) for name, one in signature.parameters.items()}
        self.option_names = list(signature.parameters)[max(operands, 1) :] if options is None else list(options)
        self.name = forward.__name__
        self.made: type[Op] = type(
            keras, (Op,), {"operation": self, "keras_module": module, "__doc__": forward.__doc__}
        )
        operations.parts[keras] = self.made
        functools.update_wrapper(self, forward)

    @property
    def arguments(self) -> list[str]:
        """The names of the operands, then those of the options."""
        return [*list(self.signature.parameters)[: max(self.operands, 1)], *self.option_names]

    def gradient(self, formula: str) -> Callable[[Function], Function]:
        """Decorator: this function is the gradient, backward(dy, y, *operands, **options); the formula says the same,
        for `explain`."""

        def wrap(backward: Function) -> Function:
            self.backward, self.formula_back = backward, formula
            return backward

        return wrap

    def lowers(self, lowering: Lowering, truths: bool = False, wholes: bool = False) -> Lowering:
        """Decorator: this function emits the op for the compiled engine, lowering(code, *operands, **options). Operands
        are buffers, or what the op holds; true and false stand there as 1 and 0, whole numbers as floats."""
        self.lowering, self.truths, self.wholes = lowering, truths, wholes
        return lowering

    def __repr__(self) -> str:
        return f"<op {self.name}({', '.join(self.arguments)})>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """y: a tensor where an operand is one, else an array."""
        operands, options = self.sorted(args, kwargs)
        if self.name in KEYED:
            operands[1] = as_operand(operands[1], self.name, 1)
        if any(isinstance(one, Tensor) and one.symbolic for one in operands):
            (y,) = self.made(**options).on(operands)
            return y
        arrays = [as_operand(one, self.name, i) for i, one in enumerate(operands)]
        return self.of_arrays(arrays, self.checked(options, np.ndim(arrays[0])))

    def checked(self, options: Mapping[str, Any], ndim: int) -> dict[str, Any]:
        """The options, each in its proper type, for a first operand of so many axes."""
        return checked(f"ops.{self.name}", options, ndim, self.new_axes, self.kinds)

    def sorted(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """(operands, options) out of a call's arguments."""
        known = self.arguments
        for name in kwargs:
            if name not in known:
                raise UnknownArgument(f"ops.{self.name}, its arguments", name, known)
        given = {**dict(zip(known, args, strict=False)), **kwargs}
        parameters = self.signature.parameters
        needed = [n for n in known if n in parameters and parameters[n].default is inspect.Parameter.empty]
        if len(given) < len(args) + len(kwargs) or any(name not in given for name in needed):
            named = "".join(f", {name}=" for name in kwargs)
            raise InvalidArgument(
                f"ops.{self.name}", f"{self.name}({', '.join(known)})", Told(f"{len(args)} arguments{named}")
            )
        first = [given.pop(name) for name in known[: max(self.operands, 1)]]
        return self.listed(first), stretched(first[0], given) if self.name == "tile" else given

    def taken(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """What a saved config says that means something here. Keras saves every option, None and False where it was
        not used."""
        return {key: value for key, value in config.items() if key in [*self.option_names, "name"] or used(value)}

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
        y = self._computed(operands, options)
        if self.exact and y.dtype.kind in "iu":
            return self._whole(self._narrow(y, operands, options, widest), operands, options)
        return self._narrow(y, operands, options, widest)

    def _computed(self, operands: Sequence[Any], options: Mapping[str, Any]) -> Array:
        """y as the function gives it; what NumPy raises is told in a sentence."""
        given = list(operands) if self.operands else [operands]
        try:
            with np.errstate(all="ignore"):
                return np.asarray(self.forward(*given, **options))
        except PellucidError:
            raise
        except MemoryError:
            raise TooLarge(f"ops.{self.name}", "an output that fits into memory", Told("a larger one")) from None
        except (ValueError, IndexError, TypeError, OverflowError, ArithmeticError) as problem:
            told = " and ".join(str(np.shape(one)) if np.ndim(one) else short(one) for one in operands)
            asked = "".join(f", {key}={short(value)}" for key, value in options.items())
            said = " ".join(str(problem).split()).rstrip(".")
            raise ShapeError(f"ops.{self.name}", "operands that fit", Told(told + asked), f"NumPy: {said}.") from None

    def _narrow(self, y: Array, operands: Sequence[Any], options: Mapping[str, Any], widest: str) -> Array:
        """y in 32 bits, unless an operand has 64 or somebody asked for them."""
        name = y.dtype.name
        asked = name == widest or options.get("dtype") is not None
        if name not in NARROW or asked or any(isinstance(x, np.ndarray) and x.dtype == y.dtype for x in operands):
            return y
        return y.astype((widest or floatx()) if y.dtype.kind == "f" else NARROW[name])

    def _whole(self, narrow: Array, operands: Sequence[Any], options: Mapping[str, Any]) -> Array:
        """Whole numbers that are as large as they should be: NumPy lets those that are too large wrap around."""
        real = [one.astype("float64") if isinstance(one, np.ndarray) else one for one in operands]
        wanted = self._computed(real, options)
        wrong = np.abs(narrow - wanted) > np.maximum(np.abs(wanted) * 1e-9, 0.5)
        if np.any(wrong):
            raise InvalidArgument(
                f"ops.{self.name}", f"whole numbers that {narrow.dtype.name} holds", float(wanted[wrong].flat[0]),
                "Cast the operands to a wider kind first, or to float32.",
            )  # fmt: skip
        return narrow

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
    takes_many = takes_whole = True
    is_layer = False
    passing = Layer.passing | {"held", "places", "_outputs"}

    def __init__(self, name: str | None = None, **options: Any) -> None:
        super().__init__(name=name)
        for key in options:
            if key not in self.operation.option_names:
                raise UnknownArgument(f"ops.{self.operation.name}, its arguments", key, self.operation.option_names)
        self.options = options
        self.held: dict[int, Any] = {}
        self.places = 0  # operands, those that are held among them
        self._outputs: dict[Any, tuple[Shape, str]] = {}  # what was found by trying, as every `fit` asks again

    @classmethod
    def takes(cls, name: str) -> bool:
        return True  # the operation's own signature judges

    @property
    def formula(self) -> str:  # type: ignore[override]
        """y = multiply(x1, 2.0)."""
        return formulas.forward(self.operation, self.places, self.held, self.options)

    @property
    def formula_back(self) -> str:  # type: ignore[override]
        """dx = dy·2.0."""
        return formulas.back(self.operation, self.places, self.held)

    def on(self, operands: Sequence[Any]) -> tuple[Tensor, ...]:
        """The tensor of this op on operands, some of which are tensors. It computes in their dtype."""
        name, tensors = self.operation.name, [one for one in operands if isinstance(one, Tensor)]
        self.places = len(operands)
        self.held = {i: kept(one, name, i) for i, one in enumerate(operands) if not isinstance(one, Tensor)}
        self._outputs = {}
        self.dtype = next((d for t in tensors if (d := t.node.layer.dtype) in checks.DTYPES), self.dtype)
        ndim = operands[0].ndim if isinstance(operands[0], Tensor) else np.ndim(operands[0])
        self.options = self.operation.checked(self.options, ndim)
        (found,) = self.called_on(tensors)
        if not isinstance(found.sample, Whole) and foretold(self, [t.sample for t in tensors]) is None:
            leaves_rows_apart(self.operation.name, tensors, lambda xs: self._of(self._woven(xs)))
        return (found,)

    def called_on(self, tensors: Sequence[Tensor], training: bool | None = None) -> tuple[Tensor, ...]:
        if any(t.dtype == TEXT for t in tensors):
            raise text_refused(self.operation.name)
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
        """(shape, dtype) of y."""
        asked = *((type(s), s) for s in shapes), *dtypes, self.dtype, repr(self.options)
        if asked in self._outputs:
            return self._outputs[asked]
        not_too_large(f"ops.{self.operation.name}", self.options)
        kinds: list[str] = []

        def outputs(*known: Shape) -> tuple[Shape]:
            shape, dtype = self._of_known(known, dtypes)
            kinds.append(dtype)
            return (shape,)

        self._outputs[asked] = open_shapes(outputs, shapes)[0], kinds[0]
        return self._outputs[asked]

    def _of_known(self, shapes: Sequence[Shape], dtypes: Sequence[str]) -> tuple[Shape, str]:
        """`_computed`: the op is tried on batches of one, two and three: what grows with them is the batch."""
        if (shape := foretold(self, shapes)) is not None:
            return shape, self._dtype_of([np.empty(0, dtype) for dtype in dtypes])
        tried = [self._tried(n, shapes, dtypes) for n in (1, 2, 3)]
        return shape_without_batch(self.operation.name, [y.shape for y in tried]), tried[0].dtype.name

    def _tried(self, batch: int, shapes: Sequence[Shape], dtypes: Sequence[str]) -> Array:
        sizes = [s if isinstance(s, Whole) else (batch, *s) for s in shapes]
        xs = [np.zeros(size, dtype) for size, dtype in zip(sizes, dtypes, strict=True)]
        try:
            return self._of(self._woven(xs))
        except ShapeError as problem:
            operands = self._woven([with_batch(s) for s in shapes])
            told = " and ".join(str(one) if isinstance(one, tuple) else short(one) for one in operands)
            asked = "".join(f", {key}={short(value)}" for key, value in self.options.items())
            raise ShapeError(problem.where, problem.expected, Told(told + asked), problem.fix) from None

    def _of(self, operands: Sequence[Any]) -> Array:
        """y: what has decimals in the dtype of what flows, or else in this op's own, whatever its options ask for."""
        asked, dtype = self.options.get("dtype"), self._dtype_of(operands)
        own = {"dtype": dtype} if asked is not None and np.dtype(asked).kind == "f" else {}
        y = self.operation.of_arrays(operands, {**self.options, **own}, dtype)
        return y.astype(dtype) if y.dtype.kind == "f" and y.dtype != dtype else y

    def _dtype_of(self, operands: Sequence[Any]) -> str:
        kinds = (getattr(x, "dtype", np.dtype("i")) for x in operands)
        return next((kind.name for kind in kinds if kind.kind == "f"), self.dtype)

    def _woven(self, xs: Sequence[Any]) -> list[Any]:
        """The operands: what flows, and what is held."""
        rest, dtype = iter(xs), self._dtype_of(xs)
        held = {
            i: one.astype(dtype) if isinstance(one, np.ndarray) and one.dtype.kind == "f" else one
            for i, one in self.held.items()
        }
        return [held[i] if i in held else next(rest) for i in range(len(xs) + len(held))]

    def forward(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> tuple[Array, Any]:
        operands = self._woven(xs)
        y = self._of(operands)
        return y, (operands, y)

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Any, dict[str, Array]]:
        operands, y = cache
        found = self.operation.gradients(dy, y, operands, self.options)
        return tuple(dx for i, dx in enumerate(found) if i not in self.held), {}

    def lower(self, code: Program, *xs: Buffer) -> Buffer:
        operation = self.operation
        given = [x.shape if x.each else Whole(x.shape) for x in xs]
        shape, dtype = self._computed(given, ["bool" if x.truth else x.whole or self.dtype for x in xs])
        truth = operation.truths and dtype == "bool"
        whole = dtype if operation.wholes and dtype != "bool" and is_whole(dtype) else ""
        if operation.lowering is None or not (truth or whole or dtype == self.dtype):
            raise CannotLower(f"op {operation.name!r}" + (f" of {dtype}" if operation.lowering else ""))
        operands = self._woven([replace(x, truth=False, whole="bool") if x.truth else x for x in xs])
        y = operation.lowering(code, *(operands if operation.operands else [operands]), **self.options)
        if (y.shape, bool(y.each)) != (tuple(shape), not isinstance(shape, Whole)):
            raise CannotLower(f"op {operation.name!r} along the batch")
        if operation.backward is None:
            code.stops()
        return replace(y, truth=truth, whole=whole)

    def __reduce__(self) -> Any:
        """Copies and pickles name the class by its operation: it was made by a decorator, under no name of a module."""
        return _restored, (type(self).__name__, self.__getstate__())

    # The saved form: Keras keeps options with the op, and what was no tensor with the call ----------------------------

    def get_config(self) -> dict[str, Any]:
        """The options that were given, but for those that Keras keeps with the call."""
        mine = {key: value for key, value in self.options.items() if key not in self.operation.in_call}
        return {"name": self.name, **{key: plain(value) for key, value in mine.items()}}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The op of these options; those that Keras adds and nothing here has are passed over where they are None."""
        return cls(**cls.operation.taken(config))

    def saved_call(self, tensors: Sequence[Any]) -> dict[str, Any]:
        """The call as it is saved, on these saved tensors."""
        rest, n = iter(tensors), len(tensors) + len(self.held)
        found = [saved_constant(self.held[i]) if i in self.held else next(rest) for i in range(n)]
        listed = not self.operation.operands and not self.operation.spread
        with_call = {key: self.options[key] for key in self.operation.in_call if key in self.options}
        return {"args": [found] if listed else found, "kwargs": saved_constant(with_call)}


def _restored(name: str, state: Mapping[str, Any]) -> Op:
    """A copied or pickled op."""
    made = object.__new__(operations.parts[name])
    made.__dict__.update(state)
    return made


def op(
    operands: int = 1, keras: str = "", module: str = "keras.src.ops.numpy", **facts: Any
) -> Callable[[Function], Operation]:
    """Decorator: make a function an op of so many operands; 0: of a list of them. keras: the class under which Keras
    saves it, and its module. facts: attributes of `Operation` that differ, such as exact=True."""

    def wrap(forward: Function) -> Operation:
        name = keras or "".join(word.capitalize() for word in forward.__name__.split("_"))
        made = Operation(forward, operands, name, module)
        made.__dict__.update(facts)
        return made

    return wrap
