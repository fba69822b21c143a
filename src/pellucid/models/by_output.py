"""What `compile` is told of a model with several outputs: losses, their weights and metrics, by name or in a list."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from .. import checks
from ..errors import InvalidArgument, Told
from ..losses.base import Loss, losses
from ..training.objective import Objective


def several_losses(names: Sequence[str], loss: Any, loss_weights: Any) -> Objective:
    """A loss for each output, and how much it counts. One loss serves all outputs; an output without one is only
    looked at."""
    given = _by_output("loss", names, loss) if _is_several(loss) else [loss] * len(names)
    found = [None if one is None else losses.get(one, f"compile, argument loss, output {name!r}")
             for name, one in zip(names, given, strict=True)]  # fmt: skip
    if not any(found):
        raise InvalidArgument("compile, argument loss", "a loss for some output", Told("none"))
    weights = [None] * len(names) if loss_weights is None else _by_output("loss_weights", names, loss_weights)
    where = "compile, argument loss_weights"
    numbers = [1.0 if w is None else checks.number(f"{where}, output {name!r}", w, minimum=0)
               for name, w in zip(names, weights, strict=True)]  # fmt: skip
    return Objective(tuple(found), tuple(numbers), tuple(names))


def names_of_losses(names: Sequence[str] | None, found: Sequence[Loss | None], given: Any) -> dict[int, str]:
    """By what logs call the loss of each output that has one, where more than one has: after the output, or, where
    outputs have no names, after the loss, as `compile` was given it. In Keras losses of one name are one number, the
    last one's; here they are counted."""
    words = given if isinstance(given, list | tuple) else [given] * len(found)
    judged = {i: loss for i, loss in enumerate(found) if loss is not None}
    told: dict[int, str] = {}
    if len(judged) < 2:
        return told
    for i, loss in judged.items():
        name = f"{names[i] if names else words[i] if isinstance(words[i], str) else loss.name}_loss"
        numbered = (f"{name}_{n}" if n else name for n in itertools.count())
        told[i] = next(one for one in numbered if one not in told.values())
    return told


def several_metrics(argument: str, names: Sequence[str], given: Any) -> list[list[Any]]:
    """The metrics of each output."""
    if given is None:
        return [[] for _ in names]
    each = _by_output(argument, names, given)
    return [[] if one is None else list(one) if isinstance(one, list | tuple) else [one] for one in each]


def _is_several(given: Any) -> bool:
    return isinstance(given, list | tuple) or (isinstance(given, Mapping) and "class_name" not in given)


def _by_output(argument: str, names: Sequence[str], given: Any) -> list[Any]:
    """One entry for each output; None for outputs that a dict leaves out."""
    where, outputs = f"compile, argument {argument}", ", ".join(repr(name) for name in names)
    if isinstance(given, Mapping) and "class_name" not in given:
        for name in given:
            if name not in names:
                raise InvalidArgument(where, f"names of outputs, {outputs}", name)
        return [given.get(name) for name in names]
    if not isinstance(given, list | tuple) or len(given) != len(names):
        raise InvalidArgument(
            where, f"one entry for each of the outputs {outputs}, in a list or a dict",
            Told(f"a list of {len(given)}") if isinstance(given, list | tuple) else given,
        )  # fmt: skip
    return list(given)
