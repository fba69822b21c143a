"""pellucid tune: a better network, by search."""

from __future__ import annotations

import math
import re
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table as RichTable

from ..actions.spec import read_toml
from ..actions.train import Event, Started
from ..actions.tune import Begun, Found, Listeners, Resources, Search, TuneSpec, resume, tune
from ..doctor.telling import told
from ..errors import InvalidArgument, Told, count
from ..training.distribution import follows, started_by_mpiexec
from ..tuning import Dask
from ..tuning.search import Progress
from ..tuning.study import Record
from ..tuning.tuned import STATES, ranking, shown, table
from . import ending, show
from .options import FIELDS, Source, refuse_beside_resume, units, with_fields
from .working import CLEAR, Working

_DESCRIBED = {name: field.description for name, field in TuneSpec.model_fields.items()}
UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
SIZES = {"": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30}
SHOWN = 10  # trials in the table
FRAME = 3  # columns of the terminal around each of the table's, and one more
ROOM = 12  # columns of the terminal, at least, for what was drawn
QUIET_SECONDS = 10.0  # at least, between two lines where there is no terminal
# What a space searches, or else a .toml file says.
IN_THE_SPACE = ("learning_rate", "schedule", "until_converged", "frequencies", "dropout", "l1", "l2", "batch_norm")

Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="A Dask scheduler, such as tcp://10.0.0.1:8786, whose workers run the trials."
    ),
]


def searched(name: str) -> Any:
    """The option that fills the search's field of this name."""
    return typer.Option(f"--{name.replace('_', '-')}", help=_DESCRIBED[name], show_default=False)


