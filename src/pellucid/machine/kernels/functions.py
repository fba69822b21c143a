"""exp, log and their kin in float32, as polynomials that vectorize: the system's own are called one number at a time.

Source: Cephes (Moshier, 1989), whose reductions and coefficients these are, but for the normal distribution's. Within 2
units in the last place, or what a docstring says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba as nb
import numpy as np
from llvmlite import ir
from numba import types

from ..intrinsics import native

f32 = np.float32
F = TypeVar("F", bound=Callable[..., Any])


def precise(function: F) -> F:
    """Decorator: a function that kernels may call, and whose sums are taken in the order in which they stand."""
    compiled: F = nb.njit(error_model="numpy", fastmath={"contract"}, forceinline=True)(function)
    return compiled


@native
def choose(context: Any, condition: Any, x: Any, y: Any) -> Any:
    """x if the condition holds, else y; both are computed, and no branch keeps a loop from vectorizing."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(*args)

    return types.float32(types.boolean, types.float32, types.float32), generate


INT = ir.IntType(32)  # whole numbers of 32 bits stay so only where no operator of Python's meets them: those take 64


def _power(builder: Any, n: Any) -> Any:
    """2ⁿ for a whole number of 32 bits, as the exponent of a float."""
    return builder.bitcast(builder.shl(builder.add(n, INT(127)), INT(23)), ir.FloatType())


@native
def power_of_2(context: Any, n: Any) -> Any:
    """2ⁿ for a whole n from -126 to 127."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _power(builder, builder.fptosi(args[0], INT))

    return types.float32(types.float32), generate


@native
def exponent_of(context: Any, x: Any) -> Any:
    """n, for x = 2ⁿ·m with m from ½ to 1, of a normal number above zero."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        bits = builder.lshr(builder.bitcast(args[0], INT), INT(23))
        return builder.sitofp(builder.sub(builder.and_(bits, INT(255)), INT(126)), ir.FloatType())

    return types.float32(types.float32), generate


@native
def mantissa_of(context: Any, x: Any) -> Any:
    """The m of `exponent_of`."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        bits = builder.and_(builder.bitcast(args[0], INT), INT(0x007FFFFF))
        return builder.bitcast(builder.or_(bits, INT(0x3F000000)), ir.FloatType())

    return types.float32(types.float32), generate


@native
def rounded(context: Any, x: Any) -> Any:
    """x with the first 12 bits of its mantissa, so that the square is exact."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(builder.and_(builder.bitcast(args[0], INT), INT(-4096)), ir.FloatType())

    return types.float32(types.float32), generate


def _turned(builder: Any, bits: Any) -> Any:
    """All bits but the sign turned over, where that is set."""
    return builder.xor(bits, builder.and_(builder.ashr(bits, INT(31)), INT(0x7FFFFFFF)))


@native
def ordered(context: Any, x: Any) -> Any:
    """The bits of x as a whole number: the greater x, the greater that is. The greatest of many is then found without
    asking of each whether it is NaN, which would keep the loop from vectorizing."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _turned(builder, builder.bitcast(args[0], INT))

    return types.int32(types.float32), generate


@native
def unordered(context: Any, bits: Any) -> Any:
    """The x of `ordered(x)`."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(_turned(builder, args[0]), ir.FloatType())

    return types.float32(types.int32), generate


