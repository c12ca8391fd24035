from __future__ import annotations

import json
import random
from typing import Any

import pytest
from haystack import Pipeline
from haystack.dataclasses import ByteStream, Document, SparseEmbedding
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy
from haystack.errors import FilterError
from haystack.testing.document_store import (
    CountDocumentsByFilterTest,
    CountUniqueMetadataByFilterTest,
    DocumentStoreBaseExtendedTests,
    FilterableDocsFixtureMixin,
    GetMetadataFieldMinMaxTest,
    GetMetadataFieldsInfoTest,
    GetMetadataFieldUniqueValuesTest,
)
from haystack.testing.document_store_async import (
    CountDocumentsAsyncTest,
    CountDocumentsByFilterAsyncTest,
    CountUniqueMetadataByFilterAsyncTest,
    DeleteAllAsyncTest,
    DeleteByFilterAsyncTest,
    DeleteDocumentsAsyncTest,
    FilterDocumentsAsyncTest,
    GetMetadataFieldMinMaxAsyncTest,
    GetMetadataFieldsInfoAsyncTest,
    GetMetadataFieldUniqueValuesAsyncTest,
    UpdateByFilterAsyncTest,
    WriteDocumentsAsyncTest,
)
from haystack.utils.filters import document_matches_filter

import frony_db
from frony_db.haystack import FronyDBDocumentStore, FronyDBEmbeddingRetriever, FronyDBRetriever


class Equal:
    """Documents come back as they were written, in byte order of their ids; embeddings are float32."""

    @staticmethod
    def assert_documents_are_equal(received: list[Document], expected: list[Document]) -> None:
        expected = sorted(expected, key=lambda d: d.id)
        assert [d.id for d in received] == [d.id for d in expected]
        for got, want in zip(received, expected, strict=True):
            assert (got.content, got.meta, got.blob) == (want.content, want.meta, want.blob)
            assert got.embedding == (want.embedding and pytest.approx(want.embedding, rel=1e-5, abs=1e-6))


class TestStandard(
    Equal,
    CountDocumentsByFilterTest,
    CountUniqueMetadataByFilterTest,
    DocumentStoreBaseExtendedTests,
    FilterableDocsFixtureMixin,
    GetMetadataFieldMinMaxTest,
    GetMetadataFieldsInfoTest,
    GetMetadataFieldUniqueValuesTest,
):
    """Haystack's suite. test_write_documents is for each store to define."""

    @pytest.fixture
    def document_store(self, db: frony_db.Database, name: str) -> FronyDBDocumentStore:
        return FronyDBDocumentStore(name, database=db, embedding_dim=768)

    def test_write_documents(self, document_store: Any) -> None:
        doc = Document(content="test doc")
        assert document_store.write_documents([doc]) == 1
        with pytest.raises(DuplicateDocumentError):
            document_store.write_documents([doc])
        self.assert_documents_are_equal(document_store.filter_documents(), [doc])


class TestStandardAsync(
    Equal,
    CountDocumentsAsyncTest,
    CountDocumentsByFilterAsyncTest,
    CountUniqueMetadataByFilterAsyncTest,
    DeleteAllAsyncTest,
    DeleteByFilterAsyncTest,
    DeleteDocumentsAsyncTest,
    FilterDocumentsAsyncTest,
    GetMetadataFieldMinMaxAsyncTest,
    GetMetadataFieldsInfoAsyncTest,
    GetMetadataFieldUniqueValuesAsyncTest,
    UpdateByFilterAsyncTest,
    WriteDocumentsAsyncTest,
):
    """Haystack's suite for coroutines."""

    @pytest.fixture
    def document_store(self, db: frony_db.Database, name: str) -> FronyDBDocumentStore:
        return FronyDBDocumentStore(name, database=db, embedding_dim=768)

    async def test_write_documents_async(self, document_store: Any) -> None:
        doc = Document(content="test doc")
        assert await document_store.write_documents_async([doc]) == 1
        with pytest.raises(DuplicateDocumentError):
            await document_store.write_documents_async([doc])
        self.assert_documents_are_equal(await document_store.filter_documents_async(), [doc])


