"""Normalization: of each channel over the batch, and of each row by itself; and the gradients.

A channel's sums are one thread's, row after row, so that every number of threads gives the same bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..intrinsics import Word, floats, ints, number
from ..layout import ALL, B
from .base import inline, kernel
from .gather import share, share_lines

f32 = np.float32


# Channels: x (M, C, inner), of which a thread has those from lo to lo + n --------------------------------------------


@inline
def channels(C: int, inner: int, tid: int, nt: int) -> Any:
    """(first, last + 1) of this thread's channels."""
    return share_lines(C, tid, nt) if inner == 1 else share(C, tid, nt)


@inline
def add_up(x: Word, M: int, C: int, inner: int, lo: int, n: int, total: Any) -> None:
    """total = Σ x."""
    for j in range(n):
        total[j] = f32(0)
    for m in range(M):
        if inner == 1:
            row = floats(x + 4 * (m * C + lo), n)
            for j in range(n):
                total[j] += row[j]
        else:
            for j in range(n):
                run = floats(x + 4 * (m * C + lo + j) * inner, inner)
                along = f32(0)
                for i in range(inner):
                    along += run[i]
                total[j] += along


@inline
def add_products(x: Word, mean: Any, by: Word, M: int, C: int, inner: int, lo: int, n: int, total: Any) -> None:
    """total = Σ (x - mean)·by, or Σ (x - mean)² where `by` is 0."""
    for j in range(n):
        total[j] = f32(0)
    other = x if by == 0 else by
    for m in range(M):
        at = 4 * (m * C + lo) * inner
        if inner == 1:
            row, weights = floats(x + at, n), floats(other + at, n)
            for j in range(n):
                d = row[j] - mean[j]
                total[j] += d * (d if by == 0 else weights[j])
        else:
            for j in range(n):
                run, weights = floats(x + at + 4 * j * inner, inner), floats(other + at + 4 * j * inner, inner)
                middle, along = mean[j], f32(0)
                for i in range(inner):
                    d = run[i] - middle
                    along += d * (d if by == 0 else weights[i])
                total[j] += along


