"""What an optimizer is between two steps: the state that checkpoints, files and Keras's names for it hold."""

from __future__ import annotations

import weakref
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..arrays import Array, Flat
from ..errors import InvalidArgument, NotReady, Told, UnknownName, WrongType
from ..registry import Part
from ..settings import floatx
from .memory import Memory, assign, assign_in_order, in_order
from .schedules.base import LearningRateSchedule
from .variable import OptimizerVariable


class SavedState(Part):
    """The half of an optimizer that remembers: what was learned besides the weights, read and put back."""

    __slots__ = ("_served", "_serves")  # slots, so that no copy takes them along
    _serves: Mapping[str, weakref.ref[Any]]  # whose parameters its slots are of, by path
    _served: weakref.ref[Any]  # the wiring of which these are
    name: str
    steps_taken: int
    memory: Memory | None
    learning_rate: Any
    _learning_rate: Any
    _listed: list[str] | None

    @abstractmethod
    def slot_groups(self) -> Sequence[Sequence[str]]:
        """The slots as Keras makes them."""

    @abstractmethod
    def _built(self, theta: Flat, arrays: Mapping[str, Array]) -> Memory:
        """The memory for this layout."""

    def serve(self, where: str, model: Any) -> None:
        """Train a model's layers from now on: where there were steps, they are to be those that it trained."""
        wiring = model.wiring
        if (served := getattr(self, "_served", None)) is not None and served() is wiring:
            return
        found = {
            path: layer for path, layer in model.leaves() if layer.specs
        }  # ops are made anew where `call` is traced again
        known = getattr(self, "_serves", {})
        if self.steps_taken and any(known[path]() is not layer for path, layer in found.items() if path in known):
            raise InvalidArgument(
                where, "an optimizer of its own", Told(f"{self.name!r}, with what it keeps of another model's weights"),
                "Make one for each model.",
            )  # fmt: skip
        self._serves = {path: weakref.ref(layer) for path, layer in found.items()}
        self._served = weakref.ref(wiring)

    # All of it, for checkpoints ----------------------------------------------------------------------------------

    def state(self) -> dict[str, Array]:
        """Copies of all that the next steps depend on: `load_state` resumes bit by bit."""
        state = {"iterations": np.array(self.steps_taken, "int64")}
        if not isinstance(self._learning_rate, LearningRateSchedule):
            state["learning_rate"] = np.array(self._learning_rate, "float64")
        if self.memory is not None:
            state |= {name: vector.copy() for name, vector in self.memory.vectors().items()}
        return state

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Go on from a `state`; build first, if that state was taken from an optimizer that was built."""
        if "learning_rate" in state and isinstance(self._learning_rate, LearningRateSchedule):
            self._learning_rate = 0.0  # somebody had taken it into hand
        targets = self.state() | (self.memory.vectors() if self.memory is not None else {})
        assign(f"optimizer {self.name!r}, load_state", targets, state)
        self.steps_taken = int(targets["iterations"])
        if "learning_rate" in targets:
            self._learning_rate = float(targets["learning_rate"])

    # As Keras saves it -------------------------------------------------------------------------------------------

    def to_save(self, theta: Flat, trainable: Sequence[str] | None = None) -> list[tuple[str, Array]]:
        """The state as Keras saves it, (name, array) in its order and dtypes, for the parameters of these names.

        First the number of steps and the learning rate (unless scheduled), then averages, accumulators, slots.
        """
        return self._saved(self._built(theta, theta), self._names(theta, trainable))

    def places_to_save(
        self, theta: Flat, trainable: Sequence[str] | None = None
    ) -> dict[str, tuple[str, list[tuple[str, Array]]]]:
        """What `to_save` gives by the group of the file that it stands in, with the group's name."""
        return {"vars": (self.name, self.to_save(theta, trainable))}

    def load_saved(
        self, theta: Flat, values: Sequence[tuple[str, Array] | Array], trainable: Sequence[str] | None = None
    ) -> None:
        """Go on from what `to_save`, or Keras, saved.

        The learning rate is saved in float32; where it is that of the present one, the present one stays. An optimizer
        that Keras saved before its first step holds the number of steps and the learning rate alone.
        """
        memory, names = self._built(theta, theta), self._names(theta, trainable)
        short = len(values) == len(self._saved_first())
        self._put_back(f"optimizer {self.name!r}, load_saved", None if short else memory, names, values)
        self._listed = names

    def as_saved(self, what: str, value: Array) -> Array:
        """A copy of a slot as Keras saves it."""
        return value.copy()

    def saved_last(self, dtype: np.dtype[Any]) -> list[tuple[str, Array]]:
        """What Keras saves after the slots, though the number of steps determines it."""
        return []

    def _put_back(self, where: str, memory: Memory | None, names: Sequence[str], values: Sequence[Any]) -> None:
        """Overwrite the numbers and, with a memory, what it holds of these parameters: all or none of it."""
        first = targets = self._saved_first()
        rate_now = [rate.item() for _, rate in first[1:]]
        if memory is not None:
            body = [(name, view) for name, _, view in self._labelled(memory, names)]
            targets = [*first, *body, *self.saved_last(memory.dtype)]
        assign_in_order(where, targets, values)
        self.steps_taken = int(first[0][1])
        if rate_now and rate_now[0] != first[1][1]:
            self._learning_rate = float(first[1][1])

    def _saved(self, memory: Memory | None, names: Sequence[str]) -> list[tuple[str, Array]]:
        """Copies of the numbers and, with a memory, of what it holds of these parameters."""
        if memory is None:
            return self._saved_first()
        body = [(name, self.as_saved(what, view)) for name, what, view in self._labelled(memory, names)]
        return [*self._saved_first(), *body, *self.saved_last(memory.dtype)]

    def _labelled(self, memory: Memory, names: Sequence[str]) -> list[tuple[str, str, Array]]:
        """(Keras's name, what it is, view) of all that is remembered of these parameters, in Keras's order."""
        found = in_order(names, self.slot_groups(), memory)
        return [(f"{name}_{what}".replace("/", "_"), what, view) for name, what, view in found]

    def _saved_first(self) -> list[tuple[str, Array]]:
        first = [("iteration", np.array(self.steps_taken, "int32"))]
        if not isinstance(self._learning_rate, LearningRateSchedule):
            first.append(("learning_rate", np.array(self._learning_rate, floatx())))
        return first

    def _names(self, theta: Mapping[str, Any], trainable: Sequence[str] | None) -> list[str]:
        """These names in the vector's order; None stands for all."""
        if trainable is None:
            return list(theta)
        for name in trainable:
            if name not in theta:
                raise UnknownName(f"optimizer {self.name!r}, argument trainable", name, theta)
        wanted = set(trainable)
        return [name for name in theta if name in wanted]

    # Under Keras's names -----------------------------------------------------------------------------------------

    @property
    def variables(self) -> list[OptimizerVariable]:
        """The state, array by array, as Keras orders and names it: writing into one changes the optimizer.

        The number of steps and the learning rate (unless scheduled) come first; averages, accumulated gradients and
        slots follow once the optimizer is built: of all parameters, or of those that a model's last step trained.

        >>> from pellucid.optimizers import SGD
        >>> w = np.array([1.0, 2.0])
        >>> optimizer = SGD(0.5, momentum=0.9)
        >>> optimizer.apply([w.copy()], [w])
        >>> for v in optimizer.variables:
        ...     print(v.path, v.numpy())
        sgd/iteration 1
        sgd/learning_rate 0.5
        sgd/0_momentum [-0.5 -1. ]
        """
        found = [self._number(i, name) for i, (name, _) in enumerate(self._saved_first())]
        if (memory := self.memory) is None:
            return found
        for name, what, view in self._labelled(memory, self._names(memory.shapes, self._listed)):
            found.append(self._slot(name, what, view))
        last = self.saved_last(memory.dtype)
        return found + [self._determined(i, name, memory) for i, (name, _) in enumerate(last)]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Overwrite all `variables` with these arrays, in their order; all or none of them.

        Keras passes over arrays that are too many or too few; here they are an error.
        """
        where = f"optimizer {self.name!r}, set_weights"
        if self.memory is None:
            raise NotReady(
                where, "an optimizer that was built", Told("a new one"),
                "Call optimizer.build(model.trainable_variables), or train a step, first.",
            )  # fmt: skip
        self._put_back(where, self.memory, self._names(self.memory.shapes, self._listed), list(weights))

    def assign(self, variable: Any, value: Any) -> None:
        """The same as `variable.assign(value)`, for a variable of the optimizer or of a model."""
        self._assigning("assign", variable).assign(value)

    def assign_add(self, variable: Any, value: Any) -> None:
        """The same as `variable.assign_add(value)`."""
        self._assigning("assign_add", variable).assign_add(value)

    def assign_sub(self, variable: Any, value: Any) -> None:
        """The same as `variable.assign_sub(value)`."""
        self._assigning("assign_sub", variable).assign_sub(value)

    def _assigning(self, method: str, variable: Any) -> Any:
        if not hasattr(variable, method):
            raise WrongType(
                f"optimizer {self.name!r}, {method}", "a variable of an optimizer or of a layer", variable,
                "Write array[...] = value for an array.",
            )  # fmt: skip
        return variable

    def _number(self, i: int, name: str) -> OptimizerVariable:
        """The variable that is the i-th number before the slots: of steps, or the learning rate."""

        def write(value: Array) -> None:
            if name == "learning_rate":
                self.learning_rate = float(value)
            elif value != (steps := int(value)) or steps < 0:
                raise InvalidArgument(f"variable {self.name}/{name}, assign", "a number of steps", value.item())
            else:
                self.steps_taken = steps

        return OptimizerVariable(self.name, name, lambda: self._saved_first()[i][1], write)

    def _slot(self, name: str, what: str, view: Array) -> OptimizerVariable:
        def write(value: Array) -> None:
            view[...] = value

        return OptimizerVariable(self.name, name, lambda: self.as_saved(what, view), write)

    def _determined(self, i: int, name: str, memory: Memory) -> OptimizerVariable:
        """A variable that the number of steps determines: it takes the value that it has, and no other."""

        def read() -> Array:
            return self.saved_last(memory.dtype)[i][1]

        def write(value: Array) -> None:
            if value != read():
                raise InvalidArgument(
                    f"variable {self.name}/{name}, assign", f"what {self.steps_taken} steps make it, {read()}",
                    value.item(), "Set the number of steps, optimizer.variables[0], instead.",
                )  # fmt: skip

        return OptimizerVariable(self.name, name, read, write)
