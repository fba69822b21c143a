"""How each layer reads in a script: its lines of `forward`, and the way back through them.

What enters layer n is named x or h(n-1), what leaves it h(n), an activation's input z(n), gradients dh(n), dz(n).
"""

from __future__ import annotations

import math

import numpy as np

from ... import layers as L
from ...layers.activation_layer import ActivationLayer
from ...layers.alpha_dropout import alpha_dropout, alpha_dropout_grad
from ...layers.embedding import embedding_grad
from ...layers.prelu import prelu, prelu_grad
from ...layers.softmax import MASKED
from ...rng import Key
from .writer import At, Back, batch, writes


def unchanged(at: At) -> tuple[str, Back]:
    """A layer that passes its input on."""
    return at.x, lambda dy, wanted: dy


@writes(L.Dense)
def dense(at: At) -> tuple[str, Back]:
    layer = at.layer
    activation, linear = layer.activation, layer.activation.name == "linear"
    z = at.name("z") if not linear or at.fused else at.name("h")
    bias = f" + {at.p('bias')}" if layer.use_bias else ""
    at.forward(f"{z} = {at.x} @ {at.p('kernel')}{bias}", batch((*at.shape[:-1], layer.units)))
    out = z
    if not linear and not at.fused:
        out = at.name("h")
        at.forward(f"{out} = {at.script.activation(activation, z)}")

    def back(dy: str, wanted: bool) -> str:
        dz = f"d{z}"
        if out != z:
            at.backward(f"{dz} = {at.script.slope(activation, dy, z, out)}")
        rows_x, rows_dz = at.x, dz
        if len(at.shape) > 1:
            rows_x, rows_dz = f"{at.x}.reshape(-1, {at.shape[-1]})", f"{dz}.reshape(-1, {layer.units})"
        if at.trains("kernel"):
            at.gradient("kernel", f"{rows_x}.T @ {rows_dz}")
        if layer.use_bias and at.trains("bias"):
            at.gradient("bias", f"{rows_dz}.sum(axis=0)")
        return f"{dz} @ {at.p('kernel')}.T"

    return out, back


@writes(L.Embedding)
def embedding(at: At) -> tuple[str, Back]:
    out, W, places = at.name("h"), at.p("embeddings"), f"{at.x}.astype(int)"
    at.forward(f"{out} = {W}[{places}]", batch(at.out_shape))

    def back(dy: str, wanted: bool) -> str:
        if at.trains("embeddings"):
            at.gradient("embeddings", at.call(embedding_grad, {"dy": dy, "places": places, "W": W}))
        return f"np.zeros_like({at.x})"

    return out, back


@writes(L.Activation, L.ReLU, L.LeakyReLU, L.ELU)
def activation(at: At) -> tuple[str, Back]:
    layer: ActivationLayer = at.layer
    if at.fused or layer.function.name == "linear":
        return unchanged(at)
    out = at.name("h")
    at.forward(f"{out} = {at.script.activation(layer.function, at.x)}", batch(at.out_shape))
    return out, lambda dy, wanted: at.script.slope(layer.function, dy, at.x, out)


@writes(L.Softmax)
def softmax(at: At) -> tuple[str, Back]:
    if not at.mask:
        return activation(at)
    u, y, out, f = at.name("u"), at.name("y"), at.name("h"), at.layer.function
    at.forward(f"{u} = np.where({at.mask}, {at.x}, DTYPE({MASKED!r}))", "where nothing counts, next to no share")
    at.forward(f"{y} = {at.script.activation(f, u)}")
    at.forward(f"{out} = np.where({at.mask}, {y}, DTYPE(0))", batch(at.out_shape))

    def back(dy: str, wanted: bool) -> str:
        return f"np.where({at.mask}, {at.script.slope(f, f'np.where({at.mask}, {dy}, DTYPE(0))', u, y)}, DTYPE(0))"

    return out, back


@writes(L.PReLU)
def leaky(at: At) -> tuple[str, Back]:
    out, alpha = at.name("h"), at.p("alpha")
    at.forward(f"{out} = {at.call(prelu, {'x': at.x, 'alpha': alpha})}", batch(at.shape))

    def back(dy: str, wanted: bool) -> str:
        dx, dalpha = at.dx(wanted), at.g("alpha") if at.trains("alpha") else "_"
        at.backward(f"{dx}, {dalpha} = {at.call(prelu_grad, {'dy': dy, 'x': at.x, 'alpha': alpha})}")
        return dx

    return out, back


@writes(L.Identity, L.ActivityRegularization)
def identity(at: At) -> tuple[str, Back]:
    return unchanged(at)


@writes(L.Masking)
def masked(at: At) -> tuple[str, Back]:
    m, out = at.name("m"), at.name("h")
    at.forward(f"{m} = ({at.x} != {at.layer.mask_value!r}).any(axis=-1)", "which steps count")
    at.forward(f"{out} = np.where({m}[..., None], {at.x}, DTYPE(0))", batch(at.shape))
    return out, lambda dy, wanted: f"np.where({m}[..., None], {dy}, DTYPE(0))"


# Shapes ----------------------------------------------------------------------------------------------------------


def reshaped(at: At, x: str, back_to: str) -> tuple[str, Back]:
    out = at.name("h")
    at.forward(f"{out} = {x}.reshape(len({at.x}), {', '.join(map(str, at.out_shape))})", batch(at.out_shape))
    return out, lambda dy, wanted: f"{dy}.reshape({back_to})"


