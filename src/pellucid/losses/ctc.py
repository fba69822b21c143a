"""Connectionist temporal classification: L = -log of the probability of a label sequence, however it is stretched.
k (B, N) the labels' numbers, 0 for none   z (B, T, C) logits, class 0 being the blank   L (B,)

A path says one class at each of the T steps; a run of one class is that class once, and blanks fall out. The labels
with a blank before, between and after make S = 2N + 1 states; α_t(s) is the log-probability of all paths that are in
state s at step t, β_t(s) of all that go on from there to the end.
Source: Graves et al., "Connectionist temporal classification", 2006."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..activations import log_softmax
from ..arrays import Array
from ..errors import DataError, ShapeError, Told
from .base import StandardLoss, losses
from .targets import first, floating, numeric, whole


def ctc(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """-log Σ over the paths of k of Π_t softmax(z_t)[path_t].

    >>> ctc([[1, 2, 0]], [[[0.0, 9.0, 0.0], [9.0, 0.0, 0.0], [0.0, 0.0, 9.0]]]).round(4)
    array([0.0005], dtype=float32)
    """
    k, z = sequences("ctc", y_true, y_pred)
    alpha, _ = _forward(k, z)
    return (-_ends(alpha[:, -1], k)).astype(z.dtype)


def ctc_grad(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """dL/dz_t = softmax(z_t) - the share of each class in the paths at step t."""
    k, z = sequences("ctc", y_true, y_pred)
    alpha, said = _forward(k, z)
    through = alpha + _backward(k, said) - _ends(alpha[:, -1], k)[:, None, None]
    share = np.zeros(z.shape)
    rows = np.arange(len(z))[:, None]
    for s, state in enumerate(_states(k).T):
        share[rows, np.arange(z.shape[1]), state[:, None]] += np.exp(through[:, :, s])
    return (np.exp(log_softmax(z.astype(np.float64))) - share).astype(z.dtype)


def _states(k: Array) -> Array:
    """The labels with blanks around each, (B, S)."""
    states = np.zeros((len(k), 2 * k.shape[1] + 1), np.int64)
    states[:, 1::2] = k
    return states


def _skips(k: Array) -> Array:
    """Where a path may come to a state from the one before the last: over a blank between unequal labels, (B, S)."""
    states = _states(k)
    may = np.zeros(states.shape, bool)
    may[:, 2:] = (states[:, 2:] != 0) & (states[:, 2:] != states[:, :-2])
    return may


def _forward(k: Array, z: Array) -> tuple[Array, Array]:
    """(α, the log-probability of each state's class) at each step, (B, T, S) in float64."""
    log_p = log_softmax(z.astype(np.float64))
    said = np.take_along_axis(log_p, np.broadcast_to(_states(k)[:, None], (*z.shape[:2], 2 * k.shape[1] + 1)), axis=-1)
    may, alpha = _skips(k), np.full(said.shape, -np.inf)
    alpha[:, 0, :2] = said[:, 0, :2]
    for t in range(1, z.shape[1]):
        here = alpha[:, t - 1].copy()
        here[:, 1:] = np.logaddexp(here[:, 1:], alpha[:, t - 1, :-1])
        here[:, 2:] = np.logaddexp(here[:, 2:], np.where(may[:, 2:], alpha[:, t - 1, :-2], -np.inf))
        alpha[:, t] = here + said[:, t]
    return alpha, said


def _backward(k: Array, said: Array) -> Array:
    """β (B, T, S): what step t itself says is in α, not in β."""
    may, beta = _skips(k), np.full(said.shape, -np.inf)
    n, rows = (k != 0).sum(axis=1), np.arange(len(k))
    beta[rows, -1, 2 * n] = 0
    beta[rows, -1, np.maximum(2 * n - 1, 0)] = 0
    for t in range(said.shape[1] - 2, -1, -1):
        then = beta[:, t + 1] + said[:, t + 1]
        beta[:, t] = then
        beta[:, t, :-1] = np.logaddexp(beta[:, t, :-1], then[:, 1:])
        beta[:, t, :-2] = np.logaddexp(beta[:, t, :-2], np.where(may[:, 2:], then[:, 2:], -np.inf))
    return beta


def _ends(alpha: Array, k: Array) -> Array:
    """The log-probability of all whole paths (B,): those that end in the last label, or in the blank after it."""
    n, rows = (k != 0).sum(axis=1), np.arange(len(k))
    last = np.where(n > 0, alpha[rows, np.maximum(2 * n - 1, 0)], -np.inf)
    return np.asarray(np.logaddexp(alpha[rows, 2 * n], last))


def sequences(name: str, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
    """Labels (B, N), whole numbers that the steps have room for, and logits (B, T, C)."""
    z, k = floating(f"{name}, y_pred", y_pred), numeric(f"{name}, y_true", y_true)
    if z.ndim != 3 or not z.shape[1] or not z.shape[2]:
        raise ShapeError(f"{name}, y_pred", "logits for each step, shape (B, T, C)", z.shape)
    if k.ndim != 2 or len(k) != len(z):
        raise ShapeError(
            f"{name}, y_true", f"a row of labels per sample, shape ({len(z)}, N)", k.shape,
            "Fill shorter rows with 0 at the end.",
        )  # fmt: skip
    k, where, classes = whole(f"{name}, y_true", k), f"{name}, y_true", z.shape[2]
    wrong = (k < 0) | (k >= classes)
    if wrong.any():
        fix = f"y_pred has {classes} classes, of which 0 is the blank."
        raise DataError(where, f"labels from 1 to {classes - 1}, or 0 for none", first(k, wrong), fix)
    wrong[:, 1:] = (k[:, 1:] != 0) & (k[:, :-1] == 0)
    if wrong.any():
        raise DataError(where, "zeros at the end of a row alone", first(k, wrong), "0 is the blank, and fills rows up.")
    steps = (k != 0).sum(axis=1) + ((k[:, 1:] != 0) & (k[:, 1:] == k[:, :-1])).sum(axis=1)
    if (steps > z.shape[1]).any():
        row = int(np.argmax(steps > z.shape[1]))
        raise DataError(
            where, f"labels that {z.shape[1]} steps have room for", Told(f"some that need {steps[row]} at row {row}"),
            "A label takes a step, and a blank stands between equal ones: give y_pred more steps.",
        )  # fmt: skip
    return k, z


@losses.add()
class CTC(StandardLoss):
    """CTC, for sequences whose labels have no places: speech, handwriting. y_true (B, N), y_pred (B, T, C) logits.

    Labels are 1 .. C - 1; 0 is the blank, and fills short rows up at the end. All T steps count. Labels that T steps
    have no room for are refused (Keras: a loss of about 100000, and no gradient worth the name).

    >>> round(float(CTC()([[1, 2]], [[[0.0, 9.0, 0.0], [9.0, 0.0, 0.0], [0.0, 0.0, 9.0]]])), 4)
    0.0005
    """

    by_rows = False
    formula = "−log Σ Π softmax(y)[path]"

    def check(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        """The labels (B, N) as integers, and the logits (B, T, C)."""
        return sequences(self.name, y_true, y_pred)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return ctc(y_true, y_pred)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return ctc_grad(y_true, y_pred)
