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
from typing import Any, Self

import numpy as np

from .. import checks
from ..arrays import Shape, fits
from ..constraints import constraints
from ..errors import InvalidArgument, NotReady, PellucidError, ShapeError, Told, WrongType
from ..initializers import initializers
from ..registry import arguments, is_ours, plain
from ..regularizers import regularizers
from ..wiring import OPS, Call, Graph, Tensor
from .added_loss import added
from .base import Layer, LayerOptions
from .composite import Composite
from .drawing import CALL, Seeds, scene
from .form import Form, Place, in_order_of, put_together, taken_apart
from .holding import Parameter
from .input_layer import InputLayer
from .meeting import Meeting
from .own_weights import Weight, Weights, traced
from .tracing import Trace, joined_graph, layers_in, same_graph, trace


class Traced(Meeting, Composite):
    """A layer whose class writes `call`. What is not written with the layers and ops of this package is refused there:
    a question about numbers, such as `if x > 0`, has no answer before data flow.
    """

    keras_hooks = tuple(hook for hook in Layer.keras_hooks if hook != "call")
    passing = Composite.passing | {
        "_form", "_out", "_graph", "_masked", "_shapes", "_kinds", "_busy", "_built_once", "_taken_seeds",
    }  # fmt: skip
    _out: Form = None  # in which it gives its outputs
    _graph: Graph | None = None
    _masked: dict[tuple[bool, ...], Graph]  # by which of its inputs have a mask that `call` asks for
    _shapes: tuple[Shape, ...] = ()  # those of the inputs for which it was traced
    _built_once = False
    _busy = False  # while its own `build` or `call` runs
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
        self._meet(((form,), {}))
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
        if kwargs.get("mask", "") is None:
            del kwargs["mask"]  # that of the input, if it has one
        if args and not taken_apart((args, kwargs))[1]:
            args = (np.asarray(args[0]), *args[1:])
        form, data = taken_apart(in_order_of(self._form, (args, kwargs)))
        if not data:
            raise WrongType(self._place("input"), "tensors or arrays", args[0] if args else None)
        self._meet(form)
        if any(isinstance(one, Tensor) for one in data):
            return self.in_form(self.called_on(data, training))
        return self._of_arrays(data, training)

    def called_with(self, args: Sequence[Any], kwargs: dict[str, Any], training: bool | None) -> tuple[Tensor, ...]:
        """Each output when it is called with these arguments, the tensors among them."""
        form, tensors = taken_apart((tuple(args), kwargs))
        self._meet(form)
        return self.called_on(tensors, training)

    def saved_call(self, tensors: list[Any]) -> dict[str, Any]:
        args, kwargs = put_together(self._form, tensors)
        return {"args": list(args), "kwargs": kwargs}

    def _of_arrays(self, data: Sequence[Any], training: bool | None) -> Any:
        self._meet_data(data)
        found = super().__call__(list(data) if self.takes_many else data[0], training)
        return self.in_form(found if isinstance(found, tuple) else (found,))

    def called_on(self, tensors: Sequence[Tensor], training: bool | None = None) -> tuple[Tensor, ...]:
        self._meet_many(len(tensors))
        self.meet_dtypes([tensor.dtype for tensor in tensors])
        return super().called_on(tensors, training)

    def in_form(self, outputs: Sequence[Any]) -> Any:
        return put_together(self._out, tuple(outputs))

    # Tracing ----------------------------------------------------------------------------------------------------------

    @property
    def graph(self) -> Graph:
        return self._graph or self._settled()

    def _settled(self) -> Graph:
        """The graph, traced anew where there is none."""
        if self._graph is None:
            if not self._shapes:
                raise NotReady(
                    self._place("its layers"), "a layer that is built", Told("one that has not seen its input"),
                    "Call it on data, or build(input_shape) first.",
                )  # fmt: skip
            self._graph = self._graph_for(self._shapes)
            self._name_all()
        return self._graph

    def _graph_for(self, shapes: tuple[Shape, ...]) -> Graph:
        """What `call` does to inputs of these shapes."""
        self._busy = True
        try:
            if not self._built_once:
                with scene(None):
                    self._run_build(shapes)
            with traced():
                trained, predicted = (self._trace(shapes, training) for training in (True, False))
        finally:
            self._busy = False
        self._out, self._masked = trained.form, {}
        self.gives_many = trained.form != Place(0)
        graph = joined_graph(self._place(), trained, predicted, self.parts(), self.own_weights)
        if self.own_weights and all(call.layer is not self.own_weights for call in graph.calls):
            unread = Call(self.own_weights, (), tuple(-1 - i for i in range(len(self.own_weights.asked))))
            graph = Graph(graph.inputs, (unread, *graph.calls), graph.outputs)
        return graph

    def _run_build(self, shapes: tuple[Shape, ...]) -> None:
        """Let the class ask for its weights, by the shape of the input, or by `<argument>_shape` of several."""
        self._built_once = True
        args, kwargs = put_together(self._form, [(None, *shape) for shape in shapes])
        wanted = list(inspect.signature(self.build).parameters)
        if len(wanted) == 1:
            self.build([*args, *kwargs.values()][0])
        else:
            named = inspect.signature(self.call).bind_partial(*args, **kwargs).arguments
            self.build(**{f"{name}_shape": shape for name, shape in named.items() if f"{name}_shape" in wanted})

    def masked_graph(self, masked: Sequence[bool]) -> Graph:
        """What `call` does to inputs of which these have a mask: that enters behind them."""
        key = tuple(masked)
        if key not in self._masked:
            with traced():
                trained, predicted = (self._trace(self._shapes, training, key) for training in (True, False))
            self._masked[key] = joined_graph(self._place(), trained, predicted, self.parts(), self.own_weights)
        return self._masked[key]

    def _trace(self, shapes: tuple[Shape, ...], training: bool, masked: tuple[bool, ...] = ()) -> Trace:
        given = zip(shapes, self._kinds or (self.dtype,) * len(shapes), strict=True)
        entries = [InputLayer(shape, dtype=kind).tensor() for shape, kind in given]
        args, kwargs = put_together(self._form, entries)
        masks = [
            InputLayer(shape[:-1], dtype="bool").tensor() if there else None
            for shape, there in zip(shapes, masked, strict=False)
        ]
        if masks:
            kwargs = {**kwargs, "mask": put_together(self._form[0][0], masks)}
            entries = [*entries, *(mask for mask in masks if mask is not None)]
        if "training" in inspect.signature(self.call).parameters:
            kwargs = {**kwargs, "training": training}
        try:
            return trace(self._place(), entries, lambda: self.call(*args, **kwargs), self._seeds, self.own_weights)
        except PellucidError as problem:
            if not problem.where.startswith(self._place()):
                problem.where = f"{self._place('call')}, {problem.where}"
            raise
        except AttributeError as problem:  # by itself it would say that the layer has no `graph`
            asked = problem.name if isinstance(problem.obj, Tensor) else None
            fix = f"Write ops.{asked}(x)." if asked in OPS else "Write it with pellucid.ops." if asked else ""
            raise InvalidArgument(
                self._place("call"), "attributes that there are", Told(str(problem)), fix
            ) from problem

    def _ensure(self, shapes: tuple[Shape, ...]) -> None:
        """Be traced for inputs of these shapes, or else do the same to them as to those for which it was."""
        self._meet_many(len(shapes))
        if not self._shapes:
            self._shapes = shapes
            try:
                self._settled()
            except BaseException:
                self._shapes = ()
                raise
        elif not all(map(fits, shapes, self._shapes)) and not same_graph(self.graph, self._graph_for(shapes)):
            raise ShapeError(
                self._place("input"), f"{self._shapes}, for which it was traced", Told(str(shapes)),
                "What its call does depends on the shape: make a second layer.",
            )  # fmt: skip

    def output_shapes_for(self, *shapes: Shape) -> tuple[Shape, ...]:
        self._ensure(shapes)
        return super().output_shapes_for(*shapes)

    def parameters(self, *shapes: Shape) -> Sequence[Parameter]:
        self._ensure(shapes)
        return super().parameters(*shapes)

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
        if name in _declared(type(self)) and self._is_taken(name, value):  # type: ignore[arg-type]
            raise InvalidArgument(
                f"class {type(self).__name__}, attribute {name!r}", "a name that the library does not use itself",
                Told("one that it does"), f"Call it self.my_{name}.",
            )  # fmt: skip
        super().__setattr__(name, value)
        if self._graph is not None and not (self._busy or name in _declared(type(self))):  # type: ignore[arg-type]
            self._graph, self._wiring, self._masked = None, None, {}

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
        """The layers that `call` uses, in the order of its calls; before it was traced those that are attributes."""
        return super().layers if self._shapes else list(layers_in(self.__dict__))

    def parts(self) -> Sequence[Layer]:
        """Its own weights, and the layers that it keeps as attributes."""
        own = self.__dict__.get("_own_weights")
        return [*([] if own is None else [own]), *layers_in(self.__dict__)]

    def shapes_to_save(self) -> Any:
        form = self._form[0][0] if self._form[0] else self._form[1]
        return put_together(form, [[None, *shape] for shape in self.sample_shapes])

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
        config = {name: value for name, value in told.items() if name in taken}
        given = {name: getattr(self, name) for name in mine if name not in lacking}
        return config | {name: plain(value) for name, value in given.items() if (name, value) != ("seed", None)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """The layer of these arguments. Keras writes the dtype even where a class does not take it."""
        own = "dtype" in arguments(cls) or config.get("dtype") is None
        return super().from_config(config if own else {k: v for k, v in config.items() if k != "dtype"})


Layer.traced = Traced


@functools.cache
def _declared(cls: type[Traced]) -> frozenset[str]:
    """The attributes that the library's classes among its bases speak of."""
    ours = [base for base in cls.__mro__ if is_ours(base)]
    return frozenset(name for base in ours for name in (*vars(base), *vars(base).get("__annotations__", ())))


def _within_trace(build: Callable[..., None]) -> Callable[..., None]:
    """A `build` that does what the class wrote while the layer is traced, and otherwise has it traced."""

    @functools.wraps(build)
    def written(self: Traced, *args: Any, **kwargs: Any) -> None:
        if self._busy:
            build(self, *args, **kwargs)
        else:
            Traced.build(self, *args, **kwargs)

    return written


def _is_shape(given: Any) -> bool:
    return isinstance(given, list | tuple) and all(n is None or isinstance(n, Integral) for n in given)


def _axes(shape: Any) -> Sequence[Any]:
    return [shape] if isinstance(shape, Integral) else list(shape)
