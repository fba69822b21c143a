"""How each layer reads in C, as it predicts: noise is gone, and batches are standardized by the moving averages.

Batch normalization is not folded into the layer before it: it is (x − mean) · scale + beta, its scale computed
beforehand, which loses no digits where a mean is large.
"""

from __future__ import annotations

from functools import reduce

import numpy as np

from ... import layers as L
from ...arrays import Array
from ...layers.activation_layer import ActivationLayer
from ...layers.dot import TINY
from ...layers.normalization import SMALLEST
from ...layers.shapes import along, axes_of
from ...layers.softmax import MASKED
from ...layers.unit_normalization import SHORTEST
from ..ours import UNCHANGED
from .activations import write_activation
from .loops import along_last, contracted, elementwise, moved, reduced
from .ops import flat, picked
from .products import matrix_product
from .writer import At, Value, reshaped, writes


@writes(*UNCHANGED)
def unchanged(at: At) -> Value:
    return at.x


@writes(L.Dense)
def dense(at: At) -> Value:
    bias = at.p("bias") if at.layer.use_bias else None
    return write_activation(at, matrix_product(at, at.x, at.p("kernel"), bias), at.layer.activation)


@writes(L.Embedding)
def embedding(at: At) -> Value:
    table = at.known(at.p("embeddings"), "embeddings")
    return picked(at, table, at.x, at.shape, 0, (*flat(at.x), 0), (*[0] * len(at.x.shape), 1))


@writes(L.Activation, L.ELU, L.LeakyReLU, L.ReLU)
def activation(at: At) -> Value:
    layer: ActivationLayer = at.layer
    return write_activation(at, at.x, layer.function)


@writes(L.Softmax)
def softmax(at: At) -> Value:
    shares = at.layer.function
    if at.mask is None:
        return write_activation(at, at.x, shares)
    return chosen(at, at.mask, write_activation(at, chosen(at, at.mask, at.x, MASKED), shares), 0.0)


def chosen(at: At, mask: Value, x: Value, other: float) -> Value:
    """x where the mask is not 0, another number elsewhere."""
    return elementwise(at, [x, mask], f"{{1}} != 0.0f ? {{0}} : {at.number(other)}")


@writes(L.PReLU)
def prelu(at: At) -> Value:
    return elementwise(at, [at.x, at.known(at.p("alpha"), "alpha")], "prelu({0}, {1})")


# Shapes ----------------------------------------------------------------------------------------------------------


@writes(L.Flatten)
def flatten(at: At) -> Value:
    channels_first = at.layer.data_format == "channels_first" and len(at.x.shape) > 2
    x = moved(at, [at.x], lambda places: np.moveaxis(places, 1, -1)) if channels_first else at.x
    return reshaped(x, at.shape)


@writes(L.Reshape)
def reshape(at: At) -> Value:
    return reshaped(at.x, at.shape)


@writes(L.Permute)
def permute(at: At) -> Value:
    return moved(at, [at.x], lambda places: places.transpose(0, *at.layer.dims))


@writes(L.RepeatVector)
def repeat(at: At) -> Value:
    return moved(at, [at.x], lambda places: np.repeat(places[:, None], at.layer.n, axis=1))


@writes(L.Masking)
def masking(at: At) -> Value:
    counts = reshaped(counting(at, at.layer.mask_value), (*at.x.shape[:-1], 1))
    return chosen(at, counts, at.x, 0.0)


def counting(at: At, value: float) -> Value:
    """1 for each step that has other numbers than this one, else 0."""
    told = elementwise(at, [at.x], f"{{0}} != {at.number(value)} ? 1.0f : 0.0f")
    return reduced(at, told, [len(at.x.shape) - 1], "any_of", at.x.shape[:-1])


# Several inputs --------------------------------------------------------------------------------------------------


def fitted(at: At) -> list[Value]:
    """The inputs, those with fewer axes than others with axes of length 1 behind the batch."""
    axes = max(len(x.shape) for x in at.xs)
    return [reshaped(x, (*x.shape[:1], *[1] * (axes - len(x.shape)), *x.shape[1:])) for x in at.xs]


@writes(L.Add, L.Subtract, L.Multiply, L.Maximum, L.Minimum, L.Average)
def joined(at: At) -> Value:
    formulas = {L.Subtract: "{0} - {1}", L.Multiply: "{0} * {1}", L.Maximum: "larger({0}, {1})",
                L.Minimum: "smaller({0}, {1})"}  # fmt: skip
    formula = next((text for kind, text in formulas.items() if isinstance(at.layer, kind)), "{0} + {1}")
    y = reduce(lambda a, b: elementwise(at, [a, b], formula), fitted(at))
    return elementwise(at, [y], f"{{0}} / {at.number(len(at.xs))}") if isinstance(at.layer, L.Average) else y


@writes(L.Concatenate)
def concatenate(at: At) -> Value:
    (axis,) = axes_of(at.layer.name, at.layer.axis, at.x.shape[1:])
    return moved(at, at.xs, lambda *places: np.concatenate(places, axis))


