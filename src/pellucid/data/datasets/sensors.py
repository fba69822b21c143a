"""Sensors: readings of an accelerometer and a gyroscope on the waist, made up, while people walk, climb, sit or lie.

Windows of 128 readings, 2.56 seconds, of nine channels, as phones have been measured to give them.
Source of the form, not of the numbers: Anguita, Ghio, Oneto, Parra & Reyes-Ortiz, "A public domain dataset for human
activity recognition using smartphones", ESANN (2013).
"""

from __future__ import annotations

import math

import numpy as np

from ... import checks
from ...arrays import Array
from ...errors import InvalidArgument
from ...rng import Key
from .base import Split

CLASSES = ("walking", "upstairs", "downstairs", "sitting", "standing", "lying")
CHANNELS = tuple(f"{kind}_{axis}" for kind in ("total", "body", "turn") for axis in "xyz")
STEPS, RATE = 128, 50.0  # readings in a window, and in a second
MOVING = ((1.9, 0.25, 0.35), (1.6, 0.30, 0.55), (2.1, 0.45, 0.30))  # steps a second, g, and share of the first overtone
TILT = (0.0, 0.15, -0.12, 0.45, 0.05, 1.45)  # of the trunk against the upright, in radians
TESTED = 0.2  # of the people


def make(people: int = 30, each: int = 20, seed: int = 0) -> tuple[Array, Array, Array]:
    """x (N, 128, 9) float32, y (N,) int64 of 0 to 5 and whose each window is, (N,) int64: of every one of `people`,
    `each` windows of every activity. Channels: acceleration in g, the same without gravity, turning in rad/s.

    >>> x, y, who = make(people=2, each=1)
    >>> x.shape, y.tolist(), who.tolist()
    ((12, 128, 9), [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5], [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
    """
    people = checks.integer("sensors.make, argument people", people, minimum=1)
    each = checks.integer("sensors.make, argument each", each, minimum=1)
    key = Key(checks.integer("sensors.make, argument seed", seed))
    parts = [_windows(key.fold(p), activity, each) for p in range(people) for activity in range(len(CLASSES))]
    y = np.tile(np.repeat(np.arange(len(CLASSES)), each), people)
    return np.concatenate(parts).astype(np.float32), y, np.repeat(np.arange(people), each * len(CLASSES))


def load_data(people: int = 30, each: int = 20, seed: int = 0) -> Split:
    """((x_train, y_train), (x_test, y_test)) from `make`; a fifth of the people are in the test alone.

    >>> (x, y), (x_test, y_test) = load_data()
    >>> x.shape, x_test.shape
    ((2880, 128, 9), (720, 128, 9))
    """
    if checks.integer("sensors.load_data, argument people", people) < 2:
        raise InvalidArgument("sensors.load_data, argument people", "two at least, for two parts", people)
    x, y, who = make(people, each, seed)
    tested = Key(seed).fold("people").permutation(people)[: math.ceil(TESTED * people)]
    test = np.isin(who, tested)
    return (x[~test], y[~test]), (x[test], y[test])


def _windows(person: Key, activity: int, n: int) -> Array:
    """n windows (n, T, 9) of one person's activity: pace, strength and how the phone hangs are the person's own."""
    own = person.fold("own").normal((6,), "float64")
    key = person.fold("activity", activity)
    tilt = TILT[activity] + 0.12 * own[0] + 0.05 * key.fold("tilt").normal((n, 1), "float64")
    side = 0.15 * own[1] + 0.05 * key.fold("side").normal((n, 1), "float64")
    t = np.arange(STEPS) / RATE
    body, turn = np.zeros((n, STEPS, 3)), np.zeros((n, STEPS, 3))
    if activity < len(MOVING):
        pace, strength, overtone = MOVING[activity]
        begin = key.fold("begin").uniform((n, 1), "float64", 0, 2 * np.pi)
        wander = 1 + 0.04 * key.fold("pace").normal((n, 1), "float64")
        phase = 2 * np.pi * pace * (1 + 0.08 * own[2]) * wander * t + begin
        strength *= math.exp(0.2 * own[3])
        body[..., 0] = strength * (np.sin(phase) + overtone * np.sin(2 * phase + own[4]))
        body[..., 1] = 0.5 * strength * np.sin(phase / 2 + own[5])  # from foot to foot
        body[..., 2] = 0.6 * strength * np.cos(phase + 0.4)
        turn[..., 0] = 1.6 * strength * np.cos(phase / 2)
        turn[..., 1] = (2.5 if activity else 1.2) * strength * np.sin(phase + 0.9)
        turn[..., 2] = strength * np.cos(phase / 2 + own[5])
    noise = key.fold("noise").normal((2, n, STEPS, 3), "float64")
    body += 0.02 * noise[0] + 0.01 * np.sin(2 * np.pi * 0.3 * t)[None, :, None]  # breath
    turn += 0.04 * noise[1]
    gravity = np.stack([np.cos(tilt) * np.cos(side), np.sin(side), np.sin(tilt) * np.cos(side)], axis=-1)
    return np.concatenate([body + gravity, body, turn], axis=-1)