@with_fields(before="out", fields=[name for name in FIELDS if name not in IN_THE_SPACE])
def tune_command(
    data: Source = None,
    trials: Annotated[
        int | None, typer.Option(help="How many networks to try; 60 unless --time is given.", min=1)
    ] = None,
    time_: Annotated[str | None, typer.Option("--time", help="How long to search, such as 90s, 5m or 2h.")] = None,
    metric: Annotated[list[str] | None, searched("metric")] = None,
    sampler: Annotated[str | None, searched("sampler")] = None,
    pruner: Annotated[str | None, searched("pruner")] = None,
    folds: Annotated[int | None, searched("folds")] = None,
    search_seed: Annotated[int | None, searched("search_seed")] = None,
    workers: Annotated[
        int | None, typer.Option(help="How many processes try networks; one per core unless given.", min=1)
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(help="How much memory a trial may take, such as 800MB or 2GB; it is ended beyond that."),
    ] = None,
    cluster: Cluster = None,
    out: Annotated[Path | None, typer.Option(help="The run's folder; runs/DATA-N unless given.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the run that is in --out.")] = False,
    resume_run: Annotated[
        Path | None,
        typer.Option("--resume", metavar="RUN", help="Continue a search; --trials and --time may ask for more."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    **fields: Any,
) -> None:
    """Search for a better network, on every core. The best is trained on all rows but the test's, and kept.

    \b
    pellucid tune digits --trials 40
    pellucid tune people.csv --target survived --time 5m
    """
    resources = _resources(trials, time_, workers, memory, cluster)
    how = {"metric": metric, "sampler": sampler, "pruner": pruner, "folds": folds, "search_seed": search_seed}
    given = {name: value for name, value in {"data": data, **fields, **how}.items() if value not in (None, [])}
    with Working("The data are read", quiet) as working:
        line = _Line(working, quiet)
        tell = Listeners(line.begun, line.progress, line.training)
        if resume_run is not None:
            expected = "none but --trials, --time, --workers, --memory and --cluster: search.toml says the rest"
            refuse_beside_resume(given, out, force, expected)
            found = resume(resume_run, resources, tell=tell)
        else:
            found = tune(search_of(given), resources, out=out, force=force, tell=tell)
    _show(found)
    if not found.whole:
        raise typer.Exit(ending.INTERRUPTED)
    if found.finished is None:
        raise typer.Exit(1)


def _resources(
    trials: int | None, time_: str | None, workers: int | None, memory: str | None, cluster: str | None
) -> Resources:
    """What the search may use."""
    if follows():  # the first process tells
        raise typer.Exit
    if started_by_mpiexec():
        raise InvalidArgument("tune", "one process", Told("several, which mpiexec started"), "Pass --cluster instead.")
    if cluster is not None and (workers is not None or memory is not None):
        raise InvalidArgument("tune, --cluster", "no --workers and --memory, which the cluster settles", Told("them"))
    return Resources(
        trials, None if time_ is None else _amount("--time", time_, UNITS, "90s, 5m or 2h"), workers,
        None if memory is None else int(_amount("--memory", memory, SIZES, "800MB or 2GB")),
        None if cluster is None else Dask(cluster),
    )  # fmt: skip


def search_of(given: dict[str, Any]) -> Search:
    """The search of a command's words, laid over a .toml file's where one is named."""
    if "layers" in given:
        given["layers"] = units(given["layers"], "tune")
    named = given.get("data")
    if named is None or not named.endswith(".toml"):
        return Search.of(given)
    rest = {name: value for name, value in given.items() if name != "data"}
    where = f"search {named}"
    return Search.of({**read_toml(Path(named), where), **rest}, where)


def _amount(where: str, text: str, units: dict[str, Any], example: str) -> float:
    """A number with its unit.

    >>> _amount("--time", "5m", UNITS, "5m")
    300.0
    """
    found = re.fullmatch(r"\s*([0-9]+\.?[0-9]*|\.[0-9]+)\s*([a-z]*)\s*", text.lower())
    amount = float(found[1]) * units.get(found[2], 0) if found is not None else 0.0
    if not 0 < amount < math.inf:
        raise InvalidArgument(f"tune, {where}", f"an amount such as {example}", text)
    return float(amount)


class _Line:
    """Progress: one line that renews itself on a terminal; elsewhere a line for a new best, now and then."""

    def __init__(self, working: Working, quiet: bool) -> None:
        self.working, self.quiet = working, quiet
        self.terminal = not quiet and sys.stderr is not None and sys.stderr.isatty()
        self.best = -1
        self.last = time.monotonic()

    def begun(self, begun: Begun) -> None:
        self.working.end()
        search, data = begun.search, begun.data
        held = 0 if data.validation is None else len(data.validation[0])
        assert search.space is not None
        told = f"{count(len(data.x_train), 'sample')} to train on, {held} to judge trials by"
        if folds := search.how.folds:
            told = f"{count(len(data.x_train) + held, 'sample')} in {folds} folds, by each of which trials are judged"
        show.line(f"{search.base.data}: {told}; {len(data.x_test)} kept for the test")
        show.line(f"Searched: {', '.join(search.space)}; by {', '.join(begun.study.plan.objectives)}")
        before = [record for record in begun.study.records if record.state != "running"]
        if before:
            show.line(f"{count(len(before), 'trial')} from before")
        show.line(f"{count(begun.slots, 'worker')}; kept in {begun.run.path}; Ctrl-C ends it with the best so far")

    def progress(self, now: Progress) -> None:
        best = now.study.best()
        fresh = best is not None and best.number != self.best
        self.best = self.best if best is None else best.number
        if self.terminal:
            print(f"{CLEAR}{in_words(now)}", end="", file=sys.stderr, flush=True)
        elif not self.quiet and fresh and time.monotonic() - self.last > QUIET_SECONDS:
            self.last = time.monotonic()
            print(in_words(now), file=sys.stderr, flush=True)

    def training(self, event: Event) -> None:
        if self.terminal:
            print(CLEAR, end="", file=sys.stderr, flush=True)
        if isinstance(event, Started):
            show.line("The best is trained again, on all rows but the test's.")


def in_words(now: Progress) -> str:
    """Trials, the best so far, time left."""
    over = sum(record.state != "running" for record in now.study.records)
    trials = f"{over} of {count(now.budget.trials, 'trial')}" if now.budget.trials else count(over, "trial")
    best = now.study.best()
    name = next(iter(now.study.plan.objectives))
    told = "" if best is None else f", best {name} {best.scores[name]:.4g} (trial {best.number})"
    left = "" if now.left is None else f", about {seconds_in_words(now.left)} left"
    if best is None and now.budget.seconds is not None and now.seconds >= now.budget.seconds:
        left = ", time is over but for the first to be done"
    return f"{trials}{told}{left}"


def seconds_in_words(seconds: float) -> str:
    """
    >>> seconds_in_words(42), seconds_in_words(400), seconds_in_words(9000)
    ('42 s', '7 min', '2.5 h')
    """
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _show(found: Found) -> None:
    """The best trials, the front, what the best does on the test set, and what there is to say."""
    study = found.study
    states = [record.state for record in study.records]
    counted = ", ".join(f"{states.count(s)} {w}" for s, w in STATES.items() if states.count(s))
    _table(study, ranking(study)[:SHOWN], f"The best of {count(len(states), 'trial')} ({counted})")
    if len(study.plan.objectives) > 1:
        _table(study, study.front(), "The front: none is better in one and as good in the others")
    kept = "trials.csv, search.toml"
    if found.finished is None:
        show.line("No trial was done, and so there is no network to keep.")
    else:
        kept = f"model.keras, spec.toml, {kept}"
        assert found.best is not None
        show.line(f"The best, trial {found.best.number}: {_values(found.best)}")
        show.judged(found.finished.metrics)
        show.line(
            told(found.findings, []) if found.findings else "The doctor found nothing wrong with the best network."
        )
    for remark in found.remarks:
        show.line(remark)
    more = f"Search on: pellucid tune --resume {found.run.path} --trials {2 * len(states)}"
    show.line(f"Kept in {found.run.path}: {kept}. {more if study.done else 'Search another space, or mend the data.'}")


def _table(study: Any, records: list[Any], title: str) -> None:
    """Trials with their scores, a line for each: what was drawn is cut where the terminal ends, trials.csv has all."""
    head, *rows = table(study, records)
    scores = [*study.plan.objectives, *(["accuracy"] if "accuracy" in head else [])]
    state = ["state"] if any(record.state != "done" for record in records) else []
    shown = [head.index(name) for name in dict.fromkeys(["trial", *state, *scores, "seconds"])]
    made = RichTable(title=title, title_justify="left")
    widths = [max(len(row[i]) for row in (head, *rows)) for i in shown]
    for i, width in zip(shown, widths, strict=True):
        made.add_column(escape(head[i]), justify="right", no_wrap=True, min_width=width)
    left = show.console.width - sum(widths) - FRAME * (len(shown) + 1)
    if left >= ROOM:
        made.add_column("values", no_wrap=True, overflow="ellipsis", max_width=left)
    for record, row in zip(records, rows, strict=True):
        values = [escape(_values(record))] if left >= ROOM else []
        made.add_row(*(escape(row[i]) for i in shown), *values)
    show.console.print(made)


def _values(record: Record) -> str:
    """What was drawn for a trial, in words."""
    return ", ".join(f"{name} {shown(value)}" for name, value in record.trial.flat.items())
