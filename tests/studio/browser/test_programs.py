"""What is taken out through the page runs in the program that it is for, and says there what the network says here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import warnings
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import pellucid
from studio.browser.hands import PATIENCE, Hands
from studio.browser.opening import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.long

FORMS = ("NumPy script", "Python", ".keras", "ONNX", "C", "safetensors", "PyTorch", "Report", "Spec", "Everything")
RUN = "digits-1"
COMPILER = shutil.which("gcc") or shutil.which("clang") or shutil.which("cc")
ALONE = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


@pytest.fixture(scope="module")
def taken(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Each file of a run of the page, by the word that was pressed for it; some pictures, and the answers to them."""
    folder = tmp_path_factory.mktemp("studio")
    with serving(folder) as link:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
        context.set_default_timeout(PATIENCE)
        hands = Hands(context, link)
        hands.skip_guide()
        hands.go("Network")
        hands.set("Rounds (epochs)", "5")
        hands.page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()
        hands.state("done", RUN)
        hands.go("Runs")
        hands.page.get_by_role("article", name=RUN).get_by_role("button", name="Take out").click()
        files = {}
        for form in FORMS:
            button = hands.page.get_by_role("dialog").get_by_role("button", name=re.compile(f"^{re.escape(form)} "))
            with hands.page.expect_download() as download:
                button.click()
            files[form] = tmp_path_factory.mktemp("taken") / download.value.suggested_filename
            download.value.save_as(files[form])
        assert hands.troubles == []
        context.close()
    model = pellucid.saving.load_model(folder / "runs" / RUN / "model.keras")
    x = pellucid.datasets.digits.load_data(seed=0)[1][0].astype("float32")
    return SimpleNamespace(files=files, folder=folder, model=model, x=x, y=model.predict(x, verbose=0))


def agrees(y: Any, taken: SimpleNamespace) -> None:
    np.testing.assert_allclose(np.asarray(y).reshape(taken.y.shape), taken.y, rtol=1e-4, atol=1e-5)


def called(*command: Any, **options: Any) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def unpacked(file: Path, folder: Path) -> Path:
    assert zipfile.is_zipfile(file)
    zipfile.ZipFile(file).extractall(folder)
    return folder


def test_the_numpy_script_answers_without_pellucid(taken: SimpleNamespace, tmp_path: Path) -> None:
    unpacked(taken.files["NumPy script"], tmp_path)
    np.savez(tmp_path / "data.npz", x=taken.x)
    told = called(sys.executable, "network.py", "data.npz", cwd=tmp_path, env=ALONE)
    agrees(np.loadtxt(told.splitlines(), delimiter=","), taken)


def test_the_python_script_trains_the_same_network(taken: SimpleNamespace, tmp_path: Path) -> None:
    told = called(sys.executable, taken.files["Python"], cwd=tmp_path)
    metrics = json.loads((taken.folder / "runs" / RUN / "metrics.json").read_text("utf-8"))
    last = dict(re.findall(r"'(\w+)': ([\d.e-]+)", told.splitlines()[-1]))
    assert float(last["accuracy"]) == pytest.approx(metrics["accuracy"])
    assert float(last["loss"]) == pytest.approx(metrics["loss"], rel=1e-5)


@pytest.mark.filterwarnings("ignore")  # Keras's own
def test_the_keras_file_opens_in_keras(taken: SimpleNamespace) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keras = pytest.importorskip("keras", reason="Keras is not installed")
    agrees(keras.models.load_model(taken.files[".keras"]).predict(taken.x, verbose=0), taken)


def test_the_onnx_file_is_sound_and_runs_in_onnx_runtime(taken: SimpleNamespace) -> None:
    onnx = pytest.importorskip("onnx", reason="ONNX is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    onnx.checker.check_model(onnx.load(taken.files["ONNX"]), full_check=True)
    session = runtime.InferenceSession(str(taken.files["ONNX"]), providers=["CPUExecutionProvider"])
    (asked,) = session.get_inputs()
    agrees(session.run(None, {asked.name: taken.x})[0], taken)


@pytest.mark.skipif(COMPILER is None, reason="needs a C compiler (gcc, clang or cc)")
def test_the_file_of_c_is_compiled_as_it_says_and_runs(taken: SimpleNamespace, tmp_path: Path) -> None:
    file, program = taken.files["C"], tmp_path / "network"
    called(COMPILER, "-std=c99", "-Wall", "-Wextra", "-Werror", "-DPELLUCID_MAIN", file, "-lm", "-o", program)
    rows = "".join(",".join(map(str, row.ravel())) + "\n" for row in taken.x)
    agrees(np.loadtxt(called(program, input=rows).splitlines(), delimiter=","), taken)


def test_the_safetensors_hold_the_weights(taken: SimpleNamespace) -> None:
    read = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed").load_file
    found = read(taken.files["safetensors"])
    h = np.maximum(taken.x.reshape(-1, 64) / 16 @ found["dense.weight"].T + found["dense.bias"], 0.0)
    z = h @ found["dense_1.weight"].T + found["dense_1.bias"]
    e = np.exp(z - z.max(1, keepdims=True))
    agrees(e / e.sum(1, keepdims=True), taken)


def test_the_module_of_pytorch_answers_in_pytorch(taken: SimpleNamespace, tmp_path: Path) -> None:
    for name in ("torch", "safetensors"):
        pytest.importorskip(name, reason=f"{name} is not installed")
    unpacked(taken.files["PyTorch"], tmp_path)
    np.save(tmp_path / "x.npy", taken.x)
    script = (
        "import numpy as np, torch, model\n"
        "np.save('y.npy', model.load()(torch.from_numpy(np.load('x.npy'))).detach().numpy())\n"
    )
    called(sys.executable, "-c", script, cwd=tmp_path, env=ALONE)
    agrees(np.load(tmp_path / "y.npy"), taken)


def test_the_report_is_a_page_that_asks_for_nothing(taken: SimpleNamespace, browser: Browser) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    address = taken.files["Report"].as_uri()
    page.goto(address)
    share = json.loads((taken.folder / "runs" / RUN / "metrics.json").read_text("utf-8"))["accuracy"]
    assert f"{share:.4g}" in page.inner_text("body")
    assert [url for url in asked if url != address and not url.startswith("data:")] == []
    page.close()


def test_the_spec_trains_the_same_on_the_command_line(taken: SimpleNamespace, tmp_path: Path) -> None:
    assert tomllib.loads(taken.files["Spec"].read_text("utf-8"))["epochs"] == 5
    called(sys.executable, "-m", "pellucid", "train", taken.files["Spec"], "--quiet", "--out", "run", cwd=tmp_path)
    again = pellucid.saving.load_model(tmp_path / "run" / "model.keras")
    for ours, theirs in zip(taken.model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_whole_run_is_opened_by_the_command_line(taken: SimpleNamespace, tmp_path: Path) -> None:
    unpacked(taken.files["Everything"], tmp_path / "run")
    told = called(sys.executable, "-m", "pellucid", "evaluate", tmp_path / "run", cwd=tmp_path)
    metrics = json.loads((taken.folder / "runs" / RUN / "metrics.json").read_text("utf-8"))
    assert f"accuracy {metrics['accuracy']:.4f}" in told
