"""Writes metrics.json: what Keras (on any backend) and scikit-learn say of fixed data.

Run: KERAS_BACKEND=torch python tests/golden/make_metrics.py
"""

import inspect
import json
import re
from pathlib import Path

import keras
import numpy as np
import sklearn.metrics
from keras.src.trainers.compile_utils import get_metric

SPLITS = [(0, 7), (7, 20), (20, 31)]  # three unequal batches
rng = np.random.default_rng(7)
B, C = 31, 4


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


classes = rng.integers(0, C, B)
logits = np.round(rng.normal(size=(B, C)) + 1.5 * np.eye(C)[classes], 3)
binary = rng.integers(0, 2, (B, 1))
DATA = {
    "classes": classes,
    "onehot": np.eye(C, dtype=int)[classes],
    "scores": np.round(softmax(logits), 5) + 0.000001,  # off the grid of thresholds
    "logits": logits,
    "labels": rng.integers(0, 2, (B, C)),
    "binary": binary,
    "prob": np.round(np.clip(0.35 + 0.25 * binary + 0.25 * rng.normal(size=(B, 1)), 0.02, 0.98), 3) + 0.0001,
    "binary_logits": np.round(2 * binary - 1 + rng.normal(size=(B, 1)), 3),
    "real": np.round(rng.normal(size=(B, 3)), 3),
    "estimate": np.round(rng.normal(size=(B, 3)), 3),
    "positive": np.round(rng.gamma(2.0, size=(B, 3)), 3) + 0.1,
    "positive_estimate": np.round(rng.gamma(2.0, size=(B, 3)), 3) + 0.1,
    "distribution": np.round(softmax(rng.normal(size=(B, C))), 4),
    "sequence": rng.integers(0, C, (B, 5)),
    "sequence_scores": np.round(softmax(rng.normal(size=(B, 5, C))), 4),
    "ids": np.argsort(-logits, axis=-1)[:, :3],
    "weights": np.round(rng.uniform(0.1, 2.0, B), 2),
}
DATA["estimate"] = np.round(0.7 * DATA["real"] + 0.4 * DATA["estimate"], 3)

BINARY, MULTI, SPARSE, LABELS = ("binary", "prob"), ("onehot", "scores"), ("classes", "scores"), ("labels", "scores")
REAL, POSITIVE, SEQUENCE = ("real", "estimate"), ("positive", "positive_estimate"), ("sequence", "sequence_scores")
some = [0.1, 0.35, 0.7]

CASES = [
    ("Accuracy", {}, ("classes", "sequence")),
    ("BinaryAccuracy", {}, BINARY),
    ("BinaryAccuracy", {"threshold": 0.3}, LABELS),
    ("CategoricalAccuracy", {}, MULTI),
    ("SparseCategoricalAccuracy", {}, SPARSE),
    ("SparseCategoricalAccuracy", {}, SEQUENCE),
    ("TopKCategoricalAccuracy", {"k": 2}, MULTI),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, SPARSE),
    ("SparseTopKCategoricalAccuracy", {"k": 3}, SEQUENCE),
    ("SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}, ("classes", "ids")),
    *((n, {}, BINARY) for n in ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives")),
    *(
        (n, {"thresholds": some}, LABELS)
        for n in ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives")
    ),
    *(
        (name, options, data)
        for name in ("Precision", "Recall")
        for options, data in [
            ({}, BINARY),
            ({"thresholds": 0.4}, LABELS),
            ({"thresholds": [0.7, 0.1, 0.35]}, BINARY),
            ({"thresholds": [0.0, 0.25, 0.5, 0.75, 1.0]}, LABELS),
            ({"top_k": 2}, LABELS),
            ({"top_k": 2, "class_id": 1}, MULTI),
            ({"class_id": 2, "thresholds": 0.3}, MULTI),
        ]
    ),
    *(
        (name, {rate: goal, **options}, data)
        for name, rate in [
            ("SensitivityAtSpecificity", "specificity"),
            ("SpecificityAtSensitivity", "sensitivity"),
            ("PrecisionAtRecall", "recall"),
            ("RecallAtPrecision", "precision"),
        ]
        for goal, options, data in [
            (0.5, {}, BINARY),
            (0.83, {"num_thresholds": 50}, BINARY),
            (0.6, {"num_thresholds": 1}, BINARY),
            (0.7, {"class_id": 1}, LABELS),
        ]
    ),
    *(
        ("AUC", {"curve": curve, "summation_method": method, **options}, data)
        for curve in ("ROC", "PR", "PRGAIN")
        for method in ("interpolation", "minoring", "majoring")
        for options, data in [
            ({}, BINARY),
            ({"num_thresholds": 20}, LABELS),
            ({"thresholds": [0.05, 0.2, 0.3, 0.9]}, LABELS),
        ]
    ),
    ("AUC", {"from_logits": True}, ("binary", "binary_logits")),
    ("AUC", {"multi_label": True}, LABELS),
    ("AUC", {"multi_label": True, "num_labels": C, "label_weights": [0.1, 0.2, 0.3, 0.9]}, LABELS),
    ("AUC", {"multi_label": True, "thresholds": [0.1, 0.4, 0.5], "curve": "PR"}, LABELS),
    ("AUC", {"label_weights": [0.1, 0.2, 0.3, 0.9]}, LABELS),
    *(
        ("FBetaScore", {"average": average, "beta": beta, "threshold": threshold}, LABELS if threshold else MULTI)
        for average in (None, "micro", "macro", "weighted")
        for beta, threshold in [(0.5, None), (2.0, 0.3)]
    ),
    *(("F1Score", {"average": average}, MULTI) for average in (None, "micro", "macro", "weighted")),
    ("F1Score", {"threshold": 0.5}, BINARY),
    ("MeanSquaredError", {}, REAL),
    ("RootMeanSquaredError", {}, REAL),
    ("MeanAbsoluteError", {}, REAL),
    ("MeanAbsolutePercentageError", {}, POSITIVE),
    ("MeanSquaredLogarithmicError", {}, POSITIVE),
    ("LogCoshError", {}, REAL),
    ("CosineSimilarity", {}, REAL),
    ("PearsonCorrelation", {}, REAL),
    ("ConcordanceCorrelation", {}, REAL),
    *(
        ("R2Score", {"class_aggregation": how, "num_regressors": p}, REAL)
        for how in (None, "uniform_average", "variance_weighted_average")
        for p in (0, 4)
    ),
    ("BinaryCrossentropy", {}, BINARY),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, LABELS),
    ("BinaryCrossentropy", {"from_logits": True}, ("binary", "binary_logits")),
    ("CategoricalCrossentropy", {}, MULTI),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, ("onehot", "logits")),
    ("SparseCategoricalCrossentropy", {}, SPARSE),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, ("classes", "logits")),
    ("SparseCategoricalCrossentropy", {}, SEQUENCE),
    ("KLDivergence", {}, ("distribution", "scores")),
    ("Poisson", {}, POSITIVE),
    ("Hinge", {}, LABELS),
    ("SquaredHinge", {}, LABELS),
    ("CategoricalHinge", {}, MULTI),
    ("Mean", {}, ("real",)),
    ("Sum", {}, ("real",)),
]


