"""scikit-learn's own callbacks (`set_callbacks`, from its version 1.9 on): `fit` is a task, each epoch one within."""

from __future__ import annotations

from typing import Any, Self

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing to support."""

    def with_callbacks(method: Any) -> Any:
        """The method as it is."""
        return method


__all__ = ["CallbackSupportMixin", "Teller", "with_callbacks"]


class Teller:
    """Tells an estimator's scikit-learn callbacks how `fit` goes on."""

    def __init__(self, estimator: Any, epochs: int, x: Any, y: Any, weights: Any) -> None:
        self.estimator = estimator
        self.context: Any = None
        self.within: Any = None  # of the present epoch
        self.given = {"X": x, "y": y, "metadata": {} if weights is None else {"sample_weight": weights}}
        if hasattr(estimator, "_init_callback_context"):
            self.context = estimator._init_callback_context(max_subtasks=epochs)

    def __enter__(self) -> Self:
        if self.context is not None:
            self.context.call_on_fit_task_begin(estimator=self.estimator, **self.given)
        return self

    def __exit__(self, kind: Any, problem: Any, trace: Any) -> None:
        if self.context is not None and problem is None:
            self._end(self.context)

    def begin(self) -> None:
        """Called before an epoch."""
        if self.context is not None:
            within = self.context.subcontext(task_name="epoch")
            self.within = within.call_on_fit_task_begin(estimator=self.estimator, **self.given)

    def end(self) -> bool:
        """Called after an epoch; whether a callback wants training to stop."""
        return self.context is not None and self._end(self.within)

    def _end(self, context: Any) -> bool:
        """Tell that a task has ended, with the estimator as it now is."""
        return bool(context.call_on_fit_task_end(estimator=self.estimator, reconstruction_attributes={}, **self.given))
