"""Steps as pictures, and numbers told as what they are made of: each picture shows the numbers of the step's arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import layers as L
from pellucid.errors import InvalidArgument
from pellucid.inspection.explaining import Explanation, View
from pellucid.rng import Key

ENGINES = ("compiled", "definition")
OF_PICTURES, OF_STEPS = (6, 5, 4), (7, 4)
SLIDING: list[tuple[Any, tuple[int, ...]]] = [
    (lambda: L.Conv2D(4, 3, activation="tanh"), OF_PICTURES),
    (lambda: L.Conv2D(4, (3, 2), strides=2, padding="same", groups=2, use_bias=False), OF_PICTURES),
    (lambda: L.Conv2D(2, 2, dilation_rate=2, data_format="channels_first"), (3, 6, 5)),
    (lambda: L.Conv1D(3, 3, padding="causal"), OF_STEPS),
    (lambda: L.Conv3D(2, 2), (3, 3, 3, 2)),
    (lambda: L.DepthwiseConv2D(2, depth_multiplier=2, activation="relu"), OF_PICTURES),
    (lambda: L.MaxPooling2D(), OF_PICTURES),
    (lambda: L.MaxPooling2D(3, strides=1, padding="same"), OF_PICTURES),
    (lambda: L.MaxPooling1D(), OF_STEPS),
    (lambda: L.AveragePooling2D(2, strides=1, padding="same", data_format="channels_first"), (3, 6, 5)),
]
IDS = [f"{make().name}{i}" for i, (make, _) in enumerate(SLIDING)]


def explained(shape: tuple[int, ...], *middle: L.Layer, engine: str = "auto", batch: int = 2) -> Explanation:
    """A step of a network with these layers, behind one that wants their gradient."""
    stack = [L.Input(shape), L.Dense(shape[-1], name="below"), *middle, L.Flatten(), L.Dense(3, "softmax")]
    model = pellucid.Sequential(stack, seed=3)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model.explain(Key(5).normal((batch, *shape)).astype("float32"), np.arange(batch) % 3, engine=engine)


def some(shape: tuple[int, ...], n: int = 12) -> list[tuple[int, ...]]:
    """Some places in an array, its corners among them."""
    chosen = np.unique(np.linspace(0, np.prod(shape) - 1, n).astype(int))
    return [tuple(int(i) for i in np.unravel_index(k, shape)) for k in chosen]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("make", "shape"), SLIDING, ids=IDS)
def test_numbers_of_windows_are_the_sums_that_are_told(make: Any, shape: tuple[int, ...], engine: str) -> None:
    explanation = explained(shape, make(), engine=engine)
    name = explanation.steps[1].name
    forward, backward = explanation.forward[name], explanation.backward[name]
    asked = {f"{name}/dx": backward["dx"]} | ({f"{name}/z": forward["z"]} if "z" in forward.outputs else {})
    asked |= {f"{name}/{own}": backward[f"d{letter}"] for own, letter in (("kernel", "W"), ("bias", "b"))
              if f"d{letter}" in backward.outputs}  # fmt: skip
    for of, array in asked.items():
        for at in some(array.shape):
            why = explanation.why(of, *at)
            assert why.value == pytest.approx(float(array[at]), abs=1e-7)
            assert why.sum == pytest.approx(why.value, abs=2e-6), (of, at)
    for at in some(forward["y"].shape):
        why = explanation.why(name, *at)
        if name.startswith("max"):
            assert max(why.inputs.values()) == why.value == next(iter(why.inputs.values()))
        elif name.startswith("average"):
            assert why.sum == pytest.approx(why.value, abs=1e-6)
        else:
            assert why.inputs["z"] == pytest.approx(float(forward["z"][at]))


def test_the_patch_times_the_filter_is_the_number_and_its_gradient_goes_there() -> None:
    explanation = explained(OF_PICTURES, L.Conv2D(4, 3, padding="same", name="conv"))
    saw, goes = explanation.why("conv", 1, 0, 2, 3).views
    x, z = explanation.forward["conv"]["x"], explanation.forward["conv"]["z"]
    bias = explanation.forward["conv"]["b"][3]
    np.testing.assert_array_equal(saw.arrays["x"][:, 1:], np.moveaxis(x[1, 0:2, 1:4], -1, 0))
    assert not saw.arrays["x"][:, 0].any()  # the border
    assert saw.told["corner"] == [-1, 1]
    assert (saw.arrays["x"] * saw.arrays["w"]).sum() + bias == pytest.approx(float(z[1, 0, 2, 3]), abs=1e-6)
    assert f"{z[1, 0, 2, 3]:.4g}" in saw.says
    np.testing.assert_allclose(
        goes.arrays["back"],
        explanation.backward["conv"].inputs["dy"][1, 0, 2, 3] * saw.arrays["w"],
        rtol=1e-6,
        atol=1e-7,
    )


def test_a_pool_says_which_place_won() -> None:
    explanation = explained(OF_PICTURES, L.MaxPooling2D(name="pool"))
    (view,) = explanation.why("pool", 0, 1, 0, 2).views
    row, column = view.told["won"]
    assert view.arrays["x"][0, row, column] == view.arrays["x"].max() == explanation.forward["pool"]["y"][0, 1, 0, 2]


def shown(explanation: Explanation) -> list[tuple[Any, View]]:
    return [(step, view) for step in explanation for view in explanation.views(step, 1)]


@pytest.mark.parametrize(
    ("shape", "middle"),
    [
        (OF_PICTURES, [lambda: L.Conv2D(4, 2, groups=2), L.MaxPooling2D, L.BatchNormalization]),
        ((3, 6, 5), [lambda: L.Conv2D(2, 2, data_format="channels_first")]),
        (OF_PICTURES, [lambda: L.DepthwiseConv2D(2, depth_multiplier=2), L.GlobalMaxPooling2D]),
        (OF_STEPS, [lambda: L.Conv1D(3, 2), L.AveragePooling1D]),
    ],
)
def test_each_place_of_a_picture_shows_the_number_that_it_asks_for(shape: tuple[int, ...], middle: list[Any]) -> None:
    found = shown(explained(shape, *(make() for make in middle)))
    assert len(found) > 4
    for step, view in found:
        array, picture = step[view.letter], next(iter(view.arrays.values()))
        for place in some(picture.shape):
            at = tuple(1 if axis is None else place[axis] for axis in view.axes)
            assert array[at] == picture[place], (step, view)


def test_what_a_layer_is_shown_as_is_decided_by_its_class_and_else_by_the_shape_it_gives() -> None:
    class Sharper(L.Conv2D):
        """A convolution by another name."""

    class Doubled(L.Conv2D):
        """Something else."""

        def forward(self, p: Any, x: Any, *, training: bool, rng: Any) -> Any:
            y, cache = super().forward(p, x, training=training, rng=rng)
            return 2 * y, cache

    for layer, titles in ((Sharper(2, 2), 3), (Doubled(2, 2), 1), (L.Dropout(0.5), 1), (L.Flatten(), 0)):
        explanation = explained(OF_PICTURES, layer, engine="definition")
        assert len(explanation.views(explanation.steps[1])) == titles, layer
    with pytest.raises(InvalidArgument, match="argument sample: expected a whole number at least 0 and at most 1"):
        explanation.views(explanation.steps[0], 2)


def test_filters_for_pictures_in_colour_are_pictures_in_colour() -> None:
    model = pellucid.Sequential([L.Conv2D(2, 3, input_shape=(5, 5, 3))])
    explanation = model.explain(np.ones((1, 5, 5, 3)))
    view = explanation.views(explanation.steps[0])[1]
    assert (view.kind, view.arrays["maps"].shape) == ("colours", (2, 3, 3, 3))
    np.testing.assert_array_equal(view.arrays["maps"][1, 0, 2], explanation.steps[0]["W"][0, 2, :, 1])


# Through time --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("kind", [L.LSTM, L.GRU, L.SimpleRNN])
def test_a_sequence_is_shown_step_by_step(kind: Any, backwards: bool, engine: str) -> None:
    layer = kind(3, return_sequences=True, go_backwards=backwards, name="memory")
    explanation = explained(OF_STEPS, layer, engine=engine)
    (view,) = explanation.views(explanation.forward["memory"], 1)
    a, y = view.arrays, explanation.forward["memory"]["y"][1]
    np.testing.assert_allclose(a["h"], y, atol=1e-6)
    order = range(7)[::-1] if backwards else range(7)
    assert view.names["steps"] == [str(t + 1) for t in order]
    np.testing.assert_array_equal(a["x"], explanation.forward["memory"]["x"][1][list(order)])
    before = np.vstack([np.zeros((1, 3)), a["h"][:-1]])
    if kind is L.LSTM:
        memory = np.vstack([np.zeros((1, 3)), a["c"][:-1]])
        np.testing.assert_allclose(a["c"], a["f"] * memory + a["i"] * a["k"], atol=1e-6)
        np.testing.assert_allclose(a["h"], a["o"] * np.tanh(a["c"]), atol=1e-6)
    if kind is L.GRU:
        np.testing.assert_allclose(a["h"], a["z"] * before + (1 - a["z"]) * a["k"], atol=1e-6)
    dy = explanation.backward["memory"].inputs["dy"]
    assert a["back"][-1] == pytest.approx(np.linalg.norm(dy[1, -1]), rel=1e-5)


def test_a_gradient_that_fades_on_its_way_is_told() -> None:
    small = {"recurrent_initializer": pellucid.initializers.Constant(0.01)}
    explanation = explained(OF_STEPS, L.SimpleRNN(2, **small))
    (view,) = explanation.views(explanation.forward["simple_rnn"])
    back = view.arrays["back"]
    assert (np.diff(back) > 0).all()
    assert back[0] < 1e-6 * back[-1]
    assert "vanished" in view.says
    forward_only = pellucid.Sequential([L.Input(OF_STEPS), L.LSTM(2)]).explain(np.ones((1, *OF_STEPS)))
    (view,) = forward_only.views(forward_only.steps[0])
    assert "back" not in view.arrays


def test_steps_that_a_mask_hides_are_told() -> None:
    model = pellucid.Sequential([L.Input(OF_STEPS), L.Masking(0.0), L.LSTM(2)])
    x = np.ones((1, *OF_STEPS), "float32")
    x[0, 5:] = 0
    explanation = model.explain(x)
    (view,) = explanation.views(explanation.forward["lstm"])
    assert view.told["counts"] == [True] * 5 + [False] * 2


# Attention and tables ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_attention_is_a_table_of_who_looks_at_what(engine: str) -> None:
    tokens = L.Input((5,), dtype="int32")
    h = L.Embedding(9, 8)(tokens)
    seen = L.GroupQueryAttention(4, 4, 2, name="heads")(h, h, use_causal_mask=True)
    out = L.Dense(2)(L.Flatten()(L.Attention(name="alone")([seen, seen])))
    model = pellucid.Model(tokens, out, seed=1)
    model.compile("sgd", "mse")
    explanation = model.explain([[1, 4, 4, 0, 8]], [[0.0, 1.0]], engine=engine)
    step = explanation.forward["heads/dot_product_attention"]
    (view,) = explanation.views(step)
    A = view.arrays["heat"]
    assert A.shape == (4, 5, 5)
    np.testing.assert_allclose(A.sum(axis=-1), 1, atol=1e-6)
    np.testing.assert_array_equal(view.arrays["hidden"], np.triu(np.ones((5, 5)), 1))
    assert not A[:, view.arrays["hidden"] > 0].any()
    v = np.repeat(step["x3"][0], 2, axis=1)
    np.testing.assert_allclose(np.einsum("hts,shv->thv", A, v), step["y"][0], atol=1e-6)
    assert view.names["rows"] == ["1", "4", "4", "0", "8"]
    (view,) = explanation.views(explanation.forward["alone/softmax"])
    np.testing.assert_array_equal(view.arrays["heat"][0], explanation.forward["alone/softmax"]["y"][0])


def test_an_embedding_shows_the_rows_that_it_took_and_those_like_them() -> None:
    W = np.array([[1.0, 0.0], [0.9, 0.1], [-1.0, 0.0], [0.0, 1.0]], "float32")
    model = pellucid.Sequential([L.Input((3,), dtype="int32"), L.Embedding(4, 2, weights=W)])
    explanation = model.explain([[0, 3, 0]])
    (view,) = explanation.views(explanation.steps[0])
    np.testing.assert_array_equal(view.arrays["rows"], W[[0, 3, 0]])
    assert view.names["rows"] == ["0", "3", "0"]
    assert [other for other, _ in view.told["near"][0]] == [1, 3, 2]
    assert view.told["near"][0][0][1] == pytest.approx(0.9 / np.hypot(0.9, 0.1), rel=1e-5)


def test_a_parameter_can_be_asked_for_by_its_letter() -> None:
    explanation = explained(OF_STEPS, L.LSTM(2))
    named = explanation.why("lstm/recurrent_kernel", 1, 2)
    assert str(explanation.why("lstm/U", 1, 2)) == str(explanation.why("lstm/dU", 1, 2)) == str(named)
