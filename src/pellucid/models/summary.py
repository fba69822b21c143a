"""The table that `summary` prints, and a notebook shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import InvalidArgument
from ..layers import Layer
from ..layers.composite import Composite
from ..markup import Html, block, folded, grid, heading, html
from .network import Network
from .picture import plot_model


def summary(
    model: Network,
    line_length: int | None,
    expand_nested: bool,
    show_trainable: bool,
    layer_range: Sequence[str] | None,
) -> str:
    """Each layer with its output's shape and number of parameters, then the totals, as text.

    Where the input's shape is still unknown, so is every other: a question mark stands for it.
    """
    header, table = _table(model, expand_nested, show_trainable, layer_range)
    widths = [max(len(row[i]) for row in [header, *table]) for i in range(len(header))]
    if line_length is not None:
        widths[0] = max(widths[0], line_length - sum(widths[1:]) - 3 * len(widths) - 1)
    lines = [_rule(("┌", "┬", "┐"), widths), _cells(header, widths), _rule(("├", "┼", "┤"), widths)]
    lines += [_cells(row, widths) for row in table] + [_rule(("└", "┴", "┘"), widths)]
    return "\n".join([f'Model: "{model.name}"', *lines, *_totals(model)])


def as_html(model: Network) -> str:
    """The same for a notebook, and a picture of the network under it."""
    header, table = _table(model, expand_nested=False, show_trainable=False, layer_range=None)
    picture = [folded("Picture", Html(plot_model(model)))] if model.built else []
    counts = html("<p>{}</p>", " ·".join(_totals(model)))
    return block(heading(f'Model: "{model.name}"'), grid(header, table), counts, *picture)


def _table(
    model: Network, expand_nested: bool, show_trainable: bool, layer_range: Sequence[str] | None
) -> tuple[list[str], list[list[str]]]:
    """(the heads of the columns, a row for each layer)."""
    if model.built:
        model.gather()
    sources = {} if not model.has_graph or model.graph.is_chain else _sources(model)
    header = ["Layer (type)", "Output Shape", "Param #", *(["Connected to"] if sources else [])]
    header += ["Trainable"] if show_trainable else []
    table = []
    for name, layer in _rows(_chosen(_made_of(model), layer_range), expand_nested, ""):
        lacks = isinstance(layer, Composite) or type(layer).parameters is not Layer.parameters
        unbuilt = "?", "0 (unbuilt)" if lacks else "0"
        shape, count = (str(layer.output_shape), f"{layer.count_params():,}") if layer.built else unbuilt
        row = [f"{name} ({type(layer).__name__})", shape, count]
        row += [sources.get(id(layer), "")] if sources else []
        table.append(row + (["Y" if layer.trainable else "N"] if show_trainable else []))
    return header, table


def _rows(layers: Sequence[Layer], expand: bool, indent: str) -> Iterator[tuple[str, Layer]]:
    """(name, layer) of each row. Until a class of one's own is traced, its layers have no names yet that differ."""
    met: dict[str, int] = {}
    for layer in layers:
        n = met[layer.name] = met.get(layer.name, -1) + 1
        if not layer.gives_weights:
            yield f"{indent}{layer.name}_{n}" if n else f"{indent}{layer.name}", layer
        if expand and isinstance(layer, Composite):
            yield from _rows(_made_of(layer), expand, indent + "  ")


def _made_of(layer: Composite) -> list[Layer]:
    """All that it is made of; of a class of one's own that has not seen its input, the layers that it keeps."""
    return layer.members if layer.has_graph else layer.layers


def _sources(model: Network) -> dict[int, str]:
    """What each layer reads, by its identity: the names of those that give it, a second use of one as name#2."""
    graph = model.graph
    names = {wire: tensor.name for wire, tensor in zip(graph.inputs, model.inputs, strict=True)}
    uses: dict[int, int] = {}
    found: dict[int, list[str]] = {}
    for call in graph.calls:
        use = uses[id(call.layer)] = uses.get(id(call.layer), 0) + 1
        names |= dict.fromkeys(call.outputs, call.layer.name if use == 1 else f"{call.layer.name}#{use}")
        found.setdefault(id(call.layer), []).extend(names[wire] for wire in call.inputs)
    return {layer: ", ".join(given) for layer, given in found.items()}


def _chosen(layers: list[Layer], layer_range: Sequence[str] | None) -> list[Layer]:
    if layer_range is None:
        return layers
    names = [layer.name for layer in layers]
    for name in layer_range:
        if name not in names:
            raise InvalidArgument("summary, argument layer_range", "names among " + ", ".join(names), name)
    first, last = (names.index(name) for name in layer_range)
    return layers[first : last + 1]


def _rule(corners: tuple[str, str, str], widths: list[int]) -> str:
    left, middle, right = corners
    return left + middle.join("─" * (w + 2) for w in widths) + right


def _cells(row: Sequence[Any], widths: list[int]) -> str:
    first, *rest = row
    cells = [f" {first:<{widths[0]}} ", *(f" {cell:>{w}} " for cell, w in zip(rest, widths[1:], strict=True))]
    return "│" + "│".join(cells) + "│"


def _totals(model: Network) -> list[str]:
    total, trained = model.count_params(), sum(v.size for v in model.trainable_weights)
    itemsize = np.dtype(model.dtype).itemsize
    return [
        f" {label} params: {n:,} ({_size(n * itemsize)})"
        for label, n in (("Total", total), ("Trainable", trained), ("Non-trainable", total - trained))
    ]


def _size(n: float) -> str:
    for unit in ("B", "KB", "MB"):
        if n < 1024:
            return f"{n:.2f} {unit}"
        n /= 1024
    return f"{n:.2f} GB"
