"""How good the suggestions of find_learning_rate are: python -m benchmarks.learning_rates

Each network is trained with the suggested rate and with 0.1, 0.3, 3 and 10 times it, and judged on held-out rows. What
came out stands in results/learning_rates.json and, between the marks, in docs/guide/learning_rate.md.
"""

from __future__ import annotations

import itertools
import json
import math
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

import numpy as np

import pellucid
from pellucid.layers import Activation, BatchNormalization, Dense, Dropout, Layer
from pellucid.optimizers import SGD, Adam, RMSprop

from .processes import ROOT
from .report import RESULTS, table, write_page
from .zoo.data import Data, load, names

PAGE = ROOT / "docs" / "guide" / "learning_rate.md"
FACTORS = (0.1, 0.3, 1.0, 3.0, 10.0)
TASKS = ("digits", "mnist", "titanic", "diamonds", "diamonds_cut", "spirals", "moons", "blobs", "sine")
BATCH, STEPS = 64, 800  # steps of each training: enough that a good rate shows, too few for a bad one to catch up
NEAR = 0.1  # of the way from the untrained network to the best of the five

OPTIMIZERS = {
    "Adam": Adam,
    "SGD": SGD,
    "SGD, momentum 0.9": lambda rate: SGD(rate, momentum=0.9),
    "RMSprop": RMSprop,
}


def dense(units: Sequence[int], activation: str, *, norm: bool = False, dropout: float = 0.0) -> list[Layer]:
    hidden: list[Layer] = []
    for n in units:
        hidden += [Dense(n), BatchNormalization(), Activation(activation)] if norm else [Dense(n, activation)]
        hidden += [Dropout(dropout)] if dropout else []
    return hidden


NETWORKS = {
    "100 relu": lambda: dense([100], "relu"),
    "48-24 gelu": lambda: dense([48, 24], "gelu"),
    "40-40 tanh": lambda: dense([40, 40], "tanh"),
    "64-32 relu, batch norm": lambda: dense([64, 32], "relu", norm=True),
    "128 relu, dropout 0.4": lambda: dense([128], "relu", dropout=0.4),
    "24-24-24-24 selu": lambda: dense([24] * 4, "selu"),
}


class Job(NamedTuple):
    task: str
    network: str
    optimizer: str


def model_of(job: Job, data: Data, rate: float) -> pellucid.Sequential:
    out = Dense(data.classes, "softmax") if data.classes else Dense(1)
    model = pellucid.Sequential([*NETWORKS[job.network](), out], seed=7)
    loss = "sparse_categorical_crossentropy" if data.classes else "mean_squared_error"
    model.compile(OPTIMIZERS[job.optimizer](rate), loss)
    return model


def held_loss(job: Job, data: Data, rate: float) -> float:
    """The loss on held-out rows after so many steps; infinite where training broke off."""
    model = model_of(job, data, rate)
    try:
        model.fit(data.x, data.y, batch_size=BATCH, epochs=math.ceil(STEPS / math.ceil(len(data.x) / BATCH)), verbose=0)
        return float(model.evaluate(data.x_held, data.y_held, verbose=0))
    except pellucid.errors.NonFinite:
        return math.inf


def measured(job: Job) -> dict[str, Any]:
    """The suggestion, and how the five rates did: 0 is as good as the best of them, 1 as bad as no training."""
    data = load(job.task)
    model = model_of(job, data, 0.001)
    found = model.find_learning_rate(data.x, data.y, batch_size=BATCH, steps=400)
    row = {**job._asdict(), "suggestion": found.suggestion, "reason": found.reason}
    if found.suggestion is None:
        return row
    untrained = float(model.evaluate(data.x_held, data.y_held, verbose=0))
    losses = np.array([held_loss(job, data, factor * found.suggestion) for factor in FACTORS])
    scores = (losses - losses.min()) / (untrained - losses.min())
    return row | {"scores": [round(min(float(score), 9.0), 4) for score in scores]}


# The page ----------------------------------------------------------------------------------------------------------


def percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def line(name: str, rows: list[dict[str, Any]]) -> list[str]:
    """How many, for how many there was a suggestion, and for each factor how often its rate was near the best."""
    told = [row for row in rows if row["suggestion"] is not None]
    near = np.mean([np.array(row["scores"]) <= NEAR for row in told], axis=0) if told else [math.nan] * len(FACTORS)
    return [name, str(len(rows)), str(len(told)), *("" if math.isnan(share) else percent(share) for share in near)]


def within(rows: list[dict[str, Any]], factor: float) -> float:
    """How often the suggestion, or a rate within this factor of it, was the best of the five."""
    best = [FACTORS[int(np.argmin(row["scores"]))] for row in rows]
    return float(np.mean([1 / factor - 1e-9 <= one <= factor + 1e-9 for one in best]))


def markdown(rows: list[dict[str, Any]]) -> str:
    head = ["", "runs", "suggestions", *(f"x {factor:g}" for factor in FACTORS)]
    told = [row for row in rows if row["suggestion"] is not None]
    groups = [[line("**all**", rows)]]
    groups += [
        [line(name, [row for row in rows if row[kind] == name]) for name in dict.fromkeys(row[kind] for row in rows)]
        for kind in ("optimizer", "task", "network")
    ]
    refused = [
        row["reason"].removeprefix("No suggestion: ").split(",")[0].split(" by ")[0]
        for row in rows
        if not row["suggestion"]
    ]
    reasons = "; ".join(
        f"{refused.count(one)} times because {one}" for one in sorted(set(refused), key=refused.count, reverse=True)
    )
    return (
        f"{len(rows)} networks, {STEPS} steps each with batches of {BATCH}; a suggestion for {len(told)} of them. "
        f"Of the five rates, the best was the suggestion or 0.3 or 3 times it in {percent(within(told, 3.34))}.\n\n"
        + table(head, [row for group in groups for row in group])
        + (f"\nThere was no suggestion {reasons}.\n" if reasons else "")
    )


def main() -> None:
    jobs = [Job(*parts) for parts in itertools.product((t for t in TASKS if t in names()), NETWORKS, OPTIMIZERS)]
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        rows = list(processes.map(measured, jobs))
    (RESULTS / "learning_rates.json").write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    write_page(markdown(rows), PAGE)


if __name__ == "__main__":
    main()
