"""A network that looks at pictures and one that goes through a sequence: what the studio tells to be drawn of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.actions.building import build
from pellucid.actions.data import prepare
from pellucid.actions.script import script
from pellucid.actions.spec import TrainSpec
from pellucid.studio import frames
from pellucid.studio.starts import STARTS
from studio.conftest import Page, train

SPECS: dict[str, dict[str, Any]] = {start["id"]: start["spec"] for start in STARTS}


@pytest.fixture(scope="module")
def filters(client: Any) -> str:
    return train(Page(client), {**SPECS["convolutional"], "epochs": 2})


def views(page: Page, run: str, key: str, step: int) -> list[dict[str, Any]]:
    answer = page.client.get(f"/api/runs/{run}/explain/{key}/views", params={"step": step})
    assert answer.status_code == 200, answer.text
    header, arrays = frames.unpacked(answer.content)
    own = [{name.partition(".")[2]: a for name, a in arrays.items() if name.startswith(f"{i}.")} for i in range(99)]
    return [{**view, "arrays": own[i]} for i, view in enumerate(header["views"])]


def test_a_step_is_told_as_pictures_and_a_place_in_one_as_what_it_saw(page: Page, filters: str):
    told = page.post(f"runs/{filters}/explain", {"sample": 2})
    assert told["said"] == page.post(f"runs/{filters}/predict", {"sample": 2})["said"]
    names = [(step["phase"], step["name"]) for step in told["steps"]]
    found = views(page, filters, told["key"], names.index(("forward", "conv2d")))
    assert [(view["kind"], view["letter"], view["axes"]) for view in found] == [
        ("maps", "x", [None, 1, 2, 0]), ("maps", "W", [2, 3, 1, 0]), ("maps", "y", [None, 1, 2, 0]),
    ]  # fmt: skip
    model = pellucid.saving.load_model(Path("runs") / filters / "model.keras")
    W = model.get_layer("conv2d").get_weights()[0]
    np.testing.assert_array_equal(found[1]["arrays"]["maps"][:, 0], np.moveaxis(W[:, :, 0], -1, 0))
    y = found[2]["arrays"]["maps"][5, 3, 4]
    why = page.post(f"runs/{filters}/why", {"key": told["key"], "name": "conv2d/y", "index": [0, 3, 4, 5]})
    assert why["value"] == pytest.approx(float(y))
    saw, goes = why["views"]
    product = np.array(saw["arrays"]["product"]["values"])
    assert max(0.0, product.sum() + model.get_layer("conv2d").get_weights()[1][5]) == pytest.approx(float(y), abs=1e-5)
    assert (saw["told"]["corner"], goes["arrays"]["back"]["shape"]) == ([2, 3], [1, 3, 3])
    refused = page.client.get(f"/api/runs/{filters}/explain/{told['key']}/views", params={"step": 99})
    assert refused.status_code == 422
    assert "a step from 0 to" in refused.json()["error"]


def test_every_layer_answers_a_drawing_its_maps_one_after_another(page: Page, filters: str):
    drawing = np.zeros((30, 30))
    drawing[4:26, 14:17] = 1
    told = {one["name"]: one for one in page.post(f"runs/{filters}/predict", {"drawing": drawing.tolist()})["layers"]}
    assert told["conv2d"]["pictures"] == [8, 8, 8]
    assert "pictures" not in told["dense"]
    seen = page.post(f"runs/{filters}/explain", {"drawing": drawing.tolist()})
    step = next(i for i, one in enumerate(seen["steps"]) if one["name"] == "conv2d")
    maps = views(page, filters, seen["key"], step)[2]["arrays"]["maps"]
    np.testing.assert_allclose(np.reshape(told["conv2d"]["values"], (8, 8, 8)), maps, atol=1e-5)


def test_filters_are_among_the_weights(page: Page, filters: str):
    header, arrays = frames.unpacked(page.client.get(f"/api/runs/{filters}/picture/weights").content)
    assert (header["layer"], header["filters"], header["units"]) == ("conv2d", True, 8)
    assert header["layers"] == ["conv2d", "conv2d_1", "dense", "dense_1"]
    assert arrays["weights"].shape == (8, 3, 3)
    asked = {"layer": "conv2d_1", "unit": 3}
    header, arrays = frames.unpacked(page.client.get(f"/api/runs/{filters}/picture/neuron", params=asked).content)
    assert arrays["weights"].shape == (8, 3, 3)
    assert (np.diff(arrays["outputs"]) <= 0).all()


@pytest.mark.long
def test_a_sequence_is_told_step_by_step(page: Page):
    run = train(page, {**SPECS["line-by-line"], "epochs": 1})
    told = page.post(f"runs/{run}/explain", {"sample": 0})
    step = next(i for i, one in enumerate(told["steps"]) if one["name"] == "lstm")
    (view,) = views(page, run, told["key"], step)
    assert view["kind"] == "steps"
    assert view["arrays"].keys() == {"x", "f", "i", "k", "c", "o", "h", "back"}
    assert view["arrays"]["c"].shape == (8, 24)
    assert view["names"]["f"] == ["forget gate: how much of the memory is kept"]


def test_what_comes_in_looks_at_itself(page: Page):
    told = page.post("check", {"spec": SPECS["attention"]})
    assert ([2], "MultiHeadAttention", [8, 16]) in [(b["entry"], b["class"], b["output"]) for b in told["blocks"]]
    assert "use_causal_mask=causal" in told["code"]["python"]
    model = build(spec := TrainSpec.of({**SPECS["attention"], "epochs": 1}), data := prepare(spec), 1)
    explanation = model.explain(data.x_test[:1])
    (heat,) = [view for step in explanation for view in explanation.views(step) if view.kind == "heat"]
    assert heat.arrays["heat"].shape == (2, 8, 8)
    np.testing.assert_array_equal(heat.arrays["hidden"], np.triu(np.ones((8, 8)), 1))


@pytest.mark.parametrize("name", ["Attention", "GroupQueryAttention"])
@pytest.mark.parametrize("causal", [False, True])
def test_the_script_of_an_attention_makes_the_same_network(name: str, causal: bool):
    sizes = {"head_dim": 4, "num_query_heads": 2, "num_key_value_heads": 1} if name.startswith("Group") else {}
    block = {"class": name, **sizes, "use_causal_mask": causal}
    spec = TrainSpec.of({"data": "digits", "layers": [SPECS["attention"]["layers"][0], block, {"class": "Flatten"}, 8]})
    model = build(spec, data := prepare(spec), 1)
    text, made = script(spec, data, model, 1), dict[str, Any]()
    exec(text.partition("model.fit(")[0], made)
    np.testing.assert_array_equal(
        made["model"].predict(data.x_test[:5], verbose=0), model.predict(data.x_test[:5], verbose=0)
    )


REFUSED: list[tuple[str, list[Any], list[int], dict[str, Any]]] = [
    ("digits", [{"class": "Conv2D", "filters": 4, "kernel_size": 3}, {"class": "Flatten"}, 8], [0],
     {"class": "Reshape", "target_shape": [8, 8, 1]}),
    ("digits", [{"class": "Reshape", "target_shape": [8, 8]}, {"class": "MaxPooling2D"}, {"class": "Flatten"}, 8], [1],
     {"class": "Reshape", "target_shape": [8, 8, 1]}),
    ("moons", [12, {"class": "Conv1D", "filters": 2, "kernel_size": 3}, {"class": "Flatten"}, 8], [1],
     {"class": "Reshape", "target_shape": [12, 1]}),
    ("digits", [{"class": "Reshape", "target_shape": [8, 8, 1]}, {"class": "AveragePooling2D"}, 8], [2],
     {"class": "Flatten"}),
]  # fmt: skip


@pytest.mark.parametrize(("data", "blocks", "place", "block"), REFUSED)
def test_a_shape_that_does_not_fit_is_mended_by_one_block(
    page: Page, data: str, blocks: list[Any], place: list[int], block: dict[str, Any]
):
    (problem,) = page.post("check", {"spec": {"data": data, "layers": blocks}})["problems"]
    mend = problem["mend"]
    assert (mend["at"], mend["block"]) == (place, block)
    assert mend["says"].endswith(".")
    mended = [*blocks[: place[0]], block, *blocks[place[0] :]]
    assert page.post("check", {"spec": {"data": data, "layers": mended}})["ok"]


def test_what_no_shape_would_mend_is_told_in_plain_words_without_a_remedy(page: Page):
    blocks = [{"class": "Conv2D", "filters": 4, "kernel_size": 3}, 8]
    (problem,) = page.post("check", {"spec": {"data": "moons", "layers": blocks}})["problems"]
    says = (
        "It works on pictures; what comes to it here is a row of numbers. Take it out, or put it where pictures come."
    )
    assert problem["mend"] == {"says": says}


def test_a_picture_that_is_taken_as_it_is_goes_through_no_flatten(page: Page):
    told = page.post("check", {"spec": SPECS["convolutional"]})
    assert [(one["class"], one["output"]) for one in told["blocks"]][:3] == [
        ("Rescaling", [8, 8]), ("Reshape", [8, 8, 1]), ("Conv2D", [8, 8, 8]),
    ]  # fmt: skip
    assert told["blocks"][-1]["output"] == [10]
    assert told["parameters"] == 80 + 1168 + 257 * 32 + 33 * 10
