from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

import frony_db
from frony_db import Document, ExistsError, NotFoundError, Progress, ServerError


def test_search(notes: frony_db.Collection) -> None:
    result = notes.search("how long after moving house do I have to report the new address?", k=2)
    assert result[0].id == "move"
    assert result[0].text == "전입신고는 이사한 날부터 14일 안에 한다"
    assert result[0].metadata == {"lang": "ko"}
    assert [m.score for m in result] == sorted((m.score for m in result), reverse=True)
    assert len(result) == 2
    assert result.mode == "hybrid"


def test_facets(notes: frony_db.Collection) -> None:
    notes.upsert([{"id": f"n{i}", "text": "t", "metadata": {"kind": "ab"[i % 2], "n": i}} for i in range(5)])
    kind, n = notes.facets("kind", "n", top=1)
    assert (kind.field, kind.documents, kind.distinct) == ("kind", 5, 2)
    assert [(v.value, v.documents) for v in kind.values] == [("a", 3)]
    assert (n.min, n.max) == (0, 4)
    (some,) = notes.facets("kind", filter="n > 2", prefix="B")
    assert [(v.value, v.documents) for v in some.values] == [("b", 1)]
    (found,) = notes.facets("kind", search={"text": "t", "mode": "lexical", "k": 100})
    assert found.documents == 5
    about = {f.name: f for f in notes.fields("n >= 1")}
    assert about["n"].documents == 4
    assert [t.type for t in about["n"].types] == ["number"]


def test_sorted_scan(notes: frony_db.Collection) -> None:
    notes.upsert([{"id": f"n{i}", "text": "t", "metadata": {"n": i}} for i in range(5)])
    ids = [d.id for d in notes.scan("n >= 1", sort="-n", page=2)]
    assert ids == ["n4", "n3", "n2", "n1"]


@pytest.mark.parametrize(
    "filter",
    [
        'lang = "ko" AND year >= 2020',
        {"and": [{"field": "lang", "op": "=", "value": "ko"}, {"field": "year", "op": ">=", "value": 2020}]},
    ],
)
def test_filters(notes: frony_db.Collection, filter: frony_db.Filter) -> None:
    assert [m.id for m in notes.search("spring", filter=filter)] == ["seoul"]
    assert [d.id for d in notes.scan(filter)] == ["seoul"]
    assert notes.count(filter) == 1
    assert notes.delete(filter=filter) == 1
    assert notes.count() == 2


def test_get_and_delete(notes: frony_db.Collection) -> None:
    assert notes.get("seoul").text == "서울의 봄은 짧다"
    assert len(notes.get("seoul", fields=["embedding"]).embedding or []) == 384
    found = notes.get_many(["busan", "none", "seoul"])
    assert [d.id for d in found.documents] == ["busan", "seoul"]
    assert found.missing == ["none"]
    with pytest.raises(NotFoundError, match="not_found"):
        notes.get("none")
    changed = notes.update({"metadata": {"seen": True, "none": None}, "source": "a.md"}, ["seoul", "none"])
    assert (changed.updated, changed.missing) == (1, ["none"])
    assert notes.update({"source": None}, filter='_source = "a.md" AND seen = TRUE').updated == 1
    assert notes.get("seoul").metadata["seen"] is True
    with pytest.raises(ValueError, match="either ids or a filter"):
        notes.update({"source": None})
    assert notes.delete(["seoul", "none"]) == 1
    with pytest.raises(ValueError, match="either ids or a filter"):
        notes.delete()
    with pytest.raises(ValueError, match="either ids or a filter"):
        notes.delete(["a"], filter="TRUE")


def test_ids_of_any_characters(notes: frony_db.Collection) -> None:
    for id in ["a/b", "../x", "ㅎ 글", "%2F?#", "a\\b"]:
        notes.upsert([{"id": id, "text": "x"}])
        assert notes.get(id).id == id


