"""Writes iou.json: what Keras's overlap metrics say of fixed data, in the form of metrics.json.

Run: KERAS_BACKEND=numpy python tests/golden/make_iou.py
"""

import inspect
import json
import re
from pathlib import Path

import keras
import numpy as np

HERE = Path(__file__).parent
METRICS = json.loads((HERE / "metrics.json").read_text("utf-8"))
rng = np.random.default_rng(11)
B, P, C = 31, 3, 4  # samples, places in each, classes

places = rng.integers(0, C - 1, (B, P))  # the last class never occurs
found = np.where(rng.uniform(size=(B, P)) < 0.6, places, rng.integers(0, C - 1, (B, P)))
mask = rng.integers(0, 2, (B, P))
DATA = {
    "places": places,
    "found": found,
    "places_void": np.where(rng.uniform(size=(B, P)) < 0.2, 255, places),
    "place_scores": np.round(rng.uniform(size=(B, P, C)) + 0.4 * np.eye(C)[places], 3),
    "places_onehot": np.eye(C, dtype=int)[places],
    "mask": mask,
    "mask_prob": np.round(np.clip(0.3 * mask + 0.7 * rng.uniform(size=(B, P)), 0, 1), 2),
}
ALL = {"num_classes": C}
NUMBERS, SCORES, ONE_HOT = ("places", "found"), ("places", "place_scores"), ("places_onehot", "place_scores")
CASES = [
    ("IoU", {**ALL, "target_class_ids": [0]}, NUMBERS),
    ("IoU", {**ALL, "target_class_ids": [1, 3, 2], "sparse_y_pred": False}, SCORES),
    ("IoU", {**ALL, "target_class_ids": [1], "ignore_class": 0}, NUMBERS),
    ("BinaryIoU", {}, ("mask", "mask_prob")),
    ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.3}, ("mask", "mask_prob")),
    ("MeanIoU", ALL, NUMBERS),
    ("MeanIoU", {**ALL, "sparse_y_pred": False}, SCORES),
    ("MeanIoU", {**ALL, "ignore_class": 255}, ("places_void", "found")),
    ("MeanIoU", {**ALL, "sparse_y_true": False, "sparse_y_pred": False}, ONE_HOT),
    ("OneHotIoU", {**ALL, "target_class_ids": [2, 0]}, ONE_HOT),
    ("OneHotIoU", {**ALL, "target_class_ids": [1], "sparse_y_pred": True}, ("places_onehot", "found")),
    ("OneHotMeanIoU", ALL, ONE_HOT),
]


def results(name, options, data, weighted):
    """The result after each batch; weights of one per sample are repeated for each place, as Keras asks."""
    metric = getattr(keras.metrics, name)(**options, dtype="float32")  # its default, int, cuts weights off
    after = []
    for start, stop in METRICS["splits"]:
        arrays = [DATA[d][start:stop] for d in data]
        w = np.repeat(np.array(METRICS["data"]["weights"][start:stop], "float32"), P) if weighted else None
        metric.update_state(*(a.astype("float32") if a.dtype.kind == "f" else a for a in arrays), sample_weight=w)
        after.append(float(np.asarray(metric.result())))
    return after


def case(name, options, data):
    cls = getattr(keras.metrics, name)
    return {
        "name": name,
        "options": options,
        "data": data,
        "plain": results(name, options, data, weighted=False),
        "weighted": results(name, options, data, weighted=True),
        "config": cls(**options).get_config(),
        "arguments": list(inspect.signature(cls).parameters),
    }


if __name__ == "__main__":
    golden = {
        "keras": keras.__version__,
        "data": {name: array.tolist() for name, array in DATA.items()},
        "cases": [case(*c) for c in CASES],
        "defaults": {name: re.sub(r"_\d+$", "", case(name, o, d)["config"]["name"]) for name, o, d in CASES},
    }
    text = json.dumps(golden, separators=(",", ":"))
    (HERE / "iou.json").write_text(text.replace('{"name"', '\n{"name"') + "\n")
