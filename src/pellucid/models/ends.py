"""A model as a piece of a graph: the tensors between which it lies, and their names."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from ..wiring import Node, Tensor

Ends = tuple[list[Tensor], list[Tensor]]  # those with which it begins, and those with which it ends


def called(model: Any, entries: list[Tensor], before: Sequence[Node]) -> tuple[Ends, list[Node]]:
    """The model's layers called on these tensors, one after another, in the place of the calls before."""
    tensors = dict(zip(model.graph.inputs, entries, strict=True))
    for node in before:
        node.layer._nodes.remove(node)
    for call in model.graph.calls:
        given = call.way.called_on([tensors[wire] for wire in call.inputs], call.training)
        tensors |= zip(call.outputs, given, strict=True)
    nodes = [tensors[call.outputs[0]].node for call in model.graph.calls]
    return (entries, [tensors[wire] for wire in model.graph.outputs]), nodes


def output_names(model: Any) -> list[str]:
    """The names of the layers that give the outputs, numbered where one would come twice."""
    givers = {wire: call.layer.name for call in model.graph.calls for wire in call.outputs}
    for wire in set(model.graph.outputs) - set(givers):
        givers[wire] = model.inputs[model.graph.inputs.index(wire)].name
    names: list[str] = []
    for name in (givers[wire] for wire in model.graph.outputs):
        numbered = (f"{name}_{n}" for n in itertools.count(1))  # a layer may give two outputs, or one twice
        names.append(next(one for one in itertools.chain([name], numbered) if one not in names))
    return names
