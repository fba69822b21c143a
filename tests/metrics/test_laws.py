"""Laws of all metrics: batches may be cut anyhow, order does not matter, weights are repetitions, nothing seen is 0."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from pellucid import metrics
from pellucid.errors import PellucidError, ShapeError

FOLDER = Path(__file__).parents[1] / "golden"
GOLDEN, IOU = (json.loads((FOLDER / f"{name}.json").read_text("utf-8")) for name in ("metrics", "iou"))
CASES = [c for c in GOLDEN["cases"] + IOU["cases"] if c["name"] not in ("Mean", "Sum")]
EACH = list({c["name"]: c for c in CASES}.values())  # one case per class
N = 31
DATA = GOLDEN["data"] | IOU["data"]


def arrays(case: dict[str, Any]) -> list[np.ndarray]:
    data = [np.array(DATA[name]) for name in case["data"]]
    return [data[0], data[1][:, 0]] if case["name"] == "Accuracy" else data


def made(case: dict[str, Any]) -> metrics.Metric:
    metric: metrics.Metric = getattr(metrics, case["name"])(**case["options"])
    return metric


def seen(case: dict[str, Any], rows: list[np.ndarray], weights: np.ndarray | None) -> Any:
    """The result after batches of these rows."""
    metric = made(case)
    for r in rows:
        metric.update_state(*(a[r] for a in arrays(case)), None if weights is None else weights[r])
    return metric.result()


def same(a: Any, b: Any) -> None:
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@settings(max_examples=10)
@given(cuts=st.lists(st.integers(0, N), max_size=6), weighted=st.booleans())
@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"] + str(c["options"]))
def test_any_cut_into_batches_gives_the_same(case: dict[str, Any], cuts: list[int], weighted: bool):
    weights = np.array(GOLDEN["data"]["weights"]) if weighted else None
    rows = np.split(np.arange(N), sorted(cuts))  # some of them empty
    whole = seen(case, [np.arange(N)], weights)
    same(seen(case, rows, weights), whole)


@pytest.mark.parametrize("case", EACH, ids=lambda c: c["name"])
def test_order_does_not_matter(case: dict[str, Any]):
    same(seen(case, [np.arange(N)[::-1][:5], np.arange(N - 5)], None), seen(case, [np.arange(N)], None))


@pytest.mark.parametrize("case", EACH, ids=lambda c: c["name"])
def test_a_weight_is_a_repetition(case: dict[str, Any]):
    if case["name"] == "R2Score":
        case = {**case, "options": {"num_regressors": 0}}  # adjusting counts samples, not weights
    times = np.arange(N) % 3
    same(seen(case, [np.arange(N)], times), seen(case, [np.repeat(np.arange(N), times)], None))


@pytest.mark.parametrize("case", EACH, ids=lambda c: c["name"])
def test_states_of_two_processes_add(case: dict[str, Any]):
    here, there = made(case), made(case)
    here.update_state(*(a[:9] for a in arrays(case)))
    there.update_state(*(a[9:] for a in arrays(case)))
    here.merge(there.state)
    same(here.result(), seen(case, [np.arange(N)], None))


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"] + str(c["options"]))
def test_before_any_data_and_after_reset_the_result_is_0(case: dict[str, Any]):
    metric = made(case)
    assert metric.result() == 0.0
    metric(*arrays(case))
    metric.reset_state()
    assert metric.result() == 0.0


@pytest.mark.parametrize("case", EACH, ids=lambda c: c["name"])
def test_weights_of_zero_give_0_and_no_warning(case: dict[str, Any]):
    result = made(case)(*arrays(case), np.zeros(N))
    assert np.isfinite(result).all()
    if case["name"] not in ("R2Score", "AUC"):
        np.testing.assert_array_equal(result, np.zeros_like(result))


@pytest.mark.parametrize("case", EACH, ids=lambda c: c["name"])
def test_one_sample_does(case: dict[str, Any]):
    if case["name"] == "R2Score":
        case = {**case, "options": {}}
    assert np.isfinite(seen(case, [np.arange(1)], None)).all()


@pytest.mark.parametrize("case", EACH, ids=lambda c: c["name"])
def test_inputs_are_left_as_they_were(case: dict[str, Any]):
    data = arrays(case)
    before = [a.copy() for a in data]
    for a in data:
        a.flags.writeable = False
    made(case)(*data, np.ones(N))
    for a, b in zip(data, before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("case", EACH, ids=lambda c: c["name"])
@pytest.mark.parametrize("wrong", [np.zeros((N, 7)), np.zeros((N + 1, 1)), np.zeros((2, 2, 2, 2))], ids=np.shape)
def test_targets_of_another_shape_are_refused(case: dict[str, Any], wrong: np.ndarray):
    with pytest.raises(ShapeError, match="y_true"):
        made(case)(wrong, arrays(case)[1])


@pytest.mark.parametrize("case", EACH, ids=lambda c: c["name"])
def test_weights_of_another_length_are_refused(case: dict[str, Any]):
    with pytest.raises(ShapeError, match="sample_weight"):
        made(case)(*arrays(case), np.ones(N - 1))


@pytest.mark.parametrize("case", EACH, ids=lambda c: c["name"])
def test_words_are_refused(case: dict[str, Any]):
    with pytest.raises(PellucidError, match="numbers"):
        made(case)(np.full(N, "cat"), arrays(case)[1])
