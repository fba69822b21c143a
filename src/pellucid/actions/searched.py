"""What a report tells of a search, as plain data."""

from __future__ import annotations

import numpy as np

from ..plots import Tries
from ..reports import Searched
from ..tuning.study import Study
from ..tuning.tuned import STATES, ranking, remarks, table
from .runs import Run
from .tune import study_of

BEST = 12  # trials in the report's table


def searched(run: Run) -> Searched:
    """The search that a run's network comes from."""
    study = study_of(run)
    names = list(study.plan.objectives)
    done = study.done
    states = [record.state for record in study.records]
    head, *rows = table(study, ranking(study)[:BEST])
    several = len(names) > 1
    return Searched(
        tries_of(study), {told: states.count(state) for state, told in STATES.items()}, head, rows,
        study.importances(),
        np.array([[record.scores[name] for name in names[:2]] for record in done]) if several else None,
        [done.index(record) for record in study.front()] if several else (),
        names, remarks(study),
    )  # fmt: skip


def tries_of(study: Study) -> Tries:
    """The trials that have a score, as they are drawn."""
    (name, more), *_ = study.plan.objectives.items()
    done = study.done
    drawn = dict.fromkeys(key for record in done for key in record.trial.flat)
    values = {key: [record.trial.flat.get(key) for record in done] for key in drawn}
    return Tries([record.number for record in done], [record.scores[name] for record in done], values, name, more)
