"""Linear above zero, an exponential bend below: elu, celu, selu."""

from __future__ import annotations

from typing import Any

from .elementwise import backward, forward
from .functions import ONE, ZERO, choose, exp, expm1, f32

SELU_ALPHA, SELU_SCALE = f32(1.6732632423543772), f32(1.0507009873554805)


@forward("elu")
def elu(x: Any, alpha: Any) -> Any:
    return choose(x > ZERO, x, alpha * expm1(min(x, ZERO)))


@backward("elu")
def elu_grad(dy: Any, x: Any, y: Any, alpha: Any) -> Any:
    return dy * choose(x > ZERO, ONE, alpha * exp(min(x, ZERO)))


@forward("celu")
def celu(x: Any, alpha: Any) -> Any:
    return max(x, ZERO) + alpha * expm1(min(x, ZERO) / alpha)


@backward("celu")
def celu_grad(dy: Any, x: Any, y: Any, alpha: Any) -> Any:
    return dy * exp(min(x, ZERO) / alpha)


@forward("selu")
def selu(x: Any) -> Any:
    return SELU_SCALE * elu(x, SELU_ALPHA)


@backward("selu")
def selu_grad(dy: Any, x: Any, y: Any) -> Any:
    return SELU_SCALE * elu_grad(dy, x, y, SELU_ALPHA)
