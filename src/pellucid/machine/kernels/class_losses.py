"""Losses of one class out of many, and others that look at a whole row of outputs.

Operands of all: t (or the class numbers k), y, slope, values, dy or 0, rows per sample, outputs per row; then options.
"""

from __future__ import annotations

import math
from typing import Any

from ..intrinsics import floats, ints, number
from ..layout import B
from .base import inline, kernel
from .functions import choose, decayed, exp, expm1, f32, highest, log, precise
from .gather import share
from .loss_terms import ALMOST_1, EPSILON, at_least, power, power_grad, within


@inline
def top_and_total(z: Any, C: int) -> Any:
    """(the greatest logit, Σ exp(z - it)), of which log p = z - greatest - log(total)."""
    most, total = highest(z, C), f32(0)
    for i in range(C):
        total += decayed(z[i] - most)
    return most, total


@inline
def exponentials(z: Any, C: int, e: Any) -> Any:
    """`top_and_total`, and the exponentials themselves in e."""
    most, total = highest(z, C), f32(0)
    for i in range(C):
        e[i] = z[i] - most
    for i in range(C):  # of e alone: where z lay near e, this loop would not vectorize
        e[i] = decayed(e[i])
        total += e[i]
    return most, total


@inline
def divisor(y: Any, C: int) -> Any:
    """The sum of a row, by which it becomes probabilities; 1 where that is 0."""
    total = f32(0)
    for i in range(C):
        total += y[i]
    return f32(1) if total == f32(0) else total


@precise
def clipped(p: Any) -> Any:
    return within(p, EPSILON, ALMOST_1)


@precise
def log_grad(p: Any) -> Any:
    """d log(clipped(p)) / dp."""
    return choose((p >= EPSILON) & (p <= ALMOST_1), f32(1) / p, f32(0))


# By number -----------------------------------------------------------------------------------------------------------


@kernel("loss.sparse_categorical_crossentropy.logits")
def sparse_of_logits(op: int, ctx: int, tid: int, nt: int) -> None:
    """-log softmax(z)[k]. Option: the class that does not count, if there is one (1, it) or (0, 0)."""
    o, c = ints(op, 9), ints(ctx, 64)
    C, M = o[6], c[B] * o[5]
    lo, hi = share(M, tid, nt)
    k, s, values = ints(o[0], M), floats(o[2], M), floats(o[3], M)
    for b in range(lo, hi):
        z, dz = floats(o[1] + 4 * b * C, C), floats(o[4] + 4 * b * C, C)
        if o[7] != 0 and k[b] == o[8]:
            values[b] = f32(0)
            if o[4] != 0:
                for i in range(C):
                    dz[i] = f32(0)
            continue
        most, total = exponentials(z, C, dz) if o[4] != 0 else top_and_total(z, C)
        values[b] = log(total) - (z[k[b]] - most)
        if o[4] != 0:
            each = s[b] / total
            for i in range(C):
                dz[i] *= each
            dz[k[b]] -= s[b]


@kernel("loss.sparse_categorical_crossentropy")
def sparse(op: int, ctx: int, tid: int, nt: int) -> None:
    """-log p[k], p = y / Σ y, clipped. Option: the class that does not count, if there is one (1, it) or (0, 0)."""
    o, c = ints(op, 9), ints(ctx, 64)
    C, M = o[6], c[B] * o[5]
    lo, hi = share(M, tid, nt)
    k, s, values = ints(o[0], M), floats(o[2], M), floats(o[3], M)
    for b in range(lo, hi):
        y, dy = floats(o[1] + 4 * b * C, C), floats(o[4] + 4 * b * C, C)
        counts = o[7] == 0 or k[b] != o[8]
        whole = divisor(y, C)
        p = y[k[b]] / whole if counts else f32(1)
        values[b] = -log(clipped(p)) if counts else f32(0)
        if o[4] != 0:
            dp = -log_grad(p) * s[b] / whole if counts else f32(0)
            along = dp * p if counts else f32(0)
            for i in range(C):
                dy[i] = -along
            if counts:
                dy[k[b]] += dp


