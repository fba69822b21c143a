"""Which part a saved form names, in each family, and what is told where it names none."""

from __future__ import annotations

import copy
import inspect
from typing import Any

import pytest

import pellucid
from pellucid import Sequential, layers, losses, optimizers
from pellucid.errors import InvalidArgument, PellucidError, UnknownName
from pellucid.registry import _families, deserialize_keras_object, get_custom_objects

# (family, the name in the saved form, the class, its arguments, whether Keras 3.15 makes the same)
NAMED: list[tuple[str, str, str, dict[str, Any], bool]] = [
    ("optimizers", "adam", "Adam", {"learning_rate": 0.25, "beta_1": 0.5}, True),
    ("optimizers", "ADAM", "Adam", {"learning_rate": 0.25}, True),
    ("optimizers", "adamw", "AdamW", {"weight_decay": 0.5}, True),
    ("optimizers", "adam_w", "AdamW", {"weight_decay": 0.5}, False),
    ("optimizers", "rmsprop", "RMSprop", {"rho": 0.5}, True),
    ("optimizers", "schedulefreeadamw", "ScheduleFreeAdamW", {"warmup_steps": 7}, True),
    ("initializers", "he_normal", "HeNormal", {"seed": 3}, True),
    ("initializers", "uniform", "RandomUniform", {"minval": -0.5, "seed": 3}, True),
    ("initializers", "IdentityInitializer", "Identity", {}, True),
    ("regularizers", "l2", "L2", {"l2": 0.5}, True),
    ("regularizers", "l1l2", "L1L2", {"l1": 0.5, "l2": 0.25}, True),
    ("regularizers", "orthogonal_regularizer", "OrthogonalRegularizer", {"mode": "columns"}, True),
    ("constraints", "max_norm", "MaxNorm", {"max_value": 3, "axis": 1}, True),
    ("constraints", "min_max_norm", "MinMaxNorm", {"rate": 0.5}, True),
    ("losses", "MeanSquaredError", "MeanSquaredError", {"reduction": "sum"}, True),
    ("losses", "huber", "Huber", {"delta": 0.5}, False),
    ("losses", "mse", "MeanSquaredError", {"reduction": "sum"}, False),
    ("metrics", "auc", "AUC", {"num_thresholds": 20}, True),
    ("metrics", "accuracy", "Accuracy", {"name": "right"}, True),
    ("metrics", "mean_squared_error", "MeanSquaredError", {"name": "m"}, True),
    ("layers", "dense", "Dense", {"units": 3}, False),
    ("layers", "batch_normalization", "BatchNormalization", {"momentum": 0.5}, False),
    ("optimizers.schedules", "exponential_decay", "ExponentialDecay",
     {"initial_learning_rate": 0.1, "decay_steps": 2, "decay_rate": 0.5}, False),
]  # fmt: skip


def family(package: Any, name: str) -> Any:
    for part in name.split("."):
        package = getattr(package, part)
    return package


@pytest.mark.parametrize(("kind", "word", "cls", "config", "_"), NAMED, ids=lambda v: v if isinstance(v, str) else "")
def test_a_saved_form_may_spell_a_class_as_people_do(kind, word, cls, config, _):
    made = family(pellucid, kind).deserialize({"class_name": word, "config": config})
    assert type(made).__name__ == cls
    assert {name: made.get_config()[name] for name in config} == config
    same = {"module": f"keras.{kind}", "class_name": word, "config": config, "registered_name": None}
    assert type(deserialize_keras_object(same)) is type(made)


@pytest.mark.parametrize(("kind", "word", "cls", "config"), [row[:4] for row in NAMED if row[4]])
def test_keras_finds_the_same_class(kind, word, cls, config):
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    theirs = family(keras, kind).get({"class_name": word, "config": copy.deepcopy(config)})
    mine = family(pellucid, kind).get({"class_name": word, "config": config})
    assert type(theirs).__name__ == type(mine).__name__ == cls


@pytest.mark.parametrize("parts", _families, ids=lambda f: f.plural)
def test_every_name_of_every_class_names_it(parts):
    words = {**parts.parts, **{word: made for word, made in parts.names.items() if isinstance(made, type)}}
    for word, cls in words.items():
        assert parts.named(word) is cls, word
    assert parts.named("nothing_of_the_kind") is None


@pytest.mark.parametrize("parts", _families, ids=lambda f: f.kind)
def test_a_part_that_needs_arguments_says_which(parts):
    for name, cls in parts.parts.items():
        given = inspect.signature(cls).parameters.values()
        lacking = [p.name for p in given if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
        for word in (name, {"class_name": name, "config": {}}) if lacking else ():
            with pytest.raises(InvalidArgument, match=rf"expected {name} with {', '.join(lacking)}, got it without"):
                parts.get(word)


def test_ones_own_class_of_that_name_goes_first(monkeypatch):
    class Mine(optimizers.SGD):
        pass

    monkeypatch.setattr("pellucid.registry._custom", {})
    get_custom_objects()["adam"] = Mine
    assert type(optimizers.get({"class_name": "adam", "config": {}})) is Mine


def test_without_a_module_only_the_name_of_a_class_will_do():
    assert type(deserialize_keras_object({"class_name": "SGD", "config": {}})) is optimizers.SGD
    with pytest.raises(UnknownName, match="Did you mean 'SGD'"):
        deserialize_keras_object({"class_name": "sgd", "config": {}})


@pytest.mark.parametrize(
    ("do", "error", "message"),
    [
        (lambda: losses.get({"class_name": "hubber"}), UnknownName, r"losses\.get: .*Did you mean 'Huber'"),
        (
            lambda: losses.deserialize({"class_name": ["Huber"]}),
            InvalidArgument,
            r"losses\.deserialize: expected a map",
        ),
        (lambda: optimizers.get({"config": {}}), InvalidArgument, r"optimizers\.get: expected a mapping with class_na"),
        (lambda: optimizers.get({"class_name": "adam", "config": [1]}), InvalidArgument, "adam: expected a mapping of"),
        (lambda: deserialize_keras_object({"class_name": 3}), InvalidArgument, "deserialize_keras_object: expected a "),
    ],
)
def test_what_names_nothing_is_told(do, error, message):
    with pytest.raises(error, match=message):
        do()


class Theirs:
    """As a tensor of Keras, which becomes no array."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise ValueError("symbolic")


Theirs.__module__ = "keras.src.backend.common.keras_tensor"


@pytest.mark.parametrize("take", [optimizers.get, lambda part: Sequential([part]), layers.Dense(2)])
def test_a_part_of_another_library_is_told_from_ours(take: Any):
    with pytest.raises(PellucidError, match="of the package keras: import the one of pellucid"):
        take(Theirs())
