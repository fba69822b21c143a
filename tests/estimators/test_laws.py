"""scikit-learn's own law book, whole, on both estimators."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import parametrize_with_checks

from pellucid.estimators import NeuralNetworkClassifier, NeuralNetworkRegressor

pytestmark = [
    pytest.mark.filterwarnings(f"ignore::sklearn.exceptions.{name}Warning")
    for name in ("SkipTest", "Convergence", "DataConversion")
]


@parametrize_with_checks([NeuralNetworkClassifier(n_estimators=1), NeuralNetworkRegressor(n_estimators=1)])
def test_check_estimator(estimator: Any, check: Any):
    check(estimator)


@pytest.mark.long
@parametrize_with_checks([NeuralNetworkClassifier(), NeuralNetworkRegressor()])
def test_check_estimator_of_the_defaults(estimator: Any, check: Any):
    check(estimator)


def test_the_warning_of_unfinished_training_is_scikit_learns():
    with pytest.warns(ConvergenceWarning, match="after max_iter=1 epochs"):
        NeuralNetworkRegressor(max_iter=1).fit([[0.0], [1.0], [2.0]], [0.0, 1.0, 2.0])


def test_without_scikit_learn_the_line_to_write_is_told():
    script = "import sys; sys.modules['sklearn'] = None; import pellucid.estimators"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "MissingExtra: pellucid.estimators: expected the package scikit-learn" in found.stderr
    assert "pip install 'pellucid[sklearn]'" in found.stderr
