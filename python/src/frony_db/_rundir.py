"""Where the processes of one user meet: a folder per database, outside of it.

    start.lock    held by the process that looks for the server or starts it
    server.json   {"url", "key", "pid", "model"} of the last server that was started
    server.log    its log

The folder is the user's alone. A server that has ended leaves its server.json behind: whoever
finds no server at its address starts a new one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ._errors import OpenError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


def folder(database: Path, read_only: bool) -> Path:
    """The folder of a database. Servers that read only have one of their own."""
    # A home directory may be shared by several machines.
    name = "\n".join([platform.node(), os.path.realpath(database), "read" if read_only else "write"])
    made = _base(database) / hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:24]
    made.mkdir(mode=0o700, exist_ok=True)
    return made


def _base(database: Path) -> Path:
    if sys.platform == "win32":
        home = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        home = Path.home() / "Library" / "Caches"
    else:
        home = Path.home() / ".cache"
    temporary = Path(tempfile.gettempdir()) / f"frony-db-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
    for base in (home / "frony-db" / "run", temporary):
        with contextlib.suppress(OSError):
            base.mkdir(mode=0o700, parents=True, exist_ok=True)
            if _private(base):
                return base
    raise OpenError(database, f"neither {home / 'frony-db'} nor {temporary} is a folder that you alone can write to")


def _private(base: Path) -> bool:
    if sys.platform == "win32":
        return True
    s = base.lstat()
    return stat.S_ISDIR(s.st_mode) and s.st_uid == os.getuid() and not s.st_mode & 0o077 and os.access(base, os.W_OK)


@contextlib.contextmanager
def locked(run: Path, database: Path, timeout: float) -> Iterator[None]:
    """Holds start.lock. The operating system releases the lock of a process that ends."""
    file = os.open(run / "start.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + timeout
        while not _try(file):
            if time.monotonic() > deadline:
                raise OpenError(database, f"another process has been starting its server for {timeout:.0f} s")
            time.sleep(0.01)
        yield
    finally:
        os.close(file)


def _try(file: int) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def read(run: Path) -> dict[str, Any] | None:
    """The contents of server.json; None if there is none, or half of one."""
    try:
        found = json.loads((run / "server.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and {"url", "key", "pid"} <= found.keys() else None


def write(run: Path, server: dict[str, Any]) -> None:
    """Replaces server.json. It holds a key: nobody else may read it."""
    new = run / "server.json.new"
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as f:
        json.dump(server, f)
    os.replace(new, run / "server.json")
