"""What Open WebUI does with Chroma, by its own connector.

run.sh takes the folder open_webui/retrieval/vector out of the package open-webui, unmodified; the settings
that the connector imports stand here. The calls are those of its routers retrieval, knowledge, files and memories:
a file becomes a collection of its own and part of that of its knowledge base, hashes keep a file from being added twice,
and "reset" empties everything.
"""

import os
import sys
import types
import uuid

import httpx
import pytest

URL = f"http://127.0.0.1:{os.environ['CHROMA_SERVER_HTTP_PORT']}"


def stub(name, **values):
    module = types.ModuleType(name)
    module.__dict__.update(values)
    module.__path__ = []
    sys.modules[name] = module
    return module


@pytest.fixture(scope="module")
def client():
    stub("open_webui").__path__ = [os.path.join(os.environ["OPEN_WEBUI"], "open_webui")]
    stub("open_webui.env", USE_SLIM=False, RAG_METADATA_MAX_VALUE_CHARS=None)
    stub("open_webui.utils")
    stub("open_webui.utils.misc", sanitize_text_for_db=lambda text: text)
    stub(
        "open_webui.config",
        CHROMA_CLIENT_AUTH_CREDENTIALS=None,
        CHROMA_CLIENT_AUTH_PROVIDER=None,
        CHROMA_DATA_PATH="",
        CHROMA_DATABASE="default_database",
        CHROMA_HTTP_HEADERS=None,
        CHROMA_HTTP_HOST="127.0.0.1",
        CHROMA_HTTP_PORT=int(os.environ["CHROMA_SERVER_HTTP_PORT"]),
        CHROMA_HTTP_SSL=False,
        CHROMA_TENANT="default_tenant",
    )
    from open_webui.retrieval.vector.dbs.chroma import ChromaClient

    client = ChromaClient()
    client.reset()
    yield client
    client.reset()


def embed(*texts, role="passage"):
    answer = httpx.post(f"{URL}/v1/embeddings", json={"model": f"frony-{role}", "input": list(texts)})
    answer.raise_for_status()
    return [d["embedding"] for d in answer.json()["data"]]


def items(file_id, hash, *texts):
    metadata = {
        "name": f"{file_id}.md", "file_id": file_id, "hash": hash, "created_by": "user", "start_index": 0,
        "embedding_config": {"engine": "", "model": "frony"}, "headings": ["가", "나"], "none": None,
    }  # fmt: skip
    return [
        {"id": str(uuid.uuid4()), "text": text, "vector": vector, "metadata": dict(metadata)}
        for text, vector in zip(texts, embed(*texts), strict=True)
    ]


MOVING = ("이사한 날부터 14일 안에 전입신고를 해야 한다.", "전입신고는 주민센터나 인터넷에서 한다.")
PRINTER = ("Open the rear cover to clear a paper jam.",)


def test_files_and_a_knowledge_base(client):
    # A file is uploaded: the collection of the file, then that of the knowledge base.
    assert not client.has_collection("file-1")
    client.insert("file-1", items("1", "abc", *MOVING))
    assert client.has_collection("file-1")
    assert len(client.query("file-1", {"file_id": "1"}).documents[0]) == 2
    client.insert("knowledge", items("1", "abc", *MOVING))
    client.insert("knowledge", items("2", "def", *PRINTER))
    # Before a file is added, its hash is looked for.
    assert client.query("knowledge", {"hash": "abc"}, limit=1).metadatas[0][0]["file_id"] == "1"
    assert client.query("knowledge", {"hash": "new"}).ids == [[]]
    assert client.query("missing", {"hash": "new"}) is None
    # A question; the relevance is between 0 and 1, the best first.
    found = client.search("knowledge", vectors=embed("전입신고는 언제까지 하나요?", role="query"), limit=2)
    assert found.documents[0][0] == MOVING[0]
    assert 1 >= found.distances[0][0] >= found.distances[0][1] >= 0
    assert found.metadatas[0][0]["headings"] == "['가', '나']"
    assert "none" not in found.metadatas[0][0]
    only = client.search("knowledge", vectors=embed("전입신고", role="query"), filter={"file_id": "2"}, limit=5)
    assert only.documents == [list(PRINTER)]
    several = client.search(
        "knowledge", vectors=embed("전입신고", role="query"), filter={"file_id": {"$in": ["1", "2"]}}, limit=5
    )
    assert len(several.ids[0]) == 3
    assert client.search("missing", vectors=embed("?", role="query"), limit=1) is None
    # The whole collection, for its own BM25.
    everything = client.get("knowledge")
    assert sorted(everything.documents[0]) == sorted(MOVING + PRINTER)
    # A file changes: the new chunks are added, then the old are deleted by their ids.
    old = client.query("knowledge", {"file_id": "1"}).ids[0]
    client.insert("knowledge", items("1", "xyz", MOVING[0]))
    client.delete("knowledge", ids=old)
    assert sorted(client.get("knowledge").documents[0]) == sorted((MOVING[0], *PRINTER))
    # It is taken out.
    client.delete("knowledge", filter={"file_id": "1"})
    client.delete("knowledge", filter={"hash": "xyz"})
    client.delete("missing", filter={"hash": "xyz"})
    assert client.get("knowledge").documents == [list(PRINTER)]
    client.delete_collection("knowledge")
    assert not client.has_collection("knowledge")


def test_memories(client):
    name = "user-memory-0000"
    memory = {
        "id": "m1",
        "text": "She likes tea.",
        "vector": embed("She likes tea.")[0],
        "metadata": {"created_at": 1730000000},
    }
    client.upsert(name, [memory])
    memory |= {"text": "She likes coffee.", "vector": embed("She likes coffee.")[0]}
    client.upsert(name, [memory])
    found = client.search(name, vectors=embed("what does she drink?", role="query"), limit=3)
    assert found.documents == [["She likes coffee."]]
    assert found.metadatas == [[{"created_at": 1730000000}]]
    # Another model: the message must name the embedding and the dimension, so that the memories are embedded again.
    with pytest.raises(Exception, match="(?i)embedding") as error:
        client.upsert(name, [memory | {"vector": [1.0, 2.0]}])
    assert "dimension" in str(error.value).lower()
    client.delete(name, ids=["m1"])
    assert client.get(name).ids == [[]]
    client.delete_collection(name)


def test_a_large_file(client):
    text = "문서 {}"
    vector = embed("문서")[0]
    many = [{"id": str(i), "text": text.format(i), "vector": vector, "metadata": {"n": i}} for i in range(7000)]
    client.insert("large", many)  # in batches of what the server says that it takes
    assert len(client.get("large").ids[0]) == 7000
    client.reset()
    assert not client.has_collection("large")
