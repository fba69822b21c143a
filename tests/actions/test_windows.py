"""Windows of a table, trained on, judged and predicted for."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from actions.power_cut import cut_short
from pellucid import errors
from pellucid.actions import apply
from pellucid.actions.data import prepare
from pellucid.actions.kinds.windows import Windows
from pellucid.actions.spaces import usual_space
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import resume, train
from pellucid.actions.trying import Tried
from pellucid.actions.tune import Resources, Search, tune
from pellucid.data.datasets import sensors
from pellucid.tuning.inside import Inside
from pellucid.tuning.measures import Measure
from pellucid.tuning.trials import Trial


def write(path: Path, people: range, target: bool = True) -> str:
    """Readings of two channels: one swings fast or slowly, the other says nothing."""
    rng = np.random.default_rng(people.start)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["noise", "id", "swing", *(["does"] if target else [])])
        for person in people:
            for fast in (False, True):
                for t in range(96):
                    swing = np.sin(t * (0.9 if fast else 0.3) + person)
                    does = ["run" if fast else "walk"] if target else []
                    writer.writerow([f"{rng.normal():.4f}", f"p{person}", f"{swing:.4f}", *does])
    return str(path)


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> TrainSpec:
    path = write(tmp_path_factory.mktemp("readings") / "readings.csv", range(10))
    return TrainSpec(
        data=path, target=["does"], window=32, stride=32, group_by="id", layers=[8], epochs=12, batch_size=16
    )


@pytest.fixture(scope="module")
def trained(spec: TrainSpec) -> Path:
    return train(spec, out=Path(spec.data).parent / "run").run.path


def test_it_learns_and_keeps_what_it_reads(spec: TrainSpec, trained: Path):
    metrics = apply.evaluate(trained, None)
    assert metrics["samples"] == 2 * 6  # two people of ten
    assert metrics["accuracy"] > 0.8
    kept = apply.open_model(trained)[1]
    assert kept is not None
    assert kept.keep == ["noise", "swing"]
    assert [entry["class"] for entry in kept.layers[:-1]].count("Conv1D") == 3
    model = apply.open_model(trained)[0]
    assert type(model.layers[0]).__name__ == "Normalization"  # each channel by itself
    assert np.allclose(np.ravel(model.layers[0].mean), prepare(spec).x_train.mean(axis=(0, 1)), atol=1e-5)


def test_new_readings_are_predicted_for_and_judged(trained: Path, tmp_path: Path):
    new = write(tmp_path / "new.csv", range(20, 22), target=False)
    found = apply.predicted(trained, new)
    assert found.names == ("run", "walk")
    assert list(found.rows) == [str(32 * i) for i in range(12)]
    said = np.concatenate(list(found.blocks)).argmax(axis=1)
    assert (said == np.tile(np.repeat([1, 0], 3), 2)).mean() > 0.8
    known = write(tmp_path / "known.csv", range(20, 22))
    assert apply.evaluate(trained, known)["samples"] == 12
    with pytest.raises(errors.DataError, match="a column 'does'"):
        apply.evaluate(trained, new)
    (tmp_path / "lacks.csv").write_text("id,noise\n" + "p1,2\n" * 40)
    with pytest.raises(errors.DataError, match="expected a column 'swing'"):
        apply.predict(trained, str(tmp_path / "lacks.csv"))


def test_a_run_that_was_killed_goes_on_to_the_same_bits(spec: TrainSpec, trained: Path, tmp_path: Path):
    cut_short(spec, tmp_path / "cut", epoch=5)
    resume(tmp_path / "cut")
    assert (tmp_path / "cut" / "model.keras").read_bytes() == (trained / "model.keras").read_bytes()


def test_what_does_not_go_together_is_said(spec: TrainSpec):
    for wrong, said in (
        ({"split_by": "id"}, "spec, window: expected one target, and --group-by for the parts, got split_by"),
        ({"target": ["does", "swing"]}, "got several targets"),
        ({"group_by": "who"}, "expected a column 'who'"),
        ({"window": 400}, "a group of at least 400 rows"),
    ):
        with pytest.raises(errors.PellucidError, match=said):
            prepare(TrainSpec.of({**spec.model_dump(exclude_unset=True), **wrong}))
    with pytest.raises(errors.InvalidArgument, match="spec, group_by: expected a table as data"):
        prepare(TrainSpec(data="moons", group_by="id"))
    with pytest.raises(errors.DataError, match="network conv1d: expected windows"):
        train(TrainSpec(data="moons", network="conv1d"))


@pytest.mark.parametrize("network", ["gru", "lstm"])
def test_a_state_goes_through_the_window_and_the_last_one_tells(spec: TrainSpec, network: str, tmp_path: Path):
    given = {**spec.model_dump(exclude_unset=True), "network": network, "layers": [6, 5], "epochs": 25, "dropout": 0.0}
    done = train(TrainSpec.of(given | {"learning_rate": 0.02}), out=tmp_path / "run")
    assert done.metrics["accuracy"] > 0.8
    model, kept = apply.open_model(tmp_path / "run")
    assert [layer.output_shape for layer in model.layers] == [(None, 32, 2), (None, 32, 6), (None, 5), (None, 2)]
    assert [type(layer).__name__.lower() for layer in model.layers[1:3]] == [network] * 2
    assert kept is not None
    assert kept.network == "auto"
    said = apply.predict(tmp_path / "run", write(tmp_path / "new.csv", range(20, 22), target=False))[0]
    assert said.shape == (12, 2)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"network": "lenet"}, "pictures .* got windows of readings. Take conv1d, gru or lstm"),
        ({"network": "gru", "layers": []}, "units of at least one GRU"),
        ({"network": "lstm", "batch_norm": True}, "hidden layers of Dense, got LSTM alone"),
        (
            {"network": "gru", "window": 0, "group_by": "", "stride": 0},
            r"expected windows .* Of a table: pass --window",
        ),
    ],
)
def test_networks_that_do_not_go_with_windows_are_refused(spec: TrainSpec, wrong: dict[str, object], said: str):
    with pytest.raises(errors.PellucidError, match=said):
        train(TrainSpec.of({**spec.model_dump(exclude_unset=True), **wrong}))


@pytest.mark.parametrize("network", ["auto", "gru"])
def test_of_windows_is_searched_what_their_networks_take(spec: TrainSpec, network: str):
    given = {**spec.model_dump(exclude_unset=True, exclude={"layers"}), "network": network, "epochs": 1}
    search = Search.of({**given, "folds": 0})
    space = usual_space(search.base, prepare(search.base))
    assert set(space) == {"layers", "learning_rate", "dropout"}  # the batch is said
    trial = Trial(0, {}, {"layers": [3], "learning_rate": 0.01, "dropout": 0.1})
    scores = Tried(given, [Measure.of("crossentropy")])(trial, lambda step, value: None)
    assert 0 < scores["crossentropy"] < 2


def test_the_length_of_windows_may_be_searched_and_their_groups_may_not(spec: TrainSpec):
    given = spec.model_dump(exclude_unset=True)
    tried = Tried(given, [])
    lengths = [tried.data(tried.spec({"window": n}), None).x_train.shape[1] for n in (16, 24, 16)]
    assert lengths == [16, 24, 16]
    counts = [len(tried.data(tried.spec({"stride": n}), None).x_train) for n in (32, 16)]
    assert counts[1] > counts[0]
    Search.of({**given, "space": {"window": [24, 16]}})
    with pytest.raises(errors.InvalidArgument, match="a window to begin with"):
        Search.of({**given, "window": 0, "space": {"window": [24, 16]}})
    with pytest.raises(errors.InvalidArgument, match="may differ between trials"):
        Search.of({**given, "space": {"group_by": ["id"]}})


@pytest.mark.long
@pytest.mark.parametrize("network", ["conv1d", "gru"])
def test_a_search_of_windows_leaves_a_run_like_any_other(spec: TrainSpec, network: str, tmp_path: Path):
    given = {**spec.model_dump(exclude_unset=True), "network": network, "epochs": 1, "sampler": "grid", "folds": 0}
    search = Search.of({**given, "space": {"window": [24, 16]}})
    outcome = tune(search, Resources(trials=2, executor=Inside), out=tmp_path / "run")
    assert sorted(record.trial.values["window"] for record in outcome.study.records) == [16, 24]
    assert {record.state for record in outcome.study.records} == {"done"}
    best = outcome.best
    assert best is not None
    assert apply.open_model(tmp_path / "run")[0].input_shape == (None, best.trial.values["window"], 2)
    assert apply.evaluate(tmp_path / "run", None)["accuracy"] > 0
    assert Search.read(outcome.run.search).base.group_by == "id"


def test_sensors_are_six_activities_of_people():
    x, y, who = sensors.make(people=4, each=2, seed=3)
    assert x.shape == (48, 128, 9)
    assert np.bincount(y).tolist() == [8] * 6
    assert np.bincount(who).tolist() == [12] * 4
    assert np.allclose(np.linalg.norm(x[y == 4, :, :3].mean(axis=1), axis=1), 1, atol=0.05)  # at rest there is gravity
    assert np.abs(x[y == 5, :, 0].mean()) < 0.4 < x[y == 4, :, 0].mean()  # which turns with who lies down
    assert x[y < 3, :, 3:6].std() > 5 * x[y > 2, :, 3:6].std()
    assert (sensors.make(people=2, each=2, seed=3)[0] == x[:24]).all()  # whoever else there is
    (x_train, _), (x_test, _) = sensors.load_data(people=5, each=1)
    assert (len(x_train), len(x_test)) == (24, 6)
    with pytest.raises(errors.InvalidArgument, match="two at least"):
        sensors.load_data(people=1)
    assert isinstance(prepare(TrainSpec(data="sensors")), Windows)
