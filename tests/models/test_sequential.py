"""Sequential: building, adding, sharing, nesting, freezing; the Keras-shaped surface."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import errors
from pellucid.layers import Activation, BatchNormalization, Dense, Dropout, Flatten, Input, Normalization

X = np.random.default_rng(0).normal(size=(20, 4)).astype("float32")
Y = np.random.default_rng(1).integers(0, 3, size=20)


def small(seed: int = 0, **options: object) -> pellucid.Sequential:
    model = pellucid.Sequential(
        [Dense(5, activation="relu", input_shape=(4,)), Dense(3, activation="softmax")], seed=seed
    )
    model.compile(
        **{"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"], **options}
    )
    return model


@pytest.mark.parametrize(
    "layers",
    [
        [Dense(5, input_shape=(4,)), Dense(3)],
        [Dense(5, input_dim=4), Dense(3)],
        [Input(shape=(4,)), Dense(5), Dense(3)],
        [Input((4,)), Dense(5), Dense(3)],
    ],
)
def test_all_ways_to_say_the_inputs_shape(layers):
    model = pellucid.Sequential(layers)
    assert model.built
    assert (model.input_shape, model.output_shape, model.count_params()) == ((None, 4), (None, 3), 5 * 5 + 6 * 3)


def test_the_shape_may_come_with_the_data():
    model = pellucid.Sequential([Dense(5), Dense(3, activation="softmax")])
    assert not model.built
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(X, Y, verbose=0)
    assert model.input_shape == (None, 4)


def test_adding_keeps_weights_and_popping_gives_the_layer_back():
    model = small()
    before = model.get_weights()
    last = model.pop()
    model.add(Dense(5, name="deep"))
    model.add(last)
    assert [layer.name for layer in model.layers] == ["dense", "deep", "dense_1"]
    assert model.output_shape == (None, 3)
    for old, new in zip(before, model.layers[0].get_weights() + last.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_parameters_are_views_of_one_vector():
    model = small()
    assert model.theta.data.shape == (model.count_params(),)
    model.layers[1].kernel[...] = 0.5
    assert (model.theta["dense_1/kernel"] == 0.5).all()


def test_a_layer_of_two_models_is_shared():
    model = small()
    encoder = pellucid.Sequential(model.layers[:1])
    model.fit(X, Y, epochs=2, verbose=0)
    hidden = np.maximum(X @ model.layers[0].kernel + model.layers[0].bias, 0)
    np.testing.assert_allclose(encoder.predict(X, verbose=0), hidden, rtol=1e-5, atol=1e-6)
    encoder.layers[0].set_weights([np.zeros((4, 5)), np.zeros(5)])
    assert not model.layers[0].kernel.any()
    np.testing.assert_allclose(np.ptp(model.predict(X, verbose=0), axis=0), 0, atol=1e-7)
    model.fit(X, Y, epochs=1, verbose=0)  # and trains on
    assert model.layers[1].bias.any()


def test_a_model_within_a_model_trains():
    inner = pellucid.Sequential([Dense(6, activation="relu"), BatchNormalization()], name="inner")
    model = pellucid.Sequential([Input((4,)), inner, Dense(3, activation="softmax")], seed=0)
    model.compile("adam", "sparse_categorical_crossentropy")
    assert list(model.theta) == [
        "inner/dense/kernel", "inner/dense/bias", "inner/batch_normalization/gamma", "inner/batch_normalization/beta",
        "dense/kernel", "dense/bias",
    ]  # fmt: skip
    losses = model.fit(X, Y, epochs=30, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    alone = inner.predict(X, verbose=0)
    through = pellucid.Sequential([Input((4,)), inner]).predict(X, verbose=0)
    np.testing.assert_array_equal(alone, through)


def test_a_frozen_layer_stays():
    model = small()
    model.layers[0].trainable = False
    before, last = model.layers[0].get_weights(), model.layers[1].get_weights()
    model.fit(X, Y, epochs=2, verbose=0)
    for old, new in zip(before, model.layers[0].get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert not np.array_equal(last[0], model.layers[1].get_weights()[0])


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    def weights(seed: int) -> np.ndarray:
        model = pellucid.Sequential(
            [Dense(8, activation="relu"), Dropout(0.5), Dense(3, activation="softmax")], seed=seed
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(X, Y, epochs=3, batch_size=6, verbose=0)
        return model.theta.data.copy()

    np.testing.assert_array_equal(weights(3), weights(3))
    assert not np.array_equal(weights(3), weights(4))


def test_set_random_seed_makes_models_repeatable_and_numpys_state_is_left_alone():
    before = np.random.get_state()[1].copy()
    found = []
    for _ in range(2):
        pellucid.utils.set_random_seed(5)
        model = pellucid.Sequential([Dense(8, activation="relu"), Dense(3, activation="softmax")])
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(X, Y, epochs=2, verbose=0)
        found.append(model.theta.data.copy())
    np.testing.assert_array_equal(*found)
    np.testing.assert_array_equal(before, np.random.get_state()[1])


def test_float64_is_honoured():
    pellucid.config.set_floatx("float64")
    model = small()
    model.fit(X, Y, verbose=0)
    assert model.theta.data.dtype == model.predict(X, verbose=0).dtype == np.float64


def test_softmax_and_cross_entropy_neither_overflow_nor_lose_the_gradient():
    model = pellucid.Sequential([Dense(3, activation="softmax", input_shape=(4,))], seed=0)
    model.compile(pellucid.optimizers.SGD(0.001), "sparse_categorical_crossentropy")
    model.set_weights([np.full((4, 3), [[1000.0, -1000.0, 0.0]]), np.zeros(3)])
    x = np.ones((1, 4))
    loss = model.train_on_batch(x, [1])
    assert loss == pytest.approx(8000)
    assert model.gradient["dense/bias"] == pytest.approx([1, -1, 0])


def test_summary_shows_layers_shapes_and_numbers(capsys):
    small().summary()
    shown = capsys.readouterr().out
    assert "dense (Dense)" in shown
    assert "(None, 5)" in shown
    assert "Total params: 43 (172.00 B)" in shown


def test_normalization_adapted_before_keeps_its_statistics():
    layer = Normalization()
    layer.adapt(X)
    model = pellucid.Sequential([layer, Activation("linear")])
    out = model.predict(X, verbose=0)
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(out.std(axis=0), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: pellucid.Sequential([Dense(3), 5]), "expected a layer such as Dense"),
        (lambda: pellucid.Sequential([Dense(3, name="a"), Dense(3, name="a")]), "layers of different names"),
        (lambda: pellucid.Sequential([Dense(3), Input((2,))]), "Input before all other layers"),
        (lambda: pellucid.Sequential([Dense(3)]).save("never.keras"), "a model that is built"),
        (lambda: pellucid.Sequential([Dense(3)]).fit(X, Y), "a compiled model"),
        (lambda: small().predict(X[:, :3]), "(None, 4)"),
        (lambda: small().fit(X, Y + 1), "3"),
        (lambda: small().fit(X, Y[:-1]), "20"),
        (lambda: small().fit(X[:0], Y[:0]), "empty|at least one"),
        (lambda: small().fit(X, Y, batch_size=0), "at least 1"),
        (lambda: small().fit(X, Y, epochs=-1), "at least 0"),
        (lambda: small().fit(X, Y, validation_split=1.5), "below 1"),
        (lambda: small().fit(X, Y.astype(str)), "number"),
        (lambda: small().fit(np.where(X > 2, np.nan, X), Y), "row"),
        (lambda: small(optimizer="adm"), "Did you mean 'adam'"),
        (lambda: small(loss="sparse_crossentropy"), "Did you mean"),
        (lambda: small(loss="categorical_crossentropy").fit(X, Y), "to_categorical"),
        (lambda: small(metrics=["acuracy"]).fit(X, Y, verbose=0), "Did you mean"),
        (lambda: Dense(3, activation="rleu"), "Did you mean 'relu'"),
        (lambda: Dense(0), "at least 1"),
        (lambda: small().set_weights([1]), "4 arrays"),
    ],
)
def test_mistakes_get_a_clear_error(wrong, message):
    with pytest.raises(errors.PellucidError, match=message):
        wrong()


def test_images_are_flattened_and_bytes_are_used_as_they_are():
    images = np.random.default_rng(0).integers(0, 255, size=(30, 5, 5)).astype("uint8")
    model = pellucid.Sequential([Flatten(input_shape=(5, 5)), Dense(2, activation="softmax")], seed=0)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(images, np.arange(30) % 2, verbose=0)
    assert model.predict(images, verbose=0).shape == (30, 2)


def shared_in(where):
    """A model in which one layer stands twice."""
    layer = Dense(3, input_shape=(3,), name="shared")
    if where == "beside a model that has it":
        return pellucid.Sequential([layer, pellucid.Sequential([layer], name="inner")])
    if where == "beside a model within a model":
        return pellucid.Sequential(
            [layer, pellucid.Sequential([pellucid.Sequential([layer], name="core")], name="inner")]
        )
    if where == "in two models":
        return pellucid.Sequential([pellucid.Sequential([layer], name="one"), pellucid.Sequential([layer], name="two")])
    if where == "a model twice":
        inner = pellucid.Sequential([layer], name="inner")
        return pellucid.Sequential([pellucid.Sequential([inner], name="one"), pellucid.Sequential([inner], name="two")])
    if where == "added":
        model = pellucid.Sequential([layer])
        model.add(pellucid.Sequential([layer], name="inner"))
        return model
    inner = pellucid.Sequential([Dense(3, name="first")], name="inner")
    model = pellucid.Sequential([layer, inner])
    inner.add(layer)  # the model within is changed later, and by itself
    return model


@pytest.mark.parametrize(
    "where",
    ["beside a model that has it", "beside a model within a model", "in two models", "a model twice", "added", "later"],
)
def test_a_layer_that_stands_twice_has_one_set_of_parameters(where, tmp_path):
    pellucid.utils.set_random_seed(0)  # where the outputs cancelled nearly to 0, float32 would not tell so exactly
    model = shared_in(where)
    model.compile("sgd", "mse")
    x = np.array([[1.0, -2.0, 0.5]])
    model.fit(x, x, epochs=2, verbose=0)
    layers = {path.rpartition("/")[2]: layer for path, layer in model.leaves()}
    assert len(model.get_weights()) == 2 * len(layers)
    (W, b), middle = layers["shared"].get_weights(), x
    for name in ("shared", *layers.keys() - {"shared"}):
        K, c = layers[name].get_weights()
        middle = middle @ K + c
    np.testing.assert_allclose(model.predict(x, verbose=0), middle @ W + b, rtol=1e-5, atol=1e-6)
    model.save(tmp_path / "shared.keras")
    loaded = pellucid.models.load_model(tmp_path / "shared.keras")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    loaded.fit(x, x, epochs=2, verbose=0)
    model.fit(x, x, epochs=2, verbose=0)
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))


def test_a_layer_may_stand_in_two_models_that_have_nothing_to_do_with_each_other():
    layer = Dense(3, input_shape=(3,))
    one, two = pellucid.Sequential([layer, Dense(1)]), pellucid.Sequential([layer, Dense(2)])
    layer.kernel = np.eye(3)
    assert np.array_equal(one.layers[0].get_weights()[0], two.layers[0].get_weights()[0])


def test_a_layer_keeps_the_weights_it_has():
    """They were drawn anew where the inputs of another model were of another width."""
    inner, dense = pellucid.Sequential([Dense(3, input_shape=(4,))], name="inner"), Dense(2)
    dense(X)
    for layer in (inner, dense):
        with pytest.raises(
            errors.ShapeError, match=r"kernel: expected shape \(5, .\), .* got weights of shape \(4, .\)"
        ):
            pellucid.Sequential([Input((5,)), layer])
    assert inner.predict(X, verbose=0).shape == (20, 3)
    assert dense.get_weights()[0].shape == (4, 2)
