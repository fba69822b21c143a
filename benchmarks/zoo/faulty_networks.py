"""Faults in the network that no spec can say: (model, what it trains on, an argument) -> another model, compiled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pellucid import Sequential, losses
from pellucid.actions.prepared import Prepared
from pellucid.layers import Dense, Layer, Softmax


def again(layers: Sequence[Layer]) -> list[Layer]:
    """New layers like these, without weights."""
    return [type(layer).from_config(layer.get_config()) for layer in layers]


def remade(model: Sequential, layers: Sequence[Layer], loss: Any = None) -> Sequential:
    """A model of other layers, which else is like this one."""
    optimizer = type(model.optimizer).from_config(model.optimizer.get_config())
    new = Sequential(list(layers), name=model.name, seed=model.seed)
    new.build((None, *model.input_shape[1:]))
    new.compile(optimizer, loss or model.loss, metrics=model.metric_arguments["metrics"])
    return new


def outputs(model: Sequential, p: Prepared, units: int) -> Sequential:
    """So many outputs."""
    return remade(model, [*again(model.layers[:-1]), Dense(units, activation="softmax")])


def one_output(model: Sequential, p: Prepared, how: dict[str, Any]) -> Sequential:
    """One output for yes or no, as `activation` and `from_logits` say."""
    layers = [*again(model.layers[:-1]), Dense(1, activation=how["activation"])]
    return remade(model, layers, losses.BinaryCrossentropy(from_logits=how["from_logits"]))


def softmax_layer(model: Sequential, p: Prepared, _: Any) -> Sequential:
    """A Softmax layer behind the output, and a loss that expects logits."""
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    return remade(model, [*again(model.layers[:-1]), Dense(p.classes), Softmax()], loss)


def frozen(model: Sequential, p: Prepared, dense: int) -> Sequential:
    """One Dense layer, counted from 0, that training does not change."""
    layers = again(model.layers)
    [layer for layer in layers if isinstance(layer, Dense)][dense].trainable = False
    return remade(model, layers)


def inserted(model: Sequential, p: Prepared, what: tuple[Any, ...]) -> Sequential:
    """A layer more: (its class, its place in the list, its arguments)."""
    layer, place, *arguments = what
    layers = again(model.layers)
    layers.insert(place % (len(layers) + 1), layer(*arguments))
    return remade(model, layers)


MODEL: dict[str, Callable[[Sequential, Prepared, Any], Sequential]] = {
    f.__name__: f for f in (outputs, one_output, softmax_layer, frozen, inserted)
}
