"""Files of a folder as batches, read as they are needed: what Keras's `*_dataset_from_directory` have in common."""

from __future__ import annotations

import math
import os
from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import DataError, FileError, InvalidArgument, Told
from ..files import is_hidden
from ..rng import Key, fresh_key
from .pydataset import PyDataset
from .utils import to_categorical


class FileBatches(PyDataset):
    """Batches of what is in files, with labels where there are any."""

    def __init__(
        self, paths: Sequence[Path], labels: Array | None, class_names: list[str] | None, read: dict[str, Any],
        batch_size: int | None, key: Key | None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.file_paths, self.labels, self.class_names = [str(path) for path in paths], labels, class_names
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
    checks.one_of(f"{where} label_mode", label_mode, ["int", "categorical", "binary", None])
    if batch_size is not None:
        checks.integer(f"{where} batch_size", batch_size, minimum=1)
    _check_split(where, validation_split, subset, shuffle, seed)
    paths, numbers, names = _labelled(
        where, files_in, folder, None if label_mode is None else labels, class_names, str(label_mode)
    )
    key = (fresh_key() if seed is None else Key(seed)) if shuffle else None
    order = np.arange(len(paths)) if key is None else key.fold("files").permutation(len(paths))
    if verbose:
        print(f"Found {len(paths)} files" + ("." if names is None else f" belonging to {len(names)} classes."))

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


def files_under(folder: Path, suffixes: tuple[str, ...], follow_links: bool) -> list[Path]:
    """The files with such names in a folder and the folders in it: folder by folder, in each by name, as in Keras,
    which reads what the system hides, too. follow_links: whether folders that links lead to are among them."""
    found = []
    for root, inside, names in os.walk(folder, followlinks=follow_links):
        inside[:] = [name for name in inside if not is_hidden(name)]
        found.append((root, sorted(name for name in names if not is_hidden(name))))
    return [Path(root, name) for root, names in sorted(found) for name in names if name.lower().endswith(suffixes)]


def _labelled(
    where: str, files_in: Callable[[Path], list[Path]], folder: Path, labels: Any, given: Sequence[str] | None,
    mode: str,
) -> tuple[list[Path], Array | None, list[str] | None]:  # fmt: skip
    """(the files, their labels in the form asked for, the names of the classes); None for both without labels."""
    if isinstance(labels, str):
        checks.one_of(f"{where} labels", labels, ["inferred"])
        names = _class_names(where, folder, given)
        by_class = [files_in(folder / name) for name in names]
        paths = [path for files in by_class for path in files]
        numbers = np.repeat(np.arange(len(names)), [len(files) for files in by_class])
        return paths, _as_mode(where, numbers, mode, len(names)), names
    if given is not None:
        fix = "Leave it out: only folders give classes their names."
        raise InvalidArgument(f"{where} class_names", "None, unless labels are 'inferred'", list(given), fix)
    paths = files_in(folder)
    if labels is None:
        return paths, None, None
    numbers = checks.arrays(f"{where} labels", [labels])[0]
    if numbers.shape != (len(paths),):
        raise DataError(
            f"{where} labels", f"{len(paths)} labels, one for each file", Told(f"an array of shape {numbers.shape}")
        )
    if numbers.dtype.kind not in "iub" or numbers.min() < 0:
        raise DataError(f"{where} labels", "whole numbers from 0 on", numbers[0].item())
    names = [str(one) for one in np.unique(numbers)]
    return paths, _as_mode(where, numbers, mode, int(numbers.max()) + 1), names


def _class_names(where: str, folder: Path, given: Sequence[str] | None) -> list[str]:
    found = sorted(path.name for path in folder.iterdir() if path.is_dir() and not is_hidden(path.name))
    if given is not None and not (given and set(given) <= set(found) and len(set(given)) == len(given)):
        raise InvalidArgument(f"{where} class_names", f"some of the folders {', '.join(found)}", list(given))
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
