"""What an upload tells."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ._errors import FronyDBError, ServerError
from ._types import ProblemDetail, UploadLine


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a write has come, in documents."""

    sent: int = 0
    written: int = 0
    rejected: int = 0

    def plus(self, sent: int, written: int, rejected: int) -> Progress:
        """The progress after one more batch."""
        return Progress(self.sent + sent, self.written + written, self.rejected + rejected)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A document that was refused. `position` counts the documents of the upload from 0."""

    position: int
    id: str | None
    error: ProblemDetail


@dataclass(frozen=True, slots=True)
class UploadReport:
    """The outcome of an upload."""

    progress: Progress = Progress()
    rejected: list[Rejected] = field(default_factory=list)

    @property
    def written(self) -> int:
        """The number of documents that were written."""
        return self.progress.written

    def plus(self, batch: Sequence[bytes], answer: str) -> UploadReport:
        """The report after one more part: its documents, and the answer, a JSON object per line."""
        rejected = list(self.rejected)
        total: UploadLine | None = None
        for text in answer.splitlines():
            line = UploadLine.from_json(json.loads(text))
            if line.done:
                total = line
            elif line.error is not None:
                at = (line.line or 1) - 1
                rejected.append(Rejected(self.progress.sent + at, json.loads(batch[at]).get("id"), line.error))
        if total is None:
            raise FronyDBError(f"the upload was cut off; {self.written} documents before it were written")
        if total.error is not None:  # the server could not go on, such as with a full disk
            written = self.written + (total.written or 0)
            why = f"the upload ended after {written} documents were written: {total.error.message}"
            raise ServerError(200, replace(total.error, message=why))
        return UploadReport(self.progress.plus(len(batch), total.written or 0, total.rejected or 0), rejected)
