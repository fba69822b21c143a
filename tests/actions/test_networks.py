"""Networks by their names: written out in full, for pictures of any size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actions.power_cut import cut_short
from pellucid import errors
from pellucid.actions.building import build
from pellucid.actions.data import prepare
from pellucid.actions.networks import name_of, written_out
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import planned_epochs, resume, train
from pellucid.actions.trying import Tried


def pictures(folder: Path, shape: tuple[int, ...], n: int = 60) -> str:
    """Pictures with a bright half, above or below."""
    x = np.random.default_rng(0).integers(0, 90, (n, *shape)).astype(np.uint8)
    y = np.arange(n) % 2
    half = shape[0] // 2
    x[y == 0, :half] += 120
    x[y == 1, half:] += 120
    path = folder / "pictures.npz"
    np.savez(path, x=x, y=y)
    return str(path)


@pytest.mark.parametrize("network", ["lenet", "cnn", "small_cnn"])
@pytest.mark.parametrize("shape", [(28, 28), (8, 8), (4, 5), (16, 40), (32, 32, 3), (64, 64, 3)])
def test_it_fits_pictures_of_any_size(tmp_path: Path, network: str, shape: tuple[int, ...]):
    spec = TrainSpec(data=pictures(tmp_path, shape), network=network, layers=[8])
    data = prepare(spec)
    model = build(spec, data, 1)
    assert model.output_shape == (None, 2)
    assert type(model.layers[0]).__name__ == "Rescaling"  # and nothing that makes the pictures flat
    written = written_out(spec, data)
    assert [entry["class"] for entry in written.layers[:-1]].count("Conv2D") >= (1 if network == "small_cnn" else 2)
    assert written.layers[-1] == 8
    again = build(TrainSpec.of(written.model_dump()), data, 1)
    assert [type(layer) for layer in again.layers] == [type(layer) for layer in model.layers]
    assert all((a == b).all() for a, b in zip(again.get_weights(), model.get_weights(), strict=True))


def test_the_name_brings_what_suits_it_and_what_is_said_counts(tmp_path: Path):
    assert TrainSpec(network="lenet").learning_rate == 0.003
    assert TrainSpec(network="lenet").batch_size == 64
    assert TrainSpec(network="lenet", optimizer="sgd").learning_rate is None  # the rate is Adam's
    assert TrainSpec(network="lenet", learning_rate=0.1, batch_size=8).learning_rate == 0.1
    spec = TrainSpec(data=pictures(tmp_path, (8, 8)), network="lenet")
    data = prepare(spec)
    assert planned_epochs(spec, data) == 100  # few pictures: as many steps would be too many epochs
    assert planned_epochs(spec.model_copy(update={"epochs": 3}), data) == 3


def test_a_run_has_the_layers_in_full_and_goes_on_after_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    spec = TrainSpec(data=pictures(tmp_path, (8, 8)), network="cnn", layers=[6], batch_size=8, epochs=6)
    whole = train(spec, out=Path("whole"))
    assert whole.metrics["accuracy"] == 1.0
    kept = whole.run.read_spec()
    assert kept.network == "auto"
    assert kept.layers[1] == {
        "class": "Conv2D", "filters": 32, "kernel_size": 3, "padding": "same", "use_bias": False,
    }  # fmt: skip

    cut_short(spec, Path("cut"), epoch=1)
    resume(Path("cut"))
    again = train(kept, out=Path("again"))
    for other in (Path("cut"), again.run.path):
        assert (other / "model.keras").read_bytes() == (whole.run.path / "model.keras").read_bytes()


@pytest.mark.parametrize(("colours", "network"), [(3, "small_cnn"), (1, "auto")])
def test_colour_pictures_in_folders_get_a_small_cnn_which_finds_things_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, colours: int, network: str
):
    """Bars of any colour and place; with the dense network half of them are told."""
    images = pytest.importorskip("PIL.Image", reason="Pillow writes the pictures")
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name in ("lying", "standing"):
        Path("bars", name).mkdir(parents=True)
        for i in range(80):
            picture = rng.integers(60, 200, colours) + rng.integers(-20, 20, (16, 16, colours))
            at, begin = rng.integers(0, 16), rng.integers(0, 9)
            place = (at, slice(begin, begin + 8))
            picture[place if name == "lying" else place[::-1]] = rng.integers(0, 255, colours)
            images.fromarray(picture.squeeze().astype("uint8")).save(f"bars/{name}/{i}.png")
    spec = TrainSpec(data="bars", layers=[16])
    assert name_of(spec, prepare(spec)) == network
    if network == "small_cnn":
        assert train(spec, out=Path("run")).metrics["accuracy"] > 0.9


def test_a_search_lays_its_values_over_the_name(tmp_path: Path):
    base = {"data": pictures(tmp_path, (8, 8)), "network": "lenet", "epochs": 1}
    spec = Tried(base, []).spec({"layers": [5, 4], "dropout": 0.5})
    names = [type(layer).__name__ for layer in build(spec, prepare(spec), 1).layers]
    assert names[-6:] == ["Flatten", "Dense", "Dropout", "Dense", "Dropout", "Dense"]


def test_what_does_not_go_together_is_said(tmp_path: Path):
    spec = TrainSpec(data=pictures(tmp_path, (8, 8)), network="lenet", layers=[{"class": "Flatten"}])
    with pytest.raises(
        errors.InvalidArgument, match=r"spec, layers: expected numbers of units, as the network is lenet"
    ):
        written_out(spec, prepare(spec))
    for wrong, said in (
        ({"data": "moons", "network": "cnn"}, r"network cnn: expected pictures .* samples of the shape \(2,\)"),
        ({"data": pictures(tmp_path, (3, 9)), "network": "lenet"}, "at least 4 × 4 pixels"),
        (
            {"data": "moons", "network": "gru"},
            r"network gru: expected windows .*, got .* shape \(2,\)",
        ),
    ):
        spec = TrainSpec.of(wrong)
        with pytest.raises(errors.DataError, match=said):
            written_out(spec, prepare(spec))
    spec = TrainSpec(data=pictures(tmp_path, (8, 8, 3)), network="lstm")
    with pytest.raises(errors.DataError, match=r"got .* \(8, 8, 3\). Take lenet or cnn"):
        written_out(spec, prepare(spec))
    with pytest.raises(errors.InvalidArgument, match="network"):
        TrainSpec.of({"network": "lenett"})


def test_convolutions_of_the_spec_itself_take_pictures_as_they_are(tmp_path: Path):
    layers = [{"class": "Conv2D", "filters": 2, "kernel_size": 3}, {"class": "Flatten"}, 4]
    path = pictures(tmp_path, (6, 6, 3))
    spec = TrainSpec(data=path, layers=layers)
    assert [type(one).__name__ for one in build(spec, prepare(spec), 1).layers[:2]] == ["Rescaling", "Conv2D"]
    scaled = TrainSpec(data=path, layers=layers, scale="normalize")
    data = prepare(scaled)
    front = build(scaled, data, 1).layers[0]
    assert np.allclose(np.ravel(front.mean), data.x_train.mean(axis=(0, 1, 2)))  # one for each colour
    assert np.allclose(np.ravel(front.variance), data.x_train.var(axis=(0, 1, 2)))


@pytest.mark.parametrize("unit", [1e-12, 1e25])
def test_arrays_of_any_unit_are_learned_as_well(tmp_path: Path, unit: float):
    x = np.random.default_rng(0).normal(size=(200, 3))
    np.savez(tmp_path / "xy.npz", x=x * unit, y=(x[:, 0] > 0).astype(int))
    spec = TrainSpec(data=str(tmp_path / "xy.npz"))
    data = prepare(spec)
    model = build(spec, data, 10)
    model.fit(data.x_train, data.y_train, epochs=10, verbose=0)
    assert model.evaluate(data.x_test, data.y_test, verbose=0, return_dict=True)["accuracy"] > 0.9


@pytest.mark.parametrize(("x", "y", "where"), [(1e200, 1.0, "x"), (1.0, 1e200, "y")])
def test_arrays_of_numbers_that_no_float_holds_are_refused(tmp_path: Path, x: float, y: float, where: str):
    values = np.random.default_rng(0).normal(size=(50, 1))
    np.savez(tmp_path / "xy.npz", x=values * x, y=values[:, 0] * y)
    spec = TrainSpec(data=str(tmp_path / "xy.npz"), task="regression")
    with pytest.raises(errors.DataError, match=rf"{where}: expected numbers up to 3.4e\+38"):
        build(spec, prepare(spec), 1)


@pytest.mark.parametrize("told", [{"batch_norm": True}, {"l1": 0.1}, {"l2": 0.1}, {"activation": "tanh"}])
def test_what_says_nothing_of_recurrent_layers_is_refused(tmp_path: Path, told: dict[str, object]):
    (tmp_path / "verse.txt").write_text("one two three four five six seven\n" * 20)
    spec = TrainSpec.of({"data": str(tmp_path / "verse.txt"), "window": 8, **told})
    with pytest.raises(errors.InvalidArgument, match=rf"spec, {next(iter(told))}: .* got GRU alone. Leave it out"):
        written_out(spec, prepare(spec))