@writes(L.Dot)
def dot(at: At) -> Value:
    axes = at.layer.axes if isinstance(at.layer.axes, list) else [at.layer.axes] * 2
    rows = []
    for x, axis in zip(at.xs, axes, strict=True):
        axis, n = axis % len(x.shape), x.shape[axis]
        if at.layer.normalize:
            x = along_last(at, x, [axis], lambda row, n: at.rows("unit", row, row.shape, n, at.number(TINY**0.5)))
        x = moved(at, [x], lambda places, axis=axis: np.moveaxis(places, axis, -1))
        rows.append(reshaped(x, (x.shape[0], x.size // n // x.shape[0], n)))
    return reshaped(contracted(at, rows, ["bik", "bjk"], "bij"), at.shape)


# Normalization ---------------------------------------------------------------------------------------------------


@writes(L.BatchNormalization)
def batch_normalization(at: At) -> Value:
    layer, rank = at.layer, len(at.x.shape)
    axes = axes_of(layer.name, layer.axis, at.x.shape[1:])
    scale = 1 / np.sqrt(at.p("moving_variance").astype("float64") + layer.epsilon)
    scale = scale * at.p("gamma") if layer.scale else scale
    given = [("mean", at.p("moving_mean")), ("scale", scale), *([("beta", at.p("beta"))] if layer.center else [])]
    formula = "({0} - {1}) * {2} + {3}" if layer.center else "({0} - {1}) * {2}"
    return elementwise(at, [at.x, *(at.known(along(w, axes, rank), name) for name, w in given)], formula)


def by_rows(at: At, kernel: str, constant: float, gamma: Array | None = None, beta: Array | None = None) -> Value:
    """A function of what lies along the layer's axes, then γ · y + β, where they are."""
    axes = axes_of(at.layer.name, at.layer.axis, at.x.shape[1:])

    def write(x: Value, n: int) -> Value:
        y = reshaped(at.rows(kernel, x, x.shape, n, at.number(constant)), (x.size // n, n))
        if gamma is None and beta is None:
            return reshaped(y, x.shape)
        both = (gamma, "gamma", " * {{{}}}"), (beta, "beta", " + {{{}}}")
        given = [(at.known(w.reshape(1, n), name), text) for w, name, text in both if w is not None]
        formula = "{0}" + "".join(text.format(i) for i, (_, text) in enumerate(given, 1))
        return reshaped(elementwise(at, [y, *(w for w, _ in given)], formula), x.shape)

    return along_last(at, at.x, axes, write)


@writes(L.LayerNormalization)
def layer_normalization(at: At) -> Value:
    layer = at.layer
    gamma, beta = at.p("gamma") if layer.scales else None, at.p("beta") if layer.shifts else None
    if layer.rms_scaling:
        return by_rows(at, "by_deviation", layer.epsilon, gamma)
    return by_rows(at, "standardize", layer.epsilon, gamma, beta)


@writes(L.GroupNormalization)
def group_normalization(at: At) -> Value:
    layer, shape = at.layer, at.x.shape
    (axis,) = axes_of(layer.name, layer.axis, shape[1:])
    C = shape[axis]
    G = C if layer.groups == -1 else layer.groups
    x = moved(at, [at.x], lambda places: np.moveaxis(places, axis, 1))
    y = at.rows("standardize", x, x.shape, x.size // (shape[0] * G), at.number(layer.epsilon))
    given = [("gamma", " * {{{}}}")] * layer.scale + [("beta", " + {{{}}}")] * layer.center
    parts = [at.known(at.p(name).reshape(1, C, *[1] * (len(shape) - 2)), name) for name, _ in given]
    formula = "{0}" + "".join(text.format(i) for i, (_, text) in enumerate(given, 1))
    y = elementwise(at, [y, *parts], formula) if given else y
    return moved(at, [y], lambda places: np.moveaxis(places, 1, axis))


@writes(L.RMSNormalization)
def rms_normalization(at: At) -> Value:
    return by_rows(at, "by_mean_square", at.layer.epsilon, at.p("scale"))


@writes(L.UnitNormalization)
def unit_normalization(at: At) -> Value:
    return by_rows(at, "unit", SHORTEST)


@writes(L.Normalization)
def normalization(at: At) -> Value:
    mean, variance = (np.asarray(value, at.writing.dtype) for value in (at.layer.mean, at.layer.variance))
    deviation = np.maximum(np.sqrt(variance), SMALLEST)
    formula = "{1} + {0} * {2}" if at.layer.invert else "({0} - {1}) / {2}"
    return elementwise(at, [at.x, at.known(mean, "mean"), at.known(deviation, "deviation")], formula)


@writes(L.Rescaling)
def rescaling(at: At) -> Value:
    offset = [at.known(at.layer.offset, "offset")] if np.any(at.layer.offset) else []
    return elementwise(at, [at.x, at.known(at.layer.scale, "scale"), *offset], "{0} * {1}" + " + {2}" * len(offset))
