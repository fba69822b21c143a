"""What all layers keep that change pictures at random, and Keras's numbers of those whose draws can be told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from layers.test_random_colours import drawn
from pellucid import layers as L
from pellucid.errors import PellucidError
from pellucid.layers.augmenting import Augmenting, through
from pellucid.layers.base import layers
from pellucid.layers.random_bends import seen
from pellucid.layers.warping import warped
from pellucid.registry import needed_of
from pellucid.rng import Key
from pellucid.training.engine import engine_of

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "augmenting.json").read_text("utf-8"))
X = np.array(GOLDEN["x"])
PICTURES = Key(4).uniform((40, 6, 5, 3), "float64")
SIGNED = ("RandomHue", "RandomColorJitter")  # of whose factor a coin gives the sign
MAKE: dict[str, Callable[..., L.Layer]] = {
    "AugMix": L.AugMix, "RandAugment": L.RandAugment, "RandomBrightness": lambda **o: L.RandomBrightness(0.4, **o),
    "RandomColorDegeneration": lambda **o: L.RandomColorDegeneration(0.9, **o),
    "RandomColorJitter": lambda **o: L.RandomColorJitter(brightness_factor=0.3, hue_factor=0.4, **o),
    "RandomContrast": lambda **o: L.RandomContrast(0.9, **o), "RandomElasticTransform": L.RandomElasticTransform,
    "RandomGaussianBlur": L.RandomGaussianBlur, "RandomHue": lambda **o: L.RandomHue(0.9, **o),
    "RandomPosterization": lambda **o: L.RandomPosterization(7, **o),
    "Solarization": lambda **o: L.Solarization(0.5, 0.5, **o),
}  # fmt: skip
every_kind = pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)


@pytest.mark.parametrize(("name", "options", "wanted"), GOLDEN["layers"])
def test_a_layer_gives_keras_s_numbers(name: str, options: dict[str, Any], wanted: Any) -> None:
    layer = getattr(L, name)(**options)
    found = [drawn(layer, X, seed) for seed in range(12 if name in SIGNED else 1)]
    assert any(np.allclose(y, wanted, rtol=0, atol=2e-6) for y in found)
    first = getattr(L, name)(**options, data_format="channels_first")
    for seed, y in enumerate(found):
        np.testing.assert_allclose(drawn(first, X.transpose(0, 3, 1, 2), seed).transpose(0, 2, 3, 1), y, atol=1e-12)


@pytest.mark.parametrize(("share", "interpolation", "wanted"), GOLDEN["seen"])
def test_pictures_are_seen_from_the_side_as_keras_sees_them(share: Any, interpolation: str, wanted: Any) -> None:
    y = warped(X, seen(np.array([share]), *X.shape[1:3], interpolation), 0.5)
    np.testing.assert_allclose(y, wanted, rtol=0, atol=2e-5)


@every_kind
def test_a_seed_tells_the_numbers_which_stay_in_the_range(make: Callable[..., L.Layer]) -> None:
    layer, bright = make(value_range=(0, 1), seed=3), make(value_range=(0, 255), seed=3)
    y = drawn(layer, PICTURES)
    np.testing.assert_array_equal(y, drawn(layer, PICTURES, seed=2))
    assert (y != drawn(make(value_range=(0, 1)), PICTURES, seed=2)).any()
    assert (y != PICTURES).any()
    assert y.min() >= 0
    assert y.max() <= 1
    np.testing.assert_allclose(drawn(bright, 255 * PICTURES), 255 * y, atol=1e-9)
    np.testing.assert_array_equal(layer(PICTURES, training=False), PICTURES.astype("float32"))


@pytest.mark.parametrize("name", [*sorted(MAKE.keys() - {"RandomPosterization"}), "RandomCrop"])
def test_a_call_by_hand_changes_pictures_unless_training_is_false(name: str) -> None:
    """As in Keras; so does a network of such layers alone, where one with weights predicts."""
    make = MAKE.get(name, lambda: L.RandomCrop(4, 3))
    x = PICTURES.astype("float32")
    alone = pellucid.Sequential([L.Input(x.shape[1:]), make(), L.Rescaling(2.0)])
    deep = pellucid.Sequential([make(), L.Flatten(), L.Dense(2)])
    for call in (make(), alone, pellucid.Sequential([alone])):
        assert len({call(x).tobytes() for _ in range(9)}) > 1
        np.testing.assert_array_equal(call(x, training=False), call(x, training=False))
    np.testing.assert_array_equal(alone.predict(x, verbose=0), alone(x, training=False))
    np.testing.assert_array_equal(deep(x), deep(x))
    assert make()(x[:0]).shape[0] == 0


def test_whole_numbers_come_in() -> None:
    x = (255 * PICTURES).astype("uint8")
    for make in MAKE.values():
        np.testing.assert_array_equal(make(seed=1)(x, training=True), make(seed=1)(x.astype("float32"), training=True))


def test_keras_s_configs_are_read() -> None:
    """It writes data_format for all of them."""
    kinds = [cls for cls in layers.parts.values() if issubclass(cls, Augmenting)]
    assert len(kinds) > 25
    for cls in kinds:
        assert "data_format" in cls(**dict.fromkeys(needed_of(cls), 1)).get_config()
    saved = {"name": "b", "trainable": True, "factor": [-0.2, 0.2], "value_range": [0, 255], "seed": None}
    layer = L.RandomBrightness.from_config(saved | {"data_format": "channels_first"})
    assert layer.data_format == "channels_first"
    for plain in (L.AutoContrast(), L.Equalization()):
        assert "seed" not in plain.get_config()  # which Keras would refuse
    assert L.Pipeline([], name="p").get_config() == {"layers": [], "name": "p"}


def test_the_mean_of_each_channel_stays_wherever_it_stands() -> None:
    x = PICTURES.transpose(0, 3, 1, 2)
    y = drawn(L.RandomContrast(0.1, (-9, 9), data_format="channels_first"), x)
    np.testing.assert_allclose(y.mean(axis=(2, 3)), x.mean(axis=(2, 3)), rtol=1e-12)


def test_hues_turn_both_ways_and_grey_stays() -> None:
    red = np.broadcast_to([1.0, 0, 0], (400, 1, 1, 3))
    y = drawn(L.RandomHue((2 / 3, 2 / 3), (0, 1)), red)[:, 0, 0]
    green = (np.abs(y - [0, 1, 0]) < 1e-6).all(axis=1)
    blue = (np.abs(y - [0, 0, 1]) < 1e-6).all(axis=1)
    assert (green | blue).all()
    assert 150 < green.sum() < 250
    grey = np.full((3, 2, 2, 3), 0.3)
    np.testing.assert_allclose(drawn(L.RandomHue(1.0, (0, 1)), grey), grey)


def test_contrast_is_stretched_in_prediction_too_and_each_picture_by_itself() -> None:
    x = np.concatenate([X, X / 2 + 0.25, np.full_like(X, 0.5)])
    y = L.AutoContrast((0, 1), dtype="float64")(x)
    np.testing.assert_allclose(y[0], y[1], atol=1e-12)
    np.testing.assert_array_equal(y[2], x[2])
    assert (y[0].min(axis=(0, 1)) == 0).all()
    np.testing.assert_allclose(y[0].max(axis=(0, 1)), 1)


def test_tones_are_as_many_in_each_part_and_each_picture_is_by_itself() -> None:
    x = np.concatenate([PICTURES[:2] / 2, np.full((1, 6, 5, 3), 0.4)])
    y = drawn(L.Equalization((0, 1)), x)
    np.testing.assert_allclose(np.sort(y[:2], axis=None), np.sort(drawn(L.Equalization((0, 1)), x[1::-1]), axis=None))
    np.testing.assert_array_equal(y[0], drawn(L.Equalization((0, 1)), x[:1])[0])
    np.testing.assert_allclose(y[0].mean(), 0.5, atol=0.02)
    np.testing.assert_array_equal(y[2], x[2])


def test_bits_are_drawn_from_below_the_second() -> None:
    x = np.arange(256.0).reshape(1, 16, 16, 1).repeat(300, axis=0)
    tones = [len(np.unique(y)) for y in drawn(L.RandomPosterization((2, 5)), x)]
    assert {*tones} == {4, 8, 16}
    assert min(tones.count(n) for n in (4, 8, 16)) > 70
    assert len(np.unique(drawn(L.RandomPosterization(1), x))) == 2


def test_rubber_bends_some_pictures_and_smoothly() -> None:
    ramp = np.broadcast_to(np.arange(40.0)[:, None], (60, 40, 40))[..., None]
    y = drawn(L.RandomElasticTransform((0.5, 0.5), (1, 1), fill_mode="nearest"), ramp)
    bent = (y != ramp).any(axis=(1, 2, 3))
    assert 15 < bent.sum() < 45
    moved = (y - ramp)[bent][:, 12:-12, 12:-12, 0]
    np.testing.assert_allclose(moved.std(), 4 / np.sqrt(4 * np.pi), rtol=0.2)  # α·σ of noise blurred by σ
    assert np.abs(np.diff(moved, axis=2)).mean() < moved.std() / 2


def test_a_policy_draws_each_of_its_layers_for_the_batch() -> None:
    one = L.RandAugment((0, 1), num_ops=1, factor=(0.3, 0.3))
    members = [*one.shapes_and_tones(), *one.colours()]
    met = set()
    for seed in range(60):
        y, key = drawn(one, PICTURES[:6], seed), Key(seed)
        alone = [through([(member, key.fold("of", n))], PICTURES[:6])[0] for n, member in enumerate(members)]
        met.add(next(n for n, z in enumerate(alone) if np.array_equal(z, y)))
    assert met == set(range(11))
    np.testing.assert_array_equal(drawn(L.RandAugment((0, 1), num_ops=0), PICTURES[:6]), PICTURES[:6])


def test_chains_are_mixed_with_the_picture() -> None:
    plain = L.AugMix((0, 1), chain_depth=0)
    np.testing.assert_allclose(drawn(plain, PICTURES), PICTURES, rtol=1e-12)
    far = [np.abs(drawn(L.AugMix((0, 1), alpha=50.0), PICTURES, seed) - PICTURES).mean() for seed in range(5)]
    near = [np.abs(drawn(L.AugMix((0, 1), alpha=1e-3), PICTURES, seed) - PICTURES).mean() for seed in range(24)]
    assert min(far) > 1e-3
    assert 4 < sum(one < 1e-6 for one in near) < 20  # all of the picture, or nothing of it


def test_a_network_learns_with_them_and_predicts_without() -> None:
    chain = [L.RandAugment((0, 1), seed=1), L.RandomColorJitter((0, 1), 0.1, 0.1, 0.4, 0.1), L.RandomPerspective(0.5)]
    model = pellucid.Sequential([L.Input((6, 5, 3)), L.Pipeline(chain), L.Flatten(), L.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(PICTURES, PICTURES.mean(axis=(1, 2, 3)), epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert "in training" in engine_of(model).refusal
    wanted = PICTURES.reshape(40, -1) @ model.get_weights()[0] + model.get_weights()[1]
    np.testing.assert_allclose(model.predict(PICTURES, verbose=0), wanted, rtol=1e-4, atol=1e-5)
    again = pellucid.Sequential.from_config(json.loads(json.dumps(model.get_config())))
    assert again.get_config() == model.get_config()


def test_labels_pass_through_what_changes_pictures_alone() -> None:
    data = {"images": PICTURES, "labels": np.arange(40)}
    y = L.RandomHue(0.5, (0, 1), seed=2)(data)
    np.testing.assert_array_equal(y["labels"], data["labels"])
    np.testing.assert_array_equal(y["images"], L.RandomHue(0.5, (0, 1), seed=2)(PICTURES, training=True))
    np.testing.assert_array_equal(L.RandomHue(0.5)(data, training=False)["images"], PICTURES.astype("float32"))
    with pytest.raises(PellucidError, match="got images, boxes"):
        L.RandomHue(0.5)({"images": PICTURES, "boxes": 1})


@pytest.mark.parametrize(
    ("layer", "channels", "told"),
    [(L.RandomHue(0.5), 1, "three channels"), (L.RandAugment(), 2, "or one"), (L.AugMix(), 4, "or one"),
     (L.RandomColorJitter(hue_factor=0.1), 1, "three channels")],
)  # fmt: skip
def test_channels_that_have_no_colours_are_refused(layer: L.Layer, channels: int, told: str) -> None:
    with pytest.raises(PellucidError, match=told):
        layer(np.ones((1, 3, 3, channels)))
