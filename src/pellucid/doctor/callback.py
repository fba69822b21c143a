"""Doctor: a callback that watches a training and tells at its end what is wrong with it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import checks
from ..arrays import TEXT, Array, Parts, joined
from ..errors import NonFinite, Told, WrongType
from ..training.batches import ArrayBatches, Batches, StreamBatches, with_class_weight
from ..training.callbacks import Probes
from ..training.callbacks.base import Logs
from .base import Case, Finding, faults, remarks
from .cost import FREE, in_words, seconds_for
from .examining import examine, judged
from .telling import as_html, told

KEPT_ROWS = 4000  # of a stream of batches, of which the first are kept
VALIDATION_ROWS = 2000


class Doctor(Probes):
    """Look into every layer while the network trains, and say at the end what is wrong, what the evidence is, and
    what to do.

    `findings` is the list of the faults, the most fundamental first, each a `pellucid.doctor.Finding`; an empty one
    where nothing is wrong. Consequences of what is named are not listed. `remarks` are as true, but the training
    works all the same. `looks` is as that of `Probes`.

    verbose: 1 prints the findings, 0 does not. raise_error: whether numbers that are not finite raise NonFinite, as
    they do without this callback; otherwise training ends there, gently, and the findings name what broke it.

    experiments: whether copies of the model are trained at the end of `fit`, which some of its questions need; None:
    where that takes no longer than training did, or two seconds. Otherwise it says how long it would take. The model
    itself is left as it is. Of a generator or PyDataset the first 4,000 rows (2,000 to validate on) are looked at.

    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> x = np.linspace(-1, 1, 64, dtype="float32")[:, None]
    >>> model = Sequential([Dense(16, activation="tanh", input_shape=(1,)), Dense(1)], seed=0)
    >>> model.compile("sgd", "mse")
    >>> doctor = Doctor(verbose=0)
    >>> history = model.fit(255 * x, x[:, 0] ** 2, epochs=5, callbacks=[doctor], verbose=0)
    >>> [finding.title for finding in doctor.findings]
    ['Inputs are not scaled']
    """

    handles_non_finite = True
    last = True  # whatever others do with the model at the end (restore its best weights) is done by then

    def __init__(self, verbose: int = 1, raise_error: bool = False, experiments: bool | None = None) -> None:
        super().__init__()
        self.verbose = checks.one_of(self.where("verbose"), verbose, (0, 1))
        self.raise_error = bool(raise_error)
        self.experiments = None if experiments is None else bool(experiments)
        self.findings: list[Finding] = []
        self.remarks: list[Finding] = []
        self.case: Case | None = None  # what the findings are about, once training has ended
        self._forget()

    def _forget(self) -> None:
        self._history: dict[str, list[float]] = {}
        self._stopped: NonFinite | None = None

    def set_batches(self, train: Batches, validation: Batches | None) -> None:
        """What is trained on: taken from where it lies, or, of a stream, kept as it comes by."""
        self._train = _Rows(train, KEPT_ROWS)
        self._validation = None if validation is None else _Rows(validation, VALIDATION_ROWS)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        super().on_train_begin(logs)
        self.model.optimizer.one_rate("Doctor")
        if TEXT in self.model.input_dtypes:
            raise WrongType(
                "Doctor", "a network that begins with numbers", Told("one that begins with text"),
                "Let it watch a model of the layers behind, trained on what TextVectorization gives.",
            )  # fmt: skip
        self.findings, self.remarks, self.case = [], [], None
        self._began = time.monotonic()
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        super().on_epoch_end(epoch, logs)
        for name, value in (logs or {}).items():
            if np.ndim(value) == 0 and not isinstance(value, str):
                self._history.setdefault(name, []).append(float(value))
        if self.model.optimizer.schedule is None:
            self._history.setdefault("learning_rate", []).append(float(self.model.optimizer.learning_rate))

    def on_non_finite(self, problem: NonFinite, batch: int) -> None:
        """Called in the place of a step's update."""
        if self.raise_error:
            raise problem
        print(f"Training stopped at batch {batch}: {problem}")
        self._stopped = problem
        self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        rows = self._train.rows()
        if rows is None:
            return
        weights = self._train.weights(rows[1], self.params.get("class_weight"))
        self.case = Case(
            self.model, *rows, None if self._validation is None else self._validation.rows(), self._train.batch_size,
            int(self.params.get("epochs", 1)), self._history, self.looks, self._stopped,
            sample_weight=weights,
        )  # fmt: skip
        ran = time.monotonic() - self._began
        takes = seconds_for(self.case, ran / self.case.steps)
        self.case.experiments = takes <= max(ran, FREE) if self.experiments is None else self.experiments
        if self.verbose and self.case.experiments and takes > FREE:
            print(f"The doctor trains copies, for {in_words(takes)}.")
        found = examine(self.case)
        self.findings, self.remarks = faults(found), remarks(found)
        if self.verbose:
            print(told(found, judged(self.case)))
            if self.experiments is None and not self.case.experiments:
                print(f"No copies were trained; Doctor(experiments=True) does, for {in_words(takes)}, and tells more.")

    def _repr_html_(self) -> str:
        found = [*self.findings, *self.remarks]
        return as_html(found, [] if found or self.case is None else judged(self.case))

    def state(self) -> dict[str, Any]:
        return {**super().state(), "history": self._history}

    def load_state(self, state: Mapping[str, Any]) -> None:
        super().load_state(state)
        self._history = {name: list(values) for name, values in state["history"].items()}


class _Rows:
    """The rows of batches: all of arrays, or the first that a stream brought."""

    def __init__(self, batches: Batches, most: int) -> None:
        self.batches, self.most = batches, most
        self.kept: list[tuple[Any, Any]] = []
        self.batch_size = 32
        if isinstance(batches, ArrayBatches):
            self.batch_size = batches.batch_size
        elif isinstance(batches, StreamBatches):
            self._check, batches.check = batches.check, self._seen

    def _seen(self, where: str, x: Array, y: Array | None) -> None:
        """In the place of the stream's check of each batch."""
        self._check(where, x, y)
        if y is not None and sum(len(part) for part, _ in self.kept) < self.most:
            self.kept.append((_copied(x), _copied(y)))
            self.batch_size = max(len(part) for part, _ in self.kept)

    def weights(self, y: Any, of_classes: Mapping[int, float] | None) -> Any:
        """The weights of the rows, (N, ...), with those of their classes; those that a stream brings are not kept."""
        own = self.batches.sample_weight if isinstance(self.batches, ArrayBatches) else None
        return with_class_weight(y, own, of_classes)

    def rows(self) -> tuple[Any, Any] | None:
        """(x, y), or None where nothing is known of them."""
        if isinstance(self.batches, ArrayBatches):
            return None if self.batches.y is None else (self.batches.x, self.batches.y)
        if isinstance(self.batches, StreamBatches):
            self.batches.check = self._check
        if not self.kept:
            return None
        parts: Sequence[Sequence[Any]] = list(zip(*self.kept, strict=True))
        return joined(parts[0]), joined(parts[1])


def _copied(x: Any) -> Any:
    """The array, or all `Parts`, in memory of its own."""
    return x[np.arange(len(x))] if isinstance(x, Parts) else np.array(x)
