"""What a metric is: a few sums that grow batch by batch, and a result read from them at any time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self

import numpy as np

from .. import checks
from ..arrays import Array, Shape
from ..errors import InvalidArgument, ShapeError, Told, UnknownName, WrongType
from ..layers.variable import Variable
from ..losses import Loss
from ..losses.targets import numeric
from ..program import Buffer, CannotLower, Program
from ..registry import Family, Part, get_custom_objects, snake

State = Mapping[str, Any]  # name -> a float, or a float64 array


class Counted(Variable):
    """A number or an array that a library's metric has counted, to be read only."""

    def __new__(cls, value: Any, name: str) -> Self:
        made = super().__new__(cls, np.asarray(value, np.float64), trainable=False, name=name)
        made.flags.writeable = False
        return made

    def assign(self, value: Any) -> Self:
        """Refused: what was counted is changed by counting."""
        raise InvalidArgument(
            f"metric variable {self.name!r}, assign", "to be read only", Told("an assignment"),
            "Count with update_state; go on from the numbers of another metric with load_state(state) or merge(state).",
        )  # fmt: skip


class Targets(Protocol):
    """The batch's targets, for the compiled engine; CannotLower where only the definition's checks tell their fate."""

    def of(self, loss: Loss, y_pred: Buffer) -> tuple[Buffer, Buffer]:
        """(y_true, y_pred) as a loss reads them."""

    def numbers(self, y_pred: Buffer) -> Buffer:
        """One number for each of y_pred's."""

    def classes(self, y_pred: Buffer) -> Buffer:
        """The number of a class for each row of y_pred."""


class MetricFamily(Family["Metric"]):
    """Metrics by name; a plain function (y_true, y_pred) -> values is welcome too, and becomes its mean."""

    def __init__(self, kind: str, module: str) -> None:
        super().__init__(kind, module)
        self.functions: dict[str, Any] = {}  # functions that a saved MeanMetricWrapper may name

    def get(self, identifier: Any, where: str = "") -> Metric:
        """The metric that a name, a config, a class, a metric or a function stands for.

        >>> from pellucid import metrics
        >>> metrics.get("mae").name
        'mean_absolute_error'
        """
        if isinstance(identifier, Mapping) and identifier.get("class_name") == "function":
            return self.wrap(self.function(identifier, where=where))
        if callable(identifier) and not isinstance(identifier, Part | type | str):
            return self.wrap(identifier)
        return super().get(identifier, where)

    def wrap(self, fn: Any) -> Metric:
        """The mean of a function's values, under the function's name."""
        wrapper: Any = self.parts["MeanMetricWrapper"]
        made: Metric = wrapper(fn, name=function_name(fn))
        return made

    def function(self, saved: Any, where: str = "") -> Any:
        """The function that a saved form names: the library's, or one that the user registered."""
        if callable(saved):
            return saved
        name = saved.get("config") if isinstance(saved, Mapping) else saved
        if not isinstance(name, str):
            raise WrongType(where or "MeanMetricWrapper, argument fn", "a function (y_true, y_pred) -> values", saved)
        custom = get_custom_objects()
        registered = saved.get("registered_name") if isinstance(saved, Mapping) else None
        found = custom.get(registered or name) or custom.get(name) or self.functions.get(name)
        if found is None:
            raise UnknownName(
                where or "MeanMetricWrapper, argument fn", name, [*self.functions, *custom],
                "If it is your own, register it before loading.",
            )  # fmt: skip
        return found


metrics: MetricFamily = MetricFamily("metric", "keras.metrics")


