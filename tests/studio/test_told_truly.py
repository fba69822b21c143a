"""What the page is told of networks of tables, numbers, points and pictures, where it is easily told wrongly."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.actions.data import prepare
from pellucid.actions.serve import opened
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import train as train_by_hand
from pellucid.studio import frames
from pellucid.studio.pictures import Scene
from pellucid.studio.plane import own_units, telling
from pellucid.studio.predicting import inputs_of
from studio.conftest import Page, train

ROWS = "age,income,member,city,bought\n" + "".join(
    f"{20 + i % 50}.{i},{(7 * i) % 90},{i % 3 == 0},{['Bern', 'Oslo', 'Köln'][i % 3]},{['yes', 'no'][i % 50 > 24]}\n"
    for i in range(120)
)


@pytest.fixture(scope="module")
def table(client: Any) -> str:
    """A run of a table, with the layers that tables get in front: waves of each number, made of ops."""
    page = Page(client)
    spec = {"data": page.upload("people.csv", ROWS), "target": ["bought"], "layers": [8], "epochs": 2}
    return train(page, spec)


@pytest.fixture(scope="module")
def sine(folder: Path, client: Any) -> str:
    """A run of numbers, made as the command line makes it."""
    train_by_hand(TrainSpec.of({"data": "sine", "layers": [8], "epochs": 3}), out=Path("runs") / "wave")
    return "wave"


def test_the_line_that_it_draws_lies_over_two_columns_that_say_how_much(page: Page, table: str):
    inputs = page.get(f"runs/{table}")["input"]["inputs"]
    assert inputs == ["age", "income", "member", "city: Bern", "city: Köln", "city: Oslo"]
    header, arrays = frames.unpacked(page.client.get(f"/api/runs/{table}/picture/boundary").content)
    assert "problem" not in header
    assert [inputs[i] for i in header["columns"]] == ["age", "income"]
    assert arrays["outputs"].shape == (100, 100, 2)
    assert header["hidden"] == ["periodic_embedding/waves", "periodic_embedding/mixed", "dense"]


def test_the_plane_is_that_of_the_numbers_that_go_along_with_the_answer_in_their_own_units(tmp_path: Path):
    chance, path = np.random.default_rng(0), tmp_path / "days.csv"
    lines = ["day,noise,some,most,answer"]
    for i in range(200):
        noise, some = chance.normal(size=2)
        answer = "high" if i % 80 > 40 + 12 * some else "low"
        lines.append(f"2020-{1 + i % 12:02}-{1 + i % 28:02},{noise:.3f},{some:.3f},{i % 80},{answer}")
    path.write_text("\n".join(lines), "utf-8")
    data = prepare(TrainSpec(data=str(path), target=["answer"]))
    places = telling(data)
    assert [inputs_of(Scene(None, data))[place] for place in places] == ["some", "most"]
    column = data.x_train[:, places[1]]
    assert own_units(data, places[1], [column.min(), column.max()]) == pytest.approx([0, 79], abs=1)
    assert own_units(data, 0, [0.0]) is None  # a part of the date


def test_every_layer_answers_once_and_weights_alone_do_not(page: Page, table: str):
    told = page.post(f"runs/{table}/predict", {"sample": 3})["layers"]
    assert [layer["name"] for layer in told] == [
        "periodic_embedding/waves", "periodic_embedding/mixed", "periodic_embedding/flatten",
        "periodic_embedding/concatenate", "dense", "dropout", "dense_1",
    ]  # fmt: skip
    assert [layer["shape"] for layer in told][-2:] == [[8], [2]]


def test_a_held_back_row_comes_with_its_cells_which_give_the_same_answer(page: Page, table: str):
    told = page.post(f"runs/{table}/predict", {"sample": 3})
    assert told["row"].keys() == {"age", "income", "member", "city"}
    assert told["row"]["member"] in ("True", "False")
    assert page.post(f"runs/{table}/predict", {"row": told["row"]})["outputs"] == told["outputs"]
    columns = {one["name"]: one for one in page.get(f"runs/{table}")["input"]["columns"]}
    assert columns["member"]["levels"] == ["True", "False"]


def test_a_form_offers_the_words_for_yes_and_no_that_the_table_has(page: Page):
    rows = "".join(f"{['yes', *4 * ['no']][i % 5] if i % 4 else '-'},{i % 40},{'ab'[i % 3 > 0]}\n" for i in range(120))
    run = train(page, {"data": page.upload("hairs.csv", f"hairs,x,kind\n{rows}"), "target": ["kind"], "epochs": 1})
    told = page.get(f"runs/{run}")["input"]
    assert {one["name"]: one["levels"] for one in told["columns"]}["hairs"] == ["yes", "no"]
    assert told["example"]["hairs"] == "no"  # as in most rows
    for sample in range(8):
        row = page.post(f"runs/{run}/predict", {"sample": sample})["row"]
        assert row["hairs"] == (None if int(row["x"]) % 4 == 0 else "no" if int(row["x"]) % 5 else "yes")


def test_rows_that_a_neuron_answers_to_are_told_by_their_cells(page: Page, table: str):
    reply = page.client.get(f"/api/runs/{table}/picture/neuron", params={"layer": "dense", "unit": 1})
    header, arrays = frames.unpacked(reply.content)
    (row, *_), (cells, *_) = arrays["strongest"], header["cells"]
    known = page.post(f"runs/{table}/predict", {"sample": int(row)})
    assert cells == known["row"]
    layer = next(layer for layer in known["layers"] if layer["name"] == "dense")
    assert layer["values"][1] == pytest.approx(float(arrays["outputs"][0]), abs=1e-5)


def test_a_design_is_told_what_its_data_take_where_nothing_is_set(page: Page):
    table = {"data": page.upload("people.csv", ROWS), "target": ["bought"], "layers": [8]}
    told = page.post("check", {"spec": table})["usual"]
    assert (told["dropout"], told["batch_size"], told["patience"]) == (0.1, 64, 20)
    assert "layers" not in told
    told = page.post("check", {"spec": {"data": "digits", "batch_size": 8}})["usual"]
    assert told["dropout"] == 0
    assert "batch_size" not in told


def test_a_run_of_numbers_is_told_as_such_with_the_metric_that_its_curve_has(page: Page, sine: str):
    told = page.get(f"runs/{sine}")
    assert (told["task"], told["watched"], told["metric"]["name"]) == ("regression", "mae", "r2")
    (listed,) = [run for run in page.get("runs")["runs"] if run["id"] == sine]
    assert listed["task"] == "regression"


def test_points_of_ones_own_are_told_with_the_names_of_their_classes(page: Page):
    chance = np.random.default_rng(0).normal(size=(60, 2)).round(3)
    names = ["blue" if x < 0 else "orange" for x in chance[:, 0]]
    data = page.post("points", {"x": chance.tolist(), "y": names})["data"]
    sample = page.post("data", {"spec": {"data": data}})["sample"]
    assert all(name == ("blue" if x[0] < 0 else "orange") for x, name in zip(sample["x"], sample["y"], strict=True))


def test_what_is_gone_or_lies_elsewhere_is_told_with_what_to_do(page: Page, tmp_path: Path):
    answer = page.client.get("/api/runs/no-such")
    assert answer.status_code == 404
    assert answer.json()["error"] == (
        "run no-such: expected the name of a run that is there, got one of none. "
        "It may have been deleted or renamed since."
    )
    (tmp_path / "other.csv").write_text(ROWS, "utf-8")
    answer = page.client.post("/api/check", json={"spec": {"data": os.fspath(tmp_path / "other.csv")}})
    assert "Bring the file on the screen Data" in answer.text


def test_pictures_in_colour_have_weights_that_are_pictures(page: Page):
    pytest.importorskip("PIL", reason="Pillow reads pictures")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for i in range(40):
            picture = np.zeros((6, 5, 3), "uint8")
            picture[:, i % 5, i % 3] = 200
            picture[i % 6, :, 0] = 100 + 100 * (i % 2)
            archive.writestr(f"shapes/{'ab'[i % 2]}/{i}.png", png(picture))
    run = train(page, {"data": page.upload("shapes.zip", content.getvalue()), "layers": [7], "epochs": 2})
    kernel = pellucid.saving.load_model(Path("runs") / run / "model.keras").get_layer("dense").get_weights()[0]
    wanted = kernel.T.reshape(7, 6, 5, 3).mean(axis=-1)
    _, arrays = frames.unpacked(page.client.get(f"/api/runs/{run}/picture/weights").content)
    np.testing.assert_allclose(arrays["weights"], wanted, rtol=1e-5, atol=1e-7)
    _, arrays = frames.unpacked(page.client.get(f"/api/runs/{run}/picture/neuron?unit=3").content)
    np.testing.assert_allclose(arrays["weights"], wanted[3], rtol=1e-5, atol=1e-7)
    assert arrays["pictures"].shape[1:] == (6, 5, 3)


def png(picture: np.ndarray) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


MESSY = "plant;height;alive\n" + "".join(
    f"{'Rose' if i % 2 else 'Tulpe'};{'ca. 40' if i in (7, 90) else '12,5.' if i == 30 else f'{20 + i},5'};"
    f"{'yes' if i % 31 > 15 else 'no'}\n"
    for i in range(200)
)


def test_a_form_is_filled_as_the_columns_are_written(page: Page):
    """1.524 is another number where a comma stands before decimals; other programs get numbers."""
    rows = "height;alive\n" + "".join(f"{20 + i},5;{'yes' if i > 60 else 'no'}\n" for i in range(120))
    run = train(page, {"data": page.upload("Heights.csv", rows), "target": ["alive"], "epochs": 2})
    told = page.get(f"runs/{run}")["input"]["example"]["height"]
    number = opened(Path("runs") / run).example["height"]
    assert told == f"{number:g}".replace(".", ",")
    assert 70 < number < 90
    answers = [page.post(f"runs/{run}/predict", {"row": {"height": cell}})["outputs"] for cell in (told, number)]
    assert answers[0] == answers[1]


def test_numbers_are_told_with_the_decimal_mark_of_their_table(page: Page, table: str):
    """To a shop owner whose table says 1.922,49 an answer of 2,004 is two."""
    rows = "".join(f"{i % 30},5;{1 + i % 5}.{i % 30:03},{i % 10}0\n" for i in range(120))
    spec = {"data": page.upload("shop.csv", "warm;sold\n" + rows), "target": ["sold"], "layers": [4], "epochs": 1}
    run = train(page, spec)
    told = [page.get(f"runs/{name}") for name in (run, table)]
    assert [(one["decimal"], one["scaled"]) for one in told] == [(",", True), (".", False)]
    answer = page.post(f"runs/{run}/predict", {"sample": 0})
    (output,) = answer["outputs"]
    assert (output["name"], answer["said"]) == ("sold", f"{output['value']:,.0f}".replace(",", "."))
    assert answer["said"].count(".") == 1
    (worst, *_) = page.get(f"runs/{run}/results")["worst"]
    assert (
        f"{round(float(worst['cells']['sold'].replace('.', '').replace(',', '.'))):,}".replace(",", ".")
        == worst["true"]
    )


def test_forecasts_are_told_with_the_decimal_mark_of_their_table(page: Page):
    rows = "".join(f"{i % 30},5;{1 + i % 5}.{i % 30:03},{i % 10}0\n" for i in range(120))
    spec = {"data": page.upload("week.csv", "warm;sold\n" + rows), "target": ["sold"], "window": 7, "layers": [4]}
    assert page.post("data", {"spec": spec})["decimal"] == ","
    run = train(page, {**spec, "epochs": 1})
    assert page.get(f"runs/{run}")["decimal"] == ","
    answer = page.post(f"runs/{run}/predict", {"sample": 0})
    assert answer["said"] == f"{answer['outputs'][0]['value']:,.0f}".replace(",", ".")
    assert answer["true"].count(".") == 1


def test_cells_that_are_no_numbers_can_be_left_empty_in_a_copy(page: Page):
    spec = {"data": page.upload("Plants 2026.csv", MESSY), "target": ["alive"]}
    refused = page.client.post("/api/data", json={"spec": spec})
    assert refused.status_code == 422
    assert "line 9, column 'height'" in refused.json()["error"]
    assert refused.json()["emptied"] is True
    copy = page.post("data/emptied", {"spec": spec})
    assert copy["count"] == 3
    assert copy["cells"][0] == "Plants 2026.csv, line 9, column 'height': ca. 40"
    assert copy["data"].endswith("/Plants 2026 emptied.csv")
    told = page.post("data", {"spec": {**spec, "data": copy["data"]}})
    height = next(column for column in told["columns"] if column["name"] == "height")
    assert (height["kind"], height["missing"]) == ("number", 3)
    assert told["rows"] == 200


def test_only_what_a_copy_would_mend_is_offered_one(page: Page):
    spec = {"data": page.upload("short.csv", "a,b\n1,2\n3\n")}
    assert "emptied" not in page.client.post("/api/data", json={"spec": spec}).json()


def test_a_single_picture_is_told_how_pictures_are_brought(page: Page):
    refused = page.client.post("/api/uploads", params={"name": "cat.jpg"}, content=b"\xff\xd8\xff")
    assert refused.status_code == 422
    assert "a folder for each kind" in refused.json()["error"]
    assert "a single picture" in refused.json()["error"]


def test_null_in_a_block_is_what_nobody_has_set(page: Page):
    block = {"class": "Dense", "units": 8, "activation": None, "kernel_regularizer": None}
    told = page.post("check", {"spec": {"data": "moons", "layers": [block, 2]}})
    assert told["ok"], told["problems"]
    assert told["blocks"][0]["activation"] in (None, "linear")
