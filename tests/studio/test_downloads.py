"""What is taken out of a run says, in the program that it is for, what the page says: of data of every kind."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pellucid.studio.answering import at_length
from pellucid.web.refused import Refused
from studio.conftest import PEOPLE, Page, train
from studio.test_windows import motion

ALONE = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
COMPILER = shutil.which("gcc") or shutil.which("clang") or shutil.which("cc")
LEVELS = "level\n" + "".join(f"{1000 + 300 * np.sin(t / 3):.3f}\n" for t in range(150))
PRICES = "rooms,kind,price\n" + "".join(
    f"{i % 6},{['flat', 'house'][i % 2]},{9000 + 1000 * (i % 6) + 3000 * (i % 2) + i}\n" for i in range(90)
)
KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "points": ("", "", {"data": "moons", "layers": [6]}),
    "table": ("people.csv", PEOPLE, {"target": ["bought"], "layers": [6]}),
    "windows": ("motion.csv", motion(), {"target": ["does"], "window": 16, "group_by": "who"}),
    "forecast": ("levels.csv", LEVELS, {"target": ["level"], "window": 8}),
    "text": ("book.txt", "the cat sat on the mat; the dog ate the hat. " * 60, {"layers": [8], "window": 16}),
}


@pytest.fixture(scope="module", params=KINDS)
def asked(request: pytest.FixtureRequest, client: Any) -> SimpleNamespace:
    """A run of this kind; what it was asked, and what the page was told."""
    page, (name, content, spec) = Page(client), KINDS[request.param]
    data = {"data": page.upload(name, content)} if name else {}
    run = train(page, {**data, **spec, "epochs": 2})
    question = {"text": "the cat sat on the mat"} if request.param == "text" else {"sample": 3}
    answer = page.post(f"runs/{run}/predict", question)
    shape = page.get(f"runs/{run}")["input"]["shape"]
    x = np.reshape(answer["x"], (1, *shape)) if len(answer["x"]) == np.prod(shape) else np.array([answer["x"]])
    y = [one["value"] for one in answer["outputs"]]
    return SimpleNamespace(page=page, run=run, kind=request.param, x=x, y=y, row=answer["row"])


def agrees(y: Any, asked: SimpleNamespace) -> None:
    found = np.asarray(y, "float64").reshape(-1, len(asked.y))[-1]  # of a text, at the last place
    np.testing.assert_allclose(found, asked.y, rtol=2e-4, atol=1e-5)


def taken(asked: SimpleNamespace, form: str, folder: Path) -> Path:
    """The file that this form is about, alone or with what goes with it."""
    reply = asked.page.client.get(f"/api/runs/{asked.run}/download/{form}")
    assert reply.status_code == 200, reply.text
    name = reply.headers["content-disposition"].split('"')[1]
    if not name.endswith(".zip"):
        (folder / name).write_bytes(reply.content)
        return folder / name
    zipfile.ZipFile(io.BytesIO(reply.content)).extractall(folder)
    return next(file for file in folder.iterdir() if file.suffix in (".py", ".onnx", ".c"))


def called(*command: Any, **options: Any) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.long
def test_the_numpy_script(asked: SimpleNamespace, tmp_path: Path):
    script = taken(asked, "numpy", tmp_path)
    np.savez(tmp_path / "data.npz", x=asked.x)
    told = called(sys.executable, script.name, "data.npz", cwd=tmp_path, env=ALONE)
    agrees([float(word) for word in told.replace("\n", ",").strip(",").split(",")], asked)


@pytest.mark.long
def test_onnx(asked: SimpleNamespace, tmp_path: Path):
    runtime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    session = runtime.InferenceSession(str(taken(asked, "onnx", tmp_path)), providers=["CPUExecutionProvider"])
    given = {one.name: asked.x.astype("float32") for one in session.get_inputs()}
    if asked.kind == "table":
        kinds = {"tensor(double)": "float64", "tensor(string)": "object"}
        given = {one.name: np.array([[asked.row[one.name]]], kinds[one.type]) for one in session.get_inputs()}
    agrees(session.run(None, given)[0], asked)


@pytest.mark.long
@pytest.mark.skipif(COMPILER is None, reason="needs a C compiler (gcc, clang or cc)")
def test_c(asked: SimpleNamespace, tmp_path: Path):
    file, program = taken(asked, "c", tmp_path), tmp_path / "network"
    called(COMPILER, "-std=c99", "-Wall", "-Wextra", "-Werror", "-DPELLUCID_MAIN", file, "-lm", "-o", program)
    rows = ",".join(map(str, asked.x.ravel())) + "\n"
    if asked.kind == "table":
        rows = ",".join(asked.row) + "\n" + ",".join(map(str, asked.row.values())) + "\n"
    agrees([float(word) for word in called(program, input=rows).replace("\n", ",").strip(",").split(",")], asked)


@pytest.mark.long
def test_pytorch(asked: SimpleNamespace, tmp_path: Path):
    for name in ("torch", "safetensors"):
        pytest.importorskip(name, reason=f"{name} is not installed")
    if asked.kind == "table":
        pytest.skip("rows of a table are taken out as ONNX")
    taken(asked, "torch", tmp_path)
    np.save(tmp_path / "x.npy", asked.x.astype("int64" if asked.kind == "text" else "float32"))
    script = (
        "import numpy as np, torch, model\n"
        "np.save('y.npy', model.load()(torch.from_numpy(np.load('x.npy'))).detach().numpy())\n"
    )
    called(sys.executable, "-c", script, cwd=tmp_path, env=ALONE)
    agrees(np.load(tmp_path / "y.npy"), asked)


def test_a_form_that_a_table_has_not_is_refused_in_words_of_the_page(page: Page):
    run = train(page, {"data": page.upload("people.csv", PEOPLE), "target": ["bought"], "layers": [2], "epochs": 1})
    reply = page.client.get(f"/api/runs/{run}/download/torch")
    assert reply.status_code == 422
    assert reply.json()["fix"].startswith("Take it out in another form")
    assert "--" not in reply.json()["error"]


def test_large_numbers_are_told_without_powers_of_ten(page: Page):
    spec = {"data": page.upload("prices.csv", PRICES), "target": ["price"], "layers": [4], "epochs": 1}
    run = train(page, spec)
    answer = page.post(f"runs/{run}/predict", {"sample": 0})
    (worst, *_) = page.get(f"runs/{run}/results")["worst"]
    for told in (answer["said"], answer["true"], worst["true"], worst["said"]):
        assert told == f"{float(told.replace(',', '')):,.0f}"
    assert answer["said"] == f"{answer['outputs'][0]['value']:,.0f}"


def test_the_end_of_the_studio_does_not_wait_for_what_takes_long():
    goes_on, waited = threading.Event(), []
    late = threading.Timer(10, goes_on.set)  # so that a test that fails ends

    async def ends() -> None:
        task = asyncio.create_task(at_length(lambda: waited.append(goes_on.wait())))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(Refused, match="being closed"):
            await task

    late.start()
    asyncio.run(ends())
    assert waited == []
    late.cancel()
    goes_on.set()
