"""The suite that LangChain publishes for stores, on langchain-chroma and its client."""

import os
import uuid

import chromadb
import pytest
from langchain_chroma import Chroma
from langchain_tests.integration_tests import VectorStoreIntegrationTests


class TestChroma(VectorStoreIntegrationTests):
    @pytest.fixture()
    def vectorstore(self):
        client = chromadb.HttpClient(host="127.0.0.1", port=int(os.environ["CHROMA_SERVER_HTTP_PORT"]))
        store = Chroma(
            client=client, collection_name=f"x{uuid.uuid4().hex[:8]}", embedding_function=self.get_embeddings()
        )
        try:
            yield store
        finally:
            store.delete_collection()
