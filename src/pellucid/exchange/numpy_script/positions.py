"""How what tells the places of steps reads in a script."""

from __future__ import annotations

import numpy as np

from ... import layers as L
from ...layers.rotary_embedding import rotary, rotary_grad
from ..positions import waves_of
from .writer import At, Back, batch, writes


@writes(L.PositionEmbedding)
def position_embedding(at: At) -> tuple[str, Back]:
    out, T, N = at.name("h"), at.shape[-2], at.layer.sequence_length
    rows = at.p("embeddings") + (f"[:{T}]" if T < N else "")
    at.forward(f"{out} = np.broadcast_to({rows}, {at.x}.shape)", batch(at.shape))

    def back(dy: str, wanted: bool) -> None:
        if at.trains("embeddings"):
            total = f"{dy}.sum(axis={tuple(range(len(at.shape) - 1))})"
            at.gradient("embeddings", f"np.pad({total}, ((0, {N - T}), (0, 0)))" if T < N else total)

    return out, back


@writes(L.SinePositionEncoding)
def sine_position_encoding(at: At) -> tuple[str, Back]:
    out = at.name("h")
    waves = at.constant("waves", waves_of(at.layer, at.shape).astype(at.layer.dtype))
    at.forward(f"{out} = np.broadcast_to({waves}, {at.x}.shape)", batch(at.shape))
    return out, lambda dy, wanted: None


@writes(L.RotaryEmbedding)
def rotary_embedding(at: At) -> tuple[str, Back]:
    angles, (_, axis) = at.layer.angles(at.shape), at.layer._axes(at.shape)
    given = {
        name: at.constant(name, f(angles).astype(at.layer.dtype)) for name, f in (("cos", np.cos), ("sin", np.sin))
    }
    out = at.name("h")
    at.forward(f"{out} = {at.call(rotary, {'x': at.x, **given}, axis=axis)}", batch(at.shape))
    return out, lambda dy, wanted: at.call(rotary_grad, {"dy": dy, **given}, axis=axis)
