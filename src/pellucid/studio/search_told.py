"""How a search stands, as the page is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..actions.runs import Run, is_held
from ..actions.tune import Search, study_of
from ..tuning.study import Record, Study
from ..tuning.tuned import ranking, remarks

SHOWN = 8  # tries that are told whole, the best of those done first, then those that failed
APART = ("epochs", "parameters")  # scores of every try, which are told only where they are searched for
LIVE = ("searching", "stopping", "training")
NO_BUDGET = {"trials": None, "seconds": None}
WORDS = {
    "searching": "It tries network after network, one on each core.",
    "stopping": "It ends what it tries, and keeps the best.",
    "training": "The best is trained again, on all rows but those of the test.",
    "done": "The best network is trained, and was tested on rows that no try had seen.",
    "stopped": "It was broken off. What it has tried is kept, and it can go on from there.",
    "failed": "It has found nothing to keep.",
    "elsewhere": "Another program goes on with it, such as the command line, and can end it.",
}


def told_search(name: str, data: str, study: Study, state: str, **more: Any) -> dict[str, Any]:
    """All that the page shows of it."""
    (metric, higher), *others = study.plan.objectives.items()
    best = study.best()
    told = [one for one in ranking(study) if one.state in ("done", "failed")]
    return {
        "id": name, "state": state, "live": state in LIVE, "words": WORDS[state], "data": data,
        "metric": {"name": metric, "more": higher},
        "others": [
            {"name": other, "more": more, "values": [one.scores.get(other) for one in study.records]}
            for other, more in others
        ],
        "trials": [[one.number, _value(one, metric), one.state] for one in study.records],
        "best": best and best.number, "top": [_try(one, study) for one in told[:SHOWN]],
        "seconds": study.seconds, "left": None, "budget": NO_BUDGET,
        "remarks": remarks(study), "problem": None, **more,
    }  # fmt: skip


def _value(record: Record, metric: str) -> float | None:
    """What a try is worth; of one that was given up or goes on, when last it was looked at."""
    if metric in record.scores:
        return record.scores[metric]
    return record.reports[max(record.reports)] if record.reports else None


def _try(record: Record, study: Study) -> dict[str, Any]:
    apart = [name for name in APART if name not in study.plan.objectives]
    return {
        "number": record.number, "state": record.state, "seconds": record.seconds, "reason": record.reason,
        "scores": {name: value for name, value in record.scores.items() if name not in apart},
        "values": dict(record.trial.values),
    }  # fmt: skip


def state_of(run: Run) -> str:
    """The state of a search that nobody goes on with, from its folder."""
    return "done" if run.done else "stopped"


def at_rest(name: str, run: Run) -> dict[str, Any]:
    """A search that this studio does not go on with; another program, such as the command line, may."""
    data, study, state = Search.read(run.search).base.data, study_of(run), state_of(run)
    if state == "stopped" and is_held(run):
        return told_search(name, data, study, "elsewhere", budget=study.granted or NO_BUDGET)
    if state == "stopped" and study.records and all(record.state == "failed" for record in study.records):
        return told_search(name, data, study, "failed", problem=found_nothing(remarks(study)))
    return told_search(name, data, study, state)


def found_nothing(why: Sequence[str]) -> dict[str, str]:
    """What is told where every try has failed."""
    return {"error": " ".join(["No try came to its end.", *why])}
