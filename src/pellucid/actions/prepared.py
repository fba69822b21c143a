"""Arrays ready to train on, and what any kind of data says of itself. `kinds/` has the kinds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ..arrays import Array
from ..data.labels import Names, name_classes
from ..data.rowfile import AT_ONCE, RowFile
from ..errors import InvalidArgument, Told, count
from ..tables import TableEncoder, Targets
from .fields import Fields

TEST_SHARE = 0.2  # of data that comes without a test part
Fold = tuple[int, int]  # (i, k): the i-th of k, from 0
Reader = Callable[[str, str, Sequence[Array]], Names]  # from where, the task and targets to the classes


class Use(NamedTuple):
    """A trained model, and data to use it on."""

    model: Any
    spec: Fields | None  # of its run
    data: str
    names: Names  # of the classes, where the run or the model keeps them
    own: Fields | None  # that spec, where the data are the run's own, of which those to test on are wanted
    wanted: bool  # whether targets are


class Opened(NamedTuple):
    """A trained model and the rows to use it on."""

    model: Any
    x: Any  # an array; of `blocks` an iterator of them
    y: Array | None
    classifier: bool
    names: Names = ()  # of the classes, where the run keeps them
    targets: Targets | None = None  # what the outputs mean, where they are a table's columns
    rows: Sequence[Any] | Array = ()  # what the rows are called, where that is not their numbers
    last: Array | None = None  # where numbers are forecast: the one in each one's last row
    decimal: str = "."  # the mark with which the table's numbers are written


@dataclass(frozen=True)
class Prepared(ABC):
    """Training, validation and test arrays, and what they are about."""

    x_train: Any  # an array, or a RowFile
    y_train: Array
    validation: tuple[Array, Array] | None
    x_test: Array
    y_test: Array
    names: Names = ()  # of the classes; none where the targets are numbers to predict
    width: int = 1  # outputs, where they are numbers
    unusual: bool = False  # whether the classes are others than all from 0 to the largest label
    doubtful: bool = False  # whether the targets might have been meant as numbers, or as classes
    remarks: tuple[str, ...] = ()  # what there is to say of them
    source: str = ""  # the name of a data set, where they are one
    decimal: str = "."  # the mark with which a table's numbers are written

    # Of a kind of data
    suited: ClassVar[Mapping[str, Any]] = {}  # what a spec has where it does not say otherwise
    takes: ClassVar[tuple[str, ...]] = ()  # the fields of a spec that say something of some kinds only, this among them
    title: ClassVar[str] = ""  # of remarks
    called: ClassVar[str] = ""  # what samples are, where a network does not go with them
    fitting: ClassVar[str] = ""  # which ones to take, where that is not told by the shape of samples
    places: ClassVar[tuple[None, ...]] = ()  # lengths that inputs and outputs have, of whatever size
    answered: ClassVar[str] = "class"  # what has an output
    sample: ClassVar[str] = "sample"  # in words; {1} is the length of one

    @classmethod
    @abstractmethod
    def named(cls, data: str, window: int) -> bool:
        """Whether a spec's data are of this kind."""

    @classmethod
    @abstractmethod
    def prepare(cls, spec: Fields, read: Reader, fold: Fold | None) -> Prepared:
        """A spec's data, checked and split."""

    @classmethod
    @abstractmethod
    def opened(cls, use: Use) -> Opened:
        """Data to judge or explain a trained model on."""

    @classmethod
    def blocks(cls, use: Use) -> Opened:
        """Data to predict from, block by block."""
        found = cls.opened(use)
        return found._replace(x=iter([found.x]))

    @property
    def classes(self) -> int:
        """How many there are; 0 where the targets are numbers to predict."""
        return len(self.names)

    @property
    def targets(self) -> Targets | None:
        """What the outputs mean, where they are a table's columns."""
        return None

    @property
    def encoder(self) -> TableEncoder | None:
        """What has made inputs of columns of any kind."""
        return None

    @property
    def columns(self) -> list[str]:
        """What each of the inputs is of, where they are made of a table's columns."""
        made = () if self.encoder is None else self.encoder.columns
        return [f"column {column.name!r}" for column in made for _ in range(column.width)]

    @property
    def last(self) -> Array | None:
        """Where numbers are forecast: of the samples to test on, the number in the last row, the plainest forecast."""
        return None

    @property
    def settled(self) -> Mapping[str, Any]:
        """What a spec is to say of new data, where these have decided it."""
        return {}

    @property
    def network(self) -> str:
        """The one with a name that suits them."""
        return "auto"

    @property
    def answer(self) -> str:
        """What is predicted, in words."""
        if self.labels:
            return f"{count(len(self.labels), 'label')}, of which a row has any number"
        return count(self.classes, "class", "classes") if self.classes else "numbers to predict"

    def scaling(self, asked: str) -> str:
        """How inputs are scaled that a spec asks to be scaled so."""
        if asked != "auto":
            return asked
        return "rescale" if self.x_train.dtype == np.uint8 else "normalize"

    def attach(self, model: Any) -> None:
        """Have a model keep what its outputs mean."""
        if self.names and self.unusual:
            name_classes(model, self.names)

    @property
    def metrics(self) -> list[str]:
        """What to report while training."""
        return ["accuracy"] if self.classes else ["binary_accuracy"] if self.labels else ["mae"]

    @property
    def labels(self) -> Names:
        """Of which a row may have any number, where that is what is predicted."""
        return tuple(self.targets.names) if self.targets is not None and self.targets.labels else ()

    def restored(self, y: Array) -> Array:
        """Targets or outputs in their own units, where a table's numbers were standardised."""
        return y if self.targets is None else self.targets.restored(y)

    def to_fit(self, batch_size: int, class_weight: str = "none") -> dict[str, Any]:
        """What `fit` trains on, as its arguments."""
        weights = self.class_weights(class_weight)
        told = {} if weights is None else {"class_weight": weights}
        if isinstance(self.x_train, RowFile):
            return {"x": self.x_train.batches(self.y_train, batch_size), **told}
        return {"x": self.x_train, "y": self.y_train, "batch_size": batch_size, **told}

    def class_weights(self, asked: str) -> dict[int, float] | None:
        """How much a row of each class counts, where that is to be balanced: rows / (classes · rows of the class)."""
        if asked == "none":
            return None
        if not self.classes or self.y_train.ndim > 1:
            told = Told(f"{asked}, of {self.answer}")
            raise InvalidArgument("spec, class_weight", "none, unless each row is of one class", told)
        counts = np.bincount(self.y_train.astype(np.intp), minlength=self.classes)
        there = np.flatnonzero(counts)
        return {int(c): len(self.y_train) / (len(there) * int(counts[c])) for c in there}

    @property
    def largest(self) -> float:
        """The largest input value."""
        return float(self.x_train.max())


def in_memory(data: Prepared) -> Prepared:
    """The same data with no more rows to train on than memory has room for: for a look at them."""
    if not isinstance(data.x_train, RowFile):
        return data
    rows = slice(max(1, AT_ONCE // data.x_train.shape[1]))
    return replace(data, x_train=data.x_train[rows], y_train=data.y_train[rows])
