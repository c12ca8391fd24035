// Starts frony-db with Chroma's API for a test file, and its model for the clients.
import { ChromaClient } from "chromadb";
import { serve } from "../../clients/server.mjs";

export const start = () => serve("--compat", "chroma-reset");

/** Where a client connects to. */
export function address(s) {
  const { hostname: host, port } = new URL(s.url);
  return { host, port: Number(port), ssl: false, headers: { "x-chroma-token": s.key } };
}

export const connect = (s, more = {}) => new ChromaClient({ ...address(s), ...more });

/** Embeddings of the server's model, in a role: "passage" or "query". */
export async function embed(s, texts, role) {
  const out = await s.api("POST", "/v1/embeddings", { model: `frony-${role}`, input: texts });
  return out.data.map((d) => d.embedding);
}
