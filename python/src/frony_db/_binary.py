"""Which frony-db binary is started."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from ._errors import BinaryNotFound

NAME = "frony-db.exe" if sys.platform == "win32" else "frony-db"


def find() -> Path:
    """The binary that FRONYDB_BINARY names, else the bundled one, else the one on the path."""
    named = os.environ.get("FRONYDB_BINARY")
    if named:
        found = shutil.which(named)
        if found is None:
            raise BinaryNotFound(f"FRONYDB_BINARY is {named!r}, which is no program")
        return Path(found).absolute()
    bundled = Path(__file__).parent / "bin" / NAME
    if bundled.is_file():
        return bundled
    on_path = shutil.which(NAME)
    if on_path is None:
        raise BinaryNotFound(
            "this package has no frony-db binary for this platform, and there is none on the path; "
            "build one (go build ./cmd/frony-db) and name it with FRONYDB_BINARY"
        )
    return Path(on_path).absolute()
