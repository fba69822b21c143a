"""Probe records to draw, made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.training.probing import Look, summary


@pytest.fixture(scope="session")
def looks() -> list[Look]:
    """Eleven looks, every 10 steps, into two layers: outputs that widen, gradients a hundred apart, zero at the end."""
    rng = np.random.default_rng(0)
    made = []
    for step in range(0, 101, 10):
        outputs = {name: rng.normal(0, 1 + step / 100, (8, 5)) for name in ("dense", "dense_1")}
        sizes = {"dense/kernel": 1e-4, "dense/bias": 1e-3, "dense_1/kernel": 1e-2 if step < 100 else 0.0}
        gradients = {name: summary(np.full(4, size)) for name, size in sizes.items()}
        relu = {
            "dense": summary(np.maximum(outputs["dense"], 0), units=True),
            "dense_1": summary(outputs["dense_1"], ends=(-2.0, 2.0)),
        }
        made.append(Look(step, step // 50, 1.0, relu, gradients, gradients, dict.fromkeys(sizes, 2e-3)))
    return made
