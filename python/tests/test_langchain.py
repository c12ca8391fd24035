from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.retrievers import BaseRetriever
from langchain_core.structured_query import Comparator, Comparison, Operation, Operator, StructuredQuery
from langchain_core.vectorstores import VectorStore
from langchain_core.vectorstores.utils import maximal_marginal_relevance
from langchain_tests.integration_tests import RetrieversIntegrationTests, VectorStoreIntegrationTests

import frony_db
from frony_db._mmr import mmr
from frony_db.langchain import FronyDBEmbeddings, FronyDBRetriever, FronyDBTranslator, FronyDBVectorStore


class TestStandardWithEmbeddings(VectorStoreIntegrationTests):
    """LangChain's suite, with embeddings of LangChain."""

    @pytest.fixture
    def vectorstore(self, db: frony_db.Database, name: str) -> VectorStore:
        return FronyDBVectorStore(name, self.get_embeddings(), database=db)


class TestStandard(VectorStoreIntegrationTests):
    """LangChain's suite, where the server embeds."""

    @pytest.fixture
    def vectorstore(self, db: frony_db.Database, name: str) -> VectorStore:
        return FronyDBVectorStore(name, database=db)


class TestStandardRetriever(RetrieversIntegrationTests):
    """LangChain's suite of retrievers."""

    @pytest.fixture(autouse=True)
    def _store(self, store: FronyDBVectorStore) -> None:
        self.store = store

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return FronyDBRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"store": self.store}

    @property
    def retriever_query_example(self) -> str:
        return "spring in Seoul"


TEXTS = ["서울의 봄은 짧다", "Winter in Busan is windy", "전입신고는 이사한 날부터 14일 안에 한다", "Rain is coming"]
METADATA: list[dict[str, Any]] = [
    {"lang": "ko", "year": 2024, "tags": ["season", "seoul"]},
    {"lang": "en", "year": 2019, "author": {"name": "Kim"}},
    {"lang": "ko", "sizes": [1, 2]},
    {"lang": "en", "year": 2021, "nothing": None, "mixed": [1, "x"]},
]


@pytest.fixture
def store(db: frony_db.Database, name: str) -> FronyDBVectorStore:
    return FronyDBVectorStore.from_texts(TEXTS, metadatas=METADATA, ids=list("abcd"), collection=name, database=db)


@pytest.fixture
def given(db: frony_db.Database, name: str) -> Iterator[FronyDBVectorStore]:
    e = DeterministicFakeEmbedding(size=8)
    yield FronyDBVectorStore.from_texts(TEXTS, e, METADATA, ids=list("abcd"), collection=name + "g", database=db)
    db.drop(name + "g")


def test_metadata_comes_back(store: FronyDBVectorStore) -> None:
    assert [d.metadata for d in store.get_by_ids(list("abcd"))] == METADATA


@pytest.mark.parametrize(
    ("filter", "ids"),
    [
        ({"lang": "ko"}, "ac"),
        ({"lang": "ko", "year": {"$gte": 2020}}, "a"),
        ({"year": {"$gt": 2019, "$lt": 2024}}, "d"),
        ({"year": {"$lte": 2019}}, "b"),
        ({"year": {"$between": [2019, 2021]}}, "bd"),
        ({"lang": {"$ne": "ko"}}, "bd"),
        ({"year": None}, "c"),
        ({"year": {"$ne": None}}, "abd"),
        ({"year": {"$exists": False}}, "c"),
        ({"year": {"$in": [2024, 2019]}}, "ab"),
        ({"year": {"$in": []}}, ""),
        ({"year": {"$nin": [2024, 2019]}}, "cd"),
        ({"tags": {"$contains": "seoul"}}, "a"),
        ({"tags": {"$not_contains": "seoul"}}, "bcd"),
        ({"sizes": {"$contains": 2}}, "c"),
        ({"mixed": {"$contains": 1}}, "d"),
        ({"mixed": {"$contains": True}}, ""),
        ({"author.name": "Kim"}, "b"),
        ({"author.name": {"$like": "K%"}}, "b"),
        ({"lang": {"$ilike": "K_"}}, "ac"),
        ({"_id": {"$in": ["a", "d", "x"]}}, "ad"),
        ({"year": {"$not": {"$gt": 2020}}}, "bc"),
        ({"$or": [{"year": 2024}, {"year": 2019}]}, "ab"),
        ({"$and": [{"lang": "en"}, {"$not": {"year": 2019}}]}, "d"),
        ({"$or": []}, ""),
        ({}, "abcd"),
        ('lang = "en" AND year > 2020', "d"),
        ({"field": "lang", "op": "=", "value": "en"}, "bd"),
        ({"not": {"field": "lang", "op": "=", "value": "en"}}, "ac"),
    ],
)
def test_filters(store: FronyDBVectorStore, filter: Any, ids: str) -> None:
    assert sorted(d.id or "" for d in store.similarity_search("x", k=10, filter=filter)) == list(ids)
    store.delete(filter=filter)
    assert {d.id for d in store.get_by_ids(list("abcd"))} == set("abcd") - set(ids)


