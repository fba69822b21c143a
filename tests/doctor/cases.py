"""Trainings to examine: small ones, each healthy unless something is said to be wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid import Sequential, datasets, layers
from pellucid.callbacks import History
from pellucid.doctor import Case
from pellucid.errors import NonFinite
from pellucid.initializers import Ones
from pellucid.layers import Layer
from pellucid.layers.holding import Parameter
from pellucid.optimizers import Adam

SPARSE = "sparse_categorical_crossentropy"
Data = tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]


class WrongSign(Layer):
    """A layer whose gradient points the wrong way."""

    def forward(self, p, x, *, training, rng):
        return np.tanh(x), x

    def backward(self, p, cache, dy):
        return -dy / np.cosh(cache) ** 2, {}


class NoMask(Layer):
    """max(x, 0), whose backward lets everything through."""

    def forward(self, p, x, *, training, rng):
        return np.maximum(x, 0), None

    def backward(self, p, cache, dy):
        return dy, {}


class Climbing(Layer):
    """x·s, whose s gets its gradient with the wrong sign: a parameter that is no matrix."""

    def parameters(self, shape):
        return [Parameter("scale", tuple(shape), Ones())]

    def forward(self, p, x, *, training, rng):
        return x * p["scale"], x

    def backward(self, p, cache, dy):
        return dy * p["scale"], {"scale": -(dy * cache).sum(axis=0)}


class Steps(Layer):
    """1 above 0, 0 below: nothing in front of it learns."""

    def forward(self, p, x, *, training, rng):
        return (x > 0).astype(x.dtype), None

    def backward(self, p, cache, dy):
        return np.zeros_like(dy), {}


class BatchMean(Layer):
    """A layer that hands every sample the mean of all, with the right gradient of it."""

    def forward(self, p, x, *, training, rng):
        return np.broadcast_to(x.mean(axis=0), x.shape).astype(x.dtype), None

    def backward(self, p, cache, dy):
        return np.broadcast_to(dy.mean(axis=0), dy.shape).astype(dy.dtype), {}


class Root(Layer):
    """√|x|, whose derivative is infinite at 0, which ReLU gives."""

    def forward(self, p, x, *, training, rng):
        return np.sqrt(np.abs(x)), x

    def backward(self, p, cache, dy):
        with np.errstate(all="ignore"):
            return dy * np.sign(cache) / (2 * np.sqrt(np.abs(cache))), {}


def data(name: str, rows: int | None = None) -> Data:
    """Training and validation rows, scaled."""
    (x, y), held = getattr(datasets, name).load_data()
    x, x_held = (a.astype("float32") / (16 if name == "digits" else 1) for a in (x, held[0]))
    return x[:rows], y.reshape(len(y))[:rows], (x_held, held[1].reshape(len(held[1])))


def model_for(
    given: Data, hidden: Sequence[Any], out: int, end: str | None = "softmax", loss: Any = SPARSE,
    optimizer: Any = None, seed: int = 0, **dense: Any,
) -> Sequential:  # fmt: skip
    """A network of Dense layers (or whatever `hidden` names), compiled."""
    made = [h if isinstance(h, Layer) else layers.Dense(h, **{"activation": "relu", **dense}) for h in hidden]
    stack = [layers.Flatten(), *made]
    model = Sequential([*stack, layers.Dense(out, activation=end)], seed=seed)
    model.build((None, *given[0].shape[1:]))
    model.compile(Adam(0.01) if optimizer is None else optimizer, loss)
    return model


def trained(model: Sequential, given: Data, epochs: int, batch_size: int = 32, **fit: Any) -> Case:
    """The case of a finished run."""
    x, y, validation = given
    history, stopped = History(), None
    with np.errstate(all="ignore"):
        try:
            model.fit(
                x, y, batch_size=batch_size, epochs=epochs, validation_data=validation, callbacks=[history], verbose=0,
                **fit,
            )  # fmt: skip
        except NonFinite as problem:
            stopped = problem
    return Case(model, x, y, validation, batch_size, epochs, history.history, (), stopped)


def digits(hidden: Sequence[Any] = (32,), epochs: int = 15, given: Data | None = None, **options: Any) -> Case:
    given = data("digits") if given is None else given
    options = {"optimizer": Adam(0.003), **options}
    return trained(model_for(given, hidden, options.pop("out", 10), **options), given, epochs)


def moons(hidden: Sequence[Any] = (16, 16), epochs: int = 40, given: Data | None = None, **options: Any) -> Case:
    given = data("moons") if given is None else given
    return trained(model_for(given, hidden, 2, **options), given, epochs)


def sine(hidden: Sequence[Any] = (32, 32), epochs: int = 60, given: Data | None = None, **options: Any) -> Case:
    given = data("sine") if given is None else given
    options = {"end": None, "loss": "mse", **options}
    return trained(model_for(given, hidden, 1, **options), given, epochs)


def changed(given: Data, **parts: Any) -> Data:
    """The data with another x, y, or validation data: functions of what was there."""
    x, y, held = given
    return (
        parts.get("x", lambda x: x)(x), parts.get("y", lambda y: y)(y), parts.get("held", lambda held: held)(held),
    )  # fmt: skip


def both(change: Any) -> dict[str, Any]:
    """A change of the inputs, in training and validation alike."""
    return {"x": change, "held": lambda held: (change(held[0]), held[1])}


def shuffled(y: np.ndarray) -> np.ndarray:
    return np.random.default_rng(0).permutation(y)


def without(given: Data, k: int, rows: int) -> Data:
    """All but so many rows of class k left out, everywhere."""

    def kept(y: np.ndarray) -> np.ndarray:
        return np.sort(np.concatenate([np.flatnonzero(y != k), np.flatnonzero(y == k)[:rows]]))

    x, y, (x_held, y_held) = given
    a = kept(y)
    return x[a], y[a], (x_held, y_held)
