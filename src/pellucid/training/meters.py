"""The numbers of an epoch: the mean loss and every metric, growing batch by batch."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array, Parts, parts_of
from ..errors import NotReady, Told, WrongType
from ..losses import Loss
from ..metrics import Mean, Metric, resolve, settled
from ..metrics.mean import MeanOverSamples
from ..metrics.resolve import of_quantities


@dataclass
class Meter:
    """A metric of one output: whether it sees the sample weights, its name in the logs, and that of the output where
    there are several. It counts as a metric does, what is given in a list or by the outputs' names."""

    metric: Metric
    weighted: bool
    output: int
    name: str
    of: str = ""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch of all outputs in."""
        self.metric.update_state(*map(self._mine, (y_true, y_pred, sample_weight)))

    def _mine(self, given: Any) -> Any:
        if isinstance(given, Mapping):
            return given.get(self.of)
        return given[self.output] if isinstance(given, list | tuple) else given

    def result(self) -> Any:
        """Of what was counted since the last reset."""
        return self.metric.result()

    def reset_state(self) -> None:
        """Forget everything counted."""
        self.metric.reset_state()

    def found(self) -> dict[str, Any]:
        """Its result; one that is a mapping adds its entries."""
        value = self.metric.result()
        for one in value.values() if isinstance(value, dict) else [value]:
            if np.asarray(one).dtype.kind not in "biuf":
                raise WrongType(f"metric {self.name!r}, what result() returns", "a number or an array of numbers", one)
        if isinstance(value, dict):
            prefix = self.name.removesuffix(self.metric.name)
            return {f"{prefix}{name}": number for name, number in value.items()}
        return {self.name: value if np.ndim(value) else float(value)}


class Meters:
    """The loss averaged over samples, and the metrics `compile` was given, a list for each output.

    Of several outputs, each one's own loss and metrics are told after its name: "a_loss", "a_accuracy"; where outputs
    have no names, `prefixed` is False, and a metric is told by its own.

    Words like "accuracy" become the binary, categorical or sparse metric when the first batch shows the shapes.
    Weighted metrics see the sample weights, the others don't, as in Keras; and as there, a weighted one whose name
    another metric has is called "weighted_..." of that name, further ones "..._1", "..._2". Where a batch was not
    finite, no number of the whole is: a mean of those before it would look better than it is.
    """

    def __init__(
        self, metrics: Sequence[Sequence[Any]], weighted_metrics: Sequence[Sequence[Any]], outputs: Sequence[str] = (),
        judged: Mapping[int, str] | None = None, prefixed: bool = True,
    ) -> None:  # fmt: skip
        self.outputs, self.prefixed = tuple(outputs), prefixed
        self.judged = judged or {}  # which outputs have a loss that is told apart, and by which name
        self.given = [
            (settled(m), weighted, output)
            for weighted, of_outputs in ((False, metrics), (True, weighted_metrics))
            for output, mine in enumerate(of_outputs)
            for m in mine
        ]
        for metric, *_ in self.given:
            resolve(metric, (None,), (None, 2))  # a wrong name is told now, not at the first batch
        self.metrics: list[Meter] | None = None
        self.loss = Mean(name="loss")
        self.reset()

    @property
    def loss_sum(self) -> float:
        """Of all samples."""
        return float(self.loss.counted()["total"])

    @property
    def samples(self) -> int:
        """How many were counted."""
        return int(self.loss.counted()["count"])

    def set_loss(self, loss_sum: float, samples: int) -> None:
        """Count on from here."""
        self.loss.state = {"total": loss_sum, "count": float(samples)}

    def told_apart(self) -> list[Any]:
        """The loss, and each metric, as a step of the user's own counts with them."""
        return [self.loss, *(meter if self.outputs else meter.metric for meter in self.metrics or ())]

    @property
    def loss_names(self) -> list[str]:
        """Of the losses of several outputs."""
        return list(self.judged.values())

    def reset(self) -> None:
        """Forget everything counted."""
        self.set_loss(0.0, 0)
        self.loss_sums = [0.0] * len(self.outputs)
        self.told: dict[str, Any] | None = None  # by a step of the user's own
        for meter in self.metrics or ():
            meter.metric.reset_state()

    def count(
        self, loss: float, y_true: Any, y_pred: Any, sample_weight: Any, of: Sequence[Loss | None] = (None,),
        each: Sequence[float] = (), masks: Sequence[Array | None] = (),
    ) -> None:  # fmt: skip
        """Count one batch in; `of` are the losses that gave the number, `each` what they gave, output by output; masks:
        which of an output's numbers count."""
        self.set_loss(self.loss_sum + loss * len(y_pred), self.samples + len(y_pred))
        self.loss_sums = [total + one * len(y_pred) for total, one in zip(self.loss_sums, each, strict=False)]
        self.count_metrics(y_true, y_pred, sample_weight, of, masks)

    def count_metrics(
        self, y_true: Any, y_pred: Any, sample_weight: Any, of: Sequence[Loss | None] = (None,),
        masks: Sequence[Array | None] = (),
    ) -> None:  # fmt: skip
        """Count one batch into every metric."""
        ys, outputs = parts_of(y_true), parts_of(y_pred)
        weights = parts_of(sample_weight, len(outputs))
        for meter in self.resolved(y_true, y_pred, of):
            given = weights[meter.output] if meter.weighted else None
            mask = masks[meter.output] if masks else None
            if mask is not None and isinstance(meter.metric, MeanOverSamples):
                given = masked_weights(given, mask)
            meter.metric.update_state(ys[meter.output], outputs[meter.output], given)

    def spoil(self, y_true: Any, shapes: Sequence[tuple[int, ...]], of: Sequence[Loss | None]) -> None:
        """Count in a batch whose loss or gradient is not finite; its outputs would have these shapes (B, ...)."""
        self.resolved(y_true, Parts(np.broadcast_to(0.0, shape) for shape in shapes), of)
        self.set_loss(math.nan, max(self.samples, 1))

    def resolved(self, y_true: Any, y_pred: Any, of: Sequence[Loss | None] = (None,)) -> list[Meter]:
        """The metrics, their words made definite by the shapes of a first batch and the loss; names made unique."""
        if self.metrics is None:
            ys, outputs = parts_of(y_true), parts_of(y_pred)
            if any(of_quantities(given, ys[output], of[output]) for given, _, output in self.given):
                warnings.warn(
                    "compile, argument metrics: accuracy counts hits among classes, but the loss and the targets are "
                    "those of quantities; use 'mae' or R2Score() there.",
                    stacklevel=2,
                )
            self.metrics = []
            taken = {"loss"}
            for given, weighted, output in self.given:
                prefix = f"{self.outputs[output]}_" if self.outputs and self.prefixed else ""
                if ys[output] is None:
                    raise NotReady(f"y, output {self.outputs[output]!r}", "targets for its metrics", Told("none"))
                metric = resolve(given, ys[output].shape, outputs[output].shape, of[output])
                mine = {name.removeprefix(prefix) for name in taken if name.startswith(prefix)}
                metric.name = _unused(metric.name, mine, weighted)
                taken.add(prefix + metric.name)
                of_output = self.outputs[output] if self.outputs else ""
                self.metrics.append(Meter(metric, weighted, output, prefix + metric.name, of_output))
        return self.metrics

    def results(self) -> dict[str, Any]:
        """What a step of the user's own told last; else what was counted."""
        return self.counted() if self.told is None else dict(self.told)

    def counted(self) -> dict[str, Any]:
        """The loss and each metric's result so far, by name; a metric whose result is a mapping adds its entries."""
        logs: dict[str, Any] = {"loss": self.loss_sum / max(self.samples, 1)}
        finite = math.isfinite(logs["loss"])
        for output, name in self.judged.items():
            logs[name] = self.loss_sums[output] / max(self.samples, 1) if finite else math.nan
        for meter in self.metrics or ():
            found = meter.found()
            logs |= found if finite else {name: _unknown(number) for name, number in found.items()}
        return logs

    def state(self) -> dict[str, Array]:
        """Everything counted, as arrays, for a checkpoint in the middle of an epoch."""
        arrays = {"loss": np.array([self.loss_sum, self.samples, *self.loss_sums])}
        for meter in self.metrics or ():
            arrays |= {f"{meter.name}/{name}": np.array(value) for name, value in meter.metric.state.items()}
        return arrays

    def load_state(
        self, arrays: dict[str, Array], shapes: tuple[Any, Any], of: Sequence[Loss | None] = (None,)
    ) -> None:
        """Go on counting from a checkpoint; `shapes` is one batch of (y_true, y_pred)."""
        self.reset()
        self.set_loss(float(arrays["loss"][0]), int(arrays["loss"][1]))
        self.loss_sums = [float(total) for total in arrays["loss"][2:]]
        for meter in self.resolved(*shapes, of):
            metric, prefix = meter.metric, f"{meter.name}/"
            counted = {n.removeprefix(prefix): v for n, v in arrays.items() if n.startswith(prefix)}
            metric.load_state({name: np.asarray(v) if np.ndim(v) else float(v) for name, v in counted.items()})


def masked_weights(weights: Array | None, mask: Array) -> Array:
    """Weights (B,) or finer, 0 where the mask (B, T) says that nothing counts."""
    if weights is None:
        return mask.astype("float32")
    axes = max(weights.ndim, mask.ndim)
    found: Array = np.multiply(*(one.reshape(one.shape + (1,) * (axes - one.ndim)) for one in (weights, mask)))
    return found


def _unused(name: str, taken: set[str], weighted: bool) -> str:
    """A name that no metric before has.

    >>> _unused("acc", {"acc"}, True), _unused("acc", {"acc"}, False), _unused("acc", {"acc", "weighted_acc"}, True)
    ('weighted_acc', 'acc_1', 'weighted_acc_1')
    """
    if weighted and name in taken:
        name = f"weighted_{name}"
    found, n = name, 0
    while found in taken:
        n += 1
        found = f"{name}_{n}"
    return found


def _unknown(value: Any) -> Any:
    """NaN in the place of a number, or of each of several."""
    return np.full(np.shape(value), math.nan) if np.ndim(value) else math.nan
