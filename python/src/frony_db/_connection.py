"""How the stores of frameworks come to their collection."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable

from ._async import AsyncCollection
from ._open import connect, open
from ._sync import Collection, Database
from ._transport import AsyncTransport
from ._types import CollectionOptions


class Connection:
    """A collection that is found, or made, at its first use.

    The database is one that is open, a directory, or a server's address: exactly one of them.
    """

    def __init__(
        self,
        name: str,
        *,
        database: Database | None = None,
        path: str | os.PathLike[str] | None = None,
        url: str | None = None,
        key: Callable[[], str | None] = lambda: None,
        options: Callable[[], CollectionOptions] = lambda: {},
    ) -> None:
        if sum(x is not None for x in (database, path, url)) != 1:
            raise ValueError("want exactly one of database, path (a directory) and url (a server)")
        self.name = name
        self._database = database
        self._path, self._url, self._key, self._options = path, url, key, options
        self._own = database is None
        self._lock = threading.Lock()  # guards the rest
        self._collection: Collection | None = None
        self._asynchronous: AsyncCollection | None = None

    @property
    def database(self) -> Database:
        """The database, which is opened if it is not yet."""
        with self._lock:
            return self._open()

    def _open(self) -> Database:
        if self._database is None:
            if self._path is not None:
                self._database = open(self._path)
            else:
                self._database = connect(self._url or "", key=self._key())
        return self._database

    def collection(self) -> Collection:
        """The collection for threads."""
        with self._lock:
            if self._collection is None:
                database = self._open()
                if self.name in {c.name for c in database.collections()}:
                    self._collection = Collection(database._transport, self.name)
                else:
                    self._collection = database.collection(self.name, **self._options())
            return self._collection

    async def collection_async(self) -> AsyncCollection:
        """The collection for coroutines."""
        if self._asynchronous is None:
            made = await asyncio.to_thread(self.collection)
            self._asynchronous = AsyncCollection(AsyncTransport(made._transport.endpoint), self.name)
        return self._asynchronous

    def recreate(self) -> None:
        """Drops the collection. The next use makes it anew."""
        made = self.collection()
        with self._lock:
            self._open().drop(made.name)
            self._collection = self._asynchronous = None

    async def recreate_async(self) -> None:
        """The same as recreate for coroutines."""
        await asyncio.to_thread(self.recreate)

    def close(self) -> None:
        """Closes the database if this opened it."""
        with self._lock:
            if self._own and self._database is not None:
                self._database.close()
                self._database = self._collection = self._asynchronous = None
