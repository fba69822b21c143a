"""How good networks are on tables without tuning, beside scikit-learn's own: python -m benchmarks.tables [SET ...]

Every model has its defaults and the same rows. What came out stands in results/tables.json, which a later call goes on
with (delete it to begin anew), and between the marks in docs/tables_compared.md.
"""

from __future__ import annotations

import json
import math
import sys
import time
import warnings
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
import polars
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.metrics import log_loss, r2_score, root_mean_squared_error
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from pellucid.estimators import NeuralNetworkClassifier, NeuralNetworkRegressor

from .processes import ROOT
from .report import RESULTS, table, write_page
from .table_sets import SETS, Array, Columns, Set, Split
from .tables_train import BY_SPEC, trained

PAGE, FILE = ROOT / "docs" / "tables_compared.md", RESULTS / "tables.json"
SEEDS = range(5)
OURS, BEFORE = "Pellucid", "Pellucid, before"  # the latter is the results have it from then
MODELS = {  # of numbers, of classes
    OURS: (NeuralNetworkRegressor, NeuralNetworkClassifier),
    "MLP": (MLPRegressor, MLPClassifier),
    "MLP, scaled": (MLPRegressor, MLPClassifier),
    "gradient boosting": (HistGradientBoostingRegressor, HistGradientBoostingClassifier),
    "random forest": (RandomForestRegressor, RandomForestClassifier),
}
ONE_NETWORK = ("before", "pellucid train", "MLP, scaled", "gradient boosting")
FIVE_NETWORKS = (BEFORE, OURS)
Scores = dict[str, float]  # score (more is better), loss (less is better), seconds
Results = dict[str, dict[str, dict[str, Scores]]]  # by set, model and seed


# Measuring ---------------------------------------------------------------------------------------------------------


def model_for(name: str, classes: bool, seed: int, x: Any) -> Any:
    """A model with its defaults, behind what makes numbers of its columns."""
    kind = MODELS[name][classes]
    if name == OURS:
        return kind(random_state=seed)
    options: dict[str, Any] = {}
    steps = []
    if isinstance(x, Columns):
        words = [i for i, column in enumerate(x.values()) if column.dtype == object]
        numbers = [i for i in range(len(x)) if i not in words]
        if name == "gradient boosting":  # takes categories as such, and missing values
            of_words: Any = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
            of_numbers: Any = FunctionTransformer(lambda some: some.astype(float))
            options["categorical_features"] = list(range(len(words)))
        else:
            of_words, of_numbers = OneHotEncoder(handle_unknown="ignore", sparse_output=False), SimpleImputer()
        steps.append(make_column_transformer((of_words, words), (of_numbers, numbers)))
    if name == "MLP, scaled":
        steps.append(StandardScaler())
    return make_pipeline(*steps, kind(random_state=seed, **options))


def given(name: str, x: Any) -> Any:
    """The rows in the form that a model takes."""
    if not isinstance(x, Columns):
        return x
    if name == OURS:
        return polars.DataFrame({column: cells.tolist() for column, cells in x.items()}).fill_nan(None)
    return np.stack([cells.astype(object) for cells in x.values()], axis=1)


def measured(name: str, one: Set, split: Split, seed: int) -> Scores:
    """One model trained and judged on one split."""
    x, y, x_test, y_test = split
    model = model_for(name, one.classes, seed, x)
    began = time.process_time()  # whatever else the machine does
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLPs say that they might go on
        model.fit(given(name, x), y)
    seconds = time.process_time() - began
    if one.classes:
        p = model.predict_proba(given(name, x_test)).astype(float)
        p /= p.sum(axis=1, keepdims=True)
        score, loss = float((model.classes_[p.argmax(axis=1)] == y_test).mean()), log_loss(y_test, p)
    else:
        found = model.predict(given(name, x_test))
        score, loss = r2_score(y_test, found), root_mean_squared_error(y_test, found)
    return {"score": float(score), "loss": float(loss), "seconds": seconds}


def measure(results: Results, wanted: list[str]) -> None:
    """What is not in the results yet, the models in turn."""
    for seed in SEEDS:
        for one in (one for one in SETS if not wanted or one.title in wanted):
            split = one.split(seed)
            for name in (*MODELS, *BY_SPEC):
                kept = results.setdefault(one.title, {}).setdefault(name, {})
                if str(seed) not in kept:
                    kept[str(seed)] = (trained if name in BY_SPEC else measured)(name, one, split, seed)
                    FILE.write_text(json.dumps(results, indent=1) + "\n", "utf-8")


