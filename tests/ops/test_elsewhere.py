"""Names that ops go by, too."""

from __future__ import annotations

from types import ModuleType

import pytest

from pellucid import losses, metrics, ops


@pytest.mark.parametrize("place", [ops.numpy, ops.nn, ops.linalg], ids=lambda place: place.__name__)
def test_an_op_is_the_same_elsewhere(place: ModuleType) -> None:
    assert all(getattr(place, name) is getattr(ops, name) for name in place.__all__)


def test_keras_s_names_are_there() -> None:
    assert ops.numpy.fmax is ops.fmax
    assert ops.nn.unfold is ops.unfold
    assert metrics.binary_focal_crossentropy is losses.binary_focal_crossentropy
    assert metrics.categorical_focal_crossentropy is losses.categorical_focal_crossentropy
