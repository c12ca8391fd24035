"""A vector store, a retriever and embeddings for LangChain.

    from frony_db.langchain import FronyDBVectorStore

    store = FronyDBVectorStore("notes", path="./data")
    store.add_texts(["서울의 봄은 짧다"], [{"lang": "ko"}])
    store.similarity_search("spring in Seoul", filter={"lang": "ko"})

The server embeds, texts as passages and questions as queries; with `embedding`, LangChain does.
Filters are dicts as in {"year": {"$gte": 2020}}, frony-db's own (a text, or its JSON), or a
StructuredQuery's by FronyDBTranslator.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Self

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import VectorStore
from pydantic import ConfigDict, Field

from ._connection import Connection
from ._langchain_filter import FronyDBTranslator, translate
from ._metadata import pack, unpack
from ._mmr import mmr
from ._open import asynchronous
from ._sync import Database
from ._types import CollectionOptions, Match, Result, StoredDocument
from ._types import Document as Stored
from ._wire import several

__all__ = ["FronyDBEmbeddings", "FronyDBRetriever", "FronyDBTranslator", "FronyDBVectorStore"]


class FronyDBVectorStore(VectorStore):
    """A collection as a LangChain vector store.

    Scores are similarities, greater is nearer. Texts are searched by meaning and by words
    ("hybrid") unless `mode` says "dense" or "lexical"; with an `embedding` of LangChain, by
    meaning alone. Relevance scores, from 0 to 1, are of "dense", so that a threshold means the
    same for every question. Further arguments of a search are frony-db's, such as recall=1.0.
    """

    def __init__(
        self,
        collection: str = "langchain",
        embedding: Embeddings | None = None,
        *,
        database: Database | None = None,
        path: str | os.PathLike[str] | None = None,
        url: str | None = None,
        key: str | None = None,
        mode: str | None = None,
    ) -> None:
        self._embedding = embedding
        self._mode = mode
        self._connection = Connection(
            collection, database=database, path=path, url=url, key=lambda: key, options=self._options
        )

    def _options(self) -> CollectionOptions:
        if self._embedding is None:
            return {}
        return {"precomputed": True, "dims": len(self._embedding.embed_query("dimensions"))}

    @property
    def embeddings(self) -> Embeddings | None:
        """The embeddings of LangChain; None if the server embeds."""
        return self._embedding

    def close(self) -> None:
        """Closes the database if this store opened it."""
        self._connection.close()

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        embeddings: Sequence[Sequence[float]] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Writes texts, replacing those with the same ids, and returns the ids."""
        listed = several(texts, "texts")
        if embeddings is None and self._embedding is not None:
            embeddings = self._embedding.embed_documents(listed)
        return self._connection.collection().upsert(_stored(listed, metadatas, ids, embeddings)).ids

    async def aadd_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        embeddings: Sequence[Sequence[float]] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """The same as add_texts for coroutines."""
        listed = several(texts, "texts")
        if embeddings is None and self._embedding is not None:
            embeddings = await self._embedding.aembed_documents(listed)
        collection = await self._connection.collection_async()
        return (await collection.upsert(_stored(listed, metadatas, ids, embeddings))).ids

    def delete(self, ids: list[str] | None = None, *, filter: Any = None, **kwargs: Any) -> bool:
        """Deletes documents by ids or by filter; without either, all."""
        self._connection.collection().delete(**_deletion(ids, filter))
        return True

    async def adelete(self, ids: list[str] | None = None, *, filter: Any = None, **kwargs: Any) -> bool:
        """The same as delete for coroutines."""
        await (await self._connection.collection_async()).delete(**_deletion(ids, filter))
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """The documents that exist, in the order of the ids."""
        return [_document(d) for d in self._connection.collection().get_many(ids).documents]

    async def aget_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """The same as get_by_ids for coroutines."""
        found = await (await self._connection.collection_async()).get_many(ids)
        return [_document(d) for d in found.documents]

    def similarity_search_with_score(
        self, query: str, k: int = 4, filter: Any = None, **options: Any
    ) -> list[tuple[Document, float]]:
        """The k best documents and their scores."""
        return [(_document(m), m.score) for m in self._search(query, k, filter, options)]

    async def asimilarity_search_with_score(
        self, query: str, k: int = 4, filter: Any = None, **options: Any
    ) -> list[tuple[Document, float]]:
        """The same as similarity_search_with_score for coroutines."""
        return [(_document(m), m.score) for m in await self._asearch(query, k, filter, options)]

    def similarity_search(self, query: str, k: int = 4, filter: Any = None, **options: Any) -> list[Document]:
        """The k best documents."""
        return [_document(m) for m in self._search(query, k, filter, options)]

    async def asimilarity_search(self, query: str, k: int = 4, filter: Any = None, **options: Any) -> list[Document]:
        """The same as similarity_search for coroutines."""
        return [_document(m) for m in await self._asearch(query, k, filter, options)]

    def similarity_search_by_vector(
        self, embedding: list[float], k: int = 4, filter: Any = None, **options: Any
    ) -> list[Document]:
        """The k documents that are nearest to an embedding."""
        return [_document(m) for m in self._search(embedding, k, filter, options)]

    async def asimilarity_search_by_vector(
        self, embedding: list[float], k: int = 4, filter: Any = None, **options: Any
    ) -> list[Document]:
        """The same as similarity_search_by_vector for coroutines."""
        return [_document(m) for m in await self._asearch(embedding, k, filter, options)]

    def _similarity_search_with_relevance_scores(
        self, query: str, k: int = 4, filter: Any = None, **options: Any
    ) -> list[tuple[Document, float]]:
        matches = self._search(query, k, filter, {"mode": "dense", **options})
        return [(_document(m), _relevance(m)) for m in matches]

    async def _asimilarity_search_with_relevance_scores(
        self, query: str, k: int = 4, filter: Any = None, **options: Any
    ) -> list[tuple[Document, float]]:
        matches = await self._asearch(query, k, filter, {"mode": "dense", **options})
        return [(_document(m), _relevance(m)) for m in matches]

    def max_marginal_relevance_search(
        self,
        query: str,
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Any = None,
        **options: Any,
    ) -> list[Document]:
        """Of the fetch_k best documents, k that differ from each other."""
        return _diverse(self._search(query, max(k, fetch_k), filter, _MMR | options), k, lambda_mult)

    async def amax_marginal_relevance_search(
        self,
        query: str,
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Any = None,
        **options: Any,
    ) -> list[Document]:
        """The same as max_marginal_relevance_search for coroutines."""
        return _diverse(await self._asearch(query, max(k, fetch_k), filter, _MMR | options), k, lambda_mult)

    def max_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Any = None,
        **options: Any,
    ) -> list[Document]:
        """Of the fetch_k documents that are nearest to an embedding, k that differ from each other."""
        return _diverse(self._search(embedding, max(k, fetch_k), filter, _MMR | options), k, lambda_mult)

    async def amax_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Any = None,
        **options: Any,
    ) -> list[Document]:
        """The same as max_marginal_relevance_search_by_vector for coroutines."""
        return _diverse(await self._asearch(embedding, max(k, fetch_k), filter, _MMR | options), k, lambda_mult)

    def _search(self, query: str | list[float], k: int, filter: Any, options: dict[str, Any]) -> Result:
        mode = options.get("mode", self._mode)
        if isinstance(query, str) and self._embedding is not None and mode != "lexical":
            query = self._embedding.embed_query(query)
        return self._connection.collection().search(**_query(query, k, filter, mode, options))

    async def _asearch(self, query: str | list[float], k: int, filter: Any, options: dict[str, Any]) -> Result:
        mode = options.get("mode", self._mode)
        if isinstance(query, str) and self._embedding is not None and mode != "lexical":
            query = await self._embedding.aembed_query(query)
        collection = await self._connection.collection_async()
        return await collection.search(**_query(query, k, filter, mode, options))

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings | None = None,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        collection: str = "langchain",
        **kwargs: Any,
    ) -> Self:
        """A store with texts. The further arguments are those of the constructor."""
        store = cls(collection, embedding, **kwargs)
        store.add_texts(texts, metadatas, ids=ids)
        return store

    @classmethod
    async def afrom_texts(
        cls,
        texts: list[str],
        embedding: Embeddings | None = None,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        collection: str = "langchain",
        **kwargs: Any,
    ) -> Self:
        """The same as from_texts for coroutines."""
        store = cls(collection, embedding, **kwargs)
        await store.aadd_texts(texts, metadatas, ids=ids)
        return store


