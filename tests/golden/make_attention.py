"""Writes attention.json: what Keras (on PyTorch, float64) computes for attentions, forward and backward.

Run it where keras, torch and this library can be imported:  python tests/golden/make_attention.py
The tests read attention.json only.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from keras.src.backend.common.dtypes import BIT64_TO_BIT32_DTYPE

BIT64_TO_BIT32_DTYPE["float64"] = "float64"  # Keras would compute float64 in float32 on PyTorch
T, S, D, E = 4, 3, 4, 3
SELF, CROSS, THREE = [(2, T, D)], [(2, T, D), (2, S, E)], [(2, T, D), (2, S, E), (2, S, D)]
MASK = [[[1, 0, 1], [1, 1, 0], [0, 0, 1], [1, 1, 1]]] * 2
MHA: dict[str, Any] = {"num_heads": 2, "key_dim": 3}
GQA: dict[str, Any] = {"head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 2}
CASES: list[tuple[str, dict[str, Any], dict[str, Any], list[tuple[int, ...]]]] = [
    ("MultiHeadAttention", MHA, {}, SELF),
    ("MultiHeadAttention", MHA, {"use_causal_mask": True}, SELF),
    ("MultiHeadAttention", {**MHA, "use_bias": False}, {"attention_mask": MASK}, CROSS),
    ("MultiHeadAttention", {**MHA, "value_dim": 2, "output_shape": 5}, {"return_attention_scores": True}, THREE),
    ("MultiHeadAttention", {**MHA, "sliding_window": 2, "output_shape": [2, 2]}, {"use_causal_mask": True}, SELF),
    ("MultiHeadAttention", {**MHA, "use_gate": True}, {}, CROSS),
    ("MultiHeadAttention", {**MHA, "attention_axes": [2]}, {}, [(2, 2, T, D)]),
    ("MultiHeadAttention", {**MHA, "attention_axes": [1, 2]}, {"return_attention_scores": True}, [(1, 2, 3, D)]),
    ("GroupQueryAttention", GQA, {}, CROSS),
    ("GroupQueryAttention", {**GQA, "use_gate": True, "use_bias": False}, {"use_causal_mask": True}, SELF),
    ("GroupQueryAttention", {**GQA, "sliding_window": 2}, {"return_attention_scores": True}, SELF),
    ("Attention", {}, {}, [(2, T, D), (2, S, D)]),
    ("Attention", {"use_scale": True}, {"return_attention_scores": True}, THREE),
    ("Attention", {"score_mode": "concat", "use_scale": True}, {"use_causal_mask": True}, [(2, T, D), (2, T, D)]),
    ("AdditiveAttention", {}, {}, THREE),
    ("AdditiveAttention", {"use_scale": False}, {"use_causal_mask": True}, [(2, T, D), (2, T, D)]),
]


def numbers(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.uniform(-1.5, 1.5, shape).round(2)


def listed(a: Any) -> Any:
    return np.asarray(a.detach().numpy() if isinstance(a, torch.Tensor) else a, "float64").tolist()


def case(
    i: int, kind: str, arguments: dict[str, Any], call: dict[str, Any], shapes: list[tuple[int, ...]]
) -> dict[str, Any]:
    rng = np.random.default_rng(i)
    layer = getattr(keras.layers, kind)(**arguments, dtype="float64")
    xs = [numbers(rng, shape) for shape in shapes]
    given = [torch.tensor(x, requires_grad=True) for x in xs]
    told = {k: torch.tensor(v, dtype=torch.bool) if k == "attention_mask" else v for k, v in call.items()}
    several = given * 2 if len(given) == 1 else given

    def called() -> Any:
        return layer(several, **told) if kind in ("Attention", "AdditiveAttention") else layer(*several, **told)

    config = layer.get_config()
    called()
    layer.set_weights([numbers(rng, w.shape) for w in layer.get_weights()])
    found = called()
    y, scores = found if isinstance(found, tuple) else (found, None)
    dy = numbers(rng, tuple(y.shape))
    (y * torch.tensor(dy)).sum().backward()
    return {
        "class_name": kind, "arguments": arguments, "call": call, "config": json.loads(json.dumps(config)),
        "xs": [listed(x) for x in xs], "dy": listed(dy), "weights": [listed(w) for w in layer.get_weights()],
        "names": [w.path.partition("/")[2] for w in layer.weights], "y": listed(y),
        "scores": None if scores is None else listed(scores), "dxs": [listed(x.grad) for x in given],
        "gradients": [listed(v.value.grad) for v in layer.trainable_variables],
    }  # fmt: skip


if __name__ == "__main__":
    cases = [case(i, *c) for i, c in enumerate(CASES)]
    path = Path(__file__).with_name("attention.json")
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    path.write_text(f'{{"keras":"{keras.__version__}","cases":[\n{lines}\n]}}\n')
    print(path, path.stat().st_size)
