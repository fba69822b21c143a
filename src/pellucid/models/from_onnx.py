"""A model from an ONNX file."""

from __future__ import annotations

import os

from .functional import Functional
from .vectors import at_most

HARMLESS = 1 << 20  # numbers that layers may add to those of the file: none does, as yet


def from_onnx(path: str | os.PathLike[str]) -> Functional:
    """The network in an ONNX file, as PyTorch, Keras, scikit-learn's converters and `to_onnx` write them: a model that
    predicts the same, and can be compiled and trained on.

    Nothing in the file is executed, and nothing is believed unchecked. Operators become layers, or ops where there is
    no layer; one that is neither is refused by its name. Each output of numbers is an output of the model; labels,
    which converters of classifiers put beside the probabilities, are left out. Arrays in files of their own are read
    from the model's folder alone. A file in half precision computes in float32 here. Keras has no such function.

    >>> import tempfile
    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(3, activation="relu", input_shape=(2,)), Dense(1)], seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = from_onnx(model.to_onnx(f"{folder}/model.onnx"))
    >>> bool(abs(again.predict([[1.0, 2.0]], verbose=0) - model.predict([[1.0, 2.0]], verbose=0)).max() < 1e-6)
    True
    """
    from ..exchange.onnx import read, speaking_of  # here, so that importing the library stays quick

    found = read(path)
    with speaking_of(found.where), at_most(found.size + HARMLESS):
        inputs, outputs = (ends if len(ends) > 1 else ends[0] for ends in (found.inputs, found.outputs))
        model = Functional(inputs, outputs)
        mine = set(map(id, model.wiring.owners.values()))
        for layer, weights in found.weights:
            if id(layer) in mine:  # and not one that another has taken the place of
                for name, value in weights.items():
                    layer.p[name][...] = value
    return model
