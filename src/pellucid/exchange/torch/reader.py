"""What the readers of modules and functions work with: one node of a traced PyTorch network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

from ... import layers as L
from ...arrays import Array
from ...errors import InvalidArgument, Told
from ...wiring import Tensor


class Rows:
    """The number of rows, where a network asks for the size of its batch."""


ROWS = Rows()


@dataclass
class Reading:
    """A network being read."""

    where: str
    dtype: str
    weights: list[tuple[L.Layer, dict[str, Array]]] = field(default_factory=list)
    layers: dict[str, L.Layer] = field(default_factory=dict)  # by the module's path; one that is used twice is there

    def array(self, tensor: Any) -> Array:
        """The numbers of a parameter or buffer, in the network's precision."""
        array: Array = tensor.detach().cpu().double().numpy() if tensor.is_floating_point() else tensor.cpu().numpy()
        return array.astype(self.dtype) if tensor.is_floating_point() else array


@dataclass
class Use:
    """One node: a module or a function called on values."""

    reading: Reading
    name: str  # of the node
    told: str  # what it is: nn.Linear, torch.add
    module: Any = None
    path: str = ""  # of the module
    alone: bool = True  # whether nothing else reads its first input, so that it may be overwritten
    parts: set[Any] | None = None  # which of several outputs are read; None for the whole

    def refuse(self, expected: str, got: str) -> NoReturn:
        raise InvalidArgument(
            f"{self.reading.where}, {self.path or self.name!r} ({self.told})", expected, Told(got),
            "Networks of Pellucid's layers and ops are read; take the part out that is none.",
        )  # fmt: skip

    def tensor(self, x: Any) -> Tensor:
        """A value that data flow through."""
        return x if isinstance(x, Tensor) else self.refuse("data", type(x).__name__)

    def axis(self, x: Tensor, axis: Any) -> int:
        """An axis behind the batch, counted from the front."""
        n = len(x.sample) + 1
        if not isinstance(axis, int) or not -n <= axis < n or axis % n == 0:
            self.refuse("an axis behind the batch", f"axis {axis} of {n}")
        return axis % n

    def axes(self, x: Tensor, axes: Any) -> list[int]:
        """Several of them; not None, which would mean the batch, too."""
        if axes is None:
            self.refuse("axes behind the batch", "all axes")
        return [self.axis(x, a) for a in (axes if isinstance(axes, Sequence) else [axes])]

    def layer(
        self, kind: Callable[..., L.Layer], *xs: Any, weights: dict[str, Any] | None = None, **options: Any
    ) -> Tensor:
        """The tensor of a layer, which is named after the module; of a module used twice it is the same layer."""
        layer = self.reading.layers.get(self.path) if self.path else None
        tensors = [self.tensor(x) for x in xs]
        if layer is None:
            named = {"name": self.path} if self.path else {}
            layer = kind(**named, **options, dtype=self.reading.dtype)
            if weights:
                self.keep(layer, weights, tensors)
        if self.path:
            self.reading.layers[self.path] = layer
        (y,) = layer.called_on(tensors)
        return y

    def keep(self, layer: L.Layer, weights: dict[str, Any], tensors: Sequence[Tensor]) -> None:
        """Remember the weights of a layer, if they fit; where none is trained, the layer is frozen."""
        arrays = {name: self.reading.array(w) for name, w in weights.items()}
        specs = layer.parameters(*(x.sample for x in tensors))
        wanted = {spec.name: spec.shape for spec in specs}
        if (found := {name: tuple(array.shape) for name, array in arrays.items()}) != wanted:
            self.refuse(f"weights of shape {wanted} for this input", str(found))
        trained = [weights[spec.name].requires_grad for spec in specs if spec.trainable]
        layer.trainable = layer.trainable and (any(trained) or not trained)
        self.reading.weights.append((layer, arrays))

    def operate(self, operation: Callable[..., Any], *operands: Any, **options: Any) -> Any:
        """The tensor that an op gives."""
        if any(isinstance(one, Rows) for one in operands):
            self.refuse("sizes that are known", "arithmetic with the number of rows")
        return operation(*map(self._operand, operands), **options)

    def _operand(self, value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            return value.astype(self.reading.dtype)
        return value

    def shaped(self, x: Tensor, sizes: Sequence[Any]) -> Tensor:
        """x in these sizes, the batch's among them."""
        sizes = list(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], Sequence) else list(sizes)
        size = int(np.prod(x.sample))
        first, *rest = sizes or [0]
        known = int(np.prod([n for n in rest if n != -1])) if not any(isinstance(n, Rows) for n in rest) else 0
        if rest.count(-1) == 1 and known > 0 and isinstance(first, Rows):
            rest = [size // known if n == -1 else n for n in rest]
        if not (first is ROWS or first == -1) or known < 1 or any(n < 1 for n in rest) or int(np.prod(rest)) != size:
            self.refuse(f"a shape (batch, ...) of {size} numbers for each row", str(sizes))
        return self.in_shape(x, rest)

    def in_shape(self, x: Tensor, shape: Sequence[int]) -> Tensor:
        """x with samples of this shape."""
        if tuple(shape) == tuple(x.sample):
            return x
        if len(shape) == 1 and self.reading.dtype == x.dtype:
            return self.layer(L.Flatten, x)
        return self.layer(L.Reshape, x, target_shape=tuple(shape))


MODULES: dict[str, Callable[[Use, Any], Any]] = {}  # by "nn.Linear", or the name of a class of parts.py
FUNCTIONS: dict[str, Callable[..., Any]] = {}


def reads(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: this reads these modules, whose names begin with a capital, or functions."""

    def register(reader: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            (MODULES if name.rpartition(".")[2][0].isupper() else FUNCTIONS)[name] = reader
        return reader

    return register
