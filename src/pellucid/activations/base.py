"""What an activation is: a function y = f(x) and, beside it, its gradient dx = dy · f'(x).

An activation is written as two plain functions, the second right under the first, and named by `@activation`:

    @activation()
    def tanh(x): ...

    @tanh.gradient
    def tanh_grad(dy, x, y): ...

The name `tanh` is then an `Activation`: called on an array it gives y, and `tanh.grad(dy, x, y)` gives dx.
Options (`negative_slope`, ...) are keyword arguments of both; `bound(...)` fixes them.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array, Shape, known
from ..errors import InvalidArgument, Told, UnknownName, WrongType
from ..program import Buffer, CannotLower, Program
from ..registry import Family, Part, get_custom_objects, plain
from ..settings import floatx
from ..wiring import FROM_ABOVE, Tensor
from .axes import inverse, permuted, to_the_end

Function = Callable[..., Array]

activations: ActivationFamily

# Keras keeps an activation's options only in a layer of the same meaning, which it takes wherever it takes a name.
KERAS_LAYERS = {"relu": "ReLU", "leaky_relu": "LeakyReLU", "elu": "ELU", "softmax": "Softmax"}
FROM_KERAS_LAYERS = {layer: name for name, layer in KERAS_LAYERS.items()}
LAYER_ARGUMENTS = ("name", "trainable", "dtype")


class Activation(Part):
    """A function and its gradient, with their options fixed. x (...), y (...), dy (...), dx (...)."""

    def __init__(self, name: str, forward: Function, backward: Function | None = None, **options: Any) -> None:
        self.name, self.forward, self.backward = name, forward, backward
        known = list(checks.parameters(forward).values())[1:]
        self.option_names = [p.name for p in known]
        self.required = [p.name for p in known if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
        self.options = {key: self._option(key, value) for key, value in options.items()}
        functools.update_wrapper(self, forward)

    def _option(self, key: str, value: Any) -> Any:
        """An option's value, once its name is known to exist: a number, None, or axes."""
        where = f"activation {self.name!r}"
        if key not in self.option_names:
            if not self.option_names:
                raise InvalidArgument(where, "no options", key)
            raise UnknownName(where, key, self.option_names)
        if isinstance(value, list | tuple):
            return tuple(self._option(key, v) for v in value)
        if value is not None and not isinstance(value, bool | np.bool_ | Real):
            raise WrongType(f"{where}, option {key}", "a number", value)
        if value is not None and not math.isfinite(value):
            raise InvalidArgument(f"{where}, option {key}", "a finite number", value)
        return value.item() if isinstance(value, np.generic) else value

    def gradient(self, backward: Function) -> Function:
        """Decorator: this function is the gradient."""
        self.backward = backward
        return backward

    def bound(self, **options: Any) -> Activation:
        """The same activation with other options.

        >>> from pellucid.activations import relu
        >>> relu.bound(negative_slope=0.5)(np.array([-2.0, 2.0]))
        array([-1.,  2.])
        """
        return Activation(self.name, self.forward, self.backward, **{**self.options, **options})

    def __call__(self, x: Any, *args: Any, **options: Any) -> Array:
        """y = f(x), of x's shape and dtype; lists and whole numbers are read in the default dtype. Of a tensor, the
        tensor that a layer `Activation` gives."""
        given = {**dict(zip(self.option_names, args, strict=False)), **options}
        options = {**self.options, **{key: self._option(key, value) for key, value in given.items()}}
        missing = [name for name in self.required if name not in options]
        if missing:
            example = ", ".join(f"{name}=0.0" for name in missing)
            raise InvalidArgument(
                f"activation {self.name!r}", f"the options {', '.join(missing)}", Told("none"),
                f"Write activations.{self.name}.bound({example}).",
            )  # fmt: skip
        if isinstance(x, Tensor):
            return FROM_ABOVE["activation"](self.bound(**options), x)  # type: ignore[no-any-return]
        return np.asarray(self.forward(self.as_input(x), **options))

    def as_input(self, x: Any) -> Array:
        """x as an array of floats."""
        array = known(x)
        if array.dtype.kind not in "fiub":
            raise WrongType(f"activation {self.name!r}, x", "numbers", Told(f"an array of {array.dtype}"))
        keeps = array.dtype.kind == "f" and isinstance(x, np.ndarray | np.generic)
        return array if keeps else array.astype(floatx())

    def grad(self, dy: Array, x: Array, y: Array) -> Array:
        """dL/dx from dL/dy, the input x and the output y = f(x).

        >>> from pellucid.activations import tanh
        >>> x = np.array([0.0, 1.0])
        >>> tanh.grad(np.ones(2), x, tanh(x)).round(3)
        array([1.  , 0.42])
        """
        if self.backward is None:
            raise InvalidArgument(
                f"activation {self.name!r}", "a gradient", None, "Give it one: activations.custom(f, f_grad)."
            )
        return np.asarray(self.backward(dy, x, y, **self.options))

    def output_shape_for(self, shape: Shape) -> Shape:
        """The output's shape for an input's, both without the batch: glu alone halves an axis.

        >>> from pellucid.activations import glu
        >>> glu.output_shape_for((3, 4))
        (3, 2)
        """
        halves = self.name == "glu" and is_standard(self)
        return self(np.zeros((2, *shape), "float32")).shape[1:] if halves else shape

    def lower(self, code: Program, x: Buffer, *, reshapes: bool = False) -> Buffer:
        """Emit y = f(x), and the way back through it, for the compiled engine.

        reshapes: whether the layer that asks says so of its output if f changes the shape.
        """
        if not is_standard(self):
            raise CannotLower(f"activation {self.name!r}")
        shape = self(np.zeros((2, *x.shape), "float32")).shape[1:]  # refuses what the definition refuses
        if shape != x.shape and not reshapes:
            raise CannotLower(f"activation {self.name!r} within a layer")
        if self.name == "linear":
            return x
        if "axis" in self.option_names:
            y = self._lower_along(code, x, shape)
        else:
            kernel, y, words = self._kernel(), code.buffer(shape), self._words()
            code.emit(kernel, x, y, x.size, *words)
            code.back(lambda dy, wanted: code.through(f"{kernel}.grad", dy, x, y, x.size, *words))
        if not self.options:
            code.ends_in(self.name, x)
        return y

    def _lower_along(self, code: Program, x: Buffer, shape: Shape) -> Buffer:
        """Emit an activation that reduces some axes."""
        axis = self.options.get("axis", -1)
        axes = {a % (len(x.shape) + 1) for a in (axis if isinstance(axis, tuple) else (axis,))}
        if 0 in axes:
            raise CannotLower(f"activation {self.name!r} over the batch")
        if self.name == "glu":
            return _lower_glu(code, x, shape, *axes)
        order = to_the_end(x.shape, sorted(axes))
        z = permuted(code, x, order)
        n = math.prod(x.shape[a - 1] for a in axes)
        y, where = code.buffer(z.shape), (z.size // n, n)
        code.emit(self.name, z, y, *where)
        code.back(lambda dy, wanted: code.through(f"{self.name}.grad", dy, z, y, *where))
        return permuted(code, y, inverse(order))

    def _kernel(self) -> str:
        """The name of the kernel: where an option chooses between two functions, these are two."""
        return f"{self.name}.approximate" if self.options.get("approximate") else self.name

    def _words(self) -> tuple[float, float, float]:
        """The options as kernels take them: three numbers, infinity for None."""
        defaults = {p.name: p.default for p in checks.parameters(self.forward).values()}
        given = [{**defaults, **self.options}[name] for name in self.option_names]
        p, q, r, *_ = [*(math.inf if value is None else float(value) for value in given), 0.0, 0.0, 0.0]
        return p, q, r

    def get_config(self) -> dict[str, Any]:
        """The options; the name is the class name of the saved form."""
        return dict(self.options)

    def __reduce__(self) -> Any:
        """Pickled by name where the library knows it: a decorated function cannot be found under its own name."""
        if is_standard(self):
            return (_standard, (self.name, self.options))
        return (_remade, (self.name, self.forward, self.backward, self.options))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Activation) and (self.name, self.forward, self.options) == (
            other.name,
            other.forward,
            other.options,
        )

    def __hash__(self) -> int:
        return hash((self.name, self.forward))

    def __repr__(self) -> str:
        options = "".join(f", {k}={v!r}" for k, v in self.options.items())
        return f"<activation {self.name}{options}>"


