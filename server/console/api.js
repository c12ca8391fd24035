// Requests to the server.
import { $, ask } from "/console/dom.js";
import { t } from "/console/lang.js";
import { parse, stringify } from "/console/show.js";

export class Refusal extends Error {
  constructor(e) { super(e.message); Object.assign(this, e); }
}

export const path = (...parts) => "/v1/collections" + parts.map((p) => "/" + encodeURIComponent(p)).join("");

const secret = () => sessionStorage.getItem("frony-key");

/** authorization is the header that has the key, if there is one. */
export const authorization = () => (secret() ? { Authorization: "Bearer " + secret() } : {});

// A busy server says when to come again: it has done nothing yet, so that writes may
// be sent again too.
const patience = 10;
let waiting = 0;

async function pause(seconds, signal) {
  waiting++;
  $("busy").hidden = false;
  try {
    await new Promise((done, failed) => {
      const timer = setTimeout(done, 1000 * seconds);
      signal?.addEventListener("abort", () => { clearTimeout(timer); failed(signal.reason); });
    });
  } finally { $("busy").hidden = --waiting === 0; }
}

/** api sends a request until it is answered. read makes the answer of its text. */
export async function api(method, path, body, signal, read = parse) {
  for (let tries = 0; ; ) {
    const headers = authorization();
    if (body) headers["Content-Type"] = "application/json";
    let r;
    try {
      r = await fetch(path, { method, headers, body: body && stringify(body), signal });
    } catch (e) {
      if (e.name === "AbortError") throw e;
      throw new Refusal({ code: "offline", message: t("offline") });
    }
    if (r.status === 401 && (await askKey())) continue;
    if ((r.status === 429 || r.status === 503) && tries++ < patience) {
      await pause(Number(r.headers.get("Retry-After")) || 1, signal);
      continue;
    }
    const text = await r.text();
    if (!r.ok) throw refusal(r.status, text);
    return r.headers.get("Content-Type")?.includes("json") ? read(text) : text;
  }
}

/** refusal is the error of an answer. */
export function refusal(status, text) {
  let e = { code: "http", message: `HTTP ${status}` };
  try { e = JSON.parse(text).error ?? e; } catch { /* a proxy's page, not ours */ }
  return new Refusal(e);
}

let asking = null; // one question at a time, however many requests want the key
export function askKey() {
  asking ??= ask(t("keyAsk"), t("keyLabel"), "password", async (key) => {
    const r = await fetch("/v1/key", { headers: { Authorization: "Bearer " + key } });
    if (r.status === 401) throw refusal(r.status, await r.text());
    sessionStorage.setItem("frony-key", key);
  }).finally(() => (asking = null));
  return asking;
}

/** asked reports whether the key is being asked for. */
export const asked = () => asking !== null;

export const forgetKey = () => sessionStorage.removeItem("frony-key");
