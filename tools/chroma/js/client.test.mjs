// What Chroma's own suite for its JavaScript client does against a server, operation by
// operation, with that client unmodified. (The suite is in Chroma's repository and not in the package.)
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import {
  AdminClient, ChromaClient, ChromaNotFoundError, ChromaUnauthorizedError, ChromaUniqueError, Schema, VectorIndexConfig,
} from "chromadb";
import { address, connect, embed, start } from "./server.mjs";

const ids = ["one", "two", "three"];
const embeddings = [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [10, 9, 8, 7, 6, 5, 4, 3, 2, 1], [0.5, 0, 0, 0, 0, 0, 0, 0, 0, -0.25]];
const metadatas = [{ test: "a", n: 1, part: 0.5 }, { test: "b", n: 2, yes: true }, { test: "a", tags: ["x", "y"] }];
const documents = ["서울의 봄은 짧다", "This is a test of 2", "부산의 겨울"];

let s, c;
before(async () => { s = await start(); c = connect(s); });
after(() => s.stop());
beforeEach(() => c.reset());
const make = (more = {}) => c.createCollection({ name: "notes", embeddingFunction: null, ...more });
const filled = async (more) => {
  const notes = await make(more);
  await notes.add({ ids, embeddings, metadatas, documents });
  return notes;
};

test("the server tells its version, its heart and its limits", async () => {
  assert.match(await c.version(), /^\d+\.\d+\.\d+$/);
  assert.ok(await c.heartbeat() > 0);
  assert.ok(await c.getMaxBatchSize() >= 1000);
  assert.equal((await c.getUserIdentity()).tenant, "default_tenant");
});

test("a key is asked for", async () => {
  await assert.rejects(new ChromaClient({ ...address(s), headers: {} }).listCollections(), ChromaUnauthorizedError);
  await assert.rejects(new ChromaClient({ ...address(s), headers: { "x-chroma-token": "wrong" } }).listCollections(), ChromaUnauthorizedError);
  const bearer = new ChromaClient({ ...address(s), headers: { Authorization: `Bearer ${s.key}` } });
  assert.deepEqual(await bearer.listCollections(), []);
});

test("collections", async () => {
  const notes = await make({ metadata: { description: "메모", n: 1 } });
  assert.equal(notes.name, "notes");
  assert.deepEqual(notes.metadata, { description: "메모", n: 1 });
  await assert.rejects(make(), ChromaUniqueError);
  assert.equal((await c.getOrCreateCollection({ name: "notes", embeddingFunction: null })).id, notes.id);
  await make({ name: "more" });
  assert.equal(await c.countCollections(), 2);
  assert.deepEqual((await c.listCollections()).map((x) => x.name), ["more", "notes"]);
  assert.deepEqual((await c.listCollections({ limit: 1, offset: 1 })).map((x) => x.name), ["notes"]);
  await notes.modify({ name: "renamed", metadata: { description: "새 메모" } });
  const renamed = await c.getCollection({ name: "renamed" });
  assert.equal(renamed.id, notes.id);
  assert.deepEqual(renamed.metadata, { description: "새 메모" });
  await c.deleteCollection({ name: "renamed" });
  await assert.rejects(c.getCollection({ name: "renamed" }), ChromaNotFoundError);
  await assert.rejects(c.deleteCollection({ name: "renamed" }), ChromaNotFoundError);
  await assert.rejects(make({ name: "a!" }));
});

test("configurations and schemas", async () => {
  const space = (x) => x.configuration.hnsw.space;
  assert.equal(space(await make()), "l2");
  assert.equal(space(await make({ name: "cosine", configuration: { hnsw: { space: "cosine", ef_construction: 7 } } })), "cosine");
  assert.equal(space(await make({ name: "older", metadata: { "hnsw:space": "ip" } })), "ip");
  const schema = new Schema().createIndex(new VectorIndexConfig({ space: "cosine", embeddingFunction: null }));
  assert.equal(space(await c.createCollection({ name: "schema", schema })), "cosine");
  await assert.rejects(make({ name: "bad", configuration: { hnsw: { ef_construction: -1 } } }));
  const notes = await c.getCollection({ name: "cosine" });
  await notes.modify({ configuration: { hnsw: { ef_search: 20 } } });
  const told = (await c.getCollection({ name: "cosine" })).configuration.hnsw;
  assert.deepEqual([told.ef_search, told.ef_construction, told.space], [20, 7, "cosine"]);
});

