"""What a layer holds: its parameters, described, and Keras's lists of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .. import checks
from ..arrays import Array, Shape
from ..constraints import Constraint, constraints
from ..errors import InvalidArgument, ShapeError
from ..initializers import Initializer, initializers
from ..regularizers import Regularizer, regularizers
from .variable import Variable

OPTIONS = "initializer", "regularizer", "constraint"


@dataclass(frozen=True)
class Parameter:
    """One array that a layer needs: its name, its shape, where it starts, and what holds it."""

    name: str
    shape: Shape
    initializer: Initializer
    trainable: bool = True
    regularizer: Regularizer | None = None
    constraint: Constraint | None = None


class Holding:
    """The parameters of a layer, for whoever reads or overwrites them."""

    p: dict[str, Array]
    trainable: bool
    _activity_losses: list[float]

    @property
    @abstractmethod
    def name(self) -> str:
        """By which errors call it."""

    @property
    @abstractmethod
    def built(self) -> bool:
        """Whether the parameters exist."""

    @property
    @abstractmethod
    def specs(self) -> Sequence[Parameter]:
        """The parameters, described."""

    def keep_options(self: Any, name: str, initializer: Any, regularizer: Any = None, constraint: Any = None) -> None:
        """Keep what the constructor was told of a parameter, as `name`_initializer and so on."""
        where = {option: self.where(f"{name}_{option}") for option in OPTIONS}
        setattr(self, f"{name}_initializer", initializers.get(initializer, where["initializer"]))
        setattr(self, f"{name}_regularizer", regularizers.optional(regularizer, where["regularizer"]))
        setattr(self, f"{name}_constraint", constraints.optional(constraint, where["constraint"]))

    def described(self, name: str, shape: Shape, of: str = "") -> Parameter:
        """A parameter with the options kept for it, or for another, `of`."""
        kept = {option: getattr(self, f"{of or name}_{option}") for option in OPTIONS}
        return Parameter(name, shape, **kept)

    @property
    def weights(self) -> list[Variable]:
        """The parameters, those first that may be trained; none before the layer is built."""
        specs = _trained_first(self.specs) if self.built else ()
        return [Variable.of(self, s.name, s.trainable, constraint=s.constraint) for s in specs]

    @property
    def losses(self) -> list[float]:
        """What regularizers add to the loss now, each by itself: those of the activities in the batch with which the
        layer, or a model that it stands in, was last called by hand; then those of the parameters
        that are trained."""
        specs = [s for s in self.specs if s.trainable] if self.built and self.trainable else ()
        held = [float(s.regularizer(self.p[s.name])) for s in specs if s.regularizer is not None]
        return self._activity_losses + held

    def get_weights(self) -> list[Array]:
        """Copies of the parameters, the trained ones first, as Keras orders them."""
        return [self.p[s.name].copy() for s in _trained_first(self.specs)] if self.built else []

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Overwrite the parameters, in the order of `get_weights`."""
        specs = _trained_first(self.specs)
        arrays = checks.arrays(f"layer {self.name!r}, set_weights", weights)
        if len(arrays) != len(specs):
            raise InvalidArgument(f"layer {self.name!r}, set_weights", f"{len(specs)} arrays", len(arrays))
        for spec, w in zip(specs, arrays, strict=True):
            if w.shape != spec.shape:
                raise ShapeError(f"layer {self.name!r}, set_weights, {spec.name}", f"shape {spec.shape}", w.shape)
        for spec, w in zip(specs, arrays, strict=True):
            self.p[spec.name][...] = w

    def count_params(self) -> int:
        """How many numbers the layer's parameters hold."""
        return sum(v.size for v in self.p.values())

    @property
    def trainable_weights(self) -> list[Variable]:
        """The parameters that training changes."""
        return [v for v in self.weights if v.trainable]

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The parameters that training leaves as they are: moving averages, and those of frozen layers."""
        return [v for v in self.weights if not v.trainable]

    @property
    def variables(self) -> list[Variable]:
        """The same as `weights`; Keras adds the states of random generators, and there are none here."""
        return self.weights

    @property
    def trainable_variables(self) -> list[Variable]:
        """The same as `trainable_weights`."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The same as `non_trainable_weights`."""
        return self.non_trainable_weights


def _trained_first(specs: Sequence[Parameter]) -> list[Parameter]:
    return sorted(specs, key=lambda s: not s.trainable)


def leaders_first(listed: list[tuple[str, Any, Variable]]) -> list[tuple[str, Any, Variable]]:
    """(path, layer, parameter) of every one, those behind which another layer's stand before them."""
    for layer in dict.fromkeys(layer for _, layer, _ in listed if layer.behind):
        first = next(i for i, (_, one, _) in enumerate(listed) if one is layer)
        place = next(i for i, (_, one, v) in enumerate(listed) if (one, v.name) == layer.behind)
        listed.insert(min(first, place), listed.pop(place))
    return listed