@kernel("batch_norm")
def batch_norm(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = γ·(x - μ)·r + β with r = 1/sqrt(σ² + ε).

    op: x, γ, β, μ, σ², r, γ·r, y, M per sample, C, inner, ε, whether μ and σ² are first taken from the batch (1), or
    these alone are wanted (2), as they are not yet those of all processes that share the batch.
    """
    o, c = ints(op, 16), ints(ctx, 64)
    M, C, inner = c[B] * o[8], o[9], o[10]
    lo, hi = channels(C, inner, tid, nt)
    n = hi - lo
    gamma, beta, mean = floats(o[1] + 4 * lo, n), floats(o[2] + 4 * lo, n), floats(o[3] + 4 * lo, n)
    variance, r, factor = floats(o[4] + 4 * lo, n), floats(o[5] + 4 * lo, n), floats(o[6] + 4 * lo, n)
    if o[12] != 0:
        each = f32(1.0 / (M * inner))
        add_up(o[0], M, C, inner, lo, n, mean)
        for j in range(n):
            mean[j] *= each
        add_products(o[0], mean, 0, M, C, inner, lo, n, variance)
        for j in range(n):
            variance[j] *= each
    if o[12] == 2:
        return
    epsilon = f32(number(o[11]))
    for j in range(n):
        r[j] = f32(1) / np.sqrt(variance[j] + epsilon)
    for j in range(n):
        factor[j] = gamma[j] * r[j]
    for m in range(M):
        at = 4 * (m * C + lo) * inner
        if inner == 1:
            x, y = floats(o[0] + at, n), floats(o[7] + at, n)
            for j in range(n):
                y[j] = (x[j] - mean[j]) * factor[j] + beta[j]
        else:
            for j in range(n):
                x, y = floats(o[0] + at + 4 * j * inner, inner), floats(o[7] + at + 4 * j * inner, inner)
                middle, by, shift = mean[j], factor[j], beta[j]
                for i in range(inner):
                    y[i] = (x[i] - middle) * by + shift


@inline
def back_to_inputs(
    dy: Word, x: Word, dx: Word, mean: Any, factor: Any, level: Any, slope: Any, M: int, C: int, inner: int,
    lo: int, n: int,
) -> None:  # fmt: skip
    """dx = γ·r·(dy - dβ/N - x̂·dγ/N), from dβ/N as `level` and r·dγ/N as `slope`."""
    for m in range(M):
        at = 4 * (m * C + lo) * inner
        if inner == 1:
            d, row, to = floats(dy + at, n), floats(x + at, n), floats(dx + at, n)
            for j in range(n):
                to[j] = factor[j] * (d[j] - level[j] - (row[j] - mean[j]) * slope[j])
        else:
            for j in range(n):
                run = at + 4 * j * inner
                d, row, to = floats(dy + run, inner), floats(x + run, inner), floats(dx + run, inner)
                middle, by, a, b = mean[j], factor[j], level[j], slope[j]
                for i in range(inner):
                    to[i] = by * (d[i] - a - (row[i] - middle) * b)


@kernel("batch_norm.grad")
def batch_norm_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dβ = Σ dy, dγ = Σ dy·x̂, dx = γ·r·(dy - dβ/N - x̂·dγ/N), for statistics of the batch.

    op: dy, x, μ, r, γ·r, dγ, dβ, dβ/N, r·dγ/N, dx or 0, M per sample, C, inner.
    """
    o, c = ints(op, 16), ints(ctx, 64)
    M, C, inner = c[B] * o[10], o[11], o[12]
    lo, hi = channels(C, inner, tid, nt)
    n = hi - lo
    mean, r, factor = floats(o[2] + 4 * lo, n), floats(o[3] + 4 * lo, n), floats(o[4] + 4 * lo, n)
    dgamma, dbeta = floats(o[5] + 4 * lo, n), floats(o[6] + 4 * lo, n)
    level, slope = floats(o[7] + 4 * lo, n), floats(o[8] + 4 * lo, n)
    each = f32(1.0 / (c[ALL] * o[10] * inner))
    add_up(o[0], M, C, inner, lo, n, dbeta)
    add_products(o[1], mean, o[0], M, C, inner, lo, n, dgamma)
    for j in range(n):
        dgamma[j] *= r[j]
    for j in range(n):
        level[j] = dbeta[j] * each
    for j in range(n):
        slope[j] = dgamma[j] * each * r[j]
    if o[9] != 0:
        back_to_inputs(o[0], o[1], o[9], mean, factor, level, slope, M, C, inner, lo, n)


@kernel("batch_norm.inputs")
def batch_norm_inputs(op: int, ctx: int, tid: int, nt: int) -> None:
    """The dx of `batch_norm.grad` alone, once dβ/N and r·dγ/N are those of all processes that share the batch.

    op: dy, x, μ, γ·r, dβ/N, r·dγ/N, dx, M per sample, C, inner.
    """
    o, c = ints(op, 16), ints(ctx, 64)
    M, C, inner = c[B] * o[7], o[8], o[9]
    lo, hi = channels(C, inner, tid, nt)
    n = hi - lo
    mean, factor = floats(o[2] + 4 * lo, n), floats(o[3] + 4 * lo, n)
    level, slope = floats(o[4] + 4 * lo, n), floats(o[5] + 4 * lo, n)
    back_to_inputs(o[0], o[1], o[6], mean, factor, level, slope, M, C, inner, lo, n)


@kernel("batch_norm.frozen.grad")
def frozen_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dx = dy·γ·r, for statistics that do not depend on x. op: dy, γ·r, dx, M per sample, C, inner."""
    o, c = ints(op, 8), ints(ctx, 64)
    C, inner = o[4], o[5]
    factor = floats(o[1], C)
    lo, hi = share(c[B] * o[3], tid, nt)
    for m in range(lo, hi):
        if inner == 1:
            dy, dx = floats(o[0] + 4 * m * C, C), floats(o[2] + 4 * m * C, C)
            for j in range(C):
                dx[j] = dy[j] * factor[j]
        else:
            for j in range(C):
                run = 4 * (m * C + j) * inner
                dy, dx, by = floats(o[0] + run, inner), floats(o[2] + run, inner), factor[j]
                for i in range(inner):
                    dx[i] = dy[i] * by


@kernel("batch_norm.average")
def average(op: int, ctx: int, tid: int, nt: int) -> None:
    """moving ← momentum·moving + (1 - momentum)·new. op: moving, new, C, momentum."""
    o = ints(op, 4)
    moving, new = floats(o[0], o[2]), floats(o[1], o[2])
    keep, take = f32(number(o[3])), f32(1.0 - number(o[3]))
    for j in range(o[2]):
        moving[j] = moving[j] * keep + new[j] * take


# Rows: x (M, n) ------------------------------------------------------------------------------------------------------


@kernel("layer_norm")
def layer_norm(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = γ·(x - μ)·r + β with r = 1/sqrt(mean((x - μ)²) + ε), and μ the row's mean where it is centred, else 0.

    op: x, γ, β, μ, r, y, rows per sample, n, ε, centred.
    """
    o, c = ints(op, 16), ints(ctx, 64)
    n, M = o[7], c[B] * o[6]
    gamma, beta, mean, r = floats(o[1], n), floats(o[2], n), floats(o[3], M), floats(o[4], M)
    epsilon, each = f32(number(o[8])), f32(1.0 / n)
    lo, hi = share(M, tid, nt)
    for m in range(lo, hi):
        x, y = floats(o[0] + 4 * m * n, n), floats(o[5] + 4 * m * n, n)
        middle, squares = f32(0), f32(0)
        if o[9] != 0:
            for i in range(n):
                middle += x[i]
            middle *= each
        for i in range(n):
            d = x[i] - middle
            squares += d * d
        by = f32(1) / np.sqrt(squares * each + epsilon)
        mean[m], r[m] = middle, by
        for i in range(n):
            y[i] = (x[i] - middle) * by * gamma[i] + beta[i]


@kernel("layer_norm.grad")
def layer_norm_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dx = r·(g - mean(g) - x̂·mean(g·x̂)) with g = dy·γ; without mean(g) where it is not centred.

    op: dy, x, γ, μ, r, dx, rows per sample, n, centred.
    """
    o, c = ints(op, 16), ints(ctx, 64)
    n, M = o[7], c[B] * o[6]
    gamma, mean, r = floats(o[2], n), floats(o[3], M), floats(o[4], M)
    each = f32(1.0 / n)
    lo, hi = share(M, tid, nt)
    for m in range(lo, hi):
        dy, x, dx = floats(o[0] + 4 * m * n, n), floats(o[1] + 4 * m * n, n), floats(o[5] + 4 * m * n, n)
        middle, by = mean[m], r[m]
        level, along = f32(0), f32(0)
        for i in range(n):
            g = dy[i] * gamma[i]
            level += g
            along += g * (x[i] - middle)
        level = level * each if o[8] != 0 else f32(0)
        slope = along * by * by * each
        for i in range(n):
            dx[i] = by * (dy[i] * gamma[i] - level - (x[i] - middle) * slope)


@kernel("layer_norm.parameters")
def layer_norm_parameters(op: int, ctx: int, tid: int, nt: int) -> None:
    """dγ = Σ dy·x̂ and dβ = Σ dy, over the rows. op: dy, x, μ, r, dγ, dβ, rows per sample, n."""
    o, c = ints(op, 8), ints(ctx, 64)
    n, M = o[7], c[B] * o[6]
    mean, r = floats(o[2], M), floats(o[3], M)
    lo, hi = share_lines(n, tid, nt)
    k = hi - lo
    dgamma, dbeta = floats(o[4] + 4 * lo, k), floats(o[5] + 4 * lo, k)
    for j in range(k):
        dgamma[j] = f32(0)
    for j in range(k):
        dbeta[j] = f32(0)
    for m in range(M):
        dy, x = floats(o[0] + 4 * (m * n + lo), k), floats(o[1] + 4 * (m * n + lo), k)
        middle, by = mean[m], r[m]
        for j in range(k):
            dgamma[j] += dy[j] * ((x[j] - middle) * by)
            dbeta[j] += dy[j]
