"""The rules of `optimizers/` that treat every number alike, under the names they have there; see `updates.py`.

They are `precise`: whoever may reorder divides by a square root in a way of each vector width's own, so that a number's
bits would depend on its place, and so on the number of threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .functions import choose, exp, log, precise, sign
from .updates import larger, no_slots, one_slot, three_slots, two_slots, within

f32 = np.float32


# SGD -------------------------------------------------------------------------------------------------------------


@precise
def sgd_numbers(p: Any, lr: float, t: float) -> Any:
    """p: momentum μ."""
    return f32(lr), f32(p[0])


@precise
def sgd(w: Any, g: Any, k: Any) -> Any:
    """w ← w − lr·g."""
    return w - k[0] * g


@precise
def sgd_momentum(w: Any, g: Any, m: Any, k: Any) -> Any:
    """m ← μm − lr·g;  w ← w + m."""
    lr, momentum = k
    m = momentum * m - lr * g
    return w + m, m


@precise
def sgd_nesterov(w: Any, g: Any, m: Any, k: Any) -> Any:
    """m ← μm − lr·g;  w ← w + μm − lr·g."""
    lr, momentum = k
    m = momentum * m - lr * g
    return w + (momentum * m - lr * g), m


no_slots("sgd", sgd_numbers, sgd)
one_slot("sgd.momentum", sgd_numbers, sgd_momentum)
one_slot("sgd.nesterov", sgd_numbers, sgd_nesterov)


# Adam and its kin ------------------------------------------------------------------------------------------------


@precise
def moments(g: Any, m: Any, v: Any, a: Any, b: Any) -> Any:
    """m ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²;  a = 1 − β₁, b = 1 − β₂."""
    return m + a * (g - m), v + b * (g * g - v)


@precise
def adam_numbers(p: Any, lr: float, t: float) -> Any:
    """p: β₁, β₂, ε, what the learning rate is multiplied by."""
    beta_1, beta_2 = p[0], p[1]
    alpha = lr * p[3] * np.sqrt(1.0 - beta_2**t) / (1.0 - beta_1**t)
    return f32(alpha), f32(1.0 - beta_1), f32(1.0 - beta_2), f32(p[2])


@precise
def adam(w: Any, g: Any, m: Any, v: Any, k: Any) -> Any:
    """w ← w − alpha · m / (√v + ε)."""
    alpha, a, b, epsilon = k
    m, v = moments(g, m, v, a, b)
    return w - alpha * m / (np.sqrt(v) + epsilon), m, v


@precise
def amsgrad(g: Any, m: Any, v: Any, v_max: Any, k: Any) -> Any:
    """v_max ← max(v_max, v)."""
    _, a, b, _ = k
    m, v = moments(g, m, v, a, b)
    return m, v, larger(v_max, v)


@precise
def amsgrad_step(w: Any, m: Any, v: Any, v_max: Any, k: Any) -> Any:
    """w ← w − alpha · m / (√v_max + ε)."""
    alpha, _, _, epsilon = k
    return w - alpha * m / (np.sqrt(v_max) + epsilon)


@precise
def adamax_numbers(p: Any, lr: float, t: float) -> Any:
    """p: β₁, β₂, ε."""
    return f32(lr / (1.0 - p[0] ** t)), f32(1.0 - p[0]), f32(p[1]), f32(p[2])


@precise
def adamax(w: Any, g: Any, m: Any, u: Any, k: Any) -> Any:
    """m ← β₁m + (1 − β₁)g;  u ← max(β₂u, |g|);  w ← w − lr / (1 − β₁ᵗ) · m / (u + ε)."""
    alpha, a, beta_2, epsilon = k
    m = m + a * (g - m)
    u = larger(beta_2 * u, abs(g))
    return w - alpha * m / (u + epsilon), m, u


@precise
def nadam_numbers(p: Any, lr: float, t: float) -> Any:
    """p: β₁, β₂, ε. The product Πₜ of the momenta μ is made anew: t determines it, and it needs no place of its own."""
    beta_1, power, product = p[0], 1.0, 1.0
    for _ in range(int(min(t, 1000.0))):  # then μ is β₁ to the last bit
        power *= 0.96
        product *= beta_1 * (1.0 - 0.5 * power)
    product *= beta_1 ** max(t - 1000.0, 0.0)
    now = (1.0 - beta_1 * (1.0 - 0.5 * power)) / (1.0 - product)
    momentum = beta_1 * (1.0 - 0.5 * power * 0.96)
    ahead = momentum / (1.0 - product * momentum)
    return f32(lr), f32(1.0 - beta_1), f32(1.0 - p[1]), f32(ahead), f32(now), f32(1.0 - p[1] ** t), f32(p[2])


@precise
def nadam(w: Any, g: Any, m: Any, v: Any, k: Any) -> Any:
    """w ← w − lr · (μₜ₊₁ · m / (1 − Πₜ₊₁) + (1 − μₜ) · g / (1 − Πₜ)) / (√(v / (1 − β₂ᵗ)) + ε)."""
    lr, a, b, ahead, now, corrected, epsilon = k
    m, v = moments(g, m, v, a, b)
    return w - lr * (ahead * m + now * g) / (np.sqrt(v / corrected) + epsilon), m, v


@precise
def schedule_free_numbers(p: Any, lr: float, t: float) -> Any:
    """p: β₁, β₂, ε, warmup steps."""
    if p[3] > 0.0:
        lr = lr * min(t / p[3], 1.0)
    beta_1, beta_2 = p[0], p[1]
    a, b, corrected, kept = 1.0 - beta_1, 1.0 - beta_2, 1.0 - beta_2**t, 1.0 - 1.0 / t
    return f32(lr), f32(beta_1), f32(a), f32(b), f32(corrected), f32(kept), f32(t), f32(p[2])


@precise
def schedule_free_adamw(y: Any, g: Any, z: Any, v: Any, k: Any) -> Any:
    """x = (y − (1 − β₁)z) / β₁;  z ← z − lr · g / (√(v / (1 − β₂ᵗ)) + ε);  x ← (1 − 1/t)x + z/t;
    y ← (1 − β₁)z + β₁x.
    """
    lr, beta_1, a, b, corrected, kept, t, epsilon = k
    x = (y - a * z) / beta_1
    v = v + b * (g * g - v)
    z = z - lr * g / (np.sqrt(v / corrected) + epsilon)
    x = kept * x + z / t
    return a * z + beta_1 * x, z, v


two_slots("adam", adam_numbers, adam)
three_slots("adam.amsgrad", adam_numbers, amsgrad, amsgrad_step)
two_slots("adamax", adamax_numbers, adamax)
two_slots("nadam", nadam_numbers, nadam)
two_slots("schedule_free_adamw", schedule_free_numbers, schedule_free_adamw)


# The gradient divided by the size it has had -----------------------------------------------------------------------


@precise
def adagrad_numbers(p: Any, lr: float, t: float) -> Any:
    """p: ε."""
    return f32(lr), f32(p[0])


@precise
def adagrad(w: Any, g: Any, a: Any, k: Any) -> Any:
    """a ← a + g²;  w ← w − lr·g / √(a + ε)."""
    lr, epsilon = k
    a = a + g * g
    return w - lr * g / np.sqrt(a + epsilon), a


@precise
def adadelta_numbers(p: Any, lr: float, t: float) -> Any:
    """p: ρ, ε."""
    return f32(lr), f32(p[0]), f32(1.0 - p[0]), f32(p[1])


@precise
def adadelta(w: Any, g: Any, v: Any, d: Any, k: Any) -> Any:
    """v ← ρv + (1 − ρ)g²;  Δ = g·√(d + ε) / √(v + ε);  d ← ρd + (1 − ρ)Δ²;  w ← w − lr·Δ."""
    lr, rho, rest, epsilon = k
    v = rho * v + rest * g * g
    delta = np.sqrt(d + epsilon) * g / np.sqrt(v + epsilon)
    d = rho * d + rest * delta * delta
    return w - lr * delta, v, d


@precise
def rmsprop_numbers(p: Any, lr: float, t: float) -> Any:
    """p: ρ, ε, momentum μ."""
    return f32(lr), f32(p[0]), f32(1.0 - p[0]), f32(p[1]), f32(p[2])


@precise
def rmsprop_step(g: Any, v: Any, k: Any) -> Any:
    """(lr·g / √(v + ε), v) with v ← ρv + (1 − ρ)g²."""
    lr, rho, rest, epsilon, _ = k
    v = rho * v + rest * g * g
    return lr * g / np.sqrt(v + epsilon), v


@precise
def rmsprop_centered_step(g: Any, v: Any, a: Any, k: Any) -> Any:
    """(lr·g / √(v − a² + ε), v, a) with a ← ρa + (1 − ρ)g."""
    lr, rho, rest, epsilon, _ = k
    v = rho * v + rest * g * g
    a = rho * a + rest * g
    return lr * g / np.sqrt(larger(v - a * a, f32(0)) + epsilon), v, a


@precise
def rmsprop(w: Any, g: Any, v: Any, k: Any) -> Any:
    """w ← w − step."""
    step, v = rmsprop_step(g, v, k)
    return w - step, v


@precise
def rmsprop_momentum(w: Any, g: Any, v: Any, m: Any, k: Any) -> Any:
    """m ← μm + step;  w ← w − m."""
    step, v = rmsprop_step(g, v, k)
    m = k[4] * m + step
    return w - m, v, m


@precise
def rmsprop_centered(w: Any, g: Any, v: Any, a: Any, k: Any) -> Any:
    """w ← w − step."""
    step, v, a = rmsprop_centered_step(g, v, a, k)
    return w - step, v, a


@precise
def rmsprop_centered_momentum(g: Any, v: Any, m: Any, a: Any, k: Any) -> Any:
    """m ← μm + step."""
    step, v, a = rmsprop_centered_step(g, v, a, k)
    return v, k[4] * m + step, a


@precise
def less_momentum(w: Any, v: Any, m: Any, a: Any, k: Any) -> Any:
    """w ← w − m."""
    return w - m


@precise
def lion_numbers(p: Any, lr: float, t: float) -> Any:
    """p: β₁, β₂."""
    return f32(lr), f32(p[0]), f32(1.0 - p[0]), f32(p[1]), f32(1.0 - p[1])


@precise
def lion(w: Any, g: Any, m: Any, k: Any) -> Any:
    """w ← w − lr · sign(β₁m + (1 − β₁)g);  m ← β₂m + (1 − β₂)g."""
    lr, beta_1, a, beta_2, b = k
    return w - lr * sign(beta_1 * m + a * g), beta_2 * m + b * g


@precise
def ftrl_numbers(p: Any, lr: float, t: float) -> Any:
    """p: l1, l2, shrinkage, β, minus the learning rate's power."""
    return f32(lr), f32(p[0]), f32(2.0 * (p[1] + p[3] / (2.0 * lr))), f32(2.0 * p[2]), f32(p[4])


