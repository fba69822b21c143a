"""scikit-learn's MLPClassifier. It has no dropout, and its loss includes the penalty, which alpha=0 takes away."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from ..data import floats
from ..tasks import Task
from . import until


def classifier(task: Task, epochs: int, seed: Any = 0) -> Any:
    return MLPClassifier(
        task.sizes[1:-1], activation=task.hidden, batch_size=task.batch, learning_rate_init=task.rate, alpha=0,
        epsilon=1e-7, max_iter=epochs, tol=0, n_iter_no_change=epochs + 1, random_state=seed,
    )  # fmt: skip


def training(task: Task, x: Any, y: Any) -> Any:
    x, y = floats(x), y.ravel()

    def run(epochs: int, tell: bool = False) -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it trains for as long as it was asked to
            return float(classifier(task, epochs).fit(x, y).loss_)

    return run


def prediction(task: Task, x: Any, weights: Any) -> Any:
    x = floats(x)
    model = classifier(task, 1)
    few = x[:1].repeat(task.sizes[-1], axis=0)
    model.partial_fit(few, range(task.sizes[-1]), classes=range(task.sizes[-1]))  # which makes it ready to predict
    model.coefs_, model.intercepts_ = weights[::2], weights[1::2]
    return lambda: model.predict_proba(x)


def reach(task: Task, train: Any, test: Any, seed: int) -> tuple[int, float]:
    (x, y), (x_test, y_test) = ((floats(x), y) for x, y in (train, test))
    model = classifier(task, 1, np.random.RandomState(seed))  # a number would shuffle every epoch alike
    classes = range(task.sizes[-1])
    return until(task.goal, lambda: float(model.partial_fit(x, y, classes=classes).score(x_test, y_test)))
