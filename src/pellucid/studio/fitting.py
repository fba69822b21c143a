"""Which settings of the whole suit a design and its data: what would be refused, or say nothing, is not offered."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..actions.networks import NETWORKS, OF_DENSE, name_of
from ..actions.prepared import Prepared
from ..actions.spec import TrainSpec
from ..errors import PellucidError
from ..losses.base import losses
from .schema import words
from .spec_schema import NETWORK

LOOKED_AT = 32  # targets


def idle(spec: TrainSpec, data: Prepared) -> list[str]:
    """The fields that say nothing of such a network: blocks that are set up by hand say all themselves, and those that
    go through a sequence have no neurons of the kind that these are about."""
    of_blocks = [name for name in NETWORK if name not in ("network", "layers")]
    name = name_of(spec, data)
    plain = any(isinstance(block, int) for block in spec.layers) or name != "auto" or not spec.layers
    found = [*OF_DENSE] if name in ("gru", "lstm") else [] if plain else of_blocks
    return found if data.encoder is not None else [*found, "frequencies"]


def networks_for(spec: TrainSpec, data: Prepared) -> list[str]:
    """The networks with a name that can be made for these data."""
    found = ["auto"]
    for name, blocks in NETWORKS.items():
        try:
            blocks(TrainSpec.of({"data": spec.data, "network": name}), data)
        except PellucidError:
            continue
        found.append(name)
    return found


def losses_for(model: Any, data: Prepared) -> list[str]:
    """The losses that take these targets, and what this network answers."""
    y = data.y_train[:LOOKED_AT]
    outputs = np.zeros((len(y), *model.output_shape_for(data.x_train.shape[1:])), model.dtype)
    found = ["auto"]
    for word in words(losses):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # one that would never change is warned of
                losses.get(word).check(y, outputs)
        except (PellucidError, TypeError, UserWarning):
            continue
        found.append(word)
    return found
