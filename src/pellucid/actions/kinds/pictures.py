"""Pictures: a folder of them with a folder for each class, or a single one to be asked about."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ...data import datasets
from ...data.checking import as_features
from ...data.labels import numbered, read_targets
from ...data.picture_folders import by_class, read_pictures
from ...data.pictures import is_picture, pictures_in, pixels
from ...errors import DataError, Told
from ..fields import Fields
from ..prepared import TEST_SHARE, Fold, Opened, Prepared, Reader, Use
from .arrays import is_classifier, split, watched

NARROWEST = 8  # pixels along a side, from which on there is something to convolve


class Pictures(Prepared):
    """Pictures (N, height, width) or (N, height, width, 3) of a folder; the classes are the folders in it."""

    title = "Pictures"

    @property
    def network(self) -> str:
        """Colour photographs are of things that lie anywhere, which pixels one by one do not tell."""
        shape = self.x_train.shape[1:]
        return "small_cnn" if len(shape) == 3 and min(shape[:2]) >= NARROWEST else "auto"

    @classmethod
    def named(cls, data: str, window: int) -> bool:
        """A data set's name is the data set's, whatever folder is called so."""
        return (os.path.isdir(data) and not datasets.kind_of(data)) or is_picture(data)

    @classmethod
    def prepare(cls, spec: Fields, read: Reader, fold: Fold | None) -> Prepared:
        found, where = read_pictures(Path(spec.data)), f"data {spec.data}"
        parts, held = found.parts, None
        if "all" in parts:
            x_train, x_test, y_train, y_test = split(*parts["all"], TEST_SHARE, spec.seed, where)
        else:
            (x_train, y_train), (x_test, y_test) = parts["train"], parts["test" if "test" in parts else "val"]
        if len(parts) == 3 and fold is None:
            held = parts["val"]
        else:
            x_train, y_train, held = watched(x_train, y_train, spec, fold, where)
        names = tuple(np.unique(y_train).tolist())
        if lacking := sorted({*y_test, *(() if held is None else held[1])} - {*names}):
            told = Told(f"only such as are held out of {lacking[0]}")
            raise DataError(where, "pictures of each class to train on", told, "Add more of them.")
        y_train, y_test = (numbered(where, y, names) for y in (y_train, y_test))
        validation = None if held is None else (held[0], numbered(where, held[1], names))
        return cls(x_train, y_train, validation, x_test, y_test, names, unusual=True, remarks=found.remarks)

    @classmethod
    def opened(cls, use: Use) -> Opened:
        """One picture or all in a folder, as the model takes them; their classes, where the folders in it say them."""
        model, place, shape = use.model, Path(use.data), use.model.shape or ()
        if use.own and use.wanted:
            data = cls.prepare(use.own, read_targets, None)
            x = as_features(f"data {place}, x", data.x_test, model.shape)
            return Opened(model, x, np.array(data.names)[data.y_test], is_classifier(model, use.spec), use.names)
        if len(shape) not in (2, 3) or shape[2:] not in ((), (3,)):
            told = Told(f"one for inputs of the shape {shape}")
            raise DataError(f"data {place}", "a model that was trained on pictures", told, "Train on a folder of them.")
        if use.wanted:
            pairs = by_class(place)
            paths, y = [path for path, _ in pairs], np.array([name for _, name in pairs])
        else:
            paths, y = ([place] if place.is_file() else pictures_in(place)), None
        x = np.stack([pixels(path, shape) for path in paths])
        return Opened(model, x, y, True, use.names, rows=paths)