DOCUMENTS = [
    Document(id="a", content="서울의 봄은 짧다", meta={"lang": "ko", "year": 2024}),
    Document(id="b", content="Winter in Busan is windy", meta={"lang": "en", "author": {"name": "Kim", "age": 7}}),
    Document(
        id="c", content="전입신고는 이사한 날부터 14일 안에 한다", meta={"lang": "ko", "sizes": [1, 2], "none": None}
    ),
]


@pytest.fixture
def store(db: frony_db.Database, name: str) -> FronyDBDocumentStore:
    s = FronyDBDocumentStore(name, database=db)
    s.write_documents(DOCUMENTS)
    return s


def test_everything_comes_back(store: FronyDBDocumentStore) -> None:
    assert store.filter_documents() == DOCUMENTS
    odd = [
        Document(id="x", blob=ByteStream(b"\x00\xff", meta={"m": 1}, mime_type="image/png"), meta={"_frony_json": 1}),
        Document(id="y", content="", sparse_embedding=SparseEmbedding([1, 5], [0.5, 1.5]), embedding=[3.0] * 384),
        Document(id="z", content="x", meta={"a.b": 1, "a": {"b": 2}, "": 3, "big": 2**70, "day": "2024-05-01"}),
    ]
    store.write_documents(odd)
    Equal.assert_documents_are_equal(store.filter_documents()[3:], odd)
    assert store.filter_documents({"field": "id", "operator": "in", "value": ["x", "a"]})[0] == DOCUMENTS[0]
    assert store.filter_documents()[4].sparse_embedding == odd[1].sparse_embedding


@pytest.mark.parametrize("policy", DuplicatePolicy)
def test_duplicates_within_a_call(store: FronyDBDocumentStore, policy: DuplicatePolicy) -> None:
    twice = [Document(id="n", content="one"), Document(id="n", content="two")]
    if policy in (DuplicatePolicy.NONE, DuplicatePolicy.FAIL):
        with pytest.raises(DuplicateDocumentError):
            store.write_documents(twice, policy)
        return
    assert store.write_documents(twice, policy) == (1 if policy == DuplicatePolicy.SKIP else 2)
    want = "one" if policy == DuplicatePolicy.SKIP else "two"
    assert store.filter_documents({"field": "id", "operator": "==", "value": "n"})[0].content == want


def test_retrievers(store: FronyDBDocumentStore) -> None:
    found = FronyDBRetriever(store, top_k=1).run("when must I report that I moved?")["documents"]
    assert [d.id for d in found] == ["c"]
    assert 0 <= found[0].score <= 1
    korean = {"field": "meta.lang", "operator": "==", "value": "ko"}
    assert {d.id for d in FronyDBRetriever(store, filters=korean).run("x")["documents"]} == {"a", "c"}
    lexical = FronyDBRetriever(store, scale_score=True, search_options={"mode": "lexical"}).run("14일")["documents"]
    assert [d.id for d in lexical] == ["c"]
    assert 0.5 < lexical[0].score < 1
    vector = store._connection.database.embed_query("windy")
    by_vector = FronyDBEmbeddingRetriever(store, return_embedding=True).run(vector)["documents"]
    assert by_vector[0].id == "b"
    assert FronyDBRetriever(store).run("x", top_k=0)["documents"] == []


async def test_retrievers_async(store: FronyDBDocumentStore) -> None:
    r = FronyDBRetriever(store, top_k=2)
    assert await r.run_async("봄") == r.run("봄")
    e = FronyDBEmbeddingRetriever(store, scale_score=True)
    vector = store._connection.database.embed_query("windy")
    assert await e.run_async(vector) == e.run(vector)


