from __future__ import annotations

import pytest

from pellucid.layers import ELU, LeakyReLU, PReLU, ReLU


@pytest.mark.parametrize(
    ("layer", "y"),
    [
        (ReLU(), [0.0, 0.0, 0.5, 3.0]),
        (ReLU(max_value=1), [0.0, 0.0, 0.5, 1.0]),
        (ReLU(max_value=0), [0.0, 0.0, 0.0, 0.0]),
        (ReLU(negative_slope=0.5), [-1.0, 0.0, 0.5, 3.0]),
        (ReLU(threshold=1), [0.0, 0.0, 0.0, 3.0]),
        (ReLU(negative_slope=0.5, threshold=1), [-1.5, -0.5, -0.25, 3.0]),
        (LeakyReLU(0.25), [-0.5, 0.0, 0.5, 3.0]),
        (PReLU("ones"), [-2.0, 0.0, 0.5, 3.0]),
        (ELU(alpha=0.0), [0.0, 0.0, 0.5, 3.0]),
    ],
)
def test_values(layer: ReLU, y: list[float]) -> None:
    assert layer([[-2.0, 0.0, 0.5, 3.0]]).tolist() == [y]
