"""The arguments that optimizers share, as types: for `**options`."""

from __future__ import annotations

from typing import TypedDict


class CommonOptions(TypedDict, total=False):
    """Arguments that every optimizer takes, with the same defaults."""

    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None
    name: str | None


class OptimizerOptions(CommonOptions, total=False):
    """Arguments of an optimizer that decays no weights unless told to."""

    weight_decay: float | None
