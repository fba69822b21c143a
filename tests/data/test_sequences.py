"""pad_sequences, beside Keras's numbers; windows of a sequence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Sequential
from pellucid import layers as L
from pellucid.errors import DataError, InvalidArgument, PellucidError, ShapeError, WrongType
from pellucid.optimizers import Adam
from pellucid.utils import pad_sequences, timeseries_dataset_from_array

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "encodings.json").read_text())["padded"]


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: str(row["arguments"]))
def test_keras_pads_alike(row: dict[str, Any]) -> None:
    found = pad_sequences(row["sequences"], **row["arguments"])
    assert found.tolist() == row["y"]
    assert found.dtype == np.dtype(row["arguments"].get("dtype", "int32"))


@pytest.mark.parametrize(("given", "arguments", "error"), [
    (3, {}, WrongType), ([1, [2]], {}, WrongType), (["ab", [2]], {}, WrongType),
    ([[1]], {"padding": "left"}, InvalidArgument), ([[1]], {"truncating": "both"}, InvalidArgument),
    ([[1]], {"maxlen": 0}, InvalidArgument),
    ([[300]], {"dtype": "uint8"}, DataError), ([[1], [1, 2]], {"dtype": "uint8", "value": 300}, DataError),
    ([["a"]], {}, DataError), ([[1]], {"value": "x"}, InvalidArgument), ([[[1, 2]], [[3]]], {}, ShapeError),
])  # fmt: skip
def test_what_cannot_be_padded_is_refused(given: Any, arguments: dict[str, Any], error: type[PellucidError]) -> None:
    with pytest.raises(error, match="pad_sequences, argument"):
        pad_sequences(given, **arguments)


def test_windows_are_those_of_keras_s_examples() -> None:
    """Written out in the documentation of `timeseries_dataset_from_array`."""
    rows = np.arange(99)
    windows = timeseries_dataset_from_array(rows, None, sequence_length=10, sampling_rate=2, sequence_stride=3)
    found = np.concatenate(list(windows))
    np.testing.assert_array_equal(found, np.arange(0, 79, 3)[:, None] + np.arange(0, 20, 2))
    data = np.arange(30.0)
    x, y = timeseries_dataset_from_array(data[:-10], data[10:], sequence_length=10)[0]
    np.testing.assert_array_equal(x[0], data[:10])
    np.testing.assert_array_equal(y, data[10:21])


def test_rows_before_and_behind_are_left_out() -> None:
    data = np.arange(40).reshape(20, 2)
    windows = timeseries_dataset_from_array(
        data, np.arange(20), 3, sequence_stride=2, batch_size=2, start_index=5, end_index=13
    )
    assert len(windows) == 2
    np.testing.assert_array_equal(windows[0][0], [data[5:8], data[7:10]])
    np.testing.assert_array_equal(windows[1][0], [data[9:12]])
    assert [y.tolist() for _, y in windows] == [[5, 7], [9]]
    single = timeseries_dataset_from_array(data, np.arange(20), 3, batch_size=None)
    np.testing.assert_array_equal(single[4][0], data[4:7])
    assert (len(single), single[4][1]) == (18, 4)


def test_shuffled_windows_come_in_another_order_each_epoch() -> None:
    windows = timeseries_dataset_from_array(np.arange(50), None, 2, batch_size=7, shuffle=True, seed=3)
    first = np.concatenate(list(windows))
    np.testing.assert_array_equal(np.concatenate(list(windows)), first)
    windows.on_epoch_end()
    second = np.concatenate(list(windows))
    assert (first != second).any()
    np.testing.assert_array_equal(np.sort(second[:, 0]), np.arange(49))
    np.testing.assert_array_equal(second[:, 1], second[:, 0] + 1)


def test_a_network_learns_from_windows() -> None:
    wave = np.sin(np.arange(200) / 5)[:, None]
    windows = timeseries_dataset_from_array(wave[:-4], wave[4:], 4, batch_size=16, shuffle=True, seed=0)
    model = Sequential([L.Flatten(input_shape=(4, 1)), L.Dense(1)], seed=0)
    model.compile(Adam(0.05), "mse")
    history = model.fit(windows, epochs=20, verbose=0).history["loss"]
    assert history[-1] < 0.1 * history[0]


@pytest.mark.parametrize(("arguments", "error"), [
    ({"sequence_length": 0}, InvalidArgument), ({"sequence_stride": 10}, InvalidArgument),
    ({"sampling_rate": 0}, InvalidArgument), ({"start_index": 10}, InvalidArgument),
    ({"start_index": 5, "end_index": 5}, InvalidArgument), ({"end_index": 10}, InvalidArgument),
    ({"sequence_length": 6, "sampling_rate": 2}, DataError), ({"format": "torch"}, InvalidArgument),
    ({"batch_size": 0}, InvalidArgument),
])  # fmt: skip
def test_windows_that_cannot_be_are_refused(arguments: dict[str, Any], error: type[PellucidError]) -> None:
    with pytest.raises(error, match="timeseries_dataset_from_array, argument"):
        timeseries_dataset_from_array(np.arange(10), None, **{"sequence_length": 2, **arguments})
