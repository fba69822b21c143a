"""Data frames with columns of any kind, straight into an estimator."""

from __future__ import annotations

import datetime
import pickle
from typing import Any

import numpy as np
import polars
import pytest
from sklearn.model_selection import GridSearchCV, cross_val_score

from pellucid import saving
from pellucid.errors import DataError, WrongType
from pellucid.estimators import NeuralNetworkClassifier, NeuralNetworkRegressor
from pellucid.tables import TableEncoder, attached

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N = 200
rng = np.random.RandomState(0)
AGE = np.where(rng.rand(N) < 0.1, np.nan, rng.uniform(20, 80, N).round())
TOWN = np.array(["Bern", "Oslo", "Rome"])[rng.randint(3, size=N)]
PEOPLE = polars.DataFrame(
    {
        "age": [None if np.isnan(age) else age for age in AGE],
        "town": TOWN,
        "member": rng.rand(N) < 0.5,
        "since": [datetime.date(2020, 1, 1) + datetime.timedelta(int(d)) for d in rng.randint(1000, size=N)],
    }
)
BOUGHT = np.where((np.nan_to_num(AGE, nan=70) > 50) & (TOWN != "Oslo"), "yes", "no")


def small(cls: Any = NeuralNetworkClassifier, **given: Any) -> Any:
    return cls(
        **{
            "n_estimators": 1,
            "hidden_layer_sizes": 16,
            "max_iter": 200,
            "learning_rate": 0.02,
            "random_state": 0,
            **given,
        }
    )


def test_a_frame_needs_no_preparation(tmp_path: Any):
    classifier = small().fit(PEOPLE, BOUGHT)
    assert classifier.score(PEOPLE, BOUGHT) > 0.95
    assert list(classifier.feature_names_in_) == PEOPLE.columns
    assert classifier.n_features_in_ == 4
    found = classifier.predict_proba(PEOPLE)
    np.testing.assert_array_equal(classifier.predict_proba(PEOPLE.select(PEOPLE.columns[::-1])), found)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(classifier)).predict_proba(PEOPLE), found)
    classifier.model_.save(tmp_path / "people.keras")
    model = saving.load_model(tmp_path / "people.keras")
    taken = attached(model)
    np.testing.assert_array_equal(model.predict(taken.encoder.transform(PEOPLE), verbose=0)[:, 0], found[:, 1])
    assert taken.targets.classes == ["no", "yes"]


def test_numbers_to_predict_from_a_frame():
    y = np.stack([np.nan_to_num(AGE, nan=50), (TOWN == "Rome") * 10.0], axis=1)
    regressor = small(NeuralNetworkRegressor).fit(PEOPLE, y)
    assert regressor.score(PEOPLE, y) > 0.9
    np.testing.assert_allclose(
        regressor.model_.predict(regressor.encoder_.transform(PEOPLE)), regressor.predict(PEOPLE)
    )
    assert attached(regressor.model_).targets.names == ["output 0", "output 1"]


def test_columns_are_learned_from_the_rows_to_train_on():
    watched = PEOPLE.with_columns(town=polars.lit("Rio"))
    classifier = small(max_iter=5).fit(PEOPLE, BOUGHT, X_val=watched, y_val=BOUGHT)
    plain = small(max_iter=5).fit(PEOPLE, BOUGHT)
    assert classifier.loss_curve_ == plain.loss_curve_
    assert classifier.encoder_.unseen(watched) == {"town": ["Rio"]}
    seen = []

    def mine(estimator: Any, X: Any, y: Any) -> float:
        seen.append(X)
        return estimator.score(X, y)

    rare = PEOPLE.with_columns(town=polars.Series([f"only {i}" if i % 2 else "Bern" for i in range(N)]))
    classifier = small(max_iter=2, early_stopping=True, scoring=mine).fit(rare, BOUGHT)
    held = {town for town in seen[0]["town"].to_list() if town != "Bern"}
    assert held
    assert set(classifier.encoder_.unseen(seen[0]).get("town", held)) == held


@pytest.mark.parametrize("warm", [True, False])
def test_columns_are_learned_once(warm: bool):
    classifier = small(max_iter=2, warm_start=warm).fit(PEOPLE[:100], BOUGHT[:100])
    before = classifier.encoder_
    if warm:
        classifier.fit(PEOPLE, BOUGHT)
    else:
        classifier.partial_fit(PEOPLE, BOUGHT)
    assert classifier.encoder_ is before


def test_searches_take_frames():
    assert cross_val_score(small(max_iter=50), PEOPLE, BOUGHT, cv=3).min() > 0.8
    search = GridSearchCV(small(max_iter=20), {"dropout": [0.0, 0.5]}, cv=3).fit(PEOPLE, BOUGHT)
    assert search.predict(PEOPLE).shape == (N,)


