"""Functions computed in float64, by series: rounded to float32, they are right to the last place or nearly."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from ..intrinsics import number
from .functions import precise
from .random import bits_of_double

f64 = np.float64
LN2_HIGH, LN2_LOW = f64(0.693147180369123816490), f64(1.90821492927058770002e-10)  # fdlibm's
LN2 = f64(0.6931471805599453)
QUARTERS = f64(0.6366197723675814)  # in 1
QUARTER = (f64(1.5707963705062866), f64(-4.3711388286737929e-08), f64(-1.7151244994428829e-15))  # π/2 in three parts


@precise
def exp(x: Any) -> Any:
    """eˣ for |x| < 700: 2ⁿ·eʳ with |r| ≤ ln 2 / 2, eʳ by Taylor's series."""
    n = np.floor(x / LN2 + f64(0.5))
    r = x - n * LN2_HIGH - n * LN2_LOW
    y = f64(1)
    for k in range(13, 0, -1):
        y = f64(1) + y * (r * (f64(1) / f64(k)))
    return y * number(nb.int64(nb.int64(n) + nb.int64(1023)) << nb.int64(52))


@precise
def log(x: Any) -> Any:
    """ln x for a finite x > 0: x = 2ⁿ·m, and ln m = 2·artanh z by its series, z = (m − 1) / (m + 1)."""
    bits = bits_of_double(x)
    n = nb.int64((bits >> nb.int64(52)) - nb.int64(1023))
    m = number(nb.int64((bits & nb.int64(0x000FFFFFFFFFFFFF)) | nb.int64(0x3FF0000000000000)))
    high = m > f64(1.4142135623730951)
    m, n = (m * f64(0.5), n + 1) if high else (m, n)
    z = (m - f64(1)) / (m + f64(1))
    s = z * z
    y = f64(0)
    for k in range(17, 0, -2):
        y = y * s + f64(1) / f64(k)
    return f64(2) * z * y + f64(n) * LN2


@precise
def sine_and_cosine(x: Any) -> Any:
    """(sin x, cos x): x less a multiple of π/2, then Taylor's series. NaN from 2²⁹ on, where float32 tells angles no
    closer than ten turns: the definition then takes the step."""
    x = x if abs(x) < f64(1 << 29) else f64(np.nan)
    n = np.floor(x * QUARTERS + f64(0.5))
    r = x - n * QUARTER[0] - n * QUARTER[1] - n * QUARTER[2]
    s = r * r
    sine, cosine = f64(1), f64(1)
    for k in range(14, 0, -2):
        sine = f64(1) - sine * (s * (f64(1) / f64(k * (k + 1))))
        cosine = f64(1) - cosine * (s * (f64(1) / f64(k * (k - 1))))
    sine = sine * r
    quarter = nb.int64(n) & nb.int64(3)
    a, b = (sine, cosine) if quarter & 1 == 0 else (cosine, sine)
    return a if quarter < 2 else -a, b if quarter == 0 or quarter == 3 else -b
