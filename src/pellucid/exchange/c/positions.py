"""How what tells the places of steps reads in C. What does not depend on x is known by now."""

from __future__ import annotations

import numpy as np

from ... import layers as L
from ..positions import turning, waves_of
from .loops import elementwise, moved
from .writer import At, Value, writes


@writes(L.PositionEmbedding)
def position_embedding(at: At) -> Value:
    return at.known(np.broadcast_to(at.p("embeddings")[: at.shape[-2]], at.shape), "embeddings")


@writes(L.SinePositionEncoding)
def sine_position_encoding(at: At) -> Value:
    return at.known(np.broadcast_to(waves_of(at.layer, at.shape), at.shape), "waves")


@writes(L.RotaryEmbedding)
def rotary_embedding(at: At) -> Value:
    cos, sin, axis = turning(at.layer, at.shape[1:])
    swapped = moved(at, [at.x], lambda places: np.roll(places, at.shape[axis] // 2, axis))
    return elementwise(at, [at.x, at.known(cos, "cos"), swapped, at.known(sin, "sin")], "{0} * {1} + {2} * {3}")
