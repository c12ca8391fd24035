"""Databases and collections for coroutines."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, Unpack

from ._errors import NotFoundError, ServerError
from ._transport import AsyncTransport
from ._types import (
    Alias,
    Chunking,
    CollectionInfo,
    CollectionOptions,
    Document,
    Facet,
    Facets,
    FieldInfo,
    FieldInfos,
    Filter,
    FoundDocuments,
    Page,
    ProblemDetail,
    Query,
    Replaced,
    Result,
    SearchOptions,
    Stats,
    StoredDocument,
    Updated,
    Written,
)
from ._upload import Progress, UploadReport
from ._wire import BATCH_DOCUMENTS, Call, alias_path, ask, batches, each, encode, path, several


class AsyncCollection:
    """A collection of documents. It holds no state but its name."""

    def __init__(self, transport: AsyncTransport, name: str) -> None:
        self._transport = transport
        self.name = name

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    async def _send(self, method: str, *parts: str, body: Any = None, **more: Any) -> Any:
        content = None if body is None else encode(body)
        response = await self._transport.send(Call(method, path(self.name, *parts), content, **more))
        return response.json()

    async def upsert(
        self,
        documents: Iterable[Document],
        *,
        chunk: Chunking | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Written:
        """Writes documents, replacing those with the same ids.

        A text without an embedding is embedded by the server's model. With `chunk` ({} is
        enough), long texts are cut into chunks that fit the model. Up to 1,000 documents and
        8 MiB are one transaction; more are written in several, in order.
        """
        ids: list[str] = []
        written = unchanged = deleted = 0
        async for out in self._write("PUT", documents, chunk, progress):
            w = Written.from_json(out)
            ids += w.ids
            written, unchanged, deleted = (
                written + (w.written or 0),
                unchanged + (w.unchanged or 0),
                deleted + (w.deleted or 0),
            )
        if chunk is None:
            return Written(ids=ids)
        return Written(ids=ids, written=written, unchanged=unchanged, deleted=deleted)

    async def insert(
        self,
        documents: Iterable[Document],
        *,
        chunk: Chunking | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> list[str]:
        """Writes new documents and returns their ids; ExistsError if an id exists. See upsert."""
        ids: list[str] = []
        async for out in self._write("POST", documents, chunk, progress):
            ids += out["ids"]
        return ids

    async def _write(
        self,
        method: str,
        documents: Iterable[Document],
        chunk: Chunking | None,
        progress: Callable[[Progress], None] | None,
    ) -> AsyncIterator[dict[str, Any]]:
        tail = b"]}" if chunk is None else b'],"chunk":' + encode(chunk) + b"}"
        done = Progress()
        for batch in batches(documents, name=method == "PUT"):
            body = b'{"documents":[' + b",".join(batch) + tail
            headers = {"Idempotency-Key": uuid.uuid4().hex} if method == "POST" else {}
            response = await self._transport.send(Call(method, path(self.name, "documents"), body, headers=headers))
            done = done.plus(len(batch), len(batch), 0)
            if progress is not None:
                progress(done)
            yield response.json()

    async def upload(
        self,
        documents: Iterable[Document],
        *,
        insert: bool = False,
        chunk: Chunking | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> UploadReport:
        """Writes a stream of documents of any length. A refused document does not stop the others.

        Unlike upsert, it is not all or none: the report has the documents that were refused, and
        why. The iterable is read as fast as the server writes, a few megabytes at a time, and a
        part that the server was too busy for is sent again.
        """
        query: dict[str, Any] = {"mode": "insert" if insert else "upsert", "results": "errors"}
        if chunk is not None:
            query["chunk"] = chunk.get("format", "plain")
            query |= {f"chunk_{k}": v for k, v in chunk.items() if k != "format"}
        report = UploadReport()
        for batch in batches(documents, name=not insert):
            call = Call(
                "POST",
                path(self.name, "documents", "upload"),
                b"\n".join(batch) + b"\n",
                query,
                {"Content-Type": "application/x-ndjson"},
                again=not insert,
            )
            report = report.plus(batch, (await self._transport.send(call)).text)
            if progress is not None:
                progress(report.progress)
        return report

    async def replace_source(self, source: str, documents: Iterable[Document]) -> Replaced:
        """Replaces all documents of a source with these, in one transaction; none deletes it."""
        body = {"source": source, "documents": list(each(documents))}
        return Replaced.from_json(await self._send("POST", "documents", "source", body=body))

    async def get(self, id: str, *, fields: Sequence[str] | None = None) -> StoredDocument:
        """One document; NotFoundError if there is none."""
        query = {} if fields is None else {"fields": ",".join(fields) or "id"}
        return StoredDocument.from_json(await self._send("GET", "documents", id, query=query))

    async def get_many(self, ids: Iterable[str], *, fields: Sequence[str] | None = None) -> FoundDocuments:
        """The documents that exist, in the order of the ids, and the ids that don't."""
        every = several(ids, "ids")
        documents: list[StoredDocument] = []
        missing: list[str] = []
        for i in range(0, len(every), BATCH_DOCUMENTS):
            body: dict[str, Any] = {"ids": every[i : i + BATCH_DOCUMENTS]}
            if fields is not None:
                body["fields"] = list(fields)
            found = FoundDocuments.from_json(await self._send("POST", "documents", "get", body=body))
            documents += found.documents
            missing += found.missing
        return FoundDocuments(documents=documents, missing=missing)

    async def update(
        self, changes: Mapping[str, Any], ids: Iterable[str] | None = None, *, filter: Filter | None = None
    ) -> Updated:
        """Changes metadata, source or expiry of documents by ids or by filter, without their texts.

        `changes` has the fields `metadata`, `source` and `expires`, of which each may be missing.
        In metadata, None deletes a field, and what is not named stays; for source and expiry, None
        is none.
        """
        if (ids is None) == (filter is None):
            raise ValueError('update: want either ids or a filter; the filter "TRUE" changes everything')
        body: dict[str, Any] = dict(changes)
        if ids is None:
            body["filter"] = filter
            return Updated.from_json(await self._send("PATCH", "documents", body=body))
        every, updated = several(ids, "ids"), 0
        missing: list[str] = []
        for i in range(0, len(every), BATCH_DOCUMENTS):
            body["ids"] = every[i : i + BATCH_DOCUMENTS]
            out = Updated.from_json(await self._send("PATCH", "documents", body=body))
            updated += out.updated
            missing += out.missing or []
        return Updated(updated=updated, missing=missing)

    async def delete(self, ids: Iterable[str] | None = None, *, filter: Filter | None = None) -> int:
        """Deletes documents by ids or by filter, and returns how many there were."""
        if (ids is None) == (filter is None):
            raise ValueError('delete: want either ids or a filter; the filter "TRUE" deletes everything')
        if ids is None:
            return int((await self._send("POST", "documents", "delete", body={"filter": filter}))["deleted"])
        every, deleted = several(ids, "ids"), 0
        for i in range(0, len(every), BATCH_DOCUMENTS):
            body = {"ids": every[i : i + BATCH_DOCUMENTS]}
            deleted += int((await self._send("POST", "documents", "delete", body=body))["deleted"])
        return deleted

    async def count(self, filter: Filter | None = None) -> int:
        """The number of documents, or of those that a filter matches."""
        body = {} if filter is None else {"filter": filter}
        return int((await self._send("POST", "documents", "count", body=body))["count"])

    async def scan(
        self,
        filter: Filter | None = None,
        *,
        sort: str | None = None,
        fields: Sequence[str] | None = None,
        page: int = 500,
    ) -> AsyncIterator[StoredDocument]:
        """All documents, or those that a filter matches.

        They come by one or two fields, such as "-year,title" (descending by year), with
        those that lack the field last; else in byte order of their ids.
        """
        body: dict[str, Any] = {"limit": page}
        if sort is not None:
            body["sort"] = sort
        if filter is not None:
            body["filter"] = filter
        if fields is not None:
            body["fields"] = list(fields)
        while True:
            got = Page.from_json(await self._send("POST", "documents", "scan", body=body))
            for d in got.documents:
                yield d
            if got.next is None:
                return
            body["cursor"] = got.next

    async def facets(
        self, *fields: str, filter: Filter | None = None, top: int = 10, prefix: str = "", search: Query | None = None
    ) -> list[Facet]:
        """The most frequent values of fields, with the number of documents that have each.

        In all documents, in those that a filter matches, or in the results of a search;
        with a prefix, values that begin with it. "_source" is a field, too.
        """
        if not fields or not all(isinstance(f, str) for f in fields):
            raise TypeError(f'facets: want names of fields, as facets("lang", "year"), not {fields!r}')
        body: dict[str, Any] = {"fields": list(fields), "top": top}
        if filter is not None:
            body["filter"] = filter
        if prefix:
            body["prefix"] = prefix
        if search is not None:
            body["search"] = search
        return Facets.from_json(await self._send("POST", "facets", body=body)).facets

    async def fields(self, filter: Filter | None = None) -> list[FieldInfo]:
        """The fields of the metadata: their types, how many documents have them, examples."""
        body = {} if filter is None else {"filter": filter}
        return FieldInfos.from_json(await self._send("POST", "fields", body=body)).fields

    async def search(
        self,
        text: str | None = None,
        *,
        embedding: Sequence[float] | None = None,
        k: int = 10,
        filter: Filter | None = None,
        fields: Sequence[str] | None = None,
        **options: Unpack[SearchOptions],
    ) -> Result:
        """The k best matches of a text or an embedding, best first.

        A filter is a text such as 'lang = "ko" AND year >= 2020', or its JSON form.
        """
        body = ask(text, embedding, k, filter, fields, options)
        return Result.from_json(await self._send("POST", "search", body=body))

    async def search_batch(self, queries: Sequence[Query]) -> list[Result]:
        """Several searches, up to 64 in a request."""
        results: list[Result] = []
        for i in range(0, len(queries), 64):
            out = await self._send("POST", "search", "batch", body={"queries": list(queries[i : i + 64])})
            results += [Result.from_json(r) for r in out["results"]]
        return results

    async def info(self) -> CollectionInfo:
        """The collection's size and model."""
        return CollectionInfo.from_json(await self._send("GET"))

    async def stats(self) -> Stats:
        """What the collection takes in memory and on disk."""
        return Stats.from_json(await self._send("GET", "stats"))


