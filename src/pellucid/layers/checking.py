"""check_layer: does a layer keep its promises? Run it on every layer of your own.

The gradient is compared with central differences: (f(x + h) − f(x − h)) / 2h differs from f'(x) by h²·f'''/6, and by
rounding of about 1e-16·f/h; in float64 with h = 1e-5 both are far below a mistake in a formula.
Source: Nocedal & Wright, Numerical Optimization (2006), section 8.1.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import checks
from ..activations import activations
from ..arrays import Array, Shape
from ..errors import InvalidArgument, PellucidError, Told
from ..rng import Key
from .base import Layer

TOLERANCE = 1e-6  # of the larger of the largest gradient in the array and FLOOR
FLOOR = 1e-2
EVERY_ENTRY = 64  # arrays up to this size are differentiated entry by entry


class LayerFault(PellucidError, AssertionError):
    """A promise that a layer does not keep, found by `check_layer`."""


@dataclass
class LayerReport:
    """What `check_layer` looked at, and the largest relative error of a gradient."""

    layer: str
    shape: Shape
    checks: int = 0
    worst_error: float = 0.0
    worst_array: str = ""

    def saw(self, error: float, array: str) -> None:
        """Count a comparison of gradients."""
        self.checks += 1
        if error >= self.worst_error:
            self.worst_error, self.worst_array = error, array

    def __str__(self) -> str:
        return (
            f"{self.layer} on {(None, *self.shape)}: {self.checks} checks hold; "
            f"largest relative gradient error {self.worst_error:.1e} ({self.worst_array})"
        )


def numerical_gradient(f: Callable[[Array], Any], x: Any, eps: float = 1e-5) -> Array:
    """df/dx by central differences, in float64: (f(x + eps·e_i) − f(x − eps·e_i)) / (2·eps) for each entry i.

    f takes an array of x's shape to a number; x itself is not changed.

    >>> numerical_gradient(lambda x: (x * x).sum(), [1.0, -2.0]).round(6)
    array([ 2., -4.])
    """
    x = np.array(x, "float64")
    gradient: Array = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        there, back = x.copy(), x.copy()
        there[i] += eps
        back[i] -= eps
        gradient[i] = (float(f(there)) - float(f(back))) / (2 * eps)
    return gradient


def check_layer(
    layer: Layer, shape: Sequence[int] = (4,), batch_sizes: Sequence[int] = (1, 3), seed: int = 0
) -> LayerReport:
    """Check a layer on random inputs (B, *shape): a report if all holds, a LayerFault that says where if not.

    In training and in inference, for each batch size: the output has the shape of `output_shape_for`; forward and
    backward are pure and repeatable; `backward` gives the gradients that central differences give, of the input and
    of each trained parameter. In inference, a batch gives what its rows give one by one. float32 stays float32.
    The config makes the same layer again.

    The layer itself is not touched: a copy is built in float64, with parameters moved away from their start, so that
    no gradient is hidden behind a zero. Inputs keep away from 0, where many activations have a kink.

    >>> from pellucid.layers import Dense
    >>> check_layer(Dense(3)).worst_error < 1e-6
    True
    """
    if layer.takes_many:
        raise InvalidArgument(
            "check_layer, argument layer", "a layer with one input", layer,
            "Put it into a Model(inputs, outputs), and call pellucid.check_gradients.",
        )  # fmt: skip
    shape = checks.shape("check_layer, argument shape", shape)
    report = LayerReport(layer.name, shape)
    _config_round_trips(layer, report)
    for batch in batch_sizes:
        for training in (False, True):
            _Trial(layer, shape, batch, training, Key(seed).fold(batch), report).run()
    return report


def _config_round_trips(layer: Layer, report: LayerReport) -> None:
    import json  # here, so that importing the library stays quick

    config = layer.get_config()
    where = f"layer {layer.name!r}, get_config"
    try:
        json.dumps(config)
    except TypeError as error:
        raise LayerFault(where, "what JSON can hold", Told(str(error))) from None
    again = type(layer).from_config(config).get_config()
    if again != config:
        key = next(k for k in {**config, **again} if config.get(k) != again.get(k))
        raise LayerFault(
            where, f"the same config from the layer made of it, {key} = {config.get(key)!r}", again.get(key),
            "Keep every argument of the constructor under its own name.",
        )  # fmt: skip
    report.checks += 1


class _Trial:
    """One batch size, in training or inference."""

    def __init__(self, layer: Layer, shape: Shape, batch: int, training: bool, key: Key, report: LayerReport) -> None:
        self.training, self.key, self.report = training, key, report
        self.where = f"layer {layer.name!r}, {'training' if training else 'inference'}, batch of {batch}"
        self.layer = _unbuilt(layer, "float64")
        self.shape = shape
        self.specs = list(self.layer.parameters(shape))
        self.p = {
            spec.name: _shifted(spec.initializer(spec.shape, "float64", key.fold("start", i)), key.fold("shift", i))
            for i, spec in enumerate(self.specs)
        }
        self.layer.bind(shape, self.p, None)
        self.x = to_check(layer, (batch, *shape), key.fold("x"))

    def run(self) -> None:
        y, cache = self._forward_is_pure()
        dy = away_from_zero(y.shape, self.key.fold("dy"))
        dx, gradients = self._backward_is_pure(cache, dy)
        self._gradients_are_complete(dx, gradients)
        if not self.layer.names:
            self._gradient_agrees("the input", self.x, dx, lambda x: self._loss(x, self.p, dy))
        for name, g in gradients.items():
            if name in self._trained() and not (self.training and name in self.layer.overwritten):
                self._gradient_agrees(repr(name), self.p[name], g, self._loss_of(name, dy))
        self._logits_agree(cache, y, dy, dx, gradients)
        self._state_fits(cache)
        self._float32_stays(dy)
        if not self.training:
            self._rows_agree(y)

    # Values --------------------------------------------------------------------------------------------------------

    def _forward(self, x: Array, p: dict[str, Array]) -> tuple[Array, Any]:
        return self.layer.forward(p, x, training=self.training, rng=self.key.fold("noise"))

    def _loss(self, x: Array, p: dict[str, Array], dy: Array) -> float:
        """L = Σ dy·y, whose gradient with respect to y is dy."""
        return float((self._forward(x, p)[0] * dy).sum())

    def _loss_of(self, name: str, dy: Array) -> Callable[[Array], float]:
        return lambda w: self._loss(self.x, {**self.p, name: w}, dy)

    def _trained(self) -> set[str]:
        return {s.name for s in self.specs if s.trainable}

    # Promises ------------------------------------------------------------------------------------------------------

    def _forward_is_pure(self) -> tuple[Array, Any]:
        x, p, kept = self.x.copy(), copy.deepcopy(self.p), _identities(self.layer)
        result = self._forward(self.x, self.p)
        self._hold(_is_pair(result, object), "forward", "(y, cache), y an array", type(result).__name__)
        y, cache = result
        first = y.copy()
        wanted = (len(self.x), *self.layer.output_shape_for(self.shape))
        self._hold(y.shape == wanted, "forward", f"an output of shape {wanted}, as output_shape_for says", y.shape)
        again, _ = self._forward(self.x, self.p)
        self._hold(_same(first, again), "forward", "the same output from the same input and key", "another")
        self._unchanged("forward", x, p)
        moved = [k for k, v in _identities(self.layer).items() if kept.get(k) != v]
        self._hold(not moved, "forward", "nothing kept in self", f"a new {', '.join(moved)}", "Return it in the cache.")
        return y, cache

    def _backward_is_pure(self, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        x, p, given = self.x.copy(), copy.deepcopy(self.p), dy.copy()
        result = self._back(cache, dy)
        self._hold(_is_pair(result, dict), "backward", "(dx, {name: gradient})", type(result).__name__)
        dx, gradients = result[0].copy(), {k: g.copy() for k, g in result[1].items()}
        again, others = self._back(cache, dy)
        same = _same(dx, again) and all(_same(g, others[k]) for k, g in gradients.items())
        self._hold(same, "backward", "the same gradients from the same cache", "others")
        self._hold(_same(dy, given), "backward", "dy left as it was", "a changed one")
        self._unchanged("backward", x, p)
        return dx, gradients

    def _back(self, cache: Any, dy: Array) -> Any:
        """What `backward` gives, with zeros for dx where the input is names of rows, which have no gradient."""
        result: Any = self.layer.backward(self.p, cache, dy)
        return (np.zeros_like(self.x), result[1]) if self.layer.names else result

    def _unchanged(self, what: str, x: Array, p: dict[str, Array]) -> None:
        self._hold(_same(x, self.x), what, "the input left as it was", "a changed one", "Work on a copy of x.")
        for name, value in p.items():
            self._hold(_same(value, self.p[name]), what, f"{name!r} left as it was", "a changed one")

    def _gradients_are_complete(self, dx: Array, gradients: dict[str, Array]) -> None:
        self._hold(dx.shape == self.x.shape, "backward, dx", f"shape {self.x.shape}", dx.shape)
        missing, unknown = self._trained() - set(gradients), set(gradients) - set(self.p)
        self._hold(not missing, "backward", "a gradient for every trained parameter", f"none for {sorted(missing)}")
        self._hold(not unknown, "backward", f"gradients for {sorted(self.p)}", f"one for {sorted(unknown)} too")
        for name, g in gradients.items():
            wanted = self.p[name].shape
            self._hold(g.shape == wanted, f"backward, gradient of {name!r}", f"shape {wanted}", g.shape)

    def _gradient_agrees(self, name: str, at: Array, analytic: Array, f: Callable[[Array], float]) -> None:
        scale = max(float(np.abs(analytic).max(initial=0.0)), FLOOR)
        if at.size <= EVERY_ENTRY:
            numeric = numerical_gradient(f, at)
            scale = max(scale, float(np.abs(numeric).max(initial=0.0)))
            error = np.abs(analytic - numeric) / scale
            if not (error < TOLERANCE).all():
                i = np.unravel_index(int(np.argmax(np.nan_to_num(error, nan=np.inf))), at.shape)
                place = f"[{', '.join(map(str, i))}]"
                self._disagree(f"{name}{place}", float(analytic[i]), float(numeric[i]))
            self.report.saw(float(error.max(initial=0.0)), f"{self.where}, {name}")
        u = self.key.fold("direction").normal(at.shape, "float64")
        u /= max(float(np.sqrt((u * u).sum())), 1e-30)
        slope = float(numerical_gradient(lambda t: f(at + t * u), 0.0))
        along_u = float((analytic * u).sum())
        error_along = abs(along_u - slope) / max(scale, abs(slope))
        if not error_along < TOLERANCE:
            self._disagree(f"{name} along a random direction", along_u, slope)
        self.report.saw(error_along, f"{self.where}, {name} along a random direction")

    def _disagree(self, array: str, analytic: float, numeric: float) -> None:
        raise LayerFault(
            f"{self.where}, backward, gradient of {array}", f"{numeric:.9g} (central difference)", analytic,
            "Derive that formula again; at a point without derivative, try another seed.",
        )  # fmt: skip

    def _logits_agree(self, cache: Any, y: Array, dy: Array, dx: Array, gradients: dict[str, Array]) -> None:
        last = self.layer.logits(cache)
        if last is None:
            return
        activation, z = activations.get(last[0]), last[1]
        self._hold(np.allclose(activation(z), y), "logits", f"z with {last[0]}(z) = y", "another y")
        dx_z, gradients_z = self.layer.backward_from_logits(self.p, cache, activation.grad(dy, z, y))
        same = np.allclose(dx_z, dx) and all(np.allclose(gradients_z[k], g) for k, g in gradients.items())
        self._hold(same, "backward_from_logits", "the gradients of backward", "others")

    def _state_fits(self, cache: Any) -> None:
        state = {s.name: s.shape for s in self.specs if not s.trainable or s.name in self.layer.overwritten}
        for name, value in self.layer.state_after(self.p, cache).items():
            self._hold(name in state, "state_after", f"parameters not trained, {sorted(state)}", name)
            self._hold(value.shape == state[name], f"state_after, {name!r}", f"shape {state[name]}", value.shape)

    def _float32_stays(self, dy: Array) -> None:
        layer = _unbuilt(self.layer, "float32")
        p = {name: value.astype("float32") for name, value in self.p.items()}
        layer.bind(self.shape, p, None)
        x = self.x.astype("float32")
        y, cache = layer.forward(p, x, training=self.training, rng=self.key.fold("noise"))
        self._hold(y.dtype == np.float32, "forward in float32", "float32", y.dtype.name)
        dx, gradients = layer.backward(p, cache, dy.astype("float32"))
        for name, g in {"x": x if dx is None else dx, **gradients}.items():
            self._hold(g.dtype == np.float32, f"backward in float32, d{name}", "float32", g.dtype.name)

    def _rows_agree(self, y: Array) -> None:
        alone = np.concatenate([self._forward(self.x[i : i + 1], self.p)[0] for i in range(len(self.x))])
        self._hold(
            np.allclose(alone, y, rtol=1e-9, atol=1e-12), "forward", "of a batch what its rows give", "another y"
        )

    def _hold(self, holds: bool, what: str, expected: str, got: Any, fix: str = "") -> None:
        self.report.checks += 1
        if not holds:
            raise LayerFault(f"{self.where}, {what}", expected, Told(str(got)), fix)


def to_check(layer: Layer, shape: Shape, key: Key) -> Array:
    """Numbers for a layer's input: names of rows, where that is what it takes."""
    if not layer.names:
        return away_from_zero(shape, key)
    return np.floor(key.uniform(shape, "float64", 0.0, layer.names))


