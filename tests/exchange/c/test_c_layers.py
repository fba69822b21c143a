"""to_c: a file that, compiled, predicts as the model does, for every layer, activation and kind of graph."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from exchange import encodings, sequences, shown, unwritten
from exchange.c.building import Program, with_compiler
from exchange.networks import Case, predicted
from laws.graphs import JOINING, heads
from pellucid import Sequential, activations
from pellucid import layers as L
from pellucid.errors import InvalidArgument
from pellucid.exchange.c.activations import WRITTEN
from pellucid.exchange.c.writer import EMITTERS
from pellucid.models import Model
from pellucid.rng import Key

pytestmark = with_compiler
CASES = {case.name: case for case in predicted()}
DOUBLE = {f: Sequential([L.Input((4,)), L.Dense(6, f, dtype="float64")], seed=1) for f in WRITTEN
          if f not in ("threshold", "glu")}  # fmt: skip
JOINED = {**{name: make() for name, make in shown.JOINED.items()}, "heads": heads()}
SEQUENCES = {
    name: make() for name, make in (sequences.PLAIN | sequences.MASKED | sequences.STEPPED | sequences.RANDOM).items()
}


ENCODINGS = encodings.written("c")
BEYOND = {mode: encodings.one(layer, [[1, 4], [2, 3], [-1, 0]]) for mode, layer in encodings.BEYOND.items()}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    models = {**{name: case.model for name, case in CASES.items()}, **DOUBLE, **JOINED, **SEQUENCES}
    models |= {name: make() for name, (make, _) in [*ENCODINGS.items(), *BEYOND.items()]}
    return Program(tmp_path_factory.mktemp("c"), models)


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_every_layer_activation_and_nest_predicts_the_same(case: Case, program: Program):
    program.agrees(case.name, [case.x[0].astype(case.model.dtype)])


@pytest.mark.parametrize("f", DOUBLE)
def test_activations_of_double_precision(f: str, program: Program):
    program.agrees(f, [Key(1).normal((9, 4), "float64", stddev=3.0)], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", JOINED)
def test_layers_that_join_predict_the_same(name: str, program: Program):
    program.agrees(name, shown.rows_for(JOINED[name]))


@pytest.mark.parametrize("name", SEQUENCES)
def test_sequences_and_their_masks_predict_the_same(name: str, program: Program):
    program.agrees(name, sequences.inputs(SEQUENCES[name]))


@pytest.mark.parametrize("name", ENCODINGS)
def test_categories_predict_the_same(name: str, program: Program):
    program.agrees(name, ENCODINGS[name][1])


@pytest.mark.parametrize("mode", BEYOND)
def test_a_number_beyond_a_table_makes_its_vector_nan(mode: str, program: Program):
    (x,) = BEYOND[mode][1]
    (y,) = program.run(mode, [x])
    beyond = (x < 0) | (x > 3) if mode == "one_hot" else np.array([True, False, True])
    np.testing.assert_array_equal(np.isnan(y), np.repeat(beyond.reshape(3, -1), 4, axis=1))
    np.testing.assert_array_equal(y[1], encodings.BEYOND[mode]()(x[1:2]).reshape(-1))


def test_an_activation_of_several_numbers_is_refused_in_a_recurrent_layer():
    model = Sequential([L.Input((3, 2)), L.LSTM(2, recurrent_activation="softmax")])
    with pytest.raises(InvalidArgument, match=r"layer 'lstm': expected a recurrent layer's activation.*got softmax"):
        model.to_c("it.c")


def test_every_layer_and_activation_is_written():
    assert unwritten.written_by(EMITTERS) == unwritten.WRITTEN["c"]
    assert set(WRITTEN) == {make().name for make in activations.activations.names.values()}
    shown = {type(layer).__name__ for case in CASES.values() for layer in case.model.wiring.owners.values()}
    shown |= {type(step.layer).__name__ for model in SEQUENCES.values() for step in model.wiring.steps}
    shown |= {type(step.layer).__name__ for make, _ in ENCODINGS.values() for step in make().wiring.steps}
    assert shown | JOINING | {"InputLayer"} >= {kind.__name__ for kind in EMITTERS}


@pytest.mark.parametrize(("name", "make"), unwritten.unwritten("c"))
def test_a_layer_that_is_not_written_is_refused_by_name(name: str, make: Callable[[], Model]):
    with pytest.raises(
        InvalidArgument, match=f"to_c, layer '{name}': expected a kind of layer.*(behind|in front of) that"
    ):
        make().to_c("it.c")


def test_text_that_leaves_is_refused_with_what_to_do():
    make, _ = encodings.one(lambda: L.StringLookup(vocabulary=["a"], invert=True))
    with pytest.raises(InvalidArgument, match=r"got text, with StringLookup\. End the model in front of that layer"):
        make().to_c("it.c")


ODD = np.array(
    [[np.nan, 1, -1, 0.5], [0.0, -0.0, 1e-40, -1e-45], [1e30, -1e30, 88.0, -104.0], [3, -3, 1e-3, 100]], "f4"
)


@pytest.mark.parametrize("f", DOUBLE)
def test_odd_numbers_go_through_activations_as_in_numpy(f: str, odd: Program):
    with np.errstate(all="ignore"):
        wanted = activations.get(f)(ODD)
    (y,) = odd.run(f, [ODD])
    np.testing.assert_allclose(y, wanted, rtol=1e-5, atol=1e-37)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return Program(tmp_path_factory.mktemp("odd"), {f: Sequential([L.Input((4,)), L.Activation(f)]) for f in DOUBLE})
