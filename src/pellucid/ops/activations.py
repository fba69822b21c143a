"""The activations as ops: y = f(x), with the gradient that stands beside each in `pellucid.activations`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import activations
from ..activations import Activation
from ..arrays import Array
from ..program import Buffer, CannotLower, Program
from .base import Operation

NN = "keras.src.ops.nn"


def activation_op(
    activation: Activation, back: str, module: str = NN, options: Sequence[str] | None = None, **defaults: Any
) -> Operation:
    """The op of an activation, with its options unless others are named; `defaults` are those that differ from the
    activation's own. back: the formula of dx."""

    def forward(x: Any, *args: Any, **options: Any) -> Array:
        return activation(np.asarray(x), *args, **{**defaults, **options})

    differing = "".join(f", with {key}={value} unless it is given" for key, value in defaults.items())
    forward.__name__, forward.__doc__ = activation.name, f"y = activations.{activation.name}(x){differing}."
    keras = "".join(word.capitalize() for word in activation.name.split("_"))
    made = Operation(forward, 1, keras, module, options=activation.option_names if options is None else options)
    made.activation = activation.bound(**defaults)

    @made.gradient(f"dx = {back}")
    def backward(dy: Array, y: Array, x: Array, **options: Any) -> Array:
        return activation.bound(**{**defaults, **options}).grad(dy, x, y)

    @made.lowers
    def lowering(code: Program, x: Buffer, **options: Any) -> Buffer:
        if not x.each:
            raise CannotLower(f"op {activation.name!r} on what has no batch")
        return activation.bound(**{**defaults, **options}).lower(code, x, reshapes=True)

    return made


celu = activation_op(activations.celu, "dy where x > 0, dy·e^(x / α) elsewhere")
elu = activation_op(activations.elu, "dy where x > 0, dy·α·eˣ elsewhere")
gelu = activation_op(activations.gelu, "dy·gelu′(x)", approximate=True)
glu = activation_op(activations.glu, "dy·∂y/∂x, both halves side by side")
hard_sigmoid = activation_op(activations.hard_sigmoid, "dy / 6 where |x| < 3")
hard_silu = activation_op(activations.hard_silu, "dy·(x/3 + 1/2) where |x| < 3, dy where x ≥ 3")
hard_shrink = activation_op(activations.hard_shrink, "dy where |x| > threshold")
hard_tanh = activation_op(activations.hard_tanh, "dy where |x| < 1")
leaky_relu = activation_op(activations.leaky_relu, "dy where x > 0, dy·negative_slope elsewhere")
log_sigmoid = activation_op(activations.log_sigmoid, "dy·sigmoid(−x)")
log_softmax = activation_op(activations.log_softmax, "dy − e^y·Σ dy")
relu = activation_op(activations.relu, "dy where x > 0", options=())  # as in Keras, whose relu takes x alone
relu6 = activation_op(activations.relu6, "dy where 0 < x < 6")
selu = activation_op(activations.selu, "dy·λ where x > 0, dy·λ·α·eˣ elsewhere")
sigmoid = activation_op(activations.sigmoid, "dy·y·(1 − y)")
silu = activation_op(activations.silu, "dy·(y + sigmoid(x)·(1 − y))")
soft_shrink = activation_op(activations.soft_shrink, "dy where |x| > threshold")
softmax = activation_op(activations.softmax, "y·(dy − Σ dy·y)")
softplus = activation_op(activations.softplus, "dy·sigmoid(x)")
softsign = activation_op(activations.softsign, "dy / (1 + |x|)²")
sparse_plus = activation_op(activations.sparse_plus, "dy·sparse_sigmoid(x)")
sparse_sigmoid = activation_op(activations.sparse_sigmoid, "dy / 2 where |x| < 1")
sparsemax = activation_op(activations.sparsemax, "dy − (the mean of dy where y > 0), where y > 0")
squareplus = activation_op(activations.squareplus, "dy·(1 + x / √(x² + b)) / 2")
tanh = activation_op(activations.tanh, "dy·(1 − y²)", "keras.src.ops.numpy")
tanh_shrink = activation_op(activations.tanh_shrink, "dy·tanh² x")
threshold = activation_op(activations.threshold, "dy where x > threshold")
swish, hard_swish = silu, hard_silu