class ActivationFamily(Family[Activation]):
    """Activations are saved by their name alone, as Keras does, or with their options where they have any."""

    def get(self, identifier: Any, where: str = "") -> Activation:
        """The activation that None, a name, a config or an activation stands for.

        >>> from pellucid import activations
        >>> activations.get("swish"), activations.get(None)
        (<activation silu>, <activation linear>)
        """
        where = where or "activations.get"
        if identifier is None:
            return super().get("linear", where)
        if callable(identifier) and not isinstance(identifier, Part | type | str):
            known = getattr(identifier, "activation", None)  # an op is another way to call one of the library's
            return known if isinstance(known, Activation) else custom(identifier)
        return super().get(identifier, where)

    def serialize(self, part: Activation) -> Any:
        """The name alone; where there are options, the Keras layer that has them too, or else a form of our own.

        >>> from pellucid.activations import gelu
        >>> activations.serialize(gelu)
        'gelu'

        Keras would read {"class_name": "gelu", "config": ...} and forget the options without a word, so that the form
        of our own names our module, which Keras refuses.
        """
        standard = is_standard(part)
        name = part.name if standard else _custom_name(part)
        if not part.options:
            return name if standard else _saved("builtins", "function", name, "function")
        layer = KERAS_LAYERS.get(name) if standard else None
        if layer:
            return _saved("keras.layers", layer, plain(part.options), None)
        return _saved("pellucid.activations", name, plain(part.options), f"pellucid>{name}")

    def deserialize(self, saved: Any, custom_objects: Mapping[str, Any] | None = None, where: str = "") -> Activation:
        """The activation of a name or of a saved form."""
        where = where or "activations.deserialize"
        custom = custom_objects or {}
        if isinstance(saved, str):
            return self.get(custom.get(saved, saved), where)
        if not isinstance(saved, Mapping) or not isinstance(saved.get("class_name"), str):
            raise InvalidArgument(where, "a name, or a mapping with class_name and config", saved)
        name, config = saved["class_name"], saved.get("config") or {}
        if name == "function":  # Keras's form for a function: its name stands in `config`
            name, config = str(config), {}
        if name in FROM_KERAS_LAYERS:
            name = FROM_KERAS_LAYERS[name]
            config = {k: v for k, v in config.items() if k not in LAYER_ARGUMENTS}
        base = self.get(custom.get(name, name), where)
        return base.bound(**config) if isinstance(config, Mapping) and config else base


