"""What an optimizer remembers between steps, as checkpoints, Keras's files and its users see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from .. import checks
from ..arrays import Array, Flat
from ..errors import NotReady, ShapeError, Told, UnknownName
from ..settings import floatx
from .memory import Memory, assign, assign_in_order, in_order
from .schedules.base import LearningRateSchedule


class StateVariable(np.ndarray[Any, np.dtype[Any]]):
    """A part of an optimizer's state: an array that also answers to Keras's names for a variable.

    >>> from pellucid.optimizers import SGD
    >>> optimizer = SGD(0.5)
    >>> optimizer.variables
    [<Variable path=sgd/iteration, shape=(), dtype=int32, value=0>, \
<Variable path=sgd/learning_rate, shape=(), dtype=float32, value=0.5>]
    >>> optimizer.variables[1].assign(0.25)
    >>> optimizer.learning_rate
    0.25
    """

    name: str = ""
    path: str = ""
    trainable = False
    _read: Callable[[], Array] | None = None
    _write: Callable[[Array], None] | None = None

    @classmethod
    def of(
        cls,
        path: str,
        array: Array,
        read: Callable[[], Array] | None = None,
        write: Callable[[Array], None] | None = None,
    ) -> Self:
        """This array under this path, where it lives; or a number that is read and written by these functions."""
        made = array.view(cls)
        made.path, made.name = path, path.rpartition("/")[2]
        made._read, made._write = read, write
        return made

    @property
    def value(self) -> Array:
        """A copy of the present numbers."""
        return np.array(self if self._read is None else self._read())

    def numpy(self) -> Array:
        """A copy of the present numbers."""
        return self.value

    def assign(self, value: Any) -> None:
        """Overwrite the numbers; the shape must be the variable's own."""
        given = checks.arrays(f"variable {self.path!r}, assign", [value])[0]
        if given.shape != self.shape:
            raise ShapeError(f"variable {self.path!r}, assign", f"shape {self.shape}", given.shape)
        if self._write is not None:
            self._write(given)
        self.view(np.ndarray)[...] = given

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else np.asarray(array)

    def __getitem__(self, key: Any) -> Any:
        return self.view(np.ndarray)[key]

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, value={self.value}>"


