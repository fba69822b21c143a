"""Twenty steps of training around each layer, with every argument that training heeds, against Keras
(tests/golden/trained.json): the definition in float64, and the compiled engine in float32 with 1, 2 and 4 threads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from golden.trained_cases import CASES, B, data, network, start, trained
from pellucid.training.engine import engine_of

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "trained.json").read_text())
every_case = pytest.mark.parametrize("name", CASES)
pytestmark = [
    pytest.mark.filterwarnings("ignore:layer 'flatten':UserWarning"),  # it ends the mask, as in Keras
    pytest.mark.filterwarnings("ignore:.*rms_scaling:UserWarning"),
]


def close(ours: Any, keras: Any, tolerance: float) -> None:
    """Within this share of the largest number."""
    ours, keras = np.asarray(ours, "float64"), np.asarray(keras)
    assert ours.shape == keras.shape
    np.testing.assert_allclose(ours, keras, rtol=0, atol=tolerance * max(float(np.abs(keras).max(initial=0)), 0.01))


@every_case
def test_the_definition_gives_keras_s_answers_losses_and_weights(name: str) -> None:
    pellucid.config.set_floatx("float64")
    case, found = CASES[name], GOLDEN[name]
    model = network(pellucid, case)
    for w, fresh in zip(model.get_weights(), found["fresh"], strict=True):
        if fresh is not None:
            np.testing.assert_allclose(w, fresh, rtol=1e-12)
    model.set_weights(start([(w.name, w.shape) for w in model.weights]))
    close(model.predict(data(case)[0][:B], verbose=0), found["y"], 1e-7)
    close(trained(model, case), found["losses"], 1e-7)  # Keras adds 1e-7 to masks' sums, and JAX weighs in float32
    for w, after in zip(model.get_weights(), found["after"], strict=True):
        close(w, after, 1e-6)


@pytest.mark.long
@every_case
def test_the_engine_gives_them_too_and_the_same_bits_on_1_2_and_4_threads(name: str, crew: list[int]) -> None:
    case, found, bits = CASES[name], GOLDEN[name], []
    for threads in (1, 2, 4):
        crew[:] = threads, 1
        model = network(pellucid, case)
        losses = trained(model, case)
        bits.append(([w.tobytes() for w in model.get_weights()], losses))
        if threads == 1:
            close(losses, found["losses"], 1e-5)
            for w, after in zip(model.get_weights(), found["after"], strict=True):
                close(w, after, 1e-5)
        if engine_of(model).refusal:
            break  # the definition, which knows no threads
    assert all(one == bits[0] for one in bits)