def plain(value):
    return np.asarray(keras.ops.convert_to_numpy(value), dtype=float).tolist()


def results(name, options, data, weighted):
    """The result after each batch."""
    metric = getattr(keras.metrics, name)(**options)
    after = []
    for start, stop in SPLITS:
        arrays = [DATA[d][start:stop] for d in data]
        if name == "Accuracy":
            arrays[1] = arrays[1][:, 0]
        weights = {"sample_weight": DATA["weights"][start:stop].astype("float32")} if weighted else {}
        metric.update_state(*(a.astype("float32") if a.dtype.kind == "f" else a for a in arrays), **weights)
        after.append(plain(metric.result()))
    return after


def case(name, options, data):
    cls = getattr(keras.metrics, name)
    return {
        "name": name,
        "options": options,
        "data": data,
        "plain": results(name, options, data, weighted=False),
        "weighted": results(name, options, data, weighted=True),
        "config": json.loads(json.dumps(cls(**options).get_config(), default=plain)),
        "arguments": list(inspect.signature(cls).parameters),
    }


def kinds():
    """What "accuracy" means to Keras for targets and outputs of some shapes."""
    shapes = [(8,), (8, 1), (8, 5), (8, 3, 1), (8, 3), (8, 3, 5)]
    return [
        {"y_true": t, "y_pred": p, "is": type(get_metric("accuracy", np.zeros(t), np.zeros(p))).__name__}
        for t in shapes
        for p in [(8, 1), (8, 5), (8, 3, 1), (8, 3, 5)]
    ]


def reports():
    """Confusion matrices and reports of scikit-learn."""
    true, pred, weights = classes, DATA["scores"].argmax(axis=1), DATA["weights"]
    odd = (np.array([0, 0, 3, 3, 1, 1]), np.array([0, 1, 3, 0, 1, 4]))  # class 2 absent, 4 never true, 3 rarely right
    matrices = [
        {
            "normalize": normalize,
            "weighted": weighted,
            "matrix": sklearn.metrics.confusion_matrix(
                true, pred, normalize=normalize, sample_weight=weights if weighted else None
            ).tolist(),
        }
        for normalize in (None, "true", "pred", "all")
        for weighted in (False, True)
    ]
    texts = []
    for y_true, y_pred, options in [
        (true, pred, {}),
        (true, pred, {"digits": 4, "target_names": ["ant", "bee", "cat", "a very long name of a class"]}),
        (*odd, {}),
        (*odd, {"digits": 3}),
        (np.array(list("aabbc")), np.array(list("abbbc")), {}),
    ]:
        report = sklearn.metrics.classification_report
        texts.append(
            {
                "y_true": y_true.tolist(),
                "y_pred": y_pred.tolist(),
                "options": options,
                "text": report(y_true, y_pred, zero_division=0, **options),
                "dict": report(y_true, y_pred, zero_division=0, output_dict=True, **options),
            }
        )
    weighted = sklearn.metrics.classification_report(
        true, pred, sample_weight=weights, zero_division=0, output_dict=True
    )
    return {"matrices": matrices, "texts": texts, "weighted": weighted}


if __name__ == "__main__":
    names = {
        alias: cls.__name__ for alias, cls in keras.src.metrics.ALL_OBJECTS_DICT.items() if "IoU" not in cls.__name__
    }
    golden = {
        "keras": keras.__version__,
        "scikit-learn": sklearn.__version__,
        "splits": SPLITS,
        "data": {name: array.tolist() for name, array in DATA.items()},
        "cases": [case(*c) for c in CASES],
        "names": names,
        "defaults": {
            n: re.sub(r"_\d+$", "", getattr(keras.metrics, n)(*([0.5] if "At" in n else [])).name)
            for n in sorted({c[0] for c in CASES})
        },
        "kinds": kinds(),
        "reports": reports(),
    }
    text = json.dumps(golden, separators=(",", ":"))
    (Path(__file__).parent / "metrics.json").write_text(text.replace('{"name"', '\n{"name"') + "\n")