@pytest.mark.parametrize(
    ("filter", "message"),
    [
        ({"year": {"$near": 1}}, "unknown operator '\\$near'"),
        ({"lang": {"$in": "ko"}}, "'lang': want a list of values, not 'ko'"),
        ({"lang": {"$nin": "ko"}}, "'lang': want a list of values, not 'ko'"),
        ({"year": {"$in": 2024}}, "'year': want a list of values, not 2024"),
        ({"year": {"$between": [1]}}, "between wants two values"),
        ({"year": {"$between": "ab"}}, "between wants two values"),
        ({"year": [1]}, "no condition"),
        ({"$nor": []}, "no condition"),
        ({"a": {"b": 1}}, "no condition"),
        (5, "want a dict or a text"),
    ],
)
def test_filters_that_mean_nothing(store: FronyDBVectorStore, filter: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        store.similarity_search("x", filter=filter)


def test_structured_queries(store: FronyDBVectorStore) -> None:
    c = Comparison
    q = StructuredQuery(
        "weather",
        Operation(
            Operator.AND,
            [
                c(Comparator.IN, "lang", ["ko", "en"]),
                Operation(Operator.NOT, [c(Comparator.LT, "year", 2020), c(Comparator.EQ, "year", 2021)]),
                Operation(Operator.OR, [c(Comparator.CONTAIN, "tags", "season"), c(Comparator.NIN, "lang", ["ko"])]),
            ],
        ),
        limit=3,
    )
    text, arguments = FronyDBTranslator().visit_structured_query(q)
    assert [d.id for d in store.similarity_search(text, **arguments)] == ["a"]
    like = FronyDBTranslator().visit_comparison(c(Comparator.LIKE, "lang", "e%"))
    assert {d.id for d in store.similarity_search("x", filter=like)} == {"b", "d"}


def test_scores(store: FronyDBVectorStore, given: FronyDBVectorStore) -> None:
    for s in (store, given):
        relevance = s.similarity_search_with_relevance_scores(TEXTS[1], k=4)
        assert [r for _, r in relevance] == sorted((r for _, r in relevance), reverse=True)
        assert all(0 <= r <= 1 for _, r in relevance)
        assert relevance[0][0].id == "b"
        threshold = relevance[1][1]
        assert len(s.similarity_search_with_relevance_scores(TEXTS[1], k=4, score_threshold=threshold)) == 2
    assert given.similarity_search_with_score(TEXTS[1], k=1)[0][1] == pytest.approx(1, abs=1e-4)
    assert store.similarity_search("14일", k=1, mode="lexical")[0].id == "c"
    assert given.similarity_search("14일", k=1, mode="lexical")[0].id == "c"


def test_a_mistyped_option_is_an_error(store: FronyDBVectorStore) -> None:
    with pytest.raises(frony_db.ServerError, match="min_cosin"):
        store.similarity_search("x", min_cosin=0.3)


def test_mmr_is_langchains() -> None:
    rng = np.random.default_rng(1)
    print("seed 1")
    for _ in range(50):
        vectors = rng.normal(size=(30, 6))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        query, k, mult = vectors[0] + 0.3 * rng.normal(size=6), int(rng.integers(1, 35)), float(rng.random())
        query /= np.linalg.norm(query)
        want = maximal_marginal_relevance(query, list(vectors), lambda_mult=mult, k=k)
        assert mmr((vectors @ query).tolist(), vectors.tolist(), k, mult) == [int(i) for i in want]


async def test_mmr(store: FronyDBVectorStore) -> None:
    store.add_texts([TEXTS[0] + "."], ids=["twin"])
    assert {d.id for d in store.similarity_search(TEXTS[0], k=2)} == {"a", "twin"}
    diverse = store.max_marginal_relevance_search(TEXTS[0], k=2, lambda_mult=0.2)
    assert diverse[0].id == "a"
    assert diverse[1].id != "twin"
    assert await store.amax_marginal_relevance_search(TEXTS[0], k=2, lambda_mult=0.2) == diverse
    vector = FronyDBEmbeddings(store._connection.database).embed_query(TEXTS[0])
    assert store.max_marginal_relevance_search_by_vector(vector, k=2, lambda_mult=0.2) == diverse
    assert await store.amax_marginal_relevance_search_by_vector(vector, k=2, lambda_mult=0.2) == diverse
    retriever = store.as_retriever(search_type="mmr", search_kwargs={"k": 2, "lambda_mult": 0.2})
    assert retriever.invoke(TEXTS[0]) == diverse


async def test_async_does_the_same(store: FronyDBVectorStore) -> None:
    for options in ({}, {"filter": {"lang": "ko"}}, {"mode": "dense"}):
        arguments: dict[str, Any] = {"k": 3, **options}
        assert await store.asimilarity_search("봄", **arguments) == store.similarity_search("봄", **arguments)
        with_score = store.similarity_search_with_score("봄", **arguments)
        assert await store.asimilarity_search_with_score("봄", **arguments) == with_score
    assert await store.asimilarity_search_with_relevance_scores("봄") == store.similarity_search_with_relevance_scores(
        "봄"
    )
    e = FronyDBEmbeddings(store._connection.database)
    assert await e.aembed_query("봄") == e.embed_query("봄")
    assert await e.aembed_documents(["봄"]) == e.embed_documents(["봄"])
    assert await store.asimilarity_search_by_vector(e.embed_query("봄")) == store.similarity_search_by_vector(
        e.embed_query("봄")
    )
    await store.adelete(filter={"lang": "ko"})
    assert len(await store.aget_by_ids(list("abcd"))) == 2
    await store.adelete()
    assert await store.aget_by_ids(list("abcd")) == []


async def test_afrom_texts(db: frony_db.Database, name: str) -> None:
    store = await FronyDBVectorStore.afrom_texts(
        ["x"], DeterministicFakeEmbedding(size=4), collection=name, database=db
    )
    assert [d.page_content for d in await store.asimilarity_search("x")] == ["x"]


def test_arguments_of_different_lengths(store: FronyDBVectorStore) -> None:
    with pytest.raises(ValueError, match="2 texts and 1 metadatas"):
        store.add_texts(["x", "y"], [{}])
    with pytest.raises(ValueError, match="exactly one of database, path"):
        FronyDBVectorStore("x")
    assert store.add_documents([Document("new", id="n"), Document("other")])[0] == "n"


def test_a_directory_and_a_server(tmp_path: Any) -> None:
    store = FronyDBVectorStore("notes", path=tmp_path / "db")
    store.add_texts(["a note"], ids=["1"])
    endpoint = store._connection.database._transport.endpoint
    other = FronyDBVectorStore("notes", url=endpoint.url, key=endpoint.key)
    assert [d.id for d in other.similarity_search("note")] == ["1"]
    store.close()