def _saved(module: str, class_name: str, config: Any, registered_name: str | None) -> dict[str, Any]:
    return {"module": module, "class_name": class_name, "config": config, "registered_name": registered_name}


def _custom_name(part: Activation) -> str:
    """The name under which a user's activation was registered, or its own."""
    return next((name for name, c in get_custom_objects().items() if c == part or c is part.forward), part.name)


def _lower_glu(code: Program, x: Buffer, shape: Shape, axis: int) -> Buffer:
    """Emit glu: along its axis, the halves of x are two blocks, one behind the other."""
    y, n = code.buffer(shape), math.prod(shape[axis - 1 :])
    code.emit("glu", x, y, y.size // n, n)

    def undo(dy: Buffer, wanted: bool) -> Buffer:
        dx = code.buffer(x.shape)
        code.emit("glu.grad", dy, x, dx, y.size // n, n)
        return dx

    code.back(undo)
    return y


def is_standard(part: Activation) -> bool:
    """Whether the name stands for this very function in the library."""
    made = activations.names.get(part.name)
    return made is not None and made().forward is part.forward


def _standard(name: str, options: Mapping[str, Any]) -> Activation:
    return activations.names[name]().bound(**options)


def _remade(name: str, forward: Function, backward: Function | None, options: Mapping[str, Any]) -> Activation:
    return Activation(name, forward, backward, **options)


activations = ActivationFamily("activation", "keras.activations")
Activation.family = activations


def activation(*aliases: str) -> Callable[[Function], Activation]:
    """Decorator: make a function an activation, known by its own name and these aliases."""

    def wrap(forward: Function) -> Activation:
        made = Activation(forward.__name__, forward)
        for name in (forward.__name__, *aliases):
            activations.names[name] = lambda: made
        return made

    return wrap


def custom(forward: Function, gradient: Function | None = None, name: str | None = None) -> Activation:
    """An activation of the user's own: y = forward(x), dx = gradient(dy, x, y). Without a gradient, forward is written
    with Python's operators and `pellucid.ops`, whose gradients then make it; so is a function that a layer is given.

    >>> square = custom(lambda x: x * x, lambda dy, x, y: dy * 2 * x, name="square")
    >>> square(np.array([3.0]))
    array([9.])

    To let saved models name it, register it: `get_custom_objects()["square"] = square`.
    """
    for argument, function in (("forward", forward), ("gradient", gradient)):
        if not callable(function) and not (function is None and argument == "gradient"):
            raise WrongType(f"activations.custom, argument {argument}", "a function", function)
    name = name or str(getattr(forward, "__name__", "custom"))
    if gradient is None:
        derived = FROM_ABOVE["derived"](forward, f"activation {name!r}")
        return Activation(name, forward, lambda dy, x, y: derived.gradients(dy, y, x)[0])
    return Activation(name, forward, gradient)
