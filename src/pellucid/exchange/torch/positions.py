"""How what tells the places of steps is written for PyTorch."""

from __future__ import annotations

from ... import layers as L
from ..positions import turning, waves_of
from .writer import At, Value, writes


@writes(L.PositionEmbedding)
def position_embedding(at: At) -> Value:
    return at.module("Positions", at.layer.sequence_length, at.shape[-1])


@writes(L.SinePositionEncoding)
def sine_position_encoding(at: At) -> Value:
    never = at.constant(False, "bool")  # a choice that never falls on x gives as many samples as come in
    return at.op("torch.where", never, at.x, at.constant(waves_of(at.layer, at.shape)))


@writes(L.RotaryEmbedding)
def rotary_embedding(at: At) -> Value:
    cos, sin, axis = turning(at.layer, at.shape)
    swapped = at.op("torch.roll", at.x, at.shape[axis - 1] // 2, axis)
    turned = at.op("operator.mul", swapped, at.constant(sin))
    return at.op("operator.add", at.op("operator.mul", at.x, at.constant(cos)), turned)
