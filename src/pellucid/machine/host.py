"""The processor this runs on: what it is called, how wide its vectors are, how many cores this process may use."""

from __future__ import annotations

import functools
import os

import llvmlite.binding as llvm

WIDTHS = (16, 8, 4)  # floats in a vector: AVX-512, AVX2, and NEON or SSE


@functools.cache
def processor() -> tuple[str, str]:
    """(name, features) as LLVM has them, cut to the vectors that PELLUCID_VECTOR allows."""
    features = llvm.get_host_cpu_features()
    if lanes() < 16:
        features.update({name: False for name in features if name.startswith("avx512") or name.startswith("avx10")})
    if lanes() < 8:
        features.update({name: False for name in features if name.startswith("avx") or name in ("fma", "f16c", "vaes")})
    return llvm.get_host_cpu_name(), features.flatten()


@functools.cache
def lanes() -> int:
    """Floats in one vector register: 16, 8 or 4; PELLUCID_VECTOR may ask for fewer than there are."""
    features = llvm.get_host_cpu_features()
    widest = 16 if features.get("avx512f") else 8 if features.get("avx2") and features.get("fma") else 4
    asked = os.environ.get("PELLUCID_VECTOR", "")
    return min(widest, int(asked)) if asked in map(str, WIDTHS) else widest


def cores() -> int:
    """Cores this process may run on; PELLUCID_THREADS may allow fewer."""
    try:
        there = len(os.sched_getaffinity(0))
    except AttributeError:
        there = os.cpu_count() or 1
    asked = os.environ.get("PELLUCID_THREADS", "")
    return max(1, min(there, int(asked))) if asked.isdigit() else there
