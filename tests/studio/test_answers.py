"""What the page asks, and is answered: schema, data, checks, runs, a trained network."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.actions.building import CAUSAL
from pellucid.activations.base import activations
from pellucid.layers.base import layers
from pellucid.losses.base import losses
from pellucid.optimizers.base import optimizers
from pellucid.registry import Family, arguments
from pellucid.studio import frames
from pellucid.studio.uploads import Uploads
from studio.conftest import PEOPLE, Page, train


@pytest.fixture(scope="module")
def digits(client: Any) -> str:
    return train(Page(client), {"data": "digits", "layers": [32], "epochs": 25})


@pytest.fixture(scope="module")
def people(client: Any) -> str:
    page = Page(client)
    data = page.upload("people.csv", PEOPLE)
    return train(page, {"data": data, "target": ["bought"], "layers": [8], "epochs": 20, "keep": ["age"]})


@pytest.fixture(scope="module")
def sine(client: Any) -> str:
    return train(Page(client), {"data": "sine", "layers": [8], "epochs": 30})


# The schema ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", [layers, losses, optimizers], ids=lambda family: family.plural)
def test_every_registered_part_appears_with_its_arguments(page: Page, family: Family[Any]):
    told = {part["class"]: part for part in page.get("schema")[family.plural]}
    assert family.parts.keys() <= told.keys()
    for name, cls in family.parts.items():
        part = told[name]
        assert part["help"], name
        assert {part["name"], name} == set(part["terms"])  # by which it is found
        shown = {argument["name"] for argument in part["arguments"]}
        assert shown <= {*arguments(cls), CAUSAL}, name  # which is the call's
        for argument in part["arguments"]:
            assert argument["required"] != ("default" in argument), (name, argument)
    names = [part["name"] for part in told.values()]
    assert len(names) == len(set(names))


def test_a_new_layer_appears_by_itself(page: Page, monkeypatch: pytest.MonkeyPatch):
    from pellucid.studio import schema as module

    class Halve(pellucid.layers.Layer):
        """Give half of what comes in. And more.

        rate: how much.
        """

        def __init__(self, rate: float = 0.5, **options: Any) -> None:
            super().__init__(**options)
            self.rate = rate

        def call(self, x: Any) -> Any:
            return x * self.rate

    monkeypatch.setitem(layers.parts, "Halve", Halve)
    monkeypatch.setitem(layers.names, "halve", Halve)
    module.schema_text.cache_clear()
    try:
        (halve,) = (part for part in page.get("schema")["layers"] if part["class"] == "Halve")
    finally:
        module.schema_text.cache_clear()
    assert (halve["help"], halve["in_palette"]) == ("Give half of what comes in.", True)
    (rate,) = (argument for argument in halve["arguments"] if argument["name"] == "rate")
    assert (rate["kind"], rate["default"], rate["help"]) == ("float", 0.5, "how much.")


def test_the_words_of_the_spec_are_those_of_the_families(page: Page):
    fields = {field["name"]: field for field in page.get("schema")["spec"]}
    assert fields["batch_size"]["minimum"] == 1
    assert fields["dropout"]["exclusive"] is True
    assert set(fields["activation"]["choices"]) <= set(activations.names)
    assert "one-cycle" in fields["schedule"]["choices"]
    assert {field["group"] for field in fields.values()} == {"data", "network", "training"}


def test_every_start_is_a_design_without_a_problem(page: Page):
    at_hand = {one["name"]: one["at_hand"] for one in page.get("schema")["datasets"]}
    for start in page.get("schema")["starts"]:
        if not at_hand[start["spec"]["data"]]:
            continue
        checked = page.post("check", {"spec": start["spec"]})
        assert checked["ok"], (start["id"], checked["problems"])


# Designs -------------------------------------------------------------------------------------------------------------


def test_shapes_parameters_and_memory_of_each_block(page: Page):
    inner = [{"class": "Dense", "units": 16, "activation": "relu"}, {"class": "Dropout", "rate": 0.2}]
    spec = {"data": "digits", "layers": [16, {"class": "Residual", "layers": inner}, {"class": "Dense", "units": 10}]}
    told = page.post(
        "check", {"spec": {**spec, "loss": {"class": "SparseCategoricalCrossentropy", "from_logits": True}}}
    )
    assert told["ok"], told["problems"]
    blocks = [(block["entry"], block["class"], block["output"], block["parameters"]) for block in told["blocks"]]
    assert blocks == [
        (None, "Flatten", [64], 0), (None, "Rescaling", [64], 0), ([0], "Dense", [16], 1040),
        ([1], "Residual", [16], 272), ([1, 0], "Dense", [16], 272), ([1, 1], "Dropout", [16], 0),
        ([2], "Dense", [10], 170),
    ]  # fmt: skip
    assert told["parameters"] == 1040 + 272 + 170
    assert told["expanded"][0] == {"class": "Dense", "units": 16, "activation": "relu"}


@pytest.mark.parametrize(
    ("blocks", "entry", "argument", "said"),
    [
        ([{"class": "Dense", "units": 0}], [0], "units", "a whole number at least 1"),
        ([8, {"class": "Dropout", "rate": 2.0}], [1], "rate", "at most 1"),
        ([8, {"class": "Dens", "units": 8}], [1], None, "Did you mean 'Dense'?"),
        ([8, {"class": "Reshape", "target_shape": [3, 5]}], [1], None, "fill the shape (3, 5)"),
        ([{"class": "Residual", "layers": [{"class": "Dense", "units": 9}]}], [0], None, "give back the shape"),
        ([{"class": "Residual", "layers": [{"class": "Dense", "units": -9}]}], [0, 0], "units", "at least 1"),
        ([8, {"class": "Dense", "units": 3, "activation": "softmax"}], None, None, "one per class"),
        ([10**9], None, None, "Use fewer units"),
        (
            [8, {"class": "Residual", "layers": [{"class": "Dense", "units": 10**11}, {"class": "Dense", "units": 8}]}],
            [1],
            None,
            "has memory",
        ),
    ],
)
def test_what_is_wrong_stands_on_its_block(page: Page, blocks: list[Any], entry: Any, argument: Any, said: str):
    told = page.post("check", {"spec": {"data": "digits", "layers": blocks}})
    assert not told["ok"]
    (problem,) = told["problems"]
    assert (problem["entry"], problem["argument"]) == (entry, argument), problem
    assert said in problem["error"]


def test_the_doctor_looks_at_a_design(page: Page):
    told = page.post("check", {"spec": {"data": "digits", "layers": [32], "scale": "none", "optimizer": "sgd"}})
    finding = next(one for one in told["findings"] if one["rule"] == "unscaled_inputs")
    mended = page.post("check", {"spec": {"data": "digits", "layers": [32], "optimizer": "sgd", **finding["change"]}})
    assert "unscaled_inputs" not in [one["rule"] for one in mended["findings"]]


@pytest.mark.parametrize(
    "spec",
    [
        {"data": "moons", "epochs": 2,
         "layers": [4, {"class": "Normalization", "mean": 0.5, "variance": 2.0}, {"class": "Dense", "units": 2}],
         "loss": {"class": "SparseCategoricalCrossentropy", "from_logits": True}},
        {"data": "moons", "layers": [8], "batch_norm": True, "l2": 0.01, "epochs": 3, "activation": "tanh"},
        {"data": "digits", "layers": [16, {"class": "Residual", "layers": [{"class": "Dense", "units": 16}]},
                                      {"class": "Dense", "units": 10, "activation": "softmax"}],
         "optimizer": {"class": "SGD", "momentum": 0.9}, "epochs": 2, "schedule": "one-cycle"},
    ],
)  # fmt: skip
def test_the_script_gives_the_same_numbers(page: Page, tmp_path: Path, spec: dict[str, Any]):
    run = train(page, spec)
    code = page.post("check", {"spec": spec})["code"]["python"]
    script = tmp_path / "train.py"
    script.write_text(f"{code}model.save({str(tmp_path / 'own.keras')!r})\n", "utf-8")
    subprocess.run([sys.executable, str(script)], check=True, capture_output=True, cwd=tmp_path)
    ours = pellucid.saving.load_model(Path("runs") / run / "model.keras").get_weights()
    theirs = pellucid.saving.load_model(tmp_path / "own.keras").get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_the_script_of_a_table_gives_the_same_numbers(page: Page, people: str, tmp_path: Path):
    spec = page.get(f"runs/{people}")["spec"]
    code = page.post("check", {"spec": spec})["code"]["python"]
    script = tmp_path / "train.py"
    script.write_text(f"{code}model.save({str(tmp_path / 'own.keras')!r})\n", "utf-8")
    subprocess.run([sys.executable, str(script)], check=True, capture_output=True)
    ours = pellucid.saving.load_model(Path("runs") / people / "model.keras").get_weights()
    theirs = pellucid.saving.load_model(tmp_path / "own.keras").get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_a_spec_as_text_and_as_a_command(page: Page):
    spec = {"data": "digits", "layers": [64, 32], "dropout": 0.2, "batch_norm": True}
    told = page.post("spec", {"spec": spec})
    assert told["command"] == "pellucid train digits --layers 64,32 --batch-norm --dropout 0.2"
    assert page.post("spec", {"toml": told["toml"]})["spec"] == spec


# Data ----------------------------------------------------------------------------------------------------------------


def test_a_table_is_described(page: Page):
    data = page.upload("people.csv", PEOPLE)
    told = page.post("data", {"spec": {"data": data, "target": ["bought"]}})
    assert (told["data"], told["kind"], told["classes"], told["rows"]) == ("people.csv", "table", ["no", "yes"], 120)
    columns = {column["name"]: column for column in told["columns"]}
    assert {name: column["role"] for name, column in columns.items()} == {
        "age": "input", "city": "input", "bought": "target",
    }  # fmt: skip
    assert columns["city"]["histogram"] == {"words": ["Bern", "Oslo", "Köln"], "counts": [40, 40, 40]}
    assert sum(columns["age"]["histogram"]["counts"]) == 120
    assert sum(told["parts"].values()) == 120
    asked = page.post("data", {"spec": {"data": data}})
    assert "a column that is plainly the one to predict" in asked["problem"]["error"]
    assert "'to be said'" in asked["problem"]["error"]
    assert "--" not in asked["problem"]["error"]
    assert [column["name"] for column in asked["columns"]] == ["age", "city", "bought"]


def test_own_points_and_pictures_are_data(page: Page):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    points = page.post("points", {"x": x.tolist(), "y": ["blue" if a > 0 else "red" for a, _ in x]})["data"]
    told = page.post("data", {"spec": {"data": points}})
    assert (told["kind"], told["classes"]) == ("points", ["blue", "red"])
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for kind in ("dark", "light"):
            for i in range(12):
                file.writestr(f"all/{kind}/{i}.png", picture(i + 200 * (kind == "light")))
    told = page.post("data", {"spec": {"data": page.upload("shades.zip", archive.getvalue())}})
    assert (told["kind"], told["classes"], told["shape"]) == ("images", ["dark", "light"], [6, 5])
    folder = page.client.post("/api/uploads", params={"folder": "shades"}).json()["data"]
    for kind in ("dark", "light"):
        for i in range(12):
            path = f"/api/uploads/{folder.removeprefix('upload:')}/{kind}/{i}.png"
            assert page.client.put(path, content=picture(i)).status_code == 204
    assert page.post("data", {"spec": {"data": folder}})["parts"]["train"] > 10


def test_what_a_run_is_made_of_can_still_be_read_where_it_was(tmp_path: Path):
    """A look at the data may be under way when the training is started."""
    uploads = Uploads(10_000, tmp_path / "runs" / "data")
    for name in ("book.txt", "shades"):
        _, path = uploads.begin(name)
        file = path
        if name == "shades":
            path.mkdir()
            file = path / "1.png"
        file.write_bytes(b"x")
        before = uploads.find(uploads.told(path))
        kept = uploads.kept(uploads.told(path))
        assert (kept, kept.is_dir()) == (tmp_path / "runs" / "data" / name, file != path)
        assert before.exists()
        assert [one.read_bytes() for one in (kept, *kept.rglob("*")) if one.is_file()] == [b"x"]
        assert uploads.find(uploads.told(path)) == uploads.kept(uploads.told(path)) == kept
    uploads.close()
    assert not before.exists()
    assert kept.exists()


def picture(grey: int) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new("L", (5, 6), grey).save(file, "PNG")
    return file.getvalue()


# Runs ----------------------------------------------------------------------------------------------------------------


def test_a_run_is_told_of_renamed_compared_and_deleted(page: Page, digits: str):
    copy = train(page, {"data": "digits", "layers": [8], "epochs": 2})
    told = page.get(f"runs/{copy}")
    assert told["state"] == "done"
    assert told["metrics"]["parameters"] == told["parameters"] == 610
    assert told["input"] == {**told["input"], "kind": "picture", "shape": [8, 8]}
    compared = page.get("compare", params={"runs": f"{digits},{copy}"})
    assert {one["field"]: one["values"] for one in compared["differ"]} == {"layers": [[32], [8]], "epochs": [25, 2]}
    assert page.client.patch(f"/api/runs/{copy}", json={"id": "small"}).json()["id"] == "small"
    assert page.client.patch("/api/runs/small", json={"id": "../small"}).status_code == 422
    assert "small" in [run["id"] for run in page.get("runs")["runs"]]
    assert page.client.delete("/api/runs/small").status_code == 204
    assert page.client.get("/api/runs/small").status_code == 404
    assert not (Path("runs") / "small").exists()


def test_the_curve_of_a_run_at_rest_is_that_of_its_history(page: Page, digits: str):
    rows = page.get(f"runs/{digits}/curve")["rows"]
    history = np.genfromtxt(Path("runs") / digits / "history.csv", delimiter=",", names=True)
    held = [row[4] for row in rows if row[4] is not None]
    assert held[-1] == pytest.approx(history["val_loss"][-1])
    assert page.get(f"runs/{digits}/curve", params={"points": 4})["rows"][-1] == rows[-1]


def test_results_have_every_row_and_examples_of_a_cell(page: Page, digits: str):
    told = page.get(f"runs/{digits}/results")
    matrix = np.array(told["matrix"])
    assert matrix.sum() == told["samples"] == 360
    assert matrix.trace() / 360 == pytest.approx(told["accuracy"])
    assert len(told["worst"]) == min(24, 360 - matrix.trace())
    losses = [one["loss"] for one in told["worst"]]
    assert losses == sorted(losses, reverse=True)
    i, j = np.argwhere(matrix * (1 - np.eye(10)) > 0)[0].tolist()
    examples = page.get(f"runs/{digits}/results/cell", params={"true": i, "said": j})["examples"]
    assert len(examples) == matrix[i, j]
    assert {(one["true"], one["said"]) for one in examples} == {(str(i), str(j))}


def test_an_answer_has_that_of_every_layer(page: Page, digits: str):
    told = page.post(f"runs/{digits}/predict", {"sample": 5})
    model = pellucid.saving.load_model(Path("runs") / digits / "model.keras")
    x = np.array(told["seen"])[None]
    assert [one["value"] for one in told["outputs"]] == pytest.approx(model.predict(x, verbose=0)[0].tolist(), abs=1e-6)
    assert told["said"] == str(np.argmax([one["value"] for one in told["outputs"]]))
    assert [(one["name"], one["shape"]) for one in told["layers"]] == [
        ("flatten", [64]), ("rescaling", [64]), ("dense", [32]), ("dense_1", [10]),
    ]  # fmt: skip
    assert told["layers"][1]["values"] == pytest.approx((x.reshape(-1) / 16).tolist())


def test_a_drawing_is_brought_to_where_the_pictures_have_theirs(page: Page, digits: str):
    x, y = pellucid.datasets.digits.load_data(seed=0)[1]
    right = 0
    for i in range(40):
        large = np.zeros((200, 200))
        large[30:94, 100:164] = np.kron(x[i] / 16, np.ones((8, 8)))  # small, in a corner
        right += page.post(f"runs/{digits}/predict", {"drawing": large.tolist()})["said"] == str(y[i])
    assert right >= 34


def test_a_row_is_answered_with_what_the_answer_rests_on(page: Page, people: str):
    told = page.post(f"runs/{people}/predict", {"row": {"age": 60, "city": "Bern"}})
    assert told["outputs"][0]["value"] + told["outputs"][1]["value"] == pytest.approx(1)
    assert told["why"][0]["input"] == "age"
    assert sum(abs(one["share"]) for one in told["why"]) == pytest.approx(1)
    told = page.post(f"runs/{people}/predict", {"row": {"age": None}})
    assert told["said"] in ("yes", "no")
    answer = page.client.post(f"/api/runs/{people}/predict", json={"row": {"age": "old"}})
    assert answer.status_code == 422
    assert "age" in answer.json()["error"]


def test_numbers_are_told_in_their_own_units(page: Page, sine: str):
    told = page.post(f"runs/{sine}/predict", {"x": [0.5]})
    model = pellucid.saving.load_model(Path("runs") / sine / "model.keras")
    assert told["outputs"][0]["value"] == pytest.approx(
        float(model.predict(np.array([[0.5]]), verbose=0)[0, 0]), abs=1e-6
    )
    results = page.get(f"runs/{sine}/results")
    assert len(results["points"]) == results["samples"] == 80


def test_a_sample_is_explained_and_a_number_asked_for(page: Page, digits: str):
    told = page.post(f"runs/{digits}/explain", {"sample": 3})
    assert {step["phase"] for step in told["steps"]} == {"forward", "loss", "backward", "update"}
    assert told["true"] is not None
    backward = next(step for step in told["steps"] if (step["phase"], step["name"]) == ("backward", "dense_1"))
    dW = np.array(backward["outputs"]["dW"]["values"]).reshape(backward["outputs"]["dW"]["shape"])
    why = page.post(f"runs/{digits}/why", {"key": told["key"], "name": "dense_1/kernel", "index": [2, 7]})
    assert why["value"] == pytest.approx(dW[2, 7])
    assert why["sum"] == pytest.approx(why["value"])
    piece = page.get(
        f"runs/{digits}/explain/{told['key']}/array", params={"step": 0, "letter": "y", "from": 3, "to": 9}
    )
    assert len(piece["values"]) == 6


def test_pictures_of_a_run_at_rest(page: Page, digits: str, sine: str):
    answer = page.client.get(f"/api/runs/{digits}/picture/weights")
    header, arrays = frames.unpacked(answer.content)
    assert (header["layer"], header["run"], arrays["weights"].shape) == ("dense", digits, (32, 8, 8))
    model = pellucid.saving.load_model(Path("runs") / digits / "model.keras")
    assert np.array_equal(arrays["weights"].reshape(32, 64), model.get_layer("dense").get_weights()[0].T)
    small = frames.unpacked(page.client.get(f"/api/runs/{digits}/picture/weights?small=true").content)[1]["weights"]
    assert small.dtype == np.int8
    np.testing.assert_allclose(small * (header["scale"] / 127), arrays["weights"], atol=header["scale"] / 250)
    header, arrays = frames.unpacked(page.client.get(f"/api/runs/{sine}/picture/boundary").content)
    assert arrays["outputs"].shape == (200, 1)
    header, _ = frames.unpacked(page.client.get(f"/api/runs/{digits}/picture/boundary").content)
    assert "rows of columns" in header["problem"]["error"]


@pytest.mark.parametrize("form", ["keras", "onnx", "numpy", "c", "safetensors", "report", "spec", "python"])
def test_files_to_take_out(page: Page, digits: str, form: str, tmp_path: Path):
    answer = page.client.get(f"/api/runs/{digits}/download/{form}")
    assert answer.status_code == 200, answer.text
    assert f'filename="{digits}' in answer.headers["content-disposition"]
    if form == "keras":
        (tmp_path / "m.keras").write_bytes(answer.content)
        ours = pellucid.saving.load_model(Path("runs") / digits / "model.keras").get_weights()
        found = pellucid.saving.load_model(tmp_path / "m.keras").get_weights()
        assert all(np.array_equal(a, b) for a, b in zip(ours, found, strict=True))
    elif form in ("python", "numpy", "c", "report", "spec"):
        assert len(answer.text) > 100
    assert page.client.get(f"/api/runs/{digits}/download/exe").status_code == 422


def test_a_zip_restores_a_session(page: Page, people: str):
    content = page.client.get(f"/api/runs/{people}/download/zip").content
    told = page.client.post("/api/runs", params={"name": "again.zip"}, content=content).json()
    assert (told["id"], told["state"]) == ("again", "done")
    ask = {"row": {"age": 33, "city": "Oslo"}}
    assert page.post("runs/again/predict", ask)["outputs"] == page.post(f"runs/{people}/predict", ask)["outputs"]


def test_predictions_for_a_file(page: Page, people: str):
    data = page.upload("others.csv", "age,city\n30,Bern\n60,Oslo\n")
    answer = page.client.post(f"/api/runs/{people}/predictions", json={"data": data})
    lines = answer.text.splitlines()
    assert lines[0] == "row,class,probability_no,probability_yes"
    assert len(lines) == 3


# The law for every block ---------------------------------------------------------------------------------------------

GIVEN = {
    "units": 4, "rate": 0.2, "stddev": 0.1, "n": 3, "dims": [1], "target_shape": [2, 2], "activation": "tanh",
    "scale": 0.5, "equation": "ab,bc->ac", "output_shape": [5], "filters": 2, "kernel_size": 2, "output_size": 2,
    "sequence_length": 16, "num_heads": 2, "key_dim": 3, "head_dim": 3, "num_query_heads": 2, "num_key_value_heads": 1,
    "factor": 0.1, "height": 2, "width": 2, "height_factor": 0.1, "width_factor": 0.1,
}  # fmt: skip
OF_STEPS, OF_PICTURES, OF_VOLUMES = (16, 4), (8, 8, 3), (4, 4, 4, 1)


def shape_for(name: str, group: str) -> tuple[int, ...] | None:
    """Of a sample, where the block wants more than a row of numbers."""
    if found := re.search("([123])D", name):
        shape = (OF_STEPS, OF_PICTURES, OF_VOLUMES)[int(found[1]) - 1]
        return (2, *shape) if name.startswith("ConvLSTM") else shape
    return OF_PICTURES if group == "pictures" else OF_STEPS if group == "sequences" else None


def test_every_block_of_the_palette_makes_a_design_and_a_script(page: Page):
    known = {part["class"]: part for part in page.get("schema")["layers"] if part["in_palette"] and not part["holds"]}
    assert len(known) > 20
    for name, part in known.items():
        block = {"class": name, **{a["name"]: GIVEN[a["name"]] for a in part["arguments"] if a["required"]}}
        last = {"class": "Dense", "units": 2, "activation": "softmax"}
        block |= {"groups": 2} if name == "GroupNormalization" else {}
        block |= {"factor": 4} if name == "RandomPosterization" else {}
        shape = shape_for(name, part["group"])
        front = [prod(shape), {"class": "Reshape", "target_shape": list(shape)}] if shape else [4]
        spec = {"data": "moons", "layers": [*front, block, {"class": "Flatten"}, last]}
        told = page.post("check", {"spec": spec})
        assert told["ok"], (name, told["problems"])
        assert told["expanded"][len(front)] == block
        compile(told["code"]["python"], name, "exec")
        assert f"{name}(" in told["code"]["python"], name
