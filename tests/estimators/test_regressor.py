"""Numbers to predict: one or several, scales, losses, outputs."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, make_regression
from sklearn.linear_model import PoissonRegressor, Ridge

from estimators.small import ONE
from pellucid.errors import DataError
from pellucid.estimators import NeuralNetworkRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_diabetes(return_X_y=True)
X2, Y2 = make_regression(200, 5, n_targets=2, random_state=0)
Y2 = Y2 * [1, 1000] + [0, 1e6]


def small(**given: Any) -> NeuralNetworkRegressor:
    return NeuralNetworkRegressor(**{**ONE, "hidden_layer_sizes": 16, "max_iter": 30, **given})


def test_several_outputs_of_any_scale():
    regressor = small(max_iter=300, learning_rate=0.03).fit(X2, Y2)
    assert regressor.predict(X2).shape == (200, 2)
    assert regressor.n_outputs_ == 2
    assert regressor.score(X2, Y2) > 0.99


def test_predictions_have_the_shape_of_the_targets():
    assert small(max_iter=1).fit(X, Y).predict(X).shape == (442,)
    with pytest.warns(UserWarning, match="column-vector"):
        assert small(max_iter=1).fit(X, Y[:, None]).predict(X).shape == (442,)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_predictions_have_the_dtype_of_the_inputs(dtype: Any):
    regressor = small(max_iter=1).fit(X.astype(dtype), Y)
    assert regressor.predict(X.astype(dtype)).dtype == dtype


@pytest.mark.parametrize("members", [1, 2])
def test_targets_far_from_0_are_not_blurred(members: int):
    """In float32, 1e9 and 1e9 + 31 are the same."""
    near, far = (small(n_estimators=members, learning_rate=0.01, random_state=0).fit(X, Y + m) for m in (0, 1e9))
    assert near.score(X, Y) > 0.4
    assert abs(far.score(X, Y + 1e9) - near.score(X, Y)) < 1e-4
    np.testing.assert_allclose(far.predict(X) - 1e9, near.predict(X), atol=0.05)
    again = pickle.loads(pickle.dumps(far))
    assert (again.predict(X.astype(np.float32)) == far.predict(X.astype(np.float32))).all()
    watched = small(n_estimators=1, early_stopping=True, scoring=None, learning_rate=0.01).fit(X, Y + 1e9)
    assert watched.best_validation_score_ > 0.2
    spread = small(n_estimators=1, learning_rate=0.01).fit(X, 100 + Y * 1e-9)
    assert spread.score(X, 100 + Y * 1e-9) > 0.4


def test_weights_that_vanish_beside_the_penalties_are_told():
    weights = np.full(len(Y), 1e-300)
    with pytest.raises(
        DataError, match=r"sample_weight: expected weights beside which the penalties .* a mean of 1e-300"
    ):
        small(max_iter=1).fit(X, Y, weights)
    small(max_iter=1, alpha=0).fit(X, Y, weights)


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "log_cosh", "mse"])
def test_the_network_holds_the_scales(loss: str):
    regressor = small(loss=loss, learning_rate=0.01, max_iter=100).fit(X, Y)
    assert regressor.score(X, Y) > 0.5
    np.testing.assert_allclose(regressor.model_.predict(X, verbose=0)[:, 0], regressor.predict(X), rtol=1e-6, atol=1e-7)
    assert [type(layer).__name__ for layer in regressor.model_.layers] == [
        "Normalization",
        "Dense",
        "Dense",
        "Rescaling",
    ]
    bare = small(loss=loss, standardize=False, max_iter=1).fit(X, Y)
    assert [type(layer).__name__ for layer in bare.model_.layers] == ["Dense", "Dense"]


def test_the_loss_is_in_deviations_of_the_targets():
    regressor = small(learning_rate=1e-9, max_iter=1, alpha=0).fit(X, Y)
    error = ((regressor.predict(X) - Y) ** 2).mean() / Y.var()
    assert regressor.loss_curve_[0] == pytest.approx(error, rel=1e-4)


@pytest.mark.parametrize("data", [(X, Y), (X2, Y2)], ids=["one", "two"])
def test_scales_are_learned_from_the_first_rows_and_kept(data: Any):
    x, y = data
    regressor = small().partial_fit(x[:50], y[:50])
    scale = regressor.model_.layers[-1].scale
    regressor.partial_fit(x, y)
    np.testing.assert_allclose(regressor.model_.layers[-1].scale, scale)
    np.testing.assert_allclose(scale, y[:50].std(axis=0))
    assert len(regressor.model_.layers) == 4


def test_alpha_is_that_of_ridge():
    x = (X - X.mean(axis=0)) / X.std(axis=0)
    network = small(
        hidden_layer_sizes=(), alpha=500.0, learning_rate=0.01, max_iter=3000, batch_size=442, tol=0, standardize=False,
        n_iter_no_change=np.inf,
    ).fit(x, (Y - Y.mean()) / Y.std())  # fmt: skip
    ridge = Ridge(alpha=250.0).fit(x, (Y - Y.mean()) / Y.std())  # ours: mean (y − t)² + alpha/2·ΣW²/N
    np.testing.assert_allclose(network.model_.get_weights()[0][:, 0], ridge.coef_, atol=2e-4)


def test_poisson_is_a_generalised_linear_model():
    rng = np.random.RandomState(0)
    x = rng.uniform(-1, 1, size=(500, 3))
    y = rng.poisson(np.exp(x @ [0.5, -1.0, 0.2] + 1.0))
    glm = PoissonRegressor(alpha=0, tol=1e-9).fit(x, y)
    network = small(
        hidden_layer_sizes=(), loss="poisson", alpha=0, learning_rate=0.01, max_iter=1500, batch_size=500,
        standardize=False, n_iter_no_change=np.inf,
    ).fit(x, y)  # fmt: skip
    assert network.out_activation_ == "exponential"
    np.testing.assert_allclose(network.predict(x), glm.predict(x), rtol=1e-2)


def test_outputs_within_bounds():
    regressor = small(out_activation="sigmoid", max_iter=200, learning_rate=0.03).fit(X, (Y - 25) / 350)
    found = regressor.predict(X * 100)
    assert 0 <= found.min() < 0.1
    assert 0.9 < found.max() <= 1
    assert regressor.score(X, (Y - 25) / 350) > 0.4


def test_targets_beyond_float32_are_told():
    with pytest.raises(DataError, match=r"y: expected numbers up to 3.4e\+38, .* got 1e\+39 at row 1"):
        NeuralNetworkRegressor().fit([[0.0], [1.0], [2.0]], [1.0, 1e39, 2.0])


def test_targets_of_another_width_are_told():
    with pytest.raises(DataError, match="expected 1 outputs, as first fitted, got 2"):
        small().partial_fit(X, Y).partial_fit(X, np.stack([Y, Y], axis=1))


def test_a_column_that_never_changed_does_not_explode_when_it_does():
    x = np.concatenate([X, np.full((442, 1), 0.1)], axis=1)
    regressor = small().fit(x, Y)
    moved = np.concatenate([X, np.full((442, 1), 0.11)], axis=1)
    np.testing.assert_allclose(regressor.predict(moved), regressor.predict(x), rtol=0.02)


def test_a_constant_target_is_predicted():
    np.testing.assert_allclose(
        small(max_iter=200, learning_rate=0.03).fit(X, np.full(442, 7.0)).predict(X), 7, atol=0.2
    )
