"""The table that `summary` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import InvalidArgument
from ..layers import Layer
from .network import Network, not_built

Row = tuple[str, str, int, bool]  # layer, output shape, parameters, trainable


def summary(
    model: Network,
    line_length: int | None,
    expand_nested: bool,
    show_trainable: bool,
    layer_range: Sequence[str] | None,
) -> str:
    """Each layer with its output's shape and number of parameters, then the totals, as text."""
    if not model.built:
        raise not_built(model.name, "summary")
    model.gather()
    header = ["Layer (type)", "Output Shape", "Param #"] + (["Trainable"] if show_trainable else [])
    table = [
        [name, shape, f"{count:,}"] + (["Y" if trainable else "N"] if show_trainable else [])
        for name, shape, count, trainable in _rows(_chosen(model.layers, layer_range), expand_nested, "")
    ]
    widths = [max(len(row[i]) for row in [header, *table]) for i in range(len(header))]
    if line_length is not None:
        widths[0] = max(widths[0], line_length - sum(widths[1:]) - 3 * len(widths) - 1)
    lines = [_rule(("┌", "┬", "┐"), widths), _cells(header, widths), _rule(("├", "┼", "┤"), widths)]
    lines += [_cells(row, widths) for row in table] + [_rule(("└", "┴", "┘"), widths)]
    trained = sum(model.theta[name].size for name in model.trained_names())
    return "\n".join(
        [f'Model: "{model.name}"', *lines, *_totals(model.count_params(), trained, model.theta.data.itemsize)]
    )


def _rows(layers: Sequence[Layer], expand: bool, indent: str) -> Iterator[Row]:
    for layer in layers:
        shape = str(layer.output_shape)
        yield f"{indent}{layer.name} ({type(layer).__name__})", shape, layer.count_params(), layer.trainable
        if expand and isinstance(layer, Network):
            yield from _rows(layer.layers, expand, indent + "  ")


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


def _totals(total: int, trained: int, itemsize: int) -> list[str]:
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
