"""Pictures mixed with others of their batch, and their labels with them, before they are trained on.
images (B, height, width, C)   labels (B, ...)   both as they came"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Shape, is_whole
from ..errors import InvalidArgument, ShapeError, Told
from ..rng import Key
from .augmenting import Augmenting, Factor, drawn, of_each, rectangles
from .base import LayerOptions, layers
from .noise import noise_key


class Mixing(Augmenting):
    """A layer that mixes each picture with another of its batch, and their labels alike: it stands in no network, which
    shows its layers no labels."""

    formula = "y = m·x + (1 − m)·x′, for the labels w·t + (1 − w)·t′, with another x′, t′ of the batch"

    @abstractmethod
    def shares(self, x: Array, key: Key) -> tuple[Array, Array]:
        """(m, w): how much of each pixel, and of each label, (B,), is its own; channels last."""

    def output_shape_for(self, shape: Shape) -> Shape:
        raise InvalidArgument(
            f"layer {self.name!r}, input", "{'images': ..., 'labels': ...}", Told("pictures without labels"),
            "Call it on the batches before fit: dataset.map(lambda x, y: layer({'images': x, 'labels': y})).",
        )  # fmt: skip

    def on_labelled(self, data: Mapping[str, Any], training: bool) -> dict[str, Any]:
        x = self.as_input(data["images"], self.dtype)
        self.split(x.shape[1:])
        labels = self._labels(data["labels"], len(x)) if "labels" in data else None
        if not training:
            return {**data, "images": x}
        key = noise_key(self.key_of_call(), self.seed)
        self._calls += 1
        x, other = self.last(x), key.fold("other").permutation(len(x))
        m, w = self.shares(x, key)
        m = m.astype(x.dtype)
        mixed = {"images": self.as_given(m * x + (1 - m) * x[other])}
        if labels is not None:
            w = w.reshape(-1, *[1] * (labels.ndim - 1)).astype(labels.dtype)
            mixed["labels"] = w * labels + (1 - w) * labels[other]
        return {**data, **mixed}

    def _labels(self, given: Any, n: int) -> Array:
        labels, where = np.asarray(given), f"layer {self.name!r}, labels"
        if labels.ndim < 1 or len(labels) != n:
            raise ShapeError(where, f"one for each of {n} images", labels.shape)
        if is_whole(labels.dtype) and (labels.ndim == 1 or labels.shape[-1] == 1):
            fix = "Make them so: utils.to_categorical(labels), or label_mode='categorical'; 0 and 1 as floats."
            raise InvalidArgument(where, "shares of classes (B, classes)", Told("numbers of classes"), fix)
        return labels.astype(self.dtype)


@layers.add()
class MixUp(Mixing):
    """Mix each picture with another of its batch, and their labels alike: y = w·x + (1 − w)·x′, w drawn from
    Beta(α, α) for each.

    Called on {"images": x, "labels": t}, with t (B, classes), it gives the same with both mixed; not with
    training=False. That is done to batches before they are trained on, as by `PyDataset.map`; as a layer of a network,
    which has no labels, it is refused, where Keras mixes the pictures alone. alpha: α; the smaller, the nearer w is to
    0 and 1. data_format: where the channels stand. seed: as in `Dropout`, the calls counted as steps.

    >>> import numpy as np
    >>> batch = {"images": np.array([[[[0.0]]], [[[1.0]]]]), "labels": np.eye(2)}
    >>> mixed = MixUp(alpha=1.0, seed=3)(batch)
    >>> mixed["images"].ravel().round(2), mixed["labels"].round(2)
    (array([0.07, 0.13], dtype=float32), array([[0.93, 0.07],
           [0.87, 0.13]], dtype=float32))

    Source: Zhang, Cisse, Dauphin & Lopez-Paz, "mixup: beyond empirical risk minimization", ICLR (2018).
    """

    def __init__(
        self, alpha: float = 0.2, data_format: str | None = None, seed: Any = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **options)
        self.alpha = checks.number(self.where("alpha"), alpha, above=0)

    def shares(self, x: Array, key: Key) -> tuple[Array, Array]:
        w = key.fold("share").beta((len(x),), self.alpha, self.alpha)
        return of_each(w), w


@layers.add()
class CutMix(Mixing):
    """Put a part of another picture of its batch into each, in the same place, and mix their labels by the areas: y =
    x, but within a rectangle x′; the labels w·t + (1 − w)·t′, 1 − w the rectangle's share of the picture.

    The rectangle has the proportions of the picture, lies anywhere in it, and its share is drawn from Beta(α, α) for
    each. factor: α, uniform between two numbers from 0 to 1, for the batch; one number, f, is (0, f). How it is called,
    data_format, seed: as in `MixUp`.

    >>> import numpy as np
    >>> batch = {"images": np.array([[[[0.0], [0.0]]], [[[1.0], [1.0]]]]), "labels": np.eye(2)}
    >>> mixed = CutMix(seed=5)(batch)
    >>> mixed["images"].shape, mixed["labels"].sum(axis=1)
    ((2, 1, 2, 1), array([1., 1.], dtype=float32))

    Source: Yun et al., "CutMix: regularization strategy to train strong classifiers with localizable features", ICCV
    (2019).
    """

    def __init__(
        self, factor: Factor = 1.0, seed: Any = None, data_format: str | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **options)
        self.keep(factor=factor)

    def shares(self, x: Array, key: Key) -> tuple[Array, Array]:
        alpha = 1e-6 + drawn(key, "factor", 1, self.factor)
        covered = 1 - key.fold("share").beta((len(x),), alpha, alpha)
        return 1.0 - rectangles(key, x.shape[:-1], *[np.sqrt(covered)] * 2), 1 - covered
