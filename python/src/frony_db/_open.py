"""The entrances: a directory, or a server's address."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from . import _server
from ._async import AsyncDatabase
from ._sync import Database
from ._transport import AsyncTransport, Endpoint, Transport


def open(
    path: str | os.PathLike[str],
    *,
    model: str | None = None,
    read_only: bool = False,
    arguments: Sequence[str] = (),
) -> Database:
    """Opens the database in a directory, which is made if it is missing.

    Its server is a process of its own, on a loopback port and with a random key. The
    processes of a user share it, and it ends with the last of them. `model` is a model of the
    frony-db program, such as a directory with a Hugging Face model; the default is built in.
    `arguments` are further ones of `frony-db serve`; they count for the process that starts it.

    Raises LockedError if something else has the directory open, ReadOnlyError if it can't be
    written to, and OpenError otherwise.
    """
    hold = _acquire(path, model, read_only, arguments)
    return Database(Transport(hold.endpoint), _once(hold))


def connect(url: str, *, key: str | None = None, retries: int = 4, timeout: float = 60.0) -> Database:
    """The database of a server, such as http://127.0.0.1:7700. It sends nothing yet.

    `timeout` is the time in seconds to connect, and to wait for the next part of an answer.
    """
    return Database(Transport(_endpoint(url, key, retries, timeout)))


def open_async(
    path: str | os.PathLike[str],
    *,
    model: str | None = None,
    read_only: bool = False,
    arguments: Sequence[str] = (),
) -> Opening:
    """The same as open for coroutines.

    async with open_async(path) as db: …
    db = await open_async(path)
    """
    return Opening(lambda: _acquire(path, model, read_only, arguments))


def connect_async(url: str, *, key: str | None = None, retries: int = 4, timeout: float = 60.0) -> AsyncDatabase:
    """Like connect, for coroutines."""
    return AsyncDatabase(AsyncTransport(_endpoint(url, key, retries, timeout)))


def _endpoint(url: str, key: str | None, retries: int, timeout: float) -> Endpoint:
    at = urlsplit(url)
    if at.scheme not in ("http", "https") or not at.hostname:
        raise ValueError(f"url {url!r}: want http://HOST:PORT or https://HOST:PORT, such as http://127.0.0.1:7700")
    return Endpoint(url, key, retries, timeout)


def asynchronous(database: Database) -> AsyncDatabase:
    """The same database for coroutines. It is open as long as the first is."""
    return AsyncDatabase(AsyncTransport(database._transport.endpoint))


class Opening:
    """A database that is being opened."""

    def __init__(self, acquire: Callable[[], _server.Hold]) -> None:
        self._acquire = acquire
        self._database: AsyncDatabase | None = None

    async def _open(self) -> AsyncDatabase:
        hold = await asyncio.to_thread(self._acquire)
        return AsyncDatabase(AsyncTransport(hold.endpoint), _once(hold))

    def __await__(self) -> Generator[Any, None, AsyncDatabase]:
        return self._open().__await__()

    async def __aenter__(self) -> AsyncDatabase:
        self._database = await self._open()
        return self._database

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._database is not None:
            await self._database.close()


def _acquire(
    path: str | os.PathLike[str], model: str | None, read_only: bool, arguments: Sequence[str]
) -> _server.Hold:
    if model is not None and Path(model).exists():
        model = str(Path(model).absolute())
    return _server.acquire(Path(path).absolute(), read_only=read_only, model=model, arguments=list(arguments))


def _once(hold: _server.Hold) -> Callable[[], None]:
    """Releases a hold, however often it is called."""
    open = [hold]

    def close() -> None:
        if open:
            _server.release(open.pop())

    return close
