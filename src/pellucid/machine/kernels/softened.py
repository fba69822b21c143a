"""relu with its corner rounded: softplus, squareplus, sparse_plus."""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementwise import backward, forward
from .functions import HALF, ONE, ZERO, choose, f32, precise, sigmoid
from .functions import softplus as log1pexp


@forward("softplus")
def softplus(x: Any) -> Any:
    return log1pexp(x)


@backward("softplus")
def softplus_grad(dy: Any, x: Any, y: Any) -> Any:
    return dy * sigmoid(x)


@precise
def length(x: Any, b: Any) -> Any:
    """√(x² + b), from the greater of |x| and √b, so that no square overflows."""
    a, root = abs(x), np.sqrt(b)
    longer = max(a, root)
    part = min(a, root) / longer
    return longer * np.sqrt(ONE + part * part)


@forward("squareplus")
def squareplus(x: Any, b: Any) -> Any:
    twice = length(x, b) + abs(x)
    return choose(x < ZERO, HALF * b / twice, HALF * twice)


@backward("squareplus")
def squareplus_grad(dy: Any, x: Any, y: Any, b: Any) -> Any:
    return dy * (y / length(x, b))


@forward("sparse_plus")
def sparse_plus(x: Any) -> Any:
    bent = min(max(x, -ONE), ONE) + ONE
    return choose(x >= ONE, x, bent * bent * f32(0.25))


@backward("sparse_plus")
def sparse_plus_grad(dy: Any, x: Any, y: Any) -> Any:
    return dy * (min(max(x, -ONE), ONE) + ONE) * HALF
