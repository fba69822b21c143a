"""What a window that slides over its input meets: the terms of convolutions, and which places pools took.

Indices are those of the arrays as the user has them, with the channels last or first; within, channels are last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...arrays import Array
from ...layers.conv import Conv
from ...layers.depthwise_conv import DepthwiseConv
from ...layers.pooling import AveragePooling, MaxPooling
from ..base import own
from .numbers import told
from .records import LayerRecord
from .view import View
from .why import Index, Term, largest_first, term

WHOLE = 3  # axes of a picture of a patch: channels, height, width


def slides(layer_record: LayerRecord, *kinds: Any) -> bool:
    """Whether the layer is one of these, and computes what they say."""
    return isinstance(layer_record.layer, kinds) and own(layer_record.layer, "formula", "forward") is not None


class Window:
    """One use of a layer with a window."""

    def __init__(self, layer_record: LayerRecord) -> None:
        self.record, self.layer = layer_record, layer_record.layer
        layer: Any = self.layer
        self.first = layer.data_format == "channels_first"
        self.x = layer.last(layer_record.arrays["x"])
        self.window = layer.window(self.x.shape[1:-1])

    def last(self, array: Array) -> Array:
        """An array with its channels last."""
        return np.moveaxis(array, 1, -1) if self.first else array

    def split(self, at: Index) -> tuple[int, Index, int]:
        """(sample, place, channel) of an index."""
        return (at[0], at[2:], at[1]) if self.first else (at[0], at[1:-1], at[-1])

    def index(self, b: int, place: Index, channel: int) -> str:
        """The words for an index."""
        found = (b, channel, *place) if self.first else (b, *place, channel)
        return f"[{', '.join(map(str, found))}]"

    def under(self, tap: Index, place: Index) -> Index | None:
        """Where in the input the window at this place has a tap; None where that is its border."""
        w = self.window
        axes = zip(place, w.strides, tap, w.dilation, w.before, strict=True)
        at = tuple(o * s + t * d - b for o, s, t, d, b in axes)
        return at if all(0 <= u < n for u, n in zip(at, w.size, strict=True)) else None

    def taps(self, place: Index) -> Iterator[tuple[Index, Index]]:
        """Each tap of the window at this place that is not in its border, and where it has it."""
        found = ((tap, self.under(tap, place)) for tap in np.ndindex(*self.window.kernel))
        return ((tap, at) for tap, at in found if at is not None)

    def meeting(self, at: Index) -> Iterator[tuple[Index, Index]]:
        """(tap, place) of every window that meets this place of the input."""
        w = self.window
        for tap in np.ndindex(*w.kernel):
            behind = [u + b - t * d for u, b, t, d in zip(at, w.before, tap, w.dilation, strict=True)]
            place = tuple(v // s for v, s in zip(behind, w.strides, strict=True))
            if all(v % s == 0 and 0 <= o < n for v, s, o, n in zip(behind, w.strides, place, w.places, strict=True)):
                yield tap, place

    @property
    def told(self) -> dict[str, Any]:
        """How it slides, for a frame around what a number comes from."""
        w = self.window
        return {"kernel": w.kernel, "strides": w.strides, "dilation": w.dilation, "before": w.before}

    def patch(self, array: Array, b: int, place: Index, channels: list[int]) -> Array:
        """(len(channels), *kernel): what the window has at this place of (B, *size, C); zeros in the border."""
        found: Array = np.zeros((len(channels), *self.window.kernel))
        for tap, at in self.taps(place):
            where: Any = (slice(None), *tap)
            found[where] = array[(b, *at)][channels]
        return found

    def corner(self, place: Index) -> list[int]:
        """Where the window at this place begins in the input."""
        w = self.window
        return [o * s - b for o, s, b in zip(place, w.strides, w.before, strict=True)]


class Convolved(Window):
    """Terms of a convolution, as those of Dense: `forward`, `gradient` and `back`."""

    def __init__(self, layer_record: LayerRecord) -> None:
        super().__init__(layer_record)
        layer: Any = self.layer
        self.W, self.b, self.groups = layer_record.p["kernel"], layer_record.p.get("bias"), getattr(layer, "groups", 1)
        found = layer_record.back.get("dz", layer_record.back.get("dy"))
        self.dz = None if found is None else self.last(found)

    def _read(self, o: int) -> list[tuple[int, Index]]:
        """(channel of the input, where its weight stands behind the taps) for a channel of the output."""
        n = self.W.shape[-1]
        if isinstance(self.layer, DepthwiseConv):
            return [(o // n, (o // n, o % n))]
        width = self.W.shape[-2]
        start = o // (n // self.groups) * width
        return [(start + k, (k, o)) for k in range(width)]

    def _fed(self, c: int) -> list[tuple[int, Index]]:
        """(channel of the output, where the weight stands) for a channel of the input."""
        n = self.W.shape[-1]
        if isinstance(self.layer, DepthwiseConv):
            return [(c * n + m, (c, m)) for m in range(n)]
        width, share = self.W.shape[-2], n // self.groups
        group = c // width
        return [(o, (c - group * width, o)) for o in range(group * share, (group + 1) * share)]

    def forward(self, at: Index) -> tuple[str, tuple[Term, ...]]:
        """z[o] = Σ x·W over the window, + b."""
        b, place, o = self.split(at)
        terms = [
            term(f"x{self.index(b, u, c)}·W[{_words((*tap, *tail))}]", self.x[(b, *u, c)], self.W[(*tap, *tail)])
            for tap, u in self.taps(place)
            for c, tail in self._read(o)
        ]
        formula = f"z{list(at)} = Σ x·W over the {' × '.join(map(str, self.window.kernel))} numbers of the window"
        if self.b is not None:
            formula, terms = f"{formula} + b[{o}]", [*terms, term(f"b[{o}]", self.b[o])]
        return formula, largest_first(terms)

    def back(self, at: Index) -> tuple[str, tuple[Term, ...]]:
        """dx = Σ dz·W over the windows that met it."""
        assert self.dz is not None
        b, u, c = self.split(at)
        terms = [
            term(f"dz{self.index(b, met, o)}·W[{_words((*tap, *tail))}]", self.dz[(b, *met, o)], self.W[(*tap, *tail)])
            for tap, met in self.meeting(u)
            for o, tail in self._fed(c)
        ]
        return f"dx{list(at)} = Σ dz·W over the windows that met it", largest_first(terms)

    def gradient(self, name: str, at: Index) -> tuple[str, list[Term]]:
        """dW = Σ x·dz over all places of the window;  db = Σ dz."""
        assert self.dz is not None
        everywhere = [(b, place) for b in range(len(self.x)) for place in np.ndindex(*self.window.places)]
        if name == "bias":
            terms = [term(f"dz{self.index(b, o_at, at[0])}", self.dz[(b, *o_at, at[0])]) for b, o_at in everywhere]
            return f"db[{at[0]}] = Σ dz over all places", terms
        n = len(self.window.kernel)
        tap, tail = at[:n], at[n:]
        o = tail[0] * self.W.shape[-1] + tail[1] if isinstance(self.layer, DepthwiseConv) else tail[1]
        c = next(c for c, where in self._read(o) if where == tail)
        found = []
        for b, place in everywhere:
            if (u := self.under(tap, place)) is not None:
                label = f"x{self.index(b, u, c)}·dz{self.index(b, place, o)}"
                found.append(term(label, self.x[(b, *u, c)], self.dz[(b, *place, o)]))
        return f"dW[{_words(at)}] = Σ x·dz over all places of the window", found

    def views(self, at: Index) -> tuple[View, ...]:
        """The patch that a number of z or y was made of; and what its gradient gives to each number of that."""
        b, place, o = self.split(at)
        if len(place) > 2:
            return ()
        channels = [c for c, _ in self._read(o)]
        taps: Any = (slice(None),) * len(place)
        w = np.stack([self.W[taps + tail] for _, tail in self._read(o)])
        x = self.patch(self.x, b, place, channels)
        arrays = {"x": x, "w": w, "product": x * w}
        z = float(self.last(self.record.arrays["z"])[(b, *place, o)])
        offset = 0.0 if self.b is None else float(self.b[o])
        numbers = f"{told((x * w).sum())} + {told(offset)} = {told(z)}" if self.b is not None else told(z)
        says = (
            f"Filter {o + 1} lies on {_size(x.shape)} numbers of what the layer sees. Each is multiplied by the weight "
            f"on it, and all are added up{', with the offset (bias)' if self.b is not None else ''}: {numbers}."
        )
        where = {"corner": self.corner(place), "channels": channels, **self.told}
        found = [View("patch", "The patch that it saw", {k: _whole(a) for k, a in arrays.items()}, says, told=where)]
        if self.dz is not None:
            d = float(self.dz[(b, *place, o)])
            says = (
                f"Its gradient is {told(d)}. On the way back, each number of the patch is told that times the weight "
                "that lay on it; what several windows tell it is added up."
                if d
                else "Its gradient is 0: nothing is told to the patch from here."
            )
            title = "Where its gradient goes"
            found.append(View("patch", title, {"back": _whole(d * w)}, says, told=where))
        return tuple(found)


class Pooled(Window):
    """Which numbers a pool took, and what they give back."""

    @property
    def largest(self) -> bool:
        """Whether it takes the largest, not the mean."""
        return isinstance(self.layer, MaxPooling)

    def met(self, b: int, place: Index, c: int) -> list[tuple[Index, float]]:
        """Each number in the window at this place, in order: where it stands, and what it is."""
        return [(u, float(self.x[(b, *u, c)])) for _, u in self.taps(place)]

    def won(self, b: int, place: Index, c: int) -> Index:
        """Where the first of the largest stands."""
        return max(self.met(b, place, c), key=lambda one: one[1])[0]

    def forward(self, at: Index) -> tuple[str, tuple[Term, ...], dict[str, float]]:
        """(formula, terms of a mean, the numbers of which one is the largest)."""
        b, place, c = self.split(at)
        met = self.met(b, place, c)
        if not self.largest:
            share = 1 / len(met)
            terms = [term(f"x{self.index(b, u, c)} / {len(met)}", x, share) for u, x in met]
            return f"y{list(at)} = Σ x / {len(met)} over the window", largest_first(terms), {}
        won = self.won(b, place, c)
        formula = f"y{list(at)} = x{self.index(b, won, c)}, the largest of {len(met)} in the window"
        ordered = sorted(met, key=lambda one: -one[1])
        return formula, (), {f"x{self.index(b, u, c)}": x for u, x in ordered}

    def back(self, at: Index) -> tuple[str, tuple[Term, ...]]:
        """What comes back from the windows that took this number."""
        b, u, c = self.split(at)
        dy, terms = self.last(self.record.back["dy"]), []
        for _, place in self.meeting(u):
            d, label = dy[(b, *place, c)], f"dy{self.index(b, place, c)}"
            if not self.largest:
                n = len(self.met(b, place, c))
                terms.append(term(f"{label} / {n}", d, 1 / n))
            elif self.won(b, place, c) == u:
                terms.append(term(label, d))
        words = "windows that took it" if self.largest else "windows that met it"
        return f"dx{list(at)} = Σ dy of the {words}", largest_first(terms)

    def views(self, at: Index) -> tuple[View, ...]:
        """The window, and which place won."""
        b, place, c = self.split(at)
        if len(place) > 2:
            return ()
        x = self.patch(self.x, b, place, [c])
        where: dict[str, Any] = {"corner": self.corner(place), "channels": [c], **self.told}
        if self.largest:
            won = self.won(b, place, c)
            tap = next(tap for tap, u in self.taps(place) if u == won)
            where["won"] = [0] * (2 - len(tap)) + list(tap)
            says = (
                f"The largest of these numbers goes on, {told(float(self.x[(b, *won, c)]))}; the others are forgotten."
            )
        else:
            says = f"The mean of these numbers goes on, {told(float(np.mean([v for _, v in self.met(b, place, c)])))}."
        return (View("patch", "The window that it saw", {"x": _whole(x)}, says, told=where),)


def convolved(layer_record: LayerRecord) -> Convolved | None:
    """The terms of a layer that convolves as we do."""
    return Convolved(layer_record) if slides(layer_record, Conv, DepthwiseConv) else None


def pooled(layer_record: LayerRecord) -> Pooled | None:
    """What a layer that pools as we do took."""
    return Pooled(layer_record) if slides(layer_record, MaxPooling, AveragePooling) else None


def _whole(patch: Array) -> Array:
    """(M, K) as (M, 1, K)."""
    return patch.reshape(len(patch), 1, -1) if patch.ndim < WHOLE else patch


def _size(shape: tuple[int, ...]) -> str:
    channels, *kernel = shape
    return " × ".join(map(str, kernel if channels == 1 else (*kernel, channels)))


def _words(at: Index) -> str:
    return ", ".join(map(str, at))
