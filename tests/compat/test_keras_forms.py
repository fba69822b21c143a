"""What Keras takes beside the plainest form of a thing, and what its parts say of themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import constraints, errors, initializers, layers, losses, metrics, ops, optimizers, registry, regularizers
from pellucid.optimizers import schedules

DECAY = {"initial_learning_rate": 1.0, "decay_steps": 3, "decay_rate": 0.5}


@pytest.mark.parametrize(
    ("family", "name", "config", "cls"),
    [
        (optimizers, "adam", {"learning_rate": 0.5}, "Adam"),
        (optimizers, "adamw", {}, "AdamW"),
        (optimizers, "RMSPROP", {}, "RMSprop"),
        (optimizers, "schedule_free_adam_w", {}, "ScheduleFreeAdamW"),
        (schedules, "exponential_decay", DECAY, "ExponentialDecay"),
        (layers, "dense", {"units": 3}, "Dense"),
        (layers, "layer_normalization", {}, "LayerNormalization"),
        (losses, "mean_squared_error", {}, "MeanSquaredError"),
        (losses, "mse", {}, "MeanSquaredError"),
        (metrics, "auc", {"num_thresholds": 5}, "AUC"),
        (metrics, "top_k_categorical_accuracy", {"k": 2}, "TopKCategoricalAccuracy"),
        (initializers, "glorot_uniform", {"seed": 1}, "GlorotUniform"),
        (initializers, "glorotuniform", {"seed": 1}, "GlorotUniform"),
        (regularizers, "l1l2", {"l1": 0.5}, "L1L2"),
        (regularizers, "l2", {"l2": 0.5}, "L2"),
        (constraints, "max_norm", {"max_value": 3.0}, "MaxNorm"),
    ],
)
def test_a_saved_form_may_name_its_class_in_any_spelling(family: Any, name: str, config: Any, cls: str) -> None:
    made = family.deserialize({"class_name": name, "config": config})
    assert type(made).__name__ == cls
    assert {k: made.get_config()[k] for k in config} == config
    saved = {"module": made.family.module, "class_name": name, "config": config}
    assert type(registry.deserialize_keras_object(saved)) is type(made)
    assert type(family.get({"class_name": name, "config": config})) is type(made)


def test_the_very_name_comes_before_a_looser_spelling() -> None:
    made = registry.deserialize_keras_object({"class_name": "ReLU", "config": {"negative_slope": 0.5}})
    assert isinstance(made, layers.ReLU)
    assert optimizers.get({"class_name": "SGD", "config": {}}).name == "sgd"


@pytest.mark.parametrize(
    ("base", "value"), [(constraints.Constraint, np.array([-1.0, 2.0])), (regularizers.Regularizer, 0.0)]
)
def test_the_bases_of_parts_ask_nothing_and_are_saved_as_keras_saves_them(base: Any, value: Any) -> None:
    part = base()
    np.testing.assert_array_equal(part(np.array([-1.0, 2.0])), value)
    module = part.family.module
    saved = {"module": module, "class_name": base.__name__, "config": {}, "registered_name": None}
    assert part.family.serialize(part) == saved
    assert type(part.family.get(saved)) is base
    assert type(part.family.get(base.__name__.lower())) is base


@pytest.mark.parametrize("options", [{"kernel_constraint": "constraint"}, {"kernel_regularizer": "regularizer"}])
def test_a_network_with_one_of_them_trains_as_without(options: dict[str, str]) -> None:
    x, y = np.eye(4, dtype="float32"), np.ones((4, 1))
    got = []
    for given in ({}, options):
        model = pellucid.Sequential([layers.Dense(1, **given, input_shape=(4,))], seed=3)
        model.compile("sgd", "mse")
        model.fit(x, y, epochs=2, verbose=0)
        got.append(model.get_weights()[0])
    np.testing.assert_array_equal(*got)


def test_the_gradient_of_a_penalty_follows_from_its_ops() -> None:
    class Quartic(regularizers.Regularizer):
        def __call__(self, w: Any) -> Any:
            return ops.sum(w**4)

    assert Quartic().grad(np.array([1.0, -2.0])).tolist() == [4.0, -32.0]


def test_a_wrong_type_is_what_python_and_what_keras_raise() -> None:
    for kind in (TypeError, ValueError, errors.PellucidError):
        with pytest.raises(kind, match="units"):
            layers.Dense("three")


MASKING = {
    "Dense": True, "Activation": True, "BatchNormalization": True, "Dropout": True, "Softmax": True, "Identity": True,
    "Rescaling": True, "Normalization": True, "PReLU": True, "UnitNormalization": True, "ActivityRegularization": True,
    "LayerNormalization": True, "GaussianNoise": True, "GaussianDropout": True, "AlphaDropout": True, "ReLU": True,
    "ELU": True, "LeakyReLU": True, "Layer": False, "Flatten": False, "Reshape": False, "Permute": False,
    "RepeatVector": False, "RMSNormalization": False, "InputLayer": False,
}  # fmt: skip


def test_supports_masking_says_what_keras_says() -> None:
    assert {name: getattr(layers, name).supports_masking for name in MASKING} == MASKING
    layer = layers.Flatten()
    layer.supports_masking = True
    assert (layer.supports_masking, layers.Flatten().supports_masking) == (True, False)


def test_a_layer_called_alone_has_the_penalty_of_its_output_among_its_losses() -> None:
    x = np.array([[-1.0, 2.0], [3.0, 4.0]])
    layer = layers.ActivityRegularization(l1=0.5, l2=0.25)
    assert layer.losses == []
    layer(x)
    layer(x)
    assert layer.losses == [6.25]  # Keras's: over the batch of the last call
    dense = layers.Dense(2, kernel_initializer="ones", kernel_regularizer="l1", activity_regularizer="l2")
    dense(x)
    assert dense.losses == pytest.approx([0.01 * 2 * (1 + 49) / 2, 0.01 * 4])  # activities first
