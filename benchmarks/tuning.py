"""Searches: python -m benchmarks.tuning [--quick] [--seconds 60]

1. `pellucid tune digits --trials 60` with one worker and with one for each core: the same trials, how much sooner.
2. The best network that each of several tuners finds in the same seconds, on digits and three tables, for five seeds.
   Every tuner has the same rows, standardised, the same space, and chooses by rows of its own that it holds out; it is
   judged by rows that none has seen.

What came out stands in results/tuning.json and docs/guide/tuning.md. --quick shows that it works: ten trials, one seed,
one set, few seconds.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))  # best for networks so small
os.environ.setdefault("KERAS_BACKEND", "jax")  # KerasTuner asks for TensorFlow otherwise

import numpy as np

import pellucid
from pellucid.layers import Dense, Dropout
from pellucid.optimizers import Adam
from pellucid.tuning import tune
from pellucid.tuning.processes import cores

from .machine import described
from .report import RESULTS, table, write_page

# What a tuner alone needs is imported in its function: each worker of Pellucid's reads this file.
if TYPE_CHECKING:
    from .table_sets import Split

FILE, PAGE = RESULTS / "tuning.json", Path(__file__).parents[1] / "docs" / "guide" / "tuning.md"
TITLES = ("digits", "breast cancer", "wine", "make_classification")
EPOCHS, WIDEST = 40, 256
SPACE: dict[str, Any] = {
    "depth": {"low": 1, "high": 3},
    "units": {"low": 16, "high": WIDEST, "log": True},
    "rate": {"low": 1e-4, "high": 3e-2, "log": True},
    "dropout": {"low": 0.0, "high": 0.5},
    "batch_size": [32, 64, 128],
}


def network(depth: int, units: int, rate: float, dropout: float, classes: int = 10) -> Any:
    """What Pellucid searches."""
    hidden = [layer for _ in range(depth) for layer in (Dense(units, "relu"), Dropout(dropout))]
    model = pellucid.Sequential([*hidden, Dense(classes, "softmax")])
    model.compile(Adam(rate), "sparse_categorical_crossentropy")
    return model


class Network:
    """`network` for so many classes; other processes can import it."""

    def __init__(self, classes: int) -> None:
        self.classes = classes

    def __call__(self, depth: int, units: int, rate: float, dropout: float) -> Any:
        return network(depth, units, rate, dropout, self.classes)


# Sixty trials --------------------------------------------------------------------------------------------------------


def speed(trials: int) -> dict[str, float]:
    """Seconds of the same trials with one worker and with all, from the command's start to its end."""
    took = {}
    with tempfile.TemporaryDirectory() as folder:
        for workers in (1, cores()):
            options = ["--trials", str(trials), "--sampler", "random", "--workers", str(workers)]
            command = [sys.executable, "-m", "pellucid", "tune", "digits", *options, "--out", f"{folder}/{workers}"]
            began = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            took[str(workers)] = time.perf_counter() - began
    return took


# The same seconds ----------------------------------------------------------------------------------------------------


def pellucid_(split: Split, seconds: float, seed: int) -> Any:
    build = Network(len(np.unique(split.y)))
    found = tune(build, (split.x, split.y), SPACE, time=seconds, epochs=EPOCHS, seed=seed)
    return found.model.predict(split.x_test, verbose=0)


def sklearn_(split: Split, seconds: float, seed: int) -> Any:
    """RandomizedSearchCV over MLPClassifier, a few candidates at a time until the seconds are over."""
    from sklearn.model_selection import RandomizedSearchCV
    from sklearn.neural_network import MLPClassifier

    rng, best = np.random.default_rng(seed), None
    space = {
        "hidden_layer_sizes": [(u,) * d for d in (1, 2, 3) for u in (16, 32, 64, 128, WIDEST)],
        "learning_rate_init": np.geomspace(1e-4, 3e-2, 50), "alpha": np.geomspace(1e-7, 1e-1, 50),
        "batch_size": [32, 64, 128],
    }  # fmt: skip
    held = [next(iter(_stratified(split, seed)))]
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        model = MLPClassifier(max_iter=EPOCHS, random_state=seed)
        search = RandomizedSearchCV(
            model, space, n_iter=2 * cores(), n_jobs=cores(), cv=held, scoring="neg_log_loss",
            random_state=int(rng.integers(1 << 30)),
        ).fit(split.x, split.y)  # fmt: skip
        if best is None or search.best_score_ > best.best_score_:
            best = search
    assert best is not None
    return best.predict_proba(split.x_test)


