"""What a loss is: one value per sample, its gradient beside it, and one way to reduce many values to a number.

A loss file holds plain functions, `mean_squared_error(y_true, y_pred)` and right under it
`mean_squared_error_grad(y_true, y_pred)`, and a class that gives them a name, options and a config.

Letters: t = y_true, y = y_pred, z = y_pred where it is logits, B the batch, O outputs, C classes, k a class number.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypedDict

import numpy as np

from .. import checks
from ..arrays import Array, Shape
from ..errors import InvalidArgument, ShapeError, Told, WrongType
from ..program import CannotLower, Program
from ..registry import Family, Part, get_custom_objects, snake
from ..wiring import FROM_ABOVE
from .lowering import Places
from .targets import aligned, alike, floating, has_axis, numeric, spread

EPSILON = 1e-7  # keras.config.epsilon(): what Keras keeps logarithms and divisors away from 0 by
REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)

Function = Callable[[Array, Array], Any]


class LossFamily(Family["Loss"]):
    """Losses may also be named by the functions of this package, and saved ones by Keras's form for functions."""

    def get(self, identifier: Any, where: str = "") -> Loss:
        """The loss that a name, a config, a class, one of this package's functions, or a loss stands for."""
        if callable(identifier) and not isinstance(identifier, Part | type):
            name = getattr(identifier, "__name__", repr(identifier))
            if (getattr(identifier, "__module__", None) or "").startswith(__package__) and name in self.names:
                return self.names[name]()
            return CustomLoss(identifier)
        return super().get(identifier, where)

    def serialize(self, part: Loss) -> Any:
        """The saved form; a loss made by `custom` is saved under its own name."""
        saved = super().serialize(part)
        if isinstance(part, CustomLoss):
            saved |= {"class_name": part.name, "registered_name": part.name}
        if self.names.get("crossentropy") is type(part):
            return "crossentropy"  # which one, no data have told yet
        return saved

    def deserialize(self, saved: Any, custom_objects: Mapping[str, Any] | None = None, where: str = "") -> Loss:
        """The loss of a name or of a saved form, Keras's form for functions included."""
        if isinstance(saved, Mapping) and saved.get("class_name") == "function":
            saved = saved.get("config")
        custom = {**get_custom_objects(), **(custom_objects or {})}
        if isinstance(saved, str):
            return self.get(custom.get(saved, saved), where)
        mine = custom.get(str(saved.get("class_name"))) if isinstance(saved, Mapping) else None
        if callable(mine) and not isinstance(mine, Part | type):
            mine = CustomLoss(mine)
        if isinstance(mine, CustomLoss):
            return mine.with_config(saved.get("config") or {})
        return super().deserialize(saved, custom_objects, where)


losses = LossFamily("loss", "keras.losses")


