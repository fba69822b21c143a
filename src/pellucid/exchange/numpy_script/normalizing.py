"""How the layers that normalize read in a script."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ... import layers as L
from ...errors import InvalidArgument
from ...layers.batch_normalization import batch_norm, batch_norm_grad
from ...layers.group_normalization import group_norm, group_norm_grad
from ...layers.layer_normalization import layer_norm, layer_norm_grad
from ...layers.normalization import SMALLEST
from ...layers.rms_normalization import rms_norm, rms_norm_grad
from ...layers.shapes import axes_of
from ...layers.spectral_normalization import Spectral, by_power_iteration
from ...layers.unit_normalization import unit_norm, unit_norm_grad
from .writer import FORM, At, Back, batch, said, writes

AFFINE = {"gamma": 1.0, "beta": 0.0}  # and what they are where a layer has none


def gradients(at: At, *names: str) -> str:
    """Where gradients go, and _ for those of nobody's."""
    return ", ".join(at.g(name) if at.trains(name) else "_" for name in names)


def affine(at: At, axes: tuple[int, ...]) -> tuple[dict[str, str], dict[str, float]]:
    """(gamma and beta as text, those that are settled)."""
    present = {"gamma": at.layer.scale, "beta": at.layer.center}
    given = {name: at.along(at.p(name), axes) for name, there in present.items() if there}
    return given, {n: v for n, v in AFFINE.items() if n not in given}


def without(values: dict[str, float], name: str) -> dict[str, float]:
    return {n: v for n, v in values.items() if n != name}


def without_option(layer: L.Layer, option: str, wanted: str = "False", got: Any = True) -> InvalidArgument:
    """The error about a rare option that scripts do not have."""
    return FORM.refused(layer.name, f"{option}={wanted}", str(got))


def standardized(
    at: At, functions: tuple[Any, Any], weights: dict[str, str], names: Iterable[str], met: dict[str, str],
    options: dict[str, Any], options_back: dict[str, Any],
) -> tuple[str, Back]:  # fmt: skip
    """Write a call of the first function, which gives y, x̂ and r, and on the way back one of the second, which gives dx
    and dL/d of the parameters of these names. met: what the first reads besides x and weights."""
    out, xhat, r = at.name("h"), at.name("xhat"), at.name("r")
    call = at.call(functions[0], {"x": at.x, **met, **weights}, **options)
    at.forward(f"{out}, {xhat}, {r} = {call}", batch(at.shape))

    def back(dy: str, wanted: bool) -> str:
        call = at.call(functions[1], {"dy": dy, "xhat": xhat, "r": r, **weights}, **options_back)
        at.backward(f"{at.dx(wanted)}, {gradients(at, *names)} = {call}")
        return at.dx(wanted)

    return out, back


@writes(L.BatchNormalization)
def batch_normalization(at: At) -> tuple[str, Back]:
    layer, n = at.layer, len(at.shape) + 1
    if layer.renorm and layer.trainable:
        raise without_option(layer, "renorm")
    axes = axes_of(layer.name, layer.axis, at.shape)
    over = tuple(i for i in range(n) if i not in axes)
    axis = over[0] if len(over) == 1 else over
    moving_mean, moving_variance = at.p("moving_mean"), at.p("moving_variance")
    mean, variance, of_batch = moving_mean, moving_variance, layer.trainable and not at.predicts
    if of_batch:
        mean, variance, momentum = at.name("mean"), at.name("variance"), layer.momentum
        at.forward("if training:")
        at.forward(f"    {mean}, {variance} = {at.x}.mean(axis={axis}), {at.x}.var(axis={axis})")
        at.forward("else:")
        at.forward(f"    {mean} = {moving_mean}")
        at.forward(f"    {variance} = {moving_variance}")
        for moving, new in ((moving_mean, mean), (moving_variance, variance)):
            at.script.averages.append(said(f"{moving} = {moving} * {momentum!r} + {new} * (1 - {momentum!r})"))
    given, settled = affine(at, axes)
    met = {"mean": at.along(mean, axes), "variance": at.along(variance, axes)}
    options_back = {"over": over, "moving": not of_batch, "shares": None, **without(settled, "beta")}
    return standardized(
        at, (batch_norm, batch_norm_grad), given, AFFINE, met, {"epsilon": layer.epsilon, **settled}, options_back
    )


@writes(L.LayerNormalization)
def layer_normalization(at: At) -> tuple[str, Back]:
    layer = at.layer
    if layer.rms_scaling:
        raise without_option(layer, "rms_scaling")
    axes = axes_of(layer.name, layer.axis, at.shape)
    given, settled = affine(at, axes)
    options = {"axes": axes, "epsilon": layer.epsilon, **settled}
    options_back = {"axes": axes, "dy.ndim": len(at.shape) + 1, **without(settled, "beta")}
    return standardized(at, (layer_norm, layer_norm_grad), given, AFFINE, {}, options, options_back)


