"""What was written, as a torch.nn.Module."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ...errors import MissingExtra
from ..safetensors.names import clean, layout
from .network import written
from .writer import FORM, Attribute, Call, Named, Value, Writing


def package(where: str) -> Any:
    """The package torch."""
    try:
        import torch
        import torch.fx
    except ImportError as problem:
        raise MissingExtra(where, "torch", "torch") from problem
    return torch


def to_torch(model: Any) -> Any:
    """The torch.nn.Module that computes what a model does, with its weights, ready to predict."""
    torch = package(FORM.where)
    writing = written(model)
    module = _chain(torch, writing) if writing.is_chain else _graph(torch, writing)
    module.to(getattr(torch, writing.dtype))
    weights = {name: torch.from_numpy(np.array(place.value)) for name, place in layout(model).items()}
    module.load_state_dict(weights)
    for name in writing.frozen:
        module.get_parameter(name).requires_grad_(False)
    return module.train(False)


def _chain(torch: Any, writing: Writing) -> Any:
    chain = torch.nn.Sequential()
    for statement in writing.statements.values():
        chain.add_module(statement.module, made(torch, writing.pieces[str(statement.module)]))
    return chain


def made(torch: Any, piece: Call) -> Any:
    """The module of a piece."""
    from . import parts  # which needs torch

    home = torch.nn if piece.kind.startswith("nn.") else parts
    args = [made(torch, arg) if isinstance(arg, Call) else arg for arg in piece.args]
    return getattr(home, piece.kind.removeprefix("nn."))(*args, **piece.options)


def _graph(torch: Any, writing: Writing) -> Any:
    """A torch.fx.GraphModule, whose `code` is readable."""
    root, graph = torch.nn.Module(), torch.fx.Graph()
    for name, piece in writing.pieces.items():
        home, own = _home(torch, root, name)
        home.add_module(own, made(torch, piece))
    for name, (shape, trained) in writing.parameters.items():
        home, own = _home(torch, root, name)
        array = torch.zeros(shape)
        home.register_parameter(own, torch.nn.Parameter(array)) if trained else home.register_buffer(own, array)
    for name, array in writing.constants.items():
        root.register_buffer(name, torch.from_numpy(np.array(array)))
    nodes = {name: graph.placeholder(name) for name in writing.inputs}

    def node(value: Any) -> Any:
        if isinstance(value, Value):
            return nodes[value.name]
        if isinstance(value, Attribute):
            return graph.get_attr(value.path)
        if isinstance(value, Named):
            return found(torch, value.name)
        if isinstance(value, dict):
            return {key: node(one) for key, one in value.items()}
        return type(value)(map(node, value)) if isinstance(value, list | tuple) else value

    for name, statement in writing.statements.items():
        args, options = node(statement.args), node(statement.options)
        if statement.module:
            nodes[name] = graph.create_node("call_module", statement.module, args, options, name)
        elif statement.kind.startswith("."):
            nodes[name] = graph.create_node("call_method", statement.kind[1:], args, options, name)
        else:
            nodes[name] = graph.create_node("call_function", found(torch, statement.kind), args, options, name)
    graph.output(node(writing.output))
    module = torch.fx.GraphModule(root, graph, clean(writing.name))
    for name in writing.constants:  # which are no weights
        array = getattr(module, name)
        delattr(module, name)
        module.register_buffer(name, array, persistent=False)
    return module


def _home(torch: Any, root: Any, name: str) -> tuple[Any, str]:
    """The module in which "inner.dense" stands, and as what."""
    *outer, own = name.split(".")
    for one in outer:
        if one not in dict(root.named_children()):
            root.add_module(one, torch.nn.Module())
        root = getattr(root, one)
    return root, own


def found(torch: Any, name: str) -> Any:
    """What is called "torch.exp", "torch.nn.functional.pad" or "operator.add"."""
    home, *rest = name.split(".")
    return operator.attrgetter(".".join(rest))(torch if home == "torch" else operator)