@kernel("loss.categorical_generalized_cross_entropy")
def generalized(op: int, ctx: int, tid: int, nt: int) -> None:
    """(1 - p[k]^q) / q. Option: q."""
    o, c = ints(op, 8), ints(ctx, 64)
    C, M, q = o[6], c[B] * o[5], f32(number(o[7]))
    lo, hi = share(M, tid, nt)
    k, s, values = ints(o[0], M), floats(o[2], M), floats(o[3], M)
    for b in range(lo, hi):
        p = floats(o[1] + 4 * b * C, C)[k[b]]
        values[b] = (f32(1) - power(at_least(p, f32(0)), q)) / q
        if o[4] != 0:
            dy = floats(o[4] + 4 * b * C, C)
            for i in range(C):
                dy[i] = f32(0) * s[b]
            dy[k[b]] = -power(at_least(p, EPSILON), q - f32(1)) * s[b] if p >= f32(0) else f32(0) * s[b]


# By one-hot or soft rows ---------------------------------------------------------------------------------------------


@kernel("loss.categorical_crossentropy.logits")
def categorical_of_logits(op: int, ctx: int, tid: int, nt: int) -> None:
    """-Σ t log softmax(z). Options: smoothing, and its part for each class."""
    o, c = ints(op, 9), ints(ctx, 64)
    C, M = o[6], c[B] * o[5]
    keep, part = f32(1) - f32(number(o[7])), f32(number(o[8]))
    lo, hi = share(M, tid, nt)
    s, values = floats(o[2], M), floats(o[3], M)
    for b in range(lo, hi):
        t, z = floats(o[0] + 4 * b * C, C), floats(o[1] + 4 * b * C, C)
        dz = floats(o[4] + 4 * b * C, C)
        most, total = exponentials(z, C, dz) if o[4] != 0 else top_and_total(z, C)
        log_total = log(total)
        value, whole = f32(0), f32(0)
        for i in range(C):
            soft = t[i] * keep + part
            value += soft * ((z[i] - most) - log_total)
            whole += soft
        values[b] = -value
        if o[4] != 0:
            each = whole / total
            for i in range(C):
                dz[i] = (dz[i] * each - (t[i] * keep + part)) * s[b]


@kernel("loss.categorical_crossentropy")
def categorical(op: int, ctx: int, tid: int, nt: int) -> None:
    """-Σ t log p, p = y / Σ y, clipped. Options: smoothing, and its part for each class."""
    o, c = ints(op, 9), ints(ctx, 64)
    C, M = o[6], c[B] * o[5]
    keep, part = f32(1) - f32(number(o[7])), f32(number(o[8]))
    lo, hi = share(M, tid, nt)
    s, values = floats(o[2], M), floats(o[3], M)
    for b in range(lo, hi):
        t, y = floats(o[0] + 4 * b * C, C), floats(o[1] + 4 * b * C, C)
        whole = divisor(y, C)
        value, along = f32(0), f32(0)
        for i in range(C):
            soft, p = t[i] * keep + part, y[i] / whole
            value += soft * log(clipped(p))
            along += soft * log_grad(p) * p
        values[b] = -value
        if o[4] != 0:
            dy = floats(o[4] + 4 * b * C, C)
            each = s[b] / whole
            for i in range(C):
                dy[i] = (along - (t[i] * keep + part) * log_grad(y[i] / whole)) * each


# Focal: -Σ α (1 - p)^γ t log p ---------------------------------------------------------------------------------------


@precise
def focus_grad(log_p: Any, gamma: Any) -> Any:
    """d(-(1 - p)^γ log p) / d(log p)."""
    q = -expm1(log_p)
    return power_grad(q, gamma) * exp(log_p) * log_p - power(q, gamma)


@kernel("loss.categorical_focal_crossentropy.logits")
def focal_of_logits(op: int, ctx: int, tid: int, nt: int) -> None:
    """p = softmax(z). Options: smoothing, its part for each class, alpha of each class, gamma."""
    o, c = ints(op, 11), ints(ctx, 64)
    C, M = o[6], c[B] * o[5]
    keep, part, gamma = f32(1) - f32(number(o[7])), f32(number(o[8])), f32(number(o[10]))
    lo, hi = share(M, tid, nt)
    alpha, s, values = floats(o[9], C), floats(o[2], M), floats(o[3], M)
    for b in range(lo, hi):
        t, z = floats(o[0] + 4 * b * C, C), floats(o[1] + 4 * b * C, C)
        most, total = top_and_total(z, C)
        log_total = log(total)
        value, whole = f32(0), f32(0)
        for i in range(C):
            log_p, soft = (z[i] - most) - log_total, alpha[i] * (t[i] * keep + part)
            value += power(-expm1(log_p), gamma) * soft * log_p
            whole += soft * focus_grad(log_p, gamma)
        values[b] = -value
        if o[4] != 0:
            dz = floats(o[4] + 4 * b * C, C)
            for i in range(C):
                log_p, soft = (z[i] - most) - log_total, alpha[i] * (t[i] * keep + part)
                dz[i] = (soft * focus_grad(log_p, gamma) - exp(log_p) * whole) * s[b]


