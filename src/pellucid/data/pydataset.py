"""PyDataset: data that makes its own batches, since they do not fit in memory or are made anew each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from .. import checks
from ..errors import NotReady, Told, WrongType


class PyDataset:
    """A source of batches: write `__len__`, the number of batches, and `__getitem__`, one batch (x, y).

    >>> class Squares(PyDataset):
    ...     def __len__(self):
    ...         return 2
    ...     def __getitem__(self, index):
    ...         x = [index, index + 1]
    ...         return x, [n**2 for n in x]
    >>> list(Squares())
    [([0, 1], [0, 1]), ([1, 2], [1, 4])]

    `workers`, `use_multiprocessing` and `max_queue_size` are taken as in Keras, and kept; batches are made in the
    thread that trains, in order, so that a run can be repeated.
    """

    workers = 1
    use_multiprocessing = False
    max_queue_size = 10

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers, self.use_multiprocessing, self.max_queue_size = workers, use_multiprocessing, max_queue_size

    def __getitem__(self, index: int) -> Any:
        """Batch number `index`: x, (x, y) or (x, y, sample_weight)."""
        raise self._lacks("__getitem__")

    def __len__(self) -> int:
        """How many batches there are."""
        own = type(self).num_batches is not PyDataset.num_batches
        count = self.num_batches if own else None
        if count is None:
            raise self._lacks("__len__")
        return count

    @property
    def num_batches(self) -> int | None:
        """How many batches there are, Keras's other way to say it."""
        return len(self)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def take(self, count: int) -> Iterator[Any]:
        """The first batches, so many; all where there are fewer, or where count is -1: tf.data's word for a look.

        >>> class Numbers(PyDataset):
        ...     def __len__(self):
        ...         return 3
        ...     def __getitem__(self, index):
        ...         return [index]
        >>> list(Numbers().take(2))
        [[0], [1]]
        """
        count = checks.integer(f"{type(self).__name__}.take, argument count", count, minimum=-1)
        return islice(self, None if count < 0 else count)

    def map(self, map_func: Callable[..., Any]) -> PyDataset:
        """The same batches, each as a function of its parts gives it: tf.data's word for preparing what `fit` gets.

        The function is called anew for each batch of each epoch, with x, or with x and y, or with x, y and
        sample_weight; a dict {"images": x, "labels": y} that it gives is (x, y) for `fit`.

        >>> class Squares(PyDataset):
        ...     def __len__(self):
        ...         return 1
        ...     def __getitem__(self, index):
        ...         return [2, 3], [4, 9]
        >>> list(Squares().map(lambda x, y: (x, [n + 1 for n in y])))
        [([2, 3], [5, 10])]
        """
        return Mapped(self, map_func)

    def on_epoch_begin(self) -> None:
        """Called before each epoch."""

    def on_epoch_end(self) -> None:
        """Called after each epoch: the place to shuffle."""

    def _lacks(self, method: str) -> NotReady:
        name = type(self).__name__
        return NotReady(f"{name}.{method}", f"a {method} of its own", Told("none"), f"Write {name}.{method}.")


class Mapped(PyDataset):
    """The batches of another, as a function of their parts gives them."""

    def __init__(self, source: PyDataset, function: Callable[..., Any]) -> None:
        super().__init__(source.workers, source.use_multiprocessing, source.max_queue_size)
        if not callable(function):
            raise WrongType(
                f"{type(source).__name__}.map, argument map_func", "a function of a batch's parts", function
            )
        self.source, self.function = source, function

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index: int) -> Any:
        batch = self.source[index]
        found = self.function(*batch) if isinstance(batch, tuple) else self.function(batch)
        if isinstance(found, dict) and set(found) == {"images", "labels"}:
            return found["images"], found["labels"]
        return found

    def __getattr__(self, name: str) -> Any:
        """What the other has besides: class_names, file_paths."""
        if name.startswith("__") or "source" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self.source, name)

    def on_epoch_begin(self) -> None:
        self.source.on_epoch_begin()

    def on_epoch_end(self) -> None:
        self.source.on_epoch_end()
