"""TextVectorization, argument by argument, beside Keras's numbers, and beside its documentation."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Model, Sequential, models
from pellucid import layers as L
from pellucid.errors import DataError, FileError, InvalidArgument, ShapeError, UnknownName, WrongType
from pellucid.layers.base import layers
from pellucid.registry import custom_object_scope

FOLDER = Path(__file__).parents[1] / "golden"
GOLDEN = json.loads((FOLDER / "texts.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", GOLDEN["rows"], ids=lambda row: f"{row['name']}-{row['arguments']}")
def test_keras_over_tensorflow_gives_the_same(row: dict[str, Any]) -> None:
    layer = getattr(L, row["name"])(**row["arguments"])
    if row["data"] is not None:
        layer.adapt(row["data"])
        assert layer.get_vocabulary() == row["words"]
    np.testing.assert_allclose(layer(row["x"]), row["y"], rtol=1e-6)


def test_a_file_that_keras_wrote_is_read() -> None:
    model = models.load_model(FOLDER / "texts.keras")
    texts = next(row["x"] for row in GOLDEN["rows"] if row["name"] == "TextVectorization")
    np.testing.assert_allclose(model.predict(texts, verbose=0)[:, 0], GOLDEN["file"], rtol=1e-5, atol=1e-6)


def test_keras_s_examples() -> None:
    layer = L.TextVectorization(max_tokens=5000, output_mode="int", output_sequence_length=4)
    layer.adapt(["foo bar", "bar baz", "baz bada boom"])
    assert layer([["foo qux bar"], ["qux baz"]]).tolist() == [[4, 1, 3, 0], [1, 2, 0, 0]]
    given = L.TextVectorization(output_sequence_length=4, vocabulary=["earth", "wind", "and", "fire"])
    assert given.get_vocabulary() == ["", "[UNK]", "earth", "wind", "and", "fire"]
    assert given(["Fire and: water"]).tolist() == [[5, 4, 1, 0]]


@pytest.mark.parametrize(("standardize", "wanted"), [
    ("lower_and_strip_punctuation", ["its", "Ä-less", "naïve"]), ("lower", ["it's,", "Ä-less", "naïve!"]),
    ("strip_punctuation", ["Its", "Äless", "naïve"]), (None, ["It's,", "Ä-less", "naïve!"]),
    (np.char.upper, ["IT'S,", "Ä-LESS", "NAÏVE!"]),
])  # fmt: skip
def test_standardize(standardize: Any, wanted: list[str]) -> None:
    """Letters and punctuation are those of ASCII."""
    layer = L.TextVectorization(standardize=standardize)
    layer.adapt(["It's, Ä-less naïve!"])
    wanted = [word.replace("-", "") for word in wanted] if standardize == "lower_and_strip_punctuation" else wanted
    assert sorted(layer.get_vocabulary(False)) == sorted(wanted)


def test_split() -> None:
    spaced = L.TextVectorization(vocabulary=["a", "b"])
    assert spaced(["  a\tb \n\v\f\r a"]).tolist() == [[2, 3, 2]]
    assert spaced(["a\u00a0b"]).tolist() == [[1]]  # no white space of ASCII's
    letters = L.TextVectorization(vocabulary=["a", "ü", " "], split="character")
    assert letters(["Aü a", "ü"]).tolist() == [[2, 3, 4, 2], [3, 0, 0, 0]]
    apart = L.TextVectorization(vocabulary=["a", "b c"], split=None)
    assert apart([["A", "b c", "d"]]).tolist() == [[2, 3, 1]]
    own = L.TextVectorization(
        vocabulary=["a", "b"], split=lambda texts: [t.split(";") for t in texts], standardize=None
    )
    assert own(["a;b", "b"]).tolist() == [[2, 3], [3, 0]]


def test_ngrams() -> None:
    words = ["a", "b", "a b", "b a", "a b a"]
    assert L.TextVectorization(vocabulary=words, ngrams=2)(["a b a"]).tolist() == [[2, 3, 2, 4, 5]]
    assert L.TextVectorization(vocabulary=words, ngrams=(3, 1))(["a b a"]).tolist() == [[6, 2, 3, 2]]
    assert L.TextVectorization(vocabulary=words, ngrams=(2,))(["a", "a b"]).tolist() == [[0], [4]]


def test_output_modes() -> None:
    x = ["a a z", "b z z"]
    counted = L.TextVectorization(vocabulary=["a", "b"], output_mode="count")
    np.testing.assert_array_equal(counted(x), [[1, 2, 0], [2, 0, 1]])
    assert counted.get_vocabulary() == ["[UNK]", "a", "b"]
    hot = L.TextVectorization(vocabulary=["a", "b"], output_mode="multi_hot", max_tokens=5, pad_to_max_tokens=True)
    np.testing.assert_array_equal(hot(x), [[1, 1, 0, 0, 0], [1, 0, 1, 0, 0]])
    weighed = L.TextVectorization(output_mode="tf_idf")
    weighed.adapt(["a a", "a b", "a"])
    idf = np.log(1 + 3 / (1 + np.array([3.0, 1.0])))
    np.testing.assert_allclose(weighed(x), [[idf.mean(), 2 * idf[0], 0], [2 * idf.mean(), 0, idf[1]]], rtol=1e-6)


def test_lengths() -> None:
    layer = L.TextVectorization(vocabulary=["a", "b"])
    assert layer(["a", "a b a"]).shape == (2, 3)
    assert layer(["", ""]).shape == (2, 0)
    assert L.TextVectorization(vocabulary=["a", "b"], output_sequence_length=2)(["a", "a b a"]).tolist() == [
        [2, 0], [2, 3]
    ]  # fmt: skip
    assert layer.compute_output_shape((None, 1)) == (None, None)
    cut = L.TextVectorization(vocabulary=["a"], split=None, ngrams=2)
    assert cut.compute_output_shape((None, 3)) == (None, 5) == (None, *cut([["a", "a", "a"]]).shape[1:])


def test_max_tokens_and_batches() -> None:
    layer = L.TextVectorization(max_tokens=4)
    layer.adapt((np.array(batch), None) for batch in (["c a", "a"], [b"b b", b"a"]))
    assert layer.get_vocabulary() == ["", "[UNK]", "a", "b"]
    layer.adapt(["x"])  # anew
    assert layer.get_vocabulary() == ["", "[UNK]", "x"]
    layer.set_vocabulary(["y"])
    assert layer(["y x"]).tolist() == [[2, 1]]


@pytest.mark.parametrize(("arguments", "words"), [
    ({"standardize": "upper"}, "lower"), ({"split": "chars"}, "character"), ({"ngrams": 0}, "ngrams"),
    ({"output_mode": "float"}, "int"), ({"output_sequence_length": 0}, "output_sequence_length"),
    ({"output_mode": "count", "output_sequence_length": 3}, "unless output_mode is 'int'"), ({"ragged": True}, "dense"),
    ({"sparse": True}, "dense"), ({"split": 3}, "split"),
])  # fmt: skip
def test_arguments_are_checked(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises((InvalidArgument, UnknownName, WrongType), match=words):
        L.TextVectorization(**arguments)


def test_what_does_not_fit_is_refused() -> None:
    layer = L.TextVectorization(vocabulary=["a"])
    with pytest.raises(ShapeError, match="one text for each sample"):
        layer([["a", "b"]])
    with pytest.raises(ShapeError, match="Let split be None"):
        layer.adapt([["a", "b"]])
    with pytest.raises(DataError, match="text in utf-8"):
        layer([b"\xff"])
    with pytest.raises(ShapeError, match="as it was given"):
        L.TextVectorization(vocabulary=["a"], standardize=lambda x: x[:1])(["a", "b"])
    for gone in (None, float("nan"), NAType()):
        with pytest.raises(DataError, match=r"expected text, got .* at row 0\. Fill in what is missing"):
            layer(np.array([gone, "a"], dtype=object))
    with pytest.raises(DataError, match="text, got 1"):
        L.TextVectorization(vocabulary=["a"], split=lambda x: [[1] for _ in x])(["a"])


class NAType:
    """As pandas' mark for what is missing, which answers no question."""

    def __ne__(self, other: object) -> Any:
        return self

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise TypeError("boolean value of NA is ambiguous")


