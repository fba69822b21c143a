"""The library of kernels: each compiled when it is first needed, kept as machine code on disk, loaded from there.

A kernel's machine code is kept under a key made of the source of this folder (but for the passes, which make none), the
compiler's version and the processor: a changed kernel is never run from what an older one left. Loading it takes
llvmlite alone: Numba, which compiles, is imported only when there is something to compile.

Whoever may write to the folder could have this process run anything: code is loaded only from files, and from folders,
that nobody but the user and the system may write to.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import importlib.metadata
import logging
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

import llvmlite
import llvmlite.binding as llvm

from ..errors import FileError
from ..files import cache_folder, distrust, is_ours, make_folder, write_whole
from . import host

log = logging.getLogger("pellucid")

Kernel = Callable[[int, int, int, int], None]
SIGNATURE = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 4)  # a call lets go of Python's lock
FORGOTTEN = 30 * 24 * 3600.0  # seconds after which code that nobody used is removed
WORTH = 4  # kernels that other processes are started for
MOST = 4  # processes at once
SUM = 32  # bytes of the checksum that precede the code


class Library:
    """The kernels that this process has loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = threading.Lock()
        self.said = False
        self._used()
        self.addresses: dict[str, int] = {}
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        name, features = host.processor()
        self.target = llvm.Target.from_default_triple().create_target_machine(
            cpu=name, features=features, opt=3, reloc="static", codemodel="jitdefault", jit=True
        )
        self.engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), self.target)

    def _used(self) -> None:
        """Note that this folder is in use; folders beside it that nobody has used for long are removed."""
        with contextlib.suppress(OSError):
            os.utime(self.folder)
            return
        import shutil  # the folder is new: an older version may have left one

        for other in self.folder.parent.glob("*"):
            with contextlib.suppress(OSError):
                if time.time() - other.stat().st_mtime > FORGOTTEN:
                    shutil.rmtree(other, ignore_errors=True)

    def need(self, names: Iterable[str]) -> dict[str, int]:
        """The addresses of these kernels, compiled if they have to be."""
        with self.lock:
            wanted = [name for name in dict.fromkeys(names) if name not in self.addresses]
            lacking = [name for name in wanted if not self._load(name)]
            if lacking:
                self._say()
                self._compile_apart(lacking)
                for name in lacking:
                    if not self._load(name):
                        self._compile(name)
            return self.addresses

    def _say(self) -> None:
        """Tell, once, whoever may be waiting before a screen; programs hear of it from the log alone."""
        if not self.said:
            self.said = True
            told = "Compiling the engine for this machine, once: some seconds."
            log.info(told)
            if sys.stderr is not None and (sys.stderr.isatty() or "ipykernel" in sys.modules):
                print(told, file=sys.stderr)

    def function(self, name: str) -> Kernel:
        """A kernel for Python to call."""
        return SIGNATURE(self.need([name])[name])

    def _load(self, name: str) -> bool:
        """Whether a kernel's code was on disk, whole."""
        try:
            with open(self.folder / f"{name}.code", "rb") as file:
                if not is_ours(os.fstat(file.fileno())):
                    return False
                kept = file.read()
        except OSError:
            return False
        code = kept[SUM:]
        if hashlib.sha256(code).digest() != kept[:SUM]:
            return False
        self._link(name, code)
        return True

    def _link(self, name: str, code: bytes) -> None:
        self.engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self.engine.finalize_object()
        self.addresses[name] = self.engine.get_function_address(symbol(name))

    def _compile_apart(self, names: list[str]) -> None:
        """Compile in processes of their own, one for each core: the compiler's memory is theirs and goes with them.

        What they do not leave behind, be it that they cannot be started here, is compiled in this one.
        """
        if len(names) < WORTH or getattr(sys, "frozen", False) or not sys.executable:
            return
        import subprocess

        at_once = min(host.cores(), MOST)
        names = sorted(names, key=lambda name: not name.startswith("dense"))  # the longest first
        paths = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), *sys.path]))
        program = "import sys; from pellucid.machine.library import compile_into; compile_into(*sys.argv[1:])"
        with contextlib.suppress(OSError):
            workers = [
                subprocess.Popen(
                    [sys.executable, "-c", program, str(self.folder), *names[i::at_once]],
                    env={**os.environ, "PYTHONPATH": paths},
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )
                for i in range(at_once)
            ]  # fmt: skip
            for worker in workers:
                worker.wait()

    def _compile(self, name: str) -> None:
        from .compiling import machine_code

        code = machine_code(name, symbol(name), self.target)
        try:
            make_folder(self.folder, 0o700)
            whole = hashlib.sha256(code).digest() + code
            write_whole(self.folder / f"{name}.code", lambda file: file.write(whole), private=True)
        except (OSError, FileError):
            pass  # nowhere to keep it: the next process compiles again
        self._link(name, code)


def compile_into(folder: str, *names: str) -> None:
    """Compile kernels and leave them in a folder: what `Library` starts other processes for."""
    made = Library(Path(folder))
    for name in names:
        made._compile(name)


def symbol(name: str) -> str:
    """A kernel's name in its machine code."""
    return f"pellucid.{name}"


@functools.cache
def library() -> Library:
    """The library of this process."""
    made = Library(trusted_folder(cache_folder() / "machine") / key())
    if hasattr(os, "register_at_fork"):  # a thread may have held the lock when this process was copied
        os.register_at_fork(after_in_child=lambda: setattr(made, "lock", threading.Lock()))
    return made


def trusted_folder(folder: Path) -> Path:
    """The folder, its links followed; where other users could have put code into it, a new one for this process alone,
    and a warning. Machine code runs with all the rights of whoever loads it."""
    folder = Path(os.path.realpath(folder))
    if not (why := distrust(folder)):
        return folder
    import atexit
    import shutil
    import tempfile

    made, mine = Path(tempfile.mkdtemp(prefix="pellucid-")), os.getpid()

    def remove() -> None:
        if os.getpid() == mine:  # a forked copy leaves it to the one that made it
            shutil.rmtree(made, ignore_errors=True)

    atexit.register(remove)
    warnings.warn(
        f"The compiled engine is not kept in {folder}: {why}, and could have put code of their own there. It is "
        "compiled for this process alone, which takes some seconds each time. Let nobody else write there (chmod go-w, "
        "chown), or set PELLUCID_CACHE to a folder of your own.",
        stacklevel=2,
    )
    return made


def key() -> str:
    """What the kept machine code depends on, as a short text."""
    folder = Path(__file__).parent
    sources = sorted(path for path in folder.rglob("*.py") if folder / "passes" not in path.parents)
    parts = [f"{path.name}\n{path.read_text('utf-8')}" for path in sources]
    versions = [importlib.metadata.version("numba"), llvmlite.__version__, *host.processor(), str(host.lanes())]
    return hashlib.sha256("\0".join([*parts, *versions]).encode()).hexdigest()[:24]
