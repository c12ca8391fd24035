// What n8n's node "Chroma Vector Store" does, with the class of LangChain and the client that it
// uses. After packages/@n8n/nodes-langchain/nodes/vector_store/VectorStoreChromaDB in n8n's
// repository (November 2026): the node extends that class, so that the client is made from host, port, ssl
// and headers, and a question's embedding may come in a list.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Chroma } from "@langchain/community/vectorstores/chroma";
import { Document } from "@langchain/core/documents";
import { Embeddings } from "@langchain/core/embeddings";
import { ChromaClient } from "chromadb";
import { address, embed, start } from "./server.mjs";

let s, embeddings;
class Model extends Embeddings {
  embedDocuments(texts) { return embed(s, texts, "passage"); }
  async embedQuery(text) { return (await embed(s, [text], "query"))[0]; }
}

class Node extends Chroma {
  async ensureCollection() {
    if (!this.collection) {
      this.index ??= new ChromaClient(this.clientParams);
      this.collection = await this.index.getOrCreateCollection({ name: this.collectionName, embeddingFunction: null });
    }
    return this.collection;
  }
}

const config = (headers) => {
  const { host, port, ssl } = address(s);
  return { collectionName: "n8n-notes", clientParams: { host, port, ssl, headers } };
};
const docs = [
  // The text splitters of LangChain leave places in loc, which the class flattens.
  new Document({ pageContent: "이사한 날부터 14일 안에 전입신고를 해야 한다.", metadata: { source: "blob", lang: "ko", loc: { lines: { from: 1, to: 3 } } } }),
  new Document({ pageContent: "부산의 겨울은 따뜻하지만 바닷바람이 세다.", metadata: { source: "blob", lang: "ko" } }),
  new Document({ pageContent: "Open the rear cover to clear a paper jam.", metadata: { source: "file", lang: "en" } }),
];

before(async () => { s = await start(); embeddings = new Model({}); });
after(() => s.stop());

for (const [name, headers] of [["token", () => ({ "X-Chroma-Token": s.key })], ["apiKey", () => ({ Authorization: `Bearer ${s.key}` })]]) {
  test(`insert, load, retrieve and update with the credential ${name}`, async () => {
    const client = new ChromaClient({ ...address(s), headers: headers() });
    // Insert with "Clear Collection": a collection that is missing is no failure.
    await client.deleteCollection({ name: "n8n-notes" }).catch(() => {});
    await Node.fromDocuments(docs, embeddings, config(headers()));
    // The list of collections to choose from.
    assert.ok((await client.listCollections()).some((x) => x.name === "n8n-notes"));
    // Get many, with a metadata filter: the node embeds and passes the vector on.
    const store = await Node.fromExistingCollection(embeddings, config(headers()));
    const found = await store.similaritySearchVectorWithScore(await embeddings.embedQuery("전입신고는 언제까지?"), 2, { lang: "ko" });
    assert.equal(found.length, 2);
    assert.equal(found[0][0].pageContent, docs[0].pageContent);
    assert.deepEqual(found[0][0].metadata, docs[0].metadata);
    assert.ok(found[0][0].id && found[0][1] <= found[1][1]);
    assert.deepEqual(await store.similaritySearchVectorWithScore(await embeddings.embedQuery("x"), 2, { lang: "fr" }), []);
    // As a retriever of an agent.
    const [best] = await store.asRetriever(1).invoke("the printer has a paper jam");
    assert.equal(best.pageContent, docs[2].pageContent);
    // Update by id, and inserting without clearing.
    const id = found[0][0].id;
    await store.addDocuments([new Document({ pageContent: "전입신고는 14일 안에.", metadata: { lang: "ko" } })], { ids: [id] });
    const [again] = await store.similaritySearch("전입신고는 언제까지?", 1);
    assert.deepEqual([again.id, again.pageContent], [id, "전입신고는 14일 안에."]);
    await store.delete({ ids: [id] });
    await store.delete({ filter: { lang: "en" } });
    assert.deepEqual((await store.similaritySearch("무엇이든", 10)).map((d) => d.pageContent), [docs[1].pageContent]);
  });
}

test("another dimension is named, so that the node says what to do", async () => {
  class Short extends Model { async embedDocuments(texts) { return texts.map(() => [1, 2, 3]); } }
  await assert.rejects(Node.fromDocuments(docs, new Short({}), config({ "x-chroma-token": s.key })), /dimension/i);
});