test("what is added comes back as it was", async () => {
  const notes = await filled();
  assert.equal(await notes.count(), 3);
  const got = await notes.get({ ids: ["two"], include: ["embeddings", "metadatas", "documents"] });
  assert.deepEqual([got.ids, got.embeddings, got.metadatas, got.documents], [["two"], [embeddings[1]], [metadatas[1]], [documents[1]]]);
  const all = await notes.get({ include: ["embeddings"] });
  for (const [i, id] of ids.entries()) assert.deepEqual(all.embeddings[all.ids.indexOf(id)], embeddings[i]);
  assert.deepEqual((await notes.get({ ids: ["nobody"] })).ids, []);
  assert.equal((await notes.get({ limit: 1, offset: 1 })).ids.length, 1);
  assert.equal((await notes.peek({ limit: 2 })).ids.length, 2);
  assert.equal((await notes.get({ where: { test: "a" } })).rows().length, 2);
  await notes.add({ ids: ["one", "four"], embeddings: [[0, 0, 0, 0, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]] });
  assert.deepEqual((await notes.get({ ids: ["one"], include: ["embeddings"] })).embeddings[0], embeddings[0]);
  await assert.rejects(notes.add({ ids: ["x", "x"], embeddings: [embeddings[0], embeddings[1]] }));
  await assert.rejects(notes.add({ ids: ["x"], embeddings: [[1, 2]] }));
});

test("filters", async () => {
  const notes = await filled();
  const found = async (where, whereDocument) => (await notes.get({ where, whereDocument })).ids.sort();
  for (const [where, want] of [
    [{ test: "a" }, ["one", "three"]], [{ n: { $gt: 1 } }, ["two"]], [{ n: { $lte: 1 } }, ["one"]], [{ part: 0.5 }, ["one"]],
    [{ test: { $ne: "a" } }, ["two"]], [{ test: { $in: ["b", "c"] } }, ["two"]], [{ test: { $nin: ["b"] } }, ["one", "three"]],
    [{ yes: true }, ["two"]], [{ $and: [{ test: "a" }, { n: 1 }] }, ["one"]], [{ $or: [{ n: 1 }, { n: 2 }] }, ["one", "two"]],
  ]) assert.deepEqual(await found(where), want, JSON.stringify(where));
  assert.deepEqual(await found(undefined, { $contains: "의" }), ["one", "three"]);
  assert.deepEqual(await found(undefined, { $not_contains: "의" }), ["two"]);
  assert.deepEqual(await found({ test: "a" }, { $or: [{ $contains: "봄" }, { $contains: "2" }] }), ["one"]);
  assert.deepEqual(await found(undefined, { $regex: "test of [0-9]" }), ["two"]);
});

test("queries", async () => {
  const notes = await filled();
  const r = await notes.query({ queryEmbeddings: embeddings.slice(0, 2), nResults: 2, include: ["distances", "documents", "metadatas", "embeddings"] });
  assert.deepEqual(r.ids.map((x) => x[0]), ["one", "two"]);
  assert.ok(r.distances[0][0] < 1e-3 && r.distances[0][1] > 100);
  assert.deepEqual([r.documents[0][0], r.metadatas[0][0], r.embeddings[0][0]], [documents[0], metadatas[0], embeddings[0]]);
  assert.equal(r.rows()[0].length, 2);
  const where = await notes.query({ queryEmbeddings: [embeddings[0]], nResults: 10, where: { test: "b" } });
  assert.deepEqual(where.ids, [["two"]]);
  const text = await notes.query({ queryEmbeddings: [embeddings[0]], nResults: 10, whereDocument: { $contains: "겨울" } });
  assert.deepEqual(text.ids, [["three"]]);
  const among = await notes.query({ queryEmbeddings: [embeddings[0]], nResults: 10, ids: ["two", "three"] });
  assert.deepEqual(among.ids[0].sort(), ["three", "two"]);
  await assert.rejects(notes.query({ queryEmbeddings: [[1, 2]], nResults: 1 }));
});

