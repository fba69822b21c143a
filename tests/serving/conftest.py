"""Models to serve, trained for a moment, and a client that asks them without a network."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import pellucid
from pellucid import layers
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import train
from pellucid.serving import Options, Shelf
from pellucid.serving.app import create_app

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette would rather have httpx2, which the next major version of it may need
    from starlette.testclient import TestClient

BASE = "http://localhost"
ROWS = [
    f"{20 + i % 60},{['Bern', 'Köln', 'Oslo'][i % 3]},{['yes', 'no'][i % 2]},{1 + i % 5}.5,2024-0{1 + i % 9}-11"
    for i in range(90)
]
PEOPLE = "\n".join(
    ["age,city,member,fare,joined,bought"] + [f"{r},{['no', 'yes'][i % 3 == 0]}" for i, r in enumerate(ROWS)]
)
PRICES = "\n".join(
    ["age,city,price"] + [f"{20 + i % 60},{['Bern', 'Oslo'][i % 2]},{100.0 + 1.25 * i}" for i in range(90)]
)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of each kind of model: people, prices, several.keras, plain.keras, loud.keras."""
    folder = tmp_path_factory.mktemp("served")
    for name, text, target in (("people", PEOPLE, "bought"), ("prices", PRICES, "price")):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        data = str(folder / f"{name}.csv")
        spec = TrainSpec(data=data, target=[target], layers=[4], epochs=2, keep=["age", "city"])
        train(spec, out=folder / name)
    make_plain(folder / "plain.keras", seed=0)
    loud = layers.Dense(1, kernel_initializer="ones", input_shape=(2,))  # its outputs overflow before its inputs do
    pellucid.Sequential([loud]).save(folder / "loud.keras")
    a, b = layers.Input((2,), name="a"), layers.Input((3, 1), name="b")
    joined = layers.Concatenate()([a, layers.Flatten()(b)])
    outputs = [layers.Dense(1, name="one")(joined), layers.Dense(2, name="two")(joined)]
    pellucid.Model([a, b], outputs).save(folder / "several.keras")
    return folder


def make_plain(path: Path, seed: int) -> pellucid.Sequential:
    """A classifier of two numbers whose outputs are logits."""
    model = pellucid.Sequential([layers.Dense(3, input_shape=(2,))], seed=seed)
    loss = pellucid.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss)
    model.fit(np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]]), np.array([0, 1, 2]), epochs=1, verbose=0)
    model.save(path)
    return model


@pytest.fixture(scope="session")
def client(folder: Path) -> Iterator[TestClient]:
    """Asks the five models; `people` is the first."""
    words = [str(folder / name) for name in ("people", "prices", "several.keras", "plain.keras", "loud.keras")]
    options = Options(max_body=200_000, max_rows=50, reload=False)
    with TestClient(create_app(Shelf(words), options), BASE, raise_server_exceptions=False) as client:
        yield client
