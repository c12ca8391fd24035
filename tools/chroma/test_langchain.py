import os, uuid, pytest, chromadb
from langchain_tests.integration_tests import VectorStoreIntegrationTests
from langchain_chroma import Chroma
class TestC(VectorStoreIntegrationTests):
    @pytest.fixture()
    def vectorstore(self):
        c=chromadb.HttpClient(host="127.0.0.1",port=int(os.environ["CHROMA_SERVER_HTTP_PORT"]))
        s=Chroma(client=c,collection_name="x"+uuid.uuid4().hex[:8],embedding_function=self.get_embeddings())
        try: yield s
        finally: s.delete_collection()