class WithState:
    """An optimizer's state: `variables` and weights as in Keras, `state` bit by bit, and what Keras's files hold."""

    name: str
    slots: tuple[str, ...]
    steps_taken: int
    memory: Memory | None
    _learning_rate: float | LearningRateSchedule
    _trained: list[str]
    if TYPE_CHECKING:
        learning_rate: Any

        def _built(self, theta: Flat, arrays: Mapping[str, Array]) -> Memory: ...

    # As Keras's users see it -------------------------------------------------------------------------------------

    @property
    def variables(self) -> list[StateVariable]:
        """The number of steps, the learning rate (unless scheduled), then averages, accumulated gradients and slots of
        the parameters that it trains, once it is built; in Keras's order. Writing into them changes the optimizer."""
        made = [StateVariable.of(f"{self.name}/iteration", self._saved_first()[0][1], self._count, self._set_count)]
        if not isinstance(self._learning_rate, LearningRateSchedule):
            rate = self._saved_first()[1][1]
            made.append(StateVariable.of(f"{self.name}/learning_rate", rate, self._rate, self._set_rate))
        if self.memory is None:
            return made
        body = [
            (_label(name, what), view)
            for name, what, view in in_order(self._present(self.memory), self.slot_groups(), self.memory)
        ]
        last = self.saved_last(self.memory.dtype)
        return made + [StateVariable.of(f"{self.name}/{label}", array) for label, array in [*body, *last]]

    def get_weights(self) -> list[Array]:
        """Copies of the `variables`."""
        return [variable.numpy() for variable in self.variables]

    def set_weights(self, weights: Sequence[Array]) -> None:
        """Go on from the `get_weights` of an optimizer of this kind, built for parameters of these shapes."""
        where = f"optimizer {self.name!r}, set_weights"
        if self.memory is None:
            raise NotReady(
                where, "an optimizer that is built", Told("one that is not"), "Call build(model.trainable_variables)."
            )
        self._take(where, self.memory, self._present(self.memory), checks.arrays(where, weights))

    # To go on from -----------------------------------------------------------------------------------------------

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
        targets = self.state() | (self.memory.vectors() if self.memory is not None else {})
        assign(f"optimizer {self.name!r}, load_state", targets, state)
        self.steps_taken = int(targets["iterations"])
        if "learning_rate" in targets:
            self._learning_rate = float(targets["learning_rate"])

    # In Keras's files --------------------------------------------------------------------------------------------

    def saved_variables(self, theta: Flat, trainable: Sequence[str] | None = None) -> list[tuple[str, Array]]:
        """The state as Keras saves it, (name, array) in its order and dtypes, for the parameters of these names.

        First the number of steps and the learning rate (unless scheduled), then averages, accumulators, slots.
        """
        memory, names = self._built(theta, theta), self._names(theta, trainable)
        body = [
            (_label(name, what), self.as_saved(what, view))
            for name, what, view in in_order(names, self.slot_groups(), memory)
        ]
        return [*self._saved_first(), *body, *self.saved_last(memory.dtype)]

    def load_saved_variables(
        self, theta: Flat, values: Sequence[tuple[str, Array] | Array], trainable: Sequence[str] | None = None
    ) -> None:
        """Go on from what `saved_variables`, or Keras, saved.

        The learning rate is saved in float32; where it is that of the present one, the present one stays. An optimizer
        that Keras saved before its first step holds the number of steps and the learning rate alone.
        """
        where = f"optimizer {self.name!r}, load_saved_variables"
        self._take(where, self._built(theta, theta), self._names(theta, trainable), values)

    def slot_groups(self) -> Sequence[Sequence[str]]:
        """The slots as Keras makes them: those of one group parameter by parameter, group after group."""
        return (self.slots,)

    def as_saved(self, what: str, value: Array) -> Array:
        """A copy of a slot as Keras saves it."""
        return value.copy()

    def saved_last(self, dtype: np.dtype[Any]) -> list[tuple[str, Array]]:
        """What Keras saves after the slots, though the number of steps determines it."""
        return []

    # Inside ------------------------------------------------------------------------------------------------------

    def _names(self, theta: Flat, trainable: Sequence[str] | None) -> list[str]:
        """These names in the vector's order; None stands for all."""
        if trainable is None:
            return list(theta)
        for name in trainable:
            if name not in theta:
                raise UnknownName(f"optimizer {self.name!r}, argument trainable", name, theta)
        wanted = set(trainable)
        return [name for name in theta if name in wanted]

    def _present(self, memory: Memory) -> list[str]:
        """The parameters that the last step trained; all before there was one."""
        return self._trained or list(memory.shapes)

    def _take(
        self, where: str, memory: Memory, names: Sequence[str], values: Sequence[tuple[str, Array] | Array]
    ) -> None:
        first, last = self._saved_first(), self.saved_last(memory.dtype)
        body = [(f"{name}, {what}", view) for name, what, view in in_order(names, self.slot_groups(), memory)]
        rate_now = [rate.item() for _, rate in first[1:]]
        targets = first if len(values) == len(first) else [*first, *body, *last]
        assign_in_order(where, targets, values)
        self.steps_taken = int(first[0][1])
        if rate_now and rate_now[0] != first[1][1]:
            self._learning_rate = float(first[1][1])

    def _saved_first(self) -> list[tuple[str, Array]]:
        first = [("iteration", self._count())]
        if not isinstance(self._learning_rate, LearningRateSchedule):
            first.append(("learning_rate", self._rate()))
        return first

    def _count(self) -> Array:
        return np.array(self.steps_taken, "int32")

    def _set_count(self, value: Array) -> None:
        self.steps_taken = checks.integer(f"optimizer {self.name!r}, iteration", value.item(), minimum=0)

    def _rate(self) -> Array:
        return np.array(self._learning_rate, floatx())

    def _set_rate(self, value: Array) -> None:
        self.learning_rate = value.item()


def _label(name: str, what: str) -> str:
    return f"{name}_{what}".replace("/", "_")
