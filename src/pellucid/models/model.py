"""Model: a network that can be compiled, trained, evaluated and saved. Keras 3's methods, arguments and meaning."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import DataError, InvalidArgument, NotReady, ShapeError, Told
from ..training import loop
from ..training.batches import ArrayBatches, Batches, StreamBatches, checked_arrays, is_stream
from ..training.callbacks import CallbackList, History, with_progress
from ..training.definition import test_step, train_step
from ..training.threads import threads_for
from . import saving
from .compiling import Compiled
from .network import not_built
from .splitting import split_last
from .summary import summary

DEFAULT_BATCH = 32


class Model(Compiled):
    """A network that trains itself."""

    history: History
    stop_training = False
    position: Any = None

    # Training ----------------------------------------------------------------------------------------------------

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: Any = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
    ) -> History:
        """Train for a number of epochs and return the History: the loss and metrics of each.

        x: an array (N, ...), or a PyDataset, generator or iterable of (x, y) or (x, y, sample_weight).
        y: targets (N, ...). batch_size: samples per step, 32 unless given. verbose: 0 quiet, 1 a progress bar,
        2 a line per epoch, "auto" 1 on a terminal and 0 elsewhere (Keras prints there too).
        validation_split: this fraction, taken from the end before shuffling (as in Keras), is held out;
        validation_data: (x, y) or (x, y, sample_weight). class_weight: a weight for each label.
        """
        self.needs_compile("fit")
        epochs = checks.integer("fit, argument epochs", epochs, minimum=1)
        fraction = checks.number("fit, argument validation_split", validation_split, minimum=0, below=1)
        if fraction and validation_data is None:
            (x, y, sample_weight), validation_data = split_last(x, y, sample_weight, fraction)
        train = self._source("fit", x, y, sample_weight, batch_size, steps_per_epoch, shuffle)
        self._fits_loss("fit", train)
        plan = loop.Plan(
            train,
            epochs,
            checks.integer("fit, argument initial_epoch", initial_epoch, minimum=0),
            self._validation(validation_data, validation_batch_size or batch_size, validation_steps),
            _frequency(validation_freq),
            class_weight,
        )
        verbose = _verbosity(verbose)
        with self._threads(train):
            self.history = loop.fit(self, plan, with_progress(callbacks, verbose), verbose)
        return self.history

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """The loss and metrics on data: a list in the order of `metrics_names`, or a dict.

        With no metrics, the list is the bare loss, as in Keras.
        """
        self.needs_compile("evaluate")
        batches = self._source("evaluate", x, y, sample_weight, batch_size, steps, shuffle=False)
        self._fits_loss("evaluate", batches)
        verbose = _verbosity(verbose)
        params = {"steps": batches.steps, "verbose": verbose}
        with self._threads(batches), CallbackList(with_progress(callbacks, verbose), self, params) as told:
            return _answer(loop.evaluate(self, batches, told), return_dict)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Array:
        """The outputs (N, ...) for inputs x (N, ...)."""
        if not self.built:
            raise NotReady(
                f"model {self.name!r}, predict", "a model that is built", Told("one whose input shape is unknown"),
                "Fit it first, or give the first layer input_shape=(...).",
            )  # fmt: skip
        batches = self._source("predict", x, None, None, batch_size, steps, shuffle=False)
        verbose = _verbosity(verbose)
        params = {"steps": batches.steps, "verbose": verbose}
        with self._threads(batches), CallbackList(with_progress(callbacks, verbose), self, params) as told:
            return loop.predict(self, batches, told)

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One training step. Returns the numbers counted since `reset_metrics`, this batch included."""
        self.needs_compile("train_on_batch")
        train_step(self, *self._one_batch("train_on_batch", x, y, sample_weight, class_weight))
        return _answer(self.meters.results(), return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """The loss and metrics of one batch, counted with those since `reset_metrics`."""
        self.needs_compile("test_on_batch")
        test_step(self, *self._one_batch("test_on_batch", x, y, sample_weight))
        return _answer(self.meters.results(), return_dict)

    def predict_on_batch(self, x: Any) -> Array:
        """The outputs for one batch."""
        return self.predict(x, batch_size=max(len(x), 1), verbose=0)

    def __call__(self, x: Any, training: bool = False) -> Array:
        """The outputs for a batch, with dropout and batch statistics if `training`."""
        x = self.as_input(x)
        self.build((None, *x.shape[1:]))
        self.gather()
        y, cache = self.forward(self.p, x, training=training, rng=self.key)
        if training:
            self.state.update(self.state_after(self.p, cache))
        return y

    # Looking and keeping -----------------------------------------------------------------------------------------

    def summary(
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Any = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
    ) -> None:
        """Print each layer with its output's shape and its number of parameters."""
        text = summary(self, line_length, expand_nested, show_trainable, layer_range)
        (print_fn or print)(text)

    def save(self, filepath: Any, overwrite: bool = True, zipped: bool | None = None) -> None:
        """Write everything to a `.keras` file: architecture, weights, how it was compiled, the optimizer's state.

        Keras 3 opens the file, too. The file is replaced in one step: a crash leaves the old one or the new one.
        """
        saving.save_model(self, filepath, overwrite)

    def save_weights(self, filepath: Any, overwrite: bool = True) -> None:
        """Write the weights alone to a `.weights.h5` file."""
        saving.save_weights(self, filepath, overwrite)

    def load_weights(self, filepath: Any) -> None:
        """Read the weights of a `.weights.h5` or `.keras` file of the same architecture."""
        saving.load_weights(self, filepath)

    def to_json(self, **options: Any) -> str:
        """The architecture as JSON, for `model_from_json`."""
        return saving.model_to_json(self, **options)

    # Inside ------------------------------------------------------------------------------------------------------

    def _source(
        self, where: str, x: Any, y: Any, weights: Any, batch_size: Any, steps: int | None, shuffle: Any
    ) -> Batches:
        """Batches from whatever the user passed, checked; builds the model if its input was unknown."""
        if steps is not None:
            steps = checks.integer(f"{where}, argument steps", steps, minimum=1)
        if x is None:
            raise DataError(f"{where}, x", "data", None)
        if is_stream(x):
            if y is not None:
                raise InvalidArgument(f"{where}, y", "None, as x makes its own targets", Told("targets"))
            self._build_from_stream(x)
            self._prepare()
            return StreamBatches(x, steps, shuffle, where, self)
        x, y, weights = checked_arrays(self, x, y, weights, where)
        if not self.built:
            self.build((None, *x.shape[1:]))
        self._prepare()
        size = DEFAULT_BATCH if batch_size is None else batch_size
        size = checks.integer(f"{where}, argument batch_size", size, minimum=1)
        return ArrayBatches(x, y, weights, size, shuffle, steps)

    def _threads(self, batches: Batches) -> AbstractContextManager[None]:
        return threads_for(getattr(batches, "batch_size", DEFAULT_BATCH), self.count_params())

    def _build_from_stream(self, source: Any) -> None:
        if self.built:
            return
        if not hasattr(source, "__getitem__"):
            raise not_built(self.name, "a generator as data")
        first = source[0]
        first = first[0] if isinstance(first, tuple | list) else first
        self.build((None, *np.shape(first)[1:]))

    def _prepare(self) -> None:
        """Own the parameters; give the optimizer its slots."""
        self.gather()
        if self.compiled:
            self.optimizer.build(self.theta)

    def _one_batch(
        self, where: str, x: Any, y: Any, weights: Any, class_weight: Mapping[int, float] | None = None
    ) -> tuple[Array, Array, Array | None]:
        x, y, weights = checked_arrays(self, x, y, weights, where)
        if not self.built:
            self.build((None, *x.shape[1:]))
        self._prepare()
        x, y, weights = loop.ready(self, x, y, weights, where, class_weight)
        self._fits_loss(where, ArrayBatches(x, y, weights, len(x), False))
        return x, y, weights

    def _fits_loss(self, where: str, batches: Batches) -> None:
        """Whether all targets suit the loss and the output, told before the first step rather than in its midst."""
        if not isinstance(batches, ArrayBatches):
            return
        if batches.y is None:
            raise NotReady(f"{where}, y", "targets", None, "Pass y.")
        outputs = (len(batches.x), *self.output_shape_for(self._built_shape(where)))
        try:
            self.loss.check(batches.y, np.broadcast_to(np.zeros((), self.dtype), outputs))
        except ShapeError as problem:
            raise ShapeError(f"{where}, y, {problem.where}", problem.expected, problem.got, problem.fix) from None

    def _validation(self, data: Any, batch_size: int | None, steps: int | None) -> Batches | None:
        if data is None:
            return None
        if is_stream(data):
            batches = self._source("fit, validation_data", data, None, None, None, steps, False)
        else:
            if not isinstance(data, tuple | list) or not 2 <= len(data) <= 3:
                raise InvalidArgument(
                    "fit, argument validation_data", "(x, y), (x, y, sample_weight) or a PyDataset",
                    Told(type(data).__name__),
                )  # fmt: skip
            x, y, weights = (*data, None)[:3]
            batches = self._source("fit, validation_data", x, y, weights, batch_size, steps, False)
        self._fits_loss("fit, validation_data", batches)
        return batches


def _frequency(value: Any) -> int | list[int]:
    if isinstance(value, list | tuple | set | range):
        return [checks.integer("fit, argument validation_freq", v, minimum=1) for v in value]
    return checks.integer("fit, argument validation_freq", value, minimum=1)


def _verbosity(verbose: Any) -> int:
    """0, 1 or 2; "auto" is 1 on a terminal and 0 elsewhere."""
    if verbose == "auto":
        return int(sys.stdout.isatty())
    return int(checks.one_of("argument verbose", int(verbose) if isinstance(verbose, bool) else verbose, (0, 1, 2)))


def _answer(results: dict[str, Any], return_dict: bool) -> Any:
    if return_dict:
        return results
    values = list(results.values())
    return values[0] if len(values) == 1 else values
