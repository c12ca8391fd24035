import { parse, stringify, value, visible } from "/console/show.js";
import { words } from "/console/words.js";

const $ = (id) => document.getElementById(id);
const store = { get: (k) => localStorage.getItem("frony-" + k), set: (k, v) => localStorage.setItem("frony-" + k, v) };

// ── Words ────────────────────────────────────────────────────────────────────
let lang = store.get("lang") || (navigator.language.startsWith("ko") ? "ko" : "en");
const t = (k, fill = {}) => words[lang][k].replace(/\{(\w+)\}/g, (_, name) => fill[name]);

function translate() {
  document.documentElement.lang = lang;
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = t(e.dataset.t);
  for (const e of document.querySelectorAll("[data-placeholder]")) e.placeholder = t(e.dataset.placeholder);
  for (const e of document.querySelectorAll("[data-label]")) e.setAttribute("aria-label", t(e.dataset.label));
  for (const e of document.querySelectorAll("[data-title]")) { e.title = t(e.dataset.title); e.setAttribute("aria-label", e.title); }
  $("lang").textContent = t("other");
}

// ── Elements ─────────────────────────────────────────────────────────────────
// Everything that comes from documents goes through textContent: never markup.
function el(tag, props = {}, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(props)) {
    if (k === "class") e.className = v;
    else if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
    else e.setAttribute(k, v);
  }
  e.append(...children.filter((c) => c !== null));
  return e;
}

function toast(text) {
  $("toast").textContent = text;
  $("toast").hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => ($("toast").hidden = true), 2500);
}

function fault(where, e) {
  const p = where.querySelector(".fault[role=alert]");
  p.hidden = !e;
  p.textContent = e ? [e.message, e.hint].filter(Boolean).join("\n") : "";
}

// ── Server ───────────────────────────────────────────────────────────────────
class Refusal extends Error {
  constructor(e) { super(e.message); Object.assign(this, e); }
}

// A busy server says when to come again: it has done nothing yet, so that writes may
// be sent again too.
const patience = 10;

const pause = (seconds, signal) => new Promise((done, failed) => {
  const t = setTimeout(done, 1000 * seconds);
  signal?.addEventListener("abort", () => { clearTimeout(t); failed(signal.reason); });
});

async function api(method, path, body, signal) {
  for (let tries = 0; ; ) {
    const headers = {};
    const key = sessionStorage.getItem("frony-key");
    if (key) headers.Authorization = "Bearer " + key;
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
    if (!r.ok) {
      let e = { code: "http", message: `HTTP ${r.status}` };
      try { e = JSON.parse(text).error; } catch { /* a proxy's page, not ours */ }
      throw new Refusal(e);
    }
    return r.headers.get("Content-Type")?.includes("json") ? parse(text) : text;
  }
}

const path = (...parts) => "/v1/collections" + parts.map((p) => "/" + encodeURIComponent(p)).join("");

// ── Questions ────────────────────────────────────────────────────────────────
// ask shows a dialog with one field until it is answered well, or closed.
function ask(title, label, type, accept) {
  const d = $("ask"), input = $("ask-input"), form = d.querySelector("form");
  $("ask-title").textContent = title;
  $("ask-label").textContent = label;
  input.type = type;
  input.value = "";
  fault(d, null);
  return new Promise((done) => {
    form.onsubmit = async (ev) => {
      ev.preventDefault();
      try {
        await accept(input.value.trim());
        d.close("ok");
      } catch (e) { fault(d, e); }
    };
    d.onclose = () => { done(d.returnValue === "ok"); d.returnValue = ""; };
    if (!d.open) d.showModal();
    input.focus();
  });
}

let asking = null; // one question at a time, however many requests want the key
function askKey() {
  asking ??= ask(t("keyAsk"), t("keyLabel"), "password", async (key) => {
    const r = await fetch("/v1/collections", { headers: { Authorization: "Bearer " + key } });
    if (r.status === 401) throw (await r.json()).error;
    sessionStorage.setItem("frony-key", key);
  }).finally(() => (asking = null));
  return asking;
}

// ── Collections ──────────────────────────────────────────────────────────────
let info = null; // of the collection that is chosen

