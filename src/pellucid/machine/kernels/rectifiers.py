"""Activations with a kink: relu and its kin. At the kink itself the gradient is that of the lower side.

`min(x, c)` and `max(x, c)` in this order keep a NaN in x."""

from __future__ import annotations

from typing import Any

from .elementwise import backward, forward
from .functions import INFINITY, ONE, ZERO, choose, f32


@forward("relu")
def relu(x: Any, slope: Any, largest: Any, threshold: Any) -> Any:
    """`largest` is infinite where there is no upper bound."""
    above = choose(largest == INFINITY, x, min(max(x, ZERO), largest))
    below = choose(slope == ZERO, ZERO, slope * (x - threshold))
    return choose(x <= threshold, below, above)


@backward("relu")
def relu_grad(dy: Any, x: Any, y: Any, slope: Any, largest: Any, threshold: Any) -> Any:
    above = choose((largest == INFINITY) | ((x > ZERO) & (x < largest)), ONE, ZERO)
    return dy * choose(x > threshold, above, slope)


@backward("dense.relu")
def plain_relu_grad(dy: Any, x: Any, y: Any) -> Any:
    """Of max(x, 0), from y alone: the tile rectifies z before it is ever stored."""
    return dy * choose(y > ZERO, ONE, ZERO)


@forward("relu6")
def relu6(x: Any) -> Any:
    return min(max(x, ZERO), f32(6))


@backward("relu6")
def relu6_grad(dy: Any, x: Any, y: Any) -> Any:
    return dy * choose((x > ZERO) & (x < f32(6)), ONE, ZERO)


@forward("leaky_relu")
def leaky_relu(x: Any, slope: Any) -> Any:
    return choose(x > ZERO, x, slope * x)


@backward("leaky_relu")
def leaky_relu_grad(dy: Any, x: Any, y: Any, slope: Any) -> Any:
    return dy * choose(x > ZERO, ONE, slope)


@forward("threshold")
def threshold(x: Any, threshold: Any, default_value: Any) -> Any:
    return choose(x <= threshold, default_value, x)


@backward("threshold")
def threshold_grad(dy: Any, x: Any, y: Any, threshold: Any) -> Any:
    return dy * choose(x > threshold, ONE, ZERO)


@forward("hard_shrink")
def hard_shrink(x: Any, threshold: Any) -> Any:
    return choose(abs(x) <= threshold, ZERO, x)


@backward("hard_shrink")
def hard_shrink_grad(dy: Any, x: Any, y: Any, threshold: Any) -> Any:
    return dy * choose(abs(x) > threshold, ONE, ZERO)


@forward("soft_shrink")
def soft_shrink(x: Any, threshold: Any) -> Any:
    sign = choose(x > ZERO, ONE, choose(x < ZERO, -ONE, x))
    return sign * max(abs(x) - threshold, ZERO)


@backward("soft_shrink")
def soft_shrink_grad(dy: Any, x: Any, y: Any, threshold: Any) -> Any:
    return dy * choose(abs(x) > threshold, ONE, ZERO)
