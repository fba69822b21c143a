"""Networks that begin with texts train and predict on the compiled engine behind what reads them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Input, Model, Sequential
from pellucid import layers as L
from pellucid.data.utils import PyDataset
from pellucid.errors import DataError
from pellucid.models.saving import load_model
from pellucid.training.callbacks import Callback, Probes
from pellucid.training.engine import engine_of

WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
RNG = np.random.default_rng(0)
TEXTS = [" ".join(RNG.choice(WORDS, RNG.integers(1, 9))) for _ in range(45)]
GOOD = np.array([float("seven" in text.split()) for text in TEXTS], "float32")
TOLERANCE = {"rtol": 2e-5, "atol": 2e-6}


def words(**options: Any) -> L.TextVectorization:
    return L.TextVectorization(vocabulary=WORDS[:8], **options)


def behind(rate: float = 0.3) -> list[Any]:
    return [L.Embedding(10, 4), L.GlobalAveragePooling1D(), L.Dropout(rate), L.Dense(1, activation="sigmoid")]


def compiled(layers: list[Any], **options: Any) -> Sequential:
    model = Sequential(layers, seed=3)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"], **options)
    return model


@pytest.fixture(autouse=True)
def no_definition(caplog: pytest.LogCaptureFixture) -> Any:
    """Nothing says that it runs on the definition."""
    with caplog.at_level(logging.WARNING, "pellucid"):
        yield
    assert not caplog.records


def test_the_numbers_are_those_of_the_network_behind_trained_on_what_is_read() -> None:
    reader = words(output_sequence_length=6)
    whole, inner = compiled([reader, *behind(0.0)]), compiled([Input((6,), dtype="int64"), *behind(0.0)])
    read = reader(TEXTS)
    whole.build((None,))
    inner.set_weights(whole.get_weights())
    first = whole.fit(TEXTS, GOOD, 8, 3, 0, validation_data=(TEXTS[:9], GOOD[:9])).history
    assert any(program.training for program in engine_of(whole).step_programs.values())
    assert first == inner.fit(read, GOOD, 8, 3, 0, validation_data=(read[:9], GOOD[:9])).history
    assert whole.predict(TEXTS, verbose=0).tobytes() == inner.predict(read, verbose=0).tobytes()


def network(kind: str) -> Any:
    if kind == "counts":
        layers: list[Any] = [words(output_mode="tf_idf", idf_weights=np.linspace(1, 2, 8)), L.Dense(1)]
        return Sequential(layers, seed=3)
    if kind == "masked":
        layers = [words(output_sequence_length=6), L.Embedding(10, 4, mask_zero=True), L.GRU(3), L.Dense(1)]
        return Sequential(layers, seed=3)
    if kind == "open":
        return Sequential([words(), L.Embedding(10, 4), L.GlobalAveragePooling1D(), L.Dense(1)], seed=3)
    if kind == "numbers":
        number, age = Input((2,), dtype="int64"), Input((1,))
        known = L.IntegerLookup(vocabulary=[3, 5, 8], output_mode="multi_hot")(number)
        hashed = L.CategoryEncoding(4, output_mode="count")(L.Hashing(4)(number))
        bins = L.Flatten()(L.Embedding(3, 2)(L.Discretization([0.3, 0.6])(age)))
        return Model([number, age], L.Dense(1)(L.Concatenate()([known, hashed, bins, age])), seed=3)
    text, number = Input((1,), dtype="string"), Input((2,))
    places = L.StringLookup(vocabulary=WORDS[:3])(text)
    crossed = L.HashedCrossing(7, output_mode="one_hot")([text, L.StringLookup(vocabulary=WORDS)(text)])
    joined = L.Concatenate()([L.Flatten()(L.Embedding(4, 2)(places)), crossed, number])
    return Model([text, number], L.Dense(1)(joined), seed=3)


def inputs(kind: str, n: int = len(TEXTS)) -> Any:
    if kind == "numbers":
        return [np.arange(2 * n).reshape(n, 2) % 9, np.linspace(0, 1, n, dtype="float32")[:, None]]
    if kind != "several":
        return TEXTS[:n]
    first = np.array([text.split()[0] for text in TEXTS[:n]], object)[:, None]
    return [first, np.linspace(-1, 1, 2 * n, dtype="float32").reshape(n, 2)]


@pytest.mark.parametrize("kind", ["counts", "masked", "open", "several", "numbers"])
def test_both_engines_agree(kind: str) -> None:
    found = []
    for eager in (False, True):
        model = network(kind)
        model.compile("adam", "mse", metrics=["mae"], run_eagerly=eager)
        history = model.fit(inputs(kind), GOOD, epochs=2, batch_size=8, verbose=0, validation_data=(
            inputs(kind, 12), GOOD[:12])).history  # fmt: skip
        told = model.evaluate(inputs(kind), GOOD, verbose=0), model.predict(inputs(kind), verbose=0)
        if not eager:
            assert {program.training for program in engine_of(model).step_programs.values()} == {False, True}
            assert engine_of(model).predictors is not None
        found.append((*history.values(), *told, model.train_on_batch(inputs(kind, 5), GOOD[:5])))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, **TOLERANCE)


def test_a_stream_of_texts_is_read_batch_by_batch() -> None:
    class Stream(PyDataset):
        def __len__(self) -> int:
            return 5

        def __getitem__(self, i: int) -> Any:
            return TEXTS[9 * i : 9 * i + 9], GOOD[9 * i : 9 * i + 9]

    found = []
    for eager in (False, True):
        model = compiled([words(output_sequence_length=6), *behind()], run_eagerly=eager)
        found.append(model.fit(Stream(), epochs=2, verbose=0).history["loss"])
        assert bool(engine_of(model).step_programs) is not eager
    np.testing.assert_allclose(*found, **TOLERANCE)


def test_another_vocabulary_is_read_by_from_the_next_epoch_on() -> None:
    class Turned(Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.model.layers[0].set_vocabulary(WORDS[:8][::-1])

    found = []
    for eager in (False, True):
        model = compiled([words(output_sequence_length=6), *behind()], run_eagerly=eager)
        found.append(model.fit(TEXTS, GOOD, epochs=3, verbose=0, callbacks=[Turned()]).history["loss"])
    np.testing.assert_allclose(*found, **TOLERANCE)


def test_a_step_that_is_not_finite_is_traced_from_the_text_on() -> None:
    model = compiled([words(output_sequence_length=6), *behind()])
    model.build((None,))
    model.layers[1].set_weights([np.full((10, 4), np.inf, "float32")])
    with pytest.raises(ArithmeticError, match="finite"):
        model.fit(TEXTS, GOOD, epochs=1, verbose=0)


def test_probes_see_what_is_read_as_the_definition_shows_it() -> None:
    found = []
    for eager in (False, True):
        probes = Probes(every=1)
        model = compiled([words(output_sequence_length=6), *behind()], run_eagerly=eager)
        model.fit(TEXTS, GOOD, batch_size=16, epochs=1, verbose=0, callbacks=[probes])
        found.append(probes.looks)
    for one, other in zip(*found, strict=True):
        assert list(one.outputs) == list(other.outputs) == [layer.name for layer in model.layers]
        for name in one.outputs:
            np.testing.assert_allclose(one.outputs[name].mean, other.outputs[name].mean, rtol=1e-4)


def test_a_saved_one_predicts_the_same_bits(tmp_path: Path) -> None:
    model = compiled([words(output_sequence_length=6), *behind()])
    model.fit(TEXTS, GOOD, epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")
    assert again.predict(TEXTS, verbose=0).tobytes() == model.predict(TEXTS, verbose=0).tobytes()
    assert engine_of(again).predictors is not None


def test_what_gives_places_or_text_alone_needs_no_engine() -> None:
    model = Sequential([words(output_sequence_length=3)])
    assert model.predict(["two one", "ten"], verbose=0).tolist() == [[3, 2, 0], [1, 0, 0]]
    assert model.predict([], verbose=0).shape == (0, 3)


def test_text_that_other_layers_read_is_left_to_the_definition_which_is_said(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pellucid.training.programs._said", set())  # as nobody has said before

    class Read(L.StringLookup):
        reads_ahead = False

    model = Sequential([Input((2,), dtype="string"), Read(vocabulary=WORDS), L.Dense(1)])
    assert model.predict(np.array([["one", "two"]], object), verbose=0).shape == (1, 1)
    assert "has no compiled form" in caplog.text
    caplog.clear()


def test_categories_that_are_none_are_refused_as_by_the_definition_and_explained_by_it() -> None:
    layers = [Input((2,), dtype="int64"), L.CategoryEncoding(4), L.Dense(1)]
    said = []
    for eager in (False, True):
        model = compiled(layers, run_eagerly=eager)
        for wrong in (np.array([[1.5, 0.0]], "float32"), np.array([[1, 9]])):
            with pytest.raises(DataError) as caught:
                model.predict(wrong, verbose=0)
            said.append(str(caught.value))
    assert said[:2] == said[2:]
    explanation = model.explain(np.array([[1, 2]]), np.ones(1))
    assert explanation.forward["category_encoding"]["y"].tolist() == [[0, 1, 1, 0]]
