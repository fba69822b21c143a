"""A neural network from scratch: one file, NumPy alone, everything a network is.

    X (N, I) ──·W1 + b1──▶ z1 (N, H) ──relu──▶ a1 (N, H) ──·W2 + b2──▶ z2 (N, O) ──softmax──▶ p (N, O)

I inputs, H hidden units, O classes, N samples. `docs/guide/from_scratch.md` builds it line by line, and shows with
numbers what the articles that teach this usually get wrong. It imports nothing else of Pellucid: copy it.

>>> X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
>>> y = np.array([0, 1, 1, 0])  # exclusive or: no straight line parts the 0s from the 1s
>>> network = NeuralNetwork(input_size=2, hidden_size=16, output_size=2)
>>> train(network, X, y, epochs=3, learning_rate=0.5)
Epoch 1/3, loss 0.7195
Epoch 2/3, loss 0.6971
Epoch 3/3, loss 0.6784
>>> train(network, X, y, epochs=200, learning_rate=0.5, verbose=False)
>>> network.predict(X)
array([0, 1, 1, 0])
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]


def relu(z: Array) -> Array:
    """max(z, 0), entry by entry."""
    return np.maximum(z, 0)


def softmax(z: Array) -> Array:
    """Probabilities eᶻ / Σ eᶻ of each row, (N, O)."""
    e = np.exp(z - z.max(axis=1, keepdims=True))  # the same quotient, but e¹⁰⁰⁰ would be infinite, and ∞/∞ is NaN
    p: Array = e / e.sum(axis=1, keepdims=True)
    return p


def cross_entropy(z: Array, t: Array) -> float:
    """−Σ t·log softmax(z) over the classes, averaged over the samples; z and t (N, O), t one-hot.

    A mean over classes as well would divide the loss, and so every step, by O. And log softmax(z) is computed as
    z − log Σ eᶻ: a probability may be rounded to 0, whose logarithm is −∞; this one is always finite.
    """
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return float(-(t * log_p).sum(axis=1).mean())


def one_hot(y: ArrayLike, classes: int) -> Array:
    """Labels (N,) from 0 to classes − 1 as rows with a single 1, (N, classes); one-hot rows stay as they are."""
    y = np.asarray(y)
    if y.shape[1:] == (classes,) and np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all():
        return y.astype(float)
    if y.ndim != 1 or not np.isin(y, np.arange(classes)).all():
        raise ValueError(
            f"y: expected labels (N,) from 0 to {classes - 1}, or one-hot rows (N, {classes}), got an array of shape "
            f"{y.shape} that is neither. Number the classes from 0; flatten a column with y.ravel()."
        )
    t: Array = np.eye(classes)[y.astype(int)]
    return t


class NeuralNetwork:
    """One hidden layer: `forward` computes, `backward` learns, `predict` answers."""

    relu, softmax = staticmethod(relu), staticmethod(softmax)

    def __init__(self, input_size: int, hidden_size: int, output_size: int, seed: int = 0) -> None:
        if min(input_size, hidden_size, output_size) < 1:
            raise ValueError(f"NeuralNetwork: expected sizes of 1 or more, got {input_size, hidden_size, output_size}.")
        rng = np.random.default_rng(seed)  # a generator of its own: the same seed, the same network
        # The wider the layer, the smaller its weights: each sum of many terms is then about as large as one of them.
        he = np.sqrt(2 / input_size)  # He et al. (2015), before a relu, which halves the variance
        glorot = np.sqrt(2 / (hidden_size + output_size))  # Glorot & Bengio (2010), elsewhere
        self.W1 = rng.normal(0, he, (input_size, hidden_size))
        self.b1 = np.zeros(hidden_size)
        self.W2 = rng.normal(0, glorot, (hidden_size, output_size))
        self.b2 = np.zeros(output_size)

    def forward(self, X: ArrayLike) -> Array:
        """The probabilities of the classes, (N, O), for samples X (N, I)."""
        _, _, z2 = self.layers(self.checked(X))
        return softmax(z2)

    def predict(self, X: ArrayLike) -> Array:
        """The most probable class of each sample, (N,)."""
        classes: Array = self.forward(X).argmax(axis=1)
        return classes

    def backward(self, X: ArrayLike, y: ArrayLike, learning_rate: float) -> float:
        """One step of gradient descent, W ← W − learning_rate · dL/dW. Returns the loss before it."""
        loss, dW1, db1, dW2, db2 = self.gradients(X, y)
        self.W1 -= learning_rate * dW1
        self.b1 -= learning_rate * db1
        self.W2 -= learning_rate * dW2
        self.b2 -= learning_rate * db2
        return loss

    def gradients(self, X: ArrayLike, y: ArrayLike) -> tuple[float, Array, Array, Array, Array]:
        """The loss, and how it changes with each parameter: (L, dL/dW1, dL/db1, dL/dW2, dL/db2)."""
        X, t = self.checked(X), one_hot(y, len(self.b2))
        if len(X) != len(t):
            raise ValueError(f"y: expected a label for each of the {len(X)} samples of X, got {len(t)}.")
        z1, a1, z2 = self.layers(X)
        dz2 = (softmax(z2) - t) / len(X)  # softmax and cross-entropy together; the loss is a mean over N samples
        dW2 = a1.T @ dz2
        db2 = dz2.sum(axis=0)
        da1 = dz2 @ self.W2.T
        dz1 = da1 * (z1 > 0)  # the slope of relu: 1 where it let z1 through, else 0
        dW1 = X.T @ dz1
        db1 = dz1.sum(axis=0)
        return cross_entropy(z2, t), dW1, db1, dW2, db2

    def layers(self, X: Array) -> tuple[Array, Array, Array]:
        """What flows through the network: z1 (N, H), a1 (N, H), z2 (N, O)."""
        z1 = X @ self.W1 + self.b1
        a1 = relu(z1)
        return z1, a1, a1 @ self.W2 + self.b2

    def checked(self, X: ArrayLike) -> Array:
        """X as floating-point numbers (N, I), or an error that says what it is instead."""
        X = np.asarray(X, dtype=float)
        if X.ndim != 2 or X.shape[1] != len(self.W1) or not len(X):
            raise ValueError(f"X: expected samples (N, {len(self.W1)}), N at least 1, got an array of shape {X.shape}.")
        if not np.isfinite(X).all():
            raise ValueError("X: expected finite numbers, got NaN or infinity. Fill in or drop such rows.")
        return X


def train(
    network: NeuralNetwork,
    X_train: ArrayLike,
    y_train: ArrayLike,
    epochs: int,
    learning_rate: float,
    batch_size: int = 32,
    seed: int = 0,
    verbose: bool = True,
) -> None:
    """Mini-batch gradient descent: in each epoch every sample is used once, in a new order, batch_size to a step.

    y_train holds labels (N,) or one-hot rows (N, O). Prints each epoch's mean loss. All samples in one step, as many
    articles have it, is batch_size=len(X_train): one step for each epoch, and so many more epochs.
    """
    X, t = network.checked(X_train), one_hot(y_train, len(network.b2))
    if len(X) != len(t) or batch_size < 1:
        raise ValueError(
            f"train: expected as many labels as samples, {len(X)}, and batches of 1 or more, got {len(t)} "
            f"labels and batch_size={batch_size}."
        )
    rng = np.random.default_rng(seed)
    for epoch in range(1, epochs + 1):
        order, total = rng.permutation(len(X)), 0.0
        for start in range(0, len(X), batch_size):
            rows = order[start : start + batch_size]
            total += network.backward(X[rows], t[rows], learning_rate) * len(rows)
        if verbose:
            print(f"Epoch {epoch}/{epochs}, loss {total / len(X):.4f}")
