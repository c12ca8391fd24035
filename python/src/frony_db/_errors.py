"""The errors of this package. All are FronyDBError."""

from __future__ import annotations

from pathlib import Path

from ._types import ProblemDetail


class FronyDBError(Exception):
    """The base of all errors of this package."""


class ServerError(FronyDBError):
    """The server refused a request.

    `code` is stable, such as "invalid_filter"; docs/http.md lists the codes. `status` is the
    HTTP status, `hint` says what to do, and `request_id` is in the server's log.
    """

    def __init__(self, status: int, detail: ProblemDetail) -> None:
        text = (
            detail.message if not detail.hint or detail.hint in detail.message else f"{detail.message} ({detail.hint})"
        )
        super().__init__(f"{detail.code}: {text}")
        self.status = status
        self.code = detail.code
        self.param = detail.param
        self.hint = detail.hint
        self.request_id = detail.request_id


class NotFoundError(ServerError):
    """There is no such collection, or no such document."""


class ExistsError(ServerError):
    """A document or collection exists already."""


class BusyError(ServerError):
    """The server cannot answer for now, and retries did not help. Nothing was done.

    It is overloaded, loading or stopping, or its storage engine's servers are not available.
    """


class UnknownOutcomeError(ServerError):
    """The storage engine's answer to a write was lost: each document may have been written or not.

    Upserts of documents with ids, replacements, updates and deletes can be sent again. An insert
    may then fail with ExistsError because of itself.
    """


class ConnectionFailed(FronyDBError):
    """No answer came from the server."""


class OpenError(FronyDBError):
    """The database of a directory could not be opened."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path


class LockedError(OpenError):
    """Another process, which is not one of this user's Python processes, has the directory open."""


class ReadOnlyError(OpenError):
    """The directory cannot be written to. `frony_db.open(path, read_only=True)` may read it."""


class BinaryNotFound(FronyDBError):
    """There is no frony-db binary."""
