"""What programs written for Keras do and no other test has: sizes of the batch in a mask, one target for two outputs,
other names of layers, a registered function, a metric's variables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines
from pellucid import layers as L
from pellucid import ops
from pellucid.errors import PellucidError
from pellucid.metrics import Metric
from pellucid.models import load_model
from pellucid.saving import custom_object_scope, register_keras_serializable
from pellucid.training.engine import engine_of

T, WORDS = 6, np.arange(48).reshape(8, 6) * 5 % 11


def causal_mask(batch: Any, length: int, dtype: str) -> Any:
    """Which steps each may look at, once for each sample, as Keras's examples make it."""
    mask = ops.cast(ops.arange(length)[:, None] >= ops.arange(length), dtype)
    times = ops.concatenate([ops.expand_dims(batch, -1), ops.convert_to_tensor([1, 1])], 0)
    return ops.tile(ops.reshape(mask, [1, length, length]), times)


class Block(L.Layer):
    def __init__(self, by_hand: bool, dtype: str = "bool") -> None:
        super().__init__()
        self.by_hand, self.kind = by_hand, dtype
        self.attention = L.MultiHeadAttention(2, 4)

    def call(self, x: Any) -> Any:
        if not self.by_hand:
            return self.attention(x, x, use_causal_mask=True)
        return self.attention(x, x, attention_mask=causal_mask(*ops.shape(x)[:2], self.kind))


def writer(by_hand: bool = True, dtype: str = "bool") -> Any:
    tokens = L.Input((T,), dtype="int32")
    h = Block(by_hand, dtype)(L.Embedding(11, 8)(tokens))
    model = pellucid.Model(tokens, [L.Dense(11)(h), h], seed=4)
    model.compile("adam", loss=[pellucid.losses.SparseCategoricalCrossentropy(from_logits=True), None])
    return model


@pytest.mark.parametrize("dtype", ["bool", "int32"])
def test_a_causal_mask_made_of_the_batch_size_is_the_layers_own(dtype: str) -> None:
    expected = writer(by_hand=False).predict(WORDS, verbose=0)
    for y, wanted in zip(writer(dtype=dtype).predict(WORDS, verbose=0), expected, strict=True):
        np.testing.assert_allclose(y, wanted, rtol=1e-5, atol=1e-6)


def test_one_target_is_that_of_the_one_output_with_a_loss() -> None:
    one, listed = writer(), writer()
    one.fit(WORDS, WORDS, epochs=2, verbose=0)
    listed.fit(WORDS, [WORDS, None], epochs=2, verbose=0)
    for w, same in zip(one.get_weights(), listed.get_weights(), strict=True):
        np.testing.assert_array_equal(w, same)
    assert one.evaluate(WORDS, WORDS, verbose=0) == listed.evaluate(WORDS, [WORDS, None], verbose=0)
    assert not engine_of(one).refusal
    one.compile("adam", loss=["mse", "mse"])
    with pytest.raises(PellucidError, match="fit, y: expected 2 arrays"):
        one.fit(WORDS, WORDS, verbose=0)


def test_an_array_beside_a_tensor_stands_for_every_sample() -> None:
    class Sum(L.Layer):
        def call(self, x: Any, other: Any) -> Any:
            return x * 2.0 + other

    x, row = np.arange(12.0, dtype="float32").reshape(4, 3), np.array([[1.0, -2.0, 3.0]], "float32")

    def network() -> Any:
        entry = L.Input((3,))
        model = pellucid.Model(entry, Sum()(L.Dense(3)(entry), row), seed=0)
        model.compile("sgd", "mse")
        return model

    both_engines(network, x, x)
    model = network()
    inner = model.layers[1](x)
    np.testing.assert_allclose(model.predict(x, verbose=0), inner * 2 + row, rtol=1e-5, atol=1e-6)
    with pytest.raises(PellucidError, match="input: expected tensors alone"):
        Sum()(L.Input((3,)), np.ones((4, 3), "float32"))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: ops.tile(np.ones((3, 2)), [None, 1]), "None, the size of the batch, for a first axis of length 1"),
        (lambda: ops.tile(np.ones((1, 2)), [1, None]), "None, the size of the batch, for a first axis of length 1"),
        (lambda: ops.expand_dims(np.array(["a"], object), 0), "ops.expand_dims, an operand"),
        (lambda: ops.add(None, 1), "ops.add, an operand"),
    ],
)
def test_sizes_that_mean_nothing_are_refused(call: Any, told: str) -> None:
    with pytest.raises(PellucidError, match=told):
        call()


