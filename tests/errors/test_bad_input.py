"""Bad input gets one clear sentence, as early as can be: where, what was expected, what came, what to do.

One row per mistake: what is done, and the words that the message must hold.
"""

from __future__ import annotations

import datetime
import json
import pickle
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from pellucid import Sequential, callbacks, errors, layers, losses, metrics, models, optimizers
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import train
from pellucid.utils import PyDataset

N = 20
X = np.random.default_rng(0).normal(size=(N, 3)).astype("float32")
Y = np.arange(N) % 4
NAN, INF = float("nan"), float("inf")


def classifier() -> Sequential:
    model = Sequential([layers.Dense(5, input_shape=(3,)), layers.Dense(4, activation="softmax")], seed=0)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def regressor(outputs: int = 1, loss: str = "mse") -> Sequential:
    model = Sequential([layers.Dense(outputs, input_shape=(3,))], seed=0)
    model.compile("sgd", loss)
    return model


def changed(a: np.ndarray, where: Any, value: Any) -> np.ndarray:
    a = a.astype(np.result_type(a.dtype, np.asarray(value).dtype))
    a[where] = value
    return a


def told(action: Callable[[], object], *words: str) -> None:
    """The action fails with one of our errors, in one line that holds all the words."""
    with pytest.raises(errors.PellucidError) as caught:
        action()
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith((".", "?"))
    for word in words:
        assert word in message, message


# Data ------------------------------------------------------------------------------------------------------------

BAD_DATA: dict[str, tuple[Any, Any, list[str]]] = {
    "width": (X[:, :2], Y, ["x: expected shape (None, 3), got (20, 2)", "input_shape=(2,)"]),
    "one axis too many": (X[:, None], Y, ["x.reshape(-1, 3)"]),
    "one sample": (X[0], Y, ["x[None]"]),
    "a number": (3.0, Y, ["single value 3.0"]),
    "nothing": (None, Y, ["x: expected", "None"]),
    "no rows": (X[:0], Y[:0], ["at least one row"]),
    "NaN": (changed(X, (10, 1), NAN), Y, ["x: expected finite numbers, got nan at row 10, column 1"]),
    "infinity": (changed(X, (10, 1), INF), Y, ["inf at row 10, column 1"]),
    "beyond float32": (
        changed(X, (9, 2), 1e300),
        Y,
        ["x: expected numbers up to 3.4e+38", "1e+300 at row 9, column 2"],
    ),
    "words": ([[1, 2, "a"]] * N, Y, ["'a' at row 0, column 2", "Turn words"]),
    "bytes": (b"abc", Y, ["an array, a list of rows or a data frame"]),
    "a dict": ({"a": X}, Y, ["the keys 'input_layer'", "the keys 'a'"]),
    "a set": ({1, 2}, Y, ["an array, a list of rows or a data frame"]),
    "ragged rows": ([[1, 2, 3]] * 19 + [[1]], Y, ["3 values in row 0 and 1 in row 19"]),
    "complex": (X + 1j, Y, ["real numbers", "x.real"]),
    "dates": (np.zeros((N, 3), "M8[D]"), Y, ["Turn dates into numbers"]),
    "a column of dates": ([[1, 2, datetime.date(2020, 1, 1)]] * N, Y, ["row 0, column 2", "Turn dates into numbers"]),
    "label too high": (X, changed(Y, 7, 4), ["y, sparse_categorical_crossentropy", "0 to 3", "4 at row 7", "5 units"]),
    "label too low": (X, changed(Y, 7, -1), ["-1 at row 7"]),
    "label with a fraction": (X, changed(Y, 2, 0.5), ["0.5 at row 2", "mean_squared_error"]),
    "one-hot": (X, np.eye(4)[Y], ["y, sparse", "categorical_crossentropy", "argmax"]),
    "missing label": (X, [1] * 19 + [None], ["None at row 19", "missing values"]),
    "NaN label": (X, changed(Y, 5, NAN), ["y: expected finite numbers, got nan at row 5"]),
    "labels in words": (X, ["cat"] * N, ["'cat' at row 0", "numpy.unique"]),
    "numbers as text": (X, [str(v) for v in Y], ["written as text"]),
    "lengths": (X, Y[:19], ["y: expected 20 rows", "19 rows"]),
}