test("distances of each space", async () => {
  const near = (a, b) => Math.abs(a - b) < 1e-5;
  for (const [space, want] of [["l2", 18], ["ip", 1 - 4], ["cosine", 1 - 4 / 5]]) {
    const x = await make({ name: "in-" + space, configuration: { hnsw: { space } } });
    await x.add({ ids: ["a"], embeddings: [[4, 3]] });
    const got = (await x.query({ queryEmbeddings: [[1, 0]], nResults: 1 })).distances[0][0];
    assert.ok(near(got, want), `${space}: ${got}, want ${want}`);
  }
});

test("updates, upserts and deletions", async () => {
  const notes = await filled();
  await notes.update({ ids: ["one"], metadatas: [{ n: 10 }], documents: ["바뀐 글"], embeddings: [embeddings[0]] });
  let got = await notes.get({ ids: ["one"], include: ["embeddings", "metadatas", "documents"] });
  assert.deepEqual([got.metadatas[0], got.documents[0], got.embeddings[0]], [{ test: "a", n: 10, part: 0.5 }, "바뀐 글", embeddings[0]]);
  await notes.update({ ids: ["one"], embeddings: [embeddings[1]] });
  got = await notes.get({ ids: ["one"], include: ["embeddings"] });
  assert.deepEqual(got.embeddings[0], embeddings[1]);
  await notes.upsert({ ids: ["one", "new"], embeddings: [embeddings[0], embeddings[2]], documents: ["1", "2"] });
  assert.equal(await notes.count(), 4);
  await notes.delete({ ids: ["new"] });
  await notes.delete({ where: { test: "a" } });
  assert.deepEqual((await notes.get()).ids, ["two"]);
  await notes.delete({ whereDocument: { $contains: "test of" } });
  assert.equal(await notes.count(), 0);
});

test("tenants and databases", async () => {
  const admin = new AdminClient(address(s));
  await admin.createTenant({ name: "acme" });
  assert.equal(await admin.getTenant({ name: "acme" }), "acme");
  for (const name of ["main", "beta"]) await admin.createDatabase({ name, tenant: "acme" });
  await assert.rejects(admin.createDatabase({ name: "main", tenant: "acme" }));
  assert.deepEqual((await admin.listDatabases({ tenant: "acme" })).map((d) => d.name), ["beta", "main"]);
  const there = connect(s, { tenant: "acme", database: "main" });
  await there.createCollection({ name: "notes", embeddingFunction: null });
  assert.equal(await c.countCollections(), 0);
  await admin.deleteDatabase({ name: "main", tenant: "acme" });
  await assert.rejects(there.listCollections());
});

test("an embedding function with roles, and the server's model", async () => {
  class Frony {
    name = "frony-test";
    generate(texts) { return embed(s, texts, "passage"); }
    generateForQueries(texts) { return embed(s, texts, "query"); }
    getConfig() { return {}; }
    defaultSpace() { return "cosine"; }
    supportedSpaces() { return ["cosine"]; }
    static buildFromConfig() { return new Frony(); }
  }
  const notes = await make({ embeddingFunction: new Frony() });
  assert.equal(notes.configuration.hnsw.space, "cosine");
  await notes.add({ ids, documents });
  assert.equal((await notes.query({ queryTexts: ["winter in Busan"], nResults: 1 })).ids[0][0], "three");
  // Without an embedding function the server embeds. The client refuses to send that, so it is sent as other programs do.
  const plain = await make({ name: "plain" });
  const at = `/api/v2/tenants/default_tenant/databases/default_database/collections/${plain.id}`;
  await s.api("POST", at + "/add", { ids, documents });
  const [query] = await embed(s, ["winter in Busan"], "query");
  assert.equal((await plain.query({ queryEmbeddings: [query], nResults: 1 })).ids[0][0], "three");
  // And /v1 searches what Chroma's client has written.
  const found = await s.api("POST", "/v1/collections/plain/search", { text: "부산 겨울", k: 1 });
  assert.equal(found.matches[0].id, "three");
});
