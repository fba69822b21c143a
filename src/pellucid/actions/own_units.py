"""A network of forecasts as others are to have it: one that answers in its column's own units."""

from __future__ import annotations

from typing import Any

from ..layers import Rescaling
from ..layers.base import layers as layer_family
from ..tables import attached_targets


def in_own_units(model: Any) -> Any:
    """The same network, with a last layer that undoes what its targets were standardised by: a script, a server or a
    chip knows of no targets. Any other network as it is."""
    targets = attached_targets(model)
    if targets is None:
        return model
    config = model.get_config()
    config["layers"].append(layer_family.serialize(Rescaling(targets.scale[0], targets.mean[0])))
    found = type(model).from_config(config)
    found.set_weights(model.get_weights())
    found.compile_from_config(model.get_compile_config())
    return found
