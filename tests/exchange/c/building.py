"""Files of C, compiled by the compiler that there is, in one program that all tests of a module share.

The program is compiled with every warning that is an error, and with the sanitizers of addresses and of undefined
behaviour, where the compiler has them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.exchange.c.file import listing_of
from pellucid.exchange.c.listing import Listing

COMPILER = shutil.which("gcc") or shutil.which("clang") or shutil.which("cc")
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wmissing-prototypes", "-Werror"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
with_compiler = pytest.mark.skipif(COMPILER is None, reason="needs a C compiler (gcc, clang or cc)")


def call(*command: Any, **options: Any) -> bytes:
    """What a command prints; its errors fail the test."""
    done = subprocess.run(list(map(str, command)), capture_output=True, check=False, **options)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[-3000:]
    return done.stdout


@cache
def sanitizers() -> list[str]:
    """The options, where a program that is built with them runs."""
    source = "int main(void) { return 0; }"
    command = [COMPILER, *SANITIZERS, "-x", "c", "-", "-o", os.devnull]
    built = subprocess.run(command, input=source, text=True, capture_output=True, check=False)
    return SANITIZERS if built.returncode == 0 else []


@dataclass
class Case:
    """A network, written."""

    model: Any
    listing: Listing

    @property
    def dtype(self) -> Any:
        return np.dtype(self.model.dtype)


class Program:
    """All the networks of these names in one program."""

    def __init__(self, folder: Path, models: Mapping[str, Any], **options: Any) -> None:
        self.path = folder / "program"
        self.cases = {
            name: Case(model, listing_of(model, f"case{i}", **options))
            for i, (name, model) in enumerate(models.items())
        }
        files = []
        for case in self.cases.values():
            files.append(folder / f"{case.listing.writing.prefix}.c")
            files[-1].write_text(case.listing.source(), "ascii")
        (folder / "driver.c").write_text(driver(self.cases.values()))
        options_ = ["-std=c99", *WARNINGS, *sanitizers()]
        call(COMPILER, *options_, *files, folder / "driver.c", "-o", self.path, "-lm")

    def run(self, name: str, xs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """What the network of this name predicts, row by row."""
        case = self.cases[name]
        rows = np.concatenate([x.reshape(len(x), -1) for x in xs], axis=1).astype(case.dtype)
        out = call(self.path, case.listing.writing.prefix, input=rows.tobytes())
        y = np.frombuffer(out, case.dtype).reshape(len(rows), -1)
        ends = np.cumsum([end.size for end in case.listing.network.outputs])[:-1]
        return np.split(y, ends, axis=1)

    def agrees(self, name: str, xs: Sequence[np.ndarray], rtol: float = 1e-5, atol: float = 1e-6) -> None:
        """Checks what is predicted against the model."""
        model = self.cases[name].model
        wanted = model.predict(xs[0] if len(xs) == 1 else list(xs), verbose=0)
        wanted = wanted if isinstance(wanted, list) else list(wanted.values()) if isinstance(wanted, dict) else [wanted]
        for y, expected in zip(self.run(name, xs), wanted, strict=True):
            np.testing.assert_allclose(y, expected.reshape(len(y), -1), rtol=rtol, atol=atol, err_msg=name)


def driver(cases: Any) -> str:
    """A program that reads rows of numbers from stdin for the network that its argument names, and writes outputs."""
    declared, branches = [], []
    for case in cases:
        listing = case.listing
        prefix, type_, arguments = listing.writing.prefix, listing.writing.type, []
        for letter, ends in (("x", listing.network.inputs), ("y", listing.network.outputs)):
            starts = np.cumsum([0, *(end.size for end in ends)])
            arguments += [f"{letter} + {start}" for start in starts[:-1]]
        declared.append(f"int {prefix}_predict({listing.arguments()});")
        branches.append(
            f'    if (strcmp(argv[1], "{prefix}") == 0) {{\n'
            f"        static {type_} x[{listing.inputs}], y[{listing.outputs}];\n"
            f"        while (fread(x, sizeof x, 1, stdin) == 1) {{\n"
            f"            if ({prefix}_predict({', '.join(arguments)}))\n                return 3;\n"
            f"            fwrite(y, sizeof y, 1, stdout);\n        }}\n    }}"
        )
    head = "#include <stdio.h>\n#include <string.h>\n" + "\n".join(declared)
    return (
        head
        + "\n\nint main(int argc, char **argv)\n{\n    (void)argc;\n"
        + "\n".join(branches)
        + "\n    return 0;\n}\n"
    )
