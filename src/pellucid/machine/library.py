"""The library of kernels: each loaded as machine code, which a wheel brought along, or which was compiled when it was
first needed and kept on disk.

Loading takes llvmlite alone: Numba, which compiles, is imported only when there is something to compile.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import llvmlite.binding as llvm

from ..files import cache_folder
from . import asked, host, kept
from .waiting import Waiting

Kernel = Callable[[int, int, int, int], None]
SIGNATURE = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 4)  # a call lets go of Python's lock
WORTH = 4  # kernels that other processes are started for
MOST = 4  # processes at once
LOOK = 0.1  # seconds from one look at what they have left to the next


class Library:
    """The kernels that this process has loaded."""

    def __init__(self, folder: Path | None = None, brought: Path | None = None) -> None:
        """`folder`: where compiled kernels are kept, in the user's cache unless told. `brought`: where others lie."""
        self.given, self.brought = folder, brought
        self.lock = threading.Lock()
        self.addresses: dict[str, int] = {}
        self.target = target()
        self.engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), self.target)

    @functools.cached_property
    def folder(self) -> Path:
        """Where compiled kernels are kept; nobody looks there before a kernel is missed."""
        return kept.use(self.given or kept.trusted_folder(cache_folder() / "machine") / kept.key())

    def need(self, names: Iterable[str]) -> dict[str, int]:
        """The addresses of these kernels, compiled if they have to be."""
        with self.lock:
            wanted = [name for name in dict.fromkeys(names) if name not in self.addresses]
            lacking = [name for name in wanted if not self._load(name)]
            if lacking:
                self._make(lacking)
            return self.addresses

    def function(self, name: str) -> Kernel:
        """A kernel for Python to call."""
        return SIGNATURE(self.need([name])[name])

    def _load(self, name: str) -> bool:
        """Whether a kernel's code was there."""
        code = kept.read(self.brought, name, checked=False) if self.brought else None
        code = code or kept.read(self.folder, name)
        if code:
            self._link(name, code)
        return bool(code)

    def _link(self, name: str, code: bytes) -> None:
        self.engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self.engine.finalize_object()
        self.addresses[name] = self.engine.get_function_address(symbol(name))

    def _make(self, names: list[str]) -> None:
        apart = len(names) >= WORTH
        waiting = Waiting(len(names), _at_once() if apart else 1)
        try:
            if apart:
                compile_apart(names, self.folder, waiting.told)
            for i, name in enumerate(names):
                if not self._load(name):
                    waiting.told(i)
                    self._compile(name)
        finally:
            waiting.end()

    def _compile(self, name: str) -> None:
        from .compiling import machine_code

        code = machine_code(name, symbol(name), self.target)
        kept.keep(self.folder, name, code)
        self._link(name, code)


def target() -> llvm.TargetMachine:
    """LLVM's idea of the processor that is compiled for."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    name, features = host.processor()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=name, features=features, opt=3, reloc="static", codemodel="jitdefault", jit=True
    )


def _at_once() -> int:
    """How many processes compile."""
    return min(asked.most_threads(), MOST)


def compile_apart(names: list[str], folder: Path, told: Callable[[int], None], family: str = "") -> None:
    """Compile in processes of their own, one for each core: the compiler's memory is theirs and goes with them.

    What they do not leave behind, be it that they cannot be started here, is for the caller to compile. `told` hears
    how many there are. `family`: of the processors that it is for, this one's unless told.
    """
    if getattr(sys, "frozen", False) or not sys.executable:
        return
    import subprocess

    at_once = _at_once()
    names = sorted(names, key=lambda name: not name.startswith("dense"))  # the longest first
    paths = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), *sys.path]))
    program = "import sys; from pellucid.machine.library import compile_into; compile_into(*sys.argv[1:])"
    with contextlib.suppress(OSError):
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", program, str(folder), family, *names[i::at_once]],
                env={**os.environ, "PYTHONPATH": paths, "NUMBA_DISABLE_INTEL_SVML": "1"},  # not there for who loads it
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            for i in range(at_once)
        ]  # fmt: skip
        for worker in workers:
            while worker.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    worker.wait(LOOK)
                told(sum((folder / f"{name}.code").exists() for name in names))


def compile_into(folder: str, family: str, *names: str) -> None:
    """Compile kernels and leave them in a folder: what `compile_apart` starts other processes for."""
    host.foreign[:] = [family] if family else []
    from .compiling import machine_code

    machine = target()
    for name in names:
        kept.keep(Path(folder), name, machine_code(name, symbol(name), machine))


def symbol(name: str) -> str:
    """A kernel's name in its machine code."""
    return f"pellucid.{name}"


@functools.cache
def library() -> Library:
    """The library of this process."""
    made = Library(brought=kept.brought())
    if hasattr(os, "register_at_fork"):  # a thread may have held the lock when this process was copied
        os.register_at_fork(after_in_child=lambda: setattr(made, "lock", threading.Lock()))
    return made
