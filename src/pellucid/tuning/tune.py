"""tune: the best of many networks that a function can build."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import current_process
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..data.folds import folds as cut
from ..data.splits import in_proportion, train_test_split
from ..errors import InvalidArgument, NotReady, Told
from ..files import write_text_whole
from .built import Built, Rows, as_arrays, of_classes
from .conditions import check_conditions
from .fitting import Training
from .inside import Inside
from .journal import Journal
from .measures import Measure, between_equals, measures_of
from .processes import Processes, leave_where_imported
from .samplers import checked
from .search import Budget, OnProgress, search
from .space import Space, as_drawn
from .study import Plan, Study
from .trials import Executor, Objective
from .tuned import Tuned, as_csv, remarks

FEW = 1000  # rows, below which one part held out tells more of its own luck than of the trials
FOLDS = 5  # that such rows are cut into
HELD = 0.2  # share of other rows that trials are judged by
USUAL = 60  # trials
JOURNAL, TABLE = "trials.jsonl", "trials.csv"
_WHERE = "tune, argument"


def tune(
    build: Callable[..., Any],
    data: tuple[Any, Any],
    space: Mapping[str, Any],
    *,
    metric: str | Sequence[str] = "auto",
    trials: int | None = None,
    time: float | None = None,
    sampler: str = "tpe",
    pruner: str = "auto",
    validation: float | tuple[Any, Any] | None = None,
    folds: int = 0,
    groups: Any = None,
    times: Any = None,
    test: tuple[Any, Any] | None = None,
    epochs: int = 30,
    batch_size: int = 32,
    patience: int = 0,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
    workers: int | Callable[[Objective], Executor] | None = None,
    memory: int | None = None,
    on_progress: OnProgress = lambda progress: None,
) -> Tuned:
    """Search for the arguments of `build` that make the best network, on every core.

    build(**values) returns a compiled model; data is (x, y); space says what is searched (`pellucid.tuning.space`).
    `batch_size` and `epochs` may be searched, too. metric: "auto", by name any metric, "loss", "parameters", "latency",
    or several, which make a front. trials, time: how many, and for how many seconds; 60 trials where neither is given.

    sampler: tpe, random, grid, cmaes, gp; pruner: auto, none, asha, hyperband, median. validation: the share of the
    rows that trials are judged by, or (x, y); or `folds`, each class in proportion, or by `groups` or `times`: five
    unless told. Where nothing is given, a fifth, or of fewer than 1,000 rows five folds: the best by few rows is the
    luckiest. test: (x, y) that the search never sees; the best network is judged by it once. It is trained on all of
    `data`.

    folder: keeps the journal, and goes on with a search that is there. workers: processes, as many as there are cores;
    what another process cannot import, such as a function of a notebook, is tried in this one. `Dask`
    ("tcp://...") runs trials on a cluster, any function (objective) -> `Executor` elsewhere. memory: bytes that a
    worker may hold.

    >>> from pellucid.layers import Dense
    >>> from pellucid.models import Sequential
    >>> def build(units):
    ...     model = Sequential([Dense(units, activation="tanh"), Dense(1)])
    ...     model.compile("adam", "mse")
    ...     return model
    >>> x = np.linspace(-1, 1, 50)[:, None]
    >>> found = tune(build, (x, x[:, 0] ** 2), {"units": [2, 16]}, sampler="grid", epochs=20)
    >>> found.values
    {'units': 16}

    Ctrl-C ends the search; the best network so far is trained and returned.
    """
    leave_where_imported()
    x, y = as_arrays(data, f"{_WHERE} data")
    kept_for_test = None if test is None else as_arrays(test, f"{_WHERE} test", like=(x, y))
    measures = measures_of(metric, "crossentropy" if of_classes(y) else "mean_squared_error")
    seed = checks.integer(f"{_WHERE} seed", seed, minimum=0)
    folds = _folds(len(x), validation, folds, groups, times)
    x, y, parts = _parts(x, y, HELD if validation is None else validation, folds, groups, times, seed)
    kept = None if folder is None else Path(checks.path(f"{_WHERE} folder", folder))
    objective = Built(
        build, x, y, parts, [*measures, *between_equals(measures)],
        checks.integer(f"{_WHERE} epochs", epochs, minimum=1),
        checks.integer(f"{_WHERE} batch_size", batch_size, minimum=1),
        checks.integer(f"{_WHERE} patience", patience, minimum=0), seed,
    )  # fmt: skip
    plan = plan_of(Space.of(space), measures, sampler, pruner, folds, seed, trained=objective.about() if kept else None)
    budget = budget_of(trials, time)
    objective.check(plan.space.drawn(as_drawn(point)) for point in plan.space.corners())
    with Journal(None if kept is None else kept / JOURNAL) as journal:
        study = Study(plan, journal)
        whole = tried(study, _executor(objective, workers, memory), budget, on_progress)
        journal.check()
        if kept is not None:
            write_text_whole(kept / TABLE, as_csv(study))
    if whole and study.best() is None:
        raise NotReady("tune", "a trial that comes to its end", Told("none"), " ".join(remarks(study)))
    return _outcome(study, objective, measures, kept_for_test)


def plan_of(
    space: Space, measures: Sequence[Measure], sampler: str, pruner: str, folds: int, seed: int,
    base: Mapping[str, Any] | None = None, trained: Mapping[str, Any] | None = None,
) -> Plan:  # fmt: skip
    """How to search, all names checked."""
    sampler, pruner = checked(sampler, pruner, len(measures), folds)
    check_conditions(space, base or {})
    space.corners(base)  # which draws all there is to draw
    objectives = {measure.name: measure.more for measure in measures}
    return Plan(space, objectives, sampler, pruner, seed, base or {}, trained or {})


def budget_of(trials: int | None, time: float | None) -> Budget:
    """How long to search; the usual number of trials where nothing is said."""
    if trials is not None:
        checks.integer(f"{_WHERE} trials", trials, minimum=1)
    if time is not None:
        checks.number(f"{_WHERE} time", time, above=0)
    return Budget(USUAL if trials is None and time is None else trials, time)


def tried(study: Study, executor: Executor, budget: Budget, on_progress: OnProgress) -> bool:
    """Search; whether it came to its end, and was not interrupted by Ctrl-C."""
    try:
        search(study, executor, budget, on_progress)
        return True
    except KeyboardInterrupt:
        return False
    finally:
        executor.close()


def can_be_sent(objective: Any) -> bool:
    """Whether another process can make the same of it: no functions of a notebook, a console or within functions."""
    try:
        ForkingPickler.dumps(objective)
    except Exception:
        return False
    main = sys.modules["__main__"]
    file = Path(getattr(main, "__file__", None) or "")  # "<stdin>" where a script is read from there
    homeless = not file.is_file() and getattr(main, "__spec__", None) is None
    return not (homeless and getattr(getattr(objective, "build", None), "__module__", "") == "__main__")


def _executor(objective: Built, workers: int | Callable[[Objective], Executor] | None, memory: int | None) -> Executor:
    if callable(workers):
        return workers(objective)
    number = None if workers is None else checks.integer(f"{_WHERE} workers", workers, minimum=0)
    if number == 0 or current_process().daemon or not can_be_sent(objective):  # a daemon may start no processes
        return Inside(objective)
    limit = None if memory is None else checks.integer(f"{_WHERE} memory", memory, minimum=1)
    return Processes(objective, number, limit)


def _folds(n: int, validation: Any, folds: int, groups: Any, times: Any) -> int:
    """How many folds n rows are cut into; 0 where one part is held out."""
    wanted = {"folds": folds or None, "groups": groups, "times": times}
    named = [name for name, value in wanted.items() if value is not None]
    if validation is not None and named:
        raise InvalidArgument(
            f"{_WHERE} validation", f"None beside {' and '.join(named)}, by which rows are held out",
            Told("one, too"), "Leave out one of the two.",
        )  # fmt: skip
    usual = validation is None and (bool(named) or FOLDS <= n < FEW)
    return folds or (FOLDS if usual else 0)


def _parts(
    x: Array, y: Array, validation: Any, folds: int, groups: Any, times: Any, seed: int
) -> tuple[Array, Array, list[Rows]]:
    """All rows, and which of them are trained on and which held out."""
    labels = y.reshape(-1) if of_classes(y) else None
    if folds:
        by = None if groups is not None or times is not None else labels
        return x, y, cut(len(x), folds, labels=by, groups=groups, times=times, seed=seed)
    if isinstance(validation, tuple | list):
        x_held, y_held = as_arrays(validation, f"{_WHERE} validation", like=(x, y))
        rows = np.arange(len(x) + len(x_held))
        return np.concatenate([x, x_held]), np.concatenate([y, y_held]), [(rows[: len(x)], rows[len(x) :])]
    share = checks.number(f"{_WHERE} validation", validation, above=0, below=1)
    train, held = train_test_split(np.arange(len(x)), test_size=share, stratify=in_proportion(labels, share), seed=seed)
    return x, y, [(train, held)]


def _outcome(study: Study, objective: Built, measures: Sequence[Measure], test: tuple[Array, Array] | None) -> Tuned:
    best = study.best()
    if best is None:
        return Tuned(study)
    model = objective.retrained(best.trial.values, max(1, round(best.scores["epochs"])))
    if test is None:
        return Tuned(study, model)
    training = Training(model, {}, test, 0)
    return Tuned(study, model, {measure.name: training.value(measure) for measure in measures})
