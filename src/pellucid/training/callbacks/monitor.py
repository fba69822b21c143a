"""Which logged number a callback watches, and which of two values of it is the better one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import checks
from ...errors import InvalidArgument, UnknownName
from ..meters import Meters
from .base import Callback, Logs

MODES = ("auto", "min", "max")


class Monitoring(Callback):
    """A callback that watches one logged number.

    mode "min" or "max" says which values are better; "auto" asks the loss (down) or the metric of that name.
    """

    def __init__(self, monitor: str, mode: str = "auto", min_delta: float = 0.0) -> None:
        if not isinstance(monitor, str):
            raise InvalidArgument(self.where("monitor"), "the name of a number, such as 'val_loss'", monitor)
        self.monitor = monitor
        self.mode: str = checks.one_of(self.where("mode"), mode, MODES)
        self.min_delta = abs(checks.number(self.where("min_delta"), min_delta))
        self._growing: bool | None = None if mode == "auto" else mode == "max"

    def check_measured(self) -> None:
        """At the start: the error of watching validation where there is none, before an epoch is wasted."""
        if self.monitor.startswith("val_") and not self.params.get("do_validation", True):
            raise InvalidArgument(
                self.where("monitor"), "a number that this training measures", self.monitor,
                "Pass validation_data or validation_split to fit, or monitor the training itself ('loss').",
            )  # fmt: skip

    def monitored(self, logs: Logs | None) -> float | None:
        """The number watched; None at the end of an epoch that validation leaves out (validation_freq)."""
        logs = logs or {}
        if self.monitor not in logs:
            if self.monitor.startswith("val_") and not any(name.startswith("val_") for name in logs):
                return None
            raise UnknownName(self.where("monitor"), self.monitor, logs)
        value = logs[self.monitor]
        if np.ndim(value):
            raise InvalidArgument(
                self.where("monitor"), "one number", value, "Monitor a metric that is a single number."
            )
        return float(value)

    @property
    def growing(self) -> bool:
        """Whether more is better."""
        if self._growing is None:
            self._growing = self._direction(self.monitor.removeprefix("val_"))
        return self._growing

    @property
    def monitor_op(self) -> Any:
        """np.less or np.greater, whichever says that its first argument is the better; None before that is known.

        Keras, whose names these are, knows it from the first epoch on. It can be set, in the place of `mode`.

        >>> Monitoring("accuracy", mode="max").monitor_op, Monitoring("val_loss").monitor_op
        (<ufunc 'greater'>, <ufunc 'less'>)
        """
        try:
            return np.greater if self.growing else np.less
        except InvalidArgument:
            return None

    @monitor_op.setter
    def monitor_op(self, value: Any) -> None:
        if value not in (np.less, np.greater):
            raise InvalidArgument(self.where("monitor_op"), "np.less or np.greater", value)
        self._growing = value is np.greater

    def _direction(self, name: str) -> bool:
        meters: Meters | None = getattr(self.model, "meters", None)
        if name in ("loss", *(meters.loss_names if meters else ())):
            return False
        for meter in (meters and meters.metrics) or ():
            direction: Any = getattr(meter.metric, "direction", None)
            if meter.name == name and direction is not None:
                return bool(direction == "up")
        raise InvalidArgument(
            self.where("mode"), "'min' or 'max'", self.mode, f"Whether more {name!r} is better is not known: say it."
        )

    def better(self, value: float, best: float | None) -> bool:
        """Whether `value` beats `best` by more than min_delta; what is not finite beats nothing."""
        if best is None or not math.isfinite(value):
            return math.isfinite(value)
        return value - self.min_delta > best if self.growing else value + self.min_delta < best

    def sound(self) -> bool:
        """Whether the model's weights can be worth keeping. A training loss is taken before the step: weights that the
        last step of an epoch blew up have an epoch's good loss beside them. Their squares then are not finite."""
        with np.errstate(over="ignore", invalid="ignore"):
            return all(math.isfinite(float(np.vdot(w, w))) for w in self.model.get_weights())