@precise
def power(n: Any, p: Any) -> Any:
    """nᵖ for n ≥ 0."""
    return choose(p == f32(0), f32(1), exp(p * log(n)))


def _ftrl(root: Any) -> Any:
    @precise
    def ftrl(w: Any, g: Any, n: Any, z: Any, k: Any) -> Any:
        lr, l1, ridge, shrinkage, p = k
        n_next = n + g * g
        grown = root(n_next, p)
        z_next = z + g + shrinkage * w - (grown - root(n, p)) / lr * w
        w_next = (within(z_next, l1) - z_next) / (grown / lr + ridge)
        still = lr == f32(0)
        return choose(still, w, w_next), choose(still, n, n_next), choose(still, z, z_next)

    return ftrl


@precise
def square_root(n: Any, p: Any) -> Any:
    """√n, the usual power."""
    return np.sqrt(n)


one_slot("adagrad", adagrad_numbers, adagrad)
two_slots("adadelta", adadelta_numbers, adadelta)
one_slot("rmsprop", rmsprop_numbers, rmsprop)
two_slots("rmsprop.momentum", rmsprop_numbers, rmsprop_momentum)
two_slots("rmsprop.centered", rmsprop_numbers, rmsprop_centered)
three_slots("rmsprop.centered.momentum", rmsprop_numbers, rmsprop_centered_momentum, less_momentum)
one_slot("lion", lion_numbers, lion)
two_slots("ftrl", ftrl_numbers, _ftrl(square_root))
two_slots("ftrl.power", ftrl_numbers, _ftrl(power))
