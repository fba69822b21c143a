"""The law of the house: who may import whom, how long a file may be, and what no file may do.

The source is read, not run: an import inside a function or under TYPE_CHECKING counts like any other.
"""

from __future__ import annotations

import ast
import graphlib
import re
import sys
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = "pellucid"
SOURCE = Path(__file__).parents[1] / "src" / PACKAGE

# Lowest first. A room is a top-level module or folder; it imports only rooms on floors below its own.
FLOORS = [
    ("ground", "errors checks arrays rng registry settings files late markup wiring unfolding program __about__"),
    ("seeds", "initializers regularizers constraints activations"),
    ("parts and engine", "layers losses optimizers data machine"),
    ("metrics", "metrics ops plots tables"),  # above layers, losses and data; plots know arrays only
    ("training", "training"),  # below models: its loops know parts and protocols only
    ("looking", "inspection exchange"),  # below models, which offer explain, to_numpy...
    ("models", "models"),
    ("helpers", "doctor estimators reports tuning web scratch"),
    ("actions", "actions"),
    ("servers", "serving studio"),  # faces, too, which the command line starts
    ("faces", "cli"),
    ("doors", "backend callbacks config datasets distribution random saving utils"),  # Keras's names for what is below
    ("roof", "__init__ __main__"),
]
FLOOR = {room: number for number, (_, rooms) in enumerate(FLOORS) for room in rooms.split()}
GROUND, ROOF = 0, len(FLOORS) - 1  # the ground's rooms may import each other

# Packages from outside, and where each may be imported: a room, or a single module.
OUTSIDE: dict[str, set[str]] = {
    "numpy": set(FLOOR),
    "h5py": {"models"},
    "threadpoolctl": {"training"},
    "numba": {"machine"},
    "llvmlite": {"machine"},
    "matplotlib": {"plots"},
    "pooch": {"data"},
    "PIL": {"data"},
    "fastexcel": {"tables"},
    "polars": {"tables"},
    "sklearn": {"estimators"},
    "optuna": {"tuning"},
    "onnx": {"exchange"},
    "safetensors": {"exchange"},
    "torch": {"exchange"},
    "pydantic": {"actions"},
    "annotated_types": {"studio"},  # which pydantic says bounds with
    "tomli_w": {"actions"},
    "starlette": {"serving", "studio", "web"},
    "uvicorn": {"web"},
    "h11": {"web"},  # which uvicorn stands on
    "typer": {"cli"},
    "IPython": {"training.callbacks.notebook"},
    "tensorboardX": {"training.callbacks.tensorboard"},
    "mlflow": {"training.callbacks.mlflow"},
    "mpi4py": {"training.distribution"},
    "distributed": {"tuning.cluster"},
    "rich": {"cli", "training.callbacks.progress"},
}

MAX_LINES = 350  # of a file, docstrings not counted; the aim is 300
MAX_FUNCTION_LINES = 60  # likewise; the aim is 40
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "random"}
FORBIDDEN_CALLS = {
    "eval": "text from outside must not become code",
    "exec": "text from outside must not become code",
    "__import__": "write an import statement, which this test can read",
    "import_module": "write an import statement, which this test can read",
}


# Reading the source ----------------------------------------------------------------------------------------------


