"""Measuring in rounds: every library in turn, again and again, so that a slow minute of the machine hits all alike."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .processes import Failed, Process
from .tasks import Task, flops, traffic

Found = dict[str, Any]  # of one library: "times", "memory", ..., or "not_measured": why


@dataclass(frozen=True)
class Plan:
    """How long and how often."""

    folder: Path  # where the data are
    rounds: int
    seconds: float  # of one turn
    tell: Callable[[str], None] = print


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def started(plan: Plan, libraries: list[str], names: list[str]) -> dict[str, Process | Failed]:
    """A process for each library, ready and asleep. One after the other: two that share the cores take far longer."""
    crew: dict[str, Process | Failed] = {}
    for library in libraries:
        began = time.monotonic()
        try:
            crew[library] = process = Process(library, plan.folder, names)
        except Failed as problem:
            crew[library] = problem
            plan.tell(f"    {library}: not measured: {problem}")
        else:
            process.sleep()
            plan.tell(f"    {library}: ready after {time.monotonic() - began:.0f} s")
    return crew


def turns(plan: Plan, task: Task, crew: dict[str, Process], found: dict[str, Found], warm: float) -> None:
    """All rounds of one task. Each begins with another library; a library that fails is out."""
    alive = [library for library in crew if "not_measured" not in found[library]]

    def ask(library: str, what: str, **more: Any) -> Found:
        try:
            return crew[library].ask(what, name=task.name, **more)
        except Failed as problem:
            alive.remove(library)
            found[library] = {"not_measured": str(problem)}
            return {}

    for library in list(alive):
        ask(library, "calibrate", seconds=warm)
    for number in range(min(plan.rounds, task.most_rounds)):
        first = number % max(1, len(alive))
        for library in alive[first:] + alive[:first]:
            if answer := ask(library, "time"):
                found[library]["times"].append(answer["seconds"])
                found[library] |= {"memory": answer["memory"], "notes": answer["notes"]}


def trained(plan: Plan, tasks: list[Task], libraries: list[str]) -> dict[str, dict[str, Found]]:
    """Tasks of one group, by the libraries that can do them: {task: {library: what was found}}."""
    plan.tell(tasks[0].title if len(tasks) == 1 else f"{tasks[0].title} to {tasks[-1].title}")
    crew = started(plan, libraries, [task.name for task in tasks])
    found: dict[str, dict[str, Found]] = {}
    with contextlib.ExitStack() as stack:
        ready = {library: stack.enter_context(p) for library, p in crew.items() if isinstance(p, Process)}
        for task in tasks:
            found[task.name] = {
                library: {"not_measured": str(p)}
                if isinstance(p, Failed)
                else {"times": [], "check": p.checks[task.name]}
                for library, p in crew.items()
            }
            turns(plan, task, ready, found[task.name], plan.seconds)
    return found


def reached(plan: Plan, task: Task, libraries: list[str]) -> dict[str, Found]:
    """A task of the kind "reach": a new process and a new seed for each round, as compilation is part of the time."""
    plan.tell(task.title)
    found: dict[str, Found] = {library: {"times": [], "epochs": [], "accuracy": []} for library in libraries}
    for number in range(min(plan.rounds, task.most_rounds)):
        for library in libraries:
            if "not_measured" in found[library]:
                continue
            try:
                with Process(library, plan.folder, [task.name]) as process:
                    answer = process.ask("reach", name=task.name, seed=number)
            except Failed as problem:
                found[library] = {"not_measured": str(problem)}
                continue
            plan.tell(f"    {library}: {answer['epochs']} epochs in {answer['seconds']:.0f} s")
            found[library]["memory"] = answer["memory"]
            for part, value in (("times", "seconds"), ("epochs", "epochs"), ("accuracy", "accuracy")):
                found[library][part].append(answer[value])
    return found


def measured(plan: Plan, tasks: list[Task], libraries: list[str]) -> dict[str, Any]:
    """What the report needs of tasks of one group."""
    able = [library for library in libraries if library in tasks[0].libraries]
    found = {tasks[0].name: reached(plan, tasks[0], able)} if tasks[0].kind == "reach" else trained(plan, tasks, able)
    return {
        task.name: {
            "title": task.title, "kind": task.kind, "group": task.group, "steps": task.steps, "batch": task.batch,
            "said": task.said, "flops": flops(task), "traffic": traffic(task), "libraries": found[task.name],
        }
        for task in tasks
    }  # fmt: skip
