"""Layers of one's own, written as Keras users write them: `build` asks for weights, `call` says what is computed.

`call` is run on tensors, not on numbers, when the layer learns the shape of its input. What it does to them is the
graph of the layer: each op, and each layer that it calls, a step with its gradient. So a layer of one's own is a model
in a model, and whatever looks at a network looks into it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np

from .. import checks
from ..constraints import constraints
from ..errors import InvalidArgument, NotReady, Told
from ..initializers import initializers
from ..registry import arguments, plain
from ..regularizers import regularizers
from ..wiring import Tensor
from .added_loss import added
from .base import Layer, LayerOptions
from .connecting import over_the_batch
from .drawing import CALL, Seeds
from .form import put_together, taken_apart
from .holding import Parameter
from .own_weights import Weight, Weights
from .tracing import layers_in
from .walking import outputs_of
from .watching import declared
from .ways import Ways


class Traced(Ways):
    """A layer whose class writes `call`. What is not written with the layers and ops of this package is refused there:
    a question about numbers, such as `if x > 0`, has no answer before data flow.
    """

    keras_hooks = tuple(hook for hook in Layer.keras_hooks if hook != "call")
    passing = Ways.passing | {"_taken_seeds"}
    _own_weights: Weights

    @property
    def _seeds(self) -> Seeds:
        """Those that its `call` has taken from generators."""
        found: Seeds = self.__dict__.setdefault("_taken_seeds", {})
        return found

    @property
    def own_weights(self) -> Weights:
        """What gives the weights that it asked for."""
        if "_own_weights" not in self.__dict__:
            self._own_weights = Weights(dtype=self.dtype)
        return self._own_weights

    names_in_file: ClassVar[Mapping[str, str]] = {}  # of attributes, where Keras keeps what they hold by another

    @property
    def in_file(self) -> Any:
        """What has the arrays that stand in its own group of a file."""
        return self.own_weights or None

    @classmethod
    def adopt(cls) -> None:
        """The `build` that a class writes does what it says once, when the layer is traced."""
        if "build" in vars(cls) and "adopt" not in vars(cls):
            cls.build = _within_trace(vars(cls)["build"])  # type: ignore[method-assign]

    # What its class writes, and what it may use ---------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Make the parameters for inputs (None, ...), or a list or dict of such shapes. A class of one's own writes it
        to ask for weights."""
        if self._busy:
            return
        form, shapes = taken_apart(input_shape, _is_shape)
        self._become(((form,), {}))
        self.make(*(checks.batch_shape(self._place("build, argument input_shape"), shape) for shape in shapes))

    def add_weight(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: Any = None,
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Weight:
        """A weight of this shape, a number unless one is given; "glorot_uniform" at the start. `call` gets it as a
        tensor.

        dtype, autocast and aggregation are taken for Keras's sake: a weight has the layer's dtype.
        """
        where = self._place("add_weight, argument ")
        if self._graph is not None:
            raise NotReady(self._place("add_weight"), "a layer that is not built", Told("one that is"), "Write build.")
        if overwrite_with_gradient:
            raise InvalidArgument(f"{where}overwrite_with_gradient", "False", True)
        taken = {spec.name for spec in self.own_weights.asked}
        if name in taken or (name is not None and (not isinstance(name, str) or not name or "/" in name)):
            raise InvalidArgument(f"{where}name", "a name of its own, without '/'", name)
        free = (f"variable_{n}" if n else "variable" for n in range(len(taken) + 1))
        spec = Parameter(
            name or next(one for one in free if one not in taken),
            () if shape is None else tuple(checks.integer(f"{where}shape", n, minimum=1) for n in _axes(shape)),
            initializers.get("glorot_uniform" if initializer is None else initializer, f"{where}initializer"),
            bool(trainable),
            regularizers.optional(regularizer, f"{where}regularizer"),
            constraints.optional(constraint, f"{where}constraint"),
        )
        return self.own_weights.add(spec)

    def add_loss(self, loss: Any) -> None:
        """Within `call`: add a tensor, summed over all its axes, to the loss, in training and in evaluation; or each
        in a list of them. Average over the batch for what shall not grow with it: `self.add_loss(ops.mean(x**2))`."""
        if (running := CALL.get()) is None:
            raise NotReady(self._place("add_loss"), "a call that runs", Told("none"), "Write it in call.")
        added(self._place("add_loss"), loss, running)

    # Calls ------------------------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """y for a batch; called on tensors, tensors. As `call` takes its arguments."""
        training = kwargs.pop("training", None)
        kwargs = _unless_untold(kwargs)
        if args and not taken_apart((args, kwargs))[1]:
            args = (np.asarray(args[0]), *args[1:])
        way, data = self._way_of((args, kwargs))
        if any(isinstance(one, Tensor) for one in data):
            return way.in_form(way.called_on(over_the_batch(data), training))
        return way.of_arrays(data, self._default_of_training() if training is None else training)

    def called_with(self, args: Sequence[Any], kwargs: dict[str, Any], training: bool | None) -> tuple[Tensor, ...]:
        """Each output when it is called with these arguments, the tensors among them."""
        way, tensors = self._way_of((tuple(args), _unless_untold(kwargs)))
        return way.called_on(tensors, training)  # type: ignore[no-any-return]

    def of_arrays(self, data: Sequence[Any], training: bool | None) -> Any:
        """The outputs for a batch, called in the first way."""
        self._meet_data(data)
        if self.built:
            self._complete()
        found = super().__call__(list(data) if self.takes_many else data[0], training)
        return self.in_form(outputs_of(found))

    def called_on(self, tensors: Sequence[Tensor], training: bool | None = None) -> tuple[Tensor, ...]:
        self.in_graph = True
        self._meet_many(len(tensors))
        self.meet_dtypes([tensor.dtype for tensor in tensors])
        return super().called_on(tensors, training)

    @property
    def built(self) -> bool:
        """Whether the parameters exist."""
        return self.shape is not None

    @built.setter
    def built(self, value: bool) -> None:
        """Keras's word in `build` that all is made; here that is known."""

    def __setattr__(self, name: str, value: Any) -> None:
        """`layer.kernel = W` overwrites a weight. Whatever else the class keeps may be read by `call`, which is run
        again once it has changed."""
        held = self.__dict__.get(name)
        if isinstance(held, Weight) and not isinstance(value, Weight):
            held.assign(value)
            return
        if name in declared(type(self)) and self._is_taken(name, value):  # type: ignore[arg-type]
            raise InvalidArgument(
                f"class {type(self).__name__}, attribute {name!r}", "a name that the library does not use itself",
                Told("one that it does"), f"Call it self.my_{name}.",
            )  # fmt: skip
        super().__setattr__(name, value)
        if self._watch is not None and not (self._busy or name in declared(type(self))):  # type: ignore[arg-type]
            self._forget()

    def _is_taken(self, name: str, value: Any) -> bool:
        """Whether an attribute of the class's own would stand in the place of one of the library's."""
        if name == "_own_weights":
            return False
        there = getattr(type(self), name, None)
        fixed = inspect.isfunction(there) or (isinstance(there, property) and there.fset is None)
        return fixed or isinstance(value, Layer | Weight) or (name == "p" and not isinstance(value, dict))

    def in_saved_order(self) -> Sequence[Layer]:
        """Its own weights, then the layers as they became attributes, as in Keras."""
        known = {id(layer): layer for layer in [*self.parts(), *self.members]}
        used = {id(member) for member in self.members}
        return [layer for place, layer in known.items() if place in used]

    @property
    def layers(self) -> list[Layer]:
        """The layers that it keeps, as they became attributes; then those that `call` makes."""
        found = [*layers_in(self.__dict__), *(super().layers if self._shapes else ())]
        return list({id(layer): layer for layer in found}.values())

    def parts(self) -> Sequence[Layer]:
        """Its own weights, and the layers that it keeps as attributes."""
        own = self.__dict__.get("_own_weights")
        return [*([] if own is None else [own]), *layers_in(self.__dict__)]

    def build_config(self) -> dict[str, Any]:
        shapes = [[None, *shape] for shape in self.sample_shapes]
        if by_name := self._shapes_asked(*put_together(self._form, shapes)):
            return {"shapes_dict": by_name}
        return {"input_shape": put_together(self._form[0][0] if self._form[0] else self._form[1], shapes)}

    # Config -----------------------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain data, where the class keeps them under their names; a class that does
        not writes `get_config` itself."""
        taken = arguments(type(self))
        told = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}
        mine = [name for name in taken if name not in LayerOptions.__annotations__]
        own = type(self).get_config is not Traced.get_config
        lacking = [name for name in mine if not hasattr(self, name)]
        if lacking and not own:
            raise InvalidArgument(
                f"class {type(self).__name__}, get_config", f"self.{lacking[0]}, or a get_config of its own",
                Told("neither"), f"Keep the argument: self.{lacking[0]} = {lacking[0]}.",
            )  # fmt: skip
        if self.activity_regularizer is not None:
            told["activity_regularizer"] = plain(self.activity_regularizer)
        config = {name: value for name, value in told.items() if name in taken}
        given = {name: getattr(self, name) for name in mine if name not in lacking}
        return config | {name: plain(value) for name, value in given.items() if (name, value) != ("seed", None)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """The layer of these arguments. Keras writes the dtype even where a class does not take it."""
        own = "dtype" in arguments(cls) or config.get("dtype") is None
        return super().from_config(config if own else {k: v for k, v in config.items() if k != "dtype"})


Layer.traced = Traced


def _within_trace(build: Callable[..., None]) -> Callable[..., None]:
    """A `build` that does what the class wrote while the layer is traced, and otherwise has it traced."""

    @functools.wraps(build)
    def written(self: Traced, *args: Any, **kwargs: Any) -> None:
        if self._busy:
            build(self, *args, **kwargs)
        else:
            Traced.build(self, *args, **kwargs)

    return written


def _unless_untold(kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call without masks that are None: what is called has those of its inputs, if they have any."""
    return {key: value for key, value in kwargs.items() if value is not None or not key.endswith("mask")}


def _is_shape(given: Any) -> bool:
    return isinstance(given, list | tuple) and all(n is None or isinstance(n, Integral) for n in given)


def _axes(shape: Any) -> Sequence[Any]:
    return [shape] if isinstance(shape, Integral) else list(shape)