@native
def power_in(context: Any, x: Any) -> Any:
    """2ⁿ, for x = ROUNDING + n: the last bits of x are n."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _power(builder, builder.bitcast(args[0], INT))

    return types.float32(types.float32), generate


ROUNDING = f32(12582912.0)  # 1.5·2²³: what is added to it is rounded to a whole number
LOG2E, LN2_HIGH, LN2_LOW = f32(1.44269504), f32(0.693359375), f32(-2.12194440e-4)
HIGHEST = f32(88.72283)  # the greatest x whose eˣ float32 has
ZERO, HALF, ONE, TWO, INFINITY = f32(0), f32(0.5), f32(1), f32(2), f32(np.inf)


@precise
def reduced(x: Any) -> Any:
    """(n, eʳ - 1) with x = n·ln 2 + r and |r| ≤ ln 2 / 2."""
    n = np.floor(x * LOG2E + HALF)
    return n, rest(x, n)


@precise
def rest(x: Any, n: Any) -> Any:
    """The eʳ - 1 of `reduced`, by a polynomial."""
    r = x - n * LN2_HIGH
    r = r - n * LN2_LOW
    p = f32(1.9875691500e-4)
    p = p * r + f32(1.3981999507e-3)
    p = p * r + f32(8.3334519073e-3)
    p = p * r + f32(4.1665795894e-2)
    p = p * r + f32(1.6666665459e-1)
    p = p * r + f32(5.0000001201e-1)
    return p * (r * r) + r


@precise
def exp(x: Any) -> Any:
    """eˣ = 2ⁿ·eʳ; 2ⁿ in two factors, since small ones are denormal, and from 2¹²⁸ on all are infinite."""
    n, grown = reduced(min(max(x, f32(-104)), f32(89)))  # beyond them it is 0, and infinite
    half = np.floor(n * HALF)
    return (grown + ONE) * power_of_2(half) * power_of_2(n - half)


@precise
def decayed(x: Any) -> Any:
    """eˣ for x up to 0, to be added up: 0 from -87.7 on, where float32 has only denormal numbers for it, which take the
    processor a hundred times as long. Hidden scores are there."""
    x = min(max(x, f32(-88)), ONE)  # of -88 n is -127, whose 2ⁿ is taken for 0; with one bound it would not vectorize
    whole = x * LOG2E + ROUNDING
    return (rest(x, whole - ROUNDING) + ONE) * power_in(whole)


@precise
def expm1(x: Any) -> Any:
    """eˣ - 1 = 2ⁿ·(eʳ - 1) + (2ⁿ - 1), whose digits are not lost near zero; by halves, since 2ⁿ may be infinite."""
    n, grown = reduced(min(max(x, f32(-18)), HIGHEST))  # below -18 it is -1
    half = power_of_2(n - ONE)
    y = TWO * (grown * half + (half - HALF))
    y = choose(x > HIGHEST, INFINITY, y)
    return choose(x == x, choose(x == ZERO, x, y), x)


@precise
def log(x: Any) -> Any:
    """ln x. x = 2ⁿ·m with m from √½ to √2, and ln m by a polynomial in m - 1."""
    tiny = x < f32(1.17549435e-38)
    normal = choose(tiny, x * f32(8388608.0), x)
    m = mantissa_of(normal)
    low = m < f32(0.707106781)
    e = exponent_of(normal) - choose(low, ONE, ZERO) - choose(tiny, f32(23), ZERO)
    z = choose(low, m + m, m) - ONE
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
    y = p * z * s + e * LN2_LOW - HALF * s
    y = z + y + e * LN2_HIGH
    y = choose(x == INFINITY, x, y)
    y = choose(x == ZERO, -INFINITY, y)
    return choose(x >= ZERO, y, f32(np.nan))


@precise
def log1p(x: Any) -> Any:
    """ln(1 + x) = ln u + (1 + x - u)/u, where u is what float32 makes of 1 + x.

    Source: Kahan's correction, in Goldberg, "What every computer scientist should know about floating-point arithmetic"
    (1991), theorem 4."""
    u = x + ONE
    lost = (x - (u - ONE)) / u
    return log(u) + choose((u > ZERO) & (u < INFINITY), lost, ZERO)


@precise
def softplus(x: Any) -> Any:
    """ln(1 + eˣ) = max(x, 0) + ln(1 + e^(-|x|))."""
    return max(x, ZERO) + log1p(exp(-abs(x)))


@precise
def sigmoid(x: Any) -> Any:
    """1 / (1 + e⁻ˣ), from e^(-|x|), which cannot overflow."""
    e = exp(-abs(x))
    return choose(x >= ZERO, ONE, e) / (ONE + e)


@precise
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
    large = ONE - TWO / (exp(a + a) + ONE)
    large = choose(x >= ZERO, large, -large)
    return choose(a < f32(0.625), small, choose(x == x, large, x))


@precise
def normal(x: Any) -> Any:
    """(Φ(x), φ(x)): the standard normal's distribution and density.

    With h = |x|, e = e^(-h²/2) and t = 1/(1 + 0.35h), Φ(-h) = e·(Φ(-h)/e), and what stands in brackets is nearly a
    polynomial in t. It was fitted to erfcx for h from 0 to 15, by least squares weighted until the relative error
    was even, 4e-8. Within 8 units in the last place in the lower tail.
    """
    h = min(abs(x), f32(15))
    high = rounded(h)
    low = HALF * (h - high) * (h + high)  # the rest of h²/2, at most 0.06
    e = exp(-HALF * high * high) * (ONE - low * (ONE - low * (HALF - low * f32(1 / 6))))
    t = ONE / (ONE + f32(0.35) * h)
    p = f32(-2.916427690e-02)
    p = p * t + f32(1.440624933e-01)
    p = p * t + f32(-2.559053134e-01)
    p = p * t + f32(1.593967923e-01)
    p = p * t + f32(-2.326645718e-02)
    p = p * t + f32(1.055758869e-01)
    p = p * t + f32(1.198152306e-01)
    p = p * t + f32(1.398643719e-01)
    p = p * t + f32(1.396212564e-01)
    tail = p * t * e
    return choose(x > ZERO, ONE - tail, tail), e * f32(0.3989422804)


@precise
def sign(x: Any) -> Any:
    """-1, 0 or 1, and NaN for NaN."""
    return choose(x > f32(0), f32(1), choose(x < f32(0), f32(-1), x))


@precise
def highest(x: Any, n: int) -> Any:
    """The greatest of n numbers; where there is a NaN among them, it may be that or not."""
    most = nb.int32(-2147483648)
    for i in range(n):
        most = max(most, ordered(x[i]))
    return unordered(most)