@writes(L.Flatten)
def flatten(at: At) -> tuple[str, Back]:
    if at.layer.data_format == "channels_first" and len(at.shape) > 1:
        moved = (*at.shape[1:], at.shape[0])
        shape = ", ".join(map(str, moved))
        out, back = reshaped(at, f"np.moveaxis({at.x}, 1, -1)", f"len({at.x}), {shape}")
        return out, lambda dy, wanted: f"np.moveaxis({back(dy, wanted)}, -1, 1)"
    return reshaped(at, at.x, f"{at.x}.shape")


@writes(L.Reshape)
def reshape(at: At) -> tuple[str, Back]:
    return reshaped(at, at.x, f"{at.x}.shape")


@writes(L.Permute)
def permute(at: At) -> tuple[str, Back]:
    order, out = (0, *at.layer.dims), at.name("h")
    undone = tuple(int(i) for i in np.argsort(order))
    at.forward(f"{out} = {at.x}.transpose{order}", batch(at.out_shape))
    return out, lambda dy, wanted: f"{dy}.transpose{undone}"


@writes(L.RepeatVector)
def repeat(at: At) -> tuple[str, Back]:
    out = at.name("h")
    at.forward(f"{out} = np.repeat({at.x}[:, None], {at.layer.n}, axis=1)", batch(at.out_shape))
    return out, lambda dy, wanted: f"{dy}.sum(axis=1)"


@writes(L.Rescaling)
def rescaling(at: At) -> tuple[str, Back]:
    def text(name: str) -> str:
        value = getattr(at.layer, name)
        return repr(value) if isinstance(value, float) else at.constant(name, np.asarray(value, at.layer.dtype))

    out, scale, offset = at.name("h"), text("scale"), text("offset")
    at.forward(f"{out} = {at.x} * {scale}{'' if offset == '0.0' else f' + {offset}'}", batch(at.shape))
    return out, lambda dy, wanted: f"{dy} * {scale}"


# Noise, in training only -----------------------------------------------------------------------------------------


def drawn(at: At, numbers: str, otherwise: str) -> str:
    """The name of a layer's random numbers, drawn in training."""
    layer, name = at.layer, at.name("m")
    kind = numbers.partition("(")[0]
    at.script.noise.add(kind)
    comment = "which entries stay" if otherwise == "None" else ""
    key = f"fold(key, {at.key})"
    if layer.seed is not None:
        at.script.seeded = True
        key = f"fold({Key(layer.seed).fold('noise').seed}, step)"
    at.forward(f"{name} = {numbers.format(key=key)} if training else {otherwise}", comment)
    return name


def kept(at: At) -> str:
    """The numbers that dropout compares with its rate, as text."""
    shape = f"{at.x}.shape"
    if at.layer.noise_shape is not None:
        first, *rest = at.layer.noise_shape
        sizes = [m if n is None else n for n, m in zip(rest, at.shape, strict=True)]
        shape = f"({', '.join([f'len({at.x})' if first is None else str(first), *map(str, sizes)])},)"
        shape = shape.replace(",)", ")") if sizes else shape
    return f"uniform({{key}}, {shape})"


@writes(L.Dropout)
def dropout(at: At) -> tuple[str, Back]:
    rate = at.layer.rate
    if rate == 0 or at.predicts:
        return unchanged(at)
    scale = f"DTYPE(1 / (1 - {rate!r}))" if rate < 1 else "DTYPE(0)"
    m, out = drawn(at, f"{kept(at)} >= {rate!r}", "None"), at.name("h")
    at.forward(f"{out} = {at.x} * ({m} * {scale}) if training else {at.x}")
    return out, lambda dy, wanted: f"{dy} * ({m} * {scale})"


@writes(L.AlphaDropout)
def alpha(at: At) -> tuple[str, Back]:
    rate = at.layer.rate
    if rate == 0 or at.predicts:
        return unchanged(at)
    m, out = drawn(at, f"{kept(at)} >= {rate!r}", "None"), at.name("h")
    at.forward(f"{out} = {at.call(alpha_dropout, {'x': at.x, 'kept': m}, rate=rate)} if training else {at.x}")
    return out, lambda dy, wanted: at.call(alpha_dropout_grad, {"dy": dy, "kept": m}, rate=rate)


@writes(L.GaussianDropout)
def gaussian_dropout(at: At) -> tuple[str, Back]:
    rate = at.layer.rate
    if rate == 0 or at.predicts:
        return unchanged(at)
    stddev = math.sqrt(rate / (1 - rate))
    m, out = drawn(at, f"normal({{key}}, {at.x}.shape, 1.0, {stddev!r})", "1"), at.name("h")
    at.forward(f"{out} = {at.x} * {m}")
    return out, lambda dy, wanted: f"{dy} * {m}"


@writes(L.GaussianNoise)
def gaussian_noise(at: At) -> tuple[str, Back]:
    if at.layer.stddev == 0 or at.predicts:
        return unchanged(at)
    m, out = drawn(at, f"normal({{key}}, {at.x}.shape, 0.0, {at.layer.stddev!r})", "0"), at.name("h")
    at.forward(f"{out} = {at.x} + {m}")
    return out, lambda dy, wanted: dy
