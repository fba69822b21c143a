"""What the doctor works with: a case, a rule's signal, and a finding with its evidence."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..data.labels import Names
from ..errors import NonFinite
from ..training.probing import Look

Found = TypeVar("Found")


@dataclass
class Case:
    """All that is known of one training; before training, `history` and `looks` are empty."""

    model: Any  # built and compiled; as it is now
    x: Any  # (N, ...), as given to fit; of several inputs or outputs all, in `Parts`
    y: Any
    validation: tuple[Any, Any] | None = None
    batch_size: int = 32
    epochs: int = 1  # planned
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)  # as History.history
    looks: Sequence[Look] = ()
    stopped: NonFinite | None = None  # what ended the training early, if anything did
    spec: Mapping[str, Any] = field(default_factory=dict)  # of a run's spec.toml: what `change` lays new values over
    sample_weight: Any = None  # (N, ...), those of the classes included
    experiments: bool = True  # whether copies may be trained to judge it, which can take longer than the run did
    whole: Any = None  # the model, of which `model` has one output alone: see several.py
    columns: Sequence[str] = ()  # of x, where they have names
    names: Names = ()  # of the classes, where they have any
    notes: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)  # what was found out: see `once`

    @property
    def trained(self) -> bool:
        """Whether there was a training to judge."""
        return bool(self.history.get("loss")) or bool(self.looks) or self.stopped is not None

    @property
    def steps(self) -> int:
        """Updates of the training; those planned before it, or where it was stopped."""
        done = len(self.history.get("loss", ()))
        epochs = done if done and self.stopped is None else self.epochs
        return max(1, epochs * -(-len(self.x) // self.batch_size))

    def called(self, c: int) -> str:
        """A class by its name, or else by its number."""
        return f"class {self.names[c]!r}" if c < len(self.names) else f"class {c}"

    def column(self, c: int) -> str:
        """A column of x by its name, or else by its number."""
        return self.columns[c] if c < len(self.columns) else f"column {c}"


class Unasked(Exception):
    """A rule would have to train a copy, and that was not asked for: it cannot judge."""


def once(find: Callable[..., Found]) -> Callable[..., Found]:
    """A question about a case that is answered once, however many rules ask; its arguments are part of it."""

    @functools.wraps(find)
    def answer(case: Case, *arguments: Any, **options: Any) -> Found:
        question = (find.__module__, find.__name__, arguments, tuple(sorted(options.items())))
        if question not in case.notes:
            case.notes[question] = find(case, *arguments, **options)
        return case.notes[question]  # type: ignore[no-any-return]

    return answer


@dataclass(frozen=True)
class Signal:
    """What a rule measured: it speaks up where `value` is above its threshold."""

    value: float
    evidence: str  # one or two sentences with the numbers, where (layer) and when (step, epoch)
    where: str = ""  # the layer, parameter, column or class, if one is meant
    aim: float = 0.0  # what the remedy is worked out from: a factor of the learning rate, an epoch


@dataclass(frozen=True)
class Remedy:
    """What to do, in words and, where it can be, as new values for the spec's fields."""

    words: str
    change: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """A rule as data. Each has a file of its own in doctor/rules/, which ends with RULE = Rule(...)."""

    name: str  # the file's stem: "vanishing_gradient"
    title: str  # "The gradient vanishes before it reaches the first layers"
    measure: Callable[[Case], Signal | None]  # None where the question does not arise
    threshold: float  # fitted on the seen part of the zoo (docs/doctor_zoo.md)
    meaning: str
    remedy: Callable[[Case, Signal], Remedy]
    source: str
    explains: frozenset[str] = frozenset()  # rules whose findings are mere consequences where this one speaks up
    tolerable: bool = False  # whether a training may work all the same: what is said of one that does is a remark
    static: bool = False  # whether the model, as it is built, and the data are all it looks at: no run, no experiment

    def __post_init__(self) -> None:
        object.__setattr__(self, "explains", self.explains - {self.name})


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, the evidence, and what to do about it.

    A *fault* hurts the training, or made it fail; a *remark* is as true, but this training works all the same.
    """

    rule: str
    title: str
    evidence: str
    confidence: float | None  # None of a remark, and where too few runs like this one were ever tested
    meaning: str
    remedy: str
    change: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""
    source: str = ""
    kind: str = "fault"  # or "remark"


def faults(found: Sequence[Finding]) -> list[Finding]:
    """Those that hurt the training."""
    return [one for one in found if one.kind == "fault"]


def remarks(found: Sequence[Finding]) -> list[Finding]:
    """Those that it works in spite of."""
    return [one for one in found if one.kind == "remark"]
