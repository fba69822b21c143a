"""python -m benchmarks.zoo run | unseen | check | fit | cure | kinds [WORD ...]

run     trains every row of the seen part, measures every rule's signal, and writes results/zoo.json
unseen  the same for the unseen part: results/zoo_unseen.json
check   measures without the doctor whether every unseen program is as hurt, or as good, as its recipe says
fit     fits thresholds on the seen part, judges them on both, and writes the confidences and docs/doctor_zoo.md
cure    applies the remedy of each faulty run's first finding, in the last part with specs: results/zoo_cures.json
kinds   asks all rules of convolutions, recurrence, embeddings and attention, and checks that they hold there

With words, only rows whose names contain one of them are run, and what came out is printed instead.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import Any

from pellucid.doctor.rules import every_rule

from ..processes import ROOT
from .curing import cured
from .data import names
from .judging import confidences, findings, fitted, measured_now, scores
from .kinds import KINDS
from .kinds import examined as of_kind
from .parts import SEEN, SPECS, UNSEEN, alike
from .programs import ProgramRow, Told
from .report import in_words, write
from .rows import Recipe, Row
from .running import examined
from .truths import untold

RESULTS = ROOT / "benchmarks" / "results"
SEEN_RUNS, UNSEEN_RUNS, CURES = (RESULTS / f"{name}.json" for name in ("zoo", "zoo_unseen", "zoo_cures"))

CONFIDENCES = ROOT / "src" / "pellucid" / "doctor" / "confidences.py"
BEGIN, END = "    # measured: begin\n", "    # measured: end\n"


def rows_of(recipes: Sequence[Recipe | Told], words: Sequence[str]) -> list[Any]:
    """Every row whose data are here, and whose name contains one of the words."""
    there = set(names())
    rows = [row for recipe in recipes for row in recipe.rows() if row.data in there]
    return [row for row in rows if not words or any(word in row.name for word in words)]


def on_all_cores(work: Callable[[Row], Any], rows: list[Row]) -> list[Any]:
    """`work` for every row, in processes; a sign of life on standard error."""
    found: dict[int, Any] = {}
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        waiting = {processes.submit(work, row): place for place, row in enumerate(rows)}
        for done in as_completed(waiting):
            if done.exception() is not None:
                processes.shutdown(cancel_futures=True)
            found[waiting[done]] = done.result()
            print(f"\r{len(found)} of {len(rows)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return [found[place] for place in range(len(rows))]


def examined_or_missed(row: Row) -> dict[str, Any]:
    """As `examined`; a row that cannot be run has no signals, and so counts as a miss."""
    try:
        return examined(row)
    except Exception as problem:
        kept = {"name": row.name, "rule": row.rule, "group": row.group, "data": row.data, "also": sorted(row.also)}
        return kept | {"score": -1.0, "signals": {}, "stumbled": {}, "seconds": [0.0, 0.0]} | {
            "like": None, "works": False, "failed": False, "crashed": repr(problem),
        }  # fmt: skip


def run(recipes: Sequence[Recipe | Told], to: Path, words: list[str]) -> None:
    began = time.monotonic()
    runs = on_all_cores(examined_or_missed, rows_of(recipes, words))
    for one in runs:
        for name, problem in one["stumbled"].items():
            print(f"{one['name']}: {name} stumbled over {problem}")
        if "crashed" in one:
            print(f"{one['name']} could not be run: {one['crashed']}")
    if words:
        show(runs)
    else:
        kept = [{key: value for key, value in one.items() if key != "score"} for one in runs]
        minutes = round((time.monotonic() - began) / 60, 1)
        keep(to, {"made": time.strftime("%Y-%m-%d"), "minutes": minutes, "runs": kept})


def checked(row: ProgramRow) -> dict[str, Any]:
    """As `ProgramRow.checked`; a program that cannot be run is not as told."""
    try:
        found = row.checked()
        return found | {"wrong": [*found["wrong"], *(untold(row) if row.rule else [])]}
    except Exception as problem:
        return {"name": row.name, "told": {}, "wrong": [repr(problem)]}


def check(words: list[str]) -> None:
    """Ends in an error where a program is not what the unseen part says it is."""
    found = on_all_cores(checked, rows_of(UNSEEN, words))
    wrong = [one for one in found if one["wrong"]]
    for one in found if words else wrong:
        told = ", ".join(f"{name} {value:.3f}" for name, value in one["told"].items())
        print(f"{one['name']:75} {'; '.join(one['wrong']) or 'as told'}   ({told})")
    print(f"{len(found) - len(wrong)} of {len(found)} programs are as told")
    assert not wrong


def keep(path: Path, kept: dict[str, Any]) -> None:
    """As JSON, with each run on a line of its own."""
    runs = ",\n".join(map(json.dumps, kept["runs"]))
    rest = json.dumps(kept | {"runs": []}, indent=1)
    path.write_text(rest.replace('"runs": []', f'"runs": [\n{runs}\n]') + "\n", "utf-8")


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
        print(f"{one['name']:80} score {one['score']:6.3f}  signal {value}  says {in_words(said)}")


def fit(words: list[str]) -> None:
    """The unseen part counts where it was run with the rules as they are."""
    seen, unseen, rules = loaded(SEEN_RUNS), current(UNSEEN_RUNS), every_rule()
    thresholds = {rule.name: fitted(rule, rules, seen["runs"]) for rule in rules}
    judges = unseen or seen
    known = confidences(judges["runs"], rules, thresholds)
    seen["scores"] = scores(seen["runs"], rules, thresholds)
    told = {"thresholds": thresholds, "confidences": known, "confidences_from": "unseen" if unseen else "seen"}
    keep(SEEN_RUNS, seen | told)
    if unseen:
        shared = alike()
        unseen["scores"] = scores(unseen["runs"], rules, thresholds)
        unseen["apart"] = scores([run for run in unseen["runs"] if run["name"] not in shared], rules, thresholds)
        keep(UNSEEN_RUNS, unseen)
    for rule in rules:
        was = "" if rule.threshold == thresholds[rule.name] else f"   is {rule.threshold:g}"
        print(f"{rule.name:28} threshold={thresholds[rule.name]:g}{was}")
    write_confidences(known)
    write(loaded(SEEN_RUNS), unseen, loaded(CURES))


def write_confidences(known: Mapping[str, Sequence[float | None]]) -> None:
    """Into the doctor's own table."""
    lines = "".join(f'    "{name}": {tuple(values)},\n' for name, values in known.items())
    before, _, rest = CONFIDENCES.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    CONFIDENCES.write_text(f"{before}{BEGIN}{lines}{END}{after}", "utf-8")


