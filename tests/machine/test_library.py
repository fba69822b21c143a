"""Kernels are compiled once, kept whole, and never run from what an older source left."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import pellucid
from laws.cache import lacking
from pellucid.layers import Dense
from pellucid.machine import kept
from pellucid.machine.kept import SUM
from pellucid.machine.library import Library

TRAINING = """
import logging, sys
logging.basicConfig(level=logging.INFO)
import numpy as np, pellucid
from pellucid.layers import Dense
model = pellucid.Sequential([Dense(3, input_shape=(4,)), Dense(1)], seed=0)
model.compile("adam", "mse")
model.fit(np.ones((8, 4), "float32"), np.ones((8, 1), "float32"), verbose=0)
print("numba" in sys.modules, [float(w.sum()) for w in model.get_weights()])
"""

SHUFFLING = """
import logging
logging.basicConfig(level=logging.INFO)
import numpy as np
from pellucid.machine.executable import address
from pellucid.machine.library import library
order, memory = np.empty(9, "int64"), np.empty(20 + 2 * 65536, "int64")
words = np.array([7, 9, address(order), address(memory)])
library().need(["scatter"])
library().function("permutation")(address(words), 0, 0, 1)
print(order.tolist())
"""


def start(cache: Path, program: str, **environment: str) -> subprocess.Popen[str]:
    settings = {**os.environ, "PELLUCID_CACHE": str(cache), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command, pipe = [sys.executable, "-c", program], subprocess.PIPE
    return subprocess.Popen(command, env={**settings, **environment}, stdout=pipe, stderr=pipe, text=True)


def run(cache: Path, program: str, **environment: str) -> tuple[str, str]:
    """(what it printed, what it said beside that)."""
    process = start(cache, program, **environment)
    out, error = process.communicate(timeout=250)
    assert process.returncode == 0, error
    return out, error


def trained() -> pellucid.Sequential:
    """The model of TRAINING, trained in this process, which has its kernels from then on."""
    model = pellucid.Sequential([Dense(3, input_shape=(4,)), Dense(1)], seed=0)
    model.compile("adam", "mse")
    model.fit(np.ones((8, 4), "float32"), np.ones((8, 1), "float32"), verbose=0)
    return model


@pytest.mark.long
def test_a_second_process_compiles_nothing_and_does_not_even_load_the_compiler(tmp_path: Path) -> None:
    trained()
    cache = lacking("permutation", tmp_path)
    first, first_said = run(cache, TRAINING)
    second, second_said = run(cache, TRAINING)
    assert "Compiling" in first_said
    assert second_said == ""
    assert (first.split("[")[0], second.split("[")[0]) == ("True ", "False ")
    assert first.split("[")[1] == second.split("[")[1]


@pytest.mark.long
def test_narrower_vectors_give_the_same_sums(tmp_path: Path) -> None:
    """Kernels for processors without AVX-512: the tile's other shapes."""
    model = trained()
    narrow, _ = run(tmp_path, TRAINING, PELLUCID_VECTOR="4")
    sums = [float(n) for n in narrow.split("[")[1].rstrip("]\n").split(",")]
    assert sums == pytest.approx([float(w.sum()) for w in model.get_weights()], rel=1e-4)


@pytest.mark.long
@pytest.mark.parametrize("cut", [slice(0, -1), slice(0, SUM)])
def test_damaged_code_is_compiled_anew(tmp_path: Path, cut: slice) -> None:
    whole, _ = run(tmp_path, SHUFFLING)
    assert sorted(numbers(whole)) == list(range(9))
    for file in tmp_path.rglob("*.code"):
        file.write_bytes(file.read_bytes()[cut])
    again, said = run(tmp_path, SHUFFLING)
    assert "Compiling" in said
    assert again == whole
    assert run(tmp_path, SHUFFLING) == (whole, "")


@pytest.mark.long
def test_a_folder_that_cannot_be_written_to_costs_time_only(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert run(blocked, SHUFFLING)[0] == run(tmp_path, SHUFFLING)[0]


def test_two_processes_may_compile_at_once(tmp_path: Path) -> None:
    both = [start(tmp_path, SHUFFLING) for _ in range(2)]
    answers = [process.communicate(timeout=250)[0] for process in both]
    assert answers[0] == answers[1] != ""
    assert run(tmp_path, SHUFFLING) == (answers[0], "")


def numbers(text: str) -> list[int]:
    """[1, 2] from the text "[1, 2]"."""
    return [int(n) for n in text.strip("[]\n").split(",")]


def test_the_key_changes_with_any_source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    copy = shutil.copytree(Path(kept.__file__).parent, tmp_path / "machine")
    before = key_of(copy, monkeypatch)
    (copy / "code").mkdir(exist_ok=True)  # what a wheel brings along, and what makes no code
    (copy / "code" / "a.py").write_text("")
    (copy / "passes" / "a.py").write_text("")
    assert key_of(copy, monkeypatch) == before
    source = copy / "kernels" / "functions.py"
    source.write_text(source.read_text("utf-8").replace("1.9875691500e-4", "1.9875691501e-4"), "utf-8")
    assert key_of(copy, monkeypatch) != before


def key_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    found = kept.sources(str(folder))
    kept.sources.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(kept, "sources", lambda: found)
        return kept.key()


def test_code_that_nobody_has_used_for_long_is_removed(tmp_path: Path) -> None:
    forgotten, recent, used = (tmp_path / name for name in ("forgotten", "recent", "used"))
    for folder in (forgotten, recent, used):
        folder.mkdir()
        (folder / "a.code").write_bytes(b"")
    for folder in (forgotten, used):
        os.utime(folder, (1e9, 1e9))
    assert Library(used).folder == used  # in use again
    assert forgotten.exists()
    assert Library(tmp_path / "new").folder
    assert sorted(path.name for path in tmp_path.iterdir()) == ["recent", "used"]


def test_a_kernel_is_found_by_name(tmp_path: Path) -> None:
    library = Library(tmp_path)
    assert library.need(["scatter"])["scatter"]
    assert (tmp_path / "scatter.code").stat().st_size > SUM


def test_the_rules_that_fuse_are_those_that_have_a_kernel() -> None:
    from pellucid.machine.kernels import KERNELS
    from pellucid.machine.passes.fuse import UPDATES

    prefix = "dense.weights."
    assert {name.removeprefix(prefix) for name in KERNELS if name.startswith(prefix)} == set(UPDATES)
