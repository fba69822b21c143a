"""What `import pellucid` and a first network load, and what the library offers."""

from __future__ import annotations

import importlib
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import pellucid

ALLOWED = {"pellucid", "numpy"}  # nothing heavier, so that a script starts at once

PROBE = """
import json, sys
before = set(sys.modules)
import pellucid
print(json.dumps(sorted(set(sys.modules) - before)))
"""

# What only some programs need, by what it is needed for. Where NumPy itself loads one of them, nothing is lost.
LATER = {
    "importlib.resources",  # the digits inside the package
    "gzip", "hashlib",  # data sets in files
    "tempfile",  # writing a file
    "csv",  # CSVLogger
    "difflib",  # the name nearest to a misspelt one
    "secrets", "hmac", "random",  # one number from the system, which os.urandom has too
    "asyncio", "concurrent.futures", "ctypes.util", "email", "http.client", "importlib.metadata", "logging",
    "multiprocessing", "socket", "sqlite3", "ssl", "subprocess", "tomllib", "unittest", "urllib.request",
    "xml.etree.ElementTree",
    "pellucid.actions", "pellucid.cli", "pellucid.data.datasets", "pellucid.machine.library", "llvmlite", "numba",
}  # fmt: skip


def loaded_by(*statements: str) -> set[str]:
    """The modules that a new Python has loaded after these statements, less those it begins with."""
    probe = PROBE.replace("import pellucid", "\n".join(statements))
    result = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stdout))


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """By a network that is made."""
    return loaded_by("import pellucid", "pellucid.Sequential([pellucid.layers.Dense(2)])")


def test_import_loads_nothing_that_is_not_asked_for():
    ours = {name for name in loaded_by("import pellucid") if name.split(".")[0] in ALLOWED}
    assert ours == {"pellucid", "pellucid.__about__", "pellucid.late"}


def test_a_network_loads_numpy_and_nothing_heavier(loaded: set[str]):
    foreign = {name.split(".")[0] for name in loaded} - set(sys.stdlib_module_names) - ALLOWED
    assert not foreign, f"a network also loads {', '.join(sorted(foreign))}"


def test_a_network_leaves_for_later_what_few_programs_need(loaded: set[str]):
    early = (loaded & LATER) - loaded_by("import numpy")
    assert not early, f"a network also loads {', '.join(sorted(early))}; import it where it is needed"


ALONE = [
    "from pellucid.layers import Input; Input((2,)) * 2.0",
    "from pellucid.layers import Input; abs(-Input((2,)))[:, 0]",
    "from pellucid.layers import get; get({'class_name': 'Sequential', 'config': {'layers': []}})",
    "import numpy as np; from pellucid.losses import get; y = np.ones((1, 1)); get(lambda t, p: p - t).gradient(y, y)",
    "from pellucid.registry import deserialize_keras_object as get; get({'module': 'keras.optimizers', 'class_name': "
    "'Adam', 'config': {}})",
]


@pytest.mark.parametrize("statement", ALONE)
def test_a_room_alone_has_what_others_add_to_it(statement: str):
    assert "pellucid.models" in loaded_by(statement)


@pytest.mark.parametrize("room", ["data", "inspection", "layers", "losses", "metrics", "ops", "optimizers", "training"])
def test_any_room_may_be_the_first(room: str):
    assert f"pellucid.{room}" in loaded_by(f"import pellucid.{room}")


def test_a_room_is_read_once_and_found_by_every_road():
    assert pellucid.Sequential is pellucid.models.Sequential is importlib.import_module("pellucid.models").Sequential
    assert {"Sequential", "doctor", "check_gradients"} <= set(vars(pellucid)) | set(dir(pellucid))


def test_data_sets_are_loaded_when_asked_for(loaded: set[str]):
    assert "pellucid.data.datasets" in loaded_by("import pellucid", "pellucid.datasets.digits")
    assert "pellucid.data.datasets" in loaded_by("from pellucid import datasets")
    assert set(pellucid.__all__) <= set(dir(pellucid))
    with pytest.raises(AttributeError, match="module 'pellucid' has no attribute 'dataset'"):
        pellucid.dataset  # noqa: B018


def test_import_says_nothing():
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import pellucid"], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_version_is_in_the_changelog():
    changelog = Path(__file__).parents[1] / "CHANGELOG.md"
    assert f"## {pellucid.__version__}" in changelog.read_text("utf-8")


FOLDERS = ["pellucid", *(m.name for m in pkgutil.walk_packages(pellucid.__path__, "pellucid.") if m.ispkg)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_public_names_exist(folder: str):
    module = importlib.import_module(folder)
    names = getattr(module, "__all__", [])
    assert len(names) == len(set(names)), f"{folder}.__all__ names something twice"
    missing = [name for name in names if not hasattr(module, name)]
    assert not missing, f"{folder}.__all__ promises {', '.join(missing)}"
