"""Layers that PyTorch has, too, against it: answers and gradients in float64 (tests/golden/torch_layers.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from golden.torch_cases import CASES, MASK, begun, given, numbers
from pellucid import layers as L
from pellucid.rng import Key

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "torch_layers.json").read_text())


def close(ours: Any, theirs: Any) -> None:
    assert np.shape(ours) == np.shape(theirs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("name", CASES)
def test_answers_and_gradients_are_those_of_pytorch(name: str) -> None:
    pellucid.config.set_floatx("float64")
    case, found = CASES[name], GOLDEN[name]
    x, mask = L.Input(case.shape[1:]), [L.Input(MASK.shape[1:], dtype="bool")] if case.mask else []
    options = (case.call or {}) | ({case.mask: mask[0]} if mask else {})
    layer, several = case.here(L), [x] * case.times
    y = layer(several, **options) if name in ("Attention", "AdditiveAttention") else layer(*several, **options)
    model = pellucid.Model([x, *mask] if mask else x, y)
    weights = case.laid_out(begun(case, *zip(*found["weights"], strict=True))) if found["weights"] else []
    p = {spec.name: w for spec, w in zip(model.specs, weights, strict=False)}
    p |= {spec.name: np.zeros(spec.shape) for spec in model.specs if not spec.trainable}
    assert {name: w.shape for name, w in p.items()} == {spec.name: spec.shape for spec in model.specs}
    y, cache = model.forward(p, given(case), *[MASK] * len(mask), training=True, rng=Key(0))
    close(y, found["y"])
    dx, gradients = model.backward(p, cache, numbers(np.shape(y), 1))
    if not case.words:
        close(dx[0] if mask else dx, found["dx"])
    theirs = case.laid_out([np.array(g) for g in found["gradients"]]) if weights else []
    for spec, g in zip([spec for spec in model.specs if spec.trainable], theirs, strict=True):
        close(gradients[spec.name], g)
