"""Sending requests, in threads and in event loops."""

from __future__ import annotations

import asyncio
import os
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from ._errors import ConnectionFailed
from ._wire import Call, error, pause


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server is, and how to speak to it."""

    url: str
    key: str | None = field(default=None, repr=False)
    retries: int = 4
    timeout: float = 60.0
    local: bool = False  # no proxy stands between
    transport: Callable[[], Any] | None = None  # for tests

    def options(self) -> dict[str, Any]:
        """The arguments of httpx's clients."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        if self.local:
            headers["Accept-Encoding"] = "identity"  # compressing costs more than it saves
        out: dict[str, Any] = {"base_url": self.url.rstrip("/"), "headers": headers, "timeout": self.timeout}
        if self.transport is not None:
            out["transport"] = self.transport()
        if self.local:
            out |= {"trust_env": False, "verify": False}  # HTTP without proxy: no certificates to load, in 20 ms
        return out

    def pause(self, call: Call, attempt: int, outcome: httpx.Response | httpx.TransportError) -> float:
        """The seconds to wait before a request is sent again; raises its error if it is not."""
        wait = pause(call, attempt, outcome) if attempt < self.retries else None
        if wait is not None:
            return wait
        if isinstance(outcome, httpx.Response):
            raise error(outcome)
        raise ConnectionFailed(f"no answer from {self.url}: {str(outcome) or type(outcome).__name__}") from outcome


class Transport:
    """A server's connections. Threads may share it; a forked process gets connections of its own."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._http = httpx.Client(**endpoint.options())
        self._pid = os.getpid()

    def send(self, call: Call) -> httpx.Response:
        """Sends a request, again if need be, and returns the answer if it is no error."""
        if self._pid != os.getpid():
            self._http, self._pid = httpx.Client(**self.endpoint.options()), os.getpid()
        if self._http.is_closed:
            raise ConnectionFailed(f"the database at {self.endpoint.url} is closed")
        attempt = 0
        while True:
            outcome: httpx.Response | httpx.TransportError
            try:
                outcome = self._http.request(call.method, call.path, **call.arguments())
            except httpx.TransportError as e:
                outcome = e
            if isinstance(outcome, httpx.Response) and outcome.is_success:
                return outcome
            wait = self.endpoint.pause(call, attempt, outcome)
            time.sleep(wait)
            attempt += 1

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()


class AsyncTransport:
    """A server's connections for coroutines: an event loop's connections are its own."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._http: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient]
        self._http = weakref.WeakKeyDictionary()

    def _client(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if loop not in self._http:
            self._http[loop] = httpx.AsyncClient(**self.endpoint.options())
        return self._http[loop]

    async def send(self, call: Call) -> httpx.Response:
        """Sends a request, again if need be, and returns the answer if it is no error."""
        attempt = 0
        while True:
            outcome: httpx.Response | httpx.TransportError
            try:
                outcome = await self._client().request(call.method, call.path, **call.arguments())
            except httpx.TransportError as e:
                outcome = e
            if isinstance(outcome, httpx.Response) and outcome.is_success:
                return outcome
            wait = self.endpoint.pause(call, attempt, outcome)
            await asyncio.sleep(wait)
            attempt += 1

    async def close(self) -> None:
        """Closes the connections of this event loop."""
        client = self._http.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()
