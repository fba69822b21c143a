"""Attentions against Keras in float64 (tests/golden/attention.json), in files, behind masks, and what they refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines
from pellucid import layers as L
from pellucid.errors import PellucidError
from pellucid.rng import Key

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "attention.json").read_text())["cases"]
every_case = pytest.mark.parametrize(
    "case", GOLDEN, ids=[f"{c['class_name']}-{c['arguments']}-{list(c['call'])}" for c in GOLDEN]
)


def given(case: dict[str, Any], xs: list[Any]) -> list[Any]:
    """The arguments of the call."""
    several = xs * 2 if len(xs) == 1 else xs
    return [several] if case["class_name"] in ("Attention", "AdditiveAttention") else several


def from_keras(case: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """(the layer with Keras's weights, what else it is called with)."""
    layer = L.deserialize({"module": "keras.layers", "class_name": case["class_name"], "config": case["config"]})
    told = {k: np.array(v, bool) if k == "attention_mask" else v for k, v in case["call"].items()}
    layer(*given(case, [np.array(x) for x in case["xs"]]), **told)
    layer.set_weights(case["weights"])
    return layer, told


def close(ours: Any, keras: Any) -> None:
    np.testing.assert_allclose(ours, keras, rtol=1e-9, atol=1e-11)


@every_case
def test_it_computes_what_keras_computes(case: dict[str, Any]) -> None:
    layer, told = from_keras(case)
    xs = [np.array(x) for x in case["xs"]]
    found = layer(*given(case, xs), **told)
    y, scores = found if case["scores"] else (found, None)
    assert y.dtype == np.float64
    close(y, case["y"])
    if case["scores"]:
        close(scores, case["scores"])


@every_case
def test_its_gradients_are_keras_s(case: dict[str, Any]) -> None:
    layer, told = from_keras(case)
    inputs = [L.Input(np.shape(x)[1:], dtype="float64") for x in case["xs"]]
    xs = [np.array(x) for x in case["xs"]]
    masks = [L.Input(told["attention_mask"].shape[1:], dtype="bool")] if "attention_mask" in told else []
    found = layer(*given(case, inputs), **(told | ({"attention_mask": masks[0]} if masks else {})))
    model = pellucid.Model([*inputs, *masks], found[0] if case["scores"] else found)
    xs += [told["attention_mask"]] if masks else []
    model.build([(None, *x.shape[1:]) for x in xs])
    _, cache = model.forward(model.p, *xs, training=False, rng=Key(0))
    dxs, gradients = model.backward(model.p, cache, np.array(case["dy"]))
    for ours, keras in zip(dxs if isinstance(dxs, tuple) else (dxs,), case["dxs"], strict=not masks):
        close(ours, keras)
    for name, keras in zip(case["names"], case["gradients"], strict=True):
        close(next(g for path, g in gradients.items() if path.endswith(name)), keras)


@every_case
def test_names_shapes_and_config_are_keras_s(case: dict[str, Any]) -> None:
    layer, _ = from_keras(case)
    assert [w.path.removeprefix(f"{layer.name}/") for w in layer.weights] == case["names"]
    config = layer.get_config()
    assert set(config) <= {*case["config"], "flash_attention", "seed"}
    assert type(layer).from_config(config).get_config() == config


def network(layer: L.Layer, **told: Any) -> Any:
    """Words, their embeddings, what looks at them, and a class for each."""
    words = L.Input((6,))
    x = L.Embedding(9, 8, mask_zero=True)(words)
    y = layer([x, x], **told) if isinstance(layer, L.Attention | L.AdditiveAttention) else layer(x, x, **told)
    model = pellucid.Model(words, L.Dense(3, activation="softmax")(y), seed=3)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


LAYERS: list[tuple[Callable[[], L.Layer], dict[str, Any]]] = [
    (lambda: L.MultiHeadAttention(2, 3), {}),
    (lambda: L.MultiHeadAttention(2, 3, value_dim=5, use_gate=True), {"use_causal_mask": True}),
    (lambda: L.MultiHeadAttention(3, 2, dropout=0.3, seed=1, sliding_window=3), {}),
    (lambda: L.GroupQueryAttention(3, 4, 2), {"use_causal_mask": True}),
    (lambda: L.Attention(use_scale=True), {"use_causal_mask": True}),
    (lambda: L.AdditiveAttention(), {}),
]


@pytest.mark.parametrize(("make", "told"), LAYERS, ids=[type(make()).__name__ for make, _ in LAYERS])
def test_both_engines_learn_the_same_behind_masks(
    make: Callable[[], L.Layer], told: dict[str, Any], tmp_path: Path
) -> None:
    x, y = np.arange(32 * 6).reshape(32, 6) * 7 % 9, np.arange(32 * 6).reshape(32, 6) % 3
    both_engines(lambda: network(make(), **told), x, y)
    model = network(make(), **told)
    model.save(tmp_path / "it.keras")
    again = pellucid.saving.load_model(tmp_path / "it.keras")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_no_step_sees_a_later_one() -> None:
    x = Key(1).normal((1, 5, 4))
    later = x.copy()
    later[:, 3:] += 1
    for layer in (L.MultiHeadAttention(2, 3), L.GroupQueryAttention(3, 2, 1)):
        y = layer(x, x, use_causal_mask=True)
        again = layer(later, later, use_causal_mask=True)
        np.testing.assert_array_equal(y[:, :3], again[:, :3])
        assert np.abs(y[:, 3:] - again[:, 3:]).min() > 0


def attended(shape: tuple[int | None, ...], axes: int | None, told: dict[str, Any], mask: bool = False) -> Any:
    """A model of one MultiHeadAttention behind a Masking, with an attention_mask for an input if wanted."""
    x = L.Input(shape)
    seen = [L.Input((5, 5), dtype="bool")] if mask else []
    h = L.Masking()(x)
    layer = L.MultiHeadAttention(2, 3, attention_axes=axes)
    return pellucid.Model([x, *seen], layer(h, h, **told, **({"attention_mask": seen[0]} if mask else {})), seed=4)


@pytest.mark.parametrize("told", [{}, {"use_causal_mask": True}])
@pytest.mark.parametrize("mask", [False, True])
def test_along_one_of_two_axes_it_is_attention_of_each_row(told: dict[str, Any], mask: bool) -> None:
    x = Key(1).normal((2, 3, 5, 4))
    x[0, 1, 3:] = 0
    x[1, 2, 4] = 0
    seen = [Key(2).uniform((2, 5, 5)) < 0.5 if mask else np.ones((2, 5, 5), bool)][: int(mask)]
    of_all, of_rows = attended((3, 5, 4), 2, told, mask), attended((5, 4), None, told, mask)
    of_rows.set_weights(of_all.get_weights())
    rows = [x.reshape(6, 5, 4), *(np.repeat(s, 3, axis=0) for s in seen)]
    expected = of_rows.predict(rows if mask else rows[0], verbose=0).reshape(2, 3, 5, 4)
    np.testing.assert_allclose(of_all.predict([x, *seen] if mask else x, verbose=0), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("axes", "told", "words"),
    [
        (None, {}, r"attention_axes: expected 2, of whose steps there is a mask, got \[1, 2\]. Say in attention_mask"),
        (1, {}, r"attention_axes: expected 2, of whose steps there is a mask, got \[1\]"),
        ((1, 2), {"attention_mask": np.ones((1, 3, 3))}, r"attention_mask: expected the shape \(B, 3, 5, 3, 5\)"),
        (2, {"attention_mask": np.ones((1, 3, 3))}, r"attention_mask: expected the shape \(B, 5, 5\), true where"),
    ],
)
def test_masks_that_do_not_fit_the_axes_are_refused(axes: Any, told: dict[str, Any], words: str) -> None:
    with pytest.raises(PellucidError, match=words):
        attended((3, 5, 4), axes, told)


def test_a_causal_mask_along_two_axes_is_refused() -> None:
    x = np.ones((1, 3, 5, 4))
    with pytest.raises(PellucidError, match=r"expected one axis, for a causal mask or window, got \[1, 2\]"):
        L.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)


