"""Lambda: y = f(x), any function of tensors as a layer.     x (B, ...)   y (B, ...)"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, Unpack

from .. import checks
from ..errors import FileError, InvalidArgument, Told, WrongType
from ..registry import get_custom_objects, needs, registered_name
from .base import LayerOptions, layers
from .traced import Traced


@layers.add()
class Lambda(Traced):
    """y = f(x): the function is run on tensors, and what its layers and ops do to them becomes steps of the graph.

    function: takes a tensor, or a list or dict of them, and gives tensors; `training` too, if it wants it. arguments:
    further ones, by name. output_shape is taken for Keras's sake: the shape is found by running the function. mask:
    the mask of the output, as a function of (inputs, mask) or an array; without it the mask of the input ends here.

    A model with it is saved where the function has a name; whoever loads it passes the function: a file brings none.
    Keras writes the function's code into the file, and executes it with safe_mode=False.

    >>> Lambda(lambda x: x * 2.0 + 1.0)([[1.0, 2.0]])
    array([[3., 5.]], dtype=float32)
    """

    formula, formula_back = "y = f(x)", "dx = dy·∂y/∂x, op by op"

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: Mapping[str, Any] | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        if not callable(function):
            raise WrongType(self.where("function"), "a function of tensors", function)
        self.function, self.arguments = function, dict(arguments or {})
        self.mask, self.supports_masking = mask, mask is not None

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        told = {"training": training} if "training" in checks.parameters(self.function) else {}
        return self.function(inputs, **{**self.arguments, **told})

    def masks_output(self, masked: Sequence[bool]) -> bool:
        return self.supports_masking

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """What `mask` says; None where it says nothing."""
        return self.mask(inputs, previous_mask) if callable(self.mask) else self.mask

    def get_config(self) -> dict[str, Any]:
        """The function by its name."""
        if self.mask is not None:
            raise InvalidArgument(
                f"layer {self.name!r}, get_config", "no mask", Told("one"),
                "Write a layer of your own with compute_mask, and register it.",
            )  # fmt: skip
        name = getattr(self.function, "__name__", "")
        if not name.isidentifier():
            raise InvalidArgument(
                f"layer {self.name!r}, get_config", "a function with a name", Told("a lambda"),
                "Write it with def, and pass it as custom_objects when loading; or write a layer of your own.",
            )  # fmt: skip
        known = registered_name(self.function)
        saved = {"module": "builtins", "class_name": "function", "config": name, "registered_name": known}
        told = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}
        return {**told, "function": saved, "arguments": self.arguments}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """The layer of a function that is registered, or given as one of custom_objects."""
        needs("Lambda.from_config", cls, config)
        saved, known = config.get("function"), {**get_custom_objects(), **(custom_objects or {})}
        name = saved.get("config") if isinstance(saved, Mapping) else None
        function = known.get(
            str(saved.get("registered_name")) if isinstance(saved, Mapping) else "", known.get(str(name))
        )
        if function is None:
            raise FileError(
                "Lambda.from_config", "the name of a function that is registered, or one of custom_objects",
                Told(repr(name) if isinstance(name, str) else "code, which no file may bring"),
                "Pass it: custom_objects={'name': function}.",
            )  # fmt: skip
        given = {key: config[key] for key in ("name", "trainable", "dtype", "arguments") if key in config}
        return cls(function, **given)
