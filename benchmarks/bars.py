"""The bars that Pellucid is held to, and what was measured of each."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Results = dict[str, Any]
MB = 1e6


@dataclass(frozen=True)
class Bar:
    """A number that must be at least, or at most, so much."""

    what: str
    limit: float
    measure: Callable[[Results], float | None]  # None where it was not measured
    unit: str = "x"
    at_least: bool = True

    def met(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit


def found(results: Results, task: str, library: str) -> dict[str, Any] | None:
    """What was found of a library at a task, if it was measured."""
    one = results.get("tasks", {}).get(task, {}).get("libraries", {}).get(library, {})
    return one if one.get("times") else None


def ratios(one: dict[str, Any], base: dict[str, Any]) -> list[float]:
    """How many times as long as the base each round took."""
    return [mine / its for mine, its in zip(one["times"], base["times"], strict=False)]


def median_ratio(one: dict[str, Any] | None, base: dict[str, Any] | None) -> float | None:
    return statistics.median(ratios(one, base)) if one and base else None


def faster_than(task: str, *peers: str) -> Callable[[Results], float | None]:
    """How many times faster Pellucid is than the fastest of these."""

    def measure(results: Results) -> float | None:
        own = found(results, task, "pellucid")
        measured = [median_ratio(found(results, task, peer), own) for peer in peers]
        return min((ratio for ratio in measured if ratio is not None), default=None)

    return measure


def median_of(*path: str) -> Callable[[Results], float | None]:
    """The median of a list somewhere in the results."""

    def measure(results: Results) -> float | None:
        at: Any = results
        for name in path:
            at = at.get(name, {})
        return statistics.median(at) if at else None

    return measure


def scaled(measure: Callable[[Results], float | None], factor: float) -> Callable[[Results], float | None]:
    def times(results: Results) -> float | None:
        value = measure(results)
        return None if value is None else value * factor

    return times


def peak(results: Results, kind: str, of: str = "all") -> float | None:
    """The machine's limit, "flops" or "bandwidth", of "one" core or "all": the best of the run's measurements."""
    return max((limits[kind][of] for limits in results.get("limits", [])), default=None)


def share_of_peak(task: str) -> Callable[[Results], float | None]:
    """Percent of the FMA peak."""

    def measure(results: Results) -> float | None:
        own, most = found(results, task, "pellucid"), peak(results, "flops")
        if own is None or most is None:
            return None
        return 100 * results["tasks"][task]["flops"] / statistics.median(own["times"]) / most

    return measure


def memory(task: str) -> Callable[[Results], float | None]:
    def measure(results: Results) -> float | None:
        own = found(results, task, "pellucid")
        return own["memory"] / MB if own else None

    return measure


def width_cliff(results: Results) -> float | None:
    return median_ratio(found(results, "width_46", "pellucid"), found(results, "width_45", "pellucid"))


def beside(all_cores: bool) -> Callable[[Results], float | None]:
    """Pellucid's time in times of its own single thread, with one core or all cores kept busy by others."""

    def measure(results: Results) -> float | None:
        load = results.get("load", {})
        libraries = load.get("loads", {}).get(str(load.get("cores", 1) if all_cores else 1), {})
        both = [libraries.get(name, {}) for name in ("pellucid", "pellucid_one")]
        return median_ratio(*both) if all(one.get("times") for one in both) else None

    return measure


PYTORCH = ("torch", "torch_fused")
BARS = (
    Bar("784-128-10, batch 32: faster than JAX `jit`+`scan`", 2, faster_than("mnist_32", "jax")),
    Bar("784-128-10, batch 32: faster than PyTorch fused", 5, faster_than("mnist_32", "torch_fused")),
    Bar("784-128-10, batch 32: faster than scikit-learn", 8, faster_than("mnist_32", "sklearn")),
    Bar("784-128-10, batch 32: faster than Keras on TensorFlow", 25, faster_than("mnist_32", "keras_tf")),
    Bar("784-128-10, batch 32: peak memory", 350, memory("mnist_32"), "MB", at_least=False),
    Bar("784-128-10, batch 128: faster than JAX `jit`+`scan`", 1.8, faster_than("mnist_128", "jax")),
    Bar("784-128-10, batch 512: faster than JAX `jit`+`scan`", 1.3, faster_than("mnist_512", "jax")),
    Bar("XOR: faster than PyTorch (the faster of eager and fused)", 100, faster_than("xor", *PYTORCH)),
    Bar("XOR: one step", 2, scaled(median_of("tasks", "xor", "libraries", "pellucid", "times"), 1e6), "µs", False),
    Bar("table: faster than JAX `jit`+`scan`", 2, faster_than("tabular", "jax")),
    Bar("table: faster than PyTorch (the faster of eager and fused)", 10, faster_than("tabular", *PYTORCH)),
    Bar("784-1024-1024-10: not behind JAX `jit`+`scan`", 1, faster_than("wide", "jax")),
    Bar("784-1024-1024-10: of the measured FMA peak", 75, share_of_peak("wide"), "%"),
    Bar("10-w-w-10: w = 46 in times of w = 45", 1.2, width_cliff, at_least=False),
    Bar("one row predicted: ahead of ONNX Runtime", 1, faster_than("predict_one", "onnxruntime")),
    Bar("one core busy: in times of one thread beside the same", 1.3, beside(all_cores=False), at_least=False),
    Bar("all cores busy: in times of one thread beside the same", 1.3, beside(all_cores=True), at_least=False),
    Bar("import", 0.15, median_of("startup", "pellucid", "import"), "s", False),
    Bar("start to first step, from the cache", 0.5, median_of("startup", "pellucid", "first_step"), "s", False),
    Bar("start to first step, first run ever", 10, median_of("startup", "pellucid", "first_ever"), "s", False),
)
