"""exp, log and their kin in float32, as polynomials that vectorize: the system's own are called one number at a time.

Source: Cephes (Moshier, 1989), whose reductions and coefficients these are; within 2 units in the last place.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .base import inline

f32 = np.float32


@intrinsic  # type: ignore[untyped-decorator]
def float_of_bits(context: Any, bits: Any) -> Any:
    """The float32 that these 32 bits are."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.int32), generate


@intrinsic  # type: ignore[untyped-decorator]
def bits_of_float(context: Any, x: Any) -> Any:
    """The 32 bits of a float32."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(32))

    return types.int32(types.float32), generate


LOG2E, LN2_HIGH, LN2_LOW = f32(1.44269504), f32(0.693359375), f32(-2.12194440e-4)
HIGHEST, LOWEST = f32(88.72283), f32(-103.97208)


@inline
def exp(x: Any) -> Any:
    """eˣ. x = n·ln 2 + r with |r| ≤ ln 2 / 2, and eʳ by a polynomial; 2ⁿ in two factors, since small ones are denormal."""
    y = min(max(x, LOWEST), HIGHEST)
    n = np.floor(y * LOG2E + f32(0.5))
    r = y - n * LN2_HIGH
    r = r - n * LN2_LOW
    p = f32(1.9875691500e-4)
    p = p * r + f32(1.3981999507e-3)
    p = p * r + f32(8.3334519073e-3)
    p = p * r + f32(4.1665795894e-2)
    p = p * r + f32(1.6666665459e-1)
    p = p * r + f32(5.0000001201e-1)
    p = p * r * r + r + f32(1)
    i = np.int32(n)
    half = i >> np.int32(1)
    power = p * power_of_2(half) * power_of_2(i - half)
    power = f32(np.inf) if x > HIGHEST else power
    power = f32(0) if x < LOWEST else power
    return power if x == x else x


@inline
def power_of_2(n: Any) -> Any:
    """2ⁿ for n from -126 to 127."""
    return float_of_bits(nb.int32(nb.int32(n + nb.int32(127)) << nb.int32(23)))


@inline
def log(x: Any) -> Any:
    """ln x. x = 2ⁿ·m with m from √½ to √2, and ln m by a polynomial in m - 1."""
    tiny = x < f32(1.17549435e-38)
    scaled = x * f32(8388608.0) if tiny else x
    bits = bits_of_float(f32(scaled))
    n = nb.int32(((bits >> nb.int32(23)) & nb.int32(255)) - nb.int32(126))
    m = float_of_bits(nb.int32((bits & nb.int32(0x007FFFFF)) | nb.int32(0x3F000000)))
    low = m < f32(0.707106781)
    e = f32(n) - (f32(1) if low else f32(0)) - (f32(23) if tiny else f32(0))
    z = (m + m if low else m) - f32(1)
    p = f32(7.0376836292e-2)
    p = p * z + f32(-1.1514610310e-1)
    p = p * z + f32(1.1676998740e-1)
    p = p * z + f32(-1.2420140846e-1)
    p = p * z + f32(1.4249322787e-1)
    p = p * z + f32(-1.6668057665e-1)
    p = p * z + f32(2.0000714765e-1)
    p = p * z + f32(-2.4999993993e-1)
    p = p * z + f32(3.3333331174e-1)
    s = z * z
    y = p * z * s + e * LN2_LOW - f32(0.5) * s
    y = z + y + e * LN2_HIGH
    y = x if x == f32(np.inf) else y
    y = f32(-np.inf) if x == f32(0) else y
    return y if x >= f32(0) else f32(np.nan)


@inline
def sigmoid(x: Any) -> Any:
    """1 / (1 + e⁻ˣ), from e^(-|x|), which cannot overflow."""
    e = exp(-abs(x))
    return (f32(1) if x >= f32(0) else e) / (f32(1) + e)


@inline
def tanh(x: Any) -> Any:
    """tanh x: by a polynomial where |x| < 0.625, else 1 - 2 / (e^(2|x|) + 1) with the sign of x."""
    a = abs(x)
    s = x * x
    p = f32(-5.70498872745e-3)
    p = p * s + f32(2.06390887954e-2)
    p = p * s + f32(-5.37397155531e-2)
    p = p * s + f32(1.33314422036e-1)
    p = p * s + f32(-3.33332819422e-1)
    small = p * s * x + x
    large = f32(1) - f32(2) / (exp(a + a) + f32(1))
    large = large if x >= f32(0) else -large
    return small if a < f32(0.625) else (large if x == x else x)
