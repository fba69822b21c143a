"""The `.keras` file of a classifier says on the command line and behind a server what the estimator says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest

from estimators.small import small
from pellucid.actions.apply import evaluate, predict
from pellucid.estimators import NeuralNetworkClassifier
from pellucid.losses import BinaryCrossentropy
from pellucid.serving.rows import JSON, predicted
from pellucid.serving.served import Served

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.RandomState(0).normal(size=(60, 2)).astype("float32")
TWO = np.where(X[:, 0] > 0, "yes", "no")
FRAME = polars.DataFrame({"a": X[:, 0], "town": np.where(X[:, 1] > 0, "Bern", "Oslo")})


@pytest.mark.parametrize(
    ("x", "y", "options"),
    [
        (X, TWO, {}),
        (X, TWO, {"loss": BinaryCrossentropy(from_logits=True)}),
        (X, TWO, {"n_estimators": 2}),
        (X, np.where(X[:, 1] > 0.5, "new", TWO), {}),
        (FRAME, TWO, {}),
    ],
)
def test_a_file_says_what_the_estimator_says(x: Any, y: np.ndarray, options: Any, tmp_path: Path):
    classifier = small(NeuralNetworkClassifier, max_iter=3, learning_rate=0.05, **options).fit(x, y)
    path, data = tmp_path / "model.keras", str(tmp_path / ("rows.npz" if x is X else "rows.parquet"))
    classifier.model_.save(path)
    if x is X:
        np.savez(data, x=x, y=y)
    else:
        x.with_columns(**{"class": polars.Series(y)}).write_parquet(data)
    wanted = classifier.predict_proba(x)
    outputs, is_classifier, names = predict(path, data)
    assert is_classifier
    assert list(names) == classifier.classes_.tolist()
    np.testing.assert_allclose(outputs, wanted, atol=1e-6)
    assert evaluate(path, data)["accuracy"] == pytest.approx(classifier.score(x, y))
    rows = json.dumps(x[:3].tolist() if x is X else x[:3].to_dicts()).encode()
    served = json.loads(predicted(Served.opened("model", "1", path), rows, JSON, "", 10)[0])["predictions"]
    assert [one["label"] for one in served] == classifier.predict(x[:3]).tolist()
    np.testing.assert_allclose([list(one["probabilities"].values()) for one in served], wanted[:3], atol=1e-6)


def test_c_says_whose_probability_the_one_output_is(tmp_path: Path):
    model = small(NeuralNetworkClassifier, max_iter=1).fit(X, TWO).model_
    head = model.to_c(tmp_path / "two.c").read_text().partition("*/")[0]
    assert "Classes: no, yes" in head
    assert "The output is the probability of yes." in head