def current(path: Path) -> Any:
    """What was kept there, if it was measured by the rules as they are."""
    kept = loaded(path)
    return kept if kept and measured_now(kept["runs"]) else None


def cure(words: list[str]) -> None:
    cures = on_all_cores(cured, [row for row in rows_of(SPECS, words) if row.rule])
    if words:
        print(json.dumps(cures, indent=1))
        return
    keep(CURES, {"made": time.strftime("%Y-%m-%d"), "runs": cures})
    write(loaded(SEEN_RUNS), current(UNSEEN_RUNS), loaded(CURES))


def kinds(words: list[str]) -> None:
    """One after another, as they are few; ends in an error where a rule does not hold."""
    wrong = []
    for kind in KINDS:
        if not words or any(word in kind.name for word in words):
            found = of_kind(kind)
            print(f"{kind.name:70} says {found.said} {found.stumbled or ''}", flush=True)
            wrong += [] if found.right else [kind.name]
    assert not wrong, wrong


if __name__ == "__main__":
    command, *words = sys.argv[1:] or [""]
    commands = {
        "run": partial(run, SEEN, SEEN_RUNS),
        "unseen": partial(run, UNSEEN, UNSEEN_RUNS),
        "check": check,
        "fit": fit,
        "cure": cure,
        "kinds": kinds,
    }
    if command not in commands:
        sys.exit(__doc__)
    commands[command](words)
