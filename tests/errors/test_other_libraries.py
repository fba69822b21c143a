"""Functions of other libraries in parts of one's own: what they ask of a tensor is refused in a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pellucid import Sequential, layers
from pellucid.errors import InvalidArgument

X, Y = np.ones((4, 2), "float32"), np.ones((4, 1), "float32")


def trained(loss: Any = "mse", activation: Any = None) -> None:
    model = Sequential([layers.Dense(1, activation=activation, input_shape=(2,))])
    model.compile("sgd", loss, run_eagerly=True)
    model.fit(X, Y, verbose=0)


@pytest.mark.parametrize(
    ("package", "loss"),
    [
        ("torch", lambda torch: lambda y, p: torch.mean((y - p) ** 2)),
        ("torch", lambda torch: torch.nn.MSELoss()),
        ("jax.numpy", lambda jnp: lambda y, p: jnp.mean((y - p) ** 2)),
        ("numpy", lambda np: lambda y, p: np.mean((y - p) ** 2)),
    ],
)
def test_a_loss_made_of_another_librarys_functions(package: str, loss: Any) -> None:
    made = loss(pytest.importorskip(package))
    with pytest.raises(InvalidArgument, match=r"^loss '.*tensor.*expected a layer or one of pellucid\.ops, got"):
        trained(made)


def test_a_loss_of_ones_own_that_fails_keeps_its_error() -> None:
    def mistaken(y: Any, p: Any) -> Any:
        return {}["lacking"]

    with pytest.raises(KeyError, match="lacking"):
        trained(mistaken)


@pytest.mark.parametrize("package", ["torch", "jax.numpy"])
def test_a_layer_made_of_another_librarys_functions(package: str) -> None:
    absolute = pytest.importorskip(package).abs
    with pytest.raises(InvalidArgument, match=r"call, .*tensor.*expected a layer or one of pellucid\.ops, got"):
        layers.Lambda(absolute)(X)


def test_a_function_that_does_not_tell_its_arguments_is_an_activation() -> None:
    model = Sequential([layers.Dense(1, activation=np.tanh, kernel_initializer="ones", input_shape=(2,))])
    np.testing.assert_allclose(model.predict(X, verbose=0), np.tanh(2) * Y, rtol=1e-6)
    with pytest.raises(InvalidArgument, match="expected a layer or one of pellucid"):
        trained(activation=np.cbrt)
