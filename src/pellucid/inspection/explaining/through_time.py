"""A recurrent layer step by step: its states and gates, and the gradient that came back to each step.

No engine keeps these by name: the definition goes through the sequence again, with the same numbers in and, in
training, the same random ones.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...arrays import Array
from ...layers.gru import GRU
from ...layers.lstm import LSTM
from ...layers.recurrent import Recurrent, Unrolled
from ...layers.simple_rnn import SimpleRNN
from ..base import watch
from .numbers import told
from .records import LayerRecord, StepRecord
from .view import View

FADED = 0.01  # of the strongest gradient, below which it is said to have faded away

WORDS = {
    "i": "input gate: how much of the new is written",
    "f": "forget gate: how much of the memory is kept",
    "k": "candidate: what is new",
    "o": "output gate: how much of the memory is shown",
    "c": "memory (cell state)",
    "z": "update gate: how much of the old is kept",
    "r": "reset gate: how much of the old the new may see",
    "h": "answer (hidden state)",
    "x": "what comes in",
}


def _lstm(cache: Any) -> dict[str, Array]:
    """Of the cache of a step (h, (c, zi, zf, zk, zo, i, f, k, o, c′, q))."""
    *_, i, f, k, o, c, q = cache[1]
    return {"f": f, "i": i, "k": k, "c": c, "o": o, "h": o * q}


def _gru(cache: Any) -> dict[str, Array]:
    """Of the cache of a step (h, ..., z, r, k)."""
    h, *_, z, r, k = cache
    return {"r": r, "k": k, "z": z, "h": z * h + (1 - z) * k}


def _simple(cache: Any) -> dict[str, Array]:
    """Of the cache of a step (h, z, h′)."""
    return {"h": cache[-1]}


GATES: Mapping[type[Recurrent], Callable[[Any], dict[str, Array]]] = {LSTM: _lstm, GRU: _gru, SimpleRNN: _simple}


def through_time(record: StepRecord, of: LayerRecord, sample: int) -> View | None:
    """Each step of one sample; None of a layer whose steps have no names."""
    gates = next((GATES[cls] for cls in type(of.layer).__mro__ if cls in GATES), None)
    if gates is None:
        return None
    layer: Any = copy.copy(of.layer)
    if layer.states is not None and of.cache is not None:
        layer.states = list(of.cache.begun)  # the layer itself has gone on since
    training = bool(record.judged) and of.step.trains(True)
    xs, mask = of.xs, _mask(record, of)
    told_mask = {} if mask is None else {"mask": mask}
    _, unrolled = layer.forward(of.p, *xs, training=training, rng=of.key, **told_mask)
    order = list(layer.in_order(xs[0].shape[1]))
    found = [gates(step.cache) for step in unrolled.steps]
    arrays = {"x": xs[0][sample][order]} | {name: np.stack([one[name][sample] for one in found]) for name in found[0]}
    back, says = _back(layer, of, unrolled, sample), ""
    if back is not None:
        arrays["back"] = back
        says = _fading(back)
    names = {"steps": [str(t + 1) for t in order]} | {name: [WORDS[name]] for name in arrays if name in WORDS}
    return View("steps", "Step by step", arrays, says, names=names, told={"counts": _counts(mask, sample, order)})


def _mask(record: StepRecord, of: LayerRecord) -> Array | None:
    """Which steps count, where the layer was told."""
    wire = next(iter(of.step.masks), None)
    giver = (
        next((one for one in record.layers.values() if wire in one.step.outputs), None) if wire is not None else None
    )
    return None if giver is None else giver.arrays[giver.letters_out("y")[giver.step.outputs.index(wire)]] != 0


def _counts(mask: Array | None, sample: int, order: list[int]) -> list[bool] | None:
    return None if mask is None else [bool(mask[sample, t]) for t in order]


def _back(layer: Any, of: LayerRecord, unrolled: Unrolled, sample: int) -> Array | None:
    """How strong a gradient, the norm of dL/dh, came back to each step in the order in which they are taken."""
    dys = [of.back.get(letter) for letter in of.letters_out("dy")]
    if dys[0] is None:
        return None
    norms: list[float] = []
    watch(layer, "step_grad", before=lambda _, dstates, *__: norms.append(float(np.linalg.norm(dstates[0][sample]))))
    layer.backward(of.p, unrolled, *dys)
    return np.array(norms[::-1])


def _fading(back: Array) -> str:
    """What the gradient's way back through time says, in a sentence."""
    first, most = float(back[0]), float(back.max())
    if not most:
        return "No gradient came back to it: nothing is learned from this example."
    share = first / most
    way = f"The gradient that came back to the first step is {told(100 * share)} % of the strongest"
    if share < FADED:
        return f"{way}: it has faded on its way (vanished), and hardly anything is learned from how the sequence began."
    return f"{way}: what came early can be learned from."