def shout(texts: Any) -> Any:
    return np.char.upper(texts)


def test_functions_are_saved_by_their_names() -> None:
    layer = L.TextVectorization(vocabulary=["A"], standardize=shout)
    saved = json.loads(json.dumps(layers.serialize(layer)))
    assert saved["config"]["standardize"]["config"] == "shout"
    with pytest.raises(UnknownName, match="'shout'"):
        layers.deserialize(saved)
    with custom_object_scope({"shout": shout}):
        assert layers.deserialize(saved)(["a"]).tolist() == [[2]]


TEXTS = ["good film", "bad film", "a very good day", "so bad and sad"] * 4
GOOD = np.array([1, 0, 1, 0] * 4)


@pytest.mark.parametrize("mode", ["int", "count", "tf_idf"])
def test_a_file_of_keras_s_has_its_vocabulary_beside_the_weights(mode: str, tmp_path: Path) -> None:
    """As `keras.saving` writes it: assets/ under the layer's path, idf_weights among its variables."""
    layer = L.TextVectorization(output_mode=mode)
    layer.adapt(TEXTS)
    reading = [L.Embedding(20, 3), L.GlobalAveragePooling1D()] if mode == "int" else []
    model = Sequential([L.Input((1,), dtype="string"), layer, *reading, L.Dense(1)], seed=0)
    model.save(tmp_path / "ours.keras")
    with zipfile.ZipFile(tmp_path / "ours.keras") as ours, zipfile.ZipFile(tmp_path / "k.keras", "w") as keras:
        config = json.loads(ours.read("config.json"))
        told = config["config"]["layers"][1]["config"]
        words = told["vocabulary"]
        told |= {"vocabulary": None, "idf_weights": None, "vocabulary_size": len(words)}
        keras.writestr("config.json", json.dumps(config))
        for place in ("", "_lookup_layer/"):
            keras.writestr(f"assets/layers/text_vectorization/{place}vocabulary.txt", "\n".join(words))
        for name in ("metadata.json", "model.weights.h5"):
            keras.writestr(name, ours.read(name))
    loaded = models.load_model(tmp_path / "k.keras")
    assert loaded.layers[0].get_vocabulary() == layer.get_vocabulary()
    np.testing.assert_array_equal(loaded.predict(TEXTS, verbose=0), model.predict(TEXTS, verbose=0))
    if mode == "tf_idf":  # and Keras finds its own in a file of ours
        h5py = pytest.importorskip("h5py")
        with zipfile.ZipFile(tmp_path / "ours.keras") as ours:
            weights = h5py.File(io.BytesIO(ours.read("model.weights.h5")))
        for place in ("", "_lookup_layer/"):
            found = weights[f"layers/text_vectorization/{place}vars/idf_weights"]
            np.testing.assert_allclose(found, layer.idf_weights)


