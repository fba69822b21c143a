"""Real processes that share each batch, started by mpiexec."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

MPIEXEC = shutil.which("mpiexec", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(MPIEXEC is None, reason="there is no mpiexec: pip install mpich"),
    pytest.mark.skipif(importlib.util.find_spec("mpi4py") is None, reason="there is no mpi4py"),
]
SECONDS = 120

TRAINING = """
import sys
import numpy as np, pellucid
from pellucid import layers
from pellucid.distribution import DataParallel, set_distribution
if sys.argv[1] == "together":
    set_distribution(DataParallel())
rng = np.random.Generator(np.random.PCG64(5))
x, y = rng.normal(size=(203, 12)).astype("float32"), rng.integers(0, 3, 203)
model = pellucid.Sequential([
    layers.Dense(16, "relu", input_shape=(12,)), layers.BatchNormalization(), layers.Dropout(0.4),
    layers.Dense(3, "softmax"),
], seed=4)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(
    x, y, batch_size=50, epochs=4, verbose=0, sample_weight=rng.uniform(size=203), validation_data=(x[:31], y[:31])
).history
rank = getattr(pellucid.distribution.distribution(), "rank", 0)
np.savez(f"{sys.argv[2]}-{rank}.npz", theta=model.theta.data, state=model.state.data,
         loss=history["loss"], val_loss=history["val_loss"], accuracy=history["accuracy"])
"""

COMMAND = """
import sys
from pellucid.cli import main
main(sys.argv[1:])
"""

FALLING = """
import os, signal, threading, time
from pathlib import Path
def fall():
    while not Path("killed/checkpoint.npz").exists():
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGKILL)
if os.environ.get("PMI_RANK") == "1":
    threading.Thread(target=fall, daemon=True).start()
"""  # killed by itself: whoever is to kill it from outside may come when it is over


def words(program: str, *arguments: str, ranks: int = 2) -> list[str]:
    own = [sys.executable, "-c", program, *arguments]
    return [str(MPIEXEC), "-n", str(ranks), *own] if ranks > 1 else own


def run(program: str, *arguments: str, ranks: int = 2, at: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words(program, *arguments, ranks=ranks), cwd=at, env=environment(), capture_output=True, text=True,
        timeout=SECONDS, check=False,
    )  # fmt: skip


def environment() -> dict[str, str]:
    paths = [str(Path(__file__).parents[2] / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PELLUCID_THREADS": "1", "OMP_NUM_THREADS": "1"}


def test_two_processes_train_as_one_does_and_twice_alike(tmp_path: Path):
    for name, how, ranks in (("one", "alone", 1), ("two", "together", 2), ("again", "together", 2)):
        done = run(TRAINING, how, name, ranks=ranks, at=tmp_path)
        assert done.returncode == 0, done.stderr
    found = {path.stem: dict(np.load(path, allow_pickle=False)) for path in tmp_path.glob("*.npz")}
    assert sorted(found) == ["again-0", "again-1", "one-0", "two-0", "two-1"]
    for name, values in found["one-0"].items():
        np.testing.assert_allclose(found["two-0"][name], values, rtol=2e-5, atol=2e-6, err_msg=name)
        for other in ("two-1", "again-0", "again-1"):
            np.testing.assert_array_equal(found[other][name], found["two-0"][name], err_msg=f"{other} {name}")


ARGUMENTS = ["digits", "--dropout", "0.2", "--batch-norm", "--batch-size", "60", "--validation-split", "0.1"]


def judged(folder: Path) -> dict[str, Any]:
    metrics = json.loads((folder / "metrics.json").read_text())
    return {name: metrics[name] for name in ("loss", "accuracy", "f1", "epochs", "parameters")}


def test_the_command_line_trains_in_one_folder_and_says_it_once(tmp_path: Path):
    told = run(COMMAND, "train", *ARGUMENTS, "--epochs", "6", at=tmp_path)
    assert told.returncode == 0, told.stderr
    alone = run(COMMAND, "train", *ARGUMENTS, "--epochs", "6", "--out", "alone", ranks=1, at=tmp_path)
    assert alone.returncode == 0, alone.stderr
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["digits-1"]
    assert told.stdout.count("Kept in") == 1
    assert "2 processes share each batch." in told.stdout
    one, two = judged(tmp_path / "alone"), judged(tmp_path / "runs" / "digits-1")
    assert two == pytest.approx(one, rel=1e-4)
    assert two["accuracy"] == one["accuracy"]


def test_what_is_for_one_process_alone_is_told_once(tmp_path: Path):
    told = run(COMMAND, "tune", "digits", at=tmp_path)
    assert told.returncode == 2
    assert told.stderr.count("tune: expected one process, got several") == 1


def test_a_process_that_is_killed_ends_the_job_and_the_run_goes_on_to_the_same_bits(tmp_path: Path):
    command = ["train", *ARGUMENTS, "--epochs", "100", "--out"]
    whole = run(COMMAND, *command, "whole", at=tmp_path)
    assert whole.returncode == 0, whole.stderr
    job = run(FALLING + COMMAND, *command, "killed", at=tmp_path)
    told = job.stdout + job.stderr
    assert job.returncode != 0
    assert "Killed" in told  # mpiexec says so
    assert "pellucid train --resume killed" in told
    assert not (tmp_path / "killed" / "metrics.json").exists()
    resumed = run(COMMAND, "train", "--resume", "killed", at=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert judged(tmp_path / "killed") == judged(tmp_path / "whole")
    history = [(tmp_path / run / "history.csv").read_text() for run in ("whole", "killed")]
    assert history[0] == history[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "nowhere.csv"], "Error: "),
        (["train", "digits", "--out", "taken"], "Choose another --out"),
    ],
)
def test_an_error_is_told_once_whoever_finds_it(tmp_path: Path, arguments: list[str], message: str):
    """All processes find the first, rank 0 alone the second."""
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "metrics.json").write_text("{}")
    done = run(COMMAND, *arguments, at=tmp_path)
    assert done.returncode != 0
    assert done.stderr.count("Error: ") == 1, done.stderr
    assert message in done.stderr
