"""Search for a better network: a spec and a space in, a run's folder out, with the search's own files in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..doctor import Finding
from ..errors import FileError, InvalidArgument, PellucidError, Told, UnknownName
from ..files import write_text_whole
from ..metrics.resolve import WORDS
from ..tables import is_table
from ..tuning.journal import Journal, read_journal
from ..tuning.leaves import Number
from ..tuning.measures import Measure, between_equals, measures_of
from ..tuning.processes import Processes
from ..tuning.search import Budget, OnProgress
from ..tuning.space import Space, as_drawn
from ..tuning.study import Plan, Record, Study
from ..tuning.trials import Executor, Objective
from ..tuning.tune import FEW, FOLDS, HELD, budget_of, plan_of, tried
from ..tuning.tuned import as_csv, remarks
from . import runs
from .building import build
from .data import prepare
from .doctor import doctor
from .fingerprint import fingerprint
from .kinds.pictures import Pictures
from .prepared import Prepared
from .runs import Run
from .spaces import usual_space
from .spec import TrainSpec, clear, read_toml
from .train import Finished, OnEvent, train
from .trying import Tried, winner

LOOKED_AT = 64  # rows by which it is seen whether a metric suits
LONG = 120.0  # seconds of a search, from which on the doctor may train copies of its best for half a minute
FIXED = (  # by which trials are compared
    "data", "target", "task", "split_by", "split_time", "group_by", "ahead", "validation_split", "seed",
)  # fmt: skip
MakeExecutor = Callable[[Objective], Executor]


class TuneSpec(BaseModel):
    """Everything that determines a search but its space and what is not searched."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    metric: list[str] = Field(
        ["auto"], description="what trials are judged by: any metric, loss, parameters, latency; given several times, "
        "a front; auto: crossentropy for classes, root mean squared error for numbers",
    )  # fmt: skip
    sampler: Literal["tpe", "random", "grid", "cmaes", "gp"] = Field("tpe", description="how trials are chosen")
    pruner: Literal["auto", "none", "asha", "hyperband", "median"] = Field(
        "auto", description="when a trial is given up early; auto: asha, but none for random and grid, folds and fronts"
    )
    folds: int = Field(
        0,
        ge=0,
        description="judge each trial by this many folds, in place of one part held out; 5 for few rows unless given",
    )
    search_seed: int = Field(0, ge=0, description="where the choice of trials comes from")

    @classmethod
    def of(cls, values: Mapping[str, Any], where: str) -> Self:
        try:
            spec = cls.model_validate(values)
        except ValidationError as problem:
            raise clear(problem, where, cls) from None
        if spec.folds == 1:
            raise InvalidArgument(f"{where}, folds", "0, or 2 or more", 1)
        return spec


@dataclass(frozen=True)
class Search:
    """A search as it is asked for: how, what is not searched, and what is. space: None for the usual one."""

    how: TuneSpec
    base: TrainSpec
    space: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any], where: str = "tune") -> Self:
        """The search of one table: a spec's fields, those of `TuneSpec`, and `space`."""
        given = dict(values)
        space = given.pop("space", None)
        how = {name: given.pop(name) for name in TuneSpec.model_fields if name in given}
        base = TrainSpec.of(given, where)
        if space is not None:
            _check_names(space, f"{where}, space")
            if "window" in space and is_table(base.data) and not base.window:
                fix = "Pass one of those that are searched."
                raise InvalidArgument(f"{where}, window", "a window to begin with", base.window, fix)
        return cls(TuneSpec.of(how, where), base, space)

    @classmethod
    def read(cls, path: Path) -> Self:
        """The search in a TOML file."""
        where = f"search {path}"
        return cls.of(read_toml(path, where), where)

    def write(self, path: Path) -> None:
        """Write it to a file, whole."""
        values = {**self.base.model_dump(exclude_unset=True, exclude_none=True), **self.how.model_dump()}
        write_text_whole(path, tomli_w.dumps({**values, "space": self.space}))


@dataclass(frozen=True)
class Begun:
    """A search is about to begin, or to go on."""

    run: Run
    search: Search
    data: Prepared
    study: Study
    slots: int


@dataclass(frozen=True)
class Found:
    """A search is over. best: None where no trial was done; findings: of the doctor, about the best network."""

    run: Run
    study: Study
    best: Record | None
    finished: Finished | None
    findings: list[Finding]
    remarks: list[str]
    whole: bool  # whether it came to its end, and was not interrupted