@pytest.mark.parametrize("way", ["fit", "evaluate", "train_on_batch", "test_on_batch", "validation_data", "split"])
@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data(way: str, case: str):
    x, y, words = BAD_DATA[case]
    model = classifier()
    before = model.get_weights()
    actions: dict[str, Callable[[], object]] = {
        "fit": lambda: model.fit(x, y, verbose=0),
        "evaluate": lambda: model.evaluate(x, y, verbose=0),
        "train_on_batch": lambda: model.train_on_batch(x, y),
        "test_on_batch": lambda: model.test_on_batch(x, y),
        "validation_data": lambda: model.fit(X, Y, validation_data=(x, y), verbose=0),
        "split": lambda: model.fit(x, y, validation_split=0.2, verbose=0),
    }
    label = "label" in case or "one-hot" in case
    told(actions[way], *(words[1:] if way == "split" and label else words))
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("case", [name for name, (_, y, _) in BAD_DATA.items() if y is Y])
def test_bad_inputs_to_predict(case: str):
    x, _, words = BAD_DATA[case]
    told(lambda: classifier().predict(x, verbose=0), *words)
    told(lambda: classifier().predict_on_batch(x), *words)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (-np.ones(N), ["weights of at least 0", "-1.0 at row 0"]),
        (changed(np.ones(N), 7, -2), ["-2.0 at row 7"]),
        (changed(np.ones(N), 7, NAN), ["nan at row 7"]),
        (changed(np.ones(N), 7, 1e300), ["1e+300 at row 7"]),
        (np.ones(5), ["20 rows", "5 rows"]),
        (["a"] * N, ["'a' at row 0", "Turn words"]),
        (np.ones((N, 4)), ["one weight per sample"]),
        (1.0, ["single value"]),
        ({0: 1.0}, ["an array"]),
    ],
)
def test_bad_sample_weights(weights: Any, words: list[str]):
    told(lambda: classifier().fit(X, Y, sample_weight=weights, verbose=0), "sample_weight", *words)
    told(lambda: classifier().evaluate(X, Y, sample_weight=weights, verbose=0), "sample_weight", *words)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([1, 2], ["a mapping"]),
        ("balanced", ["a mapping"]),
        ({0: "a"}, ["weight of class 0", "a number", "'a'"]),
        ({0: -1.0}, ["weight of class 0", "-1.0"]),
        ({0: NAN}, ["weight of class 0", "nan"]),
        ({0: None}, ["weight of class 0", "None"]),
        ({0: [1, 2]}, ["weight of class 0", "[1, 2]"]),
        ({"0": 1.0}, ["class", "whole number", "'0'"]),
        ({9: 1.0}, ["at most 3", "got 9"]),
    ],
)
def test_bad_class_weights(weights: Any, words: list[str]):
    told(lambda: classifier().fit(X, Y, class_weight=weights, verbose=0), "fit, argument class_weight", *words)
    told(lambda: classifier().train_on_batch(X, Y, class_weight=weights), "class_weight", *words)


def test_class_weights_need_classes():
    told(lambda: regressor().fit(X, X[:, 0], class_weight={0: 2.0}, verbose=0), "class_weight", "fractions")


@pytest.mark.parametrize(
    ("model", "y", "words"),
    [
        (lambda: regressor(4), X[:, :1], ["(20, 4)", "(20, 1)", "units"]),
        (lambda: regressor(1), X, ["(20, 1)", "(20, 3)"]),
        (lambda: regressor(1, "binary_crossentropy"), Y, ["labels between 0 and 1", "2.0 at row 2"]),
        (lambda: regressor(4, "categorical_crossentropy"), Y, ["sparse_categorical_crossentropy", "to_categorical"]),
        (lambda: regressor(1, "sparse_categorical_crossentropy"), Y, ["binary_crossentropy"]),
        (lambda: regressor(1), changed(X[:, 0], 3, 1e300), ["y: expected numbers up to 3.4e+38", "at row 3"]),
    ],
)
def test_targets_that_do_not_suit_the_loss(model: Callable[[], Sequential], y: Any, words: list[str]):
    told(lambda: model().fit(X, y, verbose=0), "fit, y", *words)