class AsyncDatabase:
    """The collections of a server."""

    def __init__(self, transport: AsyncTransport, on_close: Callable[[], None] | None = None) -> None:
        self._transport = transport
        self._on_close = on_close

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._transport.endpoint.url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections. A database of a directory is closed with its last user."""
        await self._transport.close()
        if self._on_close is not None:
            self._on_close()

    async def collection(
        self, name: str, *, create: bool = True, **options: Unpack[CollectionOptions]
    ) -> AsyncCollection:
        """A collection, which is made if it is missing; with create=False, NotFoundError then.

        The options are for a new one; of one that exists, the dims are compared.
        """
        try:
            info = CollectionInfo.from_json((await self._transport.send(Call("GET", path(name)))).json())
            if options.get("dims", info.dims) != info.dims:
                raise ValueError(f"the collection {name!r} has {info.dims} dims, not {options['dims']}")
        except NotFoundError:
            if not create:
                raise
            body: Mapping[str, Any] = {**options, "name": name, "exist_ok": True}
            await self._transport.send(Call("POST", "/v1/collections", encode(body)))
        return AsyncCollection(self._transport, name)

    async def search(
        self,
        collections: Sequence[str],
        text: str | None = None,
        *,
        embedding: Sequence[float] | None = None,
        k: int = 10,
        filter: Filter | None = None,
        fields: Sequence[str] | None = None,
        **options: Unpack[SearchOptions],
    ) -> Result:
        """The k best matches in several collections of one model, best first.

        Names, aliases, and beginnings of them with * behind, such as "tenant-*". Each match has
        the name of its collection.
        """
        query = ask(text, embedding, k, filter, fields, options)
        body = encode({"collections": several(collections, "collections"), "query": query})
        return Result.from_json((await self._transport.send(Call("POST", "/v1/search", body))).json())

    async def collections(self) -> list[CollectionInfo]:
        """The collections, by name."""
        out = (await self._transport.send(Call("GET", "/v1/collections"))).json()
        return [CollectionInfo.from_json(c) for c in out["collections"]]

    async def rename(self, name: str, to: str) -> None:
        """Gives a collection another name; its aliases follow it, handles of the former name do not."""
        await self._transport.send(Call("POST", path(name, "rename"), encode({"name": to}), again=False))

    async def copy(self, name: str, to: str) -> int:
        """Copies a collection with its embeddings, and returns the number of documents.

        Nothing is embedded again. The copy appears when it is complete. A call that is interrupted stops it.
        """
        body = encode({"kind": "copy", "collection": name, "as": to})
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        task = (await self._transport.send(Call("POST", "/v1/tasks", body, headers=headers))).json()
        at, wait = f"/v1/tasks/{task['id']}", 0.02
        try:
            while task["state"] == "running":
                await asyncio.sleep(wait)
                wait = min(2 * wait, 0.5)
                task = (await self._transport.send(Call("GET", at))).json()
        except BaseException as e:
            # Nobody else knows the task. After a failed request it may well end.
            if not isinstance(e, Exception):
                with contextlib.suppress(Exception):
                    await self._transport.send(Call("POST", at + "/cancel", again=False))
            raise
        if task["state"] == "done":
            return int(task["result"]["copy"]["documents"])
        detail = task.get("error") or {"code": "cancelled", "message": "the task was cancelled", "type": "server_error"}
        raise ServerError(0, ProblemDetail.from_json(detail))

    async def aliases(self) -> list[Alias]:
        """The aliases, by name."""
        out = (await self._transport.send(Call("GET", "/v1/aliases"))).json()
        return [Alias.from_json(a) for a in out["aliases"]]

    async def set_alias(self, alias: str, collection: str) -> str | None:
        """Makes a name lead to a collection, in one transaction; returns the one that it has led to.

        Wherever a collection is named, the alias does as well.
        """
        body = encode({"collection": collection})
        previous: str | None = (await self._transport.send(Call("PUT", alias_path(alias), body))).json().get("previous")
        return previous

    async def drop_alias(self, alias: str) -> None:
        """Removes an alias; its collection stays."""
        await self._transport.send(Call("DELETE", alias_path(alias), again=False))

    async def drop(self, name: str) -> None:
        """Deletes a collection with all its documents.

        While aliases lead to it, that is a ServerError with the code "aliased": drop or switch them before.
        """
        await self._transport.send(Call("DELETE", path(name)))

    async def embed_passages(self, texts: Sequence[str]) -> list[list[float]]:
        """The embeddings of texts to be stored, by the server's model."""
        return await self._embed("passage", texts)

    async def embed_query(self, text: str) -> list[float]:
        """The embedding of a question, by the server's model."""
        return (await self._embed("query", [text]))[0]

    async def _embed(self, role: str, texts: Sequence[str]) -> list[list[float]]:
        out: list[list[float]] = []
        every = several(texts, "texts")
        for i in range(0, len(every), 256):
            body = encode({"input": every[i : i + 256], "model": f"frony-{role}"})
            answer = (await self._transport.send(Call("POST", "/v1/embeddings", body))).json()
            out += [e["embedding"] for e in answer["data"]]
        return out
