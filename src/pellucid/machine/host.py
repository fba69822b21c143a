"""The processor this runs on: what it is called, and how wide its vectors are.

On x86-64 the engine is compiled for one of two families, as their ABI's supplement has them: x86-64-v3, which has AVX2,
and x86-64-v4, which has AVX-512. All processors of a family run the same code and get the same bits, and a wheel may
bring it along. Elsewhere it is compiled for the very processor.
"""

from __future__ import annotations

import functools

import llvmlite.binding as llvm

from . import asked

FAMILIES = {"x86-64-v4": 16, "x86-64-v3": 8}  # the floats in a vector of each, the widest first
_V3 = {"avx2", "bmi", "bmi2", "cx16", "f16c", "fma", "lzcnt", "movbe", "popcnt", "sahf", "sse4.2", "xsave"}
HAS = {"x86-64-v3": _V3, "x86-64-v4": _V3 | {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}}
# LLVM has this family work with half vectors, as its first processors slowed down where whole ones were used; with
# whole ones, an activation takes 0.6 times as long.
WHOLE_VECTORS = {"x86-64-v4": "-prefer-256-bit"}
foreign: list[str] = []  # the family that this process compiles for, and runs nothing of, whatever the machine's own is


@functools.cache
def family() -> str:
    """The widest family that the processor belongs to and PELLUCID_VECTOR allows; empty where there is none."""
    if foreign:
        return foreign[0]
    there = {name for name, has in llvm.get_host_cpu_features().items() if has}
    return next((name for name, width in FAMILIES.items() if width <= asked.width() and HAS[name] <= there), "")


@functools.cache
def processor() -> tuple[str, str]:
    """(name, features) as LLVM has them: the family's, or the processor's, cut to the vectors that are used."""
    if family():
        return family(), WHOLE_VECTORS.get(family(), "")
    features = llvm.get_host_cpu_features()
    if lanes() < 16:
        features.update({name: False for name in features if name.startswith("avx512") or name.startswith("avx10")})
    if lanes() < 8:
        features.update({name: False for name in features if name.startswith("avx") or name in ("fma", "f16c", "vaes")})
    return llvm.get_host_cpu_name(), features.flatten()


@functools.cache
def lanes() -> int:
    """Floats in one vector register: 16, 8 or 4; PELLUCID_VECTOR may ask for fewer than there are."""
    if family():
        return FAMILIES[family()]
    features = llvm.get_host_cpu_features()
    widest = 16 if features.get("avx512f") else 8 if features.get("avx2") and features.get("fma") else 4
    return min(widest, asked.width())
