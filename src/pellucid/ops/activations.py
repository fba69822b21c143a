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
    activation: Activation, module: str = NN, options: Sequence[str] | None = None, **defaults: Any
) -> Operation:
    """The op of an activation, with its options unless others are named; `defaults` are those that differ from the
    activation's own."""

    def forward(x: Any, *args: Any, **options: Any) -> Array:
        return activation(np.asarray(x), *args, **{**defaults, **options})

    differing = "".join(f", with {key}={value} unless it is given" for key, value in defaults.items())
    forward.__name__, forward.__doc__ = activation.name, f"y = activations.{activation.name}(x){differing}."
    keras = "".join(word.capitalize() for word in activation.name.split("_"))
    made = Operation(forward, 1, keras, module, options=activation.option_names if options is None else options)
    made.activation = activation.bound(**defaults)

    @made.gradient
    def backward(dy: Array, y: Array, x: Array, **options: Any) -> Array:
        return activation.bound(**{**defaults, **options}).grad(dy, x, y)

    @made.lowers
    def lowering(code: Program, x: Buffer, **options: Any) -> Buffer:
        if not x.each:
            raise CannotLower(f"op {activation.name!r} on what has no batch")
        return activation.bound(**{**defaults, **options}).lower(code, x, reshapes=True)

    return made


celu = activation_op(activations.celu)
elu = activation_op(activations.elu)
gelu = activation_op(activations.gelu, approximate=True)
glu = activation_op(activations.glu)
hard_sigmoid = activation_op(activations.hard_sigmoid)
hard_silu = activation_op(activations.hard_silu)
hard_shrink = activation_op(activations.hard_shrink)
hard_tanh = activation_op(activations.hard_tanh)
leaky_relu = activation_op(activations.leaky_relu)
log_sigmoid = activation_op(activations.log_sigmoid)
log_softmax = activation_op(activations.log_softmax)
relu = activation_op(activations.relu, options=())  # as in Keras, whose relu takes x alone
relu6 = activation_op(activations.relu6)
selu = activation_op(activations.selu)
sigmoid = activation_op(activations.sigmoid)
silu = activation_op(activations.silu)
soft_shrink = activation_op(activations.soft_shrink)
softmax = activation_op(activations.softmax)
softplus = activation_op(activations.softplus)
softsign = activation_op(activations.softsign)
sparse_plus = activation_op(activations.sparse_plus)
sparse_sigmoid = activation_op(activations.sparse_sigmoid)
sparsemax = activation_op(activations.sparsemax)
squareplus = activation_op(activations.squareplus)
tanh = activation_op(activations.tanh, "keras.src.ops.numpy")
tanh_shrink = activation_op(activations.tanh_shrink)
threshold = activation_op(activations.threshold)
swish, hard_swish = silu, hard_silu
