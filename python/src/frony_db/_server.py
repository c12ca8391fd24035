"""The server of a directory: found or started, and held.

Every process keeps a connection to the server's /hold. The server ends with the last of
them. The operating system closes the connections of a process that is killed, so that a
server is never left behind; one whose process is killed before it connects ends by itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from . import _binary, _rundir
from ._errors import LockedError, OpenError, ReadOnlyError
from ._transport import Endpoint

# How long a server that ends may take to close its database, and a new one to open it.
CLOSING = 30.0
# How long it may take to notice that its last user has gone.
NOTICING = 1.0
OPENING = 600.0


@dataclass(slots=True)
class Hold:
    """A connection that keeps the server running. It is closed with the last user in this process."""

    endpoint: Endpoint
    model: str | None
    connection: socket.socket
    users: int = 1


_held: dict[Path, Hold] = {}
_lock = threading.Lock()  # guards _held


def acquire(path: Path, *, read_only: bool, model: str | None, arguments: list[str]) -> Hold:
    """Finds the server of a directory, or starts it."""
    run = _rundir.folder(path, read_only)
    with _lock:
        hold = _held.get(run)
        if hold is not None and _closed(hold.connection):
            _held.pop(run).connection.close()
            hold = None
        if hold is None:
            hold = _held[run] = _open(path, run, read_only, model, arguments)
        else:
            hold.users += 1
        try:
            _same_model(path, model, hold.model)
        except OpenError:
            _release(run, hold)
            raise
        return hold


def release(hold: Hold) -> None:
    """Gives up one use of a server."""
    with _lock:
        for run, h in list(_held.items()):
            if h is hold:
                _release(run, h)


def _release(run: Path, hold: Hold) -> None:
    hold.users -= 1
    if hold.users == 0:
        del _held[run]
        # The server closes its side when it has closed the database, or at once if others use it.
        with hold.connection, contextlib.suppress(OSError):
            hold.connection.settimeout(CLOSING)
            hold.connection.shutdown(socket.SHUT_WR)
            hold.connection.recv(1)


def _after_fork() -> None:
    """Gives a forked process connections of its own: the parent's end when the parent is done."""
    global _lock
    _lock = threading.Lock()  # a thread of the parent may have had it
    for hold in _held.values():
        own = _connect({"url": hold.endpoint.url, "key": hold.endpoint.key})
        if own is not None:
            hold.connection.close()
            hold.connection = own


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _closed(connection: socket.socket) -> bool:
    """Whether the server has closed a connection: it sends nothing else."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _same_model(path: Path, asked: str | None, running: str | None) -> None:
    if asked is not None and asked != running:
        has = running or "that is built in"
        raise OpenError(
            path, f"it is open already with the model {has}, and not with {asked}; close it, or leave the model out"
        )


def _open(path: Path, run: Path, read_only: bool, model: str | None, arguments: list[str]) -> Hold:
    with _rundir.locked(run, path, OPENING):
        found = _rundir.read(run)
        connection = None if found is None else _connect(found)
        if found is not None and connection is not None:
            return _hold(found, connection)
        began = time.monotonic()
        while True:
            before = _before(path, read_only)
            try:
                server = _start(path, run, read_only, model, arguments)
                break
            except LockedError:
                waited = time.monotonic() - began
                if before is None or waited > CLOSING:
                    raise
                if before == "other mode" and waited > NOTICING:
                    how = f"read_only={not read_only}"
                    raise LockedError(path, f"a Python process of yours has it open with {how}") from None
                time.sleep(0.02)
        _rundir.write(run, server)
        connection = _connect(server)
        if connection is None:
            raise OpenError(path, f"its server ended at once: {_log(run)}")
        return _hold(server, connection)


def _hold(server: dict[str, Any], connection: socket.socket) -> Hold:
    return Hold(Endpoint(server["url"], server["key"], local=True), server.get("model"), connection)


def _connect(server: dict[str, Any]) -> socket.socket | None:
    """A connection to /hold; None if this server does not run, or stops."""
    at = urlsplit(server["url"])
    try:
        connection = socket.create_connection((at.hostname or "", at.port or 0), timeout=10)
    except OSError:
        return None
    try:
        connection.sendall(
            f"GET /hold HTTP/1.1\r\nHost: {at.netloc}\r\nAuthorization: Bearer {server['key']}\r\n"
            "Connection: Upgrade\r\nUpgrade: frony-hold\r\n\r\n".encode()
        )
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            got = connection.recv(1)
            if not got or len(answer) > 4096:
                break
            answer += got
    except OSError:
        answer = b""
    if answer.startswith(b"HTTP/1.1 101 "):
        connection.settimeout(None)
        return connection
    connection.close()
    return None


def _start(path: Path, run: Path, read_only: bool, model: str | None, arguments: list[str]) -> dict[str, Any]:
    """Starts a server, and returns once it listens."""
    binary, key = _binary.find(), "frony_" + secrets.token_hex(24)
    command = [
        str(binary),
        "serve",
        "--db",
        str(path),
        "--addr",
        "127.0.0.1:0",
        "--held",
        "--json",
        "--check-rate",
        "0",  # self-queries in the background are for a server's metrics
        "--log-level",
        "warn",
    ]
    command += ["--read-only"] if read_only else []
    command += ["--model", model] if model else []
    # The user's settings for a server of their own are not meant for this one.
    environment = {
        k: v for k, v in os.environ.items() if k == "FRONYDB_ORT_LIB" or not k.startswith(("FRONYDB_", "OTEL_TRACES_"))
    }
    flags: dict[str, Any] = {"start_new_session": True}  # Ctrl-C is for this process
    if sys.platform == "win32":
        flags = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    with open(run / "server.log", "wb") as log:
        process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=run,
            env=environment | {"FRONYDB_ADMIN_KEY": key},
            **flags,
        )
    assert process.stdout is not None
    with process.stdout:
        ready = b""
        for line in process.stdout:
            ready += line
            if line.rstrip() == b"}":
                break
    if not ready.rstrip().endswith(b"}"):
        raise _failure(path, process.wait(), _log(run))
    # It outlives this process if others use it: init reaps it then, and this thread until then.
    threading.Thread(target=process.wait, name="frony-db server", daemon=True).start()
    return {**json.loads(ready), "key": key, "model": model}


def _log(run: Path) -> str:
    text = (run / "server.log").read_text(encoding="utf-8", errors="replace").strip()
    return text.removeprefix("frony-db: ")[-2000:] or "it said nothing"


def _failure(path: Path, code: int, log: str) -> OpenError:
    last = log.splitlines()[-1].removeprefix("frony-db: ")
    if "database is locked" in log:
        return LockedError(
            path,
            f"{last.split(';')[0]}. It is no Python process of yours: stop it, or use it with frony_db.connect(url)",
        )
    if "read-only" in log or "permission denied" in log:
        return ReadOnlyError(path, f"{last}. To search without writing, open it with read_only=True")
    return OpenError(path, f"its server ended with exit code {code}: {log}")


def _before(path: Path, read_only: bool) -> Literal["ends", "other mode"] | None:
    """What may have the directory locked: a server of this package that ends, or one in the other mode."""
    for mode in (read_only, not read_only):
        server = _rundir.read(_rundir.folder(path, mode))
        if server is not None and _alive(int(server["pid"])):
            return "other mode" if mode != read_only and _listens(server) else "ends"
    return None


def _listens(server: dict[str, Any]) -> bool:
    at = urlsplit(server["url"])
    try:
        socket.create_connection((at.hostname or "", at.port or 0), timeout=10).close()
    except OSError:
        return False
    return True


def _alive(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # os.kill would end it; the deadline decides
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False  # the number is somebody else's by now
    return True
