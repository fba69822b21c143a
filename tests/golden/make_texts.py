"""Writes texts.json and texts.keras: what Keras over TensorFlow makes of text, and a file of its own.

Run it where keras and tensorflow can be imported:  KERAS_BACKEND=tensorflow python tests/golden/make_texts.py
The tests read what it writes only.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TEXTS = ["It's a GOOD film!", "bad\tfilm, Ä-less", "a very good day ü", "so bad and sad"]
FRESH = ["good unseen film", "a", "", "bad bad ü"]
WORDS, FRESH_WORDS = [["a", "b", "c"], ["c", "x", "c"], ["b", "q", "w"]], [["a", "zz", "x"], ["q9", "b", "c"]]
NUMBERS, FRESH_NUMBERS = [[12, 1138, 42], [42, 1000, 36]], [[7, 42, -5], [999, 12, 42]]
Case = tuple[str, dict[str, Any], Any, Any]  # a layer, its arguments, what it adapts to, what it is called on
CASES: list[Case] = [
    *(
        ("TextVectorization", arguments, TEXTS, FRESH)
        for arguments in (
            {}, {"max_tokens": 7, "output_sequence_length": 3}, {"split": "character", "ngrams": 2},
            {"output_mode": "tf_idf", "ngrams": [1, 2]},
            {"output_mode": "count", "max_tokens": 30, "pad_to_max_tokens": True},
            {"output_mode": "multi_hot", "standardize": "lower"}, {"standardize": "strip_punctuation"},
            {"standardize": None},
        )
    ),
    ("StringLookup", {"mask_token": "x", "num_oov_indices": 2, "max_tokens": 6}, WORDS, FRESH_WORDS),
    ("StringLookup", {"num_oov_indices": 3, "salt": [5, 6]}, WORDS, FRESH_WORDS),
    ("StringLookup", {"output_mode": "tf_idf", "max_tokens": 9, "pad_to_max_tokens": True}, WORDS, FRESH_WORDS),
    ("StringLookup", {"output_mode": "one_hot"}, WORDS, FRESH_WORDS),
    ("IntegerLookup", {"num_oov_indices": 3, "max_tokens": 6}, NUMBERS, FRESH_NUMBERS),
    ("IntegerLookup", {"num_oov_indices": 3, "max_tokens": 6, "oov_method": "farmhash"}, NUMBERS, FRESH_NUMBERS),
    ("IntegerLookup", {"output_mode": "count", "mask_token": 42}, NUMBERS, FRESH_NUMBERS),
    ("Hashing", {"num_bins": 13}, None, [["a", "bc"], ["def" * 20, "ü"]]),
    ("Hashing", {"num_bins": 13, "mask_value": 5, "salt": [3, 9]}, None, [[5, -7], [10**12, 0]]),
    ("Hashing", {"num_bins": 5, "output_mode": "multi_hot"}, None, [["a", "bc"], ["def" * 20, "ü"]]),
    ("HashedCrossing", {"num_bins": 11}, None, [["a", "b", "ccc"], [1, -2, 3]]),
    ("HashedCrossing", {"num_bins": 11, "output_mode": "one_hot"}, None, [["a", "b"], ["x", "y"], [1, -2]]),
]  # fmt: skip


def main() -> None:
    import keras
    import numpy as np

    rows = []
    for name, arguments, data, x in CASES:
        told = {key: tuple(value) if key == "ngrams" and isinstance(value, list) else value
                for key, value in arguments.items()}  # fmt: skip
        layer = getattr(keras.layers, name)(**told)
        if data is not None:
            layer.adapt(np.array(data))
        y = layer([np.array(one) for one in x] if name == "HashedCrossing" else np.array(x))
        words = [word if isinstance(word, str) else int(word) for word in layer.get_vocabulary()] if data else None
        rows.append({
            "name": name, "arguments": arguments, "data": data, "x": x, "y": np.asarray(y).tolist(), "words": words,
        })  # fmt: skip
    here = Path(__file__)
    layer = keras.layers.TextVectorization(output_mode="tf_idf")
    layer.adapt(np.array(TEXTS))
    x = keras.Input((1,), dtype="string")
    model = keras.Model(x, keras.layers.Dense(1, kernel_initializer="ones")(layer(x)))
    model.save(here.with_name("texts.keras"))
    said = (np.asarray(layer(np.array(FRESH))).sum(axis=1)).tolist()
    here.with_name("texts.json").write_text(json.dumps({"rows": rows, "file": said}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