def test_many_documents_in_batches(db: frony_db.Database, name: str) -> None:
    c = db.collection(name)
    seen: list[Progress] = []
    out = c.upsert(({"id": f"{i:05}", "text": f"note {i}"} for i in range(2100)), progress=seen.append)
    assert out.ids == [f"{i:05}" for i in range(2100)]
    assert [p.sent for p in seen] == [1000, 2000, 2100]
    assert [d.id for d in c.scan(page=1000, fields=[])] == out.ids
    found = c.get_many([*out.ids, "x"], fields=[])
    assert len(found.documents) == 2100
    assert found.missing == ["x"]
    assert c.delete(out.ids) == 2100


def test_a_batch_is_limited_by_bytes(db: frony_db.Database, name: str) -> None:
    seen: list[Progress] = []
    db.collection(name).upsert(({"id": str(i), "text": "x " * 100_000} for i in range(50)), progress=seen.append)
    assert [p.sent for p in seen] == [41, 50]


def test_insert(notes: frony_db.Collection) -> None:
    assert notes.insert([{"id": "new", "text": "new"}]) == ["new"]
    with pytest.raises(ExistsError):
        notes.insert([{"id": "other", "text": "x"}, {"id": "new", "text": "again"}])
    assert notes.count() == 4  # all or none


def test_chunks(db: frony_db.Database, name: str) -> None:
    c = db.collection(name)
    text = "# One\n\n" + "apple pie. " * 60 + "\n\n# Two\n\n" + "zebra crossing. " * 60
    out = c.upsert([{"id": "guide", "text": text}], chunk={"format": "markdown", "tokens": 100})
    assert len(out.ids) > 2
    assert out.written == len(out.ids)
    best = c.search("zebra", k=1, per_source=1)[0]
    assert best.source == "guide"
    assert best.metadata["heading"] == ["Two"]
    assert c.upsert([{"id": "guide", "text": "short"}], chunk={}).deleted == len(out.ids)
    assert c.replace_source("guide", []).deleted == 1


def test_upload_reports_what_was_refused(db: frony_db.Database, name: str) -> None:
    def documents() -> Iterator[Document]:
        for i in range(1500):
            yield {"id": str(i), "text": "" if i in (3, 1400) else f"note {i}"}

    seen: list[Progress] = []
    report = db.collection(name).upload(documents(), progress=seen.append)
    assert report.written == 1498
    assert [(r.position, r.error.code) for r in report.rejected] == [(3, "invalid_text"), (1400, "invalid_text")]
    assert seen == [Progress(1000, 999, 1), Progress(1500, 1498, 2)]
    again = db.collection(name).upload([{"id": "5", "text": "x"}, {"id": "new", "text": "x"}], insert=True)
    assert [(r.id, r.error.code) for r in again.rejected] == [("5", "exists")]


def test_upload_cuts_texts(db: frony_db.Database, name: str) -> None:
    c = db.collection(name)
    c.upload([{"id": "a", "text": "word " * 300}], chunk={"format": "plain", "tokens": 50, "overlap": 5})
    assert c.count() > 5


def test_precomputed(db: frony_db.Database, name: str) -> None:
    c = db.collection(name, precomputed=True, dims=3)
    c.upsert([{"id": "x", "embedding": [1, 0, 0]}, {"id": "y", "embedding": (0, 2, 0)}])
    assert [(m.id, round(m.score, 3)) for m in c.search(embedding=[0.1, 1, 0])] == [("y", 0.995), ("x", 0.1)]
    assert [len(r) for r in c.search_batch([{"embedding": [1, 0, 0], "k": 1}] * 70)] == [1] * 70
    assert c.info().dims == 3
    assert c.stats().documents == 2


def test_embed(db: frony_db.Database) -> None:
    passage, query = db.embed_passages(["the report"])[0], db.embed_query("the report")
    assert len(passage) == len(query) == 384
    assert passage != query  # the roles differ
    assert math.isclose(sum(x * x for x in query), 1, rel_tol=1e-4)


