"""Files of a folder as batches, read as they are needed: what Keras's `*_dataset_from_directory` have in common."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import DataError, FileError, InvalidArgument, Told
from ..rng import Key, fresh_key
from .pydataset import PyDataset
from .utils import to_categorical


class FileBatches(PyDataset):
    """Batches of what is in files, with labels where there are any."""

    def __init__(
        self, paths: Sequence[Path], labels: Array | None, class_names: Sequence[str], read: dict[str, Any],
        batch_size: int | None, key: Key | None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.file_paths, self.labels, self.class_names = [str(path) for path in paths], labels, list(class_names)
        self.read, self.batch_size, self.key, self.epoch = read, batch_size, key, 0

    @abstractmethod
    def samples(self, paths: Sequence[str]) -> Array:
        """What is in these files, (B, ...)."""

    def __len__(self) -> int:
        return math.ceil(len(self.file_paths) / (self.batch_size or 1))

    def __getitem__(self, index: int) -> Any:
        n = len(self.file_paths)
        order = np.arange(n) if self.key is None else self.key.fold(self.epoch).permutation(n)
        rows = order[index * (self.batch_size or 1) : (index + 1) * (self.batch_size or 1)]
        x = self.samples([self.file_paths[row] for row in rows])
        y = None if self.labels is None else self.labels[rows]
        if self.batch_size is None:
            return x[0] if y is None else (x[0], y[0])
        return x if y is None else (x, y)

    def on_epoch_end(self) -> None:
        """Another order for the next epoch."""
        self.epoch += 1


def from_directory(
    where: str, kind: type[FileBatches], files_in: Callable[[Path], list[Path]], read: dict[str, Any], folder: Path,
    labels: Any, label_mode: str | None, class_names: Sequence[str] | None, batch_size: int | None, shuffle: bool,
    seed: int | None, validation_split: float | None, subset: str | None, verbose: bool,
) -> Any:  # fmt: skip
    """The files of a folder as batches of this kind, or two of its parts."""
    if not folder.is_dir():
        raise FileError(f"reading {folder}", "a folder of files", Told("no such folder"), "Check the path.")
    names = _class_names(where, folder, labels, class_names)
    checks.one_of(f"{where} label_mode", label_mode, ["int", "categorical", "binary", None])
    _check_split(where, validation_split, subset, shuffle, seed)
    paths = [path for name in names for path in files_in(folder / name)] if names else files_in(folder)
    numbers = None
    if labels is not None and label_mode is not None:
        inferred = labels == "inferred" if isinstance(labels, str) else False
        numbers = np.array([names.index(path.relative_to(folder).parts[0]) for path in paths] if inferred else labels)
        if len(numbers) != len(paths):
            raise DataError(f"{where} labels", f"{len(paths)} labels, one for each file", Told(str(len(numbers))))
        numbers = _as_mode(where, numbers, str(label_mode), len(names) or int(numbers.max()) + 1)
    key = (fresh_key() if seed is None else Key(seed)) if shuffle else None
    order = np.arange(len(paths)) if key is None else key.fold("files").permutation(len(paths))
    if verbose:
        print(f"Found {len(paths)} files" + (f" belonging to {len(names)} classes." if names else "."))

    def batches(rows: Array, key: Key | None) -> FileBatches:
        chosen = [paths[row] for row in rows]
        return kind(chosen, None if numbers is None else numbers[rows], names, read, batch_size, key)

    held = int((validation_split or 0) * len(paths))
    parts = {"training": batches(order[: len(paths) - held], key)}
    if subset is None:
        return parts["training"]
    parts["validation"] = batches(order[len(paths) - held :], None)
    for part, made in parts.items():
        if not len(made) and subset in (part, "both"):
            raise DataError(f"{where} subset", f"files for {part}", Told("none"))
    return [parts["training"], parts["validation"]] if subset == "both" else parts[subset]


def _class_names(where: str, folder: Path, labels: Any, given: Sequence[str] | None) -> list[str]:
    if not isinstance(labels, str) or labels != "inferred":
        return []
    found = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if given is not None and set(given) != set(found):
        raise InvalidArgument(f"{where} class_names", f"the folders {', '.join(found)}", list(given))
    if not found:
        raise DataError(f"reading {folder}", "a folder of files for each class", Told("none"), "Pass labels=None.")
    return list(given or found)


def _check_split(where: str, share: float | None, subset: str | None, shuffle: bool, seed: int | None) -> None:
    checks.one_of(f"{where} subset", subset, ["training", "validation", "both", None])
    if (share is None) != (subset is None):
        raise InvalidArgument(f"{where} subset", "a subset together with a validation_split", subset)
    if share is not None:
        checks.number(f"{where} validation_split", share, above=0, below=1)
        if shuffle and seed is None:
            fix = "Else the parts would share files."
            raise InvalidArgument(f"{where} seed", "a number, where parts of shuffled files are wanted", seed, fix)


def _as_mode(where: str, numbers: Array, mode: str, classes: int) -> Array:
    """Labels in the form asked for."""
    if mode == "categorical":
        return to_categorical(numbers, classes).astype("float32")
    if mode == "binary":
        if classes != 2:
            raise InvalidArgument(f"{where} label_mode", "binary for two classes only", Told(f"{classes} classes"))
        return numbers.astype("float32")[:, None]
    return numbers.astype("int32")