# Streams ---------------------------------------------------------------------------------------------------------


def stream(*items: Any) -> Iterator[Any]:
    yield from items


class Batched(PyDataset):
    def __init__(self, length: Any) -> None:
        super().__init__()
        self.length = length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Any:
        return X[:5], Y[:5]


GOOD = (X[:5], Y[:5])


@pytest.mark.parametrize(
    ("source", "options", "words"),
    [
        (lambda: stream(GOOD), {"epochs": 2}, ["run dry", "steps_per_epoch"]),
        (lambda: stream(GOOD), {"steps_per_epoch": 3}, ["3 batches per epoch", "ended after 1"]),
        (lambda: stream(), {}, ["batches"]),
        (lambda: stream(GOOD, X[:5]), {}, ["batch 1, y: expected targets"]),
        (lambda: stream(GOOD, (X[:5, :2], Y[:5])), {}, ["batch 1, x: expected shape (None, 3)"]),
        (lambda: stream(GOOD, (X[:5], Y[:5] + 10)), {}, ["batch 1, y", "10 at row 0"]),
        (lambda: stream(GOOD, (X[:5], np.eye(4)[Y[:5]])), {}, ["batch 1, y", "argmax"]),
        (lambda: stream(GOOD, (X[:5] * NAN, Y[:5])), {}, ["batch 1, x", "nan at row 0, column 0"]),
        (lambda: stream((X, Y, Y, Y)), {}, ["batch 0", "4 parts"]),
        (lambda: stream(None), {}, ["batch 0, x", "None"]),
        (lambda: stream(GOOD), {"batch_size": 5}, ["argument batch_size", "its own batches"]),
        (lambda: stream(GOOD), {"sample_weight": np.ones(5)}, ["argument sample_weight"]),
        (lambda: stream(GOOD), {"y": Y}, ["argument y"]),
        (lambda: stream(GOOD), {"validation_split": 0.5}, ["validation_split", "stream"]),
        (lambda: Batched(0), {}, ["at least one batch"]),
        (lambda: Batched(-1), {}, ["len(x)", "a number of batches"]),
        (lambda: Batched(None), {}, ["len(x)", "a number of batches"]),
    ],
)
def test_bad_streams(source: Callable[[], Any], options: dict[str, Any], words: list[str]):
    told(lambda: classifier().fit(source(), verbose=0, **options), "fit", *words)


# Arguments -------------------------------------------------------------------------------------------------------

COUNTS = ["batch_size", "epochs", "steps_per_epoch", "validation_steps", "validation_batch_size", "validation_freq"]


@pytest.mark.parametrize("argument", [*COUNTS, "initial_epoch"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, "32", NAN, []])
def test_bad_counts(argument: str, value: Any):
    if argument in ("initial_epoch", "epochs") and value == 0 and value is not True:
        return
    told(
        lambda: classifier().fit(X, Y, validation_data=(X, Y), verbose=0, **{argument: value}),
        f"argument {argument}", "whole number", repr(value),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("argument", "value", "words"),
    [
        ("validation_split", 1.0, ["below 1", "1.0"]),
        ("validation_split", -0.1, ["at least 0"]),
        ("validation_split", NAN, ["nan"]),
        ("validation_split", 0.99, ["one row on each side", "0.99 of 20 rows"]),
        ("shuffle", "x", ["'batch'", "'x'"]),
        ("shuffle", None, ["True, False"]),
        ("verbose", 7, ["7"]),
        ("callbacks", callbacks.EarlyStopping, ["a Callback"]),
        ("callbacks", 5, ["a Callback"]),
        ("validation_data", X, ["(x, y)"]),
    ],
)
def test_bad_arguments_of_fit(argument: str, value: Any, words: list[str]):
    told(lambda: classifier().fit(X, Y, **{"verbose": 0, argument: value}), argument, *words)


