"""What `compile` settles: the optimizer, the loss, the metrics; and how that is written down and read back."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..errors import InvalidArgument, NotReady, Told, UnknownName, WrongType
from ..losses.base import losses
from ..metrics import Metric
from ..metrics.base import metrics as metric_family
from ..optimizers import Optimizer
from ..optimizers.base import optimizers
from ..training.meters import Meters
from ..training.objective import Objective
from .by_output import several_losses, several_metrics
from .network import Network
from .turns import alone

OF_COMPILE = frozenset({"metric_arguments", "_to_compile"})  # where metrics lie that `meters` has already


class Compiled(Network):
    """A network with a loss and an optimizer."""

    optimizer: Optimizer
    loss: Any  # a Loss; of several outputs, one or None for each, in a list
    objective: Objective
    meters: Meters
    metric_arguments: dict[str, list[Any]]
    run_eagerly: bool
    compiled = False

    @alone
    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Choose how to train: the optimizer, the loss, and the metrics to report.

        run_eagerly: run the definition, in plain NumPy, not the compiled engine. steps_per_execution, jit_compile and
        auto_scale_loss are taken for Keras's sake and change nothing.
        """
        if loss is None:
            raise InvalidArgument("compile, argument loss", "a loss such as 'sparse_categorical_crossentropy'", None)
        self.optimizer = optimizers.get(optimizer, "compile, argument optimizer")
        if self.gives_many:
            names = self.output_names
            self.objective = several_losses(names, loss, loss_weights)
            self.loss = list(self.objective.losses)
            self.metric_arguments = {
                "metrics": several_metrics("metrics", names, metrics),
                "weighted_metrics": several_metrics("weighted_metrics", names, weighted_metrics),
            }
            judged = [i for i, loss in enumerate(self.objective.losses) if loss is not None]
            self.meters = Meters(
                self.metric_arguments["metrics"], self.metric_arguments["weighted_metrics"], names, judged
            )
        else:
            loss, weight = _only("loss", loss), _only("loss_weights", loss_weights)
            if weight not in (None, 1, 1.0):
                raise InvalidArgument(
                    "compile, argument loss_weights", "None, as there is one output", weight, "Scale the loss itself."
                )
            self.loss = losses.get(loss, "compile, argument loss")
            self.objective = Objective((self.loss,), (1.0,))
            self.metric_arguments = {"metrics": _listed(metrics), "weighted_metrics": _listed(weighted_metrics)}
            self.meters = Meters([self.metric_arguments["metrics"]], [self.metric_arguments["weighted_metrics"]])
        self.run_eagerly = bool(run_eagerly)
        self.compiled = True

    def get_compile_config(self) -> dict[str, Any]:
        """What `compile` was given, as plain data."""
        return {
            "optimizer": optimizers.serialize(self.optimizer),
            "loss": [one and losses.serialize(one) for one in self.loss]
            if self.gives_many
            else losses.serialize(self.loss),
            "loss_weights": list(self.objective.weights) if self.gives_many else None,
            **{name: _saved_metrics(given) for name, given in self.metric_arguments.items()},
            "run_eagerly": self.run_eagerly,
            "steps_per_execution": 1,
            "jit_compile": False,
        }

    def compile_from_config(self, config: Mapping[str, Any]) -> None:
        """Compile as a saved config says."""
        known = inspect.signature(Compiled.compile).parameters
        if not isinstance(config, Mapping):
            raise WrongType("compile_from_config", "a mapping of compile's arguments", config)
        for name in config:
            if name not in known:
                raise UnknownName("compile_from_config", name, known)
        self.compile(**{name: value for name, value in config.items() if name != "auto_scale_loss"})

    @property
    def metrics_names(self) -> list[str]:
        """The names of the numbers that `evaluate` returns."""
        self.needs_compile("metrics_names")
        return ["loss", *self.meters.loss_names, *(meter.name for meter in self.meters.metrics or ())]

    @property
    def metrics(self) -> list[Any]:
        """What a step counts with: the mean loss; the metrics of `compile`, once a first batch has made them definite;
        and those that are attributes of a class of your own. All of them are reset at the start of an epoch.

        In Keras those of `compile` are one, "compile_metrics", whose result is a dict.
        """
        counting = self.meters.told_apart() if "meters" in self.__dict__ else []
        return [*counting, *_metrics_in([one for name, one in vars(self).items() if name not in OF_COMPILE])]

    def reset_metrics(self) -> None:
        """Forget what was counted."""
        if "meters" in self.__dict__:  # which a model of one's own with several outputs has once it is built
            self.meters.reset()
        for metric in self.metrics:
            metric.reset_state()

    def needs_compile(self, what: str) -> None:
        if not self.compiled:
            raise NotReady(
                f"model {self.name!r}, {what}", "a compiled model", Told("one that is not"),
                "Call compile(optimizer='adam', loss=...) first.",
            )  # fmt: skip


def _metrics_in(held: Iterable[Any]) -> Iterator[Metric]:
    """Those among attributes, and in lists and dicts of them."""
    for one in held:
        if isinstance(one, Metric):
            yield one
        elif isinstance(one, list | tuple) or type(one) is dict:
            yield from _metrics_in(one.values() if isinstance(one, dict) else one)


def _only(argument: str, value: Any) -> Any:
    """The single entry of a list or dict, as some write it for models with several outputs."""
    if isinstance(value, list | tuple) or (isinstance(value, dict) and "class_name" not in value):
        values = list(value.values()) if isinstance(value, dict) else list(value)
        if len(values) != 1:
            raise InvalidArgument(
                f"compile, argument {argument}", "one, as there is one output", Told(f"{len(values)}")
            )
        return values[0]
    return value


def _listed(metrics: Any) -> list[Any]:
    """Metrics as a flat list: None, one, a list, a dict of one output, or a list in a list."""
    if metrics is None:
        return []
    if isinstance(metrics, dict) and "class_name" not in metrics:
        metrics = list(metrics.values())
    if not isinstance(metrics, list | tuple):
        return [metrics]
    return [m for given in metrics for m in (given if isinstance(given, list | tuple) else [given])]


def _saved_metrics(given: list[Any]) -> list[Any] | None:
    return [_saved_metric(one) for one in given] or None


def _saved_metric(given: Any) -> Any:
    if isinstance(given, list):
        return [_saved_metric(one) for one in given]
    return metric_family.serialize(given) if isinstance(given, Metric) else getattr(given, "__name__", given)
