"""How a hand draws the ten digits: strokes of points from (0, 0), top left, to (1, 1)."""

from __future__ import annotations

import math

Stroke = list[tuple[float, float]]


def arc(x: float, y: float, across: float, up: float, start: float, end: float) -> Stroke:
    """Part of an ellipse, from angle to angle; 0 is to the right, 90 down."""
    angles = [math.radians(start + (end - start) * i / 16) for i in range(17)]
    return [(x + across * math.cos(a), y + up * math.sin(a)) for a in angles]


DIGITS: dict[str, list[Stroke]] = {
    "0": [arc(0.5, 0.5, 0.2, 0.34, -90, 270)],
    "1": [[(0.36, 0.3), (0.52, 0.15), (0.52, 0.86)]],
    "2": [[*arc(0.5, 0.32, 0.2, 0.17, -170, 40), (0.3, 0.84), (0.73, 0.84)]],
    "3": [[*arc(0.48, 0.32, 0.19, 0.17, -150, 90), *arc(0.48, 0.67, 0.21, 0.18, -90, 150)]],
    "4": [[(0.56, 0.14), (0.28, 0.56), (0.76, 0.56)], [(0.6, 0.4), (0.6, 0.88)]],
    "5": [[(0.68, 0.15), (0.36, 0.15), (0.34, 0.45), *arc(0.47, 0.64, 0.21, 0.2, -80, 150)]],
    "6": [[(0.6, 0.14), (0.38, 0.42), *arc(0.5, 0.66, 0.17, 0.19, 180, 540)]],
    "7": [[(0.28, 0.16), (0.72, 0.16), (0.44, 0.86)]],
    "8": [[*arc(0.5, 0.32, 0.15, 0.17, 90, 450), *arc(0.5, 0.68, 0.19, 0.19, -90, 270)]],
    "9": [[*arc(0.5, 0.34, 0.18, 0.19, 0, 360), (0.66, 0.5), (0.56, 0.86)]],
}
