// Files of documents, sent as a stream, with progress.
import { authorization, path, refusal } from "/console/api.js";
import { $, el, fault } from "/console/dom.js";
import { number, say, t } from "/console/lang.js";
import { bytes, parse, stringify } from "/console/show.js";
import { name, tell } from "/console/state.js";

let sending = null;
const faults = 20; // refused lines that are shown

export function openUpload() {
  fault($("upload"), null);
  $("upload").querySelector("form").reset();
  $("upload-to").textContent = name();
  show(null);
  $("upload").showModal();
}

/** body is the files as lines of JSON: those of JSON lines as they are, texts as a document each. */
async function body(files) {
  const parts = [];
  let texts = 0;
  for (const f of files) {
    if (/\.(jsonl|ndjson|json)$/i.test(f.name)) parts.push(f, "\n");
    else {
      parts.push(stringify({ id: f.name, text: await f.text() }) + "\n");
      texts++;
    }
  }
  return { blob: new Blob(parts), texts, markdown: files.some((f) => /\.(md|markdown)$/i.test(f.name)) };
}

async function send(ev) {
  ev.preventDefault();
  const files = [...$("upload-files").files];
  if (!files.length) return;
  fault($("upload"), null);
  const { blob, texts, markdown } = await body(files);
  const query = new URLSearchParams({ results: "errors" }); // answers are read when all is sent
  if ($("upload-chunk").checked || texts) query.set("chunk", markdown ? "markdown" : "plain");
  const r = (sending = new XMLHttpRequest());
  const began = performance.now();
  const state = { sent: 0, all: blob.size, seconds: 0, end: null, refused: [] };
  const tick = () => { state.seconds = (performance.now() - began) / 1000; show(state); };
  r.open("POST", path(name(), "documents", "upload") + "?" + query);
  for (const [k, v] of Object.entries(authorization())) r.setRequestHeader(k, v);
  r.setRequestHeader("Content-Type", "application/x-ndjson");
  r.upload.onprogress = (ev) => { state.sent = ev.loaded; tick(); };
  const done = () => {
    sending = null;
    tell("changed");
  };
  r.onload = () => {
    if (r.status !== 200) {
      show(null);
      fault($("upload"), refusal(r.status, r.responseText));
      return done();
    }
    const lines = r.responseText.split("\n").filter(Boolean).map(parse);
    state.end = lines.findLast((l) => l.done) ?? null;
    state.refused = lines.filter((l) => l.error && !l.done);
    if (state.end?.error) fault($("upload"), state.end.error);
    else if (!state.end) fault($("upload"), { message: t("uploadCut") });
    tick();
    done();
  };
  r.onerror = () => { show(null); fault($("upload"), { code: "offline", message: t("offline") }); done(); };
  r.onabort = () => { show(null); fault($("upload"), { message: t("uploadStopped") }); done(); };
  tick();
  r.send(blob);
}

function show(s) {
  $("upload-send").disabled = Boolean(s && !s.end && sending);
  $("upload-stop").hidden = !(s && !s.end && sending);
  $("upload-progress").hidden = !s;
  if (!s) return $("upload-refused").replaceChildren();
  const bar = $("upload-progress").querySelector("progress");
  bar.max = s.all || 1;
  bar.value = s.end ? s.all : s.sent;
  const speed = s.seconds > 0.5 ? ` · ${bytes(s.sent / s.seconds)}/s` : "";
  $("upload-state").textContent = s.end
    ? t("uploadDone", { written: number(s.end.written ?? 0), rejected: number(s.end.rejected ?? 0), seconds: s.seconds.toFixed(1) })
    : s.sent < s.all ? `${bytes(s.sent)} / ${bytes(s.all)}${speed}` : t("uploadWaits");
  $("upload-refused").replaceChildren(...s.refused.slice(0, faults).map((l) => el("li", {}, t("line", { n: number(l.line) }), " ", say(l.error.message))),
    ...(s.refused.length > faults ? [el("li", {}, t("more", { n: number(s.refused.length - faults) }))] : []));
}

export function startUpload() {
  $("upload-open").onclick = openUpload;
  $("upload").querySelector("form").onsubmit = send;
  $("upload-stop").onclick = () => sending?.abort();
  $("upload").addEventListener("close", () => sending?.abort());
}
