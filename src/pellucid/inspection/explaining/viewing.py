"""Which views a step has: decided by its layer's class, or, where that has none of its own, by the shape it gives.

A layer that derives from one of these is shown as that is; any other that gives maps, as maps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ...arrays import Array
from ...layers import Layer
from ...layers.conv import Conv
from ...layers.depthwise_conv import DepthwiseConv
from ...layers.embedding import Embedding
from ...layers.pooling import Pooling
from ...layers.recurrent import Recurrent
from ...layers.softmax import Softmax
from ...ops.base import Op
from ..base import own
from .attention import attended, is_attention, looks
from .records import LayerRecord, StepRecord
from .step import Step
from .through_time import through_time
from .view import View, lines, maps
from .windows import convolved, pooled

NEIGHBOURS = 3  # rows of a table that are nearest to one
COLOURS = 3

Found = Iterator[View | None]


class Shown:
    """What is asked for: a step of this record, of one sample of the batch."""

    def __init__(self, record: StepRecord, of: LayerRecord, step: Step, sample: int) -> None:
        self.record, self.of, self.step, self.sample = record, of, step, sample
        self.layer: Any = of.layer
        self.first = getattr(of.layer, "data_format", "") == "channels_first"
        self.arrays = {**step.inputs, **step.outputs}

    @property
    def forward(self) -> bool:
        """Whether it is on the way forward."""
        return self.step.phase == "forward"


def views_of(record: StepRecord, step: Step, sample: int) -> tuple[View, ...]:
    """The views of a step, of one sample of the batch; () of what is best told by its numbers alone."""
    label = step.name.rpartition("/")[0] if step.phase == "update" else step.name
    of = record.layers.get(label)
    if of is None or step.phase == "loss":
        return ()
    shown = Shown(record, of, step, sample)
    found = _update(shown) if step.phase == "update" else _own_view(of)(shown)
    return tuple(view for view in found if view is not None)


def output_view(layer: Layer, y: Array) -> View | None:
    """What a layer gave (B, ...) for the first of a batch as a picture, where it is one: of maps, or of lines along
    steps."""
    first = getattr(layer, "data_format", "") == "channels_first"
    return channels("y", y, 0, _title(layer), "", first, None, getattr(layer, "axes", 0) == 1)


def channels(
    letter: str, array: Array, sample: int, title: str, says: str, first: bool, told: Any = None, along: bool = False
) -> View | None:
    """An array (B, ..., C) as pictures of its channels, or, `along` steps, as lines; (B, T, C) as one picture else."""
    if array.ndim == 3 and along:
        found: View | None = lines(letter, array, sample, title, says, first)
    else:
        found = maps(letter, array, sample, title, says, first)
    if found is None or not told:
        return found
    return View(**{**vars(found), "told": {**found.told, **told}})


def _title(layer: Layer) -> str:
    filters = isinstance(layer, Conv | DepthwiseConv)
    return "What each filter finds (feature maps)" if filters else "What it gives"


# By the class of the layer -------------------------------------------------------------------------------------------


def _own_view(of: LayerRecord) -> Callable[[Shown], Found]:
    """How this layer is shown: as the nearest of the classes that it is one of, unless it computes something else."""
    if is_attention(of.layer) or type(of.layer) is Softmax:
        return _attention if is_attention(of.layer) else _softmax
    true = own(of.layer, "formula", "forward") is not None
    found = next((VIEWS[cls] for cls in type(of.layer).__mro__ if cls in VIEWS), _any)
    return found if true else _any


def _convolution(shown: Shown) -> Found:
    one, layer = shown.layer.axes == 1, shown.layer
    if layer.axes > 2:
        return
    window = convolved(shown.of)
    frame = {"reads": "x", **window.told} if window is not None else {}
    if shown.forward:
        yield _channels(shown, "x", one, "What it sees")
        yield _filters(
            shown, "W", "Its filters", "A filter is a small picture of weights that slides over what is seen."
        )
        yield _channels(
            shown,
            "y",
            one,
            _title(layer),
            "Each filter answers at every place: strongly where what it looks for is.",
            frame,
        )
        return
    d = "dz" if "dz" in shown.arrays else "dy"
    yield _channels(shown, d, one, "The gradient that comes back", "How the error would change with each number.")
    yield _filters(shown, "dW", "How each weight of the filters is to blame", "The step goes against these.")
    yield _channels(shown, "dx", one, "What it sends back to what it saw")


def _channels(shown: Shown, letter: str, one: bool, title: str, says: str = "", told: Any = None) -> View | None:
    array = shown.arrays.get(letter)
    return None if array is None else channels(letter, array, shown.sample, title, says, shown.first, told, one)


def _filters(shown: Shown, letter: str, title: str, says: str) -> View | None:
    """Filters (*kernel, I, O) as a row of pictures for each, one for each channel that it sees; of three, in colour."""
    W = shown.arrays.get(letter)
    if W is None:
        return None
    depthwise, n = isinstance(shown.layer, DepthwiseConv), W.ndim
    if depthwise:  # (*kernel, C, M): a filter for each channel and multiple
        turned, axes = np.moveaxis(W, (-2, -1), (0, 1)), (*range(2, n), 0, 1)
    else:
        turned, axes = np.moveaxis(W, (-1, -2), (0, 1)), (*range(2, n), 1, 0)
    if n == 3:
        return View("lines", title, {"lines": turned}, says, letter, axes)
    if n == 4 and turned.shape[1] == COLOURS and not depthwise and letter == "W":
        return View("colours", title, {"maps": np.moveaxis(turned, 1, -1)}, says, letter, (1, 2, 3, 0))
    return View("maps", title, {"maps": turned}, says, letter, axes) if n == 4 else None


def _pooling(shown: Shown) -> Found:
    one = shown.layer.axes == 1
    window = pooled(shown.of)
    frame = {"reads": "x", "each": True, **window.told} if window is not None else {}
    if shown.forward:
        yield _channels(shown, "x", one, "What it sees")
        says = "Of each window one number is left. Press one to see which place won."
        yield _channels(
            shown, "y", one, "What is left of it", says if window is not None and window.largest else "", frame
        )
        return
    yield _channels(shown, "dy", one, "The gradient that comes back")
    yield _channels(
        shown, "dx", one, "Where it goes", "To the places that won." if window is not None and window.largest else ""
    )


def _recurrence(shown: Shown) -> Found:
    found = through_time(shown.record, shown.of, shown.sample)
    if found is None:
        yield from _any(shown)
    else:
        yield found


def _attention(shown: Shown) -> Found:
    if shown.forward:
        yield attended(shown.of, shown.sample, _tokens(shown.record, shown.sample))
    else:
        yield from _any(shown)


def _softmax(shown: Shown) -> Found:
    """Shares over the last of several axes: somebody looks at something."""
    y = shown.of.arrays["y"]
    if shown.forward and y.ndim >= 3 and getattr(shown.layer, "axis", -1) == -1:
        yield looks(y[shown.sample], y[shown.sample] == 0, "y", _tokens(shown.record, shown.sample))
    else:
        yield from _any(shown)


def _embedding(shown: Shown) -> Found:
    """The row of the table for each number that came in, and which rows are like it."""
    x, W = shown.of.arrays["x"][shown.sample], shown.of.p["embeddings"]
    if x.ndim > 1 or not shown.forward:
        yield from _any(shown)
        return
    places = x.reshape(-1).astype("int64")
    size = np.linalg.norm(W, axis=1) + 1e-12
    alike = W[places] @ W.T / size[places][:, None] / size
    alike[np.arange(len(places)), places] = -np.inf
    nearest = np.argsort(-alike, axis=1, kind="stable")[:, : min(NEIGHBOURS, len(W) - 1)]
    near = [[[int(j), float(alike[i, j])] for j in row] for i, row in enumerate(nearest)]
    says = "Each number that comes in takes its row of the table; what is used alike comes to have rows alike."
    rows = [str(n) for n in places.tolist()]
    axes = (None, 0, 1) if x.ndim else (None, 1)
    arrays = {"rows": W[places]}
    yield View("rows", "The row for each", arrays, says, "y", axes, {"rows": rows}, {"near": near, "of": len(W)})


def _any(shown: Shown) -> Found:
    """What goes on, or back, where it has the shape of pictures; what is a step of some layer's sums has no such."""
    if isinstance(shown.layer, Op):
        return
    if shown.forward:
        yield _channels(shown, "y", getattr(shown.layer, "axes", 0) == 1, _title(shown.layer))
    else:
        yield _channels(shown, "dx", getattr(shown.layer, "axes", 0) == 1, "What it sends back")


def _update(shown: Shown) -> Found:
    """Of filters, the gradient that moves them, and what they become."""
    name = shown.step.name.rpartition("/")[2]
    if isinstance(shown.layer, Conv | DepthwiseConv) and name == "kernel":
        yield _filters(shown, "g", "The gradient", "Each weight moves against it.")
        yield _filters(shown, "w", "What the filters become", "")


VIEWS: dict[Any, Callable[[Shown], Found]] = {
    Conv: _convolution, DepthwiseConv: _convolution, Pooling: _pooling, Recurrent: _recurrence, Embedding: _embedding,
}  # fmt: skip


def _tokens(record: StepRecord, sample: int) -> list[str]:
    """The whole numbers that were looked up of a sample, where the network begins with such."""
    for of in record.layers.values():
        if isinstance(of.layer, Embedding) and of.arrays["x"].ndim == 2:
            return [str(int(n)) for n in of.arrays["x"][sample]]
    return []
