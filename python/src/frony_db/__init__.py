"""frony-db: a vector database for Korean and English text.

    import frony_db

    with frony_db.open("./data") as db:
        notes = db.collection("notes")
        notes.upsert([{"id": "1", "text": "서울의 봄은 짧다", "metadata": {"lang": "ko", "year": 2024}}])
        for match in notes.search("spring in Seoul", k=3, filter='lang = "ko"'):
            print(match.score, match.id, match.text, match.metadata)

`open` starts the bundled program for a directory; `connect` speaks to a server that runs
already. `open_async` and `connect_async` are the same for coroutines.
"""

from ._async import AsyncCollection, AsyncDatabase
from ._errors import (
    BinaryNotFound,
    BusyError,
    ConnectionFailed,
    ExistsError,
    FronyDBError,
    LockedError,
    NotFoundError,
    OpenError,
    ReadOnlyError,
    ServerError,
    UnknownOutcomeError,
)
from ._open import asynchronous, connect, connect_async, open, open_async
from ._sync import Collection, Database
from ._types import (
    Alias,
    Chunking,
    CollectionInfo,
    CollectionOptions,
    Condition,
    Document,
    Facet,
    FacetValue,
    FieldInfo,
    FieldType,
    Filter,
    FoundDocuments,
    Match,
    Query,
    Replaced,
    Result,
    Stats,
    StoredDocument,
    Written,
)
from ._upload import Progress, Rejected, UploadReport

__version__ = "0.1.0"

__all__ = [
    "Alias",
    "AsyncCollection",
    "AsyncDatabase",
    "BinaryNotFound",
    "BusyError",
    "Chunking",
    "Collection",
    "CollectionInfo",
    "CollectionOptions",
    "Condition",
    "ConnectionFailed",
    "Database",
    "Document",
    "ExistsError",
    "Facet",
    "FacetValue",
    "FieldInfo",
    "FieldType",
    "Filter",
    "FoundDocuments",
    "FronyDBError",
    "LockedError",
    "Match",
    "NotFoundError",
    "OpenError",
    "Progress",
    "Query",
    "ReadOnlyError",
    "Rejected",
    "Replaced",
    "Result",
    "ServerError",
    "Stats",
    "StoredDocument",
    "UnknownOutcomeError",
    "UploadReport",
    "Written",
    "asynchronous",
    "connect",
    "connect_async",
    "open",
    "open_async",
]