async function loadCollections(choose) {
  const { collections } = await api("GET", "/v1/collections");
  const wanted = choose || $("collection").value || store.get("collection");
  $("collection").replaceChildren(...collections.map((c) => el("option", { value: c.name }, `${c.name} (${c.documents.toLocaleString()})`)));
  if (collections.some((c) => c.name === wanted)) $("collection").value = wanted;
  info = collections.find((c) => c.name === $("collection").value) || null;
  $("insert").disabled = !info;
  $("degraded").hidden = !info?.degraded;
  $("degraded").textContent = info?.degraded ? t("degraded", { why: info.degraded }) : "";
  if (info) store.set("collection", info.name);
}

async function newCollection() {
  await ask(t("newCollection"), t("name"), "text", async (name) => {
    await api("POST", "/v1/collections", { name });
    await loadCollections(name);
    toast(t("created2"));
  });
  search();
}

// ── Search ───────────────────────────────────────────────────────────────────
let running = null, like = null;
const stages = ["embed", "filter", "graph", "lexical", "rerank", "load"];

// search asks what the form says. A search that is under way already is not begun
// anew because a key was pressed that changed nothing: the first would still hold its
// slot at the server when the second asks for one.
async function search(ev) {
  const c = $("collection").value, text = $("q").value.trim(), form = $("search");
  if (!c || (!text && !like)) {
    running?.abort();
    if (c || !start.failed) fault(form, null);
    show([], null);
    $("empty").textContent = c ? t("start", { n: (info?.documents ?? 0).toLocaleString() }) : start.failed ? "" : t("noCollections");
    return;
  }
  const q = { k: Math.min(100, Math.max(1, Number($("k").value) || 10)), exact: $("exact").checked };
  if (like) q.embedding = like.embedding;
  else q.text = text;
  if ($("per-source").checked) q.per_source = 1;
  if (!like && $("mode").value) q.mode = $("mode").value;
  if ($("filter").value.trim()) q.filter = $("filter").value.trim();
  const asked = c + stringify(q);
  if (ev === "typed" && running?.asked === asked) return;
  running?.abort();
  fault(form, null);
  const mine = (running = new AbortController());
  mine.asked = asked;
  const began = performance.now();
  try {
    const r = await api("POST", path(c, "search"), q, mine.signal);
    show(r.matches, { ...r, took: performance.now() - began });
    $("empty").textContent = r.matches.length ? "" : t("nothing");
  } catch (e) {
    if (e.name === "AbortError") return;
    $("matches").classList.add("stale"); // a filter that is half typed takes nothing away
    $("empty").textContent = "";
    fault(form, e);
  } finally {
    if (running === mine) running = null;
  }
}

const ms = (us) => (us < 1000 ? `${us} µs` : `${(us / 1000).toFixed(us < 10000 ? 2 : 1)} ms`);

function show(matches, r) {
  $("matches").classList.remove("stale");
  $("trace").hidden = !r;
  if (r) {
    const sum = Math.max(1, stages.reduce((n, s) => n + r.timings[s], 0));
    $("bar").replaceChildren(...stages.map((s) => {
      const i = el("i", { class: s, title: `${t(s)} ${ms(r.timings[s])}` });
      i.style.width = (100 * r.timings[s]) / sum + "%";
      return i;
    }));
    $("stages").replaceChildren(
      ...stages.filter((s) => r.timings[s] > 0).map((s) => el("li", {}, el("i", { class: s }), `${t(s)} ${ms(r.timings[s])}`)),
      el("li", {}, `${t("total")} ${ms(r.timings.total)} · ${t("network")} ${r.took.toFixed(1)} ms`),
      el("li", {}, `${r.mode} · ${r.plan} · ${t("candidates")} ${r.candidates}`));
  }
  $("warnings").hidden = !r?.warnings?.length;
  $("warnings").textContent = (r?.warnings || []).join("\n");
  // BM25 has no upper end: its bars are relative to the best.
  const top = r?.mode === "lexical" ? matches[0]?.score : 1;
  $("matches").replaceChildren(...matches.map((m, i) => card(m, i, top)));
}

