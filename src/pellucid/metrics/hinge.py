"""Hinge errors: by how much a margin is missed.     y_true, y_pred (B, O); labels −1 or 1, and 0 or 1 become so
Source: Crammer & Singer, On the algorithmic implementation of multiclass kernel-based vector machines (2001)."""

from __future__ import annotations

from .. import losses
from .base import metrics
from .mean import MeanLoss


@metrics.add()
class Hinge(MeanLoss):
    """The mean of max(1 − y_true·y_pred, 0).

    >>> round(Hinge()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 4)
    1.3
    """

    loss = losses.Hinge()


@metrics.add()
class SquaredHinge(MeanLoss):
    """The mean of max(1 − y_true·y_pred, 0)².

    >>> round(SquaredHinge()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 4)
    1.86
    """

    loss = losses.SquaredHinge()


@metrics.add()
class CategoricalHinge(MeanLoss):
    """The mean of max(1 + the greatest wrong score − the right score, 0). y_true one-hot (B, C), y_pred (B, C).

    >>> round(CategoricalHinge()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 4)
    1.4
    """

    loss = losses.CategoricalHinge()