class Loss(Part):
    """L(y_true, y_pred). Shapes: y_true and y_pred (B, ..., O), values (B, ...), gradient as y_pred.

    reduction: "sum_over_batch_size" (also "mean"): the weighted values' sum over their number;
    "sum": their sum; "mean_with_sample_weight": their sum over the weights' sum; "none": the values themselves
    (training then takes the mean of those that count).
    dtype: what to compute in; None keeps that of y_pred.

    A loss of your own writes `call(y_true, y_pred)` with `pellucid.ops`, which gives the values, as in Keras; or
    `values` and, by hand, `gradient`. A function will do, too: `losses.custom`.
    """

    family = losses
    by_rows: ClassVar[bool] = True  # whether each value is formed over one axis of y_pred, which the NumPy script asks
    formula: ClassVar[str] = ""  # one of the `values`, for `explain`: "mean (y − t)²"
    formula_logits: ClassVar[str] = ""  # dvalue/dz, where it is computed from the logits z: "softmax(z) − t"
    hint = (
        "Write call(y_true, y_pred) with pellucid.ops, or values(y_true, y_pred) and its gradient(y_true, y_pred), or "
        "make the loss from a function: losses.custom(f)."
    )
    axis: Any = -1  # the axis of y_pred over which one value is formed; also several, or None for all of it

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: str | None = None
    ) -> None:
        if name is not None and not isinstance(name, str):
            raise WrongType(self.where("name"), "a string", name)
        self.name = name or snake(type(self).__name__)
        self.reduction = checks.one_of(self.where("reduction"), reduction, REDUCTIONS)
        self.dtype = dtype if dtype is None else checks.dtype(self.where("dtype"), dtype)

    def __init_subclass__(cls, **options: Any) -> None:
        """A class that writes `call` gets the gradient from what that does to tensors."""
        super().__init_subclass__(**options)
        if "call" in vars(cls) and "values" not in vars(cls):
            cls.values, cls.gradient = _values_of_call, _gradient_of_call  # type: ignore[method-assign]

    # What a loss writes ------------------------------------------------------------------------------------------

    @abstractmethod
    def values(self, y_true: Array, y_pred: Array) -> Array:
        """The loss of each sample, (B, ...): the mean over the last axis of y_pred (B, ..., O)."""
        raise self._lacks("values(y_true, y_pred)")

    @abstractmethod
    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        """dvalues/dy_pred, of y_pred's shape: how each sample's own value changes with its outputs."""
        raise self._lacks("gradient(y_true, y_pred)")

    def from_logits_of(self, activation: str) -> Loss | None:
        """The same loss computed from what enters `activation` ('softmax', 'sigmoid'), if there is one.

        Behind a softmax the cross-entropy of the logits neither overflows nor loses its gradient; training uses it.
        """
        return None

    def settle(self, y_true: Shape, y_pred: Shape) -> None:
        """Become definite for targets and outputs of these shapes, where a word has left open which loss it is."""

    def counted(self, y_true: Array) -> Array | None:
        """Which of the values count, as booleans of their shape; None when all do."""
        return None

    def check(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        """Both as floating arrays of one shape; (B,) targets for (B, 1) outputs gain an axis."""
        return alike(self.name, y_true, y_pred)

    # For the compiled engine:
    targets: ClassVar[str] = "numbers"  # what its kernels read: "numbers" like y_pred's, or "classes", whole ones
    assures: ClassVar[str] = ""  # what `check` asks of the data beyond their shapes, in a word
    ignore_class: int | None = None  # the class whose values do not count

    def lower(self, code: Program, at: Places) -> None:
        """Emit, for the compiled engine, the values and dL/dy."""
        raise CannotLower(f"loss {self.name!r}")

    def can_lower(self) -> bool:
        """Whether `lower` speaks for the values: those of a class or a function of the user's own are unknown to it."""
        return type(self).__module__.startswith(f"{__package__}.") and self.axis == -1

    # What every loss has -----------------------------------------------------------------------------------------

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The reduced loss, a number (or the values, with reduction "none").

        >>> from pellucid.losses import MeanSquaredError
        >>> float(MeanSquaredError()([[0.0], [1.0]], [[1.0], [1.0]]))
        0.5
        """
        y_true, y_pred, values, weights, scale = self._evaluated(y_true, y_pred, sample_weight)
        weighted = values if weights is None else values * weights
        if self.reduction in ("none", None):
            return weighted
        return values.dtype.type(weighted.sum(dtype=np.float64) * scale)

    def value_and_gradient(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Array | None = None
    ) -> tuple[float, Array]:
        """The number that training minimizes, and its gradient with respect to y_pred. mask: which values count.

        >>> from pellucid.losses import MeanSquaredError
        >>> MeanSquaredError().value_and_gradient([[0.0, 1.0]], [[1.0, 1.0]])
        (0.5, array([[1., 0.]], dtype=float32))
        """
        given = floating(f"{self.name}, y_pred", y_pred)
        y_true, y_pred, values, weights, scale = self._evaluated(y_true, given, sample_weight, mask)
        weighted = values if weights is None else values * weights
        slope = np.full_like(values, scale) if weights is None else weights * values.dtype.type(scale)
        dy = self._weighted_gradient(slope, y_true, y_pred)
        return float(weighted.sum(dtype=np.float64) * scale), dy.astype(given.dtype, copy=False).reshape(given.shape)

    def _evaluated(
        self, y_true: Any, y_pred: Any, sample_weight: Any, mask: Array | None = None
    ) -> tuple[Array, Array, Array, Array | None, float]:
        """(y_true, y_pred, values, weights, scale), the first two checked, the last two as `_weighting` has them."""
        y_pred = floating(f"{self.name}, y_pred", y_pred, self.dtype)
        has_axis(self.name, y_pred, self.axis)
        y_true, y_pred = self.check(y_true, y_pred)
        values = np.asarray(self.values(y_true, y_pred))
        return y_true, y_pred, values, *self._weighting(y_true, values, sample_weight, mask)

    def _weighting(
        self, y_true: Array, values: Array, sample_weight: Any, mask: Array | None = None
    ) -> tuple[Array | None, float]:
        """(one weight per value or None, the factor by which the weighted sum becomes the loss).

        Where weights (B, 1) meet values (B, T), Keras divides "mean_with_sample_weight" by the B weights' sum, T times
        too little; here it is the weighted mean.
        """
        weights = None
        if sample_weight is not None:
            w = numeric(f"{self.name}, sample_weight", sample_weight).astype(values.dtype, copy=False)
            weights = spread(self.name, w, values.shape)
        counted = self.counted(y_true)
        if mask is not None:
            spread_mask = spread(f"{self.name}, mask", mask, values.shape)
            counted = spread_mask if counted is None else counted & spread_mask
        number = float(values.size if counted is None else counted.sum())
        if counted is not None:
            weights = counted.astype(values.dtype) if weights is None else weights * counted
        if self.reduction == "sum":
            return weights, 1.0
        if self.reduction == "mean_with_sample_weight" and weights is not None:
            number = float(weights.sum(dtype=np.float64))
        return weights, 1.0 / number if number else 0.0

    def _weighted_gradient(self, slope: Array, y_true: Array, y_pred: Array) -> Array:
        """Σ slope · dvalue/dy_pred; a function is followed back with the slopes: its values may mix the samples."""
        if (f := self._derives_from()) is not None:
            return _slope(self, f, y_true, y_pred, slope)
        return self._own_gradient(y_true, y_pred) * self._spread(slope, y_pred)

    def _derives_from(self) -> Function | None:
        """The function of tensors whose gradient is the loss's, if there is one."""
        return self.call if type(self).gradient is _gradient_of_call else None  # type: ignore[attr-defined]

    def _own_gradient(self, y_true: Array, y_pred: Array) -> Array:
        gradient = np.asarray(self.gradient(y_true, y_pred))
        if gradient.shape != y_pred.shape:
            raise ShapeError(f"{self.name}, gradient", f"the shape of y_pred, {y_pred.shape}", gradient.shape)
        return gradient

    def _spread(self, slope: Array, y_pred: Array) -> Array:
        """The values' slopes with an axis for each one of y_pred that a value was formed over."""
        if slope.ndim == y_pred.ndim - 1:
            wide = np.expand_dims(slope, self.axis)
        else:
            wide = slope.reshape(slope.shape + (1,) * (y_pred.ndim - slope.ndim))
        if wide.ndim != y_pred.ndim or any(n not in (1, m) for n, m in zip(wide.shape, y_pred.shape, strict=True)):
            told = f"one per sample, for outputs {y_pred.shape}"
            raise ShapeError(f"loss {self.name!r}, the values that it returns", told, slope.shape)
        return wide

    def _lacks(self, method: str) -> InvalidArgument:
        return InvalidArgument(
            f"loss {type(self).__name__}", f"a method {method}", Told("a class without it"),
            "Write it, or make the loss from a function: losses.custom(f).",
        )  # fmt: skip

    def __repr__(self) -> str:
        options = ", ".join(f"{k}={v!r}" for k, v in self.get_config().items())
        return f"{type(self).__name__}({options})"


class LossOptions(TypedDict, total=False):
    """Arguments that every loss takes."""

    reduction: str | None
    name: str | None
    dtype: str | None


class StandardLoss(Loss):
    """A loss of the library's own. As in Keras these take `reduction` first, where `Loss` itself takes `name`."""

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype: str | None = None
    ) -> None:
        super().__init__(name, reduction, dtype)


