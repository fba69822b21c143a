"""Batches of texts read as they are needed: Keras's `text_dataset_from_directory`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import FileError, Told
from .labelled_files import FileBatches, files_under, from_directory

WHERE = "text_dataset_from_directory, argument"


class TextBatches(FileBatches):
    """Batches of texts x (B,), each a str, with labels where there are any."""

    def samples(self, paths: Sequence[str]) -> Array:
        found: Array = np.empty(len(paths), object)
        found[:] = [_text_of(path)[: self.read["max_length"]] for path in paths]
        return found


def _text_of(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise FileError(f"reading {path}", "text in UTF-8", Told(str(problem)), "Take it out, or save it so.") from None


def text_dataset_from_directory(
    directory: str | Path, labels: Any = "inferred", label_mode: str | None = "int",
    class_names: Sequence[str] | None = None, batch_size: int | None = 32, max_length: int | None = None,
    shuffle: bool = True, seed: int | None = None, validation_split: float | None = None, subset: str | None = None,
    follow_links: bool = False, format: str = "tf", verbose: bool = True,
) -> Any:  # fmt: skip
    """The `.txt` files of a folder as batches of texts for `adapt` and `fit`, their labels the numbers of the folders
    in it, in sorted order.

    max_length: characters to keep of each. labels, label_mode, subset and all else are those of
    `image_dataset_from_directory`. As in Keras, apart from the draws; what is returned is a PyDataset, whatever
    `format` says.
    """
    checks.one_of(f"{WHERE} format", format, ("tf", "grain"))
    if max_length is not None:
        checks.integer(f"{WHERE} max_length", max_length, minimum=1)
    read, files_in = {"max_length": max_length}, partial(texts_in, follow_links=follow_links)
    return from_directory(
        WHERE, TextBatches, files_in, read, Path(directory), labels, label_mode, class_names, batch_size, shuffle, seed,
        validation_split, subset, verbose,
    )  # fmt: skip


def texts_in(folder: Path, follow_links: bool = False) -> list[Path]:
    """The text files in a folder and the folders in it."""
    found = files_under(folder, (".txt",), follow_links)
    if not found:
        raise FileError(f"reading {folder}", "text files (.txt)", Told("none"), "Check the path.")
    return found
