"""LlamaIndex publishes no suite for vector stores: SimpleVectorStore, its own, is the reference here."""

from __future__ import annotations

import random
from typing import Any

import pytest
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.schema import ImageNode, IndexNode, NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores import SimpleVectorStore
from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
)

import frony_db
from frony_db.llama_index import FronyDBEmbedding, FronyDBVectorStore


def node(
    id: str, text: str, metadata: dict[str, Any], ref: str = "doc", embedding: list[float] | None = None
) -> TextNode:
    source = RelatedNodeInfo(node_id=ref)
    return TextNode(
        id_=id, text=text, metadata=metadata, embedding=embedding, relationships={NodeRelationship.SOURCE: source}
    )


NODES = [
    node("a", "서울의 봄은 짧다", {"lang": "ko", "year": 2024, "tags": ["season", "seoul"]}, "korea"),
    node("b", "Winter in Busan is windy", {"lang": "en", "year": 2019, "note": "Windy City"}, "korea"),
    node("c", "전입신고는 이사한 날부터 14일 안에 한다", {"lang": "ko", "sizes": [1, 2], "note": "city office"}, "law"),
    node("d", "Rain is coming", {"lang": "en", "year": 2021, "none": None, "blank": "", "list": []}, "law"),
]


@pytest.fixture
def store(db: frony_db.Database, name: str) -> FronyDBVectorStore:
    s = FronyDBVectorStore(name, database=db)
    assert s.add(NODES) == list("abcd")
    return s


def one(key: str, operator: str, value: Any = None) -> MetadataFilters:
    return MetadataFilters(filters=[MetadataFilter(key=key, operator=FilterOperator(operator), value=value)])


def joined(condition: str, *filters: MetadataFilters) -> MetadataFilters:
    return MetadataFilters(filters=list(filters), condition=FilterCondition(condition))


def test_nodes_come_back(store: FronyDBVectorStore) -> None:
    special = [
        ImageNode(id_="i", text="a map", image_url="http://x/y.png", metadata={"a": {"b": [1, None]}}),
        IndexNode(id_="x", text="to another index", index_id="other"),
        TextNode(id_="t", text="t", excluded_llm_metadata_keys=["k"], start_char_idx=3, text_template="{content}"),
    ]
    store.add(special)
    for got, want in zip(store.get_nodes([*"abcd", *"ixt"]), NODES + special, strict=True):
        assert type(got) is type(want)
        assert got.model_dump() == want.model_dump()
        assert got.ref_doc_id == want.ref_doc_id
    found = store.query(VectorStoreQuery(query_str="map", node_ids=["i"]))
    assert [n.model_dump() for n in found.nodes or []] == [special[0].model_dump()]


FILTERS = [
    (one("lang", "==", "ko"), "ac"),
    (one("lang", "!=", "ko"), "bd"),
    (one("year", "!=", 2024), "bcd"),
    (one("year", ">", 2019), "ad"),
    (one("year", ">=", 2019), "abd"),
    (one("year", "<", 2021), "b"),
    (one("year", "<=", 2021), "bd"),
    (one("year", "in", [2024, 2019]), "ab"),
    (one("year", "nin", [2024, 2019]), "cd"),
    (one("year", "in", []), ""),
    (one("tags", "contains", "seoul"), "a"),
    (one("sizes", "contains", 2), "c"),
    (one("tags", "any", ["seoul", "busan"]), "a"),
    (one("tags", "all", ["seoul", "busan"]), ""),
    (one("tags", "all", ["seoul", "season"]), "a"),
    (one("note", "text_match", "City"), "b"),
    (one("note", "text_match_insensitive", "cITY"), "bc"),
    (one("year", "is_empty"), "c"),
    (one("blank", "is_empty"), "abcd"),
    (one("list", "is_empty"), "abcd"),
    (one("none", "is_empty"), "abcd"),
    (one("year", "==", None), ""),
    (joined("and", one("lang", "==", "ko"), one("year", ">", 2000)), "a"),
    (joined("or", one("year", "==", 2019), one("note", "text_match", "office")), "bc"),
    (joined("not", one("year", "==", 2019), one("lang", "==", "ko")), "d"),
    (
        joined("or", joined("and", one("lang", "==", "en"), one("year", ">", 2020)), one("tags", "contains", "seoul")),
        "ad",
    ),
    (MetadataFilters(filters=[]), "abcd"),
]


