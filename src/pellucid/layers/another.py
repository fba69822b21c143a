"""A way in which a layer of one's own is called other than the first: other arguments, other numbers of inputs, or
shapes on which what it does depends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..arrays import Shape
from ..wiring import Node, Tensor
from .base import Layer
from .connecting import checked_tensors
from .walking import outputs_of
from .way import Way


class Another(Way):
    """The graph of this way; all else is the layer's, which each of its nodes stands for."""

    passing = Way.passing | {"shape", "p"}
    is_layer = False

    def __init__(self, whose: Way) -> None:
        super().__init__(dtype=whose.dtype)
        self._first = whose
        self._masked = {}

    @property
    def _whose(self) -> Any:
        return self._first

    @property
    def name(self) -> str:
        return self._first.name

    @property
    def likeness(self) -> Any:
        return self._first.likeness, repr(self._form), self._kinds, self._shapes

    def parts(self) -> Sequence[Layer]:
        return self._first.parts()

    @property
    def _owners(self) -> dict[str, Layer]:
        return self._whose._owners  # type: ignore[no-any-return]

    def _known_paths(self) -> Mapping[int, str]:
        earlier = [self._first, *self._whose._others]
        earlier = earlier[: earlier.index(self)] if self in earlier else earlier
        return {id(layer): path for way in reversed(earlier) for path, layer in way.wiring.owners.items()}

    def _ensure(self, shapes: tuple[Shape, ...]) -> None:
        super()._ensure(shapes)
        self.shape: Any = self._shapes if self.takes_many else self._shapes[0]

    def called_on(self, tensors: Sequence[Tensor], training: bool | None = None) -> tuple[Tensor, ...]:
        self.in_graph = True
        shapes, whose = checked_tensors(self.name, tensors, takes_many=self.takes_many), self._whose
        whose._nodes.append(Node(whose, tensors, self.output_shapes_for(*shapes), whose.dtype, training, self))
        return whose._nodes[-1].outputs  # type: ignore[no-any-return]

    def of_arrays(self, data: Sequence[Any], training: bool | None) -> Any:
        """The outputs for a batch, with the layer's present parameters."""
        whose = self._whose
        xs = self.as_inputs(list(data) if self.takes_many else data[0])
        whose.make(*whose._shapes)
        whose._complete()
        self.p = whose.p
        y = self.called_by_hand(xs, bool(training), whose.key_of_call())
        whose._calls += bool(training)
        return self.in_form(outputs_of(y))

    def _take_up(self, shapes: Sequence[Shape], owner: object) -> None:
        whose = self._whose
        whose._take_up(whose._shapes, owner)
        self._tell_composites(owner)
