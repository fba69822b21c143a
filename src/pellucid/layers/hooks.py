"""Classes that are written for Keras's automatic differentiation, told apart before they do nothing."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InvalidArgument, Told
from ..registry import is_ours

# What Keras calls and nothing here does: written by a user, it would be passed over in silence.
KERAS_HOOKS = ("call", "train_step", "test_step", "predict_step", "compute_loss")


def refuse_hooks(cls: type, hooks: Sequence[str], hint: str) -> None:
    """Refuse a class that writes what nothing here calls."""
    for owner in cls.__mro__:
        for hook in hooks:
            if hook in vars(owner) and not is_ours(owner) and "forward" not in vars(owner):
                expected = "forward and backward" if hook == "call" else "methods that are called here"
                raise InvalidArgument(f"class {cls.__name__}", expected, Told(f"{hook}, which Keras would call"), hint)