def test_numpy_numbers_are_welcome():
    model = classifier()
    history = model.fit(X, Y, batch_size=np.int64(5), epochs=np.int32(2), validation_split=np.float32(0.2), verbose=0)
    assert len(history.epoch) == 2


MISTAKES: dict[str, tuple[Callable[[], object], list[str]]] = {
    "activation": (lambda: layers.Dense(3, activation="relo"), ["Did you mean 'relu'"]),
    "initializer": (lambda: layers.Dense(3, kernel_initializer="he_nrmal"), ["Did you mean 'he_normal'"]),
    "regularizer": (lambda: layers.Dense(3, kernel_regularizer="l3"), ["Did you mean 'l2'"]),
    "constraint": (lambda: layers.Dense(3, kernel_constraint="nonneg"), ["Did you mean 'non_neg'"]),
    "loss": (lambda: classifier().compile("adam", "mean_square_error"), ["Did you mean 'mean_squared_error'"]),
    "optimizer": (lambda: classifier().compile("adm", "mse"), ["Did you mean 'adam'"]),
    "metric": (lambda: classifier().compile("adam", "mse", metrics=["acuracy"]), ["Did you mean 'accuracy'"]),
    "no metric": (lambda: classifier().compile("adam", "mse", metrics=[5]), ["metrics", "5"]),
    "no loss": (lambda: classifier().compile("adam"), ["loss"]),
    "monitor": (
        lambda: classifier().fit(X, Y, callbacks=callbacks.EarlyStopping("los"), verbose=0), ["Did you mean 'loss'"],
    ),
    "units": (lambda: layers.Dense(0), ["Dense, argument units", "at least 1", "0"]),
    "rate": (lambda: layers.Dropout(1.5), ["Dropout, argument rate"]),
    "learning rate": (lambda: optimizers.Adam(NAN), ["learning_rate", "nan"]),
    "layer name": (lambda: layers.Dense(3, name="a/b"), ["argument name", "'a/b'"]),
    "layer name of a number": (lambda: layers.Dense(3, name=5), ["argument name", "5"]),
    "no layer": (lambda: Sequential([5]), ["a layer such as Dense(10)", "5"]),
    "no layers": (lambda: Sequential(5), ["a layer such as Dense(10)", "5"]),
    "a layer class": (lambda: Sequential([layers.Dense]), ["a layer such as Dense(10)"]),
    "a layer twice": (lambda: (lambda d: Sequential([d, d]))(layers.Dense(3)), ["Make a second layer"]),
    "itself": (lambda: (lambda m: m.add(m))(Sequential([layers.Dense(2)])), ["not the model itself"]),
    "an empty model inside": (lambda: Sequential([layers.Input((3,)), Sequential()]), ["at least one layer"]),
    "input shape": (lambda: Sequential([layers.Dense(2)]).build(5), ["(None, 784)", "5"]),
    "giant units": (lambda: Sequential([layers.Dense(10**12, input_shape=(3,))]), ["'dense/kernel'", "GiB"]),
    "giant beyond int64": (lambda: Sequential([layers.Dense(10**30, input_shape=(3,))]), ["'dense/kernel'", "GiB"]),
    "giant product": (
        lambda: Sequential([layers.Dense(2**32, input_shape=(1,)), layers.Dense(2**32)]), ["'dense_1/kernel'", "GiB"],
    ),
    "fit before compile": (lambda: Sequential([layers.Dense(1)]).fit(X, Y), ["compile("]),
    "evaluate before compile": (lambda: Sequential([layers.Dense(1)]).evaluate(X, Y), ["compile("]),
    "no data to evaluate": (lambda: classifier().evaluate(), ["evaluate, x", "Pass x"]),
    "no data to fit": (lambda: classifier().fit(), ["fit, x", "Pass x"]),
    "no targets": (lambda: classifier().fit(X), ["fit, y", "Pass y"]),
    "number of weights": (lambda: classifier().set_weights([1]), ["4 arrays", "1"]),
    "weights": (lambda: classifier().set_weights(5), ["a list of arrays", "5"]),
    "weights of text": (lambda: classifier().set_weights([["a"]] * 4), ["array 0", "numbers"]),
    "a call with text": (lambda: classifier()([["a"] * 3]), ["numbers"]),
    "a call with nothing": (lambda: classifier()(None), ["numbers"]),
    "a call with dates": (lambda: classifier()(np.zeros((2, 3), "M8[D]")), ["numbers", "datetime64"]),
    "a call with complex": (lambda: classifier()(X + 1j), ["numbers", "complex"]),
    "mean": (lambda: layers.Normalization(mean=NAN, variance=1.0), ["argument mean", "finite"]),
    "mean of text": (lambda: layers.Normalization(mean="a", variance=1.0), ["argument mean", "numbers"]),
}  # fmt: skip


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes(case: str):
    action, words = MISTAKES[case]
    told(action, *words)


