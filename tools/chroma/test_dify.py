"""What Dify does with Chroma, request by request.

After api/core/rag/datasource/vdb/chroma/chroma_vector.py in Dify's repository: an index is asked for anew before each
call, texts are upserted under uuids, a question's embedding is no list of lists, and a document is deleted by a
field of its metadata.
"""

import os
import uuid

import chromadb
import httpx
import pytest
from chromadb import Settings

PORT = int(os.environ["CHROMA_SERVER_HTTP_PORT"])
NAME = "vector_index_0f2e_node"


@pytest.fixture()
def index():
    client = chromadb.HttpClient(
        host="127.0.0.1",
        port=PORT,
        ssl=False,
        tenant=chromadb.DEFAULT_TENANT,
        database=chromadb.DEFAULT_DATABASE,
        settings=Settings(chroma_client_auth_provider=None, chroma_client_auth_credentials=None),
    )
    yield lambda: client.get_or_create_collection(NAME)
    client.delete_collection(NAME)


def embed(*texts, role="passage"):
    answer = httpx.post(f"http://127.0.0.1:{PORT}/v1/embeddings", json={"model": f"frony-{role}", "input": list(texts)})
    answer.raise_for_status()
    return [d["embedding"] for d in answer.json()["data"]]


def test_dify(index):
    texts = [
        "이사한 날부터 14일 안에 전입신고를 해야 한다.",
        "부산의 겨울은 따뜻하지만 바닷바람이 세다.",
        "Open the rear cover of the printer.",
    ]
    metadatas = [
        {"doc_id": str(uuid.uuid4()), "doc_hash": str(i), "document_id": f"d{i % 2}", "dataset_id": "s"}
        for i in range(3)
    ]
    ids = [m["doc_id"] for m in metadatas]
    index()  # create_collection
    index().upsert(ids=ids, documents=texts, embeddings=embed(*texts), metadatas=metadatas)  # add_texts
    assert index().get(ids=[ids[0]])["documents"] == [texts[0]]  # text_exists
    assert index().get(ids=["nobody"])["ids"] == []

    # search_by_vector: the embedding of the question as it is.
    results = index().query(query_embeddings=embed("전입신고는 언제까지 하나요?", role="query")[0], n_results=2)
    assert results["documents"][0][0] == texts[0]
    assert results["metadatas"][0][0] == metadatas[0]
    assert 0 <= results["distances"][0][0] <= results["distances"][0][1] <= 4

    index().upsert(ids=[ids[0]], documents=["바뀐 글"], embeddings=embed("바뀐 글"), metadatas=[metadatas[0]])
    assert index().get(ids=[ids[0]])["documents"] == ["바뀐 글"]
    index().delete(where={"document_id": {"$eq": "d0"}})  # delete_by_metadata_field
    assert index().get()["ids"] == [ids[1]]
    index().delete(ids=[ids[1]])  # delete_by_ids
    assert index().count() == 0
