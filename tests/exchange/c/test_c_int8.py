"""to_c(int8=True): products in bytes, near the model, with the numbers that the rule says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exchange.c.building import COMPILER, Program, call, sanitizers, with_compiler
from laws.graphs import X, residual
from pellucid import Sequential, ops
from pellucid import layers as L
from pellucid.data import datasets
from pellucid.errors import InvalidArgument, PellucidError
from pellucid.exchange.c.file import listing_of
from pellucid.exchange.c.products import scale_of
from pellucid.models import Model
from pellucid.rng import Key


def digits() -> tuple[Sequential, Any, Any]:
    (x, y), test = datasets.load("digits", seed=0)
    model = Sequential([L.Input(x.shape[1:]), L.Flatten(), L.Dense(32, "relu"), L.Dense(10, "softmax")], seed=0)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, y, epochs=15, verbose=0)
    return model, x, test


def by_the_rule(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray, low: float, high: float) -> np.ndarray:
    """x W + b in whole numbers, in NumPy."""
    scale, zero = scale_of(low, high)
    z = x.astype("f4") / np.float32(scale) + np.float32(zero)
    q = np.clip(np.trunc(z + np.where(z < 0, -0.5, 0.5).astype("f4")), -128, 127).astype(int)
    steps = np.abs(kernel).max(axis=0).astype("f8") / 127
    W = np.round(kernel / np.where(steps == 0, 1, steps)).astype(int)
    return ((q - zero) @ W * (scale * steps) + bias).astype("f4")


@with_compiler
def test_a_product_follows_the_rule(tmp_path: Path):
    model = Sequential([L.Input((7,)), L.Dense(5)], seed=3)
    kernel, bias = model.get_weights()
    kernel[:, 2], bias[:] = 0.0, np.arange(5)
    model.set_weights([kernel, bias])
    data = Key(1).normal((50, 7))
    program = Program(tmp_path, {"dense": model}, int8=True, data=data)
    x = Key(2).normal((20, 7), stddev=3.0)  # beyond the range, too
    (y,) = program.run("dense", [x])
    wanted = by_the_rule(x, kernel, bias, float(data.min()), float(data.max()))
    np.testing.assert_allclose(y, wanted, rtol=1e-5, atol=1e-5)
    inside = data[:5]
    step = float(data.max() - data.min()) / 255
    error = np.abs(program.run("dense", [inside])[0] - model.predict(inside, verbose=0))
    most = np.abs(inside).sum(1)[:, None] * np.abs(kernel).max(0) / 254 + np.abs(kernel).sum(0) * step / 2
    assert (error <= most * 1.01 + 1e-4).all()


@with_compiler
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_a_convolution_is_that_product_at_every_place(data_format: str, tmp_path: Path):
    first, shape = data_format == "channels_first", (6, 5, 4)
    conv = L.Conv2D(6, (3, 2), padding="same", strides=2, groups=2, activation="relu", data_format=data_format)
    model = Sequential([L.Input((4, 6, 5) if first else shape), conv], seed=3)
    kernel, bias = model.get_weights()
    model.set_weights([kernel, bias + np.arange(6) / 8])
    data = Key(1).normal((20, *shape)) + 1.0  # so that its smallest and largest are unlike
    given = np.moveaxis(data, -1, 1) if first else data
    program = Program(tmp_path, {"conv": model}, int8=True, data=given)
    (y,) = program.run("conv", [given])
    y = np.moveaxis(y.reshape(20, 6, 3, 3), 1, -1) if first else y.reshape(20, 3, 3, 6)
    ends = float(data.min()), float(data.max())
    padded = np.pad(data, [(0, 0), (0, 1), (0, 1), (0, 0)])
    wanted = np.empty_like(y)
    for i, j, g in np.ndindex(3, 3, 2):
        met = padded[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 2, 2 * g : 2 * g + 2].reshape(20, -1)
        mine = slice(3 * g, 3 * g + 3)
        wanted[:, i, j, mine] = by_the_rule(
            met, kernel[..., mine].reshape(-1, 3), (bias + np.arange(6) / 8)[mine], *ends
        )
    np.testing.assert_allclose(y, np.maximum(wanted, 0), rtol=1e-5, atol=1e-5)
    program.agrees("conv", [given], rtol=0, atol=0.05)


@with_compiler
def test_graphs_and_rows_of_several_axes_stay_near(tmp_path: Path):
    x = L.Input((3, 4))
    several = Model(x, L.Softmax()(L.Dense(5, "tanh")(ops.matmul(x, np.ones((4, 4)) / 4))), seed=0)
    Program(tmp_path, {"residual": residual()}, int8=True, data=X).agrees("residual", [X], rtol=0, atol=0.03)
    given = Key(3).normal((40, 3, 4))
    Program(tmp_path, {"several": several}, int8=True, data=given).agrees("several", [given], rtol=0, atol=0.02)


@with_compiler
def test_recurrence_stays_near_where_what_enters_it_is_in_bytes(tmp_path: Path):
    x = L.Input((6, 4))
    y, h = L.GRU(5, return_sequences=True, return_state=True)(L.Conv1D(4, 2, padding="causal")(x))
    model = Model(
        x, [L.LSTM(3)(y), L.Dense(2)(h), L.TimeDistributed(L.SeparableConv1D(2, 1))(L.Reshape((6, 5, 1))(y))], seed=0
    )
    given = Key(3).normal((60, 6, 4))
    program = Program(tmp_path, {"recurrence": model}, int8=True, data=given)
    program.agrees("recurrence", [given], rtol=0, atol=0.05)
    source = program.cases["recurrence"].listing.source()
    assert source.count("dense_int8(") == 4  # its definition, and what enters the three


@with_compiler
def test_of_a_convolved_recurrence_only_what_enters_is_in_bytes(tmp_path: Path):
    model = Model(x := L.Input((3, 5, 2)), L.ConvLSTM1D(3, 2)(x), seed=0)
    given = Key(3).normal((40, 3, 5, 2))
    program = Program(tmp_path, {"convolved": model}, int8=True, data=given)
    program.agrees("convolved", [given], rtol=0, atol=0.03)
    assert program.cases["convolved"].listing.source().count("int8_t conv_lstm1d_kernel") == 1


@with_compiler
def test_digits_lose_next_to_nothing_and_are_a_quarter_as_large(tmp_path: Path):
    model, x, (x_test, y_test) = digits()
    program = Program(tmp_path, {"digits": model}, int8=True, data=x)
    (y,) = program.run("digits", [x_test])
    exact = float((model.predict(x_test, verbose=0).argmax(1) == y_test).mean())
    assert float((y.argmax(1) == y_test).mean()) >= exact - 0.01
    assert program.cases["digits"].listing.writing.flash < 0.3 * listing_of(model).writing.flash


@with_compiler
def test_nan_is_told(tmp_path: Path):
    model = Sequential([L.Input((4,)), L.Dense(2)], seed=0)
    path = model.to_c(tmp_path / "m.c", int8=True, data=X)
    call(COMPILER, "-std=c99", "-DPELLUCID_MAIN", *sanitizers(), path, "-o", tmp_path / "m", "-lm")
    assert call(tmp_path / "m", input=b"1,2,3,4\n").count(b",") == 1
    with pytest.raises(AssertionError, match="row 2: the model takes no such numbers"):
        call(tmp_path / "m", input=b"1,2,3,4\n1,na,3,4\n")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "argument data: expected rows like those to come"),
    ({"data": X[:0]}, "argument data: expected rows of finite numbers, got none"),
    ({"data": X * np.inf}, "argument data: expected rows of finite numbers"),
    ({"data": np.ones((3, 5))}, "shape"),
]


@pytest.mark.parametrize(("options", "told"), REFUSED)
def test_data_that_tell_no_range_are_refused(options: dict[str, Any], told: str):
    with pytest.raises(PellucidError, match=told):
        listing_of(Sequential([L.Input((4,)), L.Dense(2)]), int8=True, **options)


def test_what_bytes_cannot_hold_is_refused():
    with pytest.raises(InvalidArgument, match="argument int8: expected a model in float32, got float64"):
        listing_of(Sequential([L.Input((4,)), L.Dense(2, dtype="float64")]), int8=True, data=X)
    wide = Sequential([L.Input((1 << 17,)), L.Dense(1)])
    with pytest.raises(InvalidArgument, match=r"at most 65,536 inputs of a unit in int8, got 131,072"):
        listing_of(wide, int8=True, data=np.ones((1, 1 << 17), "f4"))
    huge = Sequential([L.Input((4,)), L.Dense(2)])
    huge.set_weights([np.full((4, 2), 3e38, "f4"), np.zeros(2, "f4")])
    with pytest.raises(InvalidArgument, match="layer 'dense': expected weights and inputs whose steps a float holds"):
        listing_of(huge, int8=True, data=X * 1e6)
    with pytest.raises(InvalidArgument, match="layer 'dense': expected finite inputs on the data given, got numbers"):
        listing_of(Sequential([L.Input((4,)), L.Rescaling(1e30), L.Dense(2)]), int8=True, data=np.full((1, 4), 1e30))


def test_zero_is_exactly_a_byte():
    for low, high in ((0.0, 3.7), (-2.0, 0.0), (-1.3, 5.0), (2.0, 5.0)):
        scale, zero = scale_of(low, high)
        assert -128 <= zero <= 127
        assert abs((-128 - zero) * scale - min(low, 0)) <= scale
        assert abs((127 - zero) * scale - max(high, 0)) <= scale
