"""plot_model: a picture of a model, as SVG."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import checks
from ..arrays import with_batch
from ..errors import NotReady, Told, WrongType
from ..files import write_text_whole
from ..layers.composite import Composite
from .network import Network

if TYPE_CHECKING:  # loaded when a picture is asked for
    from ..plots.graph import Box


class Picture(str):
    """SVG that a notebook shows."""

    __slots__ = ()

    def _repr_svg_(self) -> str:
        return str(self)


def plot_model(
    model: Any,
    to_file: str | os.PathLike[str] | None = None,
    show_shapes: bool = True,
    show_layer_names: bool = True,
    expand_nested: bool = False,
    show_trainable: bool = False,
) -> Picture:
    """Draw the model: a box for each layer, a line for what flows from one to the next. Returns the SVG.

    to_file: where to write it, a name that ends in .svg. show_shapes: each layer's output. show_layer_names: above the
    kind of layer. expand_nested: the layers of models in the model, in their place. show_trainable: how many numbers a
    layer learns, or that it is frozen. A layer that is used twice stands twice, as name and name#2.

    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> model = Sequential([Dense(8, activation="relu", input_shape=(4,)), Dense(1)])
    >>> plot_model(model)[:4]
    '<svg'

    Keras's function needs Graphviz, writes PNG and shows nothing unless asked.
    """
    from ..plots.graph import Box, draw_graph

    if not isinstance(model, Network):
        raise WrongType("plot_model, argument model", "a model", model)
    if not model.built:
        raise NotReady("plot_model", "a model that is built", Told("one whose input shape is unknown"))
    shown = (show_shapes, show_layer_names, show_trainable)
    boxes, _ = _boxes(model, [Box(_input_lines(model, i, shape, shown)) for i, shape in enumerate(model.sample_shapes)],
                      expand_nested, shown)  # fmt: skip
    picture = Picture(draw_graph(boxes))
    if to_file is not None:
        path = Path(checks.path("plot_model, argument to_file", to_file))
        if path.suffix != ".svg":
            raise WrongType("plot_model, argument to_file", "a name that ends in .svg", str(path))
        write_text_whole(path, picture)
    return picture


Shown = tuple[bool, bool, bool]


def _input_lines(model: Network, place: int, shape: tuple[int, ...], shown: Shown) -> list[str]:
    name = model.inputs[place].name
    lines = [name, "Input"] if shown[1] else ["Input"]
    return lines + ([str((None, *shape))] if shown[0] else [])


def _boxes(
    model: Composite, entries: list[Box], expand: bool, shown: Shown, prefix: str = ""
) -> tuple[list[Box], list[Box]]:
    """(the boxes of a model behind those of its entries, the one that each output comes from). prefix: the names of
    the models that it stands in."""
    from ..plots.graph import Box

    places = dict(zip(model.graph.inputs, entries, strict=True))
    shapes = dict(zip(model.graph.inputs, model.sample_shapes, strict=True))
    boxes, uses = list(entries), dict[int, int]()
    for call in model.graph.calls:
        given, layer = [places[wire] for wire in call.inputs], call.layer
        made = call.way.output_shapes_for(*(shapes[wire] for wire in call.inputs))
        shapes |= zip(call.outputs, made, strict=True)
        use = uses[id(layer)] = uses.get(id(layer), 0) + 1
        if expand and isinstance(layer, Composite):
            inside, ends = _boxes(call.way, given, expand, shown, f"{prefix}{layer.name}/")
            boxes += inside[len(given) :]
            places |= zip(call.outputs, ends, strict=True)
            continue
        name = prefix.removesuffix("/") if layer.gives_weights and prefix else f"{prefix}{layer.name}"
        boxes.append(Box(_lines(layer, name + (f"#{use}" if use > 1 else ""), made, shown), sources=given))
        places |= dict.fromkeys(call.outputs, boxes[-1])
    return boxes, [places[wire] for wire in model.graph.outputs]


def _lines(layer: Any, name: str, made: Sequence[tuple[int, ...]], shown: Shown) -> list[str]:
    shapes, names, trainable = shown
    activation = getattr(getattr(layer, "activation", None), "name", "linear")
    kind = type(layer).__name__ + (f" · {activation}" if activation != "linear" else "")
    lines = [name, kind] if names else [kind]
    if shapes:
        lines += [str(with_batch(shape)) for shape in made]
    if trainable and layer.count_params():
        lines.append(f"{layer.count_params():,} parameters" + ("" if layer.trainable else ", frozen"))
    return lines