def away_from_zero(shape: Shape, key: Key) -> Array:
    """Random numbers of size 0.2 to 1 and either sign, in float64: no kink at 0 is near."""
    size = key.fold("size").uniform(shape, "float64", 0.2, 1.0)
    return np.where(key.fold("sign").uniform(shape) < 0.5, -size, size)


def _shifted(w: Array, key: Key) -> Array:
    """w moved up by 0.1 to 0.5: a variance stays positive, a zero becomes something."""
    return np.asarray(w, "float64") + key.uniform(w.shape, "float64", 0.1, 0.5)


def _unbuilt(layer: Layer, dtype: str) -> Layer:
    """A copy without parameters, in this dtype; the original is left alone."""
    twin = copy.deepcopy(layer)  # a model's layers are copied with it
    twin.dtype, twin.shape, twin.p, twin.owner = dtype, None, {}, None
    return twin


def _is_pair(result: Any, second: type) -> bool:
    return (
        isinstance(result, tuple)
        and len(result) == 2
        and isinstance(result[0], np.ndarray)
        and isinstance(result[1], second)
    )


def _identities(layer: Layer) -> dict[str, int]:
    return {name: id(value) for name, value in vars(layer).items()}


def _same(a: Array, b: Array) -> bool:
    return np.array_equal(a, b, equal_nan=True)
