"""How long until something happens: the import, and a whole new process up to its first trained step.

Run as a program, python -m benchmarks.startup LIBRARY, it is such a process.
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import time
from dataclasses import replace
from typing import Any

from .libraries import LIBRARIES
from .processes import Failed, last_answer
from .rounds import Plan
from .tasks import TASKS

NAMES = ("pellucid", "torch_fused", "jax", "keras_tf", "keras_jax", "sklearn")
IMPORT = "import time; began = time.perf_counter(); import {}; print(time.perf_counter() - began)"
EVER = 2  # first runs ever: they are long


def first_step(library: str, environment: dict[str, str]) -> float:
    """Seconds from the start of a process until the network of mnist_32 has made its first step, on 32 images."""
    began = time.time()  # the clock that both processes share
    return float(last_answer(["-m", f"{__package__}.startup", library], environment)) - began


def measured(plan: Plan, libraries: list[str]) -> dict[str, Any]:
    """{library: {"import": [s], "first_step": [s], "first_ever": [s]}}; first_ever is Pellucid's, its cache empty."""
    plan.tell("start-up")
    able = [name for name in NAMES if name in libraries]
    found: dict[str, Any] = {name: {"import": [], "first_step": [], "first_ever": []} for name in able}
    with tempfile.TemporaryDirectory() as cache:
        for number in range(plan.rounds):
            for name in [name for name in able if "not_measured" not in found[name]]:
                environment = LIBRARIES[name].environment | {"PELLUCID_CACHE": os.path.join(cache, "kept")}
                try:
                    if name == "pellucid" and number < EVER:
                        environment["PELLUCID_CACHE"] = os.path.join(cache, "kept" if number == 0 else "new")
                        found[name]["first_ever"].append(first_step(name, environment))
                        environment["PELLUCID_CACHE"] = os.path.join(cache, "kept")
                    found[name]["import"].append(
                        float(last_answer(["-c", IMPORT.format(LIBRARIES[name].imported)], environment))
                    )
                    found[name]["first_step"].append(first_step(name, environment))
                except Failed as problem:
                    found[name] = {"not_measured": str(problem)}
    return found


def main(library: str) -> None:
    import numpy as np

    batch = TASKS["mnist_32"].batch
    x = np.arange(batch * 784).reshape(batch, 784).astype("uint8")
    y = np.arange(batch) % 10
    module = importlib.import_module(f"{__package__}.workers.{LIBRARIES[library].worker}")
    module.training(replace(TASKS["mnist_32"], rows=batch), x, y, **LIBRARIES[library].options)(1)
    print(time.time())


if __name__ == "__main__":
    main(sys.argv[1])
