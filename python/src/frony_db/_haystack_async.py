"""The operations of a document store for coroutines."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Sequence
from typing import Any

from haystack.dataclasses import Document
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy

from ._conditions import all_of, exists, negate
from ._connection import Connection
from ._errors import ExistsError
from ._haystack_document import EMPTY, decode, distinct, encode, merge, type_name
from ._haystack_filter import name_of, translate
from ._metadata import unpack
from ._types import Match

_EVERYTHING = ["text", "metadata", "embedding"]


class AsyncOperations:
    """What FronyDBDocumentStore does. Its names are Haystack's."""

    _connection: Connection
    embedding_dim: int | None
    return_embedding: bool

    async def count_documents_async(self) -> int:
        """The number of documents."""
        return await (await self._connection.collection_async()).count()

    async def filter_documents_async(self, filters: dict[str, Any] | None = None) -> list[Document]:
        """The documents that match a filter, in byte order of their ids; all, without one."""
        fields = _EVERYTHING if self.return_embedding else _EVERYTHING[:2]
        collection = await self._connection.collection_async()
        found = collection.scan(translate(filters), fields=fields)
        return [decode(d, embedding=self.return_embedding) async for d in found]

    async def write_documents_async(
        self, documents: list[Document], policy: DuplicatePolicy = DuplicatePolicy.NONE
    ) -> int:
        """Writes documents and returns their number. NONE is FAIL."""
        if not isinstance(documents, list) or not all(isinstance(d, Document) for d in documents):
            raise ValueError("documents: want a list of haystack's Document")
        if not documents:
            return 0
        collection = await self._connection.collection_async()
        unique = {d.id: d for d in documents}
        if policy in (DuplicatePolicy.NONE, DuplicatePolicy.FAIL) and len(unique) < len(documents):
            raise DuplicateDocumentError("several of the documents have the same id")
        if policy == DuplicatePolicy.SKIP:
            first = {d.id: d for d in reversed(documents)}
            missing = set((await collection.get_many(unique, fields=[])).missing)
            unique = {id: first[id] for id in unique if id in missing}
        dims = self.embedding_dim or (await collection.info()).dims
        encoded = [encode(d, dims, self.embedding_dim is None) for d in unique.values()]
        if policy in (DuplicatePolicy.OVERWRITE, DuplicatePolicy.SKIP):
            await collection.upsert(encoded)
            return len(documents) if policy == DuplicatePolicy.OVERWRITE else len(unique)
        try:
            return len(await collection.insert(encoded))
        except ExistsError as e:
            raise DuplicateDocumentError(str(e)) from e

    async def delete_documents_async(self, document_ids: list[str]) -> None:
        """Deletes documents. Unknown ids are ignored."""
        await (await self._connection.collection_async()).delete(document_ids)

    async def delete_all_documents_async(self, recreate_index: bool = False) -> None:
        """Deletes all documents; with recreate_index the collection too, which is made anew."""
        if recreate_index:
            await self._connection.recreate_async()
        else:
            await (await self._connection.collection_async()).delete(filter="TRUE")

    async def delete_by_filter_async(self, filters: dict[str, Any]) -> int:
        """Deletes the documents that match a filter, and returns their number."""
        collection = await self._connection.collection_async()
        return await collection.delete(filter=translate(filters) or "TRUE")

    async def update_by_filter_async(self, filters: dict[str, Any], meta: dict[str, Any]) -> int:
        """Adds metadata to the documents that match a filter, and returns their number."""
        collection = await self._connection.collection_async()
        found = [d async for d in collection.scan(translate(filters), fields=_EVERYTHING)]
        await collection.upsert(merge(d, meta) for d in found)
        return len(found)

    async def count_documents_by_filter_async(self, filters: dict[str, Any]) -> int:
        """The number of documents that match a filter."""
        return await (await self._connection.collection_async()).count(translate(filters))

    async def count_unique_metadata_by_filter_async(
        self, filters: dict[str, Any], metadata_fields: list[str]
    ) -> dict[str, int]:
        """How many different values the fields have among the documents that match a filter."""
        metas = [m async for m in self._metas_async(filters)]
        names = [name_of(f) for f in metadata_fields]
        return {name: len(distinct(m.get(name) for m in metas)) for name in names}

    async def get_metadata_fields_info_async(self) -> dict[str, dict[str, str]]:
        """The types of the metadata's fields: boolean, int, float or keyword."""
        found: dict[str, dict[str, str]] = {}
        async for meta in self._metas_async(None):
            found |= {name: {"type": type_name(value)} for name, value in meta.items() if value is not None}
        return found

    async def get_metadata_field_min_max_async(self, metadata_field: str) -> dict[str, Any]:
        """The least and the greatest value of a field; None if there is none, or they have no order."""
        name = name_of(metadata_field)
        values = [m[name] async for m in self._metas_async(None) if isinstance(m.get(name), (int, float, str))]
        if not values or len({isinstance(v, str) for v in values}) > 1:
            return {"min": None, "max": None}
        return {"min": min(values), "max": max(values)}

    async def get_metadata_field_unique_values_async(
        self,
        metadata_field: str,
        search_term: str | None = None,
        from_: int = 0,
        size: int = 10,
        filters: dict[str, Any] | None = None,
    ) -> tuple[list[Any], int]:
        """A page of the different values of a field that contain a term, and how many there are."""
        name = name_of(metadata_field)
        values = distinct([m.get(name) async for m in self._metas_async(filters)])
        if search_term:
            values = [v for v in values if search_term.lower() in str(v).lower()]
        return values[from_ : from_ + size], len(values)

    async def _metas_async(self, filters: dict[str, Any] | None) -> AsyncIterator[dict[str, Any]]:
        collection = await self._connection.collection_async()
        async for d in collection.scan(translate(filters), fields=["metadata"]):
            yield unpack(d.metadata)

    async def search_async(
        self,
        query: str | Sequence[float],
        *,
        filters: dict[str, Any] | None = None,
        top_k: int = 10,
        scale_score: bool = False,
        return_embedding: bool = False,
        **options: Any,
    ) -> list[Document]:
        """The documents that are nearest to a text or an embedding, best first.

        The score is the cosine in dense mode, BM25 in lexical, and from 0 to 1 in hybrid.
        `scale_score` brings all to a range from 0 to 1. The options are those of a search.
        """
        if top_k == 0:
            return []
        arguments: dict[str, Any] = {
            "k": top_k,
            "fields": _EVERYTHING if return_embedding else _EVERYTHING[:2],
            **({"text": query} if isinstance(query, str) else {"embedding": query}),
            **options,
        }
        where = translate(filters)
        collection = await self._connection.collection_async()
        result = await collection.search(filter=where, **arguments)
        if result.mode != "lexical" and any(EMPTY in m.metadata for m in result):
            # Documents without an embedding have none to compare.
            without = negate(exists(EMPTY))
            where = without if where is None else all_of([where, without])
            result = await collection.search(filter=where, **arguments)
        return [
            decode(m, embedding=return_embedding, score=_scaled(m, result.mode) if scale_score else m.score)
            for m in result
        ]


def _scaled(m: Match, mode: str) -> float:
    match mode:
        case "dense":
            return (m.score + 1) / 2
        case "lexical":
            return 1 / (1 + math.exp(-m.score / 8))
    return m.score
