"""A model with several inputs or outputs, one output at a time: as a model of one input, all columns side by side, and
of this output alone. So every rule asks of it what it asks of any other."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .. import ops
from ..arrays import Array, Parts, Shape, parts_of
from ..layers import Input, Reshape
from ..models import Functional
from .base import Case, Finding
from .copies import copy_of, unused

ALL = ""  # what is said of every output


def apart(case: Case) -> list[tuple[str, Case]]:
    """(name of the output, the case of it alone) for each that has a loss; of a model with one of each, the case."""
    model = case.model
    if not (model.takes_many or model.gives_many):
        return [(ALL, case)]
    if "apart" not in case.notes:
        judged = [i for i, loss in enumerate(model.objective.losses) if loss is not None]
        names = model.output_names if model.gives_many else [ALL]
        with warnings.catch_warnings():  # whatever is told of the model was told when it was made
            warnings.simplefilter("ignore")
            case.notes["apart"] = [(names[i] if len(judged) > 1 else ALL, _alone(case, i)) for i in judged]
    return case.notes["apart"]  # type: ignore[no-any-return]


def _alone(case: Case, i: int) -> Case:
    model = case.model
    x, shapes = side_by_side(case.x, model.dtype), [part.shape[1:] for part in parts_of(case.x)]
    validation = case.validation
    if validation is not None:
        held = side_by_side(validation[0], model.dtype)  # of another length, where lengths are open, it tells nothing
        validation = (held, np.asarray(parts_of(validation[1])[i])) if held.shape[1:] == x.shape[1:] else None
    weights = None if case.sample_weight is None else parts_of(case.sample_weight, i + 1)[i]
    columns = [
        f"column {column} of input {name!r}" if model.takes_many else f"column {column}"
        for name, shape in zip(model.input_names, shapes, strict=True)
        for column in range(int(np.prod(shape)))
    ]
    return replace(
        case, model=only_output(model, i, shapes), x=x, y=np.asarray(parts_of(case.y)[i]), validation=validation,
        history=_history_of(case, i), sample_weight=weights, notes={}, whole=model, columns=columns,
    )  # fmt: skip


def side_by_side(x: Any, dtype: str) -> Array:
    """(N, D): all inputs as columns."""
    if not isinstance(x, Parts):
        return np.asarray(x)
    return np.concatenate([np.asarray(part, dtype).reshape(len(part), -1) for part in x.arrays], axis=1)


def only_output(model: Any, i: int, shapes: Sequence[Shape]) -> Functional:
    """A copy of a model, of one input (N, D) where there are several, of these shapes; and of one output."""
    twin = copy_of(model)
    graph = twin.graph
    if model.takes_many:
        sizes = [int(np.prod(shape)) for shape in shapes]
        entry = Input((sum(sizes),), dtype=twin.dtype, name="side by side")
        ends = np.cumsum(sizes)
        given = [
            Reshape(shape, dtype=twin.dtype, name=f"{name} alone")(entry[:, end - size : end])
            for name, shape, size, end in zip(twin.input_names, shapes, sizes, ends, strict=True)
        ]
        given = [
            one if dtype == twin.dtype else ops.cast(one, dtype)
            for one, dtype in zip(given, twin.input_dtypes, strict=True)
        ]
    else:
        entry = Input(twin.shape, dtype=twin.input_dtypes[0], name="the input")
        given = [entry]
    tensors = dict(zip(graph.inputs, given, strict=True))
    for call in graph.calls:
        made = call.way.called_on([tensors[wire] for wire in call.inputs], call.training)
        tensors |= zip(call.outputs, made, strict=True)
    alone = Functional(entry, tensors[graph.outputs[i]], name=model.name)
    alone.key, alone.seed = twin.key, twin.seed
    loss = copy.deepcopy(model.objective.losses[i])
    metrics = [part[i] if model.gives_many else part for part in model.metric_arguments.values()]
    alone.compile(
        unused(model.optimizer), loss, metrics=metrics[0] or None, weighted_metrics=metrics[1] or None,
        run_eagerly=model.run_eagerly,
    )  # fmt: skip
    return alone


def _history_of(case: Case, i: int) -> dict[str, Sequence[float]]:
    """The logs of one output, under the names that they have where it is the only one."""
    model = case.model
    if not model.gives_many or sum(loss is not None for loss in model.objective.losses) < 2:
        return dict(case.history)
    alone = {meter.name: meter.metric.name for meter in model.meters.metrics or () if meter.output == i}
    alone |= {"learning_rate": "learning_rate", model.meters.judged.get(i, ""): "loss"}
    found = {}
    for key, values in case.history.items():
        front = "val_" if key.startswith("val_") else ""
        if (bare := key.removeprefix(front)) in alone:
            found[front + alone[bare]] = values
    return found


def together(found: Sequence[tuple[str, list[Finding]]]) -> list[Finding]:
    """The findings of all outputs: what is said of several, once; what is said of some alone, with their names."""
    said: dict[tuple[str, str, str], tuple[Finding, list[str]]] = {}
    for name, findings in found:
        for one in findings:
            said.setdefault((one.kind, one.rule, one.where), (one, []))[1].append(name)
    merged = []
    for one, names in said.values():
        of_some = len(found) > 1 and len(names) < len(found)
        told = f"Output {' and '.join(map(repr, names))}: {one.evidence}" if of_some else one.evidence
        merged.append(replace(one, evidence=told, change={} if len(found) > 1 else one.change))
    return merged
