"""A saved model with parts of one's own: the error names all that lack, and the line that loads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Sequential, errors, initializers, layers, losses, metrics, optimizers, regularizers
from pellucid.models import load_model, model_from_json
from pellucid.registry import register_keras_serializable

X, Y = np.ones((8, 3), "float32"), np.zeros((8, 1), "float32")


class Double(layers.Layer):
    def forward(self, p, x, *, training, rng):
        return 2 * x, None

    def backward(self, p, cache, dy):
        return 2 * dy, {}


class MyMetric(metrics.MeanSquaredError):
    pass


class MyLoss(losses.MeanSquaredError):
    pass


class MyOptimizer(optimizers.SGD):
    pass


class MyInitializer(initializers.Ones):
    pass


class MyRegularizer(regularizers.L2):
    pass


def my_metric(y_true: Any, y_pred: Any) -> Any:
    return abs(y_true - y_pred).mean(-1)


def model(*stack: layers.Layer, optimizer: Any = "sgd", loss: Any = "mse", metrics: Any = ()) -> Sequential:
    made = Sequential([layers.Input((3,)), *stack, layers.Dense(1)], seed=0)
    made.compile(optimizer, loss, metrics=list(metrics))
    made.fit(X, Y, verbose=0)
    return made


# what is in the model -> what must be passed
OWN: dict[str, tuple[Any, dict[str, Any]]] = {
    "a layer": (lambda: model(Double()), {"Double": Double}),
    "a layer within a model": (lambda: model(Sequential([Double()])), {"Double": Double}),
    "a metric": (lambda: model(metrics=[MyMetric()]), {"MyMetric": MyMetric}),
    "a function as metric": (lambda: model(metrics=["mae", my_metric]), {"my_metric": my_metric}),
    "a wrapped function": (
        lambda: model(metrics=[metrics.MeanMetricWrapper(my_metric, name="m")]), {"my_metric": my_metric}
    ),
    "a loss": (lambda: model(loss=MyLoss()), {"MyLoss": MyLoss}),
    "an optimizer": (lambda: model(optimizer=MyOptimizer(0.1)), {"MyOptimizer": MyOptimizer}),
    "an initializer": (
        lambda: model(layers.Dense(2, kernel_initializer=MyInitializer())), {"MyInitializer": MyInitializer}
    ),
    "a regularizer": (
        lambda: model(layers.Dense(2, bias_regularizer=MyRegularizer(0.1))), {"MyRegularizer": MyRegularizer}
    ),
    "several": (
        lambda: model(Double(), loss=MyLoss(), metrics=[my_metric, MyMetric(), my_metric]),
        {"Double": Double, "MyLoss": MyLoss, "my_metric": my_metric, "MyMetric": MyMetric},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", OWN)
def test_the_error_names_the_line_to_write(tmp_path: Path, kind: str) -> None:
    make, objects = OWN[kind]
    path = tmp_path / "m.keras"
    made = make()
    made.save(path)
    with pytest.raises(errors.UnknownName) as caught:
        load_model(path)
    line = str(caught.value).rpartition("write: ")[2].removesuffix(".")
    given = ", ".join(f"{name!r}: {name}" for name in objects)
    assert line == f"load_model({str(path)!r}, custom_objects={{{given}}})"
    again = eval(line, {"load_model": load_model, **objects})  # it runs as it stands
    np.testing.assert_allclose(again.predict(X, verbose=0), made.predict(X, verbose=0), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(again.evaluate(X, Y, verbose=0), made.evaluate(X, Y, verbose=0), rtol=1e-6, atol=1e-7)


def test_what_is_not_wanted_need_not_be_known(tmp_path: Path) -> None:
    model(loss=MyLoss(), metrics=[my_metric]).save(tmp_path / "m.keras")
    assert not load_model(tmp_path / "m.keras", compile=False).compiled


def test_those_that_are_given_or_registered_are_not_named(tmp_path: Path) -> None:
    register_keras_serializable("mine")(MyLoss)
    model(Double(), loss=MyLoss(), metrics=[MyMetric()]).save(tmp_path / "m.keras")
    with pytest.raises(errors.UnknownName) as caught:
        load_model(tmp_path / "m.keras", custom_objects={"Double": Double})
    assert str(caught.value).endswith("custom_objects={'MyMetric': MyMetric}).")
    assert load_model(tmp_path / "m.keras", custom_objects={"Double": Double, "MyMetric": MyMetric})


def test_json_alone() -> None:
    with pytest.raises(errors.UnknownName, match=r"model_from_json\(text, custom_objects=\{'Double': Double\}\)"):
        model_from_json(model(Double()).to_json())


def test_a_part_of_keras_that_is_not_here_is_not_called_ones_own() -> None:
    text = model().to_json().replace('"Dense"', '"MelSpectrogram"')
    with pytest.raises(errors.UnknownName, match="'MelSpectrogram'"):
        model_from_json(text)
