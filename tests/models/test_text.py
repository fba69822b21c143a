"""Text that enters a model: how it travels to the layer that reads it, and who refuses it by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Model, Sequential, callbacks, check_gradients, models, ops
from pellucid import layers as L
from pellucid.errors import PellucidError, WrongType

TEXTS = ["good film", "bad film", "a very good day", "so bad and sad"] * 4
GOOD = np.array([1, 0, 1, 0] * 4)
WORDS = sorted({word for text in TEXTS for word in text.split()})


def layers() -> list[L.Layer]:
    words = L.TextVectorization(vocabulary=WORDS, output_sequence_length=5)
    return [words, L.Embedding(20, 4, mask_zero=True), L.GlobalAveragePooling1D(), L.Dense(1, activation="sigmoid")]


def chain(*first: Any) -> Sequential:
    model = Sequential([*first, *layers()], seed=0)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def graph() -> Model:
    x = y = L.Input((1,), dtype="string")
    for layer in layers():
        y = layer(y)
    model = Model(x, y, seed=0)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


class Own(Model):
    def __init__(self) -> None:
        super().__init__(seed=0)
        self.words, self.table, self.mean, self.out = layers()

    def call(self, x: Any) -> Any:
        return self.out(self.mean(self.table(self.words(x))))


def own() -> Own:
    model = Own()
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


MAKES = [chain, lambda: chain(L.Input((), dtype="string")), lambda: chain(L.Input((1,), dtype="string")), graph, own]
FORMS: list[Callable[[list[str]], Any]] = [
    list, np.array, lambda x: np.array(x, object), lambda x: np.array(x, "S"), lambda x: [[one] for one in x],
    lambda x: np.array(x)[:, None], tuple,
]  # fmt: skip


@pytest.mark.parametrize("make", MAKES, ids=["chain", "scalars", "columns", "graph", "own"])
def test_it_is_trained_on_evaluated_and_predicted_for(make: Callable[[], Any]) -> None:
    model = make()
    model.fit(TEXTS, GOOD, epochs=60, batch_size=4, verbose=0)
    assert model.evaluate(TEXTS, GOOD, verbose=0, return_dict=True)["accuracy"] == 1
    wanted = model.predict(TEXTS, verbose=0)
    assert ((wanted[:, 0] > 0.5) == GOOD).all()
    np.testing.assert_allclose(model(TEXTS), wanted, rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(model.predict_on_batch(TEXTS[:3]), wanted[:3])
    if not isinstance(model, Own):  # which is called in the form that it first met
        for form in FORMS:
            np.testing.assert_array_equal(model.predict(form(TEXTS), verbose=0), wanted)


def test_all_forms_and_streams_train_alike() -> None:
    def stream() -> Iterator[Any]:
        for i in range(0, 16, 4):
            yield np.array(TEXTS[i : i + 4]), GOOD[i : i + 4]

    found = []
    for x, y in [(form(TEXTS), GOOD) for form in FORMS] + [(stream(), None)]:
        model = chain()
        model.fit(x, y, batch_size=None if y is None else 4, shuffle=False, verbose=0)
        found.append(model.get_weights()[0])
    for weights in found[1:]:
        np.testing.assert_array_equal(weights, found[0])


def test_a_part_is_held_out_and_files_keep_it_all(tmp_path: Path) -> None:
    model = graph()
    history = model.fit(TEXTS, GOOD, epochs=2, validation_split=0.25, verbose=0)
    assert len(history.history["val_loss"]) == 2
    model.fit(TEXTS, GOOD, validation_data=(TEXTS[:4], GOOD[:4]), verbose=0)
    model.save(tmp_path / "m.keras")
    for again in (models.load_model(tmp_path / "m.keras"), models.clone_model(model)):
        assert again.input_dtypes == ("string",)
        again.set_weights(model.get_weights())
        np.testing.assert_array_equal(again.predict(TEXTS, verbose=0), model.predict(TEXTS, verbose=0))


def test_several_inputs_of_several_kinds() -> None:
    words, number = L.Input((), dtype="string", name="words"), L.Input((1,), name="number")
    place = L.StringLookup(vocabulary=["a", "b"], output_mode="one_hot")(words)
    model = Model([words, number], L.Dense(1)(L.Concatenate()([place, number])), seed=0)
    model.compile("sgd", "mse")
    data = {"words": ["a", "b", "z"], "number": [1.0, 2.0, 3.0]}
    model.fit(data, np.ones(3), verbose=0)
    W, b = model.layers[-1].get_weights()
    wanted = np.array([[0, 1, 0, 1.0], [0, 0, 1, 2.0], [1, 0, 0, 3.0]]) @ W + b
    np.testing.assert_allclose(model.predict(data, verbose=0), wanted, rtol=1e-5, atol=1e-6)


def test_places_become_words_again() -> None:
    x = L.Input((3,))
    said = ops.argmax(L.Dense(2, kernel_initializer="ones")(x), axis=-1)
    model = Model(x, L.StringLookup(num_oov_indices=0, vocabulary=["no", "yes"], invert=True)(said))
    assert model.predict(np.ones((2, 3)), verbose=0).tolist() == ["no", "no"]


def test_what_no_shape_foretells_may_be_open() -> None:
    x = L.Input((), dtype="string")
    model = Model(x, L.Dense(1)(L.Embedding(20, 2)(L.TextVectorization(vocabulary=WORDS)(x))), seed=0)
    model.compile("sgd", "mse")
    assert model.output_shape == (None, None, 1)
    model.fit(["good film", "bad day"], np.ones((2, 2, 1)), verbose=0)
    assert model.predict(["a very good day"], verbose=0).shape == (1, 4, 1)
    assert model.predict([], verbose=0).shape == (0, 1, 1)


def test_gradients_are_right() -> None:
    model = graph()
    assert check_gradients(model, TEXTS[:4], GOOD[:4]).worst_error < 1e-6


def test_probes_look_and_a_learning_rate_is_found() -> None:
    model, probes = graph(), callbacks.Probes()
    model.fit(TEXTS, GOOD, verbose=0, callbacks=[probes])
    assert "embedding" in str(probes.looks[0])
    assert model.find_learning_rate(TEXTS, GOOD, batch_size=4, steps=20, repeats=2).reason


@pytest.mark.parametrize(("call", "words"), [
    (lambda m: m.explain(TEXTS, GOOD), "explain: expected a network that begins with numbers"),
    (lambda m: m.to_c("m.c"), "to_c, layer 'text_vectorization'"),
    (lambda m: m.to_onnx("m.onnx"), "to_onnx, layer 'text_vectorization'"),
    (lambda m: m.fit(TEXTS, GOOD, verbose=0, callbacks=[callbacks.Doctor()]), "Doctor: expected a network that begins"),
    (lambda m: m.predict(np.ones((3, 1))), "expected text, got 1.0 at row 0"),
    (lambda m: m.predict(["a", None]), "got None at row 1.*missing"),
    (lambda m: m.predict("a"), "Wrap it"),
    (lambda m: m([["a", "b"]]), "shape"),
    (lambda m: L.Dense(1)(m.input), "layer 'dense', input: expected numbers, got text. Put TextVectorization"),
    (lambda m: ops.exp(m.input), "'exp', input: expected numbers, got text"),
    (lambda m: Sequential([m.layers[1], L.StringLookup(vocabulary=["a"])]), "expected text, got a tensor of int64"),
    (lambda m: Sequential([L.Dense(1)]).predict(["a"]), "Turn words"),
    (lambda m: L.Input((1,), dtype="words"), "or 'string'"),
])  # fmt: skip
def test_what_cannot_be_is_refused_by_name(
    call: Callable[[Any], Any], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PellucidError, match=words):
        call(graph())


def test_text_that_meets_a_layer_of_numbers_as_data_flow_is_refused() -> None:
    class Hidden(L.Identity):
        takes_text = takes_whole = True

    with pytest.raises(WrongType, match="layer 'dense', input: expected numbers, got text"):
        Sequential([L.Input((1,), dtype="string"), Hidden(), L.Dense(1)]).predict(["a"])
