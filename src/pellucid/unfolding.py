"""How models within a model unfold, which leaves its wiring: steps from wire to wire, flat; and which masks go along.

A layer says of masks: `supports_masking` and `compute_mask`, which mask its output has; `takes_mask`, whether it is
told that of its input. A mask is a wire of its own, from the step that computes it to whoever asks for it.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .errors import InvalidArgument, Told
from .wiring import Graph, Step, Wiring, any_of, needed


@dataclass
class _Unfolding:
    """What is known while a graph unfolds."""

    name: str  # by which weights of the outermost model's own go
    steps: list[Step] = field(default_factory=list)
    paths: dict[int, str] = field(default_factory=dict)  # of each layer, by its identity
    uses: dict[str, int] = field(default_factory=dict)
    wires: Iterator[int] = field(default_factory=itertools.count)
    masks: dict[int, int] = field(default_factory=dict)  # of a wire, the one that says which of its numbers count
    minding: int = 0  # how many layers that see to masks themselves stand around the present one

    def unfold(
        self,
        graph: Graph,
        inputs: Sequence[int],
        prefix: str,
        numbers: tuple[int, ...] = (),
        training: bool | None = None,
    ) -> tuple[int, ...]:
        """Append the steps of a graph that reads these wires; returns the wires of its outputs."""
        wires = dict(zip(graph.inputs, inputs, strict=True))
        for i, call in enumerate(graph.calls):
            given = tuple(wires[wire] for wire in call.inputs)
            place, told = (*numbers, i), call.training if training is None else training
            if isinstance(inner := getattr(call.way, "graph", None), Graph):
                inner, entering = self._with_masks(call.way, inner, given)
                self.minding += call.layer.takes_mask
                ends = self.unfold(inner, entering, f"{prefix}{call.layer.name}/", place, told)
                self.minding -= call.layer.takes_mask
            else:
                path = (prefix[:-1] or self.name) if call.layer.gives_weights else f"{prefix}{call.layer.name}"
                ends = tuple(next(self.wires) for _ in call.outputs)
                masks = tuple(map(self.masks.get, given)) if call.layer.takes_mask else ()
                path = self.paths.setdefault(id(call.layer), path)
                self._step(call.way, path, place, given, ends, told, masks if any_of(masks) else ())
            self._mask(call.layer, f"{prefix}{call.layer.name}", place, given, ends)
            wires |= zip(call.outputs, ends, strict=True)
        return tuple(wires[wire] for wire in graph.outputs)

    def _with_masks(self, layer: Any, graph: Graph, given: tuple[int, ...]) -> tuple[Graph, tuple[int, ...]]:
        """The graph of a layer, and what enters it: the masks too, where its `call` asks for them."""
        masks = tuple(map(self.masks.get, given))
        if not (layer.takes_mask and any_of(masks)):
            return graph, given
        return layer.masked_graph([mask is not None for mask in masks]), (*given, *(m for m in masks if m is not None))

    def _mask(self, layer: Any, path: str, place: tuple[int, ...], given: Sequence[int], ends: Sequence[int]) -> None:
        """Which mask the outputs of a call have."""
        if layer.attaches_mask:
            self.masks[ends[0]] = given[1]
            return
        masks = [self.masks.get(wire) for wire in given]
        if any(end in self.masks for end in ends):
            return  # a model passes on what the layers in it make of a mask
        if not layer.masks_output([mask is not None for mask in masks]):
            if any_of(masks) and layer.is_layer and not (self.minding or layer.consumes_mask):
                warnings.warn(
                    f"layer {layer.name!r} ({type(layer).__name__}): its input has a mask, which it does not pass on: "
                    "what follows sees none, and the loss counts every step.",
                    stacklevel=2,
                )
            return
        mask = masks[0]
        if not layer.passes_mask:
            mask = next(self.wires)
            step = layer.mask_step(layer, [m is not None for m in masks])
            self._step(step, f"{path}.mask", place, (*given, *(m for m in masks if m is not None)), (mask,))
        if mask is not None:
            self.masks[ends[0]] = mask  # of several outputs, as in Keras: what stands behind are states or scores

    def with_owner(self, step: Step) -> Step:
        """The step, with the path of the layer whose parameters it uses, where they are another's."""
        owner = step.layer.belongs_to
        if owner is None:
            return step
        if id(owner) not in self.paths:
            raise InvalidArgument(
                f"layer {owner.name!r}, its weights", "to be read within a model that calls the layer, too",
                Told("one that does not"), "Call it, or make the weight one of the layer's own: add_weight.",
            )  # fmt: skip
        return replace(step, path=self.paths[id(owner)])

    def _step(self, layer: Any, path: str, *rest: Any) -> None:
        path = self.paths.setdefault(id(layer), path)
        use = self.uses[path] = self.uses.get(path, 0) + 1
        if use > 1 and layer.memory is not None:
            raise InvalidArgument(
                f"layer {layer.memory.name!r}, stateful", "one place in a network, from which its states go on",
                Told("several"), "Call another layer there.",
            )  # fmt: skip
        self.steps.append(Step(layer, path, path if use == 1 else f"{path}#{use}", *rest))


def unfolded(graph: Graph, name: str, paths: Mapping[int, str]) -> Wiring:
    """The wiring of a graph, of a model of this name. paths: those that layers have already, by identity."""
    unfolding = _Unfolding(name, paths=dict(paths))
    inputs = tuple(next(unfolding.wires) for _ in graph.inputs)
    outputs = unfolding.unfold(graph, inputs, "")
    masks = tuple(map(unfolding.masks.get, outputs))
    steps = [unfolding.with_owner(step) for step in unfolding.steps]
    return Wiring(inputs, tuple(needed(steps, masks)), outputs, masks)
