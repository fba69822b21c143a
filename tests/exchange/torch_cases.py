"""Networks that are written for PyTorch: what test_torch.py runs there, and test_torch_source.py without it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from exchange.networks import Case, predicted
from exchange.shown import ALGEBRA, OPS_SHOWN, WIDE
from laws.graphs import dense_net, residual, unjoined
from pellucid import layers as L
from pellucid import ops
from pellucid.models import Model


def cases() -> list[Case]:
    """Of every layer and activation, but batch renormalization and masks that go on to the loss: they are refused."""
    every = [case for case in predicted() if not case.model.wiring.masked]
    return [
        case for case in every if not any(getattr(one, "renorm", False) for one in case.model.wiring.owners.values())
    ]


class Folded(L.Layer):
    """Ops of weights, which have no batch."""

    def build(self, shape: Any) -> None:
        self.row, self.wide = self.add_weight(shape=(4,), name="row"), self.add_weight(shape=(4, 2), name="wide")

    def call(self, x: Any) -> Any:
        turned = x @ ops.diag(self.row) + ops.sum(ops.outer(self.row, self.row), 0)
        sums = ops.segment_sum(self.wide, np.array([0, 1, 0, 2]), 3)
        return turned[..., :3] @ (sums + ops.segment_max(self.wide, np.array([0, 1, 0, 2]), 3))


MORE_OPS: dict[str, Any] = {  # which ONNX lacks, or C
    "arctan2": lambda x: ops.arctan2(x, 2.0), "argsort": lambda x: ops.argsort(x, -1),
    "cbrt": lambda x: ops.cbrt(x), "count_nonzero": lambda x: ops.count_nonzero(x > 0, 1),
    "cross": lambda x: ops.cross(x[..., 1:], [1.0, 2.0, 3.0]) + ops.cross(x[..., 1:], x[..., :3]),
    "cumprod": lambda x: ops.cumprod(x, 1), "diagonal": lambda x: ops.diagonal(x, 1, 1, 2),
    "diag": lambda x: Folded()(x),  # and outer, segment_max, segment_sum
    "divide_no_nan": lambda x: ops.divide_no_nan(x, ops.floor(x)), "exp2": lambda x: ops.exp2(x),
    "full_like": lambda x: ops.full_like(x, 7, "int32"), "hypot": lambda x: ops.hypot(x, 1.0),
    "in_top_k": lambda x: ops.in_top_k(ops.argmax(x[:, 1], -1), x[:, 0], 2),
    "isclose": lambda x: ops.isclose(x, ops.round(x), 0.1),
    "median": lambda x: ops.median(x, 1), "nan_to_num": lambda x: ops.nan_to_num(ops.log(x), 7.0),
    "pad": lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 1)), constant_values=3.0),
    "roll": lambda x: ops.roll(x, 1, 1), "slice": lambda x: ops.slice(x, (0, 1, 0), (-1, 2, 3)),
    "slice_update": lambda x: ops.slice_update(x, (0, 1, 1), x[:, 1:, 2:] * 3.0),
    "stack": lambda x: ops.stack([x, x * 2], 1),
    "take_along_axis": lambda x: ops.take_along_axis(x, ops.argsort(x, 1), 1), "trace": lambda x: ops.trace(x, 0, 1, 2),
    "tril": ops.tril, "triu": lambda x: ops.triu(x, 1), "trunc": ops.trunc, **WIDE, **ALGEBRA,
}  # fmt: skip
SHOWN_BY_OTHERS = {
    "dot_product_attention",
    "broadcast_to",
    "cast",
    "concatenate",
    "ravel",
    "outer",
    "segment_max",
    "segment_sum",
}


def named() -> Iterator[tuple[str, Any]]:
    """(name, network) of all, in float32."""
    yield from ((case.name, case.model) for case in cases() if case.model.dtype == "float32")
    for name, function in (OPS_SHOWN | MORE_OPS).items():
        x = L.Input((3, 4), name="x")
        yield f"op-{name}", Model(x, function(L.Rescaling(2.0, name="rescaling")(x)), name="network", seed=0)
    yield from ((make.__name__, make()) for make in (residual, dense_net, unjoined))


def body_of(source: str) -> list[str]:
    """The lines in which one written network differs from another."""
    lines = source.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith(("def build", "class Network")))
    last = next(i for i, line in enumerate(lines) if line.startswith("def load"))
    return [line for line in lines[first:last] if line]
