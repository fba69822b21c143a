"""Layers called on tensors: how a graph comes about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..arrays import Shape
from ..errors import NotReady, ShapeError, Told, WrongType
from ..wiring import Node, Tensor


class Connecting:
    """What a layer needs to stand in graphs; `Layer` is one."""

    name: Any
    dtype: str
    shape: Any  # of the input, or a tuple of theirs, once built
    many: bool
    nodes: list[Node]  # where it was called on tensors

    def output_shape_for(self, *shapes: Any) -> Shape:
        raise NotImplementedError

    def _serves(self, *shapes: Shape) -> bool:
        raise NotImplementedError

    @property
    def input_shape(self) -> Any:
        raise NotImplementedError

    @property
    def shapes(self) -> tuple[Shape, ...]:
        raise NotImplementedError

    def called_on(self, tensors: Sequence[Tensor]) -> Tensor:
        """What this layer gives when it is called on these tensors."""
        for tensor in tensors:
            if not isinstance(tensor, Tensor):
                raise WrongType(
                    f"layer {self.name!r}, input", "tensors alone", tensor, "Make it an Input of the model."
                )
        if len(tensors) != 1 and not self.many:
            raise ShapeError(
                f"layer {self.name!r}, input",
                "one tensor",
                Told(f"{len(tensors)}"),
                "Concatenate()([a, b]).",
            )
        shapes = [tensor.sample for tensor in tensors]
        if self.shape is not None and shapes != list(self.shapes) and not self._serves(*shapes):
            raise ShapeError(f"layer {self.name!r}, input", f"shape {self.input_shape}", [t.shape for t in tensors])
        node = Node(self, tensors, self.output_shape_for(*shapes), self.dtype)
        self.nodes.append(node)
        return node.output

    @property
    def output(self) -> Tensor:
        """The tensor that it gave when it was called on one."""
        return self._only_node("output").output

    @property
    def input(self) -> Any:
        """The tensor that it was called on; of several, a list."""
        inputs = list(self._only_node("input").inputs)
        return inputs if self.many else inputs[0]

    def _only_node(self, what: str) -> Node:
        if len(self.nodes) != 1:
            raise NotReady(
                f"layer {self.name!r}, {what}", "a layer that stands at one place of a graph",
                Told(f"one called on {len(self.nodes)} tensors"), "Keep the tensor that the call gives.",
            )  # fmt: skip
        return self.nodes[0]
