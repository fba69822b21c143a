"""A torch.nn.Module as tensors of Pellucid's layers and ops: traced by torch.fx, and read node by node."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ...arrays import Array, Shape
from ...errors import InvalidArgument, Told, WrongType
from ...layers import Input, Layer
from ...wiring import Tensor
from . import (  # noqa: F401  # their readers register themselves
    reading_functions,
    reading_modules,
    reading_recurrent,
    reading_sliding,
)
from .module import package
from .reader import FUNCTIONS, MODULES, Reading, Use

WHERE = "from_torch"


@dataclass
class Read:
    """A network that was read: the tensors with which it begins and ends, and the weights of its layers."""

    inputs: list[Tensor]
    output: Any
    weights: list[tuple[Layer, dict[str, Array]]]


def read(module: Any, shapes: Sequence[Shape]) -> Read:
    """The network of a module, whose inputs have samples of these shapes."""
    torch = package(WHERE)
    if not isinstance(module, torch.nn.Module):
        raise WrongType(f"{WHERE}, argument module", "a torch.nn.Module", module)
    double = any(p.dtype == torch.float64 for p in module.parameters())
    reading = Reading(f"{WHERE}, {type(module).__name__}", "float64" if double else "float32")
    graph = _traced(torch, module, reading.where)
    values: dict[Any, Any] = {}
    waiting, inputs = list(shapes), []
    for node in graph.nodes:
        if node.op == "placeholder":
            if not waiting:
                raise InvalidArgument(f"{WHERE}, argument input_shape", "a shape for each input", Told("fewer"))
            values[node] = Input(waiting.pop(0), name=node.name, dtype=reading.dtype)
            inputs.append(values[node])
        elif node.op == "output":
            output = _resolved(torch, node.args[0], values)
        else:
            values[node] = _read(torch, reading, module, node, values)
    if waiting:
        raise InvalidArgument(f"{WHERE}, argument input_shape", f"{len(inputs)} shapes", Told(f"{len(shapes)}"))
    return Read(inputs, output, reading.weights)


def _traced(torch: Any, module: Any, where: str) -> Any:
    """The module's graph, as it predicts."""
    tracer = torch.fx.Tracer()
    usual = tracer.is_leaf_module
    tracer.is_leaf_module = lambda m, path: usual(m, path) or kind_of(m) in MODULES
    with _predicting(module):
        if kind_of(module) in MODULES:  # a single one, of which only the inside would be seen
            module = torch.nn.Sequential(module)
        try:
            return tracer.trace(module)
        except Exception as problem:  # whatever its forward raises where data have no numbers
            told = Told(" ".join(str(problem).split())[:200])
            raise InvalidArgument(
                where, "a forward that torch.fx can trace", told, "Take `if`s on data out."
            ) from problem


@contextmanager
def _predicting(module: Any) -> Iterator[None]:
    """Within the block, the module and those in it behave as in prediction."""
    before = {one: one.training for one in module.modules()}
    module.train(False)
    try:
        yield
    finally:
        for one, training in before.items():
            one.training = training


def kind_of(module: Any) -> str:
    """nn.Linear for a module of torch's own, Sparsemax for one of `parts.py`, else the whole name."""
    kind = type(module)
    home = kind.__module__
    if home.startswith("torch.nn."):
        return f"nn.{kind.__name__}"
    mine = home in (f"{__package__}.parts", f"{__package__}.recurrent_parts")
    return str(kind.__name__) if mine else f"{home}.{kind.__name__}"


def _read(torch: Any, reading: Reading, module: Any, node: Any, values: Mapping[Any, Any]) -> Any:
    """The value of a node."""
    if node.op == "get_attr":
        home, _, own = node.target.rpartition(".")
        tensor = getattr(module.get_submodule(home), own)
        if isinstance(tensor, torch.nn.Parameter):
            Use(reading, node.target, "a parameter").refuse("parameters of modules of torch.nn", "one of its own")
        return reading.array(tensor)
    args, options = _resolved(torch, node.args, values), _resolved(torch, node.kwargs, values)
    alone = not node.all_input_nodes or len(node.all_input_nodes[0].users) == 1
    if node.op == "call_module":
        made = module if kind_of(module) in MODULES else module.get_submodule(node.target)
        use = Use(reading, node.name, kind_of(made), made, node.target, alone, _parts(node))
        reader = MODULES.get(use.told)
    else:
        name = node.target if node.op == "call_method" else getattr(node.target, "__name__", str(node.target))
        use = Use(reading, node.name, name.strip("_") if name.startswith("__") else name, alone=alone)
        reader = FUNCTIONS.get(use.told)
    if reader is None:
        use.refuse("a module or function that is read", use.told)
    try:
        return reader(use, *args, **options)
    except (TypeError, IndexError, AttributeError) as problem:
        raise InvalidArgument(
            f"{reading.where}, {node.name!r} ({use.told})", "arguments that are read", Told(str(problem)[:100])
        ) from problem


def _parts(node: Any) -> set[Any] | None:
    """Which parts of what a node gives are read, where each is taken by its number."""
    taken = [user.args[1] if user.target is operator.getitem else None for user in node.users]
    return set(taken) if all(isinstance(part, int) for part in taken) else None


def _resolved(torch: Any, given: Any, values: Mapping[Any, Any]) -> Any:
    """Arguments, with values in the place of nodes."""
    if isinstance(given, torch.fx.Node):
        return values[given]
    if isinstance(given, slice):
        return slice(*(_resolved(torch, end, values) for end in (given.start, given.stop, given.step)))
    if isinstance(given, Mapping):
        return {key: _resolved(torch, one, values) for key, one in given.items()}
    if isinstance(given, list | tuple):
        found = [_resolved(torch, one, values) for one in given]
        return found if isinstance(given, list) else tuple(found)
    return given