OPEN: list[tuple[Callable[[], L.Layer], dict[str, Any]]] = [
    (lambda: L.MultiHeadAttention(2, 3, sliding_window=2), {}),
    (lambda: L.MultiHeadAttention(2, 3, dropout=0.1, seed=1), {"use_causal_mask": True}),
    (lambda: L.GroupQueryAttention(3, 4, 2), {"use_causal_mask": True}),
    (lambda: L.Attention(use_scale=True), {"use_causal_mask": True}),
    (lambda: L.AdditiveAttention(), {"use_causal_mask": True}),
]


@pytest.mark.parametrize(("make", "told"), OPEN, ids=[type(make()).__name__ for make, _ in OPEN])
@pytest.mark.parametrize("eagerly", [False, True])
def test_an_open_number_of_steps_is_masked_as_a_known_one(
    make: Callable[[], L.Layer], told: dict[str, Any], eagerly: bool
) -> None:
    x = np.arange(10).reshape(2, 5) % 4 + 1

    def model(steps: int | None) -> Any:
        words = L.Input((steps,), dtype="int32")
        h = L.Embedding(9, 8)(words)
        layer = make()
        y = layer([h, h], **told) if isinstance(layer, L.Attention | L.AdditiveAttention) else layer(h, h, **told)
        made = pellucid.Model(words, L.Dense(3)(y), seed=3)
        made.compile("sgd", "mse", run_eagerly=eagerly)
        return made

    known, open_ = model(5), model(None)
    for _ in range(2):
        np.testing.assert_allclose(open_.predict(x, verbose=0), known.predict(x, verbose=0), atol=1e-6)
        for each in (known, open_):
            each.train_on_batch(x, np.ones((2, 5, 3)))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: L.MultiHeadAttention(0, 3), "num_heads"),
        (lambda: L.MultiHeadAttention(2, 3)(np.ones((2, 4)), np.ones((2, 4))), r"\(B, steps, numbers\)"),
        (lambda: L.MultiHeadAttention(2, 3)(np.ones((2, 4, 3)), np.ones((2, 4))), r"\(B, steps, numbers\)"),
        (lambda: L.MultiHeadAttention(2, 3)(np.ones((2, 4, 3))), r"expected query, value, got query alone. Call it"),
        (lambda: pellucid.Sequential([L.Input((4, 3)), L.GroupQueryAttention(2, 4, 2)]), "got query alone"),
        (lambda: L.MultiHeadAttention(2, 3, dropout=2.0), "dropout"),
        (lambda: L.GroupQueryAttention(2, 3, 2), "divides the 3 heads"),
        (lambda: L.Attention()([np.ones((2, 4, 3))]), r"\[query, value\]"),
        (lambda: L.Attention(score_mode="dott"), "'dot'"),
        (lambda: L.MultiHeadAttention(2, 3)(np.ones((2, 4, 3)), np.ones((2, 4, 3)), use_causal=True), "use_causal"),
    ],
)
def test_it_is_refused_in_a_sentence(call: Callable[[], Any], words: str) -> None:
    with pytest.raises((PellucidError, TypeError), match=words):
        call()


