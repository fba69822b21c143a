"""From a kernel's Python to machine code, through Numba and LLVM."""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
import numba as nb
from numba import types

from . import kernels
from .intrinsics import FLAGS

SIGNATURE = types.void(*[types.int64] * 4)


def machine_code(name: str, symbol: str, target: Any) -> bytes:
    """The object file of a kernel, in which it is called `symbol`."""
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
    code: bytes = target.emit_object(module)
    return code


def _simplify(module: Any, target: Any) -> None:
    """Drop Numba's wrappers for errors, which no kernel raises, now that LLVM may see that nothing else calls them."""
    builder = llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=3))
    passes = llvm.create_new_module_pass_manager()
    passes.add_ipsccp_pass()
    passes.add_simplify_cfg_pass()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, builder)
