"""ReduceLROnPlateau: smaller steps once larger ones no longer help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ... import checks
from ...errors import WrongType
from .base import Logs
from .learning_rate_scheduler import log_learning_rate
from .monitor import Monitoring


class ReduceLROnPlateau(Monitoring):
    """learning rate ← max(learning rate · factor, min_lr) once `monitor` has not improved for `patience` epochs.

    min_delta: how much better counts as an improvement. cooldown: epochs after a reduction that are not counted.
    The learning rate is logged as "learning_rate". It must be a plain number: a schedule sets its own.
    The product is that of the decimal numbers as one writes them: 0.1 · 0.1 is 0.01, as in Keras, where float32 has it
    so, and not 0.010000000000000002.

    >>> reducing = ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=3, min_lr=1e-5)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.factor = checks.number(self.where("factor"), factor, above=0, below=1)
        self.patience = checks.integer(self.where("patience"), patience, minimum=0)
        self.verbose = verbose
        self.cooldown = checks.integer(self.where("cooldown"), cooldown, minimum=0)
        self.min_lr = checks.number(self.where("min_lr"), min_lr, minimum=0)
        self._forget()

    def _forget(self) -> None:
        self.best: float | None = None
        self.cooldown_counter = self.wait = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._forget()
        self.check_measured()
        self.model.optimizer.one_rate("ReduceLROnPlateau")
        if self.model.optimizer.schedule is not None:
            raise WrongType(
                "ReduceLROnPlateau", "an optimizer whose learning rate is a number", self.model.optimizer,
                "Compile with a number, or leave the learning rate to the schedule.",
            )  # fmt: skip

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        log_learning_rate(logs, self.model)
        current = self.monitored(logs)
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.better(current, self.best):
            self.best, self.wait = current, 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def _reduce(self, epoch: int) -> None:
        optimizer = self.model.optimizer
        if optimizer.learning_rate <= self.min_lr:
            return
        optimizer.learning_rate = max(decimal_product(optimizer.learning_rate, self.factor), self.min_lr)
        self.cooldown_counter, self.wait = self.cooldown, 0
        if self.verbose > 0:
            print(f"Epoch {epoch + 1}: learning rate reduced to {optimizer.learning_rate:.6g}")

    def in_cooldown(self) -> bool:
        """Whether the last reduction is too recent to count."""
        return self.cooldown_counter > 0

    def state(self) -> dict[str, Any]:
        return {"best": self.best, "wait": self.wait, "cooldown_counter": self.cooldown_counter}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.best, self.wait = state["best"], state["wait"]
        self.cooldown_counter = state["cooldown_counter"]


def decimal_product(a: float, b: float) -> float:
    """The float nearest to the product of two numbers, each taken as the shortest decimal number that stands for it.

    >>> decimal_product(0.1, 0.1), 0.1 * 0.1
    (0.01, 0.010000000000000002)
    """
    from decimal import Decimal, localcontext  # here, so that importing the library stays quick

    with localcontext() as context:
        context.prec = 40  # two numbers of up to 17 digits: the product is exact, and is rounded once
        return float(Decimal(repr(float(a))) * Decimal(repr(float(b))))
