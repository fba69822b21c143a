"""python -m benchmarks.zoo run | third | fit | cure [WORD ...]

run   trains every row, measures every rule's signal, and writes results/zoo.json
third trains the rows of the third part, measures the same, and writes results/zoo_third.json
fit   fits thresholds on the first half, judges them on the others, and writes docs/doctor_zoo.md
cure  applies the remedy of each faulty run's first finding and writes results/zoo_cures.json

With words, only rows whose names contain one of them are run, and what came out is printed instead.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from pellucid.doctor.rules import every_rule

from ..processes import ROOT
from .curing import cured
from .data import names
from .faults import FAULTS
from .healthy import HEALTHY
from .judging import FIRST, OTHER, confidence, findings, fitted, halves, scores, together
from .report import write
from .rows import Recipe, Row
from .running import examined
from .third import THIRD

RESULTS = ROOT / "benchmarks" / "results"
RUNS, THIRD_RUNS, CURES = (RESULTS / f"{name}.json" for name in ("zoo", "zoo_third", "zoo_cures"))
SECOND = RESULTS / "zoo_second.json"  # what came out on the second half while nobody had looked at its runs


def rows_of(recipes: Sequence[Recipe]) -> list[Row]:
    """Every row whose data are here."""
    there = set(names())
    return [row for recipe in recipes for row in recipe.rows() if row.data in there]


def all_rows() -> list[Row]:
    """Those of both halves."""
    return rows_of([*FAULTS, *HEALTHY])


def on_all_cores(work: Callable[[int], Any], places: list[int]) -> list[Any]:
    """`work` for every place, in processes; a sign of life on standard error."""
    found: dict[int, Any] = {}
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        waiting = {processes.submit(work, place): place for place in places}
        for done in as_completed(waiting):
            if done.exception() is not None:
                processes.shutdown(cancel_futures=True)
            found[waiting[done]] = done.result()
            print(f"\r{len(found)} of {len(places)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return [found[place] for place in places]


def examine_place(place: int) -> dict[str, Any]:
    return examined(all_rows()[place])


def third_place(place: int) -> dict[str, Any]:
    """As `examined`; a row that cannot be run has no signals, and so counts as a miss."""
    row = rows_of(THIRD)[place]
    try:
        return examined(row)
    except Exception as problem:
        kept = {"name": row.name, "rule": row.rule, "group": row.group, "data": row.data, "also": sorted(row.also)}
        return kept | {"signals": {}, "stumbled": {}, "crashed": repr(problem)}


def cure_place(place: int) -> dict[str, Any]:
    return cured(all_rows()[place])


def chosen(words: list[str]) -> list[int]:
    return [i for i, row in enumerate(all_rows()) if not words or any(word in row.name for word in words)]


def run(words: list[str]) -> None:
    began = time.monotonic()
    runs = on_all_cores(examine_place, chosen(words))
    for one in runs:
        for name, problem in one["stumbled"].items():
            print(f"{one['name']}: {name} stumbled over {problem}")
    if words:
        show(runs)
    else:
        kept = {"made": time.strftime("%Y-%m-%d"), "minutes": round((time.monotonic() - began) / 60, 1), "runs": runs}
        RUNS.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


def third(words: list[str]) -> None:
    began = time.monotonic()
    runs = on_all_cores(third_place, list(range(len(rows_of(THIRD)))))
    kept = {"made": time.strftime("%Y-%m-%d"), "minutes": round((time.monotonic() - began) / 60, 1), "runs": runs}
    THIRD_RUNS.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


def loaded(path: Path) -> Any:
    """What was kept there; nothing where nothing was."""
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def show(runs: list[dict[str, Any]]) -> None:
    """Each run with what the doctor says now."""
    rules = every_rule()
    now = {rule.name: rule.threshold for rule in rules}
    for one in runs:
        said = findings(one, rules, now)
        value = one["signals"].get(one["rule"])
        print(f"{one['name']:80} score {one['score']:6.3f}  signal {value}  says {', '.join(said) or 'nothing'}")


def fit(words: list[str]) -> None:
    kept = json.loads(RUNS.read_text("utf-8"))
    rules, runs = every_rule(), kept["runs"]
    half = halves(runs)
    first, other = ([one for one in runs if half[one["group"]] == name] for name in (FIRST, OTHER))
    thresholds = {rule.name: fitted(rule, rules, first) for rule in rules}
    unseen, later = loaded(SECOND)["other"], loaded(THIRD_RUNS)
    if later:
        later["scores"] = scores(later["runs"], rules, thresholds)
        unseen = together(unseen, later["scores"])
        THIRD_RUNS.write_text(json.dumps(later, indent=1) + "\n", "utf-8")
    kept |= {
        "thresholds": thresholds,
        "confidences": {name: confidence(counts, unseen["all"]) for name, counts in unseen["rules"].items()},
        "first": scores(first, rules, thresholds),
        "other": scores(other, rules, thresholds),
    }
    RUNS.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    for rule in rules:
        now = (rule.threshold, rule.confidence)
        new = (thresholds[rule.name], kept["confidences"][rule.name])
        was = "" if now == new else f"   is {now[0]:g}, {now[1]:g}"
        print(f"{rule.name:28} threshold={new[0]:g}, confidence={new[1]:g}{was}")
    write(kept, later, loaded(CURES) or [])


def cure(words: list[str]) -> None:
    rows = all_rows()
    cures = on_all_cores(cure_place, [place for place in chosen(words) if rows[place].rule])
    if words:
        print(json.dumps(cures, indent=1))
        return
    CURES.write_text(json.dumps(cures, indent=1) + "\n", "utf-8")
    write(loaded(RUNS), loaded(THIRD_RUNS), cures)


if __name__ == "__main__":
    command, *words = sys.argv[1:] or [""]
    commands = {"run": run, "third": third, "fit": fit, "cure": cure}
    if command not in commands:
        sys.exit(__doc__)
    commands[command](words)