def keras_tuner_(split: Split, seconds: float, seed: int) -> Any:
    """KerasTuner's Bayesian search, as its guide has it, one trial at a time until the seconds are over."""
    import keras
    import keras_tuner

    classes = len(np.unique(split.y))

    class Hyper(keras_tuner.HyperModel):  # type: ignore[misc, name-defined]
        def build(self, hp: Any) -> Any:
            model = keras.Sequential()
            units, dropout = hp.Int("units", 16, WIDEST, sampling="log"), hp.Float("dropout", 0, 0.5)
            for _ in range(hp.Int("depth", 1, 3)):
                model.add(keras.layers.Dense(units, "relu"))
                model.add(keras.layers.Dropout(dropout))
            model.add(keras.layers.Dense(classes, "softmax"))
            rate = hp.Float("rate", 1e-4, 3e-2, sampling="log")
            model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
            return model

        def fit(self, hp: Any, model: Any, *args: Any, **options: Any) -> Any:
            return model.fit(*args, batch_size=hp.Choice("batch_size", [32, 64, 128]), **options)

    keras.utils.set_random_seed(seed)
    end = time.perf_counter() + seconds

    class Timed(keras_tuner.BayesianOptimization):  # type: ignore[misc, name-defined]
        def on_trial_end(self, trial: Any) -> None:
            super().on_trial_end(trial)
            if time.perf_counter() > end:
                self.oracle.max_trials = len(self.oracle.trials)

    x, x_held, y, y_held = _held(split, seed)
    with tempfile.TemporaryDirectory() as folder:
        tuner = Timed(Hyper(), "val_loss", max_trials=10_000, seed=seed, directory=folder, project_name="search")
        tuner.search(x, y, validation_data=(x_held, y_held), epochs=EPOCHS, verbose=0)
    best = tuner.get_best_hyperparameters()[0]
    model = tuner.hypermodel.build(best)
    model.fit(split.x, split.y, batch_size=best.get("batch_size"), epochs=EPOCHS, verbose=0)
    return model.predict(split.x_test, verbose=0)


def optuna_torch_(split: Split, seconds: float, seed: int) -> Any:
    """Optuna by hand over PyTorch, in one process, pruned by its default."""
    import optuna
    import torch

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    classes = len(np.unique(split.y))
    x, x_held, y, y_held = (torch.as_tensor(a) for a in _held(split, seed))

    def trained(p: dict[str, Any], x: Any, y: Any, told: Callable[[int, Any], None]) -> Any:
        torch.manual_seed(seed)
        sizes = [x.shape[1], *[p["units"]] * p["depth"]]
        hidden = [
            part
            for i, o in itertools.pairwise(sizes)
            for part in (torch.nn.Linear(i, o), torch.nn.ReLU(), torch.nn.Dropout(p["dropout"]))
        ]
        model = torch.nn.Sequential(*hidden, torch.nn.Linear(sizes[-1], classes))
        optimizer, loss = torch.optim.Adam(model.parameters(), p["rate"]), torch.nn.CrossEntropyLoss()
        for epoch in range(EPOCHS):
            model.train()
            for rows in torch.randperm(len(x)).split(p["batch_size"]):
                optimizer.zero_grad()
                loss(model(x[rows]), y[rows]).backward()
                optimizer.step()
            model.eval()
            told(epoch, model)
        return model

    def objective(trial: Any) -> float:
        p = {
            "depth": trial.suggest_int("depth", 1, 3), "units": trial.suggest_int("units", 16, WIDEST, log=True),
            "rate": trial.suggest_float("rate", 1e-4, 3e-2, log=True),
            "dropout": trial.suggest_float("dropout", 0, 0.5),
            "batch_size": trial.suggest_categorical("batch_size", [32, 64, 128]),
        }  # fmt: skip
        worth = [0.0]

        def told(epoch: int, model: Any) -> None:
            with torch.no_grad():
                worth[0] = float(torch.nn.functional.cross_entropy(model(x_held), y_held))
            trial.report(worth[0], epoch)
            if trial.should_prune():
                raise optuna.TrialPruned

        trained(p, x, y, told)
        return worth[0]

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(objective, timeout=seconds)
    model = trained(study.best_params, torch.as_tensor(split.x), torch.as_tensor(split.y), lambda epoch, model: None)
    with torch.no_grad():
        return torch.softmax(model(torch.as_tensor(split.x_test)), 1).numpy()


