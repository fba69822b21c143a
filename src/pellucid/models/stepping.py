"""What one batch does to a model: the steps of `fit` and `evaluate`, which a class of your own may write anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ..arrays import Array, Parts, as_dtypes, parts_of
from ..errors import InvalidArgument, NotReady, Told, WrongType
from ..layers.connecting import by_name
from ..training import definition, engine
from ..training.base import is_own
from ..training.batches import checked_arrays
from .feeding import Fed
from .turns import alone


class Stepping(Fed):
    """A model that takes steps. A class of your own may write `train_step` and `test_step`, Keras's hooks:

    >>> import pellucid
    >>> class Signs(pellucid.Sequential):
    ...     '''Steps along the signs of the gradients.'''
    ...     def train_step(self, data):
    ...         x, y = data
    ...         g = self.gradients(x, y)
    ...         self.optimizer.apply([np.sign(dw) for dw in g.values()], self.trainable_variables)
    ...         return {"loss": self.compute_loss(x, y, self(x))}
    >>> model = Signs([pellucid.layers.Dense(1, input_shape=(2,))], seed=0)
    >>> model.compile("sgd", "mse")
    >>> history = model.fit(np.ones((8, 2)), np.ones(8), epochs=20, verbose=0)
    >>> history.history["loss"][-1] < history.history["loss"][0]
    True

    In Keras such a step needs the backend's own gradients; here `gradients` gives them.
    """

    keras_hooks: ClassVar[tuple[str, ...]] = ("call", "predict_step", "compute_loss")
    # compute_loss: gradients are those of `compile`'s loss

    def train_step(self, data: Any) -> dict[str, Any]:
        """One training step on a batch, (x, y) or (x, y, sample_weight); the numbers to show, by name.

        One of your own is called for each batch of `fit`; the epoch's numbers are those of its last batch, as in Keras.
        `self.metrics`, the loss first, makes means of them: what is counted there is reset with each epoch.
        """
        engine.train(self.as_trainee, *self._of_step("train_step", data))
        return self.meters.counted()

    def test_step(self, data: Any) -> dict[str, Any]:
        """The numbers of a batch, (x, y) or (x, y, sample_weight), without training on it."""
        engine.test(self.as_trainee, *self._of_step("test_step", data))
        return self.meters.counted()

    @alone
    def gradients(self, x: Any, y: Any, sample_weight: Any = None) -> dict[str, Array]:
        """dL/dw of each parameter w that is trained, by its path, in the order of `trainable_variables`: what the next
        training step on this batch would find, penalties and noise of dropout among it. Nothing changes but
        `model.gradient`, which holds them for whoever looks at a step, as `Probes` do.

        x (B, ...), y (B, ...). Keras has no such method: there, the backend's tape records a step.

        >>> from pellucid import Sequential
        >>> from pellucid.layers import Dense
        >>> model = Sequential([Dense(1, use_bias=False, kernel_initializer="ones", input_shape=(2,))])
        >>> model.compile("sgd", "mse")
        >>> model.gradients([[2.0, 3.0]], [4.0])["dense/kernel"].tolist()
        [[4.0], [6.0]]
        """
        self.needs_compile("gradients")
        x, y, weights = self._one_batch("gradients", x, y, sample_weight)
        rng = self.key.noise(self.optimizer.steps_taken)
        with np.errstate(all="ignore"):  # what is not finite is for the caller to see
            self.gradient.update(
                definition.loss_and_gradients(self.as_trainee, self.p, x, y, weights, rng=rng).gradients
            )
        return {v.path: self.gradient[v.path].copy() for v in self.trainable_variables}

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> float:
        """The loss that `compile` was given, of outputs y_pred (B, ...), with the parameters' penalties. Of x the
        masks are made that say which steps count, where there are some; training is taken for Keras's sake."""
        self.needs_compile("compute_loss")
        outputs, targets, weights = self._parts_of_batch("compute_loss", y_pred, y, sample_weight)
        found = self.objective.judge(targets, outputs, [None] * len(outputs), weights, self._masks("compute_loss", x))
        return float(found.total + sum(self.losses))

    def compute_metrics(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None
    ) -> dict[str, Any]:
        """Count a batch of outputs y_pred (B, ...) into the metrics of `compile`; the results so far of all `metrics`,
        by name. Of x the masks are made that say which steps count, where there are some."""
        self.needs_compile("compute_metrics")
        outputs, targets, weights = self._parts_of_batch("compute_metrics", y_pred, y, sample_weight)
        masks = self._masks("compute_metrics", x)
        self.meters.count_metrics(Parts(targets), Parts(outputs), Parts(weights), self.objective.losses, masks)
        return self.get_metrics_result()

    def get_metrics_result(self) -> dict[str, Any]:
        """The result of each of `metrics`, by name; one that is a mapping adds its entries."""
        found = [(metric.name, metric.result()) for metric in self.metrics]
        each = [result if isinstance(result, Mapping) else {name: result} for name, result in found]
        return {name: number for results in each for name, number in results.items()}

    def _masks(self, where: str, x: Any) -> list[Array | None]:
        """Which numbers of each output count, for these inputs."""
        if not self.wiring.masked:
            return []
        if x is None:
            raise NotReady(
                f"{where}, argument x", "the inputs, from which the masks are made", None, f"Write {where}(x, ...)."
            )
        x, _, _ = checked_arrays(self, self._expected(x), None, None, where)
        inputs = parts_of(as_dtypes(x, self.input_dtypes))
        masks: list[Array | None] = self.forward(self.p, *inputs, training=False, rng=self.key)[1].masks
        return masks

    def _of_step(self, where: str, data: Any) -> tuple[Any, Any, Any]:
        """The x, y and weights of a batch, checked."""
        if not isinstance(data, tuple | list) or not 2 <= len(data) <= 3:
            raise WrongType(f"{where}, argument data", "(x, y) or (x, y, sample_weight)", data)
        x, y, weights = (*data, None)[:3]
        return self._one_batch(where, x, y, weights)

    def _parts_of_batch(self, where: str, *given: Any) -> list[list[Any]]:
        """The outputs, the targets and the weights, each as a list with an array, or None, for each output."""
        names = ("y_pred", "y", "sample_weight")
        return [self._by_output(f"{where}, argument {name}", one) for name, one in zip(names, given, strict=True)]

    def _by_output(self, where: str, given: Any) -> list[Any]:
        names = self.output_names
        each = by_name(where, given, names, all_of_them=False) if self.gives_many else [given]
        each = [None] * len(names) if each is None else each
        if not isinstance(each, list | tuple) or len(each) != len(names):
            raise InvalidArgument(where, f"{len(names)} arrays, in a list or by name: " + ", ".join(names), given)
        return [None if one is None else np.asarray(one) for one in each]

    def has_library_step(self, where: str) -> None:
        """Raise where `fit` would take a step of the user's own, of which the library's tells nothing."""
        if is_own(self.as_trainee, "train_step"):
            told = Told(f"one of the class {type(self).__name__}")
            raise InvalidArgument(f"model {self.name!r}, {where}", "the library's own train_step", told)
