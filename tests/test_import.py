"""What `import pellucid` loads, and what it offers."""

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
loaded = {name.split(".")[0] for name in set(sys.modules) - before}
print(json.dumps(sorted(loaded - set(sys.stdlib_module_names))))
"""


def test_import_loads_numpy_and_nothing_heavier():
    result = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    loaded = set(json.loads(result.stdout))
    assert loaded <= ALLOWED, f"import pellucid also loads {', '.join(sorted(loaded - ALLOWED))}"


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
