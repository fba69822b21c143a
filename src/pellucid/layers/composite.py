"""A layer made of layers. The only walks through a network stand here: forward, and backward under it; along the wiring
of its steps, whether that is a chain or a graph."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ..arrays import Array, Arrays, Shape
from ..errors import ShapeError
from ..program import Buffer, Program, lettered
from ..rng import Key
from ..wiring import Graph, Step, Wiring, unfolded
from .base import Layer, Parameter


class CompositeCache(NamedTuple):
    """Each step's cache, its output where an activity regularizer needs it, and the penalty those give."""

    caches: list[Any]
    activities: list[Array | None]
    penalty: float


class Composite(Layer):
    """A layer that says which layers it is made of, and which of them reads what: its `graph`."""

    passing = Layer.passing | {"_wiring", "_inner"}
    _wiring: Wiring | None = None
    _inner: Sequence[Wiring] = ()  # those of the composites in it, from which it was made

    @property
    @abstractmethod
    def graph(self) -> Graph:
        """The calls of its layers."""

    @property
    def wiring(self) -> Wiring:
        """The steps of its layers, those of composites in it among them, as they are now."""
        inner = [call.layer.wiring for call in self.graph.calls if isinstance(call.layer, Composite)]
        if self._wiring is None or any(a is not b for a, b in zip(inner, self._inner, strict=True)):
            self._wiring, self._inner = unfolded(self.graph), inner
        return self._wiring

    @property
    def layers(self) -> list[Layer]:
        """The layers, in the order in which data meet them."""
        return self.graph.layers()

    def leaves(self) -> Iterator[tuple[str, Layer]]:
        """(path, layer) of every layer that is not itself made of layers, each once, in the order of `layers`."""
        paths = {id(layer): path for path, layer in self.wiring.owners.items()}
        waiting = self.layers[::-1]
        while waiting:
            layer = waiting.pop()
            if isinstance(layer, Composite):
                waiting += layer.layers[::-1]
            elif id(layer) in paths:
                yield paths.pop(id(layer)), layer

    def steps(self, *shapes: Shape) -> Iterator[tuple[Step, tuple[Shape, ...]]]:
        """Each step, and the shapes of what it reads, for inputs of these shapes."""
        known = dict(zip(self.wiring.inputs, shapes, strict=True))
        for step in self.wiring.steps:
            given = tuple(known[wire] for wire in step.inputs)
            known[step.output] = step.layer.output_shape_for(*given)
            yield step, given

    def output_shape_for(self, *shapes: Shape) -> Shape:
        known = dict(zip(self.wiring.inputs, shapes, strict=True))
        known |= {step.output: step.layer.output_shape_for(*given) for step, given in self.steps(*shapes)}
        return known[self.wiring.output]

    def parameters(self, *shapes: Shape) -> Sequence[Parameter]:
        found: dict[str, dict[str, Parameter]] = {path: {} for path, _ in self.leaves()}
        for step, given in self.steps(*shapes):
            for spec in step.layer.parameters(*given):
                known = found[step.path].setdefault(spec.name, replace(spec, name=f"{step.path}/{spec.name}"))
                if known.shape != spec.shape:
                    raise ShapeError(
                        f"model {self.name!r}, layer {step.path!r}",
                        f"inputs that its {spec.name} {known.shape} serves", [(None, *shape) for shape in given],
                    )  # fmt: skip
        return [spec for specs in found.values() for spec in specs.values()]

    def contains(self, layer: Layer) -> bool:
        """Whether the layer is one of this one's, or of a composite in it."""
        return any(la is layer or (isinstance(la, Composite) and la.contains(layer)) for la in self.layers)

    def part(self, p: Arrays, path: str) -> dict[str, Array]:
        """The parameters of one layer, out of all."""
        prefix = f"{path}/"
        return {name.removeprefix(prefix): value for name, value in p.items() if name.startswith(prefix)}

    # Forward, and backward under it ------------------------------------------------------------------------------

    def forward(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> tuple[Array, CompositeCache]:
        wiring = self.wiring
        values = dict(zip(wiring.inputs, xs, strict=True))
        caches, activities, penalty = [], [], 0.0
        for step in wiring.steps:
            given, regularizer = [values[wire] for wire in step.inputs], step.layer.activity_regularizer
            y, cache = step.layer.forward(
                self.part(p, step.path), *given, training=training, rng=rng.fold(*step.numbers)
            )
            values[step.output] = y
            caches.append(cache)
            activities.append(y if regularizer is not None else None)
            if regularizer is not None:
                penalty += regularizer(y) / len(y)
        return values[wiring.output], CompositeCache(caches, activities, penalty)

    def backward(self, p: Arrays, cache: CompositeCache, dy: Array) -> tuple[Any, dict[str, Array]]:
        return self._backward(p, cache, dy, from_logits=False)

    def backward_from_logits(self, p: Arrays, cache: CompositeCache, dz: Array) -> tuple[Any, dict[str, Array]]:
        return self._backward(p, cache, dz, from_logits=True)

    def _backward(self, p: Arrays, cache: CompositeCache, dy: Array, *, from_logits: bool) -> tuple[Any, Any]:
        """What the readers of a wire send back is added, and so is what the uses of a layer give its parameters."""
        wiring = self.wiring
        arrived: dict[int, Array] = {wiring.output: dy}
        gradients: dict[str, Array] = {}
        for step, c, y in reversed(list(zip(wiring.steps, cache.caches, cache.activities, strict=True))):
            if (d := arrived.pop(step.output, None)) is None:
                continue
            if y is not None:
                d = d + step.layer.activity_regularizer.grad(y) / len(y)
            fused = from_logits and step.output == wiring.output
            backward = step.layer.backward_from_logits if fused else step.layer.backward
            dx, found = backward(self.part(p, step.path), c, d)
            for wire, part in zip(step.inputs, dx if isinstance(dx, tuple) else (dx,), strict=True):
                if part is not None:
                    arrived[wire] = part if wire not in arrived else arrived[wire] + part
            for name, g in found.items():
                path = f"{step.path}/{name}"
                gradients[path] = g if path not in gradients else gradients[path] + g
        back = tuple(arrived.get(wire) for wire in wiring.inputs)
        return back if self.takes_many else back[0], gradients

    def lower(self, code: Program, *xs: Buffer) -> Buffer:
        places = dict(zip(self.wiring.inputs, xs, strict=True))
        code.branches |= not self.wiring.is_chain
        for step in self.wiring.steps:
            given, regularizer = [places[wire] for wire in step.inputs], step.layer.activity_regularizer
            with code.use(step.path, step.label, step.numbers, step.inputs, step.output):
                y = places[step.output] = step.layer.lowered(code, *given)
                code.tap(**lettered("x", given), y=y)
                if regularizer is not None:
                    code.back(lambda dy, wanted: code.seen(dy))
                    regularizer.lower_activity(code, y)
            if y in given or regularizer is not None:
                code.logits = None  # the loss does not look behind this layer
        return places[self.wiring.output]

    def logits(self, cache: CompositeCache) -> tuple[str, Array] | None:
        wiring = self.wiring
        if not wiring.steps:
            return None
        last = wiring.steps[-1]
        if last.output != wiring.output or cache.activities[-1] is not None:
            return None  # an activity regularizer acts behind the activation
        found: tuple[str, Array] | None = last.layer.logits(cache.caches[-1])
        return found

    def state_after(self, p: Arrays, cache: CompositeCache) -> dict[str, Array]:
        after: dict[str, Array] = {}
        for step, c in zip(self.wiring.steps, cache.caches, strict=True):
            present = self.part({**p, **after}, step.path)  # a layer that is used twice moves its averages twice
            after |= {f"{step.path}/{name}": value for name, value in step.layer.state_after(present, c).items()}
        return after

    def walk(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> Iterator[tuple[str, Array]]:
        """(label of a step, output) one after another, the way `forward` goes."""
        values = dict(zip(self.wiring.inputs, xs, strict=True))
        for step in self.wiring.steps:
            given = [values[wire] for wire in step.inputs]
            values[step.output], _ = step.layer.forward(
                self.part(p, step.path), *given, training=training, rng=rng.fold(*step.numbers)
            )
            yield step.label, values[step.output]

    # Parameters --------------------------------------------------------------------------------------------------

    @property
    def specs(self) -> Sequence[Parameter]:
        """Every parameter of every layer, under its path."""
        return self._specs

    def bind(self, shape: Any, p: Mapping[str, Array], owner: object) -> None:
        """All layers, and the composites among them, read and write the parameters through these views from now on."""
        self._hold(shape, p, owner)
        for step, given in self.steps(*self.sample_shapes):
            step.layer.bind(given if step.layer.takes_many else given[0], self.part(p, step.path), owner)
        self._tell_composites(owner)

    def _hold(self, shape: Any, p: Mapping[str, Array], owner: object) -> None:
        super().bind(shape, p, owner)
        self._specs = self.parameters(*self.sample_shapes)

    def _tell_composites(self, owner: object) -> None:
        known = dict(zip(self.graph.inputs, self.sample_shapes, strict=True))
        for call in self.graph.calls:
            layer, given = call.layer, tuple(known[wire] for wire in call.inputs)
            known[call.output] = layer.output_shape_for(*given)
            if isinstance(layer, Composite):
                p = {f"{path}/{name}": value for path, leaf in layer.leaves() for name, value in leaf.p.items()}
                layer._hold(given if layer.takes_many else given[0], p, owner)
                layer._tell_composites(owner)
