"""Puts a frony-db binary into a wheel, and names the platform that it is for."""

import os
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BinaryHook(BuildHookInterface[Any]):
    """FRONYDB_WHEEL_BINARY is the binary, FRONYDB_WHEEL_PLATFORM the tag. Without them the wheel has none."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Changes what the wheel holds."""
        binary = os.environ.get("FRONYDB_WHEEL_BINARY")
        if self.target_name != "wheel" or not binary:
            return
        name = "frony-db.exe" if binary.endswith(".exe") else "frony-db"
        build_data["force_include"][binary] = f"frony_db/bin/{name}"
        build_data["tag"] = f"py3-none-{os.environ['FRONYDB_WHEEL_PLATFORM']}"
        build_data["pure_python"] = False
