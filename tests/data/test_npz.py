"""Files of NumPy's: the two forms, and everything that is refused."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pellucid.data.npz import load_npz
from pellucid.errors import DataError, FileError, PellucidError

X, Y = np.arange(12.0).reshape(6, 2), np.arange(6)


class Bomb:
    """Unpickling this would be seen."""

    went_off = False

    def __reduce__(self):
        return (setattr, (Bomb, "went_off", True))


def saved(folder, **arrays):
    np.savez_compressed(folder / "data.npz", **arrays)
    return folder / "data.npz"


def test_a_split_file_gives_four_arrays(tmp_path):
    path = saved(tmp_path, x_train=X, y_train=Y, x_test=X[:2], y_test=Y[:2], extra=Y)
    arrays = load_npz(path)
    assert list(arrays) == ["x_train", "y_train", "x_test", "y_test"]
    np.testing.assert_array_equal(arrays["x_train"], X)


def test_a_whole_file_gives_two(tmp_path):
    arrays = load_npz(str(saved(tmp_path, x=X, y=Y)))
    assert list(arrays) == ["x", "y"]
    assert arrays["y"].dtype == Y.dtype


@pytest.mark.parametrize(
    ("arrays", "error", "told"),
    [
        ({"a": X, "b": Y}, FileError, "got a, b"),
        ({"x": X}, FileError, "got x"),
        ({"x": X, "y": Y[:5]}, DataError, "expected 6 rows"),
        ({"x_train": X, "y_train": Y, "x_test": X, "y_test": Y[:1]}, DataError, "y_test"),
        ({"x": np.array(3.0), "y": Y}, FileError, "single value"),
        ({"x": np.array([1, "a", None], dtype=object), "y": Y[:3]}, FileError, "object"),
    ],
)
def test_other_arrays_are_refused(tmp_path, arrays, error, told):
    with pytest.raises(error, match=told) as caught:
        load_npz(saved(tmp_path, **arrays))
    assert "data.npz" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"hello", pickle.dumps([1]), b"PK\x03\x04" + bytes(40)])
def test_foreign_files_are_refused(tmp_path, content):
    path = tmp_path / "foreign.npz"
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"foreign\.npz"):
        load_npz(path)


def test_nothing_in_a_file_is_executed(tmp_path):
    path = saved(tmp_path, x=np.array([Bomb()], dtype=object), y=Y[:1])
    with pytest.raises(FileError):
        load_npz(path)
    (tmp_path / "bare.npz").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(FileError):
        load_npz(tmp_path / "bare.npz")
    assert not Bomb.went_off


def test_missing_truncated_and_folders(tmp_path):
    whole = saved(tmp_path, x=X, y=Y).read_bytes()
    (tmp_path / "half.npz").write_bytes(whole[: len(whole) // 2])
    for name in ("none.npz", "half.npz", "."):
        with pytest.raises(FileError):
            load_npz(tmp_path / name)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_byte_gives_arrays_or_our_error(tmp_path, position, value):
    content = bytearray(saved(tmp_path, x=X, y=Y).read_bytes())
    content[position % len(content)] = value
    path = tmp_path / "changed.npz"
    path.write_bytes(content)
    try:
        arrays = load_npz(path)
    except PellucidError:
        return
    assert set(arrays) == {"x", "y"}