function card(m, i, top) {
  const bar = el("meter-bar", { "aria-hidden": "true" }, el("i"));
  bar.firstChild.style.width = 100 * Math.max(0, Math.min(1, m.score / top)) + "%";
  const filtered = $("filter").value;
  const chips = Object.entries(m.metadata || {}).slice(0, 12).map(([k, v]) =>
    el("span", { class: filtered.includes(k) ? "chip on" : "chip" }, `${visible(k)}: ${value(v)}`));
  return el("li", {}, el("button", { class: "match", type: "button", "data-id": m.id, onclick: () => openDocument(m.id) },
    el("div", { class: "score" }, m.score.toFixed(3), bar),
    el("div", { class: "snippet" }, ...(m.title ? [el("b", {}, ...highlight(m.title)), " — "] : []), ...highlight(m.text || "")),
    el("div", { class: "about" }, el("code", {}, `${i + 1}. ${visible(m.id)}`), ...chips,
      el("span", { class: "space" }), el("small", {}, [m.cosine && `cos ${m.cosine.toFixed(3)}`, m.bm25 && `BM25 ${m.bm25.toFixed(2)}`].filter(Boolean).join(" · ")))));
}

// highlight marks the question's words, without their last syllables where
// Korean puts its particles. What nobody sees, such as a soft hyphen, breaks no word.
function highlight(text) {
  const terms = $("q").value.replace(/\p{DI}/gu, "").toLowerCase().split(/[\s.,!?"'()]+/).filter((w) => w.length > 1)
    .map((w) => (/^[가-힣]{3,}$/.test(w) ? w.slice(0, -1) : w))
    .map((w) => [...w].map((c) => c.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("\\p{DI}*"))
    .map((w) => (/^\w/.test(w) ? "(?<![\\p{L}\\p{N}])" + w : w)); // "in" is not in "spring"
  if (like || terms.length === 0) return [text];
  return text.split(new RegExp(`(${terms.join("|")})`, "giu")).map((part, i) => (i % 2 ? el("mark", {}, part) : part));
}

// ── A document ───────────────────────────────────────────────────────────────
let shown = null;

async function openDocument(id) {
  try {
    shown = await api("GET", path($("collection").value, "documents", id));
  } catch (e) { return toast(e.message); }
  $("doc-id").textContent = visible(shown.id);
  $("doc-text").textContent = shown.text || "";
  const fields = Object.entries(shown.metadata || {});
  if (shown.title) fields.unshift([t("title"), shown.title]);
  if (shown.source) fields.push([t("source"), shown.chunk ? `${shown.source} #${shown.chunk}` : shown.source]);
  fields.push([t("created"), new Date(shown.created).toLocaleString(lang)]);
  $("doc-fields").replaceChildren(...fields.flatMap(([k, v]) => [el("dt", {}, visible(k)), el("dd", {}, value(v))]));
  $("doc-delete").textContent = t("delete");
  delete $("doc-delete").dataset.sure;
  $("document").showModal();
}

$("doc-delete").onclick = async (ev) => {
  const b = ev.currentTarget;
  if (!b.dataset.sure) {
    b.dataset.sure = "1";
    b.textContent = t("sure");
    return;
  }
  try {
    await api("DELETE", path($("collection").value, "documents", shown.id));
    $("document").close();
    toast(t("deleted"));
    await loadCollections();
    search();
  } catch (e) { toast(e.message); }
};

$("doc-like").onclick = async () => {
  try {
    const d = await api("GET", path($("collection").value, "documents", shown.id) + "?fields=embedding");
    like = { id: shown.id, embedding: d.embedding };
    $("q").value = "";
    $("q").placeholder = t("similar", { id: visible(shown.id) });
    $("document").close();
    search();
  } catch (e) { toast(e.message); }
};

let edited = null;

function edit(d) {
  $("edit-text").value = d?.text || "";
  $("edit-id").value = d?.id || "";
  $("edit-metadata").value = d?.metadata ? stringify(d.metadata, 1) : "";
  $("edit-chunk").checked = !d || d.source === d.id; // what was stored as it is stays so
  edited = d;
  fault($("editor"), null);
  $("editor").showModal();
  $("edit-text").focus();
}

$("doc-edit").onclick = () => { $("document").close(); edit(shown); };

$("editor").querySelector("form").onsubmit = async (ev) => {
  ev.preventDefault();
  const d = { text: $("edit-text").value };
  if ($("edit-id").value.trim()) d.id = $("edit-id").value.trim();
  if (edited && d.id === edited.id) [d.title, d.source, d.chunk, d.expires] = [edited.title, edited.source, edited.chunk, edited.expires]; // a piece stays one
  try {
    if ($("edit-metadata").value.trim()) {
      try { d.metadata = parse($("edit-metadata").value); } catch { throw new Refusal({ message: t("badJSON") }); }
    }
    await api("PUT", path($("collection").value, "documents"), { documents: [d], chunk: $("edit-chunk").checked ? {} : undefined });
    $("editor").close();
    toast(t("saved"));
    await loadCollections();
    search();
  } catch (e) { fault($("editor"), e); }
};

// ── Tasks ────────────────────────────────────────────────────────────────────
const starts = { reembed: true, backup: false, compact: false, doctor: false }; // whether it is about the collection

async function startTask(kind) {
  const task = { kind };
  if (starts[kind]) task.collection = $("collection").value;
  try {
    await api("POST", "/v1/tasks", task);
    fault($("tasks"), null);
  } catch (e) { fault($("tasks"), e); }
  await tasks();
}

async function tasks() {
  if (!$("tasks").open) return;
  try {
    const { tasks: list } = await api("GET", "/v1/tasks");
    $("no-tasks").hidden = list.length > 0;
    $("task-list").replaceChildren(...list.map(taskItem));
    $("starts").hidden = false;
  } catch (e) {
    $("starts").hidden = $("no-tasks").hidden = true;
    fault($("tasks"), e);
  }
}

function taskItem(task) {
  const running = task.state === "running";
  const took = ((task.ended ? new Date(task.ended) : new Date()) - new Date(task.started)) / 1000;
  const bar = el("progress", { max: task.total || 1, "aria-label": task.step || task.kind });
  if (task.total) bar.value = task.done; // else it moves without an end
  const about = [t(task.cancelling ? "cancelling" : task.state), task.total && running ? `${task.done.toLocaleString()} / ${task.total.toLocaleString()}` : null,
    `${took.toFixed(1)} s`, new Date(task.started).toLocaleString(lang), task.key ? visible(task.key) : null, task.result?.backup?.name, found(task.result?.doctor)];
  return el("li", { "data-task": task.id },
    el("div", { class: "line" }, el("strong", {}, [t(task.kind), task.collection && visible(task.collection)].filter(Boolean).join(" · ")), el("span", { class: "space" }),
      running && !task.cancelling ? el("button", { class: "quiet", type: "button", onclick: () => cancelTask(task.id) }, t("cancel")) : null),
    running ? bar : null,
    el("small", {}, about.filter(Boolean).join(" · ")),
    task.error ? el("small", { class: "fault" }, [task.error.message, task.error.hint].filter(Boolean).join("; ")) : null);
}

// found says what a check found.
function found(report) {
  if (!report) return null;
  const n = report.collections.reduce((sum, c) => sum + c.fault_count + c.unreachable, report.checksums ? 1 : 0);
  return n ? t("faults", { n: n.toLocaleString() }) : t("sound");
}

async function cancelTask(id) {
  try { await api("POST", `/v1/tasks/${encodeURIComponent(id)}/cancel`); } catch (e) { fault($("tasks"), e); }
  await tasks();
}

$("tasks-open").onclick = () => {
  fault($("tasks"), null);
  $("starts").replaceChildren(...Object.keys(starts).map((kind) =>
    el("button", { class: "quiet", type: "button", onclick: () => startTask(kind) }, starts[kind] ? `${t(kind)} · ${visible($("collection").value)}` : t(kind))));
  $("tasks").showModal();
  tasks();
};
$("tasks").addEventListener("close", async () => { await loadCollections().catch(() => {}); search(); });

// ── Figures ──────────────────────────────────────────────────────────────────
const bytes = (n) => {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let i = 0;
  for (; n >= 1024 && i < units.length - 1; i++) n /= 1024;
  return `${n.toFixed(n < 10 && i ? 1 : 0)} ${units[i]}`;
};
const sum = (text, name) => [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"))].reduce((n, m) => n + Number(m[1]), 0);
let last = null;

async function figures() {
  const c = $("collection").value;
  if (!c || document.hidden || asking) return;
  try {
    const [s, m] = await Promise.all([api("GET", path(c, "stats")), api("GET", "/metrics").catch(() => "")]);
    const now = { at: performance.now(), searches: sum(m, "frony_searches_total") };
    const rate = last ? Math.max(0, (1000 * (now.searches - last.searches)) / (now.at - last.at)) : 0;
    last = now;
    $("collection").selectedOptions[0].textContent = `${s.name} (${s.documents.toLocaleString()})`;
    if (info) info.documents = s.documents;
    const memory = s.memory_bytes, disk = s.disk_bytes;
    const rows = [
      ["documents", s.documents.toLocaleString()], ["dead", s.dead.toLocaleString()],
      ["memory", bytes(memory.graph + memory.codes + memory.nodes + memory.metadata + memory.lexical)],
      ["disk", bytes(disk.store + disk.rows + disk.snapshot)],
      ["dims", `${s.head_dims} → ${s.dims}`], ["model", s.model?.model || "–"],
      ["rate", rate.toFixed(1)], ["refused", sum(m, "frony_http_refused_total").toLocaleString()],
    ];
    $("figures").replaceChildren(...rows.flatMap(([k, v]) => [el("dt", {}, t(k)), el("dd", { title: v }, v)]));
  } catch { /* the search tells what is wrong */ }
}

// ── Events ───────────────────────────────────────────────────────────────────
let timer;
const soon = () => { clearTimeout(timer); timer = setTimeout(search, 120, "typed"); };
$("q").addEventListener("input", () => { like = null; $("q").placeholder = t("question"); soon(); });
for (const id of ["filter", "k", "mode", "per-source", "exact"]) $(id).addEventListener("input", soon);
$("search").addEventListener("submit", (ev) => { ev.preventDefault(); search(); });
$("collection").addEventListener("change", async () => { like = null; last = null; await loadCollections(); search(); figures(); });
$("new-collection").onclick = newCollection;
$("insert").onclick = () => edit(null);
$("key").onclick = async () => { if (await askKey()) start(); };
$("lang").onclick = () => { lang = lang === "ko" ? "en" : "ko"; store.set("lang", lang); translate(); search(); figures(); };
$("theme").onclick = () => {
  const next = { "": "light", light: "dark", dark: "" }[document.documentElement.dataset.theme || ""];
  store.set("theme", next);
  theme(next);
};
function theme(name) {
  if (name) document.documentElement.dataset.theme = name;
  else delete document.documentElement.dataset.theme;
}
for (const b of document.querySelectorAll("[data-close]")) b.onclick = () => b.closest("dialog").close();

document.addEventListener("keydown", (ev) => {
  if (ev.ctrlKey || ev.metaKey || ev.altKey || ev.isComposing || document.querySelector("dialog[open]")) return;
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
  const cards = [...document.querySelectorAll("button.match")];
  const at = cards.indexOf(document.activeElement);
  if (ev.key === "ArrowDown" && (at >= 0 || document.activeElement === $("q"))) cards[Math.min(at + 1, cards.length - 1)]?.focus();
  else if (ev.key === "ArrowUp" && at >= 0) (cards[at - 1] || $("q")).focus();
  else if (ev.key === "/" && !typing) $("q").focus();
  else if (ev.key === "n" && !typing && info) edit(null);
  else if (ev.key === "Escape" && at >= 0) $("q").focus();
  else return;
  ev.preventDefault();
});

async function start() {
  start.failed = false;
  try {
    await loadCollections();
  } catch (e) {
    start.failed = true; // what search says of an empty list would be wrong
    fault($("search"), e);
  }
  search();
  figures();
}

theme(store.get("theme") || "");
translate();
start();
setInterval(figures, 2000);
setInterval(tasks, 1000);