def _derived(loss: Loss, f: Function) -> Any:
    """The gradient of a function, derived once for each loss."""
    if "_derived" not in loss.__dict__:
        loss.__dict__["_derived"] = FROM_ABOVE["derived"](f, f"loss {loss.name!r}")
    return loss.__dict__["_derived"]


def _slope(loss: Loss, f: Function, y_true: Array, y_pred: Array, slope: Array | None = None) -> Array:
    """Σ slope · dvalue/dy_pred, from what f does to tensors; each slope is 1 unless they are given."""
    values = loss.values(y_true, y_pred)
    targets = np.asarray(y_true, y_pred.dtype)
    slope = np.ones_like(values) if slope is None else slope
    return np.asarray(_derived(loss, f).gradients(slope, values, targets, y_pred)[1])


def _values_of_call(self: Any, y_true: Array, y_pred: Array) -> Array:
    return _values_of(self, self.call, y_true, y_pred)


def _values_of(loss: Loss, f: Function, y_true: Array, y_pred: Array) -> Array:
    """What a function of tensors gives for arrays; where it fails, what it may not do to tensors is told."""
    try:
        found = f(y_true, y_pred)
    except Exception:
        _derived(loss, f).check(y_true, y_pred)
        raise
    return _returned(loss, found, y_pred)