def test_frames_of_numbers_are_arrays():
    frame = PEOPLE.select("age").fill_null(0.0).with_columns(twice=polars.col("age") * 2)
    classifier = small(max_iter=2).fit(frame, BOUGHT)
    assert not hasattr(classifier, "encoder_")
    np.testing.assert_array_equal(
        classifier.predict_proba(frame), small(max_iter=2).fit(frame.to_numpy(), BOUGHT).predict_proba(frame.to_numpy())
    )
    given = small(max_iter=2, columns=TableEncoder(keep=["twice"])).fit(frame, BOUGHT)
    assert [column.name for column in given.encoder_.columns] == ["age", "twice"]
    assert given.columns.columns == []


def test_an_encoder_that_has_learned_is_taken_as_it_is():
    encoder = TableEncoder().fit(PEOPLE.select("town"))
    classifier = small(max_iter=2, columns=encoder).fit(PEOPLE, BOUGHT)
    assert [column.name for column in classifier.encoder_.columns] == ["town"]


def test_the_encoder_of_a_former_fit_is_forgotten():
    classifier = small(max_iter=2).fit(PEOPLE, BOUGHT)
    X = np.stack([np.nan_to_num(AGE), TOWN == "Rome"], axis=1)
    assert classifier.fit(X, BOUGHT).predict(X).shape == (N,)
    assert not hasattr(classifier, "feature_names_in_")


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (PEOPLE.drop("town"), "expected a column 'town'"),
        (
            PEOPLE.with_columns(age=polars.lit("old")),
            "column 'age': expected a finite number, as in training, got 'old'",
        ),
        (PEOPLE.select("age").to_numpy(), "expected a data frame, as in training"),
    ],
)
def test_frames_that_do_not_fit_are_told(X: Any, message: str):
    with pytest.raises(DataError, match=message):
        small(max_iter=2).fit(PEOPLE, BOUGHT).predict(X)


def test_without_columns_words_are_no_numbers():
    with pytest.raises(ValueError, match="could not convert string to float"):
        small(columns=None).fit(PEOPLE.select("town"), BOUGHT)


def front(**given: Any) -> list[str]:
    """The layers in front of the hidden ones."""
    X, y = given.pop("data", (PEOPLE, BOUGHT))
    made = NeuralNetworkClassifier(n_estimators=1, hidden_layer_sizes=4, dropout=0.0, max_iter=1, **given).fit(X, y)
    return [type(layer).__name__ for layer in made.model_.layers][:-2]


def test_numbers_are_embedded_and_scaled_once():
    r = np.random.default_rng(0)
    numbers, flags = (
        (r.normal(size=(60, 3)), np.arange(60) % 2),
        (np.arange(120).reshape(60, 2) % 3 < 1, np.arange(60) % 2),
    )
    assert front() == ["Functional"]  # of an encoder, which has scaled them
    assert front(frequencies=0) == []
    assert front(data=numbers) == ["Normalization", "Functional"]
    assert front(data=numbers, frequencies=0) == front(data=flags) == ["Normalization"]
    assert front(data=numbers, standardize=False) == []


class Arrow:
    """A frame as pyarrow has it: `columns` are the data, `column_names` their names."""

    def __init__(self, frame: polars.DataFrame) -> None:
        self.frame, self.column_names, self.shape = frame, frame.columns, frame.shape
        self.columns = [frame[name] for name in frame.columns]

    def __getitem__(self, name: str) -> Any:
        assert isinstance(name, str)
        return self.frame[name]

    def __len__(self) -> int:
        return len(self.frame)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.asarray(self.frame.to_numpy(), dtype)


def test_frames_whose_columns_are_data_are_taken_by_name():
    arrow = small(max_iter=2).fit(Arrow(PEOPLE), BOUGHT)
    assert list(arrow.feature_names_in_) == PEOPLE.columns
    assert np.array_equal(arrow.predict_proba(PEOPLE), small(max_iter=2).fit(PEOPLE, BOUGHT).predict_proba(PEOPLE))
    numbers = PEOPLE.select(a=polars.int_range(N), b=polars.int_range(N) % 7)
    from_arrow, from_polars = (small(max_iter=2).fit(each, BOUGHT) for each in (Arrow(numbers), numbers))
    assert np.array_equal(from_arrow.predict_proba(Arrow(numbers)), from_polars.predict_proba(numbers))


def test_a_frame_yet_to_be_computed_is_told():
    with pytest.raises(WrongType, match=r"rows are there, got LazyFrame. Call its collect\(\)"):
        small().fit(PEOPLE.lazy(), BOUGHT)


def test_two_columns_of_one_name_are_told():
    class Twice:
        columns = ("a", "a")

    with pytest.raises(DataError, match="NeuralNetworkClassifier, X: expected names of columns that differ, got a, a"):
        NeuralNetworkClassifier().fit(Twice(), [0, 1])
