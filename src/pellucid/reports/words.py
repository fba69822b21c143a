"""What a report says in words: the verdict, and numbers as people read them."""

from __future__ import annotations

import math

import numpy as np

from ..errors import count
from ..tables.cells import with_decimal
from .contents import Contents

SPACE = "\N{NO-BREAK SPACE}"
Z = 1.959963984540054  # of the normal distribution: 95 % lie within ± Z


def number(value: float) -> str:
    """Four digits of a number, all of a whole one.

    >>> number(0.123456), number(1234567), number(1.5e-7), number(98765.4)
    ('0.1235', '1,234,567', '1.5e-07', '98,765')
    """
    if isinstance(value, int) or (math.isfinite(value) and abs(value) >= 10_000):
        return f"{value:,.0f}" if abs(value) < 1e15 else f"{value:.3e}"
    return f"{value:.4g}".replace("-", "−", 1) if value < 0 else f"{value:.4g}"


def own(c: Contents, value: float) -> str:
    """A number in the targets' own units, written as those are."""
    return with_decimal(number(value), c.decimal)


def percent(share: float) -> str:
    """A share in percent; what is not all is never rounded to all.

    >>> percent(0.97222), percent(1.0), percent(0.9999), percent(0.0001)
    ('97.2\\xa0%', '100\\xa0%', '99.99\\xa0%', '0.01\\xa0%')
    """
    if share in (0, 1):
        return f"{100 * share:.0f}{SPACE}%"
    digits = 1 if 0.0005 <= share < 0.9995 else 2
    return f"{100 * share:.{digits}f}{SPACE}%"


def wilson(right: int, n: int) -> tuple[float, float]:
    """The interval that holds the true share of right answers with 95 % confidence, of n independent samples.

    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)
    Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference" (1927).

    >>> low, high = wilson(350, 360)
    >>> round(low, 4), round(high, 4)
    (0.9496, 0.9848)
    """
    p, z2 = right / n, Z * Z
    middle = p + z2 / (2 * n)
    half = Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return max(0.0, (middle - half) / (1 + z2 / n)), min(1.0, (middle + half) / (1 + z2 / n))


def right_ones(c: Contents) -> int:
    """How many test samples were given their own class."""
    return round(float(c.metrics["accuracy"]) * int(c.metrics["samples"]))


def verdict(c: Contents) -> str:
    """What was trained, on what, and how good it is on data it has not seen, in one sentence."""
    epochs, one = count(c.metrics["epochs"], "epoch"), "window" if c.ahead else "sample"
    trained = f"A network of {c.chain} units, trained for {epochs} on {count(c.sizes.train, one)} of {c.data},"
    n = c.metrics["samples"]
    held = count(n, f"held-out {one}")
    if c.written:
        right = f"foretells {percent(c.metrics['accuracy'])} of {count(n, 'held-out character')}"
        return f"{trained} {right}, at {number(c.metrics['bits_per_character'])} bits for each."
    if c.classes:
        return f"{trained} names the class of {right_ones(c):,} of {held}: {percent(c.metrics['accuracy'])}."
    if "per_label" in c.metrics:
        right, whole = percent(c.metrics["binary_accuracy"]), percent(c.metrics["all_labels_right"])
        said = f"is right in {right} of what it says of {len(c.targets)} labels"
        return f"{trained} {said}, and in all of them for {whole} of {held}."
    error, r2 = c.metrics["root_mean_squared_error"], c.metrics["r2"]
    if r2 < 0:
        return f"{trained} predicts {held} worse than their mean would: R² = {number(r2)}."
    of = f" in forecasts of {c.targets[0]}, {count(c.ahead, 'row')} ahead," if c.ahead else ""
    off = f"is off by {own(c, error)} (root mean square){of} on {held}"
    return f"{trained} {off} and explains {percent(r2)} of their variance."


def measure(c: Contents) -> str:
    """What to hold the verdict against: chance, and what the number of samples leaves open."""
    if c.written:
        return f"By how often each character occurs alone, it would be {number(c.baseline)} bits."
    if "per_label" in c.metrics:
        usual = float(np.maximum(c.y.mean(axis=0), 1 - c.y.mean(axis=0)).mean())
        return f"Saying of each label what is so in most of these samples would be right in {percent(usual)}."
    if not c.classes:
        mean = f"Always predicting the mean of the training data would be off by {own(c, c.baseline)}."
        return f"{_beside_the_last(c)} {mean}" if c.ahead else mean
    n = c.metrics["samples"]
    low, high = wilson(right_ones(c), n)
    return (
        f"With {count(n, 'sample')} to go by, the true share may be anywhere from {percent(low)} to {percent(high)} "
        f"(Wilson's interval, 95{SPACE}% confidence). "
        f"Always naming the commonest class would be right in {percent(c.baseline)}."
    )


def _beside_the_last(c: Contents) -> str:
    """How forecasts do beside the plainest."""
    error, plain = c.metrics["root_mean_squared_error"], c.metrics["last_value_root_mean_squared_error"]
    told = f"The plainest forecast, that the last value goes on, would be off by {own(c, plain)}"
    if error < plain:
        return f"{told}: {percent(1 - error / plain)} of that is gone."
    return f"{told}, and the network is not better: forecast with the last value, or train another network."
