"""What `explain` returns: one training step, or one forward pass, as data, as text and as HTML.

Letters: x what enters a layer, z what enters its activation, y what leaves it, t the targets, L the loss; dz stands
for dL/dz, and so on; w a parameter in the optimizer's formula, g its gradient.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import html, text
from .asking import Wondering
from .step import Step, number
from .view import View
from .why import Why


@dataclass(frozen=True, repr=False, eq=False)
class Explanation:
    """One step, looked at: iterate over it for its `Step`s, print it, or show it in a notebook.

    `forward`, `backward`, `updates` give a step by the name of its layer or parameter, `loss_step` that of the loss.
    `why(name, *index)` tells where one number comes from, `views(step)` shows a step as pictures.
    """

    model: str  # its name
    engine: str  # "compiled" or "definition": who computed the numbers
    samples: int
    loss: float | None  # with the penalties; None for a forward pass
    step: int | None  # the number that this step would have, from 1
    learning_rate: float | None  # of this step
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    wondering: Wondering | None = None  # what `why` is answered from

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def of(self, phase: str) -> dict[str, Step]:
        """The steps of a phase, by name."""
        return {step.name: step for step in self.steps if step.phase == phase}

    @property
    def forward(self) -> dict[str, Step]:
        """What each layer computed from its input, by the layer's path."""
        return self.of("forward")

    @property
    def backward(self) -> dict[str, Step]:
        """The gradients that each layer sent back, by the layer's path."""
        return self.of("backward")

    @property
    def updates(self) -> dict[str, Step]:
        """What became of each trained parameter, by its name."""
        return self.of("update")

    @property
    def loss_step(self) -> Step | None:
        """The loss and its gradient; None for a forward pass."""
        return next((step for step in self.steps if step.phase == "loss"), None)

    @property
    def heading(self) -> str:
        """What was looked at, in a line."""
        samples = f"{self.samples} sample{'s' * (self.samples != 1)}"
        what = "the forward pass" if self.loss is None else f"training step {self.step}"
        who = "compiled engine" if self.engine == "compiled" else "definition, in NumPy,"
        return f"Model {self.model!r}: {what} on {samples}, as the {who} computed it"

    def why(self, name: str, *index: int) -> Why:
        """Where one number comes from: an entry of a parameter's gradient as its sum of products, with the update that
        follows; an entry of a layer's array as what it was computed from.

        name: a parameter's, "dense/kernel", or an array's, "dense/z" or "dense/dx"; a layer's alone means its y.

        >>> import pellucid
        >>> from pellucid.layers import Dense
        >>> model = pellucid.Sequential([Dense(1, use_bias=False, kernel_initializer="ones", input_shape=(2,))])
        >>> model.compile(pellucid.optimizers.SGD(0.5), "mse")
        >>> print(model.explain([[2.0, 3.0]], [4.0]).why("dense/kernel", 1, 0))
        dense/kernel[1, 0]: dW[1, 0] = Σ x[b, 1]·dz[b, 0]
          x[0, 1]·dz[0, 0]   3 · 2 = 6
          sum                6
          update: w ← w − lr·g
            lr = 0.5, t = 1
            w   1 → -2   (-3)
            g   6
        """
        assert self.wondering is not None
        return self.wondering.why(name, index)

    def views(self, step: Step, sample: int = 0) -> tuple[View, ...]:
        """A step as pictures, of one sample of the batch: filters and feature maps, who looks at what, a sequence step
        by step, rows of a table. () of what is best told by its numbers alone.

        >>> import pellucid
        >>> from pellucid.layers import Conv1D
        >>> model = pellucid.Sequential([Conv1D(2, 3, input_shape=(5, 1))])
        >>> explanation = model.explain([[[0.0], [1.0], [2.0], [1.0], [0.0]]])
        >>> for view in explanation.views(explanation.forward["conv1d"]):
        ...     print(view)
        <View lines: What it sees: lines (1, 1, 5)>
        <View lines: Its filters: lines (2, 1, 3)>
        <View lines: What each filter finds (feature maps): lines (1, 2, 3)>
        """
        assert self.wondering is not None
        return self.wondering.views(step, sample)

    def to_dict(self) -> dict[str, Any]:
        """All of it as lists and numbers, such as JSON can hold. A number that is not finite becomes its name."""
        return {
            "model": self.model,
            "engine": self.engine,
            "samples": self.samples,
            "loss": None if self.loss is None else number(self.loss),
            "step": self.step,
            "learning_rate": self.learning_rate,
            "notes": list(self.notes),
            "steps": [step.to_dict() for step in self.steps],
        }

    def text(self, width: int | None = None) -> str:
        """As text of at most so many columns, the terminal's unless given."""
        return text.document(self.heading, self.notes, self.steps, width)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<Explanation: {self.heading}; print it, or ask why>"

    def html(self) -> str:
        """As a page of its own."""
        return html.page(self.heading, self._repr_html_())

    def _repr_html_(self) -> str:
        return html.fragment(self.heading, self.notes, self.steps)
