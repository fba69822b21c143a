"""Every metric against Keras: the result after each of three unequal batches, without and with sample weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import metrics

FOLDER = Path(__file__).parents[1] / "golden"
GOLDEN, IOU = (json.loads((FOLDER / f"{name}.json").read_text("utf-8")) for name in ("metrics", "iou"))
DATA = {name: np.array(values) for name, values in (GOLDEN["data"] | IOU["data"]).items()}
CASES = GOLDEN["cases"] + IOU["cases"]


def told(case: dict[str, Any]) -> str:
    return case["name"] + "".join(f"-{k}={v}" for k, v in case["options"].items())


def batches(case: dict[str, Any], dtype: str) -> list[list[np.ndarray]]:
    """y_true, y_pred and weights of each batch."""
    arrays = [DATA[name] for name in [*case["data"], "weights"]]
    if case["name"] == "Accuracy":
        arrays[1] = arrays[1][:, 0]
    arrays = [a.astype(dtype) if a.dtype.kind == "f" else a for a in arrays]
    return [[a[start:stop] for a in arrays] for start, stop in GOLDEN["splits"]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES, ids=told)
def test_as_keras(case: dict[str, Any], dtype: str):
    cls = getattr(metrics, case["name"])
    plain, weighted = cls(**case["options"]), cls(**case["options"])
    for i, (*data, weights) in enumerate(batches(case, dtype)):
        plain.update_state(*data)
        weighted.update_state(*data, sample_weight=weights)
        for metric, expected in ((plain, case["plain"][i]), (weighted, case["weighted"][i])):
            assert np.shape(metric.result()) == np.shape(expected)
            np.testing.assert_allclose(metric.result(), expected, rtol=3e-6, atol=3e-6)


@pytest.mark.parametrize("case", CASES, ids=told)
def test_configs_go_both_ways(case: dict[str, Any]):
    metric = getattr(metrics, case["name"])(**case["options"])
    ours = json.loads(json.dumps(metric.get_config()))
    assert set(ours) <= set(case["arguments"]), "Keras would not know these arguments"
    saved = {"module": "keras.metrics", "class_name": case["name"], "config": case["config"], "registered_name": None}
    from_keras, from_us = metrics.deserialize(saved), metrics.deserialize(metrics.serialize(metric))
    first = batches(case, "float64")[0][:-1]
    for other in (from_keras, from_us):
        assert type(other) is type(metric)
        expected = getattr(metrics, case["name"])(**case["options"])(*first)
        np.testing.assert_allclose(other(*first), expected, rtol=1e-6)  # Keras saves label_weights as float32
    assert from_us.get_config() == metric.get_config()


@pytest.mark.parametrize("name", GOLDEN["names"])
def test_every_name_that_keras_knows(name: str):
    kind = GOLDEN["names"][name]
    if kind in ("Metric", "MeanMetricWrapper") or "At" in kind:  # nothing to make from a name alone
        assert hasattr(metrics, kind)
        return
    assert type(metrics.get(name)) is getattr(metrics, kind)


@pytest.mark.parametrize(("kind", "name"), (GOLDEN["defaults"] | IOU["defaults"]).items())
def test_default_names(kind: str, name: str):
    needed = {"IoU": [4, [0]], "OneHotIoU": [4, [0]], "MeanIoU": [4], "OneHotMeanIoU": [4]}
    assert getattr(metrics, kind)(*needed.get(kind, [0.5] if "At" in kind else [])).name == name