class Metric(Part):
    """Streaming: `update_state` with each batch, `result` when asked, `reset_state` at the start of an epoch.

    A metric writes `added(...)`, the state that one batch contributes: floats and float64 arrays by name; and
    `read(state)`, the result. The states of two batches add, so that results do not depend on how the data
    was cut into batches, and can be computed in parallel. Before any data the result is 0. A metric in Keras's style
    instead writes `update_state` and `result`, with the sums that `add_weight` makes.

    `direction` is "up" where more is better, "down" where less is, None where neither can be said.
    """

    family = metrics
    passing = frozenset({"state"})
    direction: ClassVar[str | None] = None

    def __init__(self, name: str | None = None, dtype: str | None = None) -> None:
        self.name = name or snake(type(self).__name__)
        self.dtype = dtype if dtype is None else checks.dtype(self.where("dtype"), dtype)
        self.state: dict[str, Any] = {}

    def added(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> State:
        """What one batch adds to the state: numbers, or arrays that have the same shape in every batch."""
        raise self._lacks("added(y_true, y_pred, sample_weight) and read(state)")

    def read(self, state: State) -> Any:
        """The result of a state: a number, or an array (one number per class)."""
        raise self._lacks("read(state)")

    def _lacks(self, methods: str) -> InvalidArgument:
        return InvalidArgument(
            f"metric {type(self).__name__}", methods, Told("none"), "Or write update_state and result, as in Keras."
        )

    def lower(self, code: Program, targets: Targets, y_pred: Buffer, weights: Buffer | None, place: int) -> None:
        """Emit, for the compiled engine, what a batch adds to `total` and `count`, at this place of the counters.

        A metric that does not write this counts after the engine, from the outputs that it leaves.
        """
        raise CannotLower(f"metric {self.name!r}")

    def can_lower(self) -> bool:
        """Whether `lower` speaks for the metric: what a class of the user's own does is unknown to it."""
        return type(self).__module__.startswith(f"{__package__}.")

    def adds_whole_numbers(self, y_true: Array) -> bool:
        """Whether what is added, without weights, are whole numbers: then batches may be counted several at a time,
        since such sums come out the same in any order."""
        return False

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count one batch in. y_true (B,) or (B, O), y_pred (B, O), sample_weight (B,) or None."""
        weights = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        y_true, y_pred = numeric(f"{self.name}, y_true", y_true), numeric(f"{self.name}, y_pred", y_pred)
        self.merge(self.added(y_true, y_pred, weights))

    def merge(self, state: State) -> None:
        """Count in a state that was added up elsewhere: by `added`, or by another process's metric.

        >>> from pellucid.metrics import Mean
        >>> here, there = Mean(), Mean()
        >>> here.update_state([1.0, 2.0]); there.update_state([6.0])
        >>> here.merge(there.state)
        >>> here.result()
        3.0
        """
        mine = self.state
        for name, value in state.items():
            if not isinstance(value, float):
                value = np.asarray(value, dtype=np.float64)
                if name in mine and np.shape(mine[name]) != value.shape:
                    raise ShapeError(
                        f"{self.name}, y_pred", "as many classes or outputs as before", value.shape,
                        "Call reset_state() between data sets.",
                    )  # fmt: skip
            mine[name] = mine[name] + value if name in mine else value

    def result(self) -> Any:
        """The metric over all that was counted since the last reset; a float, or an array with one per class."""
        if type(self).read is Metric.read:  # also before any data: one that forgot its result would say 0 for ever
            raise self._lacks("read(state)")
        if not self.state:
            return 0.0
        value = self.read(self.state)
        return value if isinstance(value, float) or np.ndim(value) else float(value)

    def reset_state(self) -> None:
        """Forget everything counted."""
        self.state = {name: v.assign(np.zeros(v.shape)) for name, v in self._added_weights().items()}

    def load_state(self, state: State) -> None:
        """Go on counting from a `state`."""
        mine = self._added_weights()
        for name, value in state.items():
            self.state[name] = mine[name].assign(value) if name in mine else value

    # Keras's style -----------------------------------------------------------------------------------------------

    def add_weight(
        self, shape: Shape = (), initializer: Any = "zeros", dtype: str | None = None, name: str | None = None
    ) -> Variable:
        """A sum for a metric that writes `update_state` and `result` itself, as Keras's do.

        >>> class Count(Metric):
        ...     def __init__(self, name="count"):
        ...         super().__init__(name)
        ...         self.n = self.add_weight(name="n")
        ...     def update_state(self, y_true, y_pred, sample_weight=None):
        ...         self.n.assign_add(len(y_true))
        ...     def result(self):
        ...         return self.n
        >>> float(Count()([1, 2], [1, 1]))
        2.0
        """
        name = name or f"variable_{len(self.state)}"
        made = Variable(initializer, shape, dtype or self.dtype, trainable=False, name=name)
        self.state[name] = made
        return made

    add_variable = add_weight  # Keras's other name for it

    @property
    def variables(self) -> list[Variable]:
        """What is counted, under Keras's names: what `add_weight` made, else copies of the sums as they stand.

        >>> from pellucid.metrics import Mean
        >>> mean = Mean()
        >>> mean.update_state([1.0, 4.0])
        >>> {v.name: float(v) for v in mean.variables}
        {'total': 5.0, 'count': 2.0}
        """
        return [v if isinstance(v, Variable) else Counted(v, name) for name, v in self.counted().items()]

    def counted(self) -> State:
        """The state under Keras's names; zeros before any data, nothing where only data tell the shape."""
        return self.state

    def _added_weights(self) -> dict[str, Variable]:
        return {name: v for name, v in self.state.items() if isinstance(v, Variable)}

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def function_name(fn: Any) -> str:
    """What Keras calls a metric that is a function: its own name attribute, or its name in snake_case.

    >>> function_name(np.mean)
    'mean'
    """
    name = getattr(fn, "name", None)
    return name if isinstance(name, str) else snake(getattr(fn, "__name__", type(fn).__name__))


def ratio(part: Any, whole: Any) -> Any:
    """part / whole, and 0 where whole is 0.

    >>> ratio(np.array([1.0, 1.0]), np.array([2.0, 0.0]))
    array([0.5, 0. ])
    """
    if isinstance(whole, float):
        return part / whole if whole else 0.0
    whole = np.asarray(whole)
    return np.divide(part, whole, out=np.zeros(np.broadcast_shapes(np.shape(part), whole.shape)), where=whole != 0)