@dataclass(frozen=True)
class Resources:
    """What a search may use: it decides nothing but how long it takes, and when it ends."""

    trials: int | None = None
    seconds: float | None = None
    workers: int | None = None
    memory: int | None = None  # bytes that a worker may hold
    executor: MakeExecutor | None = None  # in place of worker processes

    def open(self, objective: Objective) -> Executor:
        return self.executor(objective) if self.executor else Processes(objective, self.workers, self.memory)


@dataclass(frozen=True)
class Listeners:
    """Whom a search tells how it goes."""

    begun: Callable[[Begun], None] = lambda begun: None
    progress: OnProgress = lambda progress: None
    training: OnEvent = lambda event: None


def tune(
    search: Search, resources: Resources | None = None, *, out: Path | None = None, force: bool = False,
    tell: Listeners | None = None,
) -> Found:  # fmt: skip
    """Search into a new folder, and train the best there on all rows but the test's. Ctrl-C ends the search; the best
    so far is trained all the same."""
    resources = resources or Resources()
    how, base, data = _judged(search)
    space = usual_space(base, data) if search.space is None else search.space
    search = Search(how, base, space)
    _plan(search, data)  # before the folder is made: a wrong search leaves nothing behind
    with runs.started(base, out, force, data=fingerprint(base.data)) as run:
        run.spec.unlink()
        with Journal(run.journal) as journal:  # first, so that whoever finds a search knows how many trials it has
            _budget(resources, Study(_planned(search, _measures(search, data)), journal))
        search.write(run.search)
    search = Search.read(run.search)  # in the order of the file, in which whoever goes on with it draws, too
    return _go_on(run, search, data, resources, tell or Listeners())


def _judged(search: Search) -> tuple[TuneSpec, TrainSpec, Prepared]:
    """By which rows trials are judged, and the data: where nobody says, folds of few rows, else one part held out."""
    how, base = search.how, search.base
    said = "validation_split" in base.model_fields_set or "folds" in how.model_fields_set
    if "validation_split" not in base.model_fields_set:
        base = TrainSpec.of({**base.model_dump(exclude_unset=True), "validation_split": HELD})
    if not base.validation_split and not how.folds:
        fix = "Hold some out, or ask for folds."
        raise InvalidArgument("tune, validation_split", "rows to judge trials by", base.validation_split, fix)
    data = _prepared(base, how.folds)
    held = 0 if data.validation is None else len(data.validation[0])
    if said or isinstance(data, Pictures) or len(data.x_train) + held >= FEW:
        return how, base, data
    try:
        return how.model_copy(update={"folds": FOLDS}), base, _prepared(base, FOLDS)
    except PellucidError:  # too few groups, say
        return how, base, data


def resume(path: Path, resources: Resources | None = None, *, tell: Listeners | None = None) -> Found:
    """Go on with a search that was interrupted, or that is to try more."""
    run = find(path)
    search = Search.read(run.search)
    run.check_data(fingerprint(search.base.data))
    return _go_on(run, search, _prepared(search.base, search.how.folds), resources or Resources(), tell or Listeners())


def find(path: Path) -> Run:
    """The run of a search in a folder."""
    run = Run(path)
    if not run.search.exists():
        told = Told("none" if path.exists() else "no such folder")
        raise FileError(f"search {path}", "a folder with search.toml", told, "Pass the folder that tune named.")
    return run


def study_of(run: Run) -> Study:
    """The study of a search, to be looked at."""
    search = Search.read(run.search)
    journal = Journal(None)
    journal.lines = read_journal(run.journal) if run.journal.exists() else []
    objectives = _objectives(run, journal.lines[0]) if journal.lines else {"loss": False}
    measures = [Measure(name, more) for name, more in objectives.items()]
    return Study(_planned(search, measures), journal)


def _objectives(run: Run, first: Mapping[str, Any]) -> dict[str, bool]:
    """The scores that a journal's first line tells."""
    try:
        return {str(name): bool(more) for name, more in first["search"]["objectives"].items()}
    except (KeyError, TypeError, AttributeError):
        raise FileError(f"journal {run.journal}, line 1", "a search", Told(str(first)[:60])) from None