def test_a_vocabulary_that_is_no_text_is_refused(tmp_path: Path) -> None:
    model = Sequential([L.Input((), dtype="string"), L.TextVectorization(), L.Embedding(9, 2)], seed=0)
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras", "a") as file:
        file.writestr("assets/layers/text_vectorization/vocabulary.txt", b"\n[UNK]\n\xff")
    with pytest.raises(FileError, match="UTF-8"):
        models.load_model(tmp_path / "m.keras")


def test_a_shared_vocabulary_serves_two_models() -> None:
    """As in Keras's example of text classification: trained on whole numbers, used on texts."""
    layer = L.TextVectorization(output_sequence_length=4)
    layer.adapt(TEXTS)
    numbers = L.Input((None,), dtype="int64")
    h = L.GlobalMaxPooling1D()(L.Embedding(12, 4)(numbers))
    model = Model(numbers, L.Dense(1, activation="sigmoid")(h), seed=0)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.fit(layer(TEXTS), GOOD, epochs=80, verbose=0)
    texts = L.Input((1,), dtype="string")
    whole = Model(texts, model(layer(texts)))
    whole.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    assert whole.evaluate(np.array(TEXTS)[:, None], GOOD, verbose=0)[1] == 1
    np.testing.assert_allclose(
        whole.predict(TEXTS, verbose=0), model.predict(layer(TEXTS), verbose=0), rtol=1e-5, atol=1e-6
    )
