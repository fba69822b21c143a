"""Activations that level off at both ends, and two made from them: log_sigmoid and tanh_shrink."""

from __future__ import annotations

from typing import Any

from .elementwise import backward, forward
from .functions import HALF, ONE, ZERO, choose, f32, softplus
from .functions import sigmoid as logistic
from .functions import tanh as hyperbolic

SIXTH = f32(1 / 6)


@forward("sigmoid")
def sigmoid(x: Any) -> Any:
    return logistic(x)


@backward("sigmoid")
def sigmoid_grad(dy: Any, x: Any, y: Any) -> Any:
    return dy * y * (ONE - y)


@forward("log_sigmoid")
def log_sigmoid(x: Any) -> Any:
    return -softplus(-x)


@backward("log_sigmoid")
def log_sigmoid_grad(dy: Any, x: Any, y: Any) -> Any:
    return dy * logistic(-x)


@forward("tanh")
def tanh(x: Any) -> Any:
    return hyperbolic(x)


@backward("tanh")
def tanh_grad(dy: Any, x: Any, y: Any) -> Any:
    return dy * (ONE - y * y)


@forward("tanh_shrink")
def tanh_shrink(x: Any) -> Any:
    return x - hyperbolic(x)


@backward("tanh_shrink")
def tanh_shrink_grad(dy: Any, x: Any, y: Any) -> Any:
    t = hyperbolic(x)
    return dy * (t * t)


@forward("softsign")
def softsign(x: Any) -> Any:
    return x / (ONE + abs(x))


@backward("softsign")
def softsign_grad(dy: Any, x: Any, y: Any) -> Any:
    size = ONE + abs(x)
    return dy / size / size  # one after the other: the square could overflow


@forward("hard_sigmoid")
def hard_sigmoid(x: Any) -> Any:
    return min(max(x * SIXTH + HALF, ZERO), ONE)


@backward("hard_sigmoid")
def hard_sigmoid_grad(dy: Any, x: Any, y: Any) -> Any:
    return dy * choose(abs(x) < f32(3), SIXTH, ZERO)


@forward("hard_tanh")
def hard_tanh(x: Any) -> Any:
    return min(max(x, -ONE), ONE)


@backward("hard_tanh")
def hard_tanh_grad(dy: Any, x: Any, y: Any) -> Any:
    return dy * choose(abs(x) < ONE, ONE, ZERO)


@forward("sparse_sigmoid")
def sparse_sigmoid(x: Any) -> Any:
    return min(max((x + ONE) * HALF, ZERO), ONE)


@backward("sparse_sigmoid")
def sparse_sigmoid_grad(dy: Any, x: Any, y: Any) -> Any:
    return dy * choose(abs(x) < ONE, HALF, ZERO)
