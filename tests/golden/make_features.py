"""Writes features.json and features.keras: what Keras over TensorFlow makes of the columns of a table.

Run it where keras and tensorflow can be imported:  KERAS_BACKEND=tensorflow python tests/golden/make_features.py
The tests read what it writes only.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROWS: dict[str, list[Any]] = {
    "size": [0.5, 2.0, 3.5, 1.0, 7.0, 2.5], "weight": [10.0, 30.0, 20.0, 50.0, 40.0, 60.0],
    "colour": ["red", "blue", "red", "green", "red", "blue"], "place": [3, 9, 3, 3, 7, 9], "age": [1, 2, 3, 4, 5, 6],
}  # fmt: skip
FRESH: dict[str, list[Any]] = {
    "size": [2.2, 9.0, -1.0], "weight": [10.0, 35.0, 99.0], "colour": ["blue", "pink", "red"], "place": [9, 1, 3],
    "age": [4, 4, 11],
}  # fmt: skip
ONE = {"size": 2.0, "weight": 35.0, "colour": "green", "place": 7, "age": 3}
Kind = str | tuple[str, dict[str, Any]]  # a kind of feature, alone or with its arguments
ALL: dict[str, Kind] = {
    "size": "float_normalized", "weight": ("float_discretized", {"num_bins": 3}), "colour": "string_categorical",
    "place": "integer_categorical", "age": ("float_rescaled", {"scale": 0.5, "offset": -1.0}),
}  # fmt: skip
CASES: list[tuple[dict[str, Kind], dict[str, Any]]] = [
    (ALL, {"crosses": [("colour", "place"), ("place", "weight")], "crossing_dim": 5}),
    ({"size": "float", "weight": "float_discretized", "colour": "string_hashed", "place": "integer_hashed"},
     {"hashing_dim": 4, "num_discretization_bins": 2}),
    ({"size": ("float_normalized", {}), "colour": ("string_categorical", {"max_tokens": 4, "num_oov_indices": 2}),
      "place": ("integer_categorical", {"output_mode": "int"}), "age": ("integer_hashed", {"num_bins": 3})},
     {"output_mode": "dict", "crosses": [{"feature_names": ["colour", "place"], "crossing_dim": 9,
                                          "output_mode": "int"}]}),
]  # fmt: skip


def made(space: Any, kinds: dict[str, Kind], options: dict[str, Any]) -> Any:
    """A FeatureSpace, of the class that is given."""
    features = {n: kind if isinstance(kind, str) else getattr(space, kind[0])(**kind[1]) for n, kind in kinds.items()}
    crosses = [space.cross(**one) if isinstance(one, dict) else one for one in options.get("crosses", ())]
    return space(features, **{**options, "crosses": crosses})


def chosen(rows: dict[str, Any], kinds: dict[str, Kind]) -> dict[str, Any]:
    """The columns that there are features of."""
    return {name: rows[name] for name in kinds}


def plain(y: Any) -> Any:
    """Numbers as JSON holds them."""
    return {name: plain(one) for name, one in y.items()} if isinstance(y, dict) else y.numpy().tolist()


if __name__ == "__main__":
    from keras.utils import FeatureSpace

    found = []
    for i, (kinds, options) in enumerate(CASES):
        space = made(FeatureSpace, kinds, options)
        space.adapt(chosen(ROWS, kinds))
        found.append({"fresh": plain(space(chosen(FRESH, kinds))), "one": plain(space(chosen(ONE, kinds)))})
        if i == 0:
            space.save(Path(__file__).with_name("features.keras"))
    lines = [json.dumps(one) for one in found]
    Path(__file__).with_name("features.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
