"""Activations: y = f(x), each with its gradient beside it. Keras 3's names and numerical meaning."""

from .base import Activation, activations, custom
from .elementary import exponential, linear
from .exponential_units import celu, elu, selu
from .gates import gelu, glu, hard_silu, mish, silu
from .rectifiers import hard_shrink, leaky_relu, relu, relu6, soft_shrink, threshold
from .sigmoids import hard_sigmoid, hard_tanh, log_sigmoid, sigmoid, softsign, sparse_sigmoid, tanh, tanh_shrink
from .simplex import log_softmax, softmax, sparsemax
from .softened import softplus, sparse_plus, squareplus

get, serialize, deserialize = activations.get, activations.serialize, activations.deserialize
swish, hard_swish = silu, hard_silu

__all__ = [
    "Activation",
    "activations",
    "celu",
    "custom",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]