@pytest.mark.parametrize(("filters", "ids"), FILTERS)
async def test_filters(store: FronyDBVectorStore, filters: MetadataFilters, ids: str) -> None:
    assert [n.node_id for n in store.get_nodes(filters=filters)] == list(ids)
    assert await store.aget_nodes(filters=filters) == store.get_nodes(filters=filters)
    found = store.query(VectorStoreQuery(query_str="x", similarity_top_k=9, filters=filters))
    assert sorted(found.ids or []) == list(ids)
    store.delete_nodes(filters=filters)
    assert {n.node_id for n in store.get_nodes(list("abcd"))} == set("abcd") - set(ids)


@pytest.mark.parametrize(
    "filters",
    [one("year", "in", 5), one("year", ">", [5]), one("note", "text_match", 5), one("tags", "contains", ["x"])],
)
def test_filters_that_mean_nothing(store: FronyDBVectorStore, filters: MetadataFilters) -> None:
    with pytest.raises((ValueError, TypeError), match="wants"):
        store.get_nodes(filters=filters)


async def test_deletion(store: FronyDBVectorStore) -> None:
    store.delete("korea")
    assert [n.node_id for n in store.get_nodes()] == ["c", "d"]
    with pytest.raises(ValueError, match="clear"):
        store.delete_nodes()
    await store.adelete_nodes(node_ids=["c", "a"], filters=one("lang", "==", "ko"))
    assert [n.node_id for n in await store.aget_nodes()] == ["d"]
    await store.async_add(NODES[:2])
    await store.adelete("law")
    assert [n.node_id for n in store.get_nodes()] == ["a", "b"]
    store.clear()
    store.add(NODES)
    await store.aclear()
    assert store.get_nodes() == []


def test_modes(store: FronyDBVectorStore) -> None:
    def query(mode: str, text: str, **more: Any) -> list[str]:
        q = VectorStoreQuery(query_str=text, similarity_top_k=2, mode=VectorStoreQueryMode(mode), **more)
        found = store.query(q)
        assert found.similarities == sorted(found.similarities or [], reverse=True)
        return list(found.ids or [])

    assert query("text_search", "14일") == ["c"]
    assert query("sparse", "windy") == ["b"]
    assert query("hybrid", "when must I report that I moved?")[0] == "c"
    assert query("default", "rain", doc_ids=["korea"], node_ids=["a", "c"]) == ["a"]
    store.add([node("twin", NODES[0].text + ".", {})])
    assert set(query("default", NODES[0].text)) == {"a", "twin"}
    assert "twin" not in query("mmr", NODES[0].text, mmr_threshold=0.2)
    with pytest.raises(ValueError, match="svm"):
        query("svm", "x")


