"""check_gradients finds what is wrong, and nothing where nothing is; the model stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pellucid
from laws.test_layers import ROWS, told
from pellucid import check_gradients
from pellucid import layers as L
from pellucid.activations import custom as custom_activation
from pellucid.errors import InvalidArgument, NotReady, PellucidError
from pellucid.inspection.gradients import GradientFault
from pellucid.losses import custom as custom_loss
from pellucid.losses.base import losses
from pellucid.rng import Key

pytestmark = pytest.mark.filterwarnings("ignore:layer .* its input has a mask")  # Flatten, behind Masking

INNER = [row for row in ROWS if not isinstance(row[0](), L.InputLayer | L.Embedding)]


def network(*middle: L.Layer, inputs: tuple[int, ...] = (4,), loss: Any = None, **options: Any) -> pellucid.Sequential:
    stack = [L.Input(inputs), *middle, L.Flatten(), L.Dense(3, "softmax", name="last")]
    model = pellucid.Sequential(stack, seed=3)
    model.compile(options.pop("optimizer", "adam"), loss or "sparse_categorical_crossentropy", **options)
    return model


def data(inputs: tuple[int, ...] = (4,), n: int = 5) -> tuple[np.ndarray, np.ndarray]:
    return Key(5).normal((n, *inputs)) + 0.3, np.arange(n) % 3


X, Y = data()


@pytest.mark.parametrize(("make", "shape"), INNER, ids=[told(row) for row in INNER])
def test_every_layer_passes_on_both_engines(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> None:
    below = [L.Dense(shape[-1], "tanh", name="below")] if shape else []
    report = check_gradients(network(*below, make(), inputs=shape), *data(shape), entries=6)
    assert report.worst_error < 1e-6
    assert {c.engine for c in report.checks} == {"definition", "compiled"}
    assert all(c.right and c.checked >= 2 for c in report.checks)


@pytest.mark.parametrize("name", sorted(name for name, cls in losses.parts.items() if cls.by_rows))
def test_every_loss_passes(name: str) -> None:
    y = Y if losses.get(name).targets == "classes" else np.eye(3)[Y]
    report = check_gradients(network(L.Dense(4, "tanh"), loss=name), X, y, np.linspace(0.5, 2, 5), entries=5)
    assert report.worst_error < 1e-6


@pytest.mark.parametrize(
    ("loss", "shape", "y"),
    [
        ("dice", (4,), np.eye(3)[Y]), ("tversky", (4,), np.eye(3)[Y]), ("circle", (4,), Y),
        ("ctc", (4, 4), [[1, 2], [2, 0], [1, 1], [2, 1], [1, 0]]),
    ],
)  # fmt: skip
def test_losses_of_whole_batches_and_sequences_pass(loss: str, shape: tuple[int, ...], y: Any) -> None:
    layers = [L.Dense(4, "tanh", input_shape=shape), L.Dense(3, "sigmoid" if loss in ("dice", "tversky") else None)]
    model = pellucid.Sequential(layers, seed=1)
    model.compile("sgd", pellucid.losses.Circle(gamma=2.0) if loss == "circle" else loss)
    x = np.random.default_rng(1).normal(size=(5, *shape))
    assert check_gradients(model, x, np.asarray(y)[:5]).worst_error < 1e-6
    step = model.explain(x, np.asarray(y)[:5]).loss_step
    assert step is not None
    assert np.isfinite(step["L"])


def test_regularizers_count_clipping_and_the_scale_of_the_loss_do_not() -> None:
    hidden = L.Dense(4, "relu", kernel_regularizer="l1_l2", activity_regularizer="l2", bias_regularizer="l2")
    adam = pellucid.optimizers.Adam(clipnorm=1e-3, weight_decay=0.1, loss_scale_factor=256.0, use_ema=True)
    report = check_gradients(network(hidden, L.Dropout(0.4), optimizer=adam), X, Y)
    assert report.worst_error < 1e-6


def test_nothing_of_the_model_changes() -> None:
    model = network(L.Dense(4, "relu"), L.BatchNormalization(), L.Dropout(0.5))
    model.fit(X, Y, verbose=0)
    before = {"theta": model.theta.data.copy(), "state": model.state.data.copy(), **model.optimizer.state()}
    gradient, key = model.gradient.data.copy(), model.key
    first, again = check_gradients(model, X, Y), check_gradients(model, X, Y)
    after = {"theta": model.theta.data, "state": model.state.data, **model.optimizer.state()}
    for name, value in before.items():
        np.testing.assert_array_equal(value, after[name], err_msg=name)
    np.testing.assert_array_equal(gradient, model.gradient.data)
    assert model.key == key
    assert first == again


def test_kinks_are_no_errors() -> None:
    model = network(L.Dense(6, "relu", kernel_regularizer="l1"), L.Dense(6, "relu"))
    report = check_gradients(model, np.zeros((3, 4)), [0, 1, 2])  # all z are 0, where relu has no slope
    assert sum(c.kinks for c in report.checks) > 6
    assert report.worst_error < 1e-6


def test_a_kink_within_reach_of_a_step_is_stepped_nearer_to() -> None:
    model = pellucid.Sequential([L.Dense(1, "relu", use_bias=False, input_shape=(1,))])
    model.compile("sgd", "mse")
    model.set_weights([np.array([[3e-6]])])  # nearer to the kink than the first step
    (definition, _) = check_gradients(model, [[1.0]], [[2.0]]).checks
    assert definition.kinks == 2
    assert definition.worst_error < 1e-6


# Faults ------------------------------------------------------------------------------------------------------------


class Scale(L.Layer):
    """y = x·s, with mistakes to choose from."""

    def __init__(self, mistake: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.mistake = mistake

    def parameters(self, shape: tuple[int, ...]) -> list[L.Parameter]:
        return [L.Parameter("scale", shape, pellucid.initializers.Constant(1.5))]

    def forward(self, p: Any, x: np.ndarray, *, training: bool, rng: Key) -> tuple[np.ndarray, Any]:
        y = x * p["scale"]
        if self.mistake == "dtype":
            y = y.astype("float32")
        if self.mistake == "chance":
            y = y + np.random.default_rng().normal(size=y.shape)
        return y, x

    def backward(self, p: Any, x: np.ndarray, dy: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        ds = (dy * x).sum(axis=0)
        if self.mistake == "one entry":
            ds[2] *= 1.001
        return dy if self.mistake == "dx" else dy * p["scale"], {"scale": -ds if self.mistake == "sign" else ds}


FAULTS: dict[str, tuple[str, str]] = {
    "sign": ("scale/scale", "Look at the backward of layer 'scale'"),
    "one entry": (r"scale/scale'\[2\]", "Look at the backward of layer 'scale'"),
    "dx": ("below/bias", "a layer between it and 'scale', whose gradients are right"),
    "dtype": ("layer 'scale', forward", "dtype of x"),
    "chance": ("the loss", "from the rng"),
}


@pytest.mark.parametrize("mistake", FAULTS)
def test_a_mistake_is_found_and_placed(mistake: str) -> None:
    model = network(L.Dense(4, "tanh", name="below"), Scale(mistake))
    where, fix = FAULTS[mistake]
    with pytest.raises(GradientFault, match=f"{where}.*{fix}"):
        check_gradients(model, X, Y)


def test_the_report_comes_with_the_error() -> None:
    with pytest.raises(AssertionError) as caught:
        check_gradients(network(L.Dense(4, "tanh", name="below"), Scale("sign")), X, Y)
    report = caught.value.report  # type: ignore[attr-defined]
    assert [c.name for c in report.checks if not c.right] == ["scale/scale"]
    assert report.worst_error > 1
    assert "scale/scale" in str(report)
    assert {c.engine for c in report.checks} == {"definition"}


def test_one_wrong_entry_of_a_large_parameter_shows_in_the_random_direction() -> None:
    class Wrong(L.Dense):
        def backward(self, p: Any, cache: Any, dy: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
            dx, g = super().backward(p, cache, dy)
            g["kernel"][17, 23] += 0.1
            return dx, g

    with pytest.raises(GradientFault, match=r"wrong/kernel.*random direction"):
        check_gradients(network(Wrong(40, "tanh", name="wrong"), inputs=(40,)), *data((40,)), entries=1)


def test_losses_and_activations_of_one_s_own() -> None:
    square = custom_activation(lambda x: x * x, lambda dy, x, y: dy * 2 * x, name="square")
    wrong = custom_activation(lambda x: x * x, lambda dy, x, y: dy * x, name="half")
    quartic = custom_loss(lambda t, y: ((y - t) ** 4).mean(axis=-1), lambda t, y: 4 * (y - t) ** 3 / 3, name="quartic")
    cubic = custom_loss(lambda t, y: ((y - t) ** 4).mean(axis=-1), lambda t, y: (y - t) ** 3, name="cubic")
    one_hot = np.eye(3)[Y]
    assert check_gradients(network(L.Dense(4, square), loss=quartic), X, one_hot).worst_error < 1e-6
    with pytest.raises(GradientFault, match="'dense"):
        check_gradients(network(L.Dense(4, wrong), loss=quartic), X, one_hot)
    with pytest.raises(GradientFault, match=r"'last/bias'.*or of the loss"):
        check_gradients(network(L.Dense(4, square), loss=cubic), X, one_hot)


def test_a_wrong_engine_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from pellucid.inspection import gradients

    by_engine = gradients._by_engine
    monkeypatch.setattr(gradients, "_by_engine", lambda *a: {n: g * 1.01 for n, g in by_engine(*a).items()})  # type: ignore[union-attr]
    with pytest.raises(GradientFault, match="the compiled's gradient of 'last/bias'"):
        check_gradients(network(L.Dense(4, "tanh")), X, Y)


MISTAKES: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "not compiled": (lambda: check_gradients(pellucid.Sequential([L.Dense(1)]), X, Y), NotReady, "check_gradients"),
    "no targets": (lambda: check_gradients(network(), X, None), NotReady, "check_gradients, y"),
    "shape": (lambda: check_gradients(network(), X[:, :2], Y), PellucidError, "check_gradients, x"),
    "labels": (lambda: check_gradients(network(), X, Y + 5), PellucidError, "class numbers from 0 to 2"),
    "entries": (lambda: check_gradients(network(), X, Y, entries=0), InvalidArgument, "argument entries"),
    "seed": (lambda: check_gradients(network(), X, Y, seed="a"), PellucidError, "argument seed"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_call_is_told_in_one_sentence(mistake: str) -> None:
    act, kind, said = MISTAKES[mistake]
    with pytest.raises(kind, match=said):
        act()


def test_a_model_of_float64_and_one_that_is_not_built() -> None:
    pellucid.config.set_floatx("float64")
    model = pellucid.Sequential([L.Dense(4, "tanh"), L.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    report = check_gradients(model, X, Y)
    assert not model.built
    assert {c.engine for c in report.checks} == {"definition"}


def test_a_model_in_a_model() -> None:
    inner = pellucid.Sequential([L.Dense(4, "relu"), L.BatchNormalization()], name="inner")
    report = check_gradients(network(inner), X, Y)
    assert "inner/dense/kernel" in {c.name for c in report.checks}
    assert report.worst_error < 1e-6
