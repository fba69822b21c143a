"""What a search has found: the best, the front, all trials, and what there is to say of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import count
from ..markup import block, grid, heading
from .leaves import at_edges
from .study import Record, Study

STATES = {"done": "done", "pruned": "given up early", "failed": "failed", "running": "not finished"}  # in words
SHOWN = 12  # trials that a notebook shows


@dataclass(frozen=True)
class Tuned:
    """The outcome of a search.

    model: the best network, trained again on all rows but the test's; None where no trial was done. test: its scores on
    the test set, which nothing before has seen.
    """

    study: Study
    model: Any = None
    test: Mapping[str, float] | None = None

    @property
    def best(self) -> Record | None:
        """The best trial by the first metric."""
        return self.study.best()

    @property
    def values(self) -> Mapping[str, Any]:
        """The best trial's values of what was searched."""
        return {} if self.best is None else self.best.trial.values

    @property
    def trials(self) -> list[Record]:
        """All trials, in the order in which they began."""
        return self.study.records

    @property
    def front(self) -> list[Record]:
        """Of several metrics: the trials than which none is better in one and as good in all."""
        return self.study.front()

    @property
    def remarks(self) -> list[str]:
        """What there is to say of the space, now that it has been searched."""
        return remarks(self.study)

    def importances(self) -> dict[str, float]:
        """How much each name had to do with the first metric, as shares of all; none of fewer than 10 trials."""
        return self.study.importances()

    def to_csv(self) -> str:
        """All trials as a table of text."""
        return as_csv(self.study)

    def _repr_html_(self) -> str:
        ranked = ranking(self.study)[:SHOWN]
        head, *rows = table(self.study, ranked)
        return block(heading(f"Search of {len(self.trials)} trials, the best first"), grid(head, rows, words=2))


def remarks(study: Study) -> list[str]:
    """Where the best trial lies at an edge of the space, which was too small there; and trials that failed."""
    said = []
    best = study.best()
    if best is not None:
        for name, side, leaf in at_edges(best.trial.flat, study.leaves(best)):
            end = leaf.low if side == "low" else leaf.high
            way = "below" if side == "low" else "above"
            value = f"{best.trial.flat[name]:.4g}"
            said.append(
                f"The best {name}, {value}, lies at the {side} end of its range ({end:g}): better ones may lie {way} "
                "it. Search there, too."
            )
    failed = [record for record in study.records if record.state == "failed"]
    if failed:
        said.append(f"{count(len(failed), 'trial')} failed; the last, number {failed[-1].number}: {failed[-1].reason}")
    return said


def ranking(study: Study) -> list[Record]:
    """All trials: those done, the best first; then those pruned, failed, and not finished."""
    order = list(STATES)

    def place(record: Record) -> tuple[int, tuple[float, float, int]]:
        rank = study.rank(record) if record.state == "done" else (0.0, 0.0, record.number)
        return order.index(record.state), rank

    return sorted(study.records, key=place)


def table(study: Study, records: Iterable[Record]) -> list[list[str]]:
    """Rows of text, the first of them the head: number, state, scores, values, seconds, reason."""
    scores, names = _columns(study)
    rows = [["trial", "state", *scores, *names, "seconds", "reason"]]
    for record in records:
        drawn = [shown(record.trial.flat[name]) if name in record.trial.flat else "" for name in names]
        judged = [shown(record.scores[name]) if name in record.scores else "" for name in scores]
        rows.append([str(record.number), STATES[record.state], *judged, *drawn, f"{record.seconds:.2f}", record.reason])
    return rows


def as_csv(study: Study) -> str:
    """trials.csv: every trial with all digits, in the order in which they began."""
    scores, names = _columns(study)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["trial", "state", *scores, *names, "seconds", "reason"])
    for record in study.records:
        cells = [record.scores.get(name, "") for name in scores]
        cells += [_cell(record.trial.flat[name]) if name in record.trial.flat else "" for name in names]
        writer.writerow([record.number, record.state, *cells, round(record.seconds, 3), record.reason])
    return text.getvalue()


def _columns(study: Study) -> tuple[list[str], list[str]]:
    """(scores, names drawn) that occur, the objectives first."""
    found = dict.fromkeys(name for record in study.records for name in record.scores)
    scores = list(dict.fromkeys([*study.plan.objectives, *found]))
    return scores, list(dict.fromkeys(name for record in study.records for name in record.trial.flat))


def _cell(value: Any) -> Any:
    return value if isinstance(value, int | float | str) and not isinstance(value, bool) else json.dumps(value)


def shown(value: Any) -> str:
    """A value in a table."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return f"{value:.4g}" if isinstance(value, float) else f"{value}"
