"""Questions answered from documents, with LlamaIndex. The language model is a stand-in: put yours in its place."""

import sys
from typing import Any

from llama_index.core import Document, StorageContext, VectorStoreIndex
from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata
from llama_index.core.node_parser import SentenceSplitter

from frony_db.llama_index import FronyDBVectorStore

PASSAGES = {
    "move": "전입신고는 이사한 날부터 14일 안에 주민센터나 정부24에서 한다.",
    "passport": "여권은 유효기간이 6개월 이상 남아 있어야 입국할 수 있는 나라가 많다.",
    "lease": "Tenants should register the lease to protect their deposit.",
}


class Repeater(CustomLLM):
    """A language model would read the prompt. This one repeats the context."""

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="repeater")

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return CompletionResponse(text=prompt.split("---------------------")[1].strip())

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        yield self.complete(prompt)


def main(folder: str) -> str:
    """Answers a question in English from a passage in Korean."""
    store = FronyDBVectorStore("guides", path=folder)
    documents = [Document(text=text, doc_id=id) for id, text in PASSAGES.items()]
    index = VectorStoreIndex.from_documents(
        documents,
        storage_context=StorageContext.from_defaults(vector_store=store),
        embed_model=store.embed_model,
        transformations=[SentenceSplitter(chunk_size=256)],
    )
    engine = index.as_query_engine(llm=Repeater(), similarity_top_k=1, vector_store_query_mode="hybrid")
    answer = str(engine.query("How long after moving house do I have to report the new address?"))
    store.close()
    return answer


if __name__ == "__main__":
    print(main(sys.argv[1] if len(sys.argv) > 1 else "./data"))
