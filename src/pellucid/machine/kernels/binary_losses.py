"""Cross-entropies of yes-or-no labels, of probabilities and of logits, with and without focus."""

from __future__ import annotations

from typing import Any

from .functions import choose, f32, log, log1p, precise, sigmoid, softplus
from .loss_terms import ALMOST_1, EPSILON, power, power_grad, terms, within


@precise
def soft(t: Any, smoothing: Any) -> Any:
    """A label drawn towards 1/2."""
    return t * (f32(1) - smoothing) + smoothing * f32(0.5)


@precise
def clipped_grad(dy: Any, p: Any) -> Any:
    """dy where the probability was not clipped."""
    return choose((p >= EPSILON) & (p <= ALMOST_1), dy, f32(0))


# Cross-entropy H, and dH/dy ------------------------------------------------------------------------------------------


@precise
def entropy(t: Any, y: Any, smoothing: Any) -> Any:
    t = soft(t, smoothing)
    p = within(y, EPSILON, ALMOST_1)
    return -(t * log(p) + (f32(1) - t) * log1p(-p))


@precise
def entropy_grad(t: Any, y: Any, smoothing: Any) -> Any:
    t = soft(t, smoothing)
    p = within(y, EPSILON, ALMOST_1)
    return clipped_grad((p - t) / (p * (f32(1) - p)), y)


@precise
def entropy_of_logits(t: Any, z: Any, smoothing: Any) -> Any:
    return softplus(z) - soft(t, smoothing) * z


@precise
def entropy_of_logits_grad(t: Any, z: Any, smoothing: Any) -> Any:
    return sigmoid(z) - soft(t, smoothing)


terms("binary_crossentropy", entropy, entropy_grad)
terms("binary_crossentropy.logits", entropy_of_logits, entropy_of_logits_grad)


# Focal: w·q^γ·H, w being yes for label 1 and no for label 0, and q how far p is from the label -----------------------


@precise
def focal(t: Any, y: Any, smoothing: Any, gamma: Any, yes: Any, no: Any) -> Any:
    H = entropy(t, y, smoothing)
    t = soft(t, smoothing)
    p = within(y, EPSILON, ALMOST_1)
    away = t * (f32(1) - p) + (f32(1) - t) * p
    return (t * yes + (f32(1) - t) * no) * power(away, gamma) * H


@precise
def focal_grad(t: Any, y: Any, smoothing: Any, gamma: Any, yes: Any, no: Any) -> Any:
    H = entropy(t, y, smoothing)
    t = soft(t, smoothing)
    p = within(y, EPSILON, ALMOST_1)
    away, dH = t * (f32(1) - p) + (f32(1) - t) * p, (p - t) / (p * (f32(1) - p))
    dp = power_grad(away, gamma) * (f32(1) - f32(2) * t) * H + power(away, gamma) * dH
    return clipped_grad((t * yes + (f32(1) - t) * no) * dp, y)


@precise
def focal_of_logits(t: Any, z: Any, smoothing: Any, gamma: Any, yes: Any, no: Any) -> Any:
    t = soft(t, smoothing)
    p, not_p = sigmoid(z), sigmoid(-z)
    H, away = softplus(z) - t * z, t * not_p + (f32(1) - t) * p
    return (t * yes + (f32(1) - t) * no) * power(away, gamma) * H


@precise
def focal_of_logits_grad(t: Any, z: Any, smoothing: Any, gamma: Any, yes: Any, no: Any) -> Any:
    t = soft(t, smoothing)
    p, not_p = sigmoid(z), sigmoid(-z)
    H, away = softplus(z) - t * z, t * not_p + (f32(1) - t) * p
    along = (f32(1) - f32(2) * t) * p * not_p
    dz = power_grad(away, gamma) * along * H + power(away, gamma) * (p - t)
    return (t * yes + (f32(1) - t) * no) * dz


terms("binary_focal_crossentropy", focal, focal_grad)
terms("binary_focal_crossentropy.logits", focal_of_logits, focal_of_logits_grad)
