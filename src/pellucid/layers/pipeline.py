"""Pipeline: layers one after another, as one.     x (B, ...)   y (B, ...)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from ..errors import WrongType
from ..settings import floatx
from .augmenting import Augmenting
from .base import Layer, LayerOptions, layers
from .traced import Traced


@layers.add()
class Pipeline(Traced):
    """Layers one after another, as one: y = fₙ(… f₂(f₁(x))).

    layers: a list of them. Made for those that prepare pictures: called on {"images": x, "labels": t}, it gives the
    same with the pictures, and with MixUp and CutMix the labels, changed, unless training is False.

    >>> from pellucid.layers import CenterCrop, Rescaling
    >>> Pipeline([CenterCrop(1, 2), Rescaling(2.0)])([[[[1.0], [2.0], [3.0], [4.0]]]]).ravel()
    array([4., 6.], dtype=float32)
    """

    formula, formula_back = "y = fₙ(… f₂(f₁(x)))", "dx = as these go back, last to first"

    def __init__(self, layers: Sequence[Any], **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        where = self.where("layers")
        if not isinstance(layers, list | tuple):
            raise WrongType(where, "a list of layers", layers)
        self._chain = [_layer(where, one) for one in layers]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """y for a batch; called on a tensor, a tensor."""
        if not (len(args) == 1 and isinstance(args[0], Mapping)):
            return super().__call__(*args, **kwargs)
        data, training = args[0], kwargs.get("training") is not False
        for layer in self._chain:
            if isinstance(layer, Augmenting | Pipeline):
                data = layer(data, training=training)
            else:
                data = {**data, "images": layer(data["images"], training=training)}
        return data

    def call(self, inputs: Any) -> Any:
        """The layers' outputs, one after another."""
        for layer in self._chain:
            inputs = layer(inputs)
        return inputs

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain data; Keras's takes no others than the layers and a name."""
        usual = {"trainable": True, "dtype": floatx()}
        return {key: value for key, value in super().get_config().items() if usual.get(key) != value}


def _layer(where: str, given: Any) -> Layer:
    found = layers.get(given, where)
    if not isinstance(found, Layer):
        raise WrongType(where, "layers", given)
    return found
