"""What a layer is: a forward, a backward, and a list of the parameters it needs.

A layer is pure. `forward` gets parameters p and an input x and returns the output y and a cache, which is whatever
`backward` will need; nothing is kept in `self`. The parameters themselves belong to the model, which keeps those
of all its layers in one vector; the layer's `p` holds named views of that vector.

Letters: B the batch, I inputs, O outputs. A shape in this package leaves out the batch, unless it begins with None.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, TypedDict

import numpy as np

from .. import checks
from ..arrays import Array, Arrays, Flat, Shape, fits
from ..errors import InvalidArgument, ShapeError, WrongType
from ..program import Buffer, CannotLower, Program
from ..registry import Family, Part, arguments, plain, snake
from ..regularizers import regularizers
from ..rng import Key, fresh_key
from ..settings import floatx
from ..wiring import FROM_ABOVE, TRACING, Node, Tensor, tensors_in
from .connecting import as_numbers, checked_tensors, constant_for_ever, only
from .family import LayerFamily
from .holding import Holding, Parameter
from .hooks import KERAS_HOOKS, refuse_hooks
from .masked import Masked
from .shaped import Shaped
from .variable import Variable

layers: Family[Layer] = LayerFamily("layer", "keras.layers")


class LayerOptions(TypedDict, total=False):
    """Arguments that every layer takes."""

    name: str | None
    dtype: Any
    trainable: bool
    activity_regularizer: Any
    input_shape: Sequence[int] | None
    input_dim: int | None


class Layer(Part, Holding, Shaped, Masked):
    """A step from x (B, ...) to y (B, ...). A layer of your own writes `call`, with layers and `pellucid.ops`, and asks
    for weights in `build`, as in Keras:

    >>> import numpy as np
    >>> class Dot(Layer):
    ...     '''y = x·w, a number for each sample.'''
    ...     def build(self, input_shape):
    ...         self.w = self.add_weight((input_shape[-1], 1), initializer="ones", name="w")
    ...     def call(self, x):
    ...         return x @ self.w
    >>> Dot()(np.array([[1.0, 2.0]]))
    array([[3.]], dtype=float32)

    Or it writes `forward` and, with a gradient derived by hand, `backward`, and, as it needs them, `output_shape_for`
    and `parameters`:

    >>> class Scale(Layer):
    ...     '''y = x * s, one s for each input.'''
    ...     def parameters(self, shape):
    ...         return [Parameter("scale", shape, Ones())]
    ...     def forward(self, p, x, *, training, rng):
    ...         return x * p["scale"], x
    ...     def backward(self, p, x, dy):
    ...         return dy * p["scale"], {"scale": (dy * x).sum(axis=0)}
    >>> from pellucid.initializers import Ones
    >>> Scale()(np.array([[1.0, 2.0]]))
    array([[1., 2.]], dtype=float32)
    """

    family = layers
    _kind: ClassVar[str] = "layer"  # in what errors say
    dtype: str
    shape: Shape | None
    p: dict[str, Array]
    owner: object | None
    declared_shape: Shape | None
    activity_regularizer: Any
    _name: str | None
    _model_name: str | None
    _nodes: list[Node]
    _calls: int
    _activity_losses: list[float]
    formula: str = ""  # what `forward` computes, for `explain`: "z = xW + b, y = f(z)"
    formula_back: str = ""  # what `backward` computes: "dW = xᵀ·dz, dx = dz·Wᵀ"
    letters: ClassVar[Mapping[str, str]] = {}  # those of the parameters in the formulas, where they are not their names
    switches: ClassVar[Mapping[str, str]] = {}  # parameters that an argument switches off: {"bias": "use_bias"}
    takes_whole = False  # whether whole numbers reach `forward` as they are, not in the layer's dtype
    takes_text = False  # whether text may reach it
    reads_ahead = False  # whether its output may be computed for all rows before the engine begins: it trains nothing
    takes_many = False  # whether it is called on a list of inputs: `shape` is then a tuple of theirs
    gives_weights = False  # whether it reads nothing, and gives weights to the steps of a layer of one's own
    belongs_to: Layer | None = None  # whose parameters it reads or writes, where they are another's
    behind: tuple[Layer, str] | None = None  # (layer, parameter) that is listed before its own, as Keras has it
    names = 0  # where its input names rows of a table: how many there are, from 0 on
    overwritten: Sequence[str] = ()  # parameters that a step of training overwrites before others read them
    draws = False  # whether it uses random numbers in prediction, too
    is_layer = True  # whether a model shows it among its `layers`, as it does not show ops
    gives_many = False  # whether it gives several outputs: `forward` then returns a tuple of them, and so on
    keras_hooks: ClassVar[tuple[str, ...]] = KERAS_HOOKS  # methods that would be passed over in silence
    class_in_file = ""  # by which Keras counts it in a file, where its class has another name there
    saved_below = ""  # the group of a file, below the layer's own, in which Keras has its arrays
    tensor_arguments: ClassVar[tuple[str, ...]] = ()  # by which a call names further inputs
    cached: ClassVar[tuple[str, ...]] = ()  # the letters of what `forward` returns as its cache
    not_in_config: ClassVar[frozenset[str]] = frozenset(LayerOptions.__annotations__)  # arguments saved elsewhere
    passing = frozenset({"_nodes", "_calls", "_activity_losses"})
    traced: ClassVar[Any]  # what a class that writes `call` derives from, in the place of this one
    hint = (
        "Derive from Layer, and write call(self, x) with layers and pellucid.ops; or forward(p, x, *, training, rng) "
        "-> (y, cache) and backward(p, cache, dy) -> (dx, gradients), as the docstring of Layer shows."
    )

    def __init_subclass__(cls, **options: Any) -> None:
        """A class that writes `call`, and derives from this one or from another with a `traced`, derives from that."""
        super().__init_subclass__(**options)
        if "call" in vars(cls):
            bases = tuple(vars(base).get("traced", base) for base in cls.__bases__)
            if all(vars(base).get("forward") is None or base is Layer for base in cls.__mro__[1:]):
                bases += () if any(issubclass(base, Layer.traced) for base in bases) else (Layer.traced,)
            cls.__bases__ = bases
        cls.adopt()

    @classmethod
    def adopt(cls) -> None:
        """What a class does to those that derive from it."""

    def __init__(
        self,
        *,
        name: str | None = None,
        dtype: Any = None,
        trainable: bool = True,
        activity_regularizer: Any = None,
        input_shape: Sequence[int] | None = None,
        input_dim: int | None = None,
    ) -> None:
        refuse_hooks(type(self), self.keras_hooks, self.hint)
        if name is not None and (not isinstance(name, str) or not name or "/" in name):
            raise InvalidArgument(self.where("name"), "text without '/', or None", name)
        self._name = name
        self._model_name = None
        self.dtype = checks.dtype(self.where("dtype"), _policy_name(dtype) or floatx())
        self.trainable = bool(trainable)
        self.activity_regularizer = regularizers.optional(activity_regularizer, self.where("activity_regularizer"))
        told = input_shape if input_dim is None else (input_dim,)
        self.declared_shape = None if told is None else checks.shape(self.where("input_shape"), told, True)
        self.shape = None  # of the input, once built
        self.p = {}  # views of the parameters, once built
        self.owner = None  # the vector that holds them
        self._nodes = []  # where it was called on tensors
        self._activity_losses = []  # of the last call by hand
        self._calls = 0  # by hand, in training: noise of a seed of its own differs from call to call

    # What a layer writes -----------------------------------------------------------------------------------------

    def output_shape_for(self, shape: Shape) -> Shape:
        """The output's shape for an input's, both without the batch. The same, unless a layer says otherwise."""
        return shape

    def parameters(self, shape: Shape) -> Sequence[Parameter]:
        """The parameters needed for an input of this shape, in the order in which Keras saves them."""
        return ()

    @abstractmethod
    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        """(y, cache) from the parameters and the input."""

    @abstractmethod
    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Any, dict[str, Array]]:
        """(dx, gradients by parameter name) from dL/dy, each summed over the batch; of several inputs, all dx."""

    def state_after(self, p: Arrays, cache: Any) -> dict[str, Array]:
        """New values of parameters that are not trained (moving averages), after a training step."""
        return {}

    def remember(self, cache: Any) -> None:
        """Keep what the next batch goes on from, after a step of training, evaluation or prediction, or a call."""

    def logits(self, cache: Any) -> tuple[str, Array] | None:
        """(name of the output activation, what entered it), where a loss may be computed from that; else None."""
        return None

    def backward_from_logits(self, p: Arrays, cache: Any, dz: Array) -> tuple[Array, dict[str, Array]]:
        """As `backward`, from dL/dz with z the `logits`."""
        raise InvalidArgument(f"layer {self.name!r}", "a layer with an output activation", type(self).__name__)

    def lower(self, code: Program, x: Buffer) -> Buffer:
        """Emit the layer's operations for the compiled engine, and the way back through them; returns where y is.

        A layer that does not write this runs on the definition, and with it the whole network.
        """
        raise self.cannot_lower()

    def cannot_lower(self, how: str = "") -> CannotLower:
        """What `lower` raises where the layer has no compiled form as it is used; how: the sentence's end."""
        return CannotLower(f"layer {self.name!r} ({type(self).__name__}){how}")

    def lower_checked(self, code: Program, *xs: Buffer, **told: Any) -> Buffer:
        """`lower`, unless a class derived from the one that wrote it computes something else. told: the `mask`, where
        the layer asks which steps of its input count."""
        self.check_lowers()
        return self.lower(code, *xs, **told)

    def check_lowers(self) -> None:
        """Raise where a class derived from the one that wrote `lower` computes something else."""
        owner = {name: cls for cls in reversed(type(self).__mro__) for name in vars(cls)}
        if not all(issubclass(owner["lower"], owner[name]) for name in ("forward", "backward", "state_after")):
            raise self.cannot_lower()

    # What every layer has ----------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The layer's name: the user's, or else one that its model gave it, apart from its neighbours'."""
        return self._name or self._model_name or snake(type(self).__name__)

    @property
    def likeness(self) -> Any:
        """What makes two layers without parameters the same."""
        return type(self).__name__, repr({**self.get_config(), "name": None})

    @property
    def memory(self) -> Any:
        """The layer, itself or whose step it is, that keeps states from one batch to the next, as `Remembering` says;
        it has one place in a network. None where nothing is kept."""
        return None

    @property
    def named(self) -> bool:
        """Whether the user named it."""
        return self._name is not None

    def call_it(self, name: str) -> None:
        """The name to go by where the user gave none."""
        self._model_name = name

    def trains(self, name: str) -> bool:
        """Whether training changes its parameter of this name, where that is one to be trained."""
        return self.trainable

    def known_input_shape(self) -> Shape | None:
        """The input's shape, where it is known before any data."""
        return self.shape if self.built else self.declared_shape

    @property
    def built(self) -> bool:
        """Whether the parameters exist."""
        return self.shape is not None

    def build(self, input_shape: Any) -> None:
        """Make the parameters for inputs (None, ...). A model does this for its layers; alone, a layer does it when
        it is first called."""
        self.make(*self._shapes_of(input_shape, "build"))

    def make(self, *shapes: Shape) -> None:
        """Make the parameters for inputs of these shapes, unless they exist."""
        if self.built:
            return
        self.output_shapes_for(*shapes)  # refuses a shape that does not fit
        specs = self.specs_for(*shapes)
        vector = Flat({s.name: s.shape for s in specs}, self.dtype)
        key, held = fresh_key(), self.values_held()
        for i, spec in enumerate(specs):
            value = held.get(spec.name)
            vector[spec.name] = spec.initializer(spec.shape, self.dtype, key.fold(i)) if value is None else value
        self.bind(shapes if self.takes_many else shapes[0], {name: vector[name] for name in vector}, vector)

    def values_held(self) -> dict[str, Array]:
        """Values that parameters have before they exist: of layers in it that are built, or as the user gave them."""
        return {}

    def bind(self, shape: Any, p: Mapping[str, Array], owner: object) -> None:
        """Read and write the parameters through these views from now on."""
        self.shape, self.p, self.owner = shape, dict(p), owner

    def __getstate__(self) -> dict[str, Any]:
        """A copy keeps the values but belongs to nobody: the first model that uses it takes them up."""
        return {**self.__dict__, "owner": None, "_nodes": []}

    def __call__(self, x: Any, training: bool | None = None, mask: Any = None) -> Any:
        """y for a batch x (B, ...), with the layer's present parameters. With training=True, moving averages move, as
        in Keras: a call is a step taken, where `forward` only says what the step would give.

        Layers that change pictures at random do so unless training is False; all others, if it is True. Called on a
        tensor, as `Input` gives one, the layer joins a graph, and its output is a tensor too. There
        training says whether the layer behaves as in training, or as in prediction, whatever the model does."""
        self.refuse_mask(mask)
        if (tensors := tensors_in(x)) is not None:
            tensors = tensors if mask is None else self.attached(tensors, mask)
            return self.in_form(self.called_on(tensors, training))
        if TRACING.get() and type(self).parameters is not Layer.parameters:
            return self.on_numbers(x)
        xs = self.as_inputs(x)
        self.make(*(one.shape[1:] for one in xs))
        training = self.augments if training is None else bool(training)
        masks = {} if mask is None else {"mask": mask if self.takes_many else np.asarray(mask, bool)}
        y = self.called_by_hand(xs, training, self.key_of_call(), **masks)
        self._calls += training
        return y

    def key_of_call(self) -> Key:
        """Where a call by hand draws its random numbers."""
        return replace(fresh_key(), step=self._calls)

    def called_by_hand(self, xs: Sequence[Array], training: bool, rng: Key, **told: Any) -> Any:
        """What it gives in a call by hand, which leaves behind what a step would: averages move, states are kept."""
        y, cache = self.forward(self.p, *xs, training=training, rng=rng, **told)
        self.keep_activity_losses(cache, y)
        if training:
            for name, value in self.state_after(self.p, cache).items():
                self.p[name][...] = value
        else:
            self.assign_in_call(cache)
        self.remember(cache)
        return y

    def on_numbers(self, x: Any) -> Tensor:
        """What it gives for numbers that are the same for every batch, within the `call` of another layer."""
        raise constant_for_ever(self.name)

    def assign_in_call(self, cache: Any) -> None:
        """Do what a call by hand does to the weights that the `call` of one's own assigns, in prediction."""

    def keep_activity_losses(self, cache: Any, y: Any) -> None:
        """Let `losses` include what was given in this pass."""
        if self.activity_regularizer is not None:
            self._activity_losses = [float(self.activity_regularizer(y)) / max(len(y), 1)]

    @property
    def augments(self) -> bool:
        """Whether a call by hand that says nothing of training is one in training: as in Keras, where it changes
        pictures; of what is made of layers, where they do and there are no weights, which is known once it is built."""
        return any(part.augments for part in self.parts()) and not self.specs

    def parts(self) -> Sequence[Layer]:
        """The layers in it that are known by now."""
        return ()

    def called_on(self, tensors: Sequence[Tensor], training: bool | None = None) -> tuple[Tensor, ...]:
        """Each output of this layer when it is called on these tensors."""
        many, text = self.takes_many, self.takes_text
        shapes = checked_tensors(self.name, tensors, takes_many=many, takes_text=text)
        if self.shape is not None and shapes != list(self.sample_shapes) and not self._serves(*shapes):
            raise ShapeError(f"layer {self.name!r}, input", f"shape {self.input_shape}", [t.shape for t in tensors])
        self._nodes.append(Node(self, tensors, self.output_shapes_for(*shapes), self.gives_dtype, training))
        return self._nodes[-1].outputs

    def saved_call(self, tensors: list[Any]) -> dict[str, Any]:
        """The arguments of a call on these tensors, in their saved form, as Keras writes them."""
        return {"args": [tensors] if self.takes_many else tensors, "kwargs": {}}

    def in_form(self, outputs: Sequence[Any]) -> Any:
        """Outputs as a call gives them: one by itself, several as a list."""
        return list(outputs) if self.gives_many else outputs[0]

    @property
    def output(self) -> Any:
        """The tensor that it gave when it was called on one; several as a list."""
        return self.in_form(only(self.name, "output", self._nodes).outputs)

    @property
    def input(self) -> Any:
        """The tensor that it was called on; of several, a list."""
        inputs = list(only(self.name, "input", self._nodes).inputs)
        return inputs if self.takes_many else inputs[0]

    def as_inputs(self, data: Any) -> tuple[Array, ...]:
        """The data as an array for each input."""
        if not self.takes_many:
            return (self.as_input(data, self.dtype_of(0, data)),)
        if not isinstance(data, list | tuple):
            raise WrongType(f"layer {self.name!r}, input", "a list of arrays", data)
        found = tuple(self.as_input(one, self.dtype_of(i, one)) for i, one in enumerate(data))
        if len({len(x) for x in found}) > 1:
            raise ShapeError(f"layer {self.name!r}, input", "batches of one size", [x.shape for x in found])
        return found

    def as_input(self, data: Any, dtype: str) -> Array:
        """The data as an array of this dtype, of a shape that the layer's parameters serve."""
        if isinstance(data, Layer):
            raise WrongType(f"layer {self.name!r}, input", "an array or a tensor", data, "Call it: layer(tensor).")
        x = as_numbers(self.name, data, dtype)
        sample = x.shape[1:]
        if self.shape is not None and not (self.takes_many or fits(sample, self.shape) or self._serves(sample)):
            raise ShapeError(
                f"layer {self.name!r}, input", f"shape {(None, *self.shape)}", x.shape,
                "A single sample needs a batch axis: x[None]." if x.shape == self.shape else "",
            )  # fmt: skip
        return x

    @property
    def specs(self) -> Sequence[Parameter]:
        """The parameters, described."""
        return self.specs_for(*self.sample_shapes)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain data. The input's shape is saved with the model, not with the layer."""
        mine = [n for n in arguments(type(self)) if n not in self.not_in_config]
        config: dict[str, Any] = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}
        config |= {name: plain(getattr(self, name)) for name in mine}
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = plain(self.activity_regularizer)
        return config

    def __getattr__(self, name: str) -> Variable | None:
        """A parameter; None for one that is switched off, as in Keras."""
        if name in (self.__dict__.get("p") or {}):
            if TRACING.get():
                return FROM_ABOVE["lent"](self, name)  # type: ignore[no-any-return]
            return next(v for v in self.weights if v.name == name)
        if name in type(self).switches and not self.__dict__.get(type(self).switches[name], True):
            return None
        if TRACING.get() and any(spec.name == name for spec in self._specs_in_call()):
            return FROM_ABOVE["lent"](self, name)  # type: ignore[no-any-return]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _specs_in_call(self) -> Sequence[Parameter]:
        """The parameters that it will have, where a `call` that runs has called it and it is not built."""
        nodes = self.__dict__.get("_nodes")
        return nodes[-1].way.parameters(*(t.sample for t in nodes[-1].inputs)) if nodes and not self.p else ()

    def __setattr__(self, name: str, value: Any) -> None:
        """`layer.kernel = W` overwrites the parameter."""
        if name in (self.__dict__.get("p") or {}) and name not in self.__dict__ and not hasattr(type(self), name):
            next(v for v in self.weights if v.name == name).assign(value)
        else:
            super().__setattr__(name, value)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _policy_name(dtype: Any) -> Any:
    """Keras saves a dtype as {"class_name": "DTypePolicy", "config": {"name": "float32"}}."""
    if isinstance(dtype, Mapping):
        return (dtype.get("config") or {}).get("name")
    return dtype
