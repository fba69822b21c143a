"""A text: windows of its characters, of each of which the next is told."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...data import datasets
from ...data.labels import listed, read_targets
from ...data.text import alphabet, encoded, is_text, read_text, windows
from ...errors import DataError, InvalidArgument, Told
from ..fields import Fields
from ..prepared import Fold, Opened, Prepared, Reader, Use

TEST_SHARE = 0.1  # its end
WINDOW = 128  # characters


@dataclass(frozen=True)
class Text(Prepared):
    """Windows of characters (N, T), and as targets the characters that follow each (N, T)."""

    suited: ClassVar[Mapping[str, Any]] = {"window": WINDOW, "layers": [256], "learning_rate": 0.004}
    takes = ("window",)
    title = "Text"
    called = "windows of a text"
    network = "gru"
    fitting = "Take gru or lstm."
    places = (None,)  # it is read in any pieces
    answered = "character, at each place"
    sample = "window of {1} characters"

    @classmethod
    def named(cls, data: str, window: int) -> bool:
        return datasets.kind_of(data) == "text" or is_text(data)

    @classmethod
    def prepare(cls, spec: Fields, read: Reader, fold: Fold | None) -> Prepared:
        """In the text's order: what is trained on, then what is watched, then what is tested on."""
        where = f"data {spec.data}"
        text, remarks = characters_of(spec.data)
        names = alphabet(where, text)
        x, y = windows(encoded(text, names)[0], spec.window)
        tested = math.ceil(TEST_SHARE * len(x))
        held = math.ceil(spec.validation_split * (len(x) - tested))
        if len(x) - tested - held < 1:
            told, fix = Told(f"{len(x)}, from {len(text):,} characters"), "Take a longer text, or a shorter --window."
            expected = f"windows of {spec.window} characters to train on, to watch and to test on"
            raise DataError(where, expected, told, fix)
        rows = np.arange(len(x) - tested)
        watched = rows[len(rows) - held :] if fold is None else np.array_split(rows, fold[1])[fold[0]]
        trained = np.setdiff1d(rows, watched)
        validation = (x[watched], y[watched]) if len(watched) else None
        return cls(
            x[trained], y[trained], validation, x[len(rows) :], y[len(rows) :], names, unusual=True, remarks=remarks
        )

    @classmethod
    def opened(cls, use: Use) -> Opened:
        """In the characters that the model knows."""
        model, where = use.model, f"data {use.data}"
        if not use.names or len(model.output_shape) != 3:
            raise DataError(where, "a model that was trained on a text", Told("another"), "Train on one.")
        if use.own:
            data = cls.prepare(use.own, read_targets, None)
            return Opened(model, data.x_test, data.y_test, True, use.names)
        numbers, strange = encoded(characters_of(use.data)[0], tuple(map(str, use.names)))
        if strange:
            told = f"{listed(strange)} did not occur in training; such characters are left out."
            warnings.warn(f"{use.data}: {told}", stacklevel=2)
        x, y = windows(numbers, WINDOW)
        if not len(x):
            raise DataError(where, f"more than {WINDOW} characters", Told(str(len(numbers))))
        return Opened(model, x, y, True, use.names)

    @classmethod
    def blocks(cls, use: Use) -> Opened:
        fix = "Have it write: pellucid write RUN; or judge it: pellucid evaluate RUN."
        raise InvalidArgument("predict", "rows of a data set, a table, arrays or pictures", Told("a text"), fix)

    @property
    def answer(self) -> str:
        return f"{self.classes} different characters"

    def scaling(self, asked: str) -> str:
        """None: they are places in a table."""
        return "none"


def characters_of(data: str) -> tuple[str, tuple[str, ...]]:
    """(a text, what there is to say about it): a data set's by its name, or a file's."""
    return (datasets.austen.read(), ()) if data == "austen" else read_text(Path(data))
