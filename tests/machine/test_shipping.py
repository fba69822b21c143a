"""Machine code for a family of processors: what a wheel brings along, and what is said where there is none."""

from __future__ import annotations

import io
import os
import platform
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from llvmlite import binding as llvm

from pellucid.machine import host, kept, waiting
from pellucid.machine.library import Library, compile_apart, symbol

X86 = platform.machine().lower() in ("x86_64", "amd64")
on_x86 = pytest.mark.skipif(not X86, reason="the families are of x86-64")
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("lacks", "vector", "family"),
    [
        ((), "", "x86-64-v4"),
        ((), "8", "x86-64-v3"),
        ((), "4", ""),
        (("avx512vl",), "", "x86-64-v3"),  # AVX-512 as the first processors had it
        (("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"), "16", "x86-64-v3"),
        (("avx512f", "bmi2"), "", ""),
    ],
)
def test_the_family_is_the_widest_that_the_processor_belongs_to(
    monkeypatch: pytest.MonkeyPatch, lacks: tuple[str, ...], vector: str, family: str
) -> None:
    there = {name: name not in lacks for name in (*host.HAS["x86-64-v4"], "avx512fp16", "amx-tile")}
    monkeypatch.setattr(llvm, "get_host_cpu_features", lambda: there)
    monkeypatch.setenv("PELLUCID_VECTOR", vector)
    assert host.family.__wrapped__() == family


@on_x86
def test_a_family_has_the_same_code_wherever_it_is_compiled(tmp_path: Path) -> None:
    """In another process for a family told to it; in this one, after other kernels. Sums depend on how wide the vectors
    are that Numba chooses."""
    from pellucid.machine.compiling import machine_code

    compile_apart(["op.sum"], tmp_path, lambda done: None, "x86-64-v3")
    narrower = llvm.Target.from_default_triple().create_target_machine(
        cpu="x86-64-v3", opt=3, reloc="static", codemodel="jitdefault", jit=True
    )
    machine_code("scatter", symbol("scatter"), narrower)
    assert kept.read(tmp_path, "op.sum") == machine_code("op.sum", symbol("op.sum"), narrower)


def test_what_was_brought_is_used_and_nothing_else_looked_at(tmp_path: Path) -> None:
    brought, mine = tmp_path / "brought", tmp_path / "mine"
    assert Library(brought).need(["scatter"])
    library = Library(mine, brought)
    assert library.need(["scatter"])
    assert "folder" not in vars(library)
    assert not mine.exists()
    code = (brought / "scatter.code").read_bytes()
    (brought / "scatter.code").write_bytes(code[:-1])
    assert Library(mine, brought).need(["scatter"])
    assert (mine / "scatter.code").read_bytes() == code


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("bar", [False, True])
def test_whoever_waits_long_is_told_how_far_it_is(monkeypatch: pytest.MonkeyPatch, bar: bool) -> None:
    now, screen = [0.0], Screen()
    monkeypatch.setattr(waiting.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(sys, "stderr", screen)
    if not bar:  # one that is in the way puts itself in the place of the terminal
        monkeypatch.setattr(sys, "__stderr__", screen)
    shown = waiting.Waiting(24)
    for now[0], done in [(0.9, 3), (1.1, 7), (1.2, 8), (6.5, 20)]:
        shown.told(done)
    shown.end()
    said = re.split("[\r\n]", screen.getvalue())
    counts = [line.split(": ")[1] for line in said if line.strip()]
    assert counts == [f"{n} of 24 kernels" for n in ([7, 20] if bar else [7, 8, 20])]
    assert bar or said[-2].strip() == said[-1] == ""  # the line is gone


def test_programs_are_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    shown = waiting.Waiting(24)
    shown.told(7)
    shown.end()
    assert sys.stderr.getvalue() == ""


TRAINING = """
import logging, sys
logging.basicConfig(level=logging.INFO)
import pellucid.machine
from pellucid.cli import main
try:
    main(["train", "xor", "--epochs", "2", "--quiet", "--out", sys.argv[1]])
finally:
    print(pellucid.machine.__file__, "numba" in sys.modules)
"""


def training(installed: Path, cache: Path) -> tuple[str, str]:
    """(what it printed, what it said beside that)."""
    paths = os.pathsep.join([str(installed), *filter(None, sys.path)])
    environment = {**os.environ, "PYTHONPATH": paths, "PELLUCID_CACHE": str(cache), "PELLUCID_VECTOR": "8"}
    program = [sys.executable, "-c", TRAINING, str(cache.parent / f"run of {cache.name}")]
    done = subprocess.run(program, cwd=cache.parent, env=environment, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    assert str(installed) in done.stdout
    return done.stdout, done.stderr


@on_x86
@pytest.mark.long
def test_the_first_start_from_a_wheel_compiles_nothing(tmp_path: Path) -> None:
    """But after the source has changed, it does."""
    first, installed = tmp_path / "first", tmp_path / "installed"
    said = training(ROOT / "src", first)[1]  # which kernels it takes, with no wheel
    assert "Compiling" in said
    names = [path.stem for path in first.rglob("*.code")]
    code = tmp_path / "code"
    make = f"from pathlib import Path; from pellucid.machine.shipping import make; make(Path({str(code)!r}), {names!r})"
    subprocess.run([sys.executable, "-c", make], check=True, timeout=280, cwd=ROOT, env={
        **os.environ, "PYTHONPATH": str(ROOT / "src")})  # fmt: skip
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)], check=True, timeout=280, env={
        **os.environ, "PELLUCID_CODE": str(code)})  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    assert "py3-none-" in wheel.name
    assert not wheel.name.endswith("-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)

    said = training(installed, tmp_path / "second")
    assert said[0].endswith("False\n")
    assert "Compiling" not in said[1]
    assert not list(tmp_path.glob("second/machine/*"))

    source = installed / "pellucid/machine/layout.py"
    source.write_text(source.read_text("utf-8") + "# changed\n", "utf-8")
    assert "Compiling" in training(installed, tmp_path / "third")[1]
    compiled = {path.name: path.read_bytes() for path in (tmp_path / "third").rglob("*.code")}
    assert compiled
    shipped = {path.name: path for path in installed.glob("pellucid/machine/code/*/x86-64-v3/*")}
    assert {name: shipped[name].read_bytes() for name in compiled} == compiled  # a comment changes no code