def test_a_giant_value_is_shown_short():
    told(lambda: classifier().train_on_batch({*range(100_000)}, Y), "…")
    assert len(str(errors.WrongType("x", "y", list(range(100_000))))) < 200


# What Python's own words catch. Keras raises a ValueError for most values of a wrong kind, Python a TypeError.
CAUGHT = {
    "a wrong kind, as Keras": (lambda: optimizers.get(3.5), ValueError),
    "a wrong kind, as Python": (lambda: optimizers.get(3.5), TypeError),
    "a layer that is none, as Keras": (lambda: Sequential([3]), ValueError),
    "a loss that is none, as Keras": (lambda: losses.get([1]), ValueError),
    "a callback that is none, as Python": (lambda: callbacks.CallbackList([3]), TypeError),
}


@pytest.mark.parametrize(("do", "kind"), CAUGHT.values(), ids=CAUGHT)
def test_a_wrong_kind_is_caught_by_either_word(do, kind):
    with pytest.raises(kind) as caught:
        do()
    assert type(caught.value) is errors.WrongType


def test_errors_can_be_sent_to_another_process():
    for error in (errors.UnknownName("x", "relo", ["relu"]), errors.TooLarge("x", "y", 3), errors.FileError("x", "y")):
        assert str(pickle.loads(pickle.dumps(error))) == str(error)  # multiprocessing does this


# Arrays of every kind --------------------------------------------------------------------------------------------


def test_arrays_of_every_kind_train_alike(tmp_path: Path):
    expected = classifier().fit(X, Y, verbose=0).history["loss"]
    fixed = X.copy()
    fixed.flags.writeable = False
    wide = np.zeros((2 * N, 6), "float32")
    wide[::2, ::2] = X
    mapped = np.memmap(tmp_path / "x", "float32", "w+", shape=X.shape)
    mapped[:] = X
    for x in (np.asfortranarray(X), wide[::2, ::2], X[::-1][::-1], fixed, mapped, X.astype(">f4"), X.astype("float64"),
              X.astype("longdouble"), X.astype(object), X.tolist(), list(X), np.ma.array(X)):  # fmt: skip
        assert classifier().fit(x, Y, verbose=0).history["loss"] == expected
    for y in (Y.astype("int8"), Y.astype("uint64"), Y.astype(">i4"), Y.astype("float32"), Y.astype(object), Y[:, None],
              Y.tolist()):  # fmt: skip
        assert classifier().fit(X, y, verbose=0).history["loss"] == expected


# Files -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("saved") / "m.keras"
    model = classifier()
    model.fit(X, Y, verbose=0)
    model.save(path)
    return path.read_bytes()


def rewritten(saved: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(saved)) as source, zipfile.ZipFile(out, "w") as target:
        for member in source.namelist():
            content = source.read(member)
            target.writestr(member, change(content) if member == name else content)
    return out.getvalue()


def with_config(saved: bytes, path: list[Any], value: Any) -> bytes:
    def change(content: bytes) -> bytes:
        config = part = json.loads(content)
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = value
        return json.dumps(config).encode()

    return rewritten(saved, "config.json", change)


