"""Prediction on the compiled engine: row by row as in one go, from several threads, of every kind of number."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import pellucid
from pellucid.errors import DataError, ShapeError
from pellucid.layers import Activation, Dense, Dropout, Input
from pellucid.rng import Key
from pellucid.training.engine import engine_of
from pellucid.training.predicting import Predictors

X = Key(2).normal((300, 20))


def network() -> pellucid.Sequential:
    return pellucid.Sequential(
        [Dense(40, activation="relu", input_shape=(20,)), Dropout(0.5), Dense(3, activation="softmax")], seed=4
    )


def definition(model: pellucid.Sequential, x: np.ndarray) -> np.ndarray:
    model.gather()
    return model.forward(model.p, np.asarray(x, "float32"), training=False, rng=model.key)[0]


def test_a_row_alone_gives_the_bits_it_gives_among_others() -> None:
    model = network()
    together = model.predict(X, verbose=0)
    np.testing.assert_allclose(together, definition(model, X), atol=1e-6)
    for i in range(0, 300, 7):
        np.testing.assert_array_equal(model.predict(X[i : i + 1], verbose=0), together[i : i + 1])
    for n in (2, 5, 63, 64, 65, 257):
        np.testing.assert_array_equal(model.predict(X[:n], verbose=0), together[:n])
        np.testing.assert_array_equal(model.predict(X, batch_size=n, verbose=0), together)


def test_many_rows_are_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pellucid.training.predicting.WORTH", 1e-9)
    monkeypatch.setattr("pellucid.machine.asked.most_threads", lambda: 4)
    model, x, threads = network(), np.tile(X, (10, 1)), set()
    wanted = np.tile(model.predict(X[:300], verbose=0), (10, 1))
    run = Predictors._run
    monkeypatch.setattr(Predictors, "_run", lambda *args: (threads.add(threading.get_ident()), run(*args))[1])
    np.testing.assert_array_equal(model.predict(x, verbose=0), wanted)
    assert len(threads) > 1
    x[-1, 0] = np.nan  # which thread meets it makes no difference
    with pytest.raises(DataError, match="row 2999"):
        model.predict(x, verbose=0)


def test_rows_of_several_inputs_and_outputs_are_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = Input((20,)), Input((3,))
    model = pellucid.Model([a, b], [Dense(4)(pellucid.layers.Concatenate()([a, b])), Dense(2)(b)])
    x = [np.tile(X, (10, 1)), np.tile(Key(5).normal((300, 3)), (10, 1))]
    wanted = model.predict([part[:300] for part in x], verbose=0)
    monkeypatch.setattr("pellucid.training.predicting.WORTH", 1e-9)
    monkeypatch.setattr("pellucid.machine.asked.most_threads", lambda: 4)
    for got, part in zip(model.predict(x, verbose=0), wanted, strict=True):
        np.testing.assert_array_equal(got, np.tile(part, (10, 1)))


def test_callers_from_many_threads_do_not_disturb_each_other() -> None:
    model = network()
    wanted = model.predict(X, verbose=0)

    def ask(i: int) -> bool:
        one = model.predict(X[i : i + 1], verbose=0)
        some = model.predict(X[i : i + 9], verbose=0)
        return np.array_equal(one[0], wanted[i]) and np.array_equal(some, wanted[i : i + 9])

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, list(range(290)) * 5))


@pytest.mark.parametrize(
    "kind",
    ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64", "bool"],
)
@pytest.mark.parametrize("rows", [1, 50])
def test_every_kind_of_number_is_read(kind: str, rows: int) -> None:
    model = network()
    x = np.abs(X[:rows] * 3).astype(kind)
    np.testing.assert_allclose(model.predict(x, verbose=0), definition(model, x), atol=2e-6)


def test_rows_may_lie_anyhow() -> None:
    model = network()
    wanted = model.predict(X, verbose=0)
    wide = np.zeros((300, 40), "float32")
    wide[:, ::2] = X
    for x in (np.asfortranarray(X), wide[:, ::2], X[::-1][::-1], X.astype(">f4"), X.tolist()):
        np.testing.assert_array_equal(model.predict(x, verbose=0), wanted)
    np.testing.assert_array_equal(model.predict(X[::-2], verbose=0), wanted[::-2])


@pytest.mark.parametrize("rows", [1, 40, 300])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_inputs_that_are_not_finite_are_refused(rows: int, bad: float) -> None:
    model = network()
    x = X[:rows].copy()
    x[-1, 3] = bad
    with pytest.raises(DataError, match=f"row {rows - 1}, column 3"):
        model.predict(x, verbose=0)
    assert np.isfinite(model.predict(X[:rows], verbose=0)).all()


@pytest.mark.parametrize("rows", [1, 40])
def test_numbers_too_large_for_float32_are_refused(rows: int) -> None:
    x = X[:rows].astype("float64")
    x[-1, 3] = 1e300
    with pytest.raises(DataError, match="largest of float32"):
        network().predict(x, verbose=0)


def test_other_shapes_go_the_long_way() -> None:
    model = network()
    with pytest.raises(ShapeError):
        model.predict(X[:, :5], verbose=0)
    assert model.predict(X[:0], verbose=0).shape == (0, *model.output_shape[1:])


def test_what_is_predicted_follows_the_model() -> None:
    model = network()
    model.predict(X, verbose=0)
    weights = [w * 2 for w in model.get_weights()]
    model.set_weights(weights)
    np.testing.assert_allclose(model.predict(X, verbose=0), definition(model, X), atol=1e-6)
    model.layers[0].kernel.assign(weights[0] * 0)
    np.testing.assert_allclose(model.predict(X[:1], verbose=0), definition(model, X[:1]), atol=1e-6)
    model.add(Dense(2))
    assert model.predict(X[:1], verbose=0).shape == (1, 2)
    model.pop()
    model.layers[-1].activation = pellucid.activations.get("linear")
    np.testing.assert_allclose(model.predict(X[:1], verbose=0), definition(model, X[:1]), atol=1e-5)


def test_the_results_are_the_callers_own() -> None:
    model = network()
    first = model.predict(X[:1], verbose=0)
    kept = first.copy()
    first[:] = 7
    second = model.predict(X[:1], verbose=0)
    np.testing.assert_array_equal(second, kept)
    model.predict(X[1:2], verbose=0)
    np.testing.assert_array_equal(second, kept)


def test_memory_stays_flat() -> None:
    model = network()
    for _ in range(50):
        model.predict(X[:1], verbose=0)
        model.predict(X, verbose=0)
    assert len(engine_of(model).predictors.free) <= 4
    assert len(engine_of(model).predictors.free_rows) == 1


def test_a_row_alone_is_predicted_as_in_a_batch_to_the_last_bit() -> None:
    """Wherever a buffer lies in memory: that of one row lies nearer to the next."""
    x = Key(1).normal((60, 5))
    for outputs in (1, 3, 10, 17):
        layers = [Dense(7, activation="relu"), Dense(outputs, activation="softmax"), Activation("log_softmax")]
        model = pellucid.Sequential([Input((5,)), *layers], seed=1)
        together = model.predict(x, verbose=0)
        alone = [model.predict(x[i : i + 1], verbose=0)[0] for i in range(len(x))]
        np.testing.assert_array_equal(alone, together)
