"""A copy of a run whose recurrent layers can remember: to tell whether forgetting is what it lacks.

The biases are those of Tallec & Ollivier, "Can recurrent neural networks warp time?", ICLR (2018): a gate that begins
at σ(log T) keeps a state over about T steps.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..layers import GRU, LSTM
from .base import Case, once
from .copies import compiled, fresh
from .experiments import Trial, affordable, asked_for, judged, rows, train_copy
from .through_time import at_start


@once
def remembering(case: Case, *, longer: float) -> Trial | None:
    """The run again, `longer` times as many steps, with GRU in the place of SimpleRNN and gates that keep the state at
    first; None for a network that cannot be made again from its config."""
    asked_for(case)
    model = fresh(case)
    try:
        twin = type(model).from_config(gated(model.get_config()))
    except Exception:  # of a class of one's own, which may want anything
        return None
    if not twin.built:
        twin.build((None, *model.shape))
    for name, value in model.p.items():
        if name in twin.p and twin.p[name].shape == value.shape:
            twin.p[name][...] = value
    longest = max(len(reach.shares) for reach in at_start(case).values())
    for _, layer in twin.leaves():
        keep(layer, math.log(longest))
    steps = max(1, int(min(case.steps, affordable(case)) * longer))
    compiled(case, twin, steps)
    data = rows(case)
    stopped = train_copy(twin, data.x, data.y, case.batch_size, steps, data.weights)
    return Trial(*judged(case, twin), stopped, steps)


def gated(config: Any) -> Any:
    """A config in which every SimpleRNN is a GRU, which takes all that it takes.

    >>> gated({"class_name": "SimpleRNN", "config": {"units": 3}})
    {'class_name': 'GRU', 'config': {'units': 3}}
    """
    if isinstance(config, Mapping):
        found = {name: gated(value) for name, value in config.items()}
        return found | {"class_name": "GRU"} if found.get("class_name") == "SimpleRNN" else found
    return [gated(one) for one in config] if isinstance(config, list | tuple) else config


def keep(layer: Any, bias: float) -> None:
    """Have the gate that keeps the state begin at σ(bias)."""
    H = getattr(layer, "units", 0)
    if isinstance(layer, LSTM) and layer.use_bias:
        layer.p["bias"][H : 2 * H] = bias
    if isinstance(layer, GRU) and layer.use_bias:
        (layer.p["bias"][0] if layer.reset_after else layer.p["bias"])[:H] = bias
