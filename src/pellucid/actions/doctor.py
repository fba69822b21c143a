"""Have a training examined: a run, or a spec before there is one. Only the changed spec is written, if asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from ..doctor import Case, Finding, examine
from ..doctor.cost import PATIENCE, seconds_for, step_seconds
from ..doctor.examining import guarded, judged
from ..errors import InvalidArgument, Told
from ..models import Sequential
from ..training.batches import with_class_weight
from ..training.checkpoint import load_checkpoint
from .building import build
from .data import prepare
from .prepared import Prepared, in_memory
from .runs import Run, find, open_model
from .spec import TrainSpec
from .train import planned_epochs


class Copies(NamedTuple):
    """The trainings of copies that an examination asks for."""

    trained: bool  # whether they are made
    seconds: float | None  # for about how long; None where nobody asked for them


OnCopies = Callable[[Copies], None]


class Examined(NamedTuple):
    """What was found, the spec that it is about, and which rules could judge it."""

    findings: list[Finding]
    spec: TrainSpec
    trained: bool
    asked: list[str]
    copies: Copies

    def plain(self) -> dict[str, Any]:
        """As plain data, ready for JSON."""
        return {
            "trained": self.trained,
            "findings": [asdict(finding) for finding in self.findings],
            "asked": self.asked,
            "copies": self.copies._asdict(),
        }


def examine_run(path: Path) -> list[Finding]:
    """What is wrong with the run in a folder, finished or interrupted; the most fundamental first."""
    return doctor(path).findings


def doctor(
    path: Path, experiments: bool | None = None, on_event: OnCopies = lambda copies: None,
    data: Prepared | None = None,
) -> Examined:  # fmt: skip
    """Examine the run in a folder, finished or interrupted.

    experiments: whether copies are trained; None: where that takes no longer than the run does, or half a minute.
    on_event is called with a Copies before. data: the run's, where they are at hand.
    """
    run = find(path)
    spec = run.read_spec()
    data = in_memory(data or prepare(spec, run.reader()))
    return _examined(spec, data, model_of(run, spec, data), run, experiments, on_event)


def doctor_spec(spec: TrainSpec, experiments: bool | None = None, on_event: OnCopies = lambda copies: None) -> Examined:
    """Examine what a spec describes, before it is trained: short rehearsals stand for the run. Arguments as of
    `doctor`."""
    data = in_memory(prepare(spec))
    return _examined(spec, data, build(spec, data, planned_epochs(spec, data)), None, experiments, on_event)


def apply_first(found: Examined, out: Path) -> Finding:
    """Write the spec, with the changes that the first finding's remedy proposes, to a file. Returns that finding."""
    where = f"doctor, --apply {out}"
    if not found.findings:
        raise InvalidArgument(where, "something that is wrong", Told("nothing found"))
    first = found.findings[0]
    if not first.change:
        raise InvalidArgument(
            where, "a first finding that a changed spec cures", Told(f"{first.title!r}, which none does"), first.remedy
        )
    changed = TrainSpec.of({**found.spec.model_dump(exclude_unset=True), **first.change}, where)
    changed.write(out)
    return first


def model_of(run: Run, spec: TrainSpec, data: Prepared) -> Sequential:
    """The trained model; of an interrupted run, as its last checkpoint has it; before any, as it would begin."""
    if run.model.exists():
        return open_model(run.path)[0]
    model = build(spec, data, planned_epochs(spec, data))
    if run.checkpoint.exists():
        model.optimizer.build(model.theta)
        load_checkpoint(run.checkpoint, model)
    return model


def _examined(
    spec: TrainSpec, data: Prepared, model: Sequential, run: Run | None, experiments: bool | None, on_event: OnCopies
) -> Examined:
    history = run.read_history() if run is not None else {}
    looks = run.read_looks() if run is not None else []
    stopped = run.read_problem() if run is not None else None
    case = Case(
        model, data.x_train, data.y_train, data.validation, spec.batch_size, planned_epochs(spec, data),
        history, looks if history or stopped else [], stopped, spec.model_dump(exclude_none=True),
        with_class_weight(data.y_train, None, data.class_weights(spec.class_weight)), columns=data.columns,
        names=data.names,
    )  # fmt: skip
    copies = _planned(case, experiments)
    case.experiments = copies.trained
    on_event(copies)
    return Examined(examine(case), spec, case.trained, judged(case), copies)


def _planned(case: Case, experiments: bool | None) -> Copies:
    if experiments is False:
        return Copies(False, None)
    step = guarded(step_seconds, case, "step_seconds") or 0.0
    seconds = seconds_for(case, step)
    return Copies(bool(experiments) or seconds <= max(PATIENCE, step * case.steps), round(seconds, 2))