def with_hdf5(saved: bytes, change: Callable[[h5py.File], None]) -> bytes:
    def changed(content: bytes) -> bytes:
        buffer = BytesIO(content)
        with h5py.File(buffer, "r+") as file:
            change(file)
        return buffer.getvalue()

    return rewritten(saved, "model.weights.h5", changed)


def loop(file: h5py.File) -> None:
    file["layers/dense/again"] = file["layers"]


def bomb(file: h5py.File) -> None:
    file.create_dataset("layers/dense/vars/9", (10**6, 10**6), "f4", chunks=(1000, 1000))


def outside(file: h5py.File) -> None:
    file["layers/dense/vars/9"] = h5py.ExternalLink("elsewhere.h5", "/a")


def unnumbered(file: h5py.File) -> None:
    file["optimizer/vars/abc"] = np.zeros(3)


def zip_bomb(saved: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("config.json", "{}")
        target.writestr("metadata.json", "{}")
        target.writestr("model.weights.h5", bytes(10_000_000))
    return out.getvalue()


UNITS = ["config", "layers", 1, "config", "units"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda b: b"", ["an empty file"]),
        (lambda b: b"hello", ["begins with"]),
        (lambda b: b[: len(b) // 2], ["damaged"]),
        (lambda b: b[:-5], ["damaged"]),
        (lambda b: b.replace(b"\x89HDF", b"\x88HDF", 1), ["damaged"]),
        (zip_bomb, ["unpack"]),
        (lambda b: rewritten(b, "config.json", lambda c: b'{"a":' * 50_000 + b"1" + b"}" * 50_000), ["damaged"]),
        (lambda b: rewritten(b, "config.json", lambda c: b"null"), ["class_name"]),
        (lambda b: rewritten(b, "config.json", lambda c: b"\xff\xfe"), ["damaged"]),
        (lambda b: with_config(b, ["class_name"], "Modl"), ["'Modl'"]),
        (lambda b: with_config(b, ["class_name"], ["a"]), ["config"]),
        (lambda b: with_config(b, ["config", "layers"], 5), ["config"]),
        (lambda b: with_config(b, ["config", "layers"], [None]), ["config"]),
        (lambda b: with_config(b, UNITS, "a"), ["units", "'a'"]),
        (lambda b: with_config(b, UNITS, 10**12), ["parameters at most"]),
        (lambda b: with_config(b, UNITS, 7), ["(3, 7)", "(3, 5)"]),
        (lambda b: with_config(b, ["config", "layers", 1, "config", "activation"], "os.system"), ["activation"]),
        (lambda b: with_config(b, ["compile_config"], 5), ["compile"]),
        (lambda b: with_config(b, ["compile_config", "zzz"], 1), ["'zzz'"]),
        (lambda b: with_config(b, ["compile_config", "optimizer", "class_name"], "Adm"), ["Did you mean 'Adam'"]),
        (lambda b: with_config(b, ["compile_config", "metrics"], [5]), ["metrics"]),
        (lambda b: with_hdf5(b, loop), ["second path"]),
        (lambda b: with_hdf5(b, bomb), ["arrays that the file can hold"]),
        (lambda b: with_hdf5(b, outside), ["a link"]),
        (lambda b: with_hdf5(b, unnumbered), ["abc"]),
    ],
)
def test_bad_model_files(tmp_path: Path, saved: bytes, change: Callable[[bytes], bytes], words: list[str]):
    path = tmp_path / "m.keras"
    path.write_bytes(change(saved))
    told(lambda: models.load_model(path), f"loading {path}", *words)


@pytest.mark.parametrize("path", [None, 5, "", "a\0b.keras"])
def test_bad_paths(path: Any):
    told(lambda: models.load_model(path), "filepath")
    told(lambda: classifier().save(path), "filepath")
    told(lambda: classifier().load_weights(path), "filepath")


@pytest.mark.parametrize("text", [None, 5, "{", "[" * 100_000, "5", "{}"])
def test_bad_json(text: Any):
    told(lambda: models.model_from_json(text), "model_from_json")


# Specs -----------------------------------------------------------------------------------------------------------

DENSE = "[[layers]]\nclass = 'Dense'\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("layers = [1000000000000]", ["GiB"]),
        (DENSE, ["entry 1", "units"]),
        (DENSE + "units = 'a'", ["entry 1", "units", "'a'"]),
        (DENSE + "unts = 4", ["entry 1", "Did you mean 'units'"]),
        (DENSE + "units = 4\nname = 5", ["entry 1", "name"]),
        (DENSE + "units = 4\nkernel_regularizer = {class_name = 'L3'}", ["entry 1", "Did you mean 'L2'"]),
        (DENSE + "units = 4\nkernel_regularizer = {class_name = 'L2', config = {l = 3}}", ["Did you mean 'l2'"]),
        ("[[layers]]\nclass = 'Sequential'", ["at least one layer"]),
        ("[[layers]]\nclass = ['Dense']", ["entry 1"]),
        ("[[layers]]\nunits = 3", ["`class`"]),
        ("schedule = {class = 'CosineDecay'}", ["schedule", "decay_steps"]),
        ("optimizer = {class = 'SGD', momentum = 'a'}", ["optimizer", "momentum", "'a'"]),
        ("optimizer = {class = 'sgdd', momentum = 0.5}", ["optimizer", "sgdd"]),
        ("loss = 'mse'", ["loss", "shape"]),
        ("loss = {class = 'Huber', dlta = 1}", ["loss", "Did you mean 'delta'"]),
        ("data = ''", ["one of", "''"]),
        ("data = 'a\\u0000.npz'", ["a"]),
        ("layers = " + "[" * 20_000 + "]" * 20_000, ["TOML"]),
    ],
)
def test_bad_specs_leave_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, words: list[str]):
    monkeypatch.chdir(tmp_path)
    Path("spec.toml").write_text(text if "data =" in text else f"data = 'moons'\n{text}")
    told(lambda: train(TrainSpec.read("spec.toml")), *words)
    assert [path.name for path in tmp_path.iterdir()] == ["spec.toml"]


