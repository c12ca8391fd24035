import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import OpenAI7 from "openai";
import OpenAI6 from "openai-6";
import { InferenceClient } from "@huggingface/inference";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { join } from "node:path";
import { serve } from "./server.mjs";

let s;
before(async () => { s = await serve("--mcp-write"); });
after(() => s.stop());

const norm = (v) => Math.hypot(...v);
const near = (a, b) => a.length === b.length && a.every((x, i) => Math.abs(x - b[i]) < 1e-6);

for (const [name, OpenAI] of [["openai 7", OpenAI7], ["openai 6", OpenAI6]]) {
  test(name, async () => {
    const c = new OpenAI({ baseURL: s.url + "/v1", apiKey: s.key, maxRetries: 0 });
    // The client asks for base64 when nothing is said, and decodes it itself.
    const b64 = await c.embeddings.create({ model: "frony-passage", input: ["서울의 봄은 짧다", "winter in Busan"] });
    assert.equal(b64.data.length, 2);
    assert.equal(b64.data[0].embedding.length, 384);
    assert.ok(Math.abs(norm(b64.data[0].embedding) - 1) < 1e-5);
    const float = await c.embeddings.create({ model: "frony-passage", input: "서울의 봄은 짧다", encoding_format: "float" });
    assert.ok(near(float.data[0].embedding, b64.data[0].embedding));
    const head = await c.embeddings.create({ model: "frony-query", input: "봄", dimensions: 192 });
    assert.equal(head.data[0].embedding.length, 192);
    assert.ok(Math.abs(norm(head.data[0].embedding) - 1) < 1e-5);
    await assert.rejects(c.embeddings.create({ model: "frony-query", input: "봄", dimensions: 128 }),
      (e) => e instanceof OpenAI.BadRequestError && e.code === "invalid_dimensions" && e.param === "dimensions");
    await assert.rejects(c.embeddings.create({ model: "other", input: "봄" }), OpenAI.NotFoundError);
    await assert.rejects(new OpenAI({ baseURL: s.url + "/v1", apiKey: "wrong", maxRetries: 0 }).models.list(), OpenAI.AuthenticationError);
    const names = [];
    for await (const m of await c.models.list()) names.push(m.id);
    assert.ok(names.includes("frony-query") && names.includes("frony-passage"), names);
    assert.equal((await c.models.retrieve(names[2])).id, names[2]);
  });
}

test("@huggingface/inference", async () => {
  const c = new InferenceClient(s.key);
  const v = await c.featureExtraction({ endpointUrl: s.url + "/embed", inputs: ["서울의 봄", "winter"] });
  assert.equal(v.length, 2);
  assert.equal(v[1].length, 384);
});

async function exercise(c, collection) {
  const { tools } = await c.listTools();
  assert.deepEqual(tools.map((t) => t.name).sort(), ["delete", "facets", "get", "list", "list_collections", "search", "update", "upsert"]);
  const wrote = await c.callTool({ name: "upsert", arguments: { collection, documents: [
    { id: "1", text: "서울의 봄은 짧다", metadata: { lang: "ko" } }, { id: "2", text: "winter in Busan" }] } });
  assert.deepEqual(wrote.structuredContent, { ids: ["1", "2"] });
  const found = await c.callTool({ name: "search", arguments: { collection, text: "서울 봄", k: 1 } });
  assert.equal(found.structuredContent.matches[0].id, "1");
  const fault = await c.callTool({ name: "search", arguments: { collection: "none", text: "x" } });
  assert.ok(fault.isError && fault.content[0].text.includes("no_collection"));
}

test("@modelcontextprotocol/sdk over HTTP", async () => {
  await s.api("POST", "/v1/collections", { name: "mcp" });
  const c = new Client({ name: "test", version: "1" });
  await c.connect(new StreamableHTTPClientTransport(new URL(s.url + "/mcp"), {
    requestInit: { headers: { Authorization: `Bearer ${s.key}` } },
  }));
  await exercise(c, "mcp");
  await c.close();
});

test("@modelcontextprotocol/sdk over stdio", async () => {
  const db = join(s.dir, "stdio");
  const { execFileSync } = await import("node:child_process");
  execFileSync(s.bin, ["import", "-", "--db", db, "-c", "notes", "--quiet", "--format", "jsonl"],
    { input: '{"id":"0","text":"first"}\n', cwd: s.dir });
  const c = new Client({ name: "test", version: "1" });
  await c.connect(new StdioClientTransport({ command: s.bin, args: ["mcp", "--write", "--db", db], stderr: "inherit" }));
  try {
    await exercise(c, "notes");
  } finally { // or the child keeps the test from ending
    await c.close();
  }
});
