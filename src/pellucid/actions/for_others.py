"""A network as others are to have it: a script, a server or a chip knows neither of targets nor of open lengths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..arrays import is_open
from ..layers import Rescaling
from ..layers.base import layers as layer_family
from ..tables import attached_targets
from .spec import TrainSpec


def in_own_units(model: Any) -> Any:
    """A network of forecasts with a last layer that undoes what its targets were standardised by, so that it answers in
    its column's own units. Any other network as it is."""
    targets = attached_targets(model)
    if targets is None:
        return model
    config = model.get_config()
    config["layers"].append(layer_family.serialize(Rescaling(targets.scale[0], targets.mean[0])))
    return _made_again(model, config)


def at_window(model: Any, spec: TrainSpec) -> Any:
    """The same network for windows of the run's length, where it was made for any."""
    if not (spec.window and any(map(is_open, model.sample_shapes))):
        return model
    config = model.get_config()
    first = config["layers"][0]["config"]
    first["batch_shape"] = [None, spec.window, *first["batch_shape"][2:]]
    config["build_input_shape"] = first["batch_shape"]
    return _made_again(model, config)


def _made_again(model: Any, config: Mapping[str, Any]) -> Any:
    """From a changed config, with the same weights, and compiled alike."""
    made = type(model).from_config(config)
    made.set_weights(model.get_weights())
    made.compile_from_config(model.get_compile_config())
    return made