def test_values_of_metadata(notes: frony_db.Collection) -> None:
    at = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    values = {"big": 2**63 - 1, "float": 2.0, "no": False, "tags": ["a", "b"], "empty": "", "at": at}
    notes.upsert([{"id": "m", "text": "m", "metadata": values, "expires": at + timedelta(days=1)}])
    d = notes.get("m")
    assert d.metadata == values | {"at": at.isoformat()}
    assert isinstance(d.metadata["float"], float)
    assert d.expires == at + timedelta(days=1)
    assert notes.count('at >= "2030-01-02" AND at < "2030-01-03"') == 1


def test_errors_name_the_input(notes: frony_db.Collection, db: frony_db.Database) -> None:
    with pytest.raises(ServerError, match="did you mean =") as e:
        notes.search("x", filter="lang == 1")
    assert (e.value.code, e.value.status, e.value.param) == ("invalid_filter", 400, "filter")
    assert e.value.request_id
    with pytest.raises(ValueError, match="JSON compliant"):
        notes.upsert([{"id": "1", "embedding": [math.nan]}])
    with pytest.raises(TypeError, match="object"):
        notes.upsert([{"id": "1", "metadata": {"x": object()}}])
    with pytest.raises(NotFoundError, match="no_collection"):
        frony_db.Collection(db._transport, "none").search("x")


def test_a_filter_of_any_length(notes: frony_db.Collection) -> None:
    ids = ["seoul", *(f"none of that name {i}" for i in range(5000))]
    filter: frony_db.Filter = {"field": "_id", "op": "IN", "value": ids}
    assert [d.id for d in notes.scan(filter, fields=[])] == ["seoul"]
    assert notes.count(filter) == 1


async def test_async(db: frony_db.Database, name: str) -> None:
    a = frony_db.asynchronous(db)
    c = await a.collection(name)
    await c.upsert([{"id": str(i), "text": f"note {i}"} for i in range(30)])
    assert [d.id async for d in c.scan(page=7, fields=[])] == sorted(map(str, range(30)))
    assert (await c.search("note 7", k=1))[0].id == "7"
    assert await c.delete(["1"]) == 1
    assert (await c.upload([{"text": "more"}])).written == 1
    assert await c.count() == 30
    with pytest.raises(NotFoundError):
        await c.get("none")
    await a.close()
    assert await c.count() == 30  # the next request connects again
    await a.close()


def test_queries(notes: frony_db.Collection) -> None:
    result = notes.search(queries=[{"text": "봄"}, {"text": "windy winter", "weight": 2}], fuse="rank", k=2)
    assert {m.id for m in result} == {"seoul", "busan"}
    assert {m.id: m.question or 0 for m in result} == {"seoul": 0, "busan": 1}


def test_aliases(db: frony_db.Database, notes: frony_db.Collection, name: str) -> None:
    copy, alias, renamed = f"{name}-copy", f"{name}-live", f"{name}-renamed"
    assert db.copy(name, copy) == 3
    with pytest.raises(ExistsError):
        db.copy(name, copy)
    assert db.set_alias(alias, name) is None
    assert db.set_alias(alias, copy) == name
    live = db.collection(alias)
    found = db.search([name, f"{alias}*"], "봄에 서울", k=2)
    assert sorted(m.collection or "" for m in found) == sorted([name, copy])
    assert live.delete(["move"]) == 1
    assert notes.count() == 3
    assert live.info().aliases == [alias]
    with pytest.raises(ServerError, match="aliased"):
        db.drop(copy)
    db.rename(copy, renamed)
    assert [(a.alias, a.collection) for a in db.aliases() if a.alias == alias] == [(alias, renamed)]
    assert live.count() == 2
    db.drop_alias(alias)
    db.drop(renamed)
    with pytest.raises(NotFoundError):
        live.count()
