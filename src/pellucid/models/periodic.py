"""Periodic embeddings: each number of a table beside waves of it, mixed by small networks of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .. import ops
from ..arrays import Array
from ..initializers import RandomNormal, RandomUniform
from ..layers import Concatenate, EinsumDense, Flatten, Input
from .functional import Functional

WIDTH = 4  # numbers that are made of the waves of a column
MOST = 256  # columns; more are pictures, or counts of words, and waves of them would take most of the time
FEWEST = 20  # rows for each column; of fewer, what waves follow is chance
SPREAD = 0.1  # of the frequencies at the start; inputs have a deviation of about 1


def periodic_embedding(inputs: int, columns: Sequence[int], frequencies: int, rows: int, seed: int) -> list[Functional]:
    """A network y = [x, cos(2π(x·W + b))·V + c] of some columns of x, each with W, b, V and c of its own, in a list;
    none where there is nothing to embed, where there are more than 256 columns, or fewer than 20 rows for each.

    x (B, inputs); for C columns and K frequencies W, b (C, K), V (C, K, 4), c (C, 4), y (B, inputs + 4·C). A network
    of few layers learns slopes first and details late; with waves of learned frequencies it follows details of a column
    from the start, while x itself stays beside them. All of it are layers and ops that Keras has.

    >>> periodic_embedding(3, [0, 2], 16, rows=100, seed=0)[0].output_shape
    (None, 11)

    Source: Gorishniy, Rubachev & Babenko, "On embeddings for numerical features in tabular deep learning", NeurIPS
    2022; the form of Holzmüller, Grinsztajn & Steinwart, "Better by default", NeurIPS 2024.
    """
    if not frequencies or not 0 < len(columns) <= MOST or rows < FEWEST * len(columns):
        return []
    n, bound = len(columns), frequencies**-0.5
    x = Input((inputs,))
    waves = EinsumDense(
        "bc,ck->bck", (n, frequencies), bias_axes="ck", kernel_initializer=RandomNormal(stddev=SPREAD),
        bias_initializer=RandomUniform(-0.5, 0.5), name="waves",
    )  # fmt: skip
    mixed = EinsumDense(
        "bck,ckd->bcd", (n, WIDTH), bias_axes="cd", kernel_initializer=RandomUniform(-bound, bound), name="mixed"
    )
    chosen = x if n == inputs else ops.take(x, list(columns), axis=1)
    embedded = mixed(ops.cos(2 * math.pi * waves(chosen)))
    return [Functional(x, Concatenate()([x, Flatten()(embedded)]), name="periodic_embedding", seed=seed)]


def many_valued(x: Array) -> list[int]:
    """The columns of x (N, inputs) with more than two different values: those that say how much.

    >>> many_valued(np.array([[0.1, 1.0], [0.2, 0.0], [0.3, 1.0]]))
    [0]
    """
    between = (x != x.min(axis=0)) & (x != x.max(axis=0))
    found: list[int] = np.flatnonzero(between.any(axis=0)).tolist()
    return found
