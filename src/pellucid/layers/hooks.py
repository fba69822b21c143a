"""Classes that are written for Keras's automatic differentiation, told apart before they do nothing."""

from __future__ import annotations

from ..errors import InvalidArgument, Told

# What Keras calls and nothing here does: written by a user, it would be passed over in silence.
KERAS_HOOKS = ("call", "train_step", "test_step", "predict_step", "compute_loss")
HERE = __name__.partition(".")[0]


def refuse_hooks(cls: type, hint: str) -> None:
    """Refuse a class that writes what nothing here calls."""
    for owner in cls.__mro__:
        for hook in getattr(cls, "keras_hooks", KERAS_HOOKS):
            mine = str(owner.__module__).partition(".")[0] == HERE or "forward" in vars(owner)
            if hook in vars(owner) and not mine:
                raise InvalidArgument(
                    f"class {cls.__name__}", "forward and backward", Told(f"{hook}, which Keras would call"), hint
                )
