"""Networks that begin with categories or text: what layers keep that number them, and vectors made of places."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from exchange.unwritten import UNWRITTEN
from laws.test_encodings import IDF, ROWS, TWO, graph, told
from pellucid import layers as L
from pellucid.models import Model

Case = tuple[Callable[[], Model], list[np.ndarray]]
NUMBERS = np.array([[2, 9, 5], [7, 7, 2], [-4, 2, 1000]])


def one(layer: Callable[[], L.Layer], data: Any = NUMBERS, dtype: str = "int64") -> Case:
    """A network of one layer, and what it reads."""
    kinds, parts = dtype.split(), data if " " in dtype else [data]
    xs = [np.array(x, object if kind == "string" else kind) for x, kind in zip(parts, kinds, strict=True)]
    return lambda: graph(layer(), data, dtype), xs


def embedded() -> Model:
    x = L.Input((3,), dtype="int64", name="x")
    places = L.IntegerLookup(vocabulary=[5, 2], num_oov_indices=3, mask_token=9)(x)
    return Model(x, L.Dense(2)(L.Embedding(6, 4)(places)), seed=1)


def weighted() -> Model:
    x, by = L.Input((3,), dtype="int64", name="x"), L.Input((3,), name="by")
    return Model([x, by], L.CategoryEncoding(10, "count")(x, count_weights=by))


CASES: dict[str, Case] = {
    **{f"{i} {told((make, data, dtype))}": one(make, data, dtype)
       for i, (make, data, dtype) in enumerate([*ROWS, *TWO])},
    "embedded": (embedded, [NUMBERS]),
    "weighted": (weighted, [abs(NUMBERS) % 10, np.array([[0.5, 2, 1], [1, 1, 1], [-1, 0, 3]], "float32")]),
    "remainders": one(partial(L.IntegerLookup, vocabulary=[5, 2], num_oov_indices=3)),
    "shares": one(partial(L.IntegerLookup, vocabulary=[5, 2, 7], output_mode="tf_idf", idf_weights=IDF,
                          max_tokens=6, pad_to_max_tokens=True)),
    "places": one(partial(L.IntegerLookup, vocabulary=[5, 2], output_mode="one_hot"), [[5], [2], [3]]),
    "bins": one(partial(L.Discretization, [0.5, 1.0, 1.0, 2.0], output_mode="count"),
                [[0.5, 1.0], [2.0, -7.0], [9.0, 0.75]], "float32"),
    "no bounds": one(partial(L.Discretization, []), [[1.0], [2.0]], "float32"),
}  # fmt: skip
BEYOND = {mode: partial(L.CategoryEncoding, 4, mode) for mode in ("one_hot", "multi_hot", "count")}  # of their table
LONG = "a text that is longer than all that a hash takes at once, which is sixty-four bytes: so it goes on and on"


def written(form: str) -> dict[str, Case]:
    """The cases that a form can hold: text is held by scripts and by ONNX, hashes by scripts."""

    def holds(case: Case) -> bool:
        make, xs = case
        kinds = [type(layer).__name__ for layer in make().layers]
        hashed = any(getattr(layer, "num_oov_indices", 1) > 1 and (layer.of_text or layer.salt is not None
                     or layer.oov_method != "floormod") for layer in make().layers)  # fmt: skip
        texts = any(x.dtype == object for x in xs) or "string" in [tensor.dtype for tensor in make().outputs]
        alone = form == "numpy" or (not hashed and (form == "onnx" or not texts))
        return alone and not set(kinds) & UNWRITTEN[form]

    return {name: case for name, case in CASES.items() if holds(case)}
