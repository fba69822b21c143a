"""What `compile` settles: the optimizer, the loss, the metrics; and how that is written down and read back."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ..errors import InvalidArgument, NotReady, Told, UnknownName, WrongType
from ..losses.base import losses
from ..metrics import Metric
from ..metrics.base import metrics as metric_family
from ..optimizers import Optimizer
from ..optimizers.base import optimizers
from ..training.meters import Meters
from ..training.objective import Objective
from .by_output import names_of_losses, several_losses, several_metrics


class Compilation(NamedTuple):
    """What to train a model with."""

    optimizer: Optimizer
    loss: Any  # a Loss; of several outputs, one or None for each, in a list
    objective: Objective
    meters: Meters
    metric_arguments: dict[str, list[Any]]  # as they were given


OF_COMPILE = frozenset({"metric_arguments", "_to_compile"})  # where metrics lie that `meters` has already


def compilation(
    names: list[str] | None, named: bool, optimizer: Any, loss: Any, loss_weights: Any, metrics: Any,
    weighted_metrics: Any,
) -> Compilation:  # fmt: skip
    """The arguments of `compile`, settled. names: of the outputs; None for a model that has one. named: whether losses
    and metrics are told by them."""
    if loss is None:
        raise InvalidArgument("compile, argument loss", "a loss such as 'sparse_categorical_crossentropy'", None)
    optimizer = optimizers.get(optimizer, "compile, argument optimizer")
    given = {"metrics": metrics, "weighted_metrics": weighted_metrics}
    if names is None:
        loss, weight = _only("loss", loss), _only("loss_weights", loss_weights)
        if weight not in (None, 1, 1.0):
            raise InvalidArgument(
                "compile, argument loss_weights", "None, as there is one output", weight, "Scale the loss itself."
            )
        loss = losses.get(loss, "compile, argument loss")
        listed = {argument: _listed(one) for argument, one in given.items()}
        meters = Meters([listed["metrics"]], [listed["weighted_metrics"]])
        return Compilation(optimizer, loss, Objective((loss,), (1.0,)), meters, listed)
    objective = several_losses(names, loss, loss_weights)
    by_output = {argument: several_metrics(argument, names, one) for argument, one in given.items()}
    judged = names_of_losses(names if named else None, objective.losses, loss)
    meters = Meters(by_output["metrics"], by_output["weighted_metrics"], names, judged, named)
    return Compilation(optimizer, list(objective.losses), objective, meters, by_output)


def compile_config(model: Any) -> dict[str, Any]:
    """What `compile` was given, as plain data."""
    several = model.gives_many
    return {
        "optimizer": optimizers.serialize(model.optimizer),
        "loss": [one and losses.serialize(one) for one in model.loss] if several else losses.serialize(model.loss),
        "loss_weights": list(model.objective.weights) if several else None,
        **{name: _saved_metrics(given) for name, given in model.metric_arguments.items()},
        "run_eagerly": model.run_eagerly,
        "steps_per_execution": 1,
        "jit_compile": False,
    }


def saved_arguments(config: Mapping[str, Any], compile: Callable[..., None]) -> dict[str, Any]:
    """The arguments of `compile` in a saved config."""
    known = inspect.signature(compile).parameters
    if not isinstance(config, Mapping):
        raise WrongType("compile_from_config", "a mapping of compile's arguments", config)
    for name in config:
        if name not in known:
            raise UnknownName("compile_from_config", name, known)
    return {name: value for name, value in config.items() if name != "auto_scale_loss"}


def not_compiled(name: str, what: str) -> NotReady:
    """The error of training a model that does not know how."""
    return NotReady(
        f"model {name!r}, {what}", "a compiled model", Told("one that is not"),
        "Call compile(optimizer='adam', loss=...) first.",
    )  # fmt: skip


def own_metrics(model: Any) -> list[Metric]:
    """The metrics that are attributes of a class of one's own."""
    return list(_metrics_in([one for name, one in vars(model).items() if name not in OF_COMPILE]))


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
