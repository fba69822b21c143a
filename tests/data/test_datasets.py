"""The sets inside the package and the computed ones, and the table of all."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.data import datasets
from pellucid.errors import InvalidArgument, PellucidError, UnknownName

TOYS = ["xor", "moons", "circles", "spirals", "blobs", "sine"]
LOCAL = ["digits", "sensors", *TOYS]


def same(a, b) -> bool:
    return all(np.array_equal(p, q) for part, other in zip(a, b, strict=True) for p, q in zip(part, other, strict=True))


@pytest.mark.parametrize("info", [i for i in datasets.catalogue() if i.name in LOCAL], ids=lambda i: i.name)
def test_the_table_tells_the_truth(info):
    (x_train, y_train), (x_test, y_test) = datasets.load(info.name)
    assert len(x_train) + len(x_test) == len(y_train) + len(y_test) == info.samples
    assert x_train.shape[1:] == x_test.shape[1:] == info.shape
    if info.classes is None:
        assert y_train.dtype == np.float32
    else:
        assert np.unique(y_train).tolist() == np.unique(y_test).tolist() == list(range(info.classes))
    assert all((info.kind, info.source, info.licence, info.where))


def test_the_table_is_complete():
    names = [info.name for info in datasets.catalogue()]
    assert sorted(names) == sorted([*LOCAL, "mnist", "fashion_mnist", "cifar10", "cifar100", "austen"])
    assert all(hasattr(datasets, name) for name in names)


@pytest.mark.parametrize("name", LOCAL)
def test_a_seed_repeats_and_another_does_not(name):
    assert same(datasets.load(name, seed=3), datasets.load(name, seed=3))
    assert not same(datasets.load(name, seed=3), datasets.load(name, seed=4))


@pytest.mark.parametrize("name", ["digits", "xor", "moons", "circles", "spirals", "blobs"])
def test_both_parts_keep_the_proportions(name):
    (_, y_train), (_, y_test) = getattr(datasets, name).load_data(test_fraction=0.3, seed=1)
    train, test = np.bincount(y_train), np.bincount(y_test)
    share = (train + test) / (train.sum() + test.sum())
    assert np.abs(test - share * test.sum()).max() <= 1
    assert len(y_test) == np.ceil(0.3 * (train.sum() + test.sum()))


def test_digits_are_the_scans():
    x, y = datasets.digits.read()
    assert x.shape == (1797, 8, 8)
    assert x.dtype == y.dtype == np.uint8
    assert (x.min(), x.max()) == (0, 16)
    assert x[0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert int(x.sum(dtype=np.int64)) == 561718


def test_digits_are_split_without_loss():
    x, _ = datasets.digits.read()
    (x_train, _), (x_test, _) = datasets.digits.load_data()
    together = np.concatenate([x_train, x_test]).reshape(1797, 64)
    assert sorted(map(bytes, together)) == sorted(map(bytes, x.reshape(1797, 64)))


@pytest.mark.parametrize("name", TOYS)
def test_made_sets_have_the_size_and_the_types_asked_for(name):
    x, y = getattr(datasets, name).make(n=37, noise=0.5, seed=2)
    assert x.shape == ((37, 1) if name == "sine" else (37, 2))
    assert x.dtype == np.float32
    assert y.dtype == (np.float32 if name == "sine" else np.int64)
    assert np.isfinite(x).all()
    assert np.isfinite(y).all()


@pytest.mark.parametrize("name", ["moons", "circles", "spirals", "blobs", "xor"])
def test_classes_are_balanced(name):
    _, y = getattr(datasets, name).make(n=601, seed=5)
    counts = np.bincount(y)
    assert counts.max() - counts.min() <= (1 if name != "xor" else 2)


@pytest.mark.parametrize("name", TOYS)
def test_noise_is_a_standard_deviation(name):
    module = getattr(datasets, name)
    (x, y), (x0, y0) = module.make(4000, 0.25, 9), module.make(4000, 0.0, 9)
    difference = y - y0 if name == "sine" else x - x0
    assert abs(float(difference.std()) - 0.25) < 0.01
    assert abs(float(difference.mean())) < 0.015


@pytest.mark.parametrize("name", TOYS)
@pytest.mark.parametrize(
    "bad", [{"n": 0}, {"n": 2.5}, {"noise": -1.0}, {"noise": np.nan}, {"seed": "a"}, {"test_fraction": 1.0}]
)
def test_bad_arguments_are_refused(name, bad):
    with pytest.raises(PellucidError, match=f"{name}.*argument {next(iter(bad))}"):
        getattr(datasets, name).load_data(**bad)


def test_classes_may_be_chosen():
    assert np.unique(datasets.spirals.make(30, classes=5)[1]).tolist() == [0, 1, 2, 3, 4]
    assert np.unique(datasets.blobs.make(30, classes=4)[1]).tolist() == [0, 1, 2, 3]
    with pytest.raises(InvalidArgument):
        datasets.blobs.make(30, classes=1)


def test_an_unknown_name_tells_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'fashion_mnist'"):
        datasets.load("fashon-mnist")