def _go_on(run: Run, search: Search, data: Prepared, resources: Resources, tell: Listeners) -> Found:
    measures = _measures(search, data)
    objective = Tried(search.base.model_dump(exclude_unset=True), measures, search.how.folds)
    with runs.held(run), Journal(run.journal) as journal:
        study = Study(_planned(search, measures), journal)
        budget = _budget(resources, study)
        executor = resources.open(objective)
        tell.begun(Begun(run, search, data, study, executor.slots))
        whole = tried(study, executor, budget, tell.progress)
        journal.check()
        write_text_whole(run.trials, as_csv(study))
    return _finish(run, study, objective, whole, tell)


def _budget(resources: Resources, study: Study) -> Budget:
    """What the search is given; that which it was given before, where nobody says."""
    trials, seconds = resources.trials, resources.seconds
    if trials is None and seconds is None and study.granted:
        trials, seconds = study.granted["trials"], study.granted["seconds"]
    budget = budget_of(trials, seconds)
    study.grant(budget.trials, budget.seconds)
    return budget


def _finish(run: Run, study: Study, objective: Tried, whole: bool, tell: Listeners) -> Found:
    """Train the best on all rows but the test's, have it examined, and say what there is to say."""
    best = study.best()
    if best is None:
        return Found(run, study, None, None, [], remarks(study), whole)
    spec = winner(objective, best.trial.values, max(1, round(best.scores["epochs"])))
    finished = train(spec, out=run.path, force=True, on_event=tell.training, searched=True)
    try:
        findings = doctor(run.path, experiments=None if study.seconds > LONG else False).findings
    except PellucidError:  # the doctor's trouble is not the search's
        findings = []
    return Found(run, study, best, finished, findings, remarks(study), whole)


def _prepared(base: TrainSpec, folds: int) -> Prepared:
    return prepare(base, fold=(0, folds) if folds else None)


def _measures(search: Search, data: Prepared) -> list[Measure]:
    classes = bool(data.classes or data.labels)
    found = measures_of(search.how.metric, "crossentropy" if classes else "root_mean_squared_error")
    extra = [] if not classes or any(one.name == "accuracy" for one in found) else [Measure.of("accuracy")]
    return [*found, *extra, *between_equals(found)]


def _planned(search: Search, measures: list[Measure]) -> Plan:
    wanted = measures[: len(search.how.metric)]
    how = search.how
    base = search.base.model_dump()
    trained = {**search.base.model_dump(exclude_unset=True, exclude_none=True), "folds": how.folds}
    return plan_of(
        Space.of(search.space or {}), wanted, how.sampler, how.pruner, how.folds, how.search_seed, base, trained
    )


def _plan(search: Search, data: Prepared) -> None:
    """Check all that can be checked before anything is tried: the first point of the space, and the names and the ends
    of ranges in all others. Two choices that do not go together are for a trial to find out."""
    measures = _measures(search, data)
    plan = _planned(search, measures)
    tried = Tried(search.base.model_dump(exclude_unset=True), measures)
    for i, point in enumerate(plan.space.corners(plan.base)):
        values, leaves = plan.space.flat(as_drawn(point), plan.base)
        spec = tried.spec(plan.space.drawn(as_drawn(values), plan.base))
        if any(isinstance(leaf, Number) and values[name] != leaf.low for name, leaf in leaves.items()):
            continue  # large, perhaps
        try:
            model = build(spec, data, 1)
            if i == 0:
                _check_measures(measures, model, data)
        except PellucidError as problem:
            if i == 0 or isinstance(problem, UnknownName):
                raise


def _check_measures(measures: list[Measure], model: Any, data: Prepared) -> None:
    """Raise where a measure cannot judge such a network's outputs."""
    assert data.validation is not None
    x, y = (part[:LOOKED_AT] for part in data.validation)
    outputs = np.full((len(y), *model.output_shape_for(x.shape[1:])), 0.5, "float32")
    for measure in measures:
        if measure.name in WORDS and not (data.classes or data.labels):
            told = Told("numbers to predict")
            raise InvalidArgument(f"tune, metric {measure.name}", "classes", told, "Take root_mean_squared_error, say.")
        if measure.of_outputs:
            measure.value(model, x, y, data.restored(y), data.restored(outputs))


def _check_names(space: Any, where: str) -> None:
    if not isinstance(space, Mapping):
        raise InvalidArgument(where, "a table", space)
    for name in space:
        if name in FIXED:
            fix = "Trials are compared by it."
            raise InvalidArgument(where, "a field that may differ between trials", name, fix)
        if name not in TrainSpec.model_fields:
            raise UnknownName(where, name, [one for one in TrainSpec.model_fields if one not in FIXED])
