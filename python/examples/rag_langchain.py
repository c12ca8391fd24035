"""Questions answered from documents, with LangChain. The language model is a stand-in: put yours in its place."""

import sys

from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import BaseMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompt_values import PromptValue
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough

from frony_db.langchain import FronyDBVectorStore

PASSAGES = [
    "전입신고는 이사한 날부터 14일 안에 주민센터나 정부24에서 한다.",
    "여권은 유효기간이 6개월 이상 남아 있어야 입국할 수 있는 나라가 많다.",
    "Tenants should register the lease to protect their deposit.",
]


def main(folder: str) -> str:
    """Answers a question in English from a passage in Korean."""
    store = FronyDBVectorStore("guides", path=folder)
    store.add_texts(PASSAGES, [{"lang": "ko"}, {"lang": "ko"}, {"lang": "en"}])
    retriever = store.as_retriever(search_kwargs={"k": 1, "filter": {"lang": "ko"}})
    prompt = ChatPromptTemplate.from_template("Answer from this:\n{context}\n\nQuestion: {question}")
    context = retriever | (lambda documents: "\n".join(d.page_content for d in documents))
    question = {"context": context, "question": RunnablePassthrough()} | prompt

    # A language model would read the prompt. This one repeats the context.
    def repeat(p: PromptValue) -> BaseMessage:
        return FakeListChatModel(responses=[p.to_string().split("\n")[1]]).invoke(p)

    model = RunnableLambda(repeat)
    answer = (question | model | StrOutputParser()).invoke(
        "How long after moving house do I have to report the new address?"
    )
    store.close()
    return answer


if __name__ == "__main__":
    print(main(sys.argv[1] if len(sys.argv) > 1 else "./data"))
