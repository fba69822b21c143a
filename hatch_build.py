"""Puts machine code into the wheel, where `make wheel` has left some: it then is one for this platform."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import platform_tags


class MachineCode(BuildHookInterface):
    """PELLUCID_CODE names the folder that `pellucid.machine.shipping` has filled; without it the wheel is pure."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        folder = os.environ.get("PELLUCID_CODE", "")
        if version == "editable" or not folder or not Path(folder).is_dir():
            return
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{_platform()}"
        build_data["force_include"][folder] = "pellucid/machine/code"


def _platform() -> str:
    """The oldest system of this kind that can load the code: on Linux it needs no more than the C library's `memset`
    and `pow`, whatever that library's version."""
    if platform.system() == "Linux":
        return f"manylinux_2_17_{platform.machine()}"
    return next(iter(platform_tags()))