def module_name(path: Path) -> str:
    parts = (PACKAGE, *path.relative_to(SOURCE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """pellucid.layers.dense -> layers; pellucid -> __init__."""
    return (*module.split("."), "__init__")[1]


@cache
def sources() -> dict[str, tuple[str, ast.Module]]:
    """Every module of the package: {"pellucid.layers.dense": ("src/pellucid/layers/dense.py", its tree)}."""
    return {
        module_name(path): (path.relative_to(SOURCE.parents[1]).as_posix(), ast.parse(path.read_text("utf-8")))
        for path in sorted(SOURCE.rglob("*.py"))
    }


def imports(tree: ast.AST, module: str, known: Collection[str], is_folder: bool) -> Iterator[tuple[str, int]]:
    """(name, line) of each module that `module` imports. `from .. import checks` means checks, if that is a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: len(module.split(".")) + is_folder - node.level] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            inner = (f"{base}.{alias.name}" for alias in node.names)
            yield from ((name if name in known else base, node.lineno) for name in inner)


@cache
def all_imports() -> list[tuple[str, str, str]]:
    """(importer, imported, place) for the whole package."""
    return [
        (module, name, f"{path}:{line}")
        for module, (path, tree) in sources().items()
        for name, line in imports(tree, module, sources(), path.endswith("__init__.py"))
    ]


def may_import(module: str, name: str) -> bool:
    """Whether the floors allow it; both are modules of the package."""
    mine, theirs = room_of(module), room_of(name)
    if mine == theirs or FLOOR[theirs] < FLOOR[mine]:
        return True
    return FLOOR[mine] == FLOOR[theirs] == GROUND


def circle(edges: Collection[tuple[str, str]]) -> list[str] | None:
    """Modules that import each other in a ring, or None."""
    graph = graphlib.TopologicalSorter[str]()
    for module, name in edges:
        graph.add(module, name)
    try:
        graph.prepare()
    except graphlib.CycleError as error:
        return list(reversed(error.args[1]))
    return None


def length(node: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef, lines: int) -> int:
    """Lines of a file or a function, less those of the docstrings in it."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    inside = [n.body[0] for n in ast.walk(node) if isinstance(n, documented) and ast.get_docstring(n) is not None]
    return lines - sum((text.end_lineno or 0) - text.lineno + 1 for text in inside)


def told(wrong: list[str], law: str) -> str:
    return "\n".join([law, *wrong])


# The law ---------------------------------------------------------------------------------------------------------


def test_every_room_has_a_floor():
    wrong = sorted({room_of(module) for module in sources()} - FLOOR.keys())
    assert not wrong, f"Give these rooms a floor, in FLOORS of {Path(__file__).name}: {', '.join(wrong)}"


def test_the_map_for_contributors_shows_every_room_on_its_floor():
    page = (SOURCE.parents[1] / "CONTRIBUTING.md").read_text("utf-8")
    table = page.partition("## A map of the house")[2].partition("---|\n")[2].partition("\n\n")[0]
    rooms = [room for row in table.splitlines() for room in re.findall(r"`(\w+)/?`", row.split("|")[2])]
    assert sorted(rooms) == sorted(FLOOR.keys() - {"__about__"})
    assert rooms == sorted(rooms, key=FLOOR.__getitem__, reverse=True)


def test_a_room_imports_only_floors_below_it():
    ours = [(m, name, place) for m, name, place in all_imports() if name.split(".")[0] == PACKAGE]
    assert ours
    wrong = [
        f"{place}: {room_of(m)} ({FLOORS[FLOOR[room_of(m)]][0]}) imports {name} ({FLOORS[FLOOR[room_of(name)]][0]})"
        for m, name, place in ours
        if not may_import(m, name)
    ]
    assert not wrong, told(wrong, "A room imports only floors below it, and never another room of its own floor:")


def test_nothing_imports_in_a_circle():
    found = circle([(m, name) for m, name, _ in all_imports() if name in sources() and name != m])
    assert not found, "These modules import each other in a circle: " + " -> ".join(found or [])


def test_packages_from_outside_stay_in_their_rooms():
    wrong = []
    for module, name, place in all_imports():
        package = name.split(".")[0]
        if package == PACKAGE or package in sys.stdlib_module_names:
            continue
        if not {room_of(module), module.removeprefix(f"{PACKAGE}.")} & OUTSIDE.get(package, set()):
            wrong.append(f"{place}: {package}, allowed in {', '.join(sorted(OUTSIDE.get(package, ()))) or 'no room'}")
    assert not wrong, told(wrong, "A package from outside is imported outside its room:")


def test_files_and_functions_are_short():
    wrong = []
    for path, tree in (source for source in sources().values() if source[1].body):
        lines = length(tree, tree.body[-1].end_lineno or 0)
        if lines > MAX_LINES:
            wrong.append(f"{path}: {lines} lines, at most {MAX_LINES}")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = length(node, (node.end_lineno or 0) - node.lineno + 1)
                if lines > MAX_FUNCTION_LINES:
                    wrong.append(f"{path}:{node.lineno}: {node.name} has {lines} lines, at most {MAX_FUNCTION_LINES}")
    assert not wrong, told(wrong, "Too long to be read at a glance (docstrings not counted); split by meaning:")


def misdeeds(tree: ast.AST, on_the_roof: bool = False) -> Iterator[tuple[int, str]]:
    """(line, what and why) of everything in a source that no source may do."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            modules = names if isinstance(node, ast.Import) else [node.module or ""] if not node.level else []
            for module in modules:
                if module.split(".")[0] in FORBIDDEN_MODULES:
                    yield node.lineno, f"{module}: unsafe to read, or hidden state"
                if module.startswith("numpy.random"):
                    yield node.lineno, "numpy.random: random numbers come from a rng.Key"
            if isinstance(node, ast.ImportFrom) and modules == ["numpy"] and {"random", "load"} & set(names):
                yield node.lineno, "from numpy import random or load: write np.load, and rng.Key for random numbers"
        elif isinstance(node, ast.Attribute) and node.attr == "random" and _is_numpy(node.value):
            yield node.lineno, "np.random: random numbers come from a rng.Key"
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in FORBIDDEN_CALLS and not (name == "import_module" and on_the_roof):
                yield node.lineno, f"{name}: {FORBIDDEN_CALLS[name]}"
            if name == "load" and isinstance(node.func, ast.Attribute) and _is_numpy(node.func.value):
                pickled = [k.value for k in node.keywords if k.arg == "allow_pickle"]
                if not (pickled and isinstance(pickled[0], ast.Constant) and pickled[0].value is False):
                    yield node.lineno, "np.load: say allow_pickle=False"


def _is_numpy(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in {"np", "numpy"}


def test_no_source_runs_foreign_code_or_hides_randomness():
    wrong = [
        f"{path}:{line}: {what}"
        for module, (path, tree) in sources().items()
        for line, what in misdeeds(tree, FLOOR.get(room_of(module)) == ROOF)
        if not (module == f"{PACKAGE}.scratch" and what.startswith("np.random"))  # it stands alone, seeded
    ]
    assert not wrong, told(wrong, "No source may do this:")


# The law's own tests: each check above can fail --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import numpy.linalg", ["numpy.linalg"]),
        ("from .base import Layer", ["pellucid.layers.base"]),
        ("from . import base", ["pellucid.layers.base"]),
        ("from .. import checks, errors", ["pellucid.checks", "pellucid.errors"]),
        ("from .. import __version__", ["pellucid"]),
        ("from ..models import Sequential", ["pellucid.models"]),
        ("def f():\n    from ..models import base", ["pellucid.models.base"]),
        ("if TYPE_CHECKING:\n    from pellucid.models import base", ["pellucid.models.base"]),
    ],
)
def test_imports_are_seen(source: str, expected: list[str]):
    known = {f"pellucid{name}" for name in ("", ".checks", ".errors", ".layers.base", ".models", ".models.base")}
    assert [name for name, _ in imports(ast.parse(source), "pellucid.layers.dense", known, False)] == expected


def test_imports_of_a_folder_itself_are_seen():
    known = {"pellucid.layers.base", "pellucid.checks"}
    tree = ast.parse("from .base import Layer\nfrom .. import checks")
    names = [name for name, _ in imports(tree, "pellucid.layers", known, True)]
    assert names == ["pellucid.layers.base", "pellucid.checks"]


@pytest.mark.parametrize(
    ("module", "name", "allowed"),
    [
        ("pellucid.layers.dense", "pellucid.layers.base", True),
        ("pellucid.layers.dense", "pellucid.activations", True),
        ("pellucid.errors", "pellucid.checks", True),
        ("pellucid.cli.app", "pellucid.actions.train", True),
        ("pellucid.layers.dense", "pellucid.losses", False),
        ("pellucid.initializers", "pellucid.activations", False),
        ("pellucid.training.loop", "pellucid.models", False),
        ("pellucid.layers.dense", "pellucid", False),
    ],
)
def test_floors(module: str, name: str, allowed: bool):
    assert may_import(module, name) is allowed


def test_circles_are_found():
    assert circle([("a", "b"), ("b", "c")]) is None
    assert set(circle([("a", "b"), ("b", "c"), ("c", "a")]) or ()) == {"a", "b", "c"}


def test_docstrings_do_not_count_as_length():
    tree = ast.parse('"""One\ntwo."""\n\ndef f():\n    """One\n    two."""\n    return 1\n')
    assert length(tree, 7) == 3


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from marshal import loads",
        "import random",
        "from numpy import random",
        "from numpy.random import default_rng",
        "x = np.random.rand(3)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "eval(text)",
        "builtins.exec(text)",
        "importlib.import_module(name)",
    ],
)
def test_misdeeds_are_found(source: str):
    assert list(misdeeds(ast.parse(source)))


@pytest.mark.parametrize(
    "source", ["np.load(path, allow_pickle=False)", "from .random import f", "key.random", "model.load(path)"]
)
def test_good_deeds_pass(source: str):
    assert not list(misdeeds(ast.parse(source)))
