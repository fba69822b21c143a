"""From a kernel's Python to machine code, through Numba and LLVM."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import llvmlite.binding as llvm
import numba as nb
from numba import types
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target

from . import kernels
from .intrinsics import FLAGS

SIGNATURE = types.void(*[types.int64] * 4)


def machine_code(name: str, symbol: str, target: Any) -> bytes:
    """The object file of a kernel, in which it is called `symbol`: the same bytes, whatever was compiled before."""
    with _optimizing_for(target):
        compiled = nb.cfunc(SIGNATURE, **FLAGS)(kernels.KERNELS[name])
        module = llvm.parse_assembly(compiled.inspect_llvm())
    for function in module.functions:
        if function.name == compiled.native_name:
            function.name = symbol
        elif not function.is_declaration:
            function.linkage = "internal"
    for variable in module.global_variables:
        if not variable.is_declaration:
            variable.linkage = "internal"
    _simplify(module, target)
    _rename(module, symbol)
    code: bytes = target.emit_object(module)
    return code


@contextlib.contextmanager
def _optimizing_for(target: Any) -> Iterator[None]:
    """Numba weighs how to make vectors for the processor it runs on; within the block, for the target.

    The library of a process has one for all that is compiled, and what others compile waits meanwhile.
    """
    codegen = cpu_target.target_context.codegen()
    with global_compiler_lock:
        own, codegen._tm = codegen._tm, target
        try:
            yield
        finally:
            codegen._tm = own


def _simplify(module: Any, target: Any) -> None:
    """Drop Numba's wrappers for errors, which no kernel raises, now that LLVM may see that nothing else calls them."""
    builder = llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=3))
    passes = llvm.create_new_module_pass_manager()
    passes.add_ipsccp_pass()
    passes.add_simplify_cfg_pass()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, builder)


def _rename(module: Any, symbol: str) -> None:
    """Number what only the kernel calls: Numba's names are long, and count what was compiled before."""
    inner = (*module.functions, *module.global_variables)
    for i, value in enumerate(value for value in inner if not value.is_declaration and value.name != symbol):
        value.name = f"_{i}"