@kernel("loss.categorical_focal_crossentropy")
def focal(op: int, ctx: int, tid: int, nt: int) -> None:
    """p = y / Σ y, clipped. Options: smoothing, its part for each class, alpha of each class, gamma."""
    o, c = ints(op, 11), ints(ctx, 64)
    C, M = o[6], c[B] * o[5]
    keep, part, gamma = f32(1) - f32(number(o[7])), f32(number(o[8])), f32(number(o[10]))
    lo, hi = share(M, tid, nt)
    alpha, s, values = floats(o[9], C), floats(o[2], M), floats(o[3], M)
    for b in range(lo, hi):
        t, y = floats(o[0] + 4 * b * C, C), floats(o[1] + 4 * b * C, C)
        whole = divisor(y, C)
        value, along = f32(0), f32(0)
        for i in range(C):
            p, soft = y[i] / whole, alpha[i] * (t[i] * keep + part)
            log_p = log(clipped(p))
            value += power(-expm1(log_p), gamma) * soft * log_p
            along += soft * focus_grad(log_p, gamma) * log_grad(p) * p
        values[b] = -value
        if o[4] != 0:
            dy = floats(o[4] + 4 * b * C, C)
            each = s[b] / whole
            for i in range(C):
                p, soft = y[i] / whole, alpha[i] * (t[i] * keep + part)
                dy[i] = (soft * focus_grad(log(clipped(p)), gamma) * log_grad(p) - along) * each


# Of whole rows -------------------------------------------------------------------------------------------------------


@kernel("loss.categorical_hinge")
def categorical_hinge(op: int, ctx: int, tid: int, nt: int) -> None:
    """max(0, 1 + max((1 - t)·y) - Σ t·y); the first of equal maxima gets the gradient."""
    o, c = ints(op, 8), ints(ctx, 64)
    C, M = o[6], c[B] * o[5]
    lo, hi = share(M, tid, nt)
    s, values = floats(o[2], M), floats(o[3], M)
    for b in range(lo, hi):
        t, y = floats(o[0] + 4 * b * C, C), floats(o[1] + 4 * b * C, C)
        right, rival, first = f32(0), (f32(1) - t[0]) * y[0], 0
        for i in range(C):
            wrong = (f32(1) - t[i]) * y[i]
            right += t[i] * y[i]
            if wrong > rival:
                rival, first = wrong, i
        short = f32(1) + rival - right
        values[b] = at_least(short, f32(0))
        if o[4] != 0:
            dy = floats(o[4] + 4 * b * C, C)
            each = s[b] if short > f32(0) else f32(0) * s[b]
            for i in range(C):
                dy[i] = -t[i] * each
            dy[first] += (f32(1) - t[first]) * each


@kernel("loss.cosine_similarity")
def cosine_similarity(op: int, ctx: int, tid: int, nt: int) -> None:
    """-Σ t·y / (|t| |y|); a length below ε counts as ε."""
    o, c = ints(op, 8), ints(ctx, 64)
    O, M = o[6], c[B] * o[5]
    lo, hi = share(M, tid, nt)
    s, values = floats(o[2], M), floats(o[3], M)
    for b in range(lo, hi):
        t, y = floats(o[0] + 4 * b * O, O), floats(o[1] + 4 * b * O, O)
        tt, yy = f32(0), f32(0)
        for i in range(O):
            tt += t[i] * t[i]
            yy += y[i] * y[i]
        of_t, of_y = f32(1) / at_least(f32(math.sqrt(tt)), EPSILON), at_least(f32(math.sqrt(yy)), EPSILON)
        along = f32(0)
        for i in range(O):
            along += t[i] * of_t * (y[i] / of_y)
        values[b] = -along
        if o[4] != 0:
            dy = floats(o[4] + 4 * b * O, O)
            turned, each = along if of_y > EPSILON else f32(0), s[b] / of_y
            for i in range(O):
                dy[i] = (turned * (y[i] / of_y) - t[i] * of_t) * each
