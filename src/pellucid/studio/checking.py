"""What a design comes to before it is trained: shapes, parameters, memory, what is wrong with it, and its code."""

from __future__ import annotations

import math
import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..actions import building
from ..actions.kinds.text import Text
from ..actions.networks import name_of, written_out
from ..actions.prepared import Prepared, in_memory
from ..actions.script import entries, script
from ..actions.spec import TrainSpec
from ..actions.train import first_sight, planned_epochs
from ..arrays import Shape
from ..errors import FileError, PellucidError, Told, TooLarge
from ..layers import Layer
from ..models import Sequential
from ..models.network import Network
from ..models.vectors import at_most
from .desk import Desk
from .fitting import idle, losses_for, networks_for
from .mending import flattened, shaped
from .parts import told_problem

TOO_LARGE = "a block for which this machine has memory"
FLOAT = 4  # bytes of a number
SLOTS = 3  # vectors as long as the parameters that training holds besides: gradient, and two of most optimizers
LOOKED_INTO = 20_000_000  # parameters, up to which the doctor looks at a design
FLAGS = {"batch_norm": "--batch-norm/--no-batch-norm", "until_converged": "--until-converged/--all-epochs"}


def check(desk: Desk, told: Mapping[str, Any]) -> dict[str, Any]:
    """Everything about a spec; what is wrong stands in `problems`."""
    answer: dict[str, Any] = {"ok": False, "blocks": [], "problems": [], "findings": [], "code": {}}
    try:
        spec = desk.spec(told)
        answer["code"] = {
            "toml": shown_spec(spec, told).to_toml(short=True),
            "command": command(shown_spec(spec, told)),
        }
        data = desk.prepared(spec)
        answer |= {"input": list(data.x_train.shape[1:]), "output": output_of(data), "usual": usual(spec, told)}
        answer |= {"idle": idle(spec, data), "fits": {"network": networks_for(spec, data)}}
        spec, answer["written"] = in_full(spec, data)
    except PellucidError as problem:
        return {**answer, "problems": [_problem(problem)]}
    with at_most((memory() or 1 << 40) // ((1 + SLOTS) * FLOAT)):  # a graph has its weights as soon as it is made
        blocks, problems = blocks_of(spec, data)
    answer |= {"blocks": blocks, "problems": problems, **_sums(blocks)}
    epochs = planned_epochs(spec, data)
    answer |= {"epochs": epochs, "steps": math.ceil(len(data.x_train) / spec.batch_size)}
    if not problems:
        try:
            _refuse_large(answer)
            made = _made(spec, data, epochs, told)
            answer |= {**made, "code": answer["code"] | made["code"], "fits": answer["fits"] | made["fits"]}
        except PellucidError as problem:
            mended = flattened(blocks, len(spec.layers)) if data.classes and not isinstance(data, Text) else None
            answer["problems"] = [{**_problem(problem), **({"mend": mended} if mended else {})}]
    return {**answer, "ok": not answer["problems"]}


def _made(spec: TrainSpec, data: Prepared, epochs: int, told: Mapping[str, Any]) -> dict[str, Any]:
    """What only the network itself tells."""
    model = building.build(spec, data, epochs)
    findings = []
    if model.count_params() <= LOOKED_INTO:
        findings = [asdict(finding) for finding in first_sight(spec, in_memory(data), model)]
    return {
        "findings": findings,
        "expanded": entries(spec, building.stack(spec, data)),
        "code": {"python": script(shown_spec(spec, told), data, model, epochs)},
        "loss": getattr(model.loss, "name", None),
        "metric": data.metrics[0],
        "fits": {"loss": losses_for(model, data)},
    }


def in_full(spec: TrainSpec, data: Prepared) -> tuple[TrainSpec, dict[str, Any] | None]:
    """(the spec with the layers of the network that it names; {"network": its name, "change": what to lay over the spec
    so that these layers are its own and nothing else is other}, or None where it names none)."""
    full, network = written_out(spec, data), name_of(spec, data)
    if network == "auto":
        return full, None
    given = {name: getattr(spec, name) for name in spec.model_fields_set - {"network"}}
    own = written_out(TrainSpec.of({**given, "layers": full.layers}), data)
    change = {name: value for name, value in full.model_dump().items() if value != getattr(own, name)}
    return full, {"network": network, "change": {**change, "network": None, "layers": full.layers}}


def usual(spec: TrainSpec, told: Mapping[str, Any]) -> dict[str, Any]:
    """What is taken for the fields that are not set; it is other for tables than for the rest."""
    return {name: value for name, value in spec.model_dump().items() if told.get(name) is None}


def blocks_of(spec: TrainSpec, data: Prepared) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(blocks with their shapes, as far as these are known; what is wrong with each)."""
    blocks: list[dict[str, Any]] = []
    problems: list[dict[str, Any]] = []
    shape: Shape | None = tuple(data.x_train.shape[1:])
    for layer in building.in_front(spec, data):
        shape = _add(blocks, None, layer, shape, spec)
    for i, entry in enumerate(spec.layers):
        at: tuple[Any, Shape] | None = None
        try:
            made = building.entry_layers(spec, i, entry, shape if shape is not None else (1,))
            for layer in made:
                at = None if shape is None else (layer, shape)
                shape = _add(blocks, [i], layer, shape, spec)
        except FileError:  # of `at_most`, which thinks of files
            problems.append(_problem(TooLarge(f"spec, layers, entry {i + 1}", TOO_LARGE, fix="Use fewer units.")))
            shape = None
        except PellucidError as problem:
            if shape is not None or "argument" in problem.where:
                if isinstance(entry, Mapping) and building.attends(entry) and shape is not None:
                    at = entry, shape  # made for a shape, there is none of another
                mended = None if at is None else shaped(problem, *at, i, tuple(data.x_train.shape[1:]))
                problems.append({**_problem(problem, [i]), **({"mend": mended} if mended else {})})
            shape = None
    if shape is not None and not problems:
        for _, layer in building.stack(spec, data)[len(_outer(blocks)) :]:
            shape = _add(blocks, None, layer, shape, spec)
    return blocks, problems


def _outer(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that do not stand within another."""
    return [block for block in blocks if block["entry"] is None or len(block["entry"]) == 1]


def _add(
    blocks: list[dict[str, Any]], entry: list[int] | None, layer: Layer, shape: Shape | None, spec: TrainSpec
) -> Shape | None:
    """Add a block, and those in it; returns the shape after it."""
    if shape is None:
        return None
    after = layer.output_shape_for(shape)
    parameters = sum(math.prod(one.shape) for one in layer.parameters(shape))
    outputs = math.prod(n or 1 for n in after) * spec.batch_size
    activation = getattr(layer, "activation", None) or getattr(layer, "function", None)
    blocks.append({
        "entry": entry, "class": type(layer).__name__, "output": list(after), "parameters": parameters,
        "memory": FLOAT * ((1 + SLOTS) * parameters + 2 * outputs), "activation": getattr(activation, "name", None),
    })  # fmt: skip
    if entry is not None and isinstance(layer, Network):
        row = layer if isinstance(layer, Sequential) else _row_in(layer)
        if row is None:  # an attention, which looks at what comes in
            blocks[-1]["class"] = type(layer.layers[-1]).__name__
            return after
        blocks[-1]["class"] = "Sequential" if isinstance(layer, Sequential) else "Residual"
        inner: Shape | None = shape
        for i, one in enumerate(row.layers):
            inner = _add(blocks, [*entry, i], one, inner, spec)
    return after


def _row_in(layer: Network) -> Sequential | None:
    return next((one for one in layer.members if isinstance(one, Sequential)), None)


def _sums(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: sum(block[name] for block in _outer(blocks)) for name in ("parameters", "memory")}


def _refuse_large(answer: Mapping[str, Any]) -> None:
    """A network for which there is no memory is not made."""
    room = memory()
    if room is not None and answer["memory"] > room:
        told = Told(f"one of {answer['memory'] / 1e9:,.1f} GB")
        raise TooLarge("spec, layers", f"a network of at most {room / 1e9:,.1f} GB", told, "Use fewer units.")


def memory() -> int | None:
    """Bytes of memory that this machine has; None where it does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


def output_of(data: Prepared) -> dict[str, Any]:
    """The output layer that fits the data."""
    if data.classes:
        return {"class": "Dense", "units": data.classes, "activation": "softmax"}
    return {"class": "Dense", "units": data.width, **({"activation": "sigmoid"} if data.labels else {})}


def _problem(problem: PellucidError, entry: list[int] | None = None) -> dict[str, Any]:
    """A problem at its place: the block, the field of the spec, the argument."""
    told = told_problem(problem)
    words = [word.strip() for word in problem.where.split(",")]
    field = words[1].partition(" ")[0] if len(words) > 1 and words[0] == "spec" else None  # "network lenet"
    argument = next((word.removeprefix("argument ") for word in words if word.startswith("argument ")), None)
    known = field if field in TrainSpec.model_fields else None
    return {**told, "entry": told["entry"] or entry, "field": known, "argument": argument}


# As code -------------------------------------------------------------------------------------------------------------


def shown_spec(spec: TrainSpec, told: Mapping[str, Any]) -> TrainSpec:
    """The spec as it is told to somebody: an upload by its name alone."""
    given = str(told.get("data", ""))
    return spec.model_copy(update={"data": Path(spec.data).name}) if given.startswith("upload:") else spec


def command(spec: TrainSpec) -> str:
    """The command that trains it; one that names a file with the spec, where options cannot say all."""
    given = {name: getattr(spec, name) for name in spec.model_fields_set if name != "data"}
    usual = TrainSpec.of({"data": spec.data})
    told = {name: value for name, value in given.items() if value is not None and value != getattr(usual, name)}
    plain = all(isinstance(one, int) for one in spec.layers)
    if not plain or any(isinstance(value, dict) for value in told.values()):
        return "pellucid train spec.toml"
    return shlex.join(["pellucid", "train", spec.data, *_options(told)])


def _options(told: Mapping[str, Any]) -> Iterator[str]:
    for name in TrainSpec.model_fields:
        if name not in told:
            continue
        value, flag = told[name], f"--{name.replace('_', '-')}"
        if name in FLAGS:
            yield FLAGS[name].split("/")[0 if value else 1]
        elif name == "layers":
            yield from (flag, ",".join(map(str, value)))
        elif isinstance(value, list):
            for one in value:
                yield from (flag, str(one))
        else:
            yield from (flag, str(value))