# The page ----------------------------------------------------------------------------------------------------------


def of(results: Results, one: Set, what: str, names: Iterable[str] = MODELS) -> dict[str, Array]:
    """The values of each model, for the seeds that all have been measured with."""
    found = {name: results.get(one.title, {}).get(name, {}) for name in names}
    seeds = [seed for seed in map(str, SEEDS) if all(what in values.get(seed, {}) for values in found.values())]
    return {name: np.array([values[seed][what] for seed in seeds]) for name, values in found.items()}


def behind(ours: Array, theirs: Array, sign: float) -> bool:
    """Whether ours is worse by more than two standard errors of the differences on the same splits."""
    worse = sign * (theirs - ours)
    return bool(worse.mean() > 2 * worse.std(ddof=1) / math.sqrt(len(worse)))


def written(value: float, what: str, mean: float) -> str:
    """A value as precise as its mean needs."""
    return f"{value:.1f} s" if what == "seconds" else f"{value:.0f}" if mean >= 100 else f"{value:.3f}"


def comparison(results: Results, what: str, sets: list[Set], names: Collection[str] = MODELS) -> str:
    """A line for each set: the mean and standard error of each model; the best is bold."""
    rows = []
    for one in sets:
        found = of(results, one, what, names)
        means = {
            name: float(values.mean())
            for name, values in found.items()
            if len(values) >= (1 if what == "seconds" else 2)
        }
        best = (max if what == "score" else min)(means.values(), default=math.nan)
        cells = [one.title, str(max(map(len, found.values())))]
        for name, mean in means.items():
            text = written(mean, what, mean)
            if what != "seconds":
                error = found[name].std(ddof=1) / math.sqrt(len(found[name]))
                text = f"{f'**{text}**' if mean == best else text} ± {written(error, what, mean)}"
            cells.append(text)
        rows.append(cells + [""] * (len(names) - len(means)))
    return table(["", "seeds", *names], rows)


def places(results: Results, what: str, sign: float) -> tuple[int, list[str], list[str], list[str]]:
    """(sets compared, those where ours is first, those where it is behind the first, those where behind an MLP)."""
    compared, first, after, after_mlp = 0, [], [], []
    for one in SETS:
        found = of(results, one, what)
        if len(found[OURS]) < 2:
            continue
        compared += 1
        best = max(found, key=lambda name: sign * float(found[name].mean()))
        if best == OURS:
            first.append(one.title)
        elif behind(found[OURS], found[best], sign):
            after.append(f"{one.title} ({best})")
        mlps = [name for name in MODELS if name.startswith("MLP") and behind(found[OURS], found[name], sign)]
        after_mlp += [f"{one.title} ({name})" for name in mlps]
    return compared, first, after, after_mlp


def told(results: Results) -> str:
    """How often ours is first, within noise of it, or behind; and whether behind an MLP."""
    lines = []
    for what, sign, title in (("score", 1.0, "accuracy or R²"), ("loss", -1.0, "log loss or RMSE")):
        compared, first, after, after_mlp = places(results, what, sign)
        lines.append(
            f"- By {title}, {OURS} is first on {len(first)} of {compared} sets, within noise of the first on "
            f"{compared - len(first) - len(after)}, and behind on {', '.join(after) or 'none'}. "
            f"Behind an MLP on {', '.join(after_mlp) or 'none'}."
        )
    return "\n".join(lines) + "\n"


def markdown(results: Results) -> str:
    of_classes, of_numbers = ([one for one in SETS if one.classes == classes] for classes in (True, False))
    return "\n".join(
        [
            told(results),
            "### Accuracy\n", comparison(results, "score", of_classes),
            "### Log loss\n", comparison(results, "loss", of_classes),
            "### R²\n", comparison(results, "score", of_numbers),
            "### RMSE\n", comparison(results, "loss", of_numbers),
            "### Seconds of a processor to fit, means\n", comparison(results, "seconds", list(SETS)),
            "### One network: log loss, or RMSE\n", comparison(results, "loss", list(SETS), ONE_NETWORK),
            "### One network: accuracy, or R²\n", comparison(results, "score", list(SETS), ONE_NETWORK),
            "### Five networks, before and now: log loss, or RMSE\n",
            comparison(results, "loss", list(SETS), FIVE_NETWORKS),
        ]
    )  # fmt: skip


def main() -> None:
    results: Results = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    measure(results, sys.argv[1:])
    write_page(markdown(results), PAGE)


if __name__ == "__main__":
    main()
