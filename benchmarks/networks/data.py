"""What the twelve networks learn: classes that show through noise, and letters that follow one another by chance."""

from __future__ import annotations

import numpy as np

from .tasks import CONTEXT, LENGTH, LETTERS, SIGNALS, STEPS, WORDS

Arrays = dict[str, np.ndarray]
ROWS = 12_800
SHAPES = {
    "pictures28": (640, (28, 28, 1), 10),
    "pictures32": (512, (32, 32, 3), 10),
    "sensors": (1_280, (STEPS, SIGNALS), 6),
    "columns": (6_400, (64,), 10),
}  # rows, of what shape, in how many classes


def made(random: np.random.Generator) -> dict[str, Arrays]:
    """All of it, the same each time it is drawn from the same generator."""
    found = {name: classes(random, *told) for name, told in SHAPES.items()}
    x = random.standard_normal((ROWS, 64)).astype("float32")
    said = np.tanh(x @ random.standard_normal((64, 8))).sum(1, keepdims=True) > 0
    found["answers"] = {"x": x, "y": said.astype("float32")}
    found["words"] = words(random)
    found["letters"] = letters(random)
    return found


def classes(random: np.random.Generator, rows: int, shape: tuple[int, ...], count: int) -> Arrays:
    """Each class is a pattern, under noise five times as strong."""
    y = random.integers(0, count, rows)
    patterns = random.standard_normal((count, *shape))
    x = 0.2 * patterns[y] + random.standard_normal((rows, *shape))
    return {"x": x.astype("float32"), "y": y.astype("int64")}


def words(random: np.random.Generator) -> Arrays:
    """Texts of two kinds: each prefers one half of the words a little."""
    y = random.integers(0, 2, 3_200)
    leaning = random.random((len(y), LENGTH)) < 0.55
    x = random.integers(0, WORDS // 2, leaning.shape) + np.where(leaning == y[:, None], WORDS // 2, 0)
    return {"x": x.astype("int32"), "y": y.astype("int64")}


def letters(random: np.random.Generator) -> Arrays:
    """A chain: each letter is followed by one of four, the first of them most often. y is x, one place on."""
    follows = random.integers(0, LETTERS, (LETTERS, 4))
    text = np.zeros((512, CONTEXT + 1), "int32")
    text[:, 0] = random.integers(0, LETTERS, len(text))
    for t in range(CONTEXT):
        text[:, t + 1] = follows[text[:, t], random.choice(4, len(text), p=(0.6, 0.2, 0.1, 0.1))]
    return {"x": text[:, :-1].copy(), "y": text[:, 1:].astype("int64")}
