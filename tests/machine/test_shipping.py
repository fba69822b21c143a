"""Machine code for a family of processors: what a wheel brings along, and what is said where there is none."""

from __future__ import annotations

import io
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from llvmlite import binding as llvm

from pellucid.machine import host, kept, shipping, waiting
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
    """In another process for a family told to it; in this one, after other kernels, whichever processor it has: on one
    with AVX-512 Numba would make other vectors of this kernel."""
    from pellucid.machine.compiling import machine_code

    compile_apart(["op.where"], tmp_path, lambda done: None, "x86-64-v3")
    narrower = llvm.Target.from_default_triple().create_target_machine(
        cpu="x86-64-v3", opt=3, reloc="static", codemodel="jitdefault", jit=True
    )
    machine_code("scatter", symbol("scatter"), narrower)
    assert kept.read(tmp_path, "op.where") == machine_code("op.where", symbol("op.where"), narrower)


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
    shown = waiting.Waiting(24, 2)
    for now[0], done in [(0.9, 3), (1.1, 7), (1.2, 8), (6.5, 20)]:
        shown.told(done)
    shown.end()
    said = re.split("[\r\n]", screen.getvalue())
    counts = [line.split(": ")[1] for line in said if line.strip()]
    assert counts == [f"{n} of 24 kernels" for n in ([7, 20] if bar else [7, 8, 20])]
    assert bar or said[-2].strip() == said[-1] == ""  # the line is gone


@pytest.mark.parametrize(("kernels", "level"), [(24, "WARNING"), (24, "INFO"), (2, "WARNING")])
def test_a_log_gets_one_line_where_it_will_last(
    kernels: int, level: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    caplog.set_level(level, "pellucid")
    shown = waiting.Waiting(kernels, 2)
    shown.told(7)
    shown.end()
    line = f"Compiling the engine for this machine, once: {kernels} kernels, about {0.55 * kernels:.0f} s."
    said = sys.stderr.getvalue()
    assert said == (f"{line}\n" if (kernels, level) == (24, "WARNING") else "")
    assert [record.getMessage() for record in caplog.records] == ([line] if level == "INFO" else [])  # which is heard


def test_a_wheels_code_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And again when the compiler or the source is another."""
    compiled: list[str] = []

    def compile_apart(names: list[str], folder: Path, told: object, family: str) -> None:
        compiled.extend(f"{family} {name}" for name in names)
        for name in names:
            kept.keep(folder, name, name.encode())

    monkeypatch.setattr(shipping, "compile_apart", compile_apart)
    shipping.make(tmp_path, ["a", "b"])
    assert compiled == [f"{family} {name}" for family in host.FAMILIES for name in "ab"]
    compiled.clear()
    shipping.make(tmp_path, ["b", "c"], ["x86-64-v3"])
    assert compiled == ["x86-64-v3 c"]
    assert kept.read(tmp_path / kept.sources() / "x86-64-v3", "c", checked=False) == b"c"
    compiled.clear()
    monkeypatch.setattr(shipping, "version", lambda package: "0")
    shipping.make(tmp_path, ["b"], ["x86-64-v3"])
    assert compiled == ["x86-64-v3 b"]
    monkeypatch.setattr(shipping, "compile_apart", lambda *_: None)
    with pytest.raises(SystemExit, match=r"x86-64-v3: d cannot be compiled"):
        shipping.make(tmp_path, ["d"], ["x86-64-v3"])


TRAINING = """
import sys
from pellucid.cli import main
try:
    main(["train", "xor", "--epochs", "2", "--quiet", "--force", "--out", "run"])
finally:
    print("numba" in sys.modules, sys.modules["pellucid.machine"].__file__)
"""
SHUFFLING = """
import pellucid.machine.library
print(bool(pellucid.machine.library.library().need(["scatter"])), pellucid.machine.__file__)
"""
LONGEST = 600  # seconds, where other programs keep the cores busy


def run(program: str, source: Path, cache: Path) -> str:
    """What it says of Numba, or of a kernel, run from this source."""
    paths = os.pathsep.join([str(source), *filter(None, sys.path)])
    environment = {**os.environ, "PYTHONPATH": paths, "PELLUCID_CACHE": str(cache), "PELLUCID_VECTOR": "8"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=cache.parent, env=environment, capture_output=True, text=True, timeout=LONGEST)
    assert done.returncode == 0, done.stderr
    word, file = done.stdout.splitlines()[-1].split(" ", 1)
    assert file.startswith(str(source))
    return word


def made_wheel(code: Path, folder: Path) -> Path:
    """With this machine code in it."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, env={**os.environ, "PELLUCID_CODE": str(code)}, check=True, timeout=LONGEST)
    (wheel,) = folder.glob("*.whl")
    return wheel


@on_x86
@pytest.mark.long
@pytest.mark.timeout(4 * LONGEST)
def test_the_first_start_from_a_wheel_compiles_nothing(tmp_path: Path) -> None:
    """But it does once the source has changed."""
    filled, cache, code, installed = (tmp_path / name for name in ("filled", "cache", "code", "installed"))
    run(TRAINING, ROOT / "src", filled)  # to learn which kernels it takes, and have them
    shipping.make(code, ["scatter"], ["x86-64-v3"])
    (family,) = code.glob("*/x86-64-v3")
    for path in filled.rglob("*.code"):
        shutil.copy(path, family)
    assert len(list(family.iterdir())) > 20

    wheel = made_wheel(code, tmp_path)
    assert "-py3-none-" in wheel.name
    assert not wheel.name.endswith("-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    assert run(TRAINING, installed, cache) == "False"
    assert not (cache / "machine").exists()

    source = installed / "pellucid/machine/layout.py"
    source.write_text(source.read_text("utf-8") + "# changed\n", "utf-8")
    assert run(SHUFFLING, installed, cache) == "True"
    (compiled,) = (cache / "machine").rglob("*.code")
    assert compiled.read_bytes() == (family / "scatter.code").read_bytes()  # a comment changes no code
