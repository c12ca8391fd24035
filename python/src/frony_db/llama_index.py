"""A vector store and embeddings for LlamaIndex.

    from frony_db.llama_index import FronyDBEmbedding, FronyDBVectorStore

    store = FronyDBVectorStore("notes", path="./data")
    index = VectorStoreIndex.from_vector_store(store, embed_model=store.embed_model)
    index.insert_nodes([TextNode(text="서울의 봄은 짧다", metadata={"lang": "ko"})])
    index.as_retriever(vector_store_query_mode="hybrid").retrieve("spring in Seoul")

The server's model embeds, nodes as passages and questions as queries. With `embedding_dim`,
embeddings are those of a model of LlamaIndex.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.indices.query.embedding_utils import get_top_k_mmr_embeddings
from llama_index.core.schema import BaseNode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
    VectorStoreQueryResult,
)

from ._async import AsyncDatabase
from ._conditions import all_of, compare, one_of
from ._connection import Connection
from ._llama_filter import translate
from ._llama_node import decode, encode
from ._open import asynchronous
from ._sync import Database
from ._types import CollectionOptions, Condition, Match, Result

__all__ = ["FronyDBEmbedding", "FronyDBVectorStore"]

_MODES = {
    VectorStoreQueryMode.DEFAULT: "dense",
    VectorStoreQueryMode.MMR: "dense",
    VectorStoreQueryMode.SPARSE: "lexical",
    VectorStoreQueryMode.TEXT_SEARCH: "lexical",
    VectorStoreQueryMode.HYBRID: "hybrid",
    VectorStoreQueryMode.SEMANTIC_HYBRID: "hybrid",
}


class FronyDBVectorStore(BasePydanticVectorStore):
    """A collection as a LlamaIndex vector store.

    Similarities are cosines in the default mode, BM25 in "text_search" and "sparse", a score
    from 0 to 1 in "hybrid", where alpha is the weight of meaning (0.3 by default), and MMR's
    own in "mmr" (mmr_threshold, and mmr_prefetch_factor, 4, as arguments of the query).
    """

    stores_text: bool = True
    is_embedding_query: bool = True
    collection: str = "llama_index"
    embedding_dim: int | None = None

    _connection: Connection = PrivateAttr()

    def __init__(
        self,
        collection: str = "llama_index",
        *,
        database: Database | None = None,
        path: str | os.PathLike[str] | None = None,
        url: str | None = None,
        key: str | None = None,
        embedding_dim: int | None = None,
    ) -> None:
        # With the server's model, the server embeds questions as well.
        super().__init__(  # type: ignore[call-arg]
            collection=collection, embedding_dim=embedding_dim, is_embedding_query=embedding_dim is not None
        )
        self._connection = Connection(
            collection, database=database, path=path, url=url, key=lambda: key, options=self._options
        )

    def _options(self) -> CollectionOptions:
        return {"precomputed": True, "dims": self.embedding_dim} if self.embedding_dim else {}

    @classmethod
    def class_name(cls) -> str:
        """The name of the class."""
        return "FronyDBVectorStore"

    @property
    def client(self) -> Database:
        """The database."""
        return self._connection.database

    @property
    def embed_model(self) -> FronyDBEmbedding:
        """The server's model, for an index."""
        return FronyDBEmbedding(self._connection.database)

    def close(self) -> None:
        """Closes the database if this store opened it."""
        self._connection.close()

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Writes nodes. Those without an embedding are embedded by the server."""
        return self._connection.collection().upsert(encode(n) for n in nodes).ids

    async def async_add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """The same as add for coroutines."""
        collection = await self._connection.collection_async()
        return (await collection.upsert(encode(n) for n in nodes)).ids

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Deletes the nodes of a document."""
        self._connection.collection().delete(filter=compare("_source", "=", ref_doc_id))

    async def adelete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """The same as delete for coroutines."""
        await (await self._connection.collection_async()).delete(filter=compare("_source", "=", ref_doc_id))

    def delete_nodes(
        self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None, **delete_kwargs: Any
    ) -> None:
        """Deletes the nodes that have one of the ids and match the filter."""
        self._connection.collection().delete(filter=_deletion(node_ids, filters))

    async def adelete_nodes(
        self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None, **delete_kwargs: Any
    ) -> None:
        """The same as delete_nodes for coroutines."""
        await (await self._connection.collection_async()).delete(filter=_deletion(node_ids, filters))

    def clear(self) -> None:
        """Deletes all nodes."""
        self._connection.collection().delete(filter="TRUE")

    async def aclear(self) -> None:
        """The same as clear for coroutines."""
        await (await self._connection.collection_async()).delete(filter="TRUE")

    def get_nodes(self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None) -> list[BaseNode]:
        """The nodes that have one of the ids and match the filter."""
        collection = self._connection.collection()
        if node_ids is not None and filters is None:
            return [decode(d) for d in collection.get_many(node_ids).documents]
        where = _where(node_ids, None, translate(filters))
        return [decode(d) for d in collection.scan(where)]

    async def aget_nodes(
        self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None
    ) -> list[BaseNode]:
        """The same as get_nodes for coroutines."""
        collection = await self._connection.collection_async()
        if node_ids is not None and filters is None:
            return [decode(d) for d in (await collection.get_many(node_ids)).documents]
        where = _where(node_ids, None, translate(filters))
        return [decode(d) async for d in collection.scan(where)]

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """The nodes that are nearest to a question or an embedding."""
        where = _where(query.node_ids or None, query.doc_ids or None, translate(query.filters))
        collection = self._connection.collection()
        search, second = _searches(query, where, self.is_embedding_query, kwargs)
        result = collection.search(**search)
        if query.mode == VectorStoreQueryMode.MMR:
            vector = query.query_embedding or self._connection.database.embed_query(query.query_str or "")
            return _diverse(query, result, vector, kwargs)
        return _result(result) if second is None else _fused(query, result, collection.search(**second))

    async def aquery(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """The same as query for coroutines."""
        where = _where(query.node_ids or None, query.doc_ids or None, translate(query.filters))
        collection = await self._connection.collection_async()
        search, second = _searches(query, where, self.is_embedding_query, kwargs)
        result = await collection.search(**search)
        if query.mode == VectorStoreQueryMode.MMR:
            vector = query.query_embedding
            if not vector:
                vector = await asynchronous(self._connection.database).embed_query(query.query_str or "")
            return _diverse(query, result, vector, kwargs)
        return _result(result) if second is None else _fused(query, result, await collection.search(**second))


class FronyDBEmbedding(BaseEmbedding):
    """The model of a database for LlamaIndex, with the right roles."""

    _database: Database = PrivateAttr()
    _async: AsyncDatabase = PrivateAttr()

    def __init__(self, database: Database, *, embed_batch_size: int = 256, **kwargs: Any) -> None:
        super().__init__(model_name="frony-db", embed_batch_size=embed_batch_size, **kwargs)
        self._database, self._async = database, asynchronous(database)

    @classmethod
    def class_name(cls) -> str:
        """The name of the class."""
        return "FronyDBEmbedding"

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._database.embed_query(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await self._async.embed_query(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._database.embed_passages([text])[0]

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return (await self._async.embed_passages([text]))[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._database.embed_passages(texts)

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return await self._async.embed_passages(texts)


# An index of a store that has the texts asks with an empty list of node_ids, and means any.
def _deletion(node_ids: list[str] | None, filters: MetadataFilters | None) -> Condition | str:
    if node_ids is None and filters is None:
        raise ValueError("delete_nodes: want node_ids or filters; clear() deletes everything")
    return _where(node_ids, None, translate(filters)) or "TRUE"


def _where(node_ids: list[str] | None, doc_ids: list[str] | None, filters: Condition | None) -> Condition | None:
    parts: list[Condition] = [] if filters is None else [filters]
    if node_ids is not None:
        parts.append(one_of("_id", node_ids))
    if doc_ids is not None:
        parts.append(one_of("_source", doc_ids))
    return all_of(parts) if parts else None


def _searches(
    query: VectorStoreQuery, where: Condition | None, by_embedding: bool, options: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The search of a query. A hybrid of an embedding and a text is two."""
    mode = _MODES.get(query.mode)
    if mode is None:
        raise ValueError(f"mode {query.mode.value!r}: known are {', '.join(m.value for m in _MODES)}")
    k = query.similarity_top_k
    base: dict[str, Any] = {"filter": where, **{n: v for n, v in options.items() if not n.startswith("mmr_")}}
    if query.mode == VectorStoreQueryMode.MMR:
        k = min(1000, k * int(options.get("mmr_prefetch_factor", 4)))
        base["fields"] = ["text", "metadata", "embedding"]
    vector = query.query_embedding
    if mode == "lexical":
        return base | {"text": query.query_str, "k": query.sparse_top_k or k, "mode": mode}, None
    if vector is None and not by_embedding:
        if mode == "hybrid":
            k = query.hybrid_top_k or k
            if query.alpha is not None:
                base["dense_weight"] = query.alpha
        return base | {"text": query.query_str, "k": k, "mode": mode}, None
    if vector is None:
        raise ValueError("the query has no embedding, and this store's collection has none of the server's")
    dense = base | {"embedding": vector, "k": k, "mode": "dense"}
    if mode != "hybrid" or not query.query_str:
        return dense, None
    return dense, base | {"text": query.query_str, "k": query.sparse_top_k or k, "mode": "lexical"}


def _result(matches: Sequence[Match] | Result) -> VectorStoreQueryResult:
    return VectorStoreQueryResult(
        nodes=[decode(m) for m in matches], similarities=[m.score for m in matches], ids=[m.id for m in matches]
    )


def _diverse(
    query: VectorStoreQuery, result: Result, vector: list[float], options: dict[str, Any]
) -> VectorStoreQueryResult:
    threshold = options.get("mmr_threshold", query.mmr_threshold)
    by_id = {m.id: m for m in result}
    scores, ids = get_top_k_mmr_embeddings(
        vector,
        [m.embedding or [] for m in result],
        similarity_top_k=query.similarity_top_k,
        embedding_ids=list(by_id),
        mmr_threshold=threshold,
    )
    return VectorStoreQueryResult(nodes=[decode(by_id[i]) for i in ids], similarities=scores, ids=ids)


def _fused(query: VectorStoreQuery, dense: Result, lexical: Result) -> VectorStoreQueryResult:
    """The sum of both scores, each from 0 to 1, weighted by alpha."""
    alpha = 0.3 if query.alpha is None else query.alpha
    matches = {m.id: m for m in [*lexical, *dense]}
    scores = dict.fromkeys(matches, 0.0)
    for result, weight in ((dense, alpha), (lexical, 1 - alpha)):
        low = min((m.score for m in result), default=0.0) if result is dense else 0.0
        high = max((m.score for m in result), default=0.0)
        for m in result:
            scores[m.id] += weight * ((m.score - low) / (high - low) if high > low else 1.0)
    best = sorted(scores, key=lambda id: (-scores[id], id))[: query.hybrid_top_k or query.similarity_top_k]
    return VectorStoreQueryResult(
        nodes=[decode(matches[i]) for i in best], similarities=[scores[i] for i in best], ids=best
    )
