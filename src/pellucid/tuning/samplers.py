"""How trials are chosen and when they are given up: Optuna's samplers and pruners, by name.

A sampler is made anew for each trial, with a seed of the trial's own: what it chooses depends on the search's seed, the
trial's number and what is known by then, and on nothing that is lost with a process.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from .. import checks
from ..errors import InvalidArgument, MissingExtra, Told
from ..rng import Key
from .trials import STEPS

SAMPLERS = ("tpe", "random", "grid", "cmaes", "gp")
PRUNERS = ("auto", "none", "asha", "hyperband", "median")
THIRD = 3  # of the trials go on at each rung
FIRST_RUNG = 3  # of 27: nobody is given up before a ninth of the training


def optuna() -> Any:
    """The package, which no other room knows."""
    try:
        import optuna
    except ImportError:
        raise MissingExtra("tuning", "optuna", "tune") from None
    return optuna


@contextmanager
def quiet() -> Iterator[None]:
    """Within the block, Optuna says nothing but what is wrong."""
    warned = optuna().exceptions.ExperimentalWarning
    logger = logging.getLogger("optuna")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="optuna")
            warnings.simplefilter("ignore", warned)
            yield
    finally:
        logger.setLevel(level)


def checked(sampler: str, pruner: str, objectives: int, folds: int) -> tuple[str, str]:
    """The names of a sampler and a pruner that go together; "auto" settled."""
    sampler = checks.one_of("tune, argument sampler", sampler, SAMPLERS)
    pruner = checks.one_of("tune, argument pruner", pruner, PRUNERS)
    if objectives > 1 and sampler == "cmaes":
        told = Told(f"{objectives} metrics")
        raise InvalidArgument("tune, sampler cmaes", "one metric", told, "Take tpe, which knows fronts.")
    if objectives > 1 and pruner not in ("auto", "none"):
        told = Told(f"{objectives} metrics")
        raise InvalidArgument(f"tune, pruner {pruner}", "one metric", told, "Take none: fronts are not pruned.")
    if sampler == "gp":
        _needs("tune, sampler gp", "torch", "torch")
    if sampler == "cmaes":
        _needs("tune, sampler cmaes", "cmaes", "tune")
    if pruner == "auto":
        pruner = "asha" if objectives == 1 and not folds and sampler not in ("random", "grid") else "none"
    return sampler, pruner


def make_sampler(name: str, key: Key, replayed: bool) -> Any:
    """The sampler of one trial. replayed: its values are known already, and nothing need be computed for them."""
    samplers = optuna().samplers
    seed = key.seed & 0x7FFFFFFF
    if name == "cmaes":  # what it has learned it keeps in the trials, in memory: those that are replayed included
        return samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)
    if replayed or name in ("random", "grid"):
        return samplers.RandomSampler(seed=seed)
    if name == "gp":
        return samplers.GPSampler(seed=seed, warn_independent_sampling=False)
    return samplers.TPESampler(
        seed=seed, multivariate=True, group=True, constant_liar=True, warn_independent_sampling=False
    )


def make_pruner(name: str) -> Any:
    pruners = optuna().pruners
    if name == "asha":
        return pruners.SuccessiveHalvingPruner(min_resource=FIRST_RUNG, reduction_factor=THIRD)
    if name == "hyperband":
        return pruners.HyperbandPruner(min_resource=1, max_resource=STEPS, reduction_factor=THIRD)
    if name == "median":
        return pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=FIRST_RUNG)
    return pruners.NopPruner()


def _needs(where: str, package: str, extra: str) -> None:
    if find_spec(package) is None:
        raise MissingExtra(where, package, extra)
