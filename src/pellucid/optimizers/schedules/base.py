"""What a learning rate schedule is: a pure function from the number of steps already taken to the learning rate."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ... import checks
from ...errors import UnknownName, WrongType
from ...registry import Family, Part, get_custom_objects

schedules: ScheduleFamily


class LearningRateSchedule(Part):
    """The learning rate as a function of the step, which counts from 0. One of your own writes `__call__`:

    >>> class Halving(LearningRateSchedule):
    ...     def __init__(self, start):
    ...         self.start = start
    ...     def __call__(self, step):
    ...         return self.start * 0.5**step
    >>> Halving(8.0)(3)
    1.0
    """

    @abstractmethod
    def __call__(self, step: int) -> float:
        """The learning rate of the step after `step` steps."""


class FunctionSchedule(LearningRateSchedule):
    """A plain function of the user's own, step -> learning rate; one without arguments is called without, as in Keras.

    >>> FunctionSchedule(lambda step: 0.1 / (1 + step))(4)
    0.02
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.takes_step = _takes_an_argument(function)

    def __call__(self, step: int) -> float:
        return float(self.function(step) if self.takes_step else self.function())


class ScheduleFamily(Family[LearningRateSchedule]):
    """Schedules; a plain function is one too, saved by its name and found again if it was registered."""

    def get(self, identifier: Any, where: str = "") -> LearningRateSchedule:
        """The schedule that a schedule, a saved form or a function stands for."""
        if callable(identifier) and not isinstance(identifier, Part | type):
            return FunctionSchedule(identifier)
        return super().get(identifier, where)

    def serialize(self, part: LearningRateSchedule) -> Any:
        """The saved form of a schedule; for a function, Keras's form for functions."""
        if not isinstance(part, FunctionSchedule):
            return super().serialize(part)
        name = getattr(part.function, "__name__", type(part.function).__name__)
        return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}

    def deserialize(
        self, saved: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None, where: str = ""
    ) -> LearningRateSchedule:
        """The schedule that a saved form describes."""
        if not isinstance(saved, Mapping) or saved.get("class_name") != "function":
            return super().deserialize(saved, custom_objects, where)
        known = {**get_custom_objects(), **(custom_objects or {})}
        functions = {name.rpartition(">")[2]: f for name, f in known.items()}
        name = saved.get("config")
        if name not in functions:
            raise UnknownName(
                where or "schedules.deserialize", str(name), functions,
                'It is a function: put it in get_custom_objects()["name"] before loading.',
            )  # fmt: skip
        return self.get(functions[name], where)


schedules = ScheduleFamily("schedule", "keras.optimizers.schedules")
LearningRateSchedule.family = schedules


def steps(where: str, value: Any) -> Any:
    """A number of steps above 0, whole or not, as it was given."""
    checks.number(where, value, above=0)
    return value


def rate(where: str, value: Any) -> float:
    """A learning rate: a number, at least 0."""
    return checks.number(where, value, minimum=0)


def _takes_an_argument(function: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # some functions written in C don't say; the step is what a schedule is for
        return True
    positional = [p for p in parameters if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)]
    needed = [p for p in positional if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
    if len(needed) > 1:
        raise WrongType("argument learning_rate", "a function of one argument, the step", function)
    return bool(positional)


def rate_or_schedule(where: str, value: Any) -> float | LearningRateSchedule:
    """What an optimizer takes as its learning rate: a number, a schedule, its config, or a function step -> number."""
    if callable(value) or isinstance(value, Mapping):
        return schedules.get(value, where)
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    return checks.number(where, value, minimum=0)
