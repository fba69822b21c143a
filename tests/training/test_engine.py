"""What was compiled from a model is made anew when the model changes, and at no other time."""

from __future__ import annotations

import copy
import gc
import pickle

import numpy as np
import pytest

import pellucid
from pellucid import losses, metrics, optimizers
from pellucid.layers import BatchNormalization, Dense, Dropout
from pellucid.training import engine

X = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
Y = np.random.default_rng(1).normal(size=(8, 2)).astype("float32")


def made() -> pellucid.Sequential:
    inner = pellucid.Sequential([Dense(3, "elu", kernel_regularizer="l2"), BatchNormalization()], name="inner")
    layers = [Dense(5, "relu", input_shape=(4,), name="first"), Dropout(0.5), inner, Dense(2, name="last")]
    model = pellucid.Sequential(layers, seed=0)
    model.compile(optimizers.SGD(0.01, momentum=0.5), losses.Huber(), metrics=[metrics.MeanAbsoluteError()])
    return model


@pytest.fixture
def lowered(monkeypatch):
    """What was lowered, one entry each time."""
    seen = []
    for name, user in (("lower_step", engine.StepProgram), ("lower_prediction", engine.Predictors)):
        owner = user.__init__.__globals__
        before = owner[name]

        def counted(*args, _before=before, **options):
            seen.append(_before.__name__)
            return _before(*args, **options)

        monkeypatch.setitem(owner, name, counted)
    return seen


def used(model):
    model.train_on_batch(X, Y)
    model.predict(X[:1], verbose=0)


def test_other_models_being_made_and_trained_lower_nothing_anew(lowered):
    model = made()
    used(model)
    before = len(lowered)
    other = made()
    assert len(lowered) == before
    for _ in range(3):
        Dense(3, kernel_regularizer="l1")
        used(model)
    assert len(lowered) == before
    used(other)
    after = len(lowered)
    used(model)
    assert len(lowered) == after > before


EDITS = {
    "a layer's attribute": lambda m: setattr(m.layers[1], "rate", 0.25),
    "a layer's activation": lambda m: setattr(m.layers[0], "activation", pellucid.activations.get("tanh")),
    "a frozen layer": lambda m: setattr(m.layers[0], "trainable", False),
    "a layer of a model within": lambda m: setattr(m.layers[2].layers[1], "momentum", 0.5),
    "a part of a layer": lambda m: setattr(m.layers[2].layers[0].kernel_regularizer, "l2", 0.5),
    "a part that replaces another": lambda m: setattr(
        m.layers[2].layers[0], "kernel_regularizer", pellucid.regularizers.L1(0.5)
    ),
    "the optimizer": lambda m: setattr(m.optimizer, "momentum", 0.9),
    "the loss": lambda m: setattr(m.loss, "delta", 0.1),
    "compiled anew": lambda m: m.compile("adam", "mse"),
    "one more layer": lambda m: (m.add(Dense(2)), m.compile("sgd", "mse")),
    "one less": lambda m: (m.pop(), m.add(Dense(2)), m.compile("sgd", "mse")),
    "taken up by another model": lambda m: pellucid.Sequential([m.layers[0], Dense(1)]).build((None, 4)),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_every_edit_is_seen_and_trains_as_by_the_definition(edit, lowered):
    model, definition = made(), made()
    definition.run_eagerly = True
    for one in (model, definition):
        used(one)
        edit(one)
    definition.run_eagerly = True
    before = len(lowered)
    for one in (model, definition):
        used(one)
    assert len(lowered) > before
    np.testing.assert_allclose(model.predict(X, verbose=0), definition.predict(X, verbose=0), rtol=1e-5, atol=1e-6)


def test_a_part_that_came_with_an_edit_is_followed_from_then_on(lowered):
    model = made()
    used(model)
    penalty = pellucid.regularizers.L1(0.5)
    model.layers[0].kernel_regularizer = penalty
    used(model)
    before = len(lowered)
    penalty.l1 = 0.1
    used(model)
    assert len(lowered) > before


def test_copies_are_followed_by_nobody():
    model = made()
    used(model)
    for twin in (copy.deepcopy(model.layers[0]), copy.copy(model.layers[0]), pickle.loads(pickle.dumps(model.loss))):
        edits = model.engine.revision.edits
        twin.anything = 1
        assert model.engine.revision.edits == edits


def test_a_model_that_is_gone_is_not_kept_alive_by_its_parts():
    layer = Dense(2, input_shape=(4,))
    for _ in range(50):
        model = pellucid.Sequential([layer])
        model.predict(X[:1], verbose=0)
    del model
    gc.collect()
    layer.anything = 1
    pellucid.Sequential([layer]).predict(X[:1], verbose=0)
    assert sum(told() is not None for told in layer._told) <= 2
