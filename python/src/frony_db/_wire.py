"""What the two clients share: bodies, batches, and which requests are sent again."""

from __future__ import annotations

import email.utils
import json
import random
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import quote

import httpx

from ._errors import BusyError, ExistsError, NotFoundError, ServerError, UnknownOutcomeError
from ._types import Document, Filter, ProblemDetail, SearchOptions

# A request has at most so many documents and bytes: the server's limits, with room to spare.
BATCH_DOCUMENTS = 1000
BATCH_BYTES = 8 << 20
# Longest time that a Retry-After is waited for; a longer one is an error at once.
LONGEST_WAIT = 60.0


def encode(value: Any) -> bytes:
    """JSON in UTF-8. Times become RFC 3339, arrays of numpy become lists."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_encode).encode()


def _encode(value: Any) -> Any:
    if isinstance(value, date):  # and datetime
        return value.isoformat()
    if isinstance(value, (set, frozenset, tuple)):
        return sorted(value)
    if hasattr(value, "tolist"):  # numpy, without importing it
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no place in a document: {value!r}")


def several(values: Iterable[str], what: str) -> list[str]:
    """A list of texts. A single one is refused: its letters would be taken for the list."""
    if isinstance(values, (str, bytes)):
        raise TypeError(f"{what}: want a list, not {values!r}; write [{values!r}]")
    return list(values)


def each(documents: Iterable[Document]) -> Iterator[Document]:
    """The documents, which are dicts."""
    for i, d in enumerate(documents):
        if not isinstance(d, Mapping):
            raise TypeError(f"document {i} is {d!r:.40}; want a list of dicts such as {{'id': '1', 'text': '…'}}")
        yield d


def batches(documents: Iterable[Document], *, name: bool) -> Iterator[list[bytes]]:
    """Encoded documents, as many as fit in a request.

    With `name`, those without an id get one here, so that a request that is sent twice does not
    write twice.
    """
    batch: list[bytes] = []
    size = 0
    for d in each(documents):
        line = encode({**d, "id": uuid.uuid4().hex} if name and not d.get("id") else d)
        if batch and (len(batch) == BATCH_DOCUMENTS or size + len(line) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line) + 1
    if batch:
        yield batch


def ask(
    text: str | None,
    embedding: Sequence[float] | None,
    k: int,
    filter: Filter | None,
    fields: Sequence[str] | None,
    options: SearchOptions,
) -> dict[str, Any]:
    """A query, without what is missing."""
    given = {"text": text, "embedding": embedding, "filter": filter, "fields": fields}
    return {"k": k, **options, **{name: value for name, value in given.items() if value is not None}}


def path(*parts: str) -> str:
    """The path of a collection, or of what is under it."""
    return "/v1/collections/" + "/".join(map(_part, parts))


def alias_path(alias: str) -> str:
    """The path of an alias."""
    return "/v1/aliases/" + _part(alias)


def _part(name: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"names and ids are texts, not {type(name).__name__}: {name!r}")
    if not name:
        raise ValueError("a name or an id is empty")
    return quote(name, safe="")


@dataclass(slots=True)
class Call:
    """A request. `again` says that it may be sent twice."""

    method: str
    path: str
    body: bytes | None = None
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    again: bool = True

    def arguments(self) -> dict[str, Any]:
        """The arguments of httpx's request and build_request."""
        headers = {"Content-Type": "application/json", **self.headers} if self.body is not None else dict(self.headers)
        return {"content": self.body, "params": self.query or None, "headers": headers}


def pause(call: Call, attempt: int, outcome: httpx.Response | httpx.TransportError) -> float | None:
    """The seconds to wait before the request is sent again; None if it is not."""
    backoff: float = min(5.0, 0.1 * 2**attempt) * random.uniform(0.5, 1)
    if isinstance(outcome, httpx.TransportError):
        # A connection that was refused has carried nothing.
        return backoff if call.again or isinstance(outcome, httpx.ConnectError) else None
    asked = _retry_after(outcome)
    if (outcome.status_code == 409 and asked is None) or outcome.status_code not in (409, 429, 502, 503):
        return None
    if asked is None:
        return backoff
    return asked if asked <= LONGEST_WAIT else None


def _retry_after(response: httpx.Response) -> float | None:
    """Retry-After in seconds: a number, or a date."""
    text: str | None = response.headers.get("Retry-After")
    if text is None:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        at: float = email.utils.parsedate_to_datetime(text).timestamp()
        return max(0.0, at - time.time())
    except ValueError:
        return None


def error(response: httpx.Response) -> ServerError:
    """The error that an answer tells."""
    try:
        detail = ProblemDetail.from_json(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        text = response.text.strip()[:200] or response.reason_phrase
        detail = ProblemDetail(code=f"http_{response.status_code}", message=text, type="api_error")
    kind: type[ServerError] = {
        404: NotFoundError,
        409: ExistsError if detail.code in ("exists", "collection_exists") else ServerError,
        429: BusyError,
        503: BusyError,
        504: UnknownOutcomeError if detail.code == "unknown_outcome" else ServerError,
    }.get(response.status_code, ServerError)
    return kind(response.status_code, detail)
