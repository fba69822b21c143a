"""Estimators of one network, that train quickly."""

from __future__ import annotations

from typing import Any

ONE = {"n_estimators": 1, "dropout": 0.0, "batch_size": 200, "frequencies": 0, "random_state": 0}


def small(cls: Any, **given: Any) -> Any:
    """An estimator of this class, with eight hidden units and five epochs unless others are asked for."""
    return cls(**{**ONE, "hidden_layer_sizes": 8, "max_iter": 5, **given})