async def test_it_answers_as_the_reference_does(db: frony_db.Database, name: str) -> None:
    """Random vectors and filters: the nodes and similarities of SimpleVectorStore, by threads and coroutines."""
    rng = random.Random(1)
    print("seed 1")
    pools: dict[str, list[Any]] = {
        "n": [1, 2, 3, 2.5],
        "s": ["x", "xy", "Z", "x%", "\\_y"],
        "t": [["p"], ["p", "q"], []],
    }
    nodes = []
    for i in range(80):
        metadata = {k: rng.choice(v) for k, v in pools.items() if rng.random() < 0.8}
        nodes.append(node(f"{i:02}", f"text {i}", metadata, f"doc{i % 7}", [rng.gauss(0, 1) for _ in range(5)]))
    ours, reference = FronyDBVectorStore(name, database=db, embedding_dim=5), SimpleVectorStore()
    ours.add(nodes)
    reference.add(nodes)
    operators = {
        "n": ["==", "!=", ">", "<", ">=", "<=", "in", "nin", "is_empty"],
        "s": ["==", "!=", "in", "nin", "text_match", "text_match_insensitive", "is_empty"],
        "t": ["any", "all", "is_empty", "contains"],
    }

    def condition() -> MetadataFilter:
        key = rng.choice("nst")
        operator = FilterOperator(rng.choice(operators[key]))
        pool = ["p", "q", "r"] if key == "t" else pools[key]
        many = operator.value in ("in", "nin", "any", "all")
        return MetadataFilter(key=key, operator=operator, value=rng.sample(pool, 2) if many else rng.choice(pool))

    for i in range(300):
        filters = MetadataFilters(
            filters=[condition() for _ in range(rng.randint(1, 3))], condition=rng.choice(list(FilterCondition))
        )
        mmr = i % 3 == 0
        q = VectorStoreQuery(
            query_embedding=[rng.gauss(0, 1) for _ in range(5)],
            similarity_top_k=rng.randint(1, 90),
            filters=filters,
            node_ids=rng.sample([n.node_id for n in nodes], 40) if rng.random() < 0.3 else None,
            mode=VectorStoreQueryMode.MMR if mmr else VectorStoreQueryMode.DEFAULT,
        )
        options = {"mmr_threshold": rng.random(), "mmr_prefetch_factor": 100} if mmr else {}
        want = reference.query(q, **options)
        for got in (ours.query(q, **options), await ours.aquery(q, **options)):
            assert got.ids == want.ids, (filters, q.mode)
            assert got.similarities == pytest.approx(want.similarities, abs=1e-5)


def test_hybrid_with_embeddings_of_llama_index(db: frony_db.Database, name: str) -> None:
    store = FronyDBVectorStore(name, database=db, embedding_dim=2)
    store.add([node("v", "nothing", {}, "r", [1.0, 0.0]), node("w", "windy", {}, "r", [0.0, 1.0])])

    def best(alpha: float) -> str:
        mode = VectorStoreQueryMode.HYBRID
        q = VectorStoreQuery(query_embedding=[1.0, 0.1], query_str="windy", similarity_top_k=2, mode=mode, alpha=alpha)
        return (store.query(q).ids or [""])[0]

    assert (best(0.9), best(0.1)) == ("v", "w")


def test_lengths_of_a_hybrid(store: FronyDBVectorStore) -> None:
    for alpha in (None, 0.3):
        q = VectorStoreQuery(
            query_str="windy winter",
            similarity_top_k=1,
            hybrid_top_k=3,
            alpha=alpha,
            mode=VectorStoreQueryMode.HYBRID,
        )
        assert len(store.query(q).ids or []) == 3


async def test_an_index(db: frony_db.Database, name: str) -> None:
    store = FronyDBVectorStore(name, database=db)
    index = VectorStoreIndex(
        NODES, storage_context=StorageContext.from_defaults(vector_store=store), embed_model=store.embed_model
    )
    assert index.as_retriever(similarity_top_k=1).retrieve("windy winter")[0].node_id == "b"
    assert index.as_retriever(vector_store_query_mode="hybrid").retrieve("14일")[0].node_id == "c"
    again = VectorStoreIndex.from_vector_store(store, embed_model=store.embed_model)
    assert (await again.as_retriever(similarity_top_k=1).aretrieve("windy winter"))[0].node_id == "b"
    again.delete_ref_doc("korea")
    assert {n.node_id for n in store.get_nodes()} == {"c", "d"}


async def test_the_models_roles(db: frony_db.Database) -> None:
    e = FronyDBEmbedding(db)
    assert e.get_query_embedding("the report") == db.embed_query("the report")
    assert e.get_text_embedding_batch(["the report", "x"]) == db.embed_passages(["the report", "x"])
    assert await e.aget_query_embedding("x") == e.get_query_embedding("x")
    assert await e.aget_text_embedding("x") == e.get_text_embedding("x")
    assert await e.aget_text_embedding_batch(["x"]) == e.get_text_embedding_batch(["x"])
