"""Writes encodings.json: what Keras gives for Discretization, CategoryEncoding and pad_sequences, and FarmHash's own
fingerprints.

Run it where keras and pyfarmhash can be imported:  python tests/golden/make_encodings.py
The tests read encodings.json only.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "numpy")

X = [[-1.5, 1.0, 3.4, 0.5], [0.0, 3.0, 1.3, 0.0]]
PLACES = [[0, 1], [0, 0], [1, 2], [3, 1]]
WEIGHTS = [[0.1, 0.2], [0.1, 0.1], [0.2, 0.3], [0.4, 0.2]]
BOUNDARIES = [0.0, 1.0, 2.0]
LAYERS: list[tuple[str, dict[str, Any], Any]] = [
    ("Discretization", {"bin_boundaries": BOUNDARIES}, X),
    ("Discretization", {"bin_boundaries": BOUNDARIES, "output_mode": "one_hot"}, X),
    ("Discretization", {"bin_boundaries": BOUNDARIES, "output_mode": "one_hot"}, [[0.5], [2.0]]),
    ("Discretization", {"bin_boundaries": BOUNDARIES, "output_mode": "multi_hot"}, X),
    ("Discretization", {"bin_boundaries": BOUNDARIES, "output_mode": "count"}, X),
    ("CategoryEncoding", {"num_tokens": 4}, PLACES),
    ("CategoryEncoding", {"num_tokens": 4, "output_mode": "one_hot"}, [3, 2, 0, 1]),
    ("CategoryEncoding", {"num_tokens": 4, "output_mode": "one_hot"}, PLACES),
    ("CategoryEncoding", {"num_tokens": 4, "output_mode": "count"}, PLACES),
]
ADAPTED: list[tuple[dict[str, Any], int, int]] = [  # arguments, numbers, numbers in a batch
    ({"num_bins": 4}, 8, 8),
    ({"num_bins": 5}, 1000, 1000),
    ({"num_bins": 7, "epsilon": 0.05}, 500, 64),
    ({"num_bins": 3, "epsilon": 0.2}, 300, 50),
]
SEQUENCES = [[1], [2, 3], [], [4, 5, 6, 7]]
PADDED: list[tuple[list[Any], dict[str, Any]]] = [
    (SEQUENCES, {}),
    (SEQUENCES, {"padding": "post", "value": -1}),
    (SEQUENCES, {"maxlen": 3}),
    (SEQUENCES, {"maxlen": 2, "truncating": "post", "dtype": "float32", "value": 0.5}),
    ([[[1, 2]], [[3, 4], [5, 6]]], {"padding": "post"}),
    ([["a"], ["b", "c"]], {"dtype": "object", "value": "-"}),
]
LENGTHS = [*range(0, 70), 127, 128, 129, 300]


def numbers(n: int) -> list[float]:
    """n numbers that no library draws, unevenly spread."""
    return [((7919 * i * i + 104729 * i) % 10007) ** 1.5 / 1e5 for i in range(n)]


def text(n: int) -> bytes:
    """n bytes, likewise."""
    return bytes((31 * i * i + 17 * i + n) % 256 for i in range(n))


def main() -> None:
    import farmhash
    import keras
    import numpy as np

    layers = []
    for name, arguments, x in LAYERS:
        y = getattr(keras.layers, name)(**arguments)(np.array(x))
        layers.append({"name": name, "arguments": arguments, "x": x, "y": np.asarray(y).tolist()})
    weighted = keras.layers.CategoryEncoding(4, output_mode="count")(np.array(PLACES), count_weights=np.array(WEIGHTS))
    adapted = []
    for arguments, n, size in ADAPTED:
        layer, values = keras.layers.Discretization(**arguments), np.array(numbers(n), "float32")
        layer.reset_state()
        for i in range(0, n, size):  # what `adapt` does, which asks for TensorFlow
            layer.update_state(values[i : i + size])
        layer.finalize_state()
        adapted.append({"arguments": arguments, "n": n, "size": size, "boundaries": layer.bin_boundaries})
    padded = [
        {"sequences": given, "arguments": told, "y": keras.utils.pad_sequences(
            given, **{**told, "dtype": object if told.get("dtype") == "object" else told.get("dtype", "int32")}
        ).tolist()}
        for given, told in PADDED
    ]  # fmt: skip
    hashes = {str(n): str(farmhash.fingerprint64(text(n)) % (1 << 64)) for n in LENGTHS}
    found = {
        "layers": layers, "weighted": np.asarray(weighted).tolist(), "adapted": adapted, "padded": padded,
        "fingerprints": hashes,
    }  # fmt: skip
    Path(__file__).with_name("encodings.json").write_text(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
