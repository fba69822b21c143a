"""The exponential."""

from __future__ import annotations

from typing import Any

from .elementwise import backward, forward
from .functions import exp


@forward("exponential")
def exponential(x: Any) -> Any:
    return exp(x)


@backward("exponential")
def exponential_grad(dy: Any, x: Any, y: Any) -> Any:
    return dy * y
