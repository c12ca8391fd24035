"""A document store and retrievers for Haystack.

    from frony_db.haystack import FronyDBDocumentStore, FronyDBRetriever

    store = FronyDBDocumentStore("notes", path="./data")
    store.write_documents([Document(content="서울의 봄은 짧다", meta={"lang": "ko"})])
    FronyDBRetriever(store).run("spring in Seoul")["documents"]

The server embeds documents that have no embedding. With `embedding_dim`, embeddings are
Haystack's: a document without one is found by words and by filters, but not by meaning.
"""

from __future__ import annotations

import os
from typing import Any

from haystack import component, default_from_dict, default_to_dict
from haystack.dataclasses import Document
from haystack.document_stores.types import FilterPolicy, apply_filter_policy
from haystack.utils import Secret, deserialize_secrets_inplace

from ._connection import Connection
from ._haystack_async import AsyncOperations
from ._haystack_sync import Operations
from ._sync import Database
from ._types import CollectionOptions

__all__ = ["FronyDBDocumentStore", "FronyDBEmbeddingRetriever", "FronyDBRetriever"]


class FronyDBDocumentStore(Operations, AsyncOperations):
    """A collection as a Haystack document store.

    The database is in the directory `path`, or on the server `url`, with the key that the
    variable FRONYDB_KEY holds. An open `database` can't be serialized.
    """

    def __init__(
        self,
        collection: str = "haystack",
        *,
        path: str | None = None,
        url: str | None = None,
        key: Secret = Secret.from_env_var("FRONYDB_KEY", strict=False),  # noqa: B008 - as Haystack's stores do
        embedding_dim: int | None = None,
        return_embedding: bool = True,
        database: Database | None = None,
    ) -> None:
        self.collection = collection
        self.path = os.fspath(path) if path is not None else None
        self.url = url
        self.key = key
        self.embedding_dim = embedding_dim
        self.return_embedding = return_embedding
        self._shared = database is not None
        self._connection = Connection(
            collection, database=database, path=self.path, url=url, key=key.resolve_value, options=self._options
        )

    def _options(self) -> CollectionOptions:
        return {"precomputed": True, "dims": self.embedding_dim} if self.embedding_dim else {}

    def close(self) -> None:
        """Closes the database if this store opened it."""
        self._connection.close()

    def to_dict(self) -> dict[str, Any]:
        """The store's arguments. The key is named, not told."""
        if self._shared:
            raise ValueError("a store of an open database can't be serialized; give it a path or a url")
        return default_to_dict(
            self,
            collection=self.collection,
            path=self.path,
            url=self.url,
            key=self.key.to_dict(),
            embedding_dim=self.embedding_dim,
            return_embedding=self.return_embedding,
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> FronyDBDocumentStore:
        """The store with these arguments."""
        deserialize_secrets_inplace(data["init_parameters"], keys=["key"])
        return default_from_dict(cls, data)


class _Retriever:
    """What the two retrievers share."""

    def __init__(
        self,
        document_store: FronyDBDocumentStore,
        *,
        filters: dict[str, Any] | None = None,
        top_k: int = 10,
        scale_score: bool = False,
        return_embedding: bool = False,
        filter_policy: FilterPolicy = FilterPolicy.REPLACE,
        search_options: dict[str, Any] | None = None,
    ) -> None:
        if top_k <= 0:
            raise ValueError(f"top_k must be greater than 0, but got {top_k}")
        self.document_store = document_store
        self.filters = filters
        self.top_k = top_k
        self.scale_score = scale_score
        self.return_embedding = return_embedding
        self.filter_policy = filter_policy
        self.search_options = search_options

    def to_dict(self) -> dict[str, Any]:
        """The component's arguments."""
        return default_to_dict(
            self,
            document_store=self.document_store.to_dict(),
            filters=self.filters,
            top_k=self.top_k,
            scale_score=self.scale_score,
            return_embedding=self.return_embedding,
            filter_policy=self.filter_policy.value,
            search_options=self.search_options,
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Any:
        """The component with these arguments."""
        arguments = data["init_parameters"]
        arguments["document_store"] = FronyDBDocumentStore.from_dict(arguments["document_store"])
        arguments["filter_policy"] = FilterPolicy.from_str(arguments["filter_policy"])
        return default_from_dict(cls, data)

    def _arguments(self, filters: dict[str, Any] | None, top_k: int | None) -> dict[str, Any]:
        return {
            "filters": apply_filter_policy(self.filter_policy, self.filters, filters),
            "top_k": self.top_k if top_k is None else top_k,
            "scale_score": self.scale_score,
            "return_embedding": self.return_embedding,
            **(self.search_options or {}),
        }


@component
class FronyDBRetriever(_Retriever):
    """Retrieves documents by a text, by meaning and by words.

    `search_options` are those of a search, such as {"mode": "dense"} or {"per_source": 1}.
    """

    @component.output_types(documents=list[Document])
    def run(self, query: str, filters: dict[str, Any] | None = None, top_k: int | None = None) -> dict[str, Any]:
        """The documents that are nearest to a question."""
        return {"documents": self.document_store.search(query, **self._arguments(filters, top_k))}

    @component.output_types(documents=list[Document])
    async def run_async(
        self, query: str, filters: dict[str, Any] | None = None, top_k: int | None = None
    ) -> dict[str, Any]:
        """The same as run for coroutines."""
        return {"documents": await self.document_store.search_async(query, **self._arguments(filters, top_k))}


@component
class FronyDBEmbeddingRetriever(_Retriever):
    """Retrieves documents by an embedding of Haystack."""

    @component.output_types(documents=list[Document])
    def run(
        self, query_embedding: list[float], filters: dict[str, Any] | None = None, top_k: int | None = None
    ) -> dict[str, Any]:
        """The documents that are nearest to an embedding."""
        return {"documents": self.document_store.search(query_embedding, **self._arguments(filters, top_k))}

    @component.output_types(documents=list[Document])
    async def run_async(
        self, query_embedding: list[float], filters: dict[str, Any] | None = None, top_k: int | None = None
    ) -> dict[str, Any]:
        """The same as run for coroutines."""
        found = await self.document_store.search_async(query_embedding, **self._arguments(filters, top_k))
        return {"documents": found}