TUNERS: dict[str, tuple[Callable[[Split, float, int], Any], list[str]]] = {
    "Pellucid": (pellucid_, []),
    "RandomizedSearchCV over MLPClassifier": (sklearn_, []),
    "Optuna by hand over PyTorch": (optuna_torch_, ["torch"]),
    "KerasTuner": (keras_tuner_, ["keras_tuner"]),
}


def standardised(title: str, seed: int) -> Split:
    """A set's rows, each column to mean 0 and deviation 1 by the rows to train on."""
    from .table_sets import SETS, Split

    split = next(one for one in SETS if one.title == title).split(seed)
    mean, deviation = split.x.mean(axis=0), split.x.std(axis=0)
    x, x_test = ((a - mean) / np.where(deviation > 0, deviation, 1) for a in (split.x, split.x_test))
    return Split(x.astype("float32"), split.y.astype("int64"), x_test.astype("float32"), split.y_test.astype("int64"))


def _held(split: Split, seed: int) -> Any:
    from sklearn.model_selection import train_test_split

    return train_test_split(split.x, split.y, test_size=0.2, stratify=split.y, random_state=seed)


def _stratified(split: Split, seed: int) -> Any:
    from sklearn.model_selection import train_test_split

    rows = np.arange(len(split.y))
    yield train_test_split(rows, test_size=0.2, stratify=split.y, random_state=seed)


def compared(titles: tuple[str, ...], seeds: int, seconds: float) -> dict[str, Any]:
    """Accuracy and log loss on the rows to test on, of each set and tuner, turn by turn; a reason where one cannot be
    asked."""
    found: dict[str, Any] = {title: {name: _asked(needs) for name, (_, needs) in TUNERS.items()} for title in titles}
    for title, seed, (name, (search, _)) in itertools.product(titles, range(seeds), TUNERS.items()):
        if "scores" in found[title][name]:
            found[title][name]["scores"].append(score := judged(search, standardised(title, seed), seconds, seed))
            print(title, name, score, file=sys.stderr, flush=True)
    return found


def _asked(needs: list[str]) -> dict[str, Any]:
    """No scores as yet; why there will be none."""
    try:
        for package in needs:
            importlib.import_module(package)
    except ImportError as problem:
        return {"reason": f"{problem.name} is not installed"}
    return {"scores": []}


def judged(search: Callable[[Split, float, int], Any], split: Split, seconds: float, seed: int) -> dict[str, float]:
    from sklearn.metrics import accuracy_score, log_loss

    began = time.perf_counter()
    p = np.asarray(search(split, seconds, seed), np.float64)
    return {
        "accuracy": float(accuracy_score(split.y_test, p.argmax(axis=1))),
        "loss": float(log_loss(split.y_test, p / p.sum(axis=1, keepdims=True))),
        "seconds": time.perf_counter() - began,
    }


def page(found: dict[str, Any]) -> str:
    """What was found, as tables: means over the seeds, with their deviation."""
    first, last = found["speed"].values()
    machine = found["machine"]
    told = (
        f"Made on {found['made']} by `python -m benchmarks.tuning --seconds {found['seconds']:g}`. "
        f"{machine['processor']}, {machine['cores']} cores.\n\n"
        f"`pellucid tune digits --trials 60 --sampler random` took {first:.0f} s with one worker and {last:.0f} s with "
        f"{machine['cores']}, in one turn of each: {first / last:.2f} times sooner.\n"
    )
    rows = []
    for title, tuners in found["compared"].items():
        for name, one in tuners.items():
            shown = [one.get("reason", ""), "", ""]
            if "scores" in one:
                shown = [_spread([s[key] for s in one["scores"]], key) for key in ("accuracy", "loss", "seconds")]
            rows.append([title, name, *shown])
    return f"{told}\n{table(['data', 'tuner', 'accuracy', 'log loss', 'seconds'], rows)}"


def _spread(values: list[float], key: str) -> str:
    digits = 1 if key == "seconds" else 3
    return f"{statistics.mean(values):.{digits}f} ± {statistics.pstdev(values):.{digits}f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    quick = options.quick
    seconds = 5.0 if quick else options.seconds
    found = {
        "made": date.today().isoformat(),
        "seconds": seconds,
        "machine": described(),
        "speed": speed(10 if quick else 60),
        "compared": compared(TITLES[:1] if quick else TITLES, 1 if quick else 5, seconds),
    }
    if not quick:
        FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        write_page(page(found), PAGE)
    print(page(found))


if __name__ == "__main__":
    main()
