"""A layer made of layers. The only walks through a network stand here: forward, and backward under it; along the wiring
of its steps, whether that is a chain or a graph."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from .. import checks
from ..arrays import Array, Arrays, Shape
from ..errors import InvalidArgument, ShapeError, Told
from ..program import Buffer, Program, lettered
from ..rng import Key
from ..unfolding import unfolded
from ..wiring import Graph, Step, Wiring
from .base import Layer
from .holding import Parameter, leaders_first
from .variable import Variable
from .walking import arrive, given_to, left_by, masks_of, outputs_of


class CompositeCache(NamedTuple):
    """Each step's cache, its output where an activity regularizer needs it, and the penalty those give."""

    caches: list[Any]
    activities: list[Any]
    penalty: float
    masks: list[Array | None]  # of each output, which of its numbers count


class Composite(Layer):
    """A layer that says which layers it is made of, and which of them reads what: its `graph`."""

    passing = Layer.passing | {"_wiring", "_inner"}
    takes_text = True  # as far as the layers in it do
    _wiring: Wiring | None = None
    _specs: Sequence[Parameter] = ()
    _inner: Sequence[Wiring] = ()  # those of the composites in it, from which it was made

    @property
    @abstractmethod
    def graph(self) -> Graph:
        """The calls of its layers."""

    @property
    def has_graph(self) -> bool:
        """Whether it is known by now how data flow through it."""
        return True

    @property
    def wiring(self) -> Wiring:
        """The steps of its layers, those of composites in it among them, as they are now."""
        inner = [call.way.wiring for call in self.graph.calls if isinstance(call.way, Composite)]
        if self._wiring is None or any(a is not b for a, b in zip(inner, self._inner, strict=True)):
            self._wiring, self._inner = unfolded(self.graph, self.name, self._known_paths()), inner
        return self._wiring

    def _known_paths(self) -> Mapping[int, str]:
        """The paths that layers in it have already, by their identity."""
        return {}

    @property
    def _owners(self) -> dict[str, Layer]:
        """The layer of each path in it."""
        return self.wiring.owners

    @property
    def members(self) -> list[Layer]:
        """All that it is made of, in the order in which data meet it: layers, ops, and what gives its own weights."""
        return self.graph.layers()

    def in_saved_order(self) -> Sequence[Layer]:
        """The members in the order in which their parameters are listed."""
        return self.members

    @property
    def layers(self) -> list[Layer]:
        """The layers, in that order."""
        return [member for member in self.members if member.is_layer]

    @property
    def trainable(self) -> bool:
        """Whether training changes it. Setting this sets it for all layers in it, as in Keras."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        made = "_trainable" in self.__dict__  # a new model leaves the layers that it is made of as they are
        self._trainable = bool(value)
        for layer in self.parts() if made else ():
            layer.trainable = value

    def trains(self, name: str) -> bool:
        head, _, rest = name.partition("/")
        layer = next((la for graph in self._graphs() for la in graph.layers() if la.name == head), None)
        return self.trainable and (layer is None or layer.trains(rest))  # None: a weight of its own

    def parts(self) -> Sequence[Layer]:
        """The layers in it that are known by now."""
        return self.members

    def leaves(self) -> Iterator[tuple[str, Layer]]:
        """(path, layer) of every layer that is not itself made of layers, each once, in the order in which their
        parameters are listed."""
        paths = {id(layer): path for path, layer in self._owners.items()}
        waiting = list(self.in_saved_order())[::-1]
        while waiting:
            layer = waiting.pop()
            if isinstance(layer, Composite):
                waiting += list(layer.in_saved_order())[::-1]
            elif id(layer) in paths:
                yield paths.pop(id(layer)), layer
        for path, layer in self._owners.items():  # what a `call` that is told a mask does besides
            if id(layer) in paths:
                yield path, layer

    def steps(self, *shapes: Shape) -> Iterator[tuple[Step, tuple[Shape, ...]]]:
        """Each step, and the shapes of what it reads, for inputs of these shapes."""
        known = dict(zip(self.wiring.inputs, shapes, strict=True))
        for step in self.wiring.steps:
            given = tuple(known[wire] for wire in step.inputs)
            known |= zip(step.outputs, step.layer.output_shapes_for(*given), strict=True)
            yield step, given

    def _all_steps(self, *shapes: Shape) -> Iterator[tuple[Step, tuple[Shape, ...]]]:
        """As `steps`, with those of all other ways in which it is called."""
        return self.steps(*shapes)

    def output_shape_for(self, *shapes: Shape) -> Any:
        return self.one_or_all(self.output_shapes_for(*shapes))

    def output_shapes_for(self, *shapes: Shape) -> tuple[Shape, ...]:
        known = dict(zip(self.graph.inputs, shapes, strict=True))
        for call in self.graph.calls:  # not `wiring`: a layer of one's own has steps once it knows its input's shape
            given = tuple(known[wire] for wire in call.inputs)
            made = call.way.output_shapes_for(*given)
            if len(made) != len(call.outputs):
                raise InvalidArgument(
                    f"{self._kind} {self.name!r}", "layers with one output",
                    Told(f"{call.layer.name!r}, which gives {len(made)}"), "Use Model(inputs, outputs).",
                )  # fmt: skip
            known |= zip(call.outputs, made, strict=True)
        return tuple(known[wire] for wire in self.graph.outputs)

    def specs_for(self, *shapes: Shape) -> Sequence[Parameter]:
        return self.parameters(*shapes)

    def parameters(self, *shapes: Shape) -> Sequence[Parameter]:
        found: dict[str, dict[str, Parameter]] = {path: {} for path, _ in self.leaves()}
        for step, given in self._all_steps(*shapes):
            for spec in step.layer.specs_for(*given):
                known = found[step.path].setdefault(spec.name, replace(spec, name=f"{step.path}/{spec.name}"))
                if known.shape != spec.shape:
                    raise ShapeError(
                        f"model {self.name!r}, layer {step.path!r}",
                        f"inputs that its {spec.name} {known.shape} serves", [(None, *shape) for shape in given],
                    )  # fmt: skip
        return [spec for specs in found.values() for spec in specs.values()]

    def _graphs(self) -> Sequence[Graph]:
        """Its graph in each way in which it is called."""
        return [self.graph]

    @property
    def weights(self) -> list[Variable]:
        """Every parameter, layer by layer. None before it is built."""
        return [
            Variable.of(leaf, v.name, v.may_train and self.trainable, f"{path}/{v.name}", v.constraint)
            for path, leaf, v in self._listed()
        ]

    def _listed(self) -> list[tuple[str, Layer, Variable]]:
        """(path, layer, parameter) of every one, layer by layer; one that another layer's stand behind goes first."""
        leaves = self.leaves() if self.built else ()
        return leaders_first([(path, leaf, v) for path, leaf in leaves for v in leaf.weights])

    @property
    def losses(self) -> list[float]:
        """What regularizers add to the loss now, each by itself: those of the activities in the batch with which the
        model was last called by hand, `model(x)`; then those of the parameters. None before it is built."""
        leaves = [leaf for _, leaf in self.leaves()] if self.built else []
        activities = [loss for leaf in leaves for loss in leaf._activity_losses]
        return activities + [loss for leaf in leaves for loss in leaf.losses[len(leaf._activity_losses) :]]

    def get_weights(self) -> list[Array]:
        """Copies of all parameters, layer by layer; in each layer the trained ones first."""
        return [leaf.p[v.name].copy() for _, leaf, v in self._listed()]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Overwrite all parameters, in the order of `get_weights`; nothing changes unless every shape fits."""
        mine = self.get_weights()
        arrays = checks.arrays(f"{self._kind} {self.name!r}, set_weights", weights)
        if len(arrays) != len(mine):
            raise InvalidArgument(f"{self._kind} {self.name!r}, set_weights", f"{len(mine)} arrays", len(arrays))
        for i, (old, new) in enumerate(zip(mine, arrays, strict=True)):
            if old.shape != new.shape:
                raise ShapeError(f"{self._kind} {self.name!r}, set_weights, array {i}", f"shape {old.shape}", new.shape)
        for (_, leaf, v), new in zip(self._listed(), arrays, strict=True):
            leaf.p[v.name][...] = new

    def values_held(self) -> dict[str, Array]:
        held = [(path, leaf.p if leaf.built else leaf.values_held()) for path, leaf in self.leaves()]
        return {f"{path}/{name}": value for path, values in held for name, value in values.items()}

    def contains(self, layer: Layer) -> bool:
        """Whether the layer is one of this one's, or of a composite in it."""
        return any(la is layer or (isinstance(la, Composite) and la.contains(layer)) for la in self.parts())

    def part(self, p: Arrays, path: str) -> dict[str, Array]:
        """The parameters of one layer that is not made of layers, out of all."""
        prefix = f"{path}/"
        found = {name.removeprefix(prefix): value for name, value in p.items() if name.startswith(prefix)}
        return {name: value for name, value in found.items() if "/" not in name}

    # Forward, and backward under it ------------------------------------------------------------------------------

    def forward(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> tuple[Any, CompositeCache]:
        wiring, values = self.wiring, dict[int, Any]()
        caches, activities, penalty = [], [], 0.0
        for step, y, cache in self.passing_through(p, xs, values, training, rng):
            regularizer = step.layer.activity_regularizer
            caches.append(cache)
            activities.append(y if regularizer is not None else None)
            if regularizer is not None:
                penalty += sum(regularizer(one) / max(len(one), 1) for one in outputs_of(y))
        outputs = self.one_or_all(tuple(values[wire] for wire in wiring.outputs))
        told = [None if mask is None else values[mask] for mask in wiring.masks]
        return outputs, CompositeCache(caches, activities, penalty, told)

    def passing_through(
        self, p: Arrays, xs: Sequence[Array], values: dict[int, Any], training: bool, rng: Key
    ) -> Iterator[tuple[Step, Any, Any]]:
        """(step, what it gives, its cache), one after another; what is on each wire stands in `values` by then."""
        values |= zip(self.wiring.inputs, xs, strict=True)
        for step in self.wiring.steps:
            given, part, trains = given_to(step, values), self.part(p, step.path), step.trains(training)
            key, masks = rng.fold(*step.numbers), masks_of(step, values)
            y, cache = step.layer.forward(part, *given, training=trains, rng=key, **masks)
            p = left_by(step, p, cache)
            values |= zip(step.outputs, outputs_of(y), strict=True)
            yield step, y, cache

    def keep_activity_losses(self, cache: CompositeCache, y: Any) -> None:
        """Let the layers' `losses` include what activity regularizers gave in this pass, for each use of a layer."""
        found: dict[str, list[float]] = {}
        for step, y in zip(self.wiring.steps, cache.activities, strict=True):
            for one in filter(len, () if y is None else outputs_of(y)):
                found.setdefault(step.path, []).append(float(step.layer.activity_regularizer(one)) / len(one))
        for path, layer in self._owners.items():
            layer._activity_losses = found.get(path, [])

    def backward(self, p: Arrays, cache: CompositeCache, *dy: Array | None) -> tuple[Any, dict[str, Array]]:
        return self.backward_fused(p, cache, dy, [False] * len(dy))

    def backward_from_logits(self, p: Arrays, cache: CompositeCache, *dz: Array | None) -> tuple[Any, dict[str, Array]]:
        return self.backward_fused(p, cache, dz, [True] * len(dz))

    def backward_fused(
        self, p: Arrays, cache: CompositeCache, dy: Sequence[Array | None], from_logits: Sequence[bool]
    ) -> tuple[Any, dict[str, Array]]:
        """As `backward`, from dL/dy of each output, or from dL/dz of those that are taken from their logits. What the
        readers of a wire send back is added, and so is what the uses of a layer give its parameters."""
        wiring = self.wiring
        arrived: dict[int, Array] = {}
        for wire, part in zip(wiring.outputs, dy, strict=True):
            arrive(arrived, wire, part)
        fused = {wire for wire, taken in zip(wiring.outputs, from_logits, strict=True) if taken}
        gradients: dict[str, Array] = {}
        for step, c in zip(wiring.steps, cache.caches, strict=True):
            p = left_by(step, p, c)
        for step, c, y in reversed(list(zip(wiring.steps, cache.caches, cache.activities, strict=True))):
            d = [arrived.pop(wire, None) for wire in step.outputs]
            if y is not None:
                slopes = [step.layer.activity_regularizer.grad(one) / len(one) for one in outputs_of(y)]
                d = [slope if part is None else part + slope for part, slope in zip(d, slopes, strict=True)]
            if all(part is None for part in d):
                continue
            backward = step.layer.backward_from_logits if fused & set(step.outputs) else step.layer.backward
            dx, found = backward(self.part(p, step.path), c, *d)
            for wire, part in zip(step.inputs, dx if isinstance(dx, tuple) else (dx,), strict=True):
                arrive(arrived, wire, part)
            for name, g in found.items():
                path = f"{step.path}/{name}"
                gradients[path] = g if path not in gradients else gradients[path] + g
        back = tuple(arrived.get(wire) for wire in wiring.inputs)
        return back if self.takes_many else back[0], gradients

    def lower(self, code: Program, *xs: Buffer) -> Any:
        return self.one_or_all(lowered(self.wiring, code, xs))

    def all_logits(self, cache: CompositeCache) -> list[tuple[str, Array] | None]:
        """As `logits`, of each output."""
        wiring, found = self.wiring, list[tuple[str, Array] | None]()
        for last in map(wiring.last, wiring.outputs):
            at = -1 if last is None else wiring.steps.index(last)
            behind = last is None or cache.activities[at] is not None  # an activity regularizer acts on the output
            found.append(None if last is None or behind else last.layer.logits(cache.caches[at]))
        return found

    def logits(self, cache: CompositeCache) -> tuple[str, Array] | None:
        return self.all_logits(cache)[0] if len(self.wiring.outputs) == 1 else None

    def state_after(self, p: Arrays, cache: CompositeCache) -> dict[str, Array]:
        after: dict[str, Array] = {}
        for step, c in zip(self.wiring.steps, cache.caches, strict=True):
            if not (step.trains(True) or step.layer.belongs_to):
                continue
            present = self.part({**p, **after}, step.path)  # a layer that is used twice moves its averages twice
            after |= {f"{step.path}/{name}": value for name, value in step.layer.state_after(present, c).items()}
        return after

    @property
    def overwritten(self) -> Sequence[str]:  # type: ignore[override]
        """The parameters that a step of training overwrites before it computes."""
        return [f"{step.path}/{name}" for step in self.wiring.steps for name in step.layer.overwritten]

    def assign_in_call(self, cache: CompositeCache) -> None:
        for step, c in zip(self.wiring.steps, cache.caches, strict=True):
            for name, value in step.layer.state_after({}, c).items() if step.layer.belongs_to else ():
                self.p[f"{step.path}/{name}"][...] = value

    def remember(self, cache: CompositeCache) -> None:
        for step, c in zip(self.wiring.steps, cache.caches, strict=True):
            step.layer.remember(c)

    def walk(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> Iterator[tuple[str, Array]]:
        """(label of a step, output) one after another, the way `forward` goes."""
        for step, y, _ in self.passing_through(p, xs, {}, training, rng):
            if not step.layer.is_mask:
                yield step.label, outputs_of(y)[0]

    # Parameters --------------------------------------------------------------------------------------------------

    @property
    def specs(self) -> Sequence[Parameter]:
        """Every parameter of every layer, under its path."""
        return self._specs

    def bind(self, shape: Any, p: Mapping[str, Array], owner: object) -> None:
        """All layers, and the composites among them, read and write the parameters through these views from now on."""
        self._hold(shape, p, owner)
        for step, given in self._all_steps(*self.sample_shapes):
            step.layer.bind(given if step.layer.takes_many else given[0], self.part(p, step.path), owner)
        self._tell_composites(owner)

    def _hold(self, shape: Any, p: Mapping[str, Array], owner: object) -> None:
        super().bind(shape, p, owner)
        self._specs = self.parameters(*self.sample_shapes)

    def _tell_composites(self, owner: object) -> None:
        known = dict(zip(self.graph.inputs, self.sample_shapes, strict=True))
        for call in self.graph.calls:
            given = tuple(known[wire] for wire in call.inputs)
            known |= zip(call.outputs, call.way.output_shapes_for(*given), strict=True)
            if isinstance(call.way, Composite):
                call.way._take_up(given, owner)

    def _take_up(self, shapes: Sequence[Shape], owner: object) -> None:
        """Have the parameters that its layers have got, for inputs of these shapes."""
        p = {f"{path}/{name}": value for path, leaf in self.leaves() for name, value in leaf.p.items()}
        self._hold(tuple(shapes) if self.takes_many else shapes[0], p, owner)
        self._tell_composites(owner)


def lowered(wiring: Wiring, code: Program, xs: Sequence[Buffer]) -> tuple[Buffer, ...]:
    """Emit the steps of a wiring that begins with these; where each of its outputs is."""
    places = dict(zip(wiring.inputs, xs, strict=True))
    for step in wiring.steps if code.judged or code.keeps else wiring.answering:
        given, regularizer = [places[wire] for wire in step.inputs], step.layer.activity_regularizer
        given = given if step.layer.takes_whole else [x.plain for x in given]
        asks = step.masks and (step.trains(code.training) or not step.layer.learns_by_mask)
        told = masks_of(step, {wire: places[wire].plain for wire in step.masks if wire is not None}) if asks else {}
        times = max((x.each for x in given), default=1) or 1
        with code.use(step.path, step.label, step.numbers, step.inputs, step.outputs, step.training, times):
            y = step.layer.lower_checked(code, *given, **told)
            ys = outputs_of(y)
            places |= zip(step.outputs, ys, strict=True)
            code.tap(**lettered("x", given), **lettered("y", ys))
            if regularizer is not None:
                code.back(lambda dy, wanted: code.seen(dy))
                regularizer.lower_activity(code, y)
        if set(ys) & set(given) or regularizer is not None or len(ys) > 1:
            code.logits.pop(step.outputs[0], None)  # the loss does not look behind this layer
    if code.judged:
        code.masks = tuple(None if wire is None else places[wire].plain for wire in wiring.masks)
    return tuple(places[wire] for wire in wiring.outputs)
