"""The benchmarks run, their tables and bars say what was measured, and operations are counted rightly."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # benchmarks/ lies beside src/ and is never installed

from benchmarks import bars, plots, report, sizes  # noqa: E402
from benchmarks.libraries import LIBRARIES  # noqa: E402
from benchmarks.networks.data import made  # noqa: E402
from benchmarks.networks.layered import build  # noqa: E402
from benchmarks.networks.tasks import NETWORKS  # noqa: E402
from benchmarks.processes import Failed, Process, last_answer, plain  # noqa: E402
from benchmarks.rounds import Plan, measured  # noqa: E402
from benchmarks.tasks import TASKS, flops, parameters, traffic  # noqa: E402


def results(**tasks: Any) -> dict[str, Any]:
    """What a run keeps, with two libraries whose times are known."""
    return {
        "made": "2026-01-01", "command": "make bench", "minutes": 1.0, "rounds": 3, "seconds": 0.5, "images": "MNIST",
        "machine": {
            "processor": "P", "cores": 2, "memory": 2**34, "system": "S", "load": 0.0, "versions": {"python": "3"},
        },
        "limits": [{"flops": {"one": 1e11, "all": 2e11}, "bandwidth": {"one": 3e10, "all": 4e10}, "lanes": 8}],
        "tasks": tasks, "sizes": {}, "startup": {}, "load": {},
    }  # fmt: skip


def task(name: str, **times: Any) -> dict[str, Any]:
    found = {
        library: {"not_measured": value} if isinstance(value, str) else
        {"times": value, "check": 0.5, "memory": 200_000_000, "notes": []}
        for library, value in times.items()
    }  # fmt: skip
    one = TASKS[name]
    return {
        "title": one.title, "kind": one.kind, "group": one.group, "steps": one.steps, "batch": one.batch, "said": "",
        "flops": flops(one), "traffic": traffic(one), "libraries": found,
    }  # fmt: skip


def test_flops_agree_with_a_count_by_hand():
    small = replace(TASKS["xor"], sizes=(2, 3, 1), batch=4)
    # Forward 4·(2·3 + 3·1) products, dW as many, dx only of the second layer: 4·3·1; an addition with each.
    assert flops(small) == 2 * (4 * 9 + 4 * 9 + 4 * 3)
    assert flops(replace(small, kind="predict")) == 2 * 4 * 9
    assert parameters((2, 3, 1)) == 2 * 3 + 3 + 3 * 1 + 1
    assert traffic(small) == 7 * 4 * 13 + 4 * (2 * 4)
    assert traffic(replace(small, data="mnist")) == 7 * 4 * 13 + 4 * 2  # images are bytes


def test_no_task_has_a_ragged_last_batch():
    assert all(one.rows % one.batch == 0 for one in (TASKS | NETWORKS).values())


@pytest.mark.parametrize("name", NETWORKS)
def test_the_twelve_networks_multiply_as_often_as_is_said(name: str):
    """Counted from the weights of the layers: how often each is used for one row, and what attention adds."""
    model, one = build(pellucid, name), NETWORKS[name]
    x = made(np.random.default_rng(0))[one.data]["x"]
    assert one.rows <= len(x)
    used, attention = 0, 0
    for layer in model.layers:
        weights = sum(math.prod(w.shape) for w in layer.weights if w.name.endswith("kernel"))
        if type(layer).__name__ == "MultiHeadAttention":
            steps, d = layer.output.shape[1:]
            used += weights * steps
            attention += d * (steps * (steps + 1) if name.startswith("gpt") else 2 * steps * steps)
        elif type(layer).__name__ in ("Dense", "Conv1D", "Conv2D"):
            used += weights * math.prod(layer.output.shape[1:-1])
        elif type(layer).__name__ in ("LSTM", "GRU", "SimpleRNN"):
            used += weights * x.shape[1]
    assert sum(one.macs) == used + attention


def test_a_tiny_run_and_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from benchmarks import data

    for part, values in data.made()["xor"].items():
        data.np.save(tmp_path / f"xor.{part}.npy", values)
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.setitem(LIBRARIES, "absent", replace(LIBRARIES["sklearn"], worker="absent"))
    plan = Plan(tmp_path, rounds=2, seconds=0.02, tell=lambda what: None)
    one = replace(TASKS["xor"], libraries=("pellucid", "absent"))
    found = measured(plan, [one], ["pellucid", "absent"])

    own = found["xor"]["libraries"]["pellucid"]
    assert len(own["times"]) == 2
    assert all(0 < seconds < 0.1 for seconds in own["times"])
    assert 0 < own["check"] < 0.8  # ln 2 is what a network that has learnt nothing comes to
    assert 20e6 < own["memory"] < 2e9
    assert "KeyError" in found["xor"]["libraries"]["absent"]["not_measured"]

    kept = json.loads(json.dumps(results(**found)))
    page = tmp_path / "page.md"
    page.write_text(f"above\n{report.BEGIN}\nold\n{report.END}\nbelow\n", "utf-8")
    report.write_page(report.markdown(kept, []), page)
    text = page.read_text("utf-8")
    assert text.startswith("above\n")
    assert text.endswith("below\n")
    assert "\nold\n" not in text
    assert "| Pellucid |" in text
    assert "not measured: KeyError" in text
    assert f"| {report.seconds(report.statistics.median(own['times']))} |" in text


def test_ratios_are_of_the_same_round():
    found = task("mnist_32", pellucid=[1e-4, 2e-4, 1e-4], jax=[2e-4, 6e-4, 1e-4], sklearn="no such package")
    kept = results(mnist_32=found)
    ratio = bars.faster_than("mnist_32", "jax", "torch")(kept)
    assert ratio == pytest.approx(2.0)  # of 2, 3 and 1; torch was not measured
    text = report.one_task(kept, "mnist_32")
    assert "2.00 (1.00 to 3.00) x" in text
    assert "not measured: no such package" in text


def test_bars_are_met_or_not():
    kept = results(mnist_32=task("mnist_32", pellucid=[1e-4], jax=[1.9e-4]), wide=task("wide", pellucid=[0.0143]))
    rows = {line.split(" | ")[0]: line for line in report.bars(kept).splitlines()}
    assert rows["| 784-128-10, batch 32: faster than JAX `jit`+`scan`"].endswith("| 1.90 x | **not met** |")
    assert rows["| 784-128-10, batch 32: peak memory"].endswith("| 200 MB | met |")
    assert rows["| XOR: one step"].endswith("|  | not measured |")
    share = bars.share_of_peak("wide")(kept)
    assert share == pytest.approx(100 * flops(TASKS["wide"]) / 0.0143 / 2e11)


def test_pictures_are_drawn_of_what_was_measured(tmp_path: Path):
    pytest.importorskip("matplotlib")
    kept = results(mnist_32=task("mnist_32", pellucid=[1e-4], jax=[1.9e-4]))
    drawn = plots.draw(kept, tmp_path)
    assert [file for file, _ in drawn] == ["benchmark_ratios.svg", "benchmark_memory.svg"]
    assert "JAX jit+scan" in (tmp_path / "benchmark_ratios.svg").read_text("utf-8")


def test_sizes_are_the_sum_over_what_is_required():
    found = sizes.closure(["pydantic"])
    assert {"pydantic", "pydantic-core", "typing-extensions"} <= found.keys()
    assert found["pydantic-core"] > 1_000_000
    with pytest.raises(Failed, match="no-such-package is not installed"):
        sizes.closure(["no-such-package"])


def test_what_goes_wrong_is_told_in_a_line(tmp_path: Path):
    with pytest.raises(Failed, match="ValueError: bad"):
        last_answer(["-c", "raise ValueError('bad')"])
    with pytest.raises(Failed, match="not finished after 0 s"):
        last_answer(["-c", "import time; time.sleep(9)"], seconds=0.2)
    assert plain(f"no file {ROOT}/x\nin {sys.prefix}") == "no file .../x in ..."
    with pytest.raises(Failed, match="KeyError: 'no_such_task'"):
        Process("pellucid", tmp_path, ["no_such_task"])


def test_the_command_says_what_it_can_do():
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.run", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "mnist_32" in told.stdout
    assert "torch_compile" in told.stdout
