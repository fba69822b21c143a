"""The shapes and dtypes of a layer's inputs and outputs, as they follow from what its class writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import checks
from ..arrays import Array, Shape, at_length, is_open, with_batch
from ..errors import NotReady, PellucidError, ShapeError, Told
from .holding import Parameter
from .shapes import STAND_INS, open_shapes


class Shaped:
    """The shapes of inputs and outputs, without the batch unless they begin with None."""

    dtype: str
    shape: Shape | None  # of the input, once built; of several a tuple
    p: dict[str, Array]
    takes_many: bool
    gives_many: bool

    def output_shapes_for(self, *shapes: Shape) -> tuple[Shape, ...]:
        """Of each output, for those of the inputs, in which lengths may be left open."""
        return open_shapes(self._output_shapes, shapes)

    def _output_shapes(self: Any, *shapes: Shape) -> tuple[Shape, ...]:
        found: Any = self.output_shape_for(*shapes)
        return found if self.gives_many else (found,)

    def one_or_all(self, outputs: tuple[Any, ...]) -> Any:
        """What there is of the one output, or of all in a tuple."""
        return outputs if self.gives_many else outputs[0]

    def specs_for(self: Any, *shapes: Shape) -> Sequence[Parameter]:
        """`parameters`, for shapes in which lengths may be left open that no parameter depends on."""
        if not any(map(is_open, shapes)):
            found: Sequence[Parameter] = self.parameters(*shapes)
            return found
        small: Sequence[Parameter]
        small, large = (self.parameters(*(at_length(shape, n) for shape in shapes)) for n in STAND_INS)
        if [spec.shape for spec in small] != [spec.shape for spec in large]:
            raise ShapeError(
                f"layer {self.name!r}, input", "lengths that are known where the parameters' shapes depend on them",
                with_batch(shapes[0]), "Write the number in the place of None.",
            )  # fmt: skip
        return small

    @property
    def sample_shapes(self) -> tuple[Shape, ...]:
        """Of each input, once built."""
        shape: Any = self._built_shape("input_shape")
        return shape if self.takes_many else (shape,)

    @property
    def input_dtypes(self) -> tuple[str, ...]:
        """What its inputs come in: its own dtype, unless it was made for whole numbers."""
        return (self.dtype,) * len(self.sample_shapes)

    @property
    def first_dtype(self) -> str:
        """What data come in to a model that begins with it, where nothing else says so."""
        return self.dtype

    @property
    def gives_dtype(self) -> str:
        """What a graph says of its output: its own dtype, unless it gives whole numbers or text."""
        return self.dtype

    def meet_dtypes(self, dtypes: Sequence[str]) -> None:
        """Whole numbers come to those of its inputs that are of such a dtype."""

    def dtype_of(self, i: int, data: Any) -> str:
        """What to bring input i into, of which these are the data."""
        return self.dtype

    def build_config(self) -> dict[str, Any]:
        """What `build` is to be called with when it is loaded: shapes as lists that begin with None."""
        shapes = [[None, *shape] for shape in self.sample_shapes]
        return {"input_shape": shapes if self.takes_many else shapes[0]}

    @property
    def input_shape(self) -> Any:
        """(None, ...): the input's shape with the batch left open; of several inputs, a list."""
        found = [with_batch(shape) for shape in self.sample_shapes]
        return found if self.takes_many else found[0]

    @property
    def output_shape(self) -> Any:
        """(None, ...): the output's shape with the batch left open; of several outputs, a list."""
        found = [with_batch(shape) for shape in self.output_shapes_for(*self.sample_shapes)]
        return found if self.gives_many else found[0]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The output's shape for an input's, both with the batch in front, as in Keras; of several outputs, a list."""
        shapes = self._shapes_of(input_shape, "compute_output_shape")
        first = input_shape[0][0] if self.takes_many else input_shape[0]
        found = [(first, *shape) for shape in self.output_shapes_for(*shapes)]
        return found if self.gives_many else found[0]

    def _shapes_of(self: Any, given: Any, what: str) -> tuple[Shape, ...]:
        where = f"layer {self.name!r}, {what}, argument input_shape"
        return tuple(checks.batch_shape(where, shape) for shape in (given if self.takes_many else [given]))

    def _built_shape(self: Any, what: str) -> Shape:
        if self.shape is None:
            raise NotReady(
                f"layer {self.name!r}, {what}", "a layer that is built", Told("one that has not seen its input"),
                "Call it on data, or build(input_shape) first.",
            )  # fmt: skip
        found: Shape = self.shape
        return found

    def _serves(self, *shapes: Shape) -> bool:
        """Whether the parameters that there are would do for inputs of other shapes."""
        try:
            self.output_shapes_for(*shapes)
            return {s.name: s.shape for s in self.specs_for(*shapes)} == {n: v.shape for n, v in self.p.items()}
        except PellucidError:
            return False
