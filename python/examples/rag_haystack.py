"""Questions answered from documents, with Haystack. The language model is a stand-in: put yours in its place."""

import sys

from haystack import Document, Pipeline, component
from haystack.components.builders import PromptBuilder
from haystack.document_stores.types import DuplicatePolicy

from frony_db.haystack import FronyDBDocumentStore, FronyDBRetriever

PASSAGES = [
    "전입신고는 이사한 날부터 14일 안에 주민센터나 정부24에서 한다.",
    "여권은 유효기간이 6개월 이상 남아 있어야 입국할 수 있는 나라가 많다.",
    "Tenants should register the lease to protect their deposit.",
]


@component
class Repeater:
    """A language model would read the prompt. This one repeats the context."""

    @component.output_types(replies=list[str])
    def run(self, prompt: str) -> dict[str, list[str]]:
        return {"replies": [prompt.split("\n")[1]]}


def main(folder: str) -> str:
    """Answers a question in English from a passage in Korean."""
    store = FronyDBDocumentStore("guides", path=folder)
    store.write_documents([Document(content=text) for text in PASSAGES], DuplicatePolicy.OVERWRITE)
    template = "Answer from this:\n{% for d in documents %}{{ d.content }}\n{% endfor %}\nQuestion: {{ question }}"
    rag = Pipeline()
    rag.add_component("retriever", FronyDBRetriever(store, top_k=1))
    rag.add_component("prompt", PromptBuilder(template, required_variables="*"))
    rag.add_component("model", Repeater())
    rag.connect("retriever.documents", "prompt.documents")
    rag.connect("prompt", "model")
    question = "How long after moving house do I have to report the new address?"
    result = rag.run({"retriever": {"query": question}, "prompt": {"question": question}})
    store.close()
    return str(result["model"]["replies"][0])


if __name__ == "__main__":
    print(main(sys.argv[1] if len(sys.argv) > 1 else "./data"))