def test_documents_without_an_embedding(db: frony_db.Database, name: str) -> None:
    """They are found by words, and never by meaning."""
    s = FronyDBDocumentStore(name, database=db, embedding_dim=2)
    s.write_documents([Document(id="none", content="windy"), Document(id="far", content="x", embedding=[-1.0, 0.1])])
    assert [d.id for d in s.search([1.0, 0.0])] == ["far"]
    assert [d.id for d in s.search("windy", mode="lexical")] == ["none"]
    assert s.search([1.0, 0.0], scale_score=True)[0].score == pytest.approx((1 - 0.99504) / 2, abs=1e-4)


def test_pipelines_are_serialized(tmp_path: Any) -> None:
    store = FronyDBDocumentStore("notes", path=str(tmp_path / "db"))
    store.write_documents(DOCUMENTS)
    p = Pipeline()
    p.add_component(
        "retriever", FronyDBRetriever(store, top_k=1, filters={"field": "lang", "operator": "==", "value": "en"})
    )
    again = Pipeline.loads(p.dumps(), allowed_modules=["frony_db.haystack"])
    assert again.run({"retriever": {"query": "windy"}})["retriever"]["documents"][0].id == "b"
    assert (store._connection.database._transport.endpoint.key or "") not in p.dumps()
    retriever: Any = again.get_component("retriever")
    retriever.document_store.close()
    store.close()


def test_an_open_database_is_not_serialized(store: FronyDBDocumentStore) -> None:
    with pytest.raises(ValueError, match="give it a path or a url"):
        store.to_dict()


@pytest.mark.parametrize(
    "filters",
    [
        {"field": "content", "operator": "==", "value": "x"},
        {"field": "meta.a", "operator": "~", "value": 1},
        {"field": "meta.a", "operator": ">", "value": True},
        {"field": "meta.a", "operator": "==", "value": {"x": 1}},
        {"operator": "XOR", "conditions": []},
        ["not a dict"],
    ],
)
def test_filters_that_mean_nothing(store: FronyDBDocumentStore, filters: Any) -> None:
    with pytest.raises(FilterError):
        store.filter_documents(filters)


def test_filters_are_haystacks(db: frony_db.Database, name: str) -> None:
    """Random filters on random documents find what Haystack's own evaluation finds."""
    rng = random.Random(1)
    print("seed 1")
    values: dict[str, list[Any]] = {
        "n": [0, 1, 2, -3, 2.5, None],
        "s": ["a", "b", "", None],
        "d": ["2024-05-01", "2024-05-01T09:00:00", "1999-01-01T00:00:00+09:00", None],
        "p": [{"q": 1}, {"q": 2}, {"r": 1}, None],
    }

    def document(i: int) -> Document:
        meta = {k: rng.choice(v) for k, v in values.items() if rng.random() < 0.8}
        return Document(id=f"{i:03}", content="x", meta=meta)

    def condition(depth: int) -> dict[str, Any]:
        if depth and rng.random() < 0.5:
            parts = [condition(depth - 1) for _ in range(rng.randint(1, 3))]
            return {"operator": rng.choice(["AND", "OR", "NOT"]), "conditions": parts}
        field = rng.choice(["n", "s", "d", "p.q"])
        pool = values["n"] if field == "p.q" else values[field]
        operator = rng.choice(["==", "!=", "in", "not in"] + ([] if field == "s" else [">", ">=", "<", "<="]))
        value: Any = rng.sample(pool, 2) if "in" in operator else rng.choice(pool)
        return {"field": f"meta.{field}", "operator": operator, "value": value}

    documents = [document(i) for i in range(60)]
    store = FronyDBDocumentStore(name, database=db)
    store.write_documents(documents)
    for _ in range(300):
        f = condition(2)
        want = [d.id for d in documents if document_matches_filter(f, d)]
        assert [d.id for d in store.filter_documents(f)] == want, json.dumps(f)
