"""EinsumDense: y = f(Σ x·W + b), summed along the axes that letters name.     x (B, ...)   W, b, y as the letters say
Source: Einstein, "Die Grundlage der allgemeinen Relativitätstheorie" (1916), for sums without a sign for them."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any, Unpack

from .. import checks
from ..activations import activations, linear
from ..arrays import Shape
from ..errors import InvalidArgument, ShapeError, Told
from ..registry import arguments, plain
from ..wiring import OPERATORS
from .activation import Activation
from .base import LayerOptions, layers
from .traced import Traced


@layers.add()
class EinsumDense(Traced):
    """Join inputs to outputs along some axes only: z = Σ x·W + b, y = activation(z).

    equation: letters of the axes of x, W and y, the batch's first: "ab,bc->ac" is `Dense`; "bf,fk->bfk" gives each
    number k weights of its own; "bfk,fkd->bfd" is a small `Dense` for each f. `...` stands for axes in between.
    output_shape: of a sample, None where the input tells; without axes that `...` stands for. bias_axes: letters of
    the output along which there is a bias; None for no bias.

    Shapes: W has the axes of its letters; b those of the output from its first letter on, of size 1 where it is shared.

    >>> layer = EinsumDense("bf,fk->bfk", (None, 2), bias_axes="fk", kernel_initializer="ones")
    >>> layer([[1.0, 2.0, 3.0]])
    array([[[1., 1.],
            [2., 2.],
            [3., 3.]]], dtype=float32)

    It has no LoRA and no quantisation, which Keras's has. Its steps are ops: both engines and all exports have them.
    """

    formula, formula_back = "z = Σ x·W + b, y = f(z)", "dW = Σ x·dz, db = Σ dz, dx = Σ dz·W"

    def __init__(
        self,
        equation: str,
        output_shape: Any,
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.equation, self.bias_axes = equation, bias_axes
        self._letters()
        sizes = output_shape if isinstance(output_shape, Sequence) else [output_shape]
        where = self.where("output_shape")
        self.sizes = [None if n is None else checks.integer(where, n, minimum=1) for n in sizes]
        self.activation = activations.get(activation, self.where("activation"))
        self.keep_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)

    def _letters(self) -> tuple[str, str, str]:
        """The letters of x, W and y, with `...` a dot; each once, and those of y in x or W."""
        told = self.equation if isinstance(self.equation, str) else ""
        left, arrow, out = told.replace(" ", "").replace("...", ".").partition("->")
        x, comma, kernel = left.partition(",")
        known = set(string.ascii_letters)
        good = arrow and comma and all(len(set(part)) == len(part) for part in (x, kernel, out))
        good = good and set(x) | set(out) <= known | {"."} and set(kernel) <= known and ("." in x) == ("." in out)
        if not (good and set(out) <= set(x) | set(kernel) and set(kernel) <= set(x) | set(out)):
            fix = "Name every axis once in each part; '...' stands in the input and in the output."
            raise InvalidArgument(self.where("equation"), "letters such as 'ab,bc->ac'", self.equation, fix)
        if self.bias_axes is not None and not set(self.bias_axes) <= set(out[1:]) - {"."}:
            raise InvalidArgument(self.where("bias_axes"), f"letters of the output {out!r}", self.bias_axes)
        return x, kernel, out

    def shapes_for(self, shape: Shape) -> tuple[Shape, Shape | None]:
        """(of W, of b), for samples x of this shape."""
        x, kernel, out = self._letters()
        where, elided = f"layer {self.name!r}, input", len(shape) + 1 - len(x.replace(".", ""))
        if elided < 0 or (elided and "." not in x):
            raise ShapeError(where, f"the axes {x.replace('.', '...')!r}", (None, *shape))
        dots = "".join(letter for letter in string.ascii_letters if letter not in self.equation)[:elided]
        spelled, written = x.replace(".", dots)[1:] if x[0] != "." else (dots + x[1:])[1:], out.replace(".", "")
        sizes: dict[str, int | None] = dict(zip(spelled, shape, strict=True))
        asked = written[1:] if x[0] != "." else written
        if len(asked) != len(self.sizes):
            raise InvalidArgument(self.where("output_shape"), f"a size for each of {asked!r}", self.sizes)
        for letter, n in zip(asked, self.sizes, strict=True):
            if n is not None and sizes.setdefault(letter, n) != n:
                told = Told(f"{n} where the input has {sizes[letter]}")
                raise ShapeError(f"{self.where('output_shape')}, axis {letter!r}", "the input's size", told)
        lacking = [letter for letter in kernel if sizes.get(letter) is None]
        if lacking and lacking[0] in spelled:
            wanted = f"a known length of axis {lacking[0]!r}, along which it has weights"
            raise ShapeError(where, wanted, (None, *shape))
        if lacking:
            raise ShapeError(self.where("output_shape"), f"a size for {lacking[0]!r}", self.sizes)
        if not self.bias_axes:
            return tuple(sizes[letter] or 0 for letter in kernel), None
        spelled = out.replace(".", dots)
        first = min(spelled.index(letter) for letter in self.bias_axes)
        bias = tuple((sizes[letter] or 0) if letter in self.bias_axes else 1 for letter in spelled[first:])
        return tuple(sizes[letter] or 0 for letter in kernel), bias

    def build(self, input_shape: Any) -> None:
        kernel, bias = self.shapes_for(tuple(input_shape[1:]))
        self.kernel = self.add_weight(
            kernel, self.kernel_initializer, name="kernel",
            regularizer=self.kernel_regularizer, constraint=self.kernel_constraint,
        )  # fmt: skip
        self.bias = None
        if bias is not None:
            self.bias = self.add_weight(
                bias, self.bias_initializer, name="bias",
                regularizer=self.bias_regularizer, constraint=self.bias_constraint,
            )  # fmt: skip

    def call(self, inputs: Any) -> Any:
        z = OPERATORS["einsum"](self.equation, inputs, self.kernel)
        z = z if self.bias is None else z + self.bias
        return z if self.activation == linear else Activation(self.activation, dtype=self.dtype)(z)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        known = [name for name in arguments(EinsumDense) if name not in ("input_shape", "input_dim", "output_shape")]
        return {**{name: plain(getattr(self, name)) for name in known}, "output_shape": list(self.sizes)}