@pytest.mark.filterwarnings("ignore")  # Keras's own
@pytest.mark.parametrize(
    "make",
    [lambda k: k.MultiHeadAttention(2, 3, use_gate=True), lambda k: k.GroupQueryAttention(3, 4, 2, use_gate=True)],
)
def test_gates_open_in_both(make: Callable[[Any], Any], tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    x, given = L.Input((5, 4)), Key(2).normal((3, 5, 4))
    ours = pellucid.Model(x, make(L)(x, x), seed=1)
    ours.save(tmp_path / "ours.keras")
    theirs = keras.models.load_model(tmp_path / "ours.keras")
    theirs.save(tmp_path / "theirs.keras")
    again = pellucid.models.load_model(tmp_path / "theirs.keras")
    for opened in (theirs, again):
        np.testing.assert_allclose(opened.predict(given, verbose=0), ours.predict(given, verbose=0), atol=1e-6)


@pytest.mark.parametrize("axes", [0, -1, 2, 7, -3])
def test_attention_along_the_batch_or_the_features_is_refused(axes: int) -> None:
    with pytest.raises(PellucidError, match="attention_axes: expected axes between"):
        L.MultiHeadAttention(2, 2, attention_axes=axes)(np.ones((2, 5, 3)), np.ones((2, 5, 3)))


@pytest.mark.parametrize("make", [lambda: L.Attention(score_mode="concat"), L.AdditiveAttention])
def test_more_axes_stand_for_more_sequences(make: Any) -> None:
    """As in Keras: each of them looks at its own."""
    q, v, layer = Key(1).normal((2, 3, 4, 2)), Key(2).normal((2, 3, 5, 2)), make()
    y = layer([q, v])
    np.testing.assert_allclose(y[:, 1], layer([q[:, 1], v[:, 1]]), rtol=1e-5, atol=1e-6)
