"""Servers of directories: shared, ended with their last user, and never left behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import frony_db
from frony_db import _rundir, _server

# A process that opens a directory, says so, and waits for its end.
HOLDER = """
import sys, frony_db
db = frony_db.open(sys.argv[1])
db.collection("notes").upsert([{"id": sys.argv[2], "text": "note " + sys.argv[2]}])
print(db._transport.endpoint.url, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def hold(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts processes that hold the database in tmp_path, and returns them when they do."""
    running: list[subprocess.Popen[str]] = []

    def start(id: str) -> subprocess.Popen[str]:
        p = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(tmp_path / "db"), id],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(p)
        return p

    yield start
    for p in running:
        p.kill()
        p.wait()
        for pipe in (p.stdin, p.stdout):
            assert pipe is not None
            pipe.close()


def address(p: subprocess.Popen[str]) -> str:
    assert p.stdout is not None
    line = p.stdout.readline().strip()
    assert line.startswith("http://127.0.0.1:")
    return line


def pid_of(path: Path) -> int:
    server = _rundir.read(_rundir.folder(path, read_only=False))
    assert server is not None
    return int(server["pid"])


def listens(url: str) -> bool:
    at = urlsplit(url)
    try:
        socket.create_connection((at.hostname or "", at.port or 0), timeout=5).close()
    except OSError:
        return False
    return True


def until(condition: Callable[[], bool]) -> None:
    """Waits for what the operating system does."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "20 s have passed"
        time.sleep(0.01)


def test_the_last_of_two_processes_ends_the_server(
    tmp_path: Path, hold: Callable[[str], subprocess.Popen[str]]
) -> None:
    a, b = hold("a"), hold("b")  # they start at the same time
    url = address(a)
    assert address(b) == url
    a.kill()
    a.wait()
    with frony_db.open(tmp_path / "db") as db:
        assert {d.id for d in db.collection("notes").scan()} == {"a", "b"}
    assert listens(url)
    assert b.stdin is not None
    b.stdin.close()  # it ends without closing the database
    assert b.wait() == 0
    until(lambda: not listens(url))


def test_kill_9_leaves_no_server(tmp_path: Path, hold: Callable[[str], subprocess.Popen[str]]) -> None:
    a = hold("a")
    url = address(a)
    a.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    a.wait()
    until(lambda: not listens(url))
    with frony_db.open(tmp_path / "db") as db:  # it waits until the database is closed
        assert db.collection("notes").get("a").text == "note a"


def test_opening_while_the_server_stops(tmp_path: Path) -> None:
    for i in range(8):
        with frony_db.open(tmp_path / "db") as db:
            db.collection("notes").upsert([{"id": str(i), "text": "x"}])
            assert db.collection("notes").count() == i + 1


def test_closing_waits_for_the_server(tmp_path: Path) -> None:
    with frony_db.open(tmp_path / "db") as db:
        db.collection("notes").upsert([{"id": "1", "text": "x"}])
        pid = pid_of(tmp_path / "db")
    shutil.rmtree(tmp_path / "db")  # nobody writes to it any more
    until(lambda: not _server._alive(pid))


def test_uses_within_a_process(tmp_path: Path) -> None:
    a = frony_db.open(tmp_path / "db")
    b = frony_db.open(tmp_path / "." / "db")
    url = a._transport.endpoint.url
    assert b._transport.endpoint.url == url
    a.close()
    a.close()  # a second time is nothing
    assert b.collection("notes").count() == 0
    b.close()
    until(lambda: not listens(url))
    with pytest.raises(frony_db.ConnectionFailed, match=f"{url} is closed"):
        b.collections()


async def test_async(tmp_path: Path) -> None:
    async with frony_db.open_async(tmp_path / "db") as db:
        notes = await db.collection("notes")
        await notes.upsert([{"id": "1", "text": "서울의 봄"}])
        other = await frony_db.open_async(tmp_path / "db")
        assert [c.name for c in await other.collections()] == ["notes"]
        await other.close()
        assert (await notes.search("봄"))[0].id == "1"


def test_a_server_that_was_killed_is_started_again(tmp_path: Path) -> None:
    path = tmp_path / "db"
    with frony_db.open(path) as first:
        first.collection("notes").upsert([{"id": "1", "text": "x"}])
        os.kill(pid_of(path), signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
        until(lambda: not listens(first._transport.endpoint.url))
        with frony_db.open(path) as second:
            assert second.collection("notes").count() == 1


def test_a_directory_that_another_program_has_open(tmp_path: Path) -> None:
    path = tmp_path / "db"
    other = subprocess.Popen(
        [os.environ["FRONYDB_BINARY"], "serve", "--json", "--db", str(path), "--addr", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"{\n"
        with pytest.raises(frony_db.LockedError, match=rf"process {other.pid} has it open.*frony_db.connect") as e:
            frony_db.open(path)
        assert e.value.path == path
    finally:
        other.kill()
        other.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of Unix")
def test_another_users_processes(tmp_path: Path, hold: Callable[[str], subprocess.Popen[str]]) -> None:
    """Neither a read-only directory nor one that is in use is opened by another user."""
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    for folder in [tmp_path, *(p for p in tmp_path.parents if p.name.startswith("pytest-"))]:
        folder.chmod(0o755)
    path, home = tmp_path / "db", tmp_path / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)

    def as_nobody() -> str:
        """The error of another user's open. The interpreter may lie where only root can read."""
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
                os.environ["HOME"] = str(home)
                frony_db.open(path)
            except BaseException as e:
                os.write(write, f"{type(e).__name__} {e}".encode())
            finally:
                os._exit(0)
        os.close(write)
        with open(read, encoding="utf-8") as f:
            text = f.read()
        os.waitpid(child, 0)
        return text

    a = hold("a")
    address(a)
    for f in [path, *path.rglob("*")]:
        f.chmod(0o777)
    assert as_nobody().startswith("LockedError ")
    a.kill()
    a.wait()
    until(lambda: not as_nobody().startswith("LockedError "))
    for f in [path, *path.rglob("*")]:
        f.chmod(0o755 if f.is_dir() else 0o644)
    assert as_nobody().startswith("ReadOnlyError ")


def test_read_only(tmp_path: Path) -> None:
    path = tmp_path / "db"
    with frony_db.open(path) as db:
        db.collection("notes").upsert([{"id": "1", "text": "x"}])
    with frony_db.open(path, read_only=True) as db, frony_db.open(path, read_only=True) as other:
        assert db.collection("notes").search("x")[0].id == "1"
        assert other.collection("notes").count() == 1
        with pytest.raises(frony_db.ServerError, match="read_only"):
            db.collection("notes").upsert([{"id": "2", "text": "y"}])
        with pytest.raises(frony_db.LockedError, match="process of yours has it open with read_only=True"):
            frony_db.open(path)
    with pytest.raises(frony_db.OpenError, match="none"):
        frony_db.open(tmp_path / "none", read_only=True)


def test_what_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("x")
    with pytest.raises(frony_db.OpenError, match=r"thesis\.txt"):
        frony_db.open(tmp_path)
    with pytest.raises(frony_db.OpenError, match="not a directory"):
        frony_db.open(tmp_path / "thesis.txt")


def test_one_model_per_directory(tmp_path: Path) -> None:
    with (
        frony_db.open(tmp_path / "db"),
        pytest.raises(frony_db.OpenError, match=r"open already with the model that is built in, and not with other"),
    ):
        frony_db.open(tmp_path / "db", model="other")
    with pytest.raises(frony_db.OpenError, match="nonsense"):
        frony_db.open(tmp_path / "db2", model="nonsense:model")


def test_the_binary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONYDB_BINARY", str(tmp_path / "none"))
    with pytest.raises(frony_db.BinaryNotFound, match="FRONYDB_BINARY"):
        frony_db.open(tmp_path / "db")
    monkeypatch.delenv("FRONYDB_BINARY")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(frony_db.BinaryNotFound, match="on the path"):
        frony_db.open(tmp_path / "db")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork")
def test_a_forked_process(tmp_path: Path) -> None:
    """A child has connections of its own, and keeps the server while it runs."""
    with frony_db.open(tmp_path / "db") as db:
        notes = db.collection("notes")
        notes.upsert([{"id": "parent", "text": "x"}])
        child = os.fork()
        if child == 0:
            code = 1
            try:
                notes.upsert([{"id": "child", "text": "x"}])
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        assert {d.id for d in notes.scan()} == {"child", "parent"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork")
def test_a_forked_process_that_outlives_its_parents_use(tmp_path: Path) -> None:
    go_read, go_write = os.pipe()
    held_read, held_write = os.pipe()
    db = frony_db.open(tmp_path / "db")
    notes = db.collection("notes")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.write(held_write, b"x")  # it has a connection of its own
            os.read(go_read, 1)
            notes.upsert([{"id": "child", "text": "x"}])
            code = 0
        finally:
            os._exit(code)
    os.read(held_read, 1)
    db.close()
    os.write(go_write, b"x")
    assert os.waitpid(child, 0)[1] == 0
    for fd in (go_read, go_write, held_read, held_write):
        os.close(fd)
    with frony_db.open(tmp_path / "db") as again:
        assert again.collection("notes").get("child").text == "x"


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of Unix")
def test_the_key_is_the_users_alone(tmp_path: Path) -> None:
    with frony_db.open(tmp_path / "db") as db:
        run = _rundir.folder(tmp_path / "db", read_only=False)
        assert run.stat().st_mode & 0o077 == 0
        assert (run / "server.json").stat().st_mode & 0o077 == 0
        url = db._transport.endpoint.url
        with pytest.raises(frony_db.ServerError, match="no_key"):
            frony_db.connect(url).collections()
        assert str(db._transport.endpoint).count("frony_") == 0  # not in a traceback
