"""A study: which trials there were, what came of them, and what to try next.

All that happens goes through `ask`, `told` and `ended`, is written to the journal, and then done. A study that is
opened again does the same with the lines of its journal, and stands where it stood.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import FileError, Told
from ..rng import Key
from .journal import Journal, Line
from .leaves import Choice, Leaf
from .samplers import make_pruner, make_sampler, optuna, quiet
from .space import Space, as_drawn
from .trials import Ended, State, Trial

CENTRED = ("tpe", "gp")  # samplers whose first trial is the middle of the space; that of cmaes begins there anyway


@dataclass
class Record:
    """A trial and what came of it. state: "running" until it has ended."""

    trial: Trial
    state: State | str = "running"
    scores: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""
    seconds: float = 0.0
    reports: dict[int, float] = field(default_factory=dict)

    @property
    def number(self) -> int:
        return self.trial.number


@dataclass(frozen=True)
class Plan:
    """What a study needs to know. objectives: for each score searched for, whether more of it is better."""

    space: Space
    objectives: Mapping[str, bool]
    sampler: str = "tpe"
    pruner: str = "none"
    seed: int = 0
    base: Mapping[str, Any] = field(default_factory=dict)  # values of names that are not searched
    trained: Mapping[str, Any] = field(default_factory=dict)  # what else all trials have in common

    def plain(self) -> Line:
        """What must be the same where a search goes on."""
        return {
            "space": self.space.plain, "objectives": dict(self.objectives), "sampler": self.sampler,
            "pruner": self.pruner, "seed": self.seed, "trained": dict(self.trained),
        }  # fmt: skip


class Study:
    """The trials of one search."""

    def __init__(self, plan: Plan, journal: Journal) -> None:
        self.plan, self.journal = plan, journal
        self.records: list[Record] = []
        self.seconds = 0.0  # that the search had taken when the last trial ended
        self.granted: Line = {}  # how many trials and seconds it was last given
        self._asked: list[Any] = []  # Optuna's trials
        self._key = Key(plan.seed).fold("tune")
        self._grid = self._all_points() if plan.sampler == "grid" else None
        with quiet():
            self._study = optuna().create_study(
                study_name="pellucid", pruner=make_pruner(plan.pruner),
                directions=["maximize" if more else "minimize" for more in plan.objectives.values()],
            )  # fmt: skip
            self._open()

    @property
    def most(self) -> int | None:
        """How many trials there can be: of a grid, as many as it has points."""
        return None if self._grid is None else len(self._grid)

    @property
    def running(self) -> list[Record]:
        return [record for record in self.records if record.state == "running"]

    @property
    def done(self) -> list[Record]:
        return [record for record in self.records if record.state == "done"]

    def ask(self) -> Trial:
        """What to try next."""
        number = len(self.records)
        with quiet():
            known = self._known(number)
            flat = self._drawn(number, known, replayed=False)
        self.journal.write({"asked": number, "flat": flat})
        return self._added(number, flat)

    def told(self, number: int, step: int, value: float) -> bool:
        """A trial has come so far; returns whether it is to stop."""
        record = self.records[number]
        if len(self.plan.objectives) > 1 or step in record.reports or record.state != "running":
            return False
        self.journal.write({"told": number, "step": step, "value": value}, safe=False)
        self._reported(number, step, value)
        with quiet():
            return bool(self._asked[number].should_prune())

    def ended(self, event: Ended, seconds: float) -> None:
        """A trial is over, so many seconds into the search."""
        self.journal.write({
            "ended": event.number, "state": event.state, "scores": dict(event.scores), "reason": event.reason,
            "seconds": round(event.seconds, 4), "at": round(seconds, 3),
        })  # fmt: skip
        with quiet():
            self._settled(event, seconds)

    def grant(self, trials: int | None, seconds: float | None) -> None:
        """So many trials and seconds, which whoever goes on with it may want to know."""
        granted = {"trials": trials, "seconds": seconds}
        if granted != self.granted:
            self.journal.write({"granted": granted})
            self.granted = granted

    def best(self) -> Record | None:
        """The best of the trials that are done, by the first objective; of equals that with the lowest loss, or the
        first."""
        done = [record for record in self.done if not math.isnan(record.scores[next(iter(self.plan.objectives))])]
        return min(done, key=self.rank, default=None)

    def rank(self, record: Record) -> tuple[float, float, int]:
        """What trials that are done are sorted by, the best first."""
        name, more = next(iter(self.plan.objectives.items()))
        score = record.scores[name]
        return -score if more else score, record.scores.get("loss", 0.0), record.number

    def front(self) -> list[Record]:
        """Those of the trials done than which no other is better in one objective and as good in all."""
        signs = {name: -1.0 if more else 1.0 for name, more in self.plan.objectives.items()}
        costs = {record.number: [signs[n] * record.scores[n] for n in signs] for record in self.done}

        def beaten(mine: list[float]) -> bool:
            return any(
                all(o <= m for o, m in zip(other, mine, strict=True)) and other != mine for other in costs.values()
            )

        front = [record for record in self.done if not beaten(costs[record.number])]
        return sorted(front, key=lambda record: costs[record.number])

    def leaves(self, record: Record) -> dict[str, Leaf]:
        """What each value of a trial was drawn from."""
        return self.plan.space.flat(as_drawn(record.trial.flat), self.plan.base)[1]

    def importances(self) -> dict[str, float]:
        """How much each name has to do with the first objective, as shares of all; none of fewer than 10 trials.

        Source: Watanabe, Bansal & Hutter, "PED-ANOVA", IJCAI 2023.
        """
        if len(self.done) < 10:
            return {}
        module = optuna().importance
        first = next(iter(self.plan.objectives))
        with quiet():
            found = module.get_param_importances(
                self._study, evaluator=module.PedAnovaImportanceEvaluator(),
                target=None if len(self.plan.objectives) == 1 else lambda t: self.records[t.number].scores[first],
            )  # fmt: skip
        return {name: float(share) for name, share in found.items()}

    def _known(self, number: int) -> dict[str, Any] | None:
        """The values of a trial that no sampler draws: a grid's, and the first of those that learn from trials. They
        know nothing yet, and the middle of a space is seldom bad, so that a search cut short has something to show."""
        if self._grid is not None:
            return self._grid[number]
        if number or self.plan.sampler not in CENTRED:
            return None
        return self.plan.space.flat(lambda name, leaf: leaf.middle(), self.plan.base)[0]

    def _all_points(self) -> list[dict[str, Any]]:
        """A grid's points in an order by lot, so that a search cut short has seen all of the space."""
        points = self.plan.space.grid(self.plan.base)
        return [points[i] for i in self._key.fold("grid").permutation(len(points))]

    def _open(self) -> None:
        """Do what the journal says was done."""
        lines = self.journal.lines
        if not lines:
            self.journal.write({"search": self.plan.plain()})
            return
        where = f"journal {self.journal.path}"
        self._check_same(where, lines[0].get("search"))
        for number, line in enumerate(lines[1:], 2):
            try:
                self._again(line)
            except Exception as problem:  # Optuna's own among them
                raise FileError(f"{where}, line {number}", "a line of this search", Told(repr(problem))) from problem

    def _check_same(self, where: str, was: Any) -> None:
        """Refuse to go on with another search."""
        before, now = was if isinstance(was, Mapping) else {}, self.plan.plain()
        others = [name for name in now if name != "trained" and before.get(name) != now[name]]
        told, trained = before.get("trained"), now["trained"]
        was_trained = told if isinstance(told, Mapping) else {}
        others += [name for name in {**was_trained, **trained} if was_trained.get(name) != trained.get(name)]
        if others:
            fix = "Search elsewhere, or take what it had."
            raise FileError(where, "the search that is to go on", Told(f"one with another {', '.join(others)}"), fix)

    def _again(self, line: Line) -> None:
        if "asked" in line:
            known = None if self.plan.sampler == "cmaes" else line["flat"]  # it learns only from what it drew itself
            flat = self._drawn(line["asked"], known, replayed=True)
            if flat != line["flat"]:
                raise ValueError("this Optuna draws other values than the one that the search was begun with")
            self._added(line["asked"], flat)
        elif "told" in line:
            self._reported(line["told"], line["step"], line["value"])
        elif "granted" in line:
            self.granted = dict(line["granted"])
        else:
            event = Ended(line["ended"], line["state"], line["scores"], line["reason"], line["seconds"])
            self._settled(event, line["at"])

    def _drawn(self, number: int, known: Mapping[str, Any] | None, replayed: bool) -> dict[str, Any]:
        """Optuna's trial of this number, and the values that it draws."""
        self._study.sampler = make_sampler(self.plan.sampler, self._key.fold("trial", number), replayed)
        if known is not None:
            self._study.enqueue_trial(dict(known))
        trial = self._study.ask()
        if trial.number != number:
            raise ValueError(f"trial {number} comes out of turn")
        self._asked.append(trial)

        def draw(name: str, leaf: Leaf) -> Any:
            return _suggested(trial, name, leaf)

        return self.plan.space.flat(draw, self.plan.base)[0]

    def _added(self, number: int, flat: Mapping[str, Any]) -> Trial:
        values = self.plan.space.drawn(as_drawn(flat), self.plan.base)
        trial = Trial(number, flat, values)
        self.records.append(Record(trial))
        return trial

    def _reported(self, number: int, step: int, value: float) -> None:
        self.records[number].reports[step] = value
        self._asked[number].report(value, step)

    def _settled(self, event: Ended, seconds: float) -> None:
        record = self.records[event.number]
        record.state, record.scores, record.reason = event.state, event.scores, event.reason
        record.seconds, self.seconds = event.seconds, seconds
        state = optuna().trial.TrialState
        values = [event.scores[name] for name in self.plan.objectives] if event.state == "done" else None
        if values is not None and not all(map(math.isfinite, values)):
            record.state, record.reason, values = "failed", "its score is not a finite number", None
        kind = {"done": state.COMPLETE, "pruned": state.PRUNED, "failed": state.FAIL}[record.state]
        self._study.tell(self._asked[event.number], values, state=kind)


def _suggested(trial: Any, name: str, leaf: Leaf) -> Any:
    if isinstance(leaf, Choice):
        return trial.suggest_categorical(name, leaf.options)
    if leaf.whole:
        return trial.suggest_int(name, leaf.low, leaf.high, log=leaf.log, step=leaf.step or 1)
    return trial.suggest_float(name, leaf.low, leaf.high, log=leaf.log, step=leaf.step)
