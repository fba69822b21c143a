"""A model from a PyTorch module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import checks
from .functional import Functional


def from_torch(module: Any, input_shape: Sequence[Any]) -> Functional:
    """The network of a `torch.nn.Module`: a model that predicts the same, and can be compiled and trained on.

    input_shape: of a sample, without the batch, (4,); of several inputs a list of shapes, [(4,), (2, 3)].

    The module is traced by torch.fx, as it predicts, and stays as it is; the weights are copied. Modules and functions
    become layers, named as the module has them, or ops where there is no layer; one that is neither is refused by its
    name. Of BatchNorm1d, the momentum here is how much of the old average stays, 1 minus PyTorch's; as training goes
    on, the running variance is divided by n, not by n - 1. Files are never executed: a model's code comes with the
    module that is given, and `load_weights` reads a `.safetensors` file. Keras has no such function.
    """
    from ..exchange.torch.reading import read  # here, so that importing the library stays quick

    several = len(input_shape) > 0 and not isinstance(input_shape[0], int)
    shapes = [checks.shape("from_torch, argument input_shape", s) for s in (input_shape if several else [input_shape])]
    found = read(module, shapes)
    model = Functional(found.inputs if len(found.inputs) > 1 else found.inputs[0], found.output)
    mine = set(map(id, model.wiring.owners.values()))
    for layer, weights in found.weights:
        if id(layer) in mine:
            for name, value in weights.items():
                layer.p[name][...] = value
    return model