@writes(L.GroupNormalization)
def group_normalization(at: At) -> tuple[str, Back]:
    layer = at.layer
    (axis,) = axes_of(layer.name, layer.axis, at.shape)
    C = at.shape[axis - 1]
    G = C if layer.groups == -1 else layer.groups
    last = axis == len(at.shape)
    moved = [n for i, n in enumerate(at.shape, start=1) if i != axis] + [C]
    sizes = f"{math.prod(at.shape) // C}, {G}, {C // G}"

    def grouped(x: str) -> str:
        x = x if last else f"np.moveaxis({x}, {axis}, -1)"
        return f"{x}.reshape(len({at.x}), {sizes})"

    def as_given(y: str) -> str:
        y = f"{y}.reshape(len({at.x}), {', '.join(map(str, moved))})"
        return y if last else f"np.moveaxis({y}, -1, {axis})"

    present = {"gamma": layer.scale, "beta": layer.center}
    given = {name: f"{at.p(name)}.reshape({G}, {C // G})" for name, there in present.items() if there}
    settled = {n: v for n, v in AFFINE.items() if n not in given}
    out, y, xhat, r = at.name("h"), at.name("y"), at.name("xhat"), at.name("r")
    call = at.call(group_norm, {"x": grouped(at.x), **given}, epsilon=layer.epsilon, **settled)
    at.forward(f"{y}, {xhat}, {r} = {call}", f"(B, {sizes})")
    at.forward(f"{out} = {as_given(y)}", batch(at.shape))

    def back(dy: str, wanted: bool) -> str:
        into = {"dy": grouped(dy), "xhat": xhat, "r": r, **given}
        call = at.call(group_norm_grad, into, **without(settled, "beta"))
        names = [f"d{name}{at.number}" if there and at.trains(name) else "_" for name, there in present.items()]
        at.backward(f"d{y}, {', '.join(names)} = {call}")
        for name, found in zip(present, names, strict=True):
            if found != "_":
                at.gradient(name, f"{found}.reshape(-1)")
        return as_given(f"d{y}")

    return out, back


@writes(L.RMSNormalization)
def rms_normalization(at: At) -> tuple[str, Back]:
    axes = axes_of(at.layer.name, at.layer.axis, at.shape)
    scale = {"scale": at.along(at.p("scale"), axes)}
    options, options_back = {"axes": axes, "epsilon": at.layer.epsilon}, {"axes": axes, "dy.ndim": len(at.shape) + 1}
    return standardized(at, (rms_norm, rms_norm_grad), scale, ["scale"], {}, options, options_back)


@writes(L.UnitNormalization)
def unit_normalization(at: At) -> tuple[str, Back]:
    axes, out, length = axes_of(at.layer.name, at.layer.axis, at.shape), at.name("h"), at.name("length")
    at.forward(f"{out}, {length} = {at.call(unit_norm, {'x': at.x}, axes=axes)}", batch(at.shape))
    return out, lambda dy, wanted: at.call(unit_norm_grad, {"dy": dy, "y": out, "length": length}, axes=axes)


@writes(Spectral)
def spectral(at: At) -> tuple[tuple[str, str], Back]:
    """The kernel of the layer behind it is overwritten before that reads it."""
    layer, (x, u) = at.layer, at.xs
    if any(spec.regularizer for spec in layer.belongs_to.specs if spec.name == layer.kernel):
        raise without_option(layer.belongs_to, f"{layer.kernel}_regularizer", "None", "one")
    if not at.differs():
        return (x, u), lambda dys, wanted: (dys[0], None)
    after, kernel = at.name("u"), at.p(layer.kernel)
    call = at.call(by_power_iteration, {"W": kernel, "u": u}, iterations=layer.iterations)
    at.forward(f"{after} = {u}")
    at.forward("if training:")
    at.forward(f"    {kernel}, {after} = {call}", "a kernel of norm 1")
    return (x, after), lambda dys, wanted: (dys[0], None)


@writes(L.Normalization)
def normalization(at: At) -> tuple[str, Back]:
    layer, dtype = at.layer, at.layer.dtype
    mean, variance = (np.asarray(v, dtype) for v in (layer.mean, layer.variance))
    deviation = np.maximum(np.sqrt(variance), SMALLEST)
    m, d, out = at.constant("mean", mean), at.constant("deviation", deviation), at.name("h")
    at.forward(f"{out} = {f'{m} + {at.x} * {d}' if layer.invert else f'({at.x} - {m}) / {d}'}", batch(at.shape))
    return out, lambda dy, wanted: f"{dy} {'*' if layer.invert else '/'} {d}"