@pytest.mark.parametrize(
    ("other", "name"),
    [
        *((f"{kind}Pool{n}D", f"{whole}Pooling{n}D") for n in (1, 2, 3) for kind, whole in
          [("Max", "Max"), ("Avg", "Average"), ("GlobalMax", "GlobalMax"), ("GlobalAvg", "GlobalAverage")]),
        *((f"Convolution{n}D{rest}", f"Conv{n}D{rest}") for n in (1, 2, 3) for rest in ("", "Transpose")),
        *((f"SeparableConvolution{n}D", f"SeparableConv{n}D") for n in (1, 2)),
    ],
)  # fmt: skip
def test_layers_have_keras_other_names(other: str, name: str) -> None:
    assert getattr(L, other) is getattr(L, name)


def test_a_source_of_batches_gives_its_first() -> None:
    windows = pellucid.utils.timeseries_dataset_from_array(np.arange(10), np.arange(10), 2, batch_size=4)
    assert [x[0].tolist() for x, _ in windows.take(2)] == [[0, 1], [4, 5]]
    assert len(list(windows.take(-1))) == len(list(windows.take(9))) == len(windows) == 3
    with pytest.raises(PellucidError, match=r"Windows.take, argument count: expected"):
        windows.take(1.5)


def test_a_registered_function_is_an_activation_that_a_file_names(tmp_path: Path) -> None:
    def squashed(x: Any) -> Any:
        return ops.tanh(x) * ops.sigmoid(x)

    with custom_object_scope({}):  # which forgets it at its end
        register_keras_serializable("written")(squashed)
        model = pellucid.Sequential([L.Dense(3, squashed, input_shape=(2,))])
        model.save(tmp_path / "m.keras")
        saved = model.get_config()["layers"][-1]["config"]["activation"]
        assert saved["config"] == "written>squashed"  # as Keras has it
        assert (load_model(tmp_path / "m.keras")([[1.0, 2.0]]) == model([[1.0, 2.0]])).all()


def test_a_layer_of_layers_has_no_losses_before_it_is_called() -> None:
    class Penalized(L.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.penalty = L.ActivityRegularization(l1=0.5)

        def call(self, x: Any) -> Any:
            return self.penalty(x)

    layer = Penalized()
    assert layer.losses == []
    layer(np.full((1, 3), 2.0))
    assert layer.losses == [3.0]


def test_a_metric_adds_variables() -> None:
    class Rows(Metric):
        def __init__(self, name: str = "rows") -> None:
            super().__init__(name=name)
            self.rows = self.add_variable(shape=(), name="rows", initializer="zeros")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            self.rows.assign_add(len(y_true))

        def result(self) -> Any:
            return self.rows.value

    assert float(Rows()([1, 2, 3], [1, 1, 1])) == 3.0


def test_a_loss_of_tensors_tells_what_to_write() -> None:
    class Endpoint(L.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.loss = pellucid.losses.BinaryCrossentropy(from_logits=True)

        def call(self, logits: Any, targets: Any) -> Any:
            self.add_loss(self.loss(targets, logits))
            return logits

    with pytest.raises(PellucidError, match=r"expected an array, got a tensor\. .*ops\.binary_crossentropy.*add_loss"):
        Endpoint()(np.ones((2, 3)), np.ones((2, 3)))
