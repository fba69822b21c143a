"""MixUp and CutMix: pictures and their labels are mixed alike, before a network sees them; and Pipeline with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import layers as L
from pellucid.data.pydataset import PyDataset
from pellucid.errors import PellucidError
from pellucid.rng import Key

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "augmenting.json").read_text("utf-8"))
N = 60
LABELS = np.eye(N)
PICTURES = np.broadcast_to(LABELS[:, None, None, :], (N, 12, 10, N))  # in each pixel what the label says
BATCH = {"images": PICTURES, "labels": LABELS}
KINDS: dict[str, type[L.Layer]] = {"MixUp": L.MixUp, "CutMix": L.CutMix}


@pytest.mark.parametrize("kind", KINDS)
def test_labels_are_mixed_as_pictures_are(kind: str) -> None:
    y = KINDS[kind](1.0, seed=4, dtype="float64")(BATCH)
    assert y["images"].dtype == y["labels"].dtype == "float64"
    np.testing.assert_allclose(y["labels"].sum(axis=1), 1)
    if kind == "MixUp":
        np.testing.assert_allclose(y["images"], np.broadcast_to(y["labels"][:, None, None], PICTURES.shape))
    else:
        assert {*np.unique(y["images"])} == {0.0, 1.0}
        np.testing.assert_allclose(y["images"].mean(axis=(1, 2)), y["labels"], atol=0.2)  # whole pixels
    own = np.diag(y["labels"])
    assert 0.35 < own.mean() < 0.65
    assert (own < 0.999).sum() > N * 0.9
    first = KINDS[kind](1.0, seed=4, dtype="float64", data_format="channels_first")
    turned = first({"images": PICTURES.transpose(0, 3, 1, 2), "labels": LABELS})
    np.testing.assert_array_equal(turned["images"].transpose(0, 2, 3, 1), y["images"])


def test_keras_mixes_likewise(monkeypatch: pytest.MonkeyPatch) -> None:
    told, x = GOLDEN["mix"], np.array(GOLDEN["x"])
    monkeypatch.setattr(Key, "permutation", lambda key, n: np.array(told["order"]))
    monkeypatch.setattr(Key, "beta", lambda key, shape, a, b: np.array(told["w"]))
    y = L.MixUp(dtype="float64")({"images": np.concatenate([x, 1 - x, x / 2]), "labels": np.eye(3)})
    np.testing.assert_allclose(y["images"], told["images"], atol=2e-6)
    np.testing.assert_allclose(y["labels"], told["labels"], atol=2e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_calls_differ_but_those_of_a_seed_are_the_same(kind: str) -> None:
    layer, twin = KINDS[kind](1.0, seed=4), KINDS[kind](1.0, seed=4)
    first, second = layer(BATCH), layer(BATCH)
    assert (first["labels"] != second["labels"]).any()
    for y in (first, second):
        np.testing.assert_array_equal(twin(BATCH)["labels"], y["labels"])
    pellucid.random.set_random_seed(3)
    free = KINDS[kind](1.0)(BATCH)
    pellucid.random.set_random_seed(3)
    np.testing.assert_array_equal(KINDS[kind](1.0)(BATCH)["images"], free["images"])


@pytest.mark.parametrize("kind", KINDS)
def test_told_that_nothing_is_trained_nothing_changes(kind: str) -> None:
    y = KINDS[kind]()(BATCH, training=False)
    np.testing.assert_array_equal(y["images"], PICTURES)
    np.testing.assert_array_equal(y["labels"], LABELS)


def test_small_alphas_leave_pictures_as_they_are_or_take_the_other() -> None:
    own = np.diag(L.MixUp(1e-9, seed=1)(BATCH)["labels"])
    assert ((own < 1e-6) | (own > 1 - 1e-6)).all()
    assert 0.25 < own.mean() < 0.75


def test_numbers_mix_as_they_are() -> None:
    y = L.MixUp(1.0, seed=2)({"images": PICTURES, "labels": np.arange(N) / N})
    np.testing.assert_allclose(y["labels"], y["images"][:, 0, 0] @ (np.arange(N) / N), atol=1e-6)
    assert {*L.MixUp()({"images": PICTURES})} == {"images"}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"images": PICTURES, "labels": np.arange(N)}, "to_categorical"),
        ({"images": PICTURES, "labels": np.arange(N)[:, None]}, "numbers of classes"),
        ({"images": PICTURES, "labels": LABELS[:3]}, "one for each of 60 images"),
        ({"labels": LABELS}, "'images': ..., 'labels': ..."),
        ({"images": PICTURES[0], "labels": LABELS[0]}, "shape .batch, height, width, channels"),
        (PICTURES, "got pictures without labels. Call it on the batches before fit"),
    ],
)
def test_what_cannot_be_mixed_is_refused(data: Any, told: str) -> None:
    with pytest.raises(PellucidError, match=told):
        L.CutMix()(data)


def test_a_network_cannot_hold_them() -> None:
    with pytest.raises(PellucidError, match=r"got pictures without labels. Call it on the batches"):
        pellucid.Sequential([L.Input((2, 2, 1)), L.MixUp(), L.Flatten()])
    with pytest.raises(PellucidError, match="got pictures without labels"):
        L.MixUp()(L.Input((2, 2, 1)))
    with pytest.raises(PellucidError, match="got images, labels"):
        L.MixUp()({"images": L.Input((2, 2, 1)), "labels": LABELS})


class Batches(PyDataset):
    """Two batches, and how often an epoch has ended."""

    class_names = ("a", "b")
    ended = 0

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> Any:
        return PICTURES[index::2, :4, :4, :3], LABELS[index::2, :2]

    def on_epoch_end(self) -> None:
        self.ended += 1


def test_fit_gets_the_mixed_batches_of_a_dataset() -> None:
    made = Batches()
    preparing = L.Pipeline([L.Rescaling(2.0), L.RandomFlip(seed=1), L.CutMix(seed=2)])
    mixed = made.map(lambda x, y: preparing({"images": x, "labels": y}))
    x, y = mixed[0]
    assert len(mixed) == 2
    assert mixed.class_names == ("a", "b")
    assert x.max() == 2
    assert ((y > 0) & (y < 1)).any()
    network = pellucid.Sequential([L.Input((4, 4, 3)), L.Flatten(), L.Dense(2)])
    network.compile("sgd", "mse")
    assert len(network.fit(mixed, epochs=3, verbose=0).history["loss"]) == 3
    assert made.ended == 3
    np.testing.assert_array_equal(preparing({"images": x, "labels": y}, training=False)["labels"], y)
    with pytest.raises(PellucidError, match="map_func"):
        made.map(None)
    assert list(Batches().map(lambda x, y: len(x)).take(1)) == [30]


def test_a_pipeline_is_its_layers() -> None:
    chain = L.Pipeline([L.CenterCrop(2, 2), {"class_name": "Rescaling", "config": {"scale": 3.0}}])
    x = Key(1).uniform((2, 4, 4, 1))
    np.testing.assert_allclose(chain(x), 3 * x[:, 1:3, 1:3], rtol=1e-6)
    saved = json.loads(json.dumps(L.serialize(chain)))
    assert [one["class_name"] for one in saved["config"]["layers"]] == ["CenterCrop", "Rescaling"]
    np.testing.assert_array_equal(L.deserialize(saved)(x), chain(x))
    seeded = L.Pipeline([L.RandomBrightness(0.5, (0, 1), seed=3)])
    assert (seeded(x, training=True) != x).any()
    assert (seeded(x) != x).any()
    np.testing.assert_array_equal(seeded(x, training=False), x)