class FronyDBRetriever(BaseRetriever):
    """Retrieves the k best documents of a store. `options` are further ones of the search."""

    store: FronyDBVectorStore
    k: int = 4
    filter: Any = None
    options: dict[str, Any] = Field(default_factory=dict)

    model_config = ConfigDict(arbitrary_types_allowed=True)

    def _arguments(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"k": self.k, "filter": self.filter, **self.options, **given}

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        return self.store.similarity_search(query, **self._arguments(kwargs))

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        return await self.store.asimilarity_search(query, **self._arguments(kwargs))


class FronyDBEmbeddings(Embeddings):
    """The model of a database for other parts of LangChain, with the right roles."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._async = asynchronous(database)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The embeddings of texts to be stored."""
        return self._database.embed_passages(texts)

    def embed_query(self, text: str) -> list[float]:
        """The embedding of a question."""
        return self._database.embed_query(text)

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """The same as embed_documents for coroutines."""
        return await self._async.embed_passages(texts)

    async def aembed_query(self, text: str) -> list[float]:
        """The same as embed_query for coroutines."""
        return await self._async.embed_query(text)


# MMR compares embeddings, and wants a cosine of every candidate.
_MMR = {"mode": "dense", "fields": ["text", "metadata", "embedding"]}


def _stored(
    texts: Sequence[str],
    metadatas: Sequence[dict[str, Any]] | None,
    ids: Sequence[str | None] | None,
    embeddings: Sequence[Sequence[float]] | None,
) -> list[Stored]:
    for what, given in (("metadatas", metadatas), ("ids", ids), ("embeddings", embeddings)):
        if given is not None and len(given) != len(texts):
            raise ValueError(f"{len(texts)} texts and {len(given)} {what}")
    out: list[Stored] = []
    for i, text in enumerate(texts):
        d: Stored = {"id": (ids[i] if ids else None) or str(uuid.uuid4()), "text": text}
        if metadatas and metadatas[i]:
            d["metadata"] = pack(metadatas[i])
        if embeddings is not None:
            d["embedding"] = embeddings[i]
        out.append(d)
    return out


def _deletion(ids: list[str] | None, filter: Any) -> dict[str, Any]:
    if ids is not None and filter is not None:
        raise ValueError("delete: want either ids or a filter")
    return {"ids": ids} if ids is not None else {"filter": translate(filter) or "TRUE"}


def _query(query: str | list[float], k: int, filter: Any, mode: str | None, options: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {**options, "k": k, "filter": translate(filter)}
    if isinstance(query, str):
        return out | {"text": query} | ({"mode": mode} if mode else {})
    return {name: value for name, value in out.items() if name != "mode"} | {"embedding": query}


def _document(d: Match | StoredDocument) -> Document:
    return Document(id=d.id, page_content=d.text, metadata=unpack(d.metadata))


def _relevance(m: Match) -> float:
    return min(1.0, max(0.0, (1 + (m.score if m.cosine is None else m.cosine)) / 2))


def _diverse(result: Result, k: int, lambda_mult: float) -> list[Document]:
    order = mmr([m.cosine or 0 for m in result], [m.embedding or [] for m in result], k, lambda_mult)
    return [_document(result[i]) for i in order]