def _returned(loss: Loss, found: Any, y_pred: Array) -> Array:
    """What a function of the user's gave, as an array in the dtype of y_pred."""
    values = np.asarray(found)
    if values.dtype.kind not in "biuf":
        raise WrongType(f"loss {loss.name!r}, what it returns", "numbers, one per sample", found)
    return values.astype(y_pred.dtype, copy=False)


def _gradient_of_call(self: Any, y_true: Array, y_pred: Array) -> Array:
    return _slope(self, self.call, y_true, y_pred)


class CustomLoss(Loss):
    """A loss made from one function or two; see `custom`."""

    def __init__(
        self,
        f: Function,
        f_grad: Function | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: str | None = None,
    ) -> None:
        for argument, function in (("f", f), ("f_grad", f_grad)):
            if not callable(function) and not (function is None and argument == "f_grad"):
                raise WrongType(f"losses.custom, argument {argument}", "a function of (y_true, y_pred)", function)
        super().__init__(name or getattr(f, "__name__", "custom_loss"), reduction, dtype)
        self.f, self.f_grad = f, f_grad

    def values(self, y_true: Array, y_pred: Array) -> Array:
        if self.f_grad is None:
            return _values_of(self, self.f, y_true, y_pred)
        return _returned(self, self.f(y_true, y_pred), y_pred)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        if self.f_grad is None:
            return _slope(self, self.f, y_true, y_pred)
        return _returned(self, self.f_grad(y_true, y_pred), y_pred)

    def _derives_from(self) -> Function | None:
        return self.f if self.f_grad is None else None

    def check(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        """Both as arrays; the targets' shape and their whole numbers are the user's own affair."""
        y_pred = floating(f"{self.name}, y_pred", y_pred)
        y_true = numeric(f"{self.name}, y_true", y_true)
        return aligned(y_true.astype(y_pred.dtype) if y_true.dtype.kind == "f" else y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        """All but the two functions, which no file can hold."""
        return {"name": self.name, "reduction": self.reduction, "dtype": self.dtype}

    def with_config(self, config: Mapping[str, Any]) -> CustomLoss:
        """The same functions under a saved config."""
        return CustomLoss(self.f, self.f_grad, **{**self.get_config(), **config})


def custom(
    f: Function, f_grad: Function | None = None, name: str | None = None, reduction: str | None = "sum_over_batch_size"
) -> CustomLoss:
    """A loss of the user's own: values f(y_true, y_pred) (B, ...), and their gradient f_grad, of y_pred's shape.

    Without f_grad, f is written with Python's operators and `pellucid.ops`, whose gradients then make it; it may also
    be given to `compile` as it is.

    >>> quartic = custom(
    ...     lambda y_true, y_pred: ((y_pred - y_true) ** 4).mean(axis=-1),
    ...     lambda y_true, y_pred: 4 * (y_pred - y_true) ** 3 / y_pred.shape[-1],
    ...     name="quartic",
    ... )
    >>> quartic.value_and_gradient([[0.0]], [[2.0]])
    (16.0, array([[32.]], dtype=float32))

    To let saved models name it, register it: `get_custom_objects()["quartic"] = quartic`.
    """
    return CustomLoss(f, f_grad, name, reduction)