def test_a_name_that_no_spec_can_hold():
    told(lambda: TrainSpec.of({"data": "r\udcff.npz"}), "UTF-8", "Rename")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Dense(3, unit=2), "Dense, its arguments: .* got 'unit'. Did you mean 'units'?"),
        (lambda: layers.Dense(3, kernel_regulariser="l2"), "Did you mean 'kernel_regularizer'?"),
        (lambda: optimizers.SGD(lr=0.1), "SGD, its arguments: expected one of .*learning_rate.* got 'lr'"),
        (lambda: losses.Huber(deltas=1), "Did you mean 'delta'?"),
        (lambda: metrics.AUC(curv="PR"), "Did you mean 'curve'?"),
        (lambda: Sequential(nam="x"), "Did you mean 'name'?"),
        (lambda: Sequential().fit(epoch=3), "fit, its arguments: .* got 'epoch'. Did you mean 'epochs'?"),
        (lambda: Sequential().compile(optimiser="sgd"), "Did you mean 'optimizer'?"),
        (lambda: Sequential().evaluate(batchsize=3), "Did you mean 'batch_size'?"),
        (lambda: Sequential().predict([1], batchsize=3), "predict, its arguments: .* Did you mean 'batch_size'?"),
        (lambda: layers.Input(shap=(3,)), "Input, its arguments: .* Did you mean 'shape'?"),
        (lambda: models.load_model("x.keras", custom_object={}), "load_model, its arguments: .* 'custom_objects'?"),
        (lambda: callbacks.EarlyStopping(patince=3), "EarlyStopping, its arguments: .* Did you mean 'patience'?"),
    ],
)
def test_an_argument_that_a_part_does_not_take(make: Any, message: str):
    with pytest.raises(errors.UnknownArgument, match=message) as caught:
        make()
    assert isinstance(caught.value, TypeError)
