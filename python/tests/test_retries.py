"""Requests that are sent again, against a transport that refuses at first."""

from __future__ import annotations

import asyncio
import email.utils
import json
import time
from collections.abc import Callable

import httpx
import pytest

import frony_db
from frony_db import BusyError, Collection, ConnectionFailed, Database, ServerError
from frony_db._async import AsyncCollection, AsyncDatabase
from frony_db._transport import AsyncTransport, Endpoint, Transport

Answer = httpx.Response | Exception
OK = httpx.Response(200, json={"ids": ["1"], "deleted": 1, "count": 1})


def busy(retry_after: str | None = None, status: int = 503) -> httpx.Response:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return httpx.Response(status, headers=headers, json={"error": {"code": "overloaded", "message": "m", "type": "t"}})


class Server:
    """Gives the answers in order."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def collection(self, retries: int = 4) -> Collection:
        endpoint = Endpoint("http://test", retries=retries, transport=lambda: httpx.MockTransport(self))
        return Collection(Transport(endpoint), "c")


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    out: list[float] = []
    monkeypatch.setattr(time, "sleep", out.append)
    return out


def test_retry_after_is_honoured(waits: list[float]) -> None:
    date = email.utils.formatdate(time.time() + 30, usegmt=True)
    s = Server(busy("2"), busy("0", 429), busy(date), OK)
    assert s.collection().count() == 1
    assert waits[:2] == [2, 0]
    assert 25 < waits[2] <= 30


def test_without_retry_after_the_waits_grow(waits: list[float]) -> None:
    s = Server(*[busy()] * 4, OK)
    s.collection().count()
    assert all(0.05 * 2**i <= w <= 0.1 * 2**i for i, w in enumerate(waits))


def test_retries_end(waits: list[float]) -> None:
    s = Server(*[busy("1")] * 3)
    with pytest.raises(BusyError, match="overloaded"):
        s.collection(retries=2).count()
    assert waits == [1, 1]


def test_a_long_retry_after_is_an_error(waits: list[float]) -> None:
    with pytest.raises(BusyError):
        Server(busy("3600")).collection().count()
    assert waits == []


@pytest.mark.parametrize("status", [400, 401, 404, 409, 413, 500, 507])
def test_other_errors_are_not_sent_again(waits: list[float], status: int) -> None:
    with pytest.raises(ServerError):
        Server(busy(status=status)).collection().count()
    assert waits == []


def test_an_insert_has_one_idempotency_key(waits: list[float]) -> None:
    s = Server(busy("0"), busy("0", 409), httpx.ReadError("reset"), OK)
    assert s.collection().insert([{"text": "x"}]) == ["1"]
    assert len({r.headers["Idempotency-Key"] for r in s.requests}) == 1


def test_an_upsert_that_is_sent_again_writes_the_same_documents(waits: list[float]) -> None:
    s = Server(httpx.ReadError("reset"), OK)
    s.collection().upsert([{"text": "x"}, {"text": "y", "id": "1"}])
    first, second = (json.loads(r.content)["documents"] for r in s.requests)
    assert first == second
    assert first[0]["id"] not in ("", "1")
    assert first[1]["id"] == "1"


def test_an_upload_that_the_server_ends_is_an_error(waits: list[float]) -> None:
    last = {"done": True, "written": 1, "error": {"code": "disk_full", "message": "no space", "type": "server_error"}}
    s = Server(httpx.Response(200, text=json.dumps(last)))
    with pytest.raises(ServerError, match="disk_full: the upload ended after 1 documents were written: no space"):
        s.collection().upload([{"id": "1", "text": "x"}, {"id": "2", "text": "y"}])


@pytest.mark.parametrize(
    ("code", "kind"), [("unknown_outcome", frony_db.UnknownOutcomeError), ("timeout", frony_db.ServerError)]
)
def test_an_unknown_outcome_is_an_error_of_its_own(waits: list[float], code: str, kind: type[ServerError]) -> None:
    detail = {"code": code, "message": "lost", "type": "server_error", "hint": "send it again"}
    with pytest.raises(ServerError, match=f"{code}: lost .send it again") as e:
        Server(httpx.Response(504, json={"error": detail})).collection().upsert([{"id": "1", "text": "x"}])
    assert type(e.value) is kind
    assert waits == []


@pytest.mark.parametrize(
    ("call", "error", "again"),
    [
        (lambda c: c.count(), httpx.ReadError("reset"), True),
        (lambda c: c.upload([{"text": "x"}], insert=True), httpx.ReadError("reset"), False),
        (lambda c: c.upload([{"text": "x"}], insert=True), httpx.ConnectError("refused"), True),
    ],
)
def test_lost_connections(
    waits: list[float], call: Callable[[Collection], object], error: httpx.TransportError, again: bool
) -> None:
    done = httpx.Response(200, text='{"done":true,"lines":1,"written":1}', request=httpx.Request("POST", "http://test"))
    s = Server(error, done if "upload" in repr(call.__code__.co_names) else OK)
    if again:
        call(s.collection())
        assert len(waits) == 1
    else:
        with pytest.raises(ConnectionFailed, match="no answer from http://test: reset"):
            call(s.collection())


def test_answers_of_others(waits: list[float]) -> None:
    """A proxy's page is an error with its text."""
    with pytest.raises(ServerError, match="http_502: <h1>Bad Gateway"):
        Server(httpx.Response(502, text="<h1>Bad Gateway</h1>")).collection(retries=0).count()


async def test_async(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("frony_db._transport.asyncio.sleep", sleep)
    s = Server(busy("3"), httpx.Response(200, json={"count": 1}))
    c = AsyncCollection(AsyncTransport(Endpoint("http://test", transport=lambda: httpx.MockTransport(s))), "c")
    assert await c.count() == 1
    assert waited == [3]


class Copying:
    """A server whose copy never ends."""

    def __init__(self, on_poll: Callable[[], None]) -> None:
        self.on_poll = on_poll
        self.requests: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(f"{request.method} {request.url.path}")
        if request.method == "GET":
            self.on_poll()
        return httpx.Response(200, json={"id": "t1", "state": "running"})


def test_an_interrupted_copy_is_cancelled(waits: list[float]) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    s = Copying(interrupt)
    db = Database(Transport(Endpoint("http://test", transport=lambda: httpx.MockTransport(s))))
    with pytest.raises(KeyboardInterrupt):
        db.copy("a", "b")
    assert s.requests == ["POST /v1/tasks", "GET /v1/tasks/t1", "POST /v1/tasks/t1/cancel"]


def test_a_copy_that_nobody_answers_for_is_not_cancelled(waits: list[float]) -> None:
    def fail() -> None:
        raise httpx.ConnectError("no route")

    s = Copying(fail)
    db = Database(Transport(Endpoint("http://test", retries=0, transport=lambda: httpx.MockTransport(s))))
    with pytest.raises(ConnectionFailed):
        db.copy("a", "b")
    assert s.requests == ["POST /v1/tasks", "GET /v1/tasks/t1"]


@pytest.mark.parametrize("end", ["timeout", "cancel"])
async def test_a_cancelled_copy_of_coroutines_is_cancelled(end: str) -> None:
    s = Copying(lambda: None)
    db = AsyncDatabase(AsyncTransport(Endpoint("http://test", transport=lambda: httpx.MockTransport(s))))
    if end == "timeout":
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await db.copy("a", "b")
    else:
        copy = asyncio.create_task(db.copy("a", "b"))
        await asyncio.sleep(0.05)
        copy.cancel()
        with pytest.raises(asyncio.CancelledError):
            await copy
    assert s.requests[-1] == "POST /v1/tasks/t1/cancel"
