"""How what tells the places of steps reads in ONNX."""

from __future__ import annotations

from ... import layers as L
from ..positions import turning, waves_of
from .writer import At, writes


@writes(L.PositionEmbedding)
def position_embedding(at: At) -> str:
    path, T = f"{at.path}/embeddings", at.shape[-2]
    rows = at.writing.p[path]
    return in_place_of(at, at.p("embeddings") if len(rows) == T else at.writing.array(rows[:T], path))


@writes(L.SinePositionEncoding)
def sine_position_encoding(at: At) -> str:
    return in_place_of(at, at.writing.array(waves_of(at.layer, at.shape), f"{at.label}/waves"))


def in_place_of(at: At, rows: str) -> str:
    """Rows for as many samples as come in. A choice that never falls on x asks nobody how many that are."""
    return at.op("Where", at.writing.array(False, f"{at.label}/never", "bool"), at.x, rows)


@writes(L.RotaryEmbedding)
def rotary_embedding(at: At) -> str:
    cos, sin, axis = turning(at.layer, at.shape)
    D = at.shape[axis - 1]
    swapped = at.op("Gather", at.x, at.whole(*range(D // 2, D), *range(D // 2)), axis=axis)
    return at.op("Add", at.op("Mul", at.x, at.number(cos)), at.op("Mul", swapped, at.number(sin)))
