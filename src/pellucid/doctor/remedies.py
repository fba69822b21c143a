"""Changes of a spec that several rules propose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .base import Case
from .copies import rates


def rounded(value: float) -> float:
    """A number with two digits that count.

    >>> rounded(0.012345)
    0.012
    """
    return float(f"{value:.2g}")


def rate_now(case: Case) -> float:
    """The largest learning rate of the run."""
    return float(rates(case).max())


def with_activation(case: Case, name: str) -> dict[str, Any]:
    """Hidden layers of another activation, those that are written out as tables as well."""
    layers = case.spec.get("layers", ())
    change: dict[str, Any] = {"activation": name}
    if any(isinstance(layer, Mapping) and layer.get("activation") for layer in layers[:-1]):
        change["layers"] = [
            {**layer, "activation": name}
            if isinstance(layer, Mapping) and layer.get("activation") and i < len(layers) - 1
            else layer
            for i, layer in enumerate(layers)
        ]
    return change


def with_default_weights(case: Case) -> dict[str, Any]:
    """The layers without initializers of their own; nothing, where none has one."""
    layers = case.spec.get("layers", ())
    plain = [
        {key: value for key, value in layer.items() if not key.endswith("_initializer")}
        if isinstance(layer, Mapping)
        else layer
        for layer in layers
    ]
    return {"layers": plain} if plain != list(layers) else {}


def in_each_block(case: Case, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> dict[str, Any]:
    """The layers with a change in each table that names a class, however deep; nothing, where none changes."""

    def changed(value: Any) -> Any:
        if isinstance(value, Mapping):
            inner = {key: changed(one) for key, one in value.items()}
            return change(inner) if "class" in inner else inner
        return [changed(one) for one in value] if isinstance(value, list | tuple) else value

    before = list(case.spec.get("layers", ()))
    after = changed(before)
    return {"layers": after} if after != before else {}


def epochs_times(case: Case, factor: float) -> dict[str, Any]:
    """Another number of epochs."""
    done = len(case.history.get("loss", ())) or case.epochs
    return {"epochs": max(1, round(done * factor))}
