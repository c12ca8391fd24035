// The collections: which there are, what each takes, how it grows.
import { api, path } from "/console/api.js";
import { $, ask, el, fault, svg, toast } from "/console/dom.js";
import { lang, number, store, t } from "/console/lang.js";
import { bytes, visible } from "/console/show.js";
import { choose, may, name, state, tell } from "/console/state.js";

/** loadCollections reads the list, and chooses one of it. */
export async function loadCollections(wanted) {
  const { collections } = await api("GET", "/v1/collections");
  state.collections = collections;
  state.failed = false;
  wanted ||= name() || store.get("collection");
  const info = collections.find((c) => c.name === wanted) ?? collections[0] ?? null;
  $("collection").replaceChildren(...collections.map((c) => el("option", { value: c.name }, label(c))));
  $("collection").value = info?.name ?? "";
  choose(info);
  for (const c of collections) remember(c);
  showChosen();
}

const label = (c) => `${visible(c.name)} (${number(c.documents)})`;

/** showChosen shows what is known of the chosen collection, whose count may have changed. */
export function showChosen() {
  const info = state.info;
  if (info) $("collection").selectedOptions[0].textContent = label(info);
  for (const id of ["insert", "upload-open"]) $(id).disabled = !info || !may("write");
  $("new-collection").disabled = $("create").disabled = !may("admin");
  $("degraded").hidden = !info?.degraded;
  $("degraded").textContent = info?.degraded ? t("degraded", { why: info.degraded }) : "";
}

export async function newCollection() {
  await ask(t("newCollection"), t("name"), "text", async (name) => {
    await api("POST", "/v1/collections", { name });
    await loadCollections(name);
    toast(t("created2"));
    tell("collection");
  }, { note: t("nameRule"), button: t("create") });
}

async function drop(c) {
  await ask(t("drop", { name: visible(c.name) }), t("dropLabel"), "text", async (typed) => {
    if (typed.normalize() !== c.name.normalize()) throw { code: "", message: t("dropOther", { name: visible(c.name) }) };
    await api("DELETE", path(c.name));
    await loadCollections();
    toast(t("dropped", { name: visible(c.name) }));
    tell("collection");
  }, { note: t("dropNote", { n: number(c.documents) }), button: t("dropButton"), danger: true });
}

// ── The page ─────────────────────────────────────────────────────────────────
export const memoryParts = ["graph", "codes", "nodes", "metadata", "lexical"];

/** inMemory is what a collection holds in memory, in bytes, without what the system may take back. */
export const inMemory = (stats) => memoryParts.reduce((n, k) => n + stats.memory_bytes[k], 0);

let loading = null;

export async function showCollections() {
  fault($("collections"), null);
  $("no-collections").hidden = state.collections.length > 0;
  const list = $("collection-list"), had = new Map([...list.children].map((e) => [e.dataset.name, e]));
  list.replaceChildren(...state.collections.map((c) => had.get(c.name) ?? el("li", { "data-name": c.name }, ...head(c), el("p", { class: "skeleton" }))));
  const mine = (loading = {});
  for (const c of state.collections) {
    const stats = await api("GET", path(c.name, "stats")).catch((e) => (e.code === "forbidden" || e.code === "outside" ? null : fault($("collections"), e)));
    if (mine !== loading || state.view !== "collections") return;
    const li = [...list.children].find((e) => e.dataset.name === c.name);
    const focused = li.contains(document.activeElement) && document.activeElement.dataset.act;
    li.replaceChildren(...head(c), ...(stats ? body(c, stats) : [facts(c)]));
    if (focused) li.querySelector(`[data-act="${focused}"]`)?.focus();
  }
}

// ── Names ────────────────────────────────────────────────────────────────────
async function reload(chosen) {
  await loadCollections(chosen);
  tell("collection");
}

function rename(c) {
  return ask(t("rename"), t("newName"), "text", async (to) => {
    await api("POST", path(c.name, "rename"), { name: to });
    toast(t("renamed", { name: visible(c.name), to: visible(to) }));
    await reload(name() === c.name ? to : undefined);
  }, { note: t("nameRule"), button: t("rename") });
}

function alias(c) {
  return ask(`${t("alias")} → ${visible(c.name)}`, t("aliasLabel"), "text", async (alias) => {
    const r = await api("PUT", `/v1/aliases/${encodeURIComponent(alias)}`, { collection: c.name });
    const fill = { alias: visible(alias), name: visible(r.collection), previous: visible(r.previous ?? "") };
    toast(t(r.previous && r.previous !== r.collection ? "aliasSwitched" : "aliasSet", fill));
    await reload();
  }, { note: t("aliasNote") });
}

async function dropAlias(alias) {
  try {
    await api("DELETE", `/v1/aliases/${encodeURIComponent(alias)}`);
    toast(t("aliasDropped", { alias: visible(alias) }));
    await reload();
  } catch (e) { fault($("collections"), e); }
}

function copy(c) {
  return ask(`${t("copy")}: ${visible(c.name)}`, t("newName"), "text", async (as) => {
    await api("POST", "/v1/tasks", { kind: "copy", collection: c.name, as });
    toast(t("copyStarted"));
  }, { note: t("copyNote"), button: t("copy") });
}

function head(c) {
  const aliases = (c.aliases ?? []).map((a) => el("span", { class: "chip alias" }, visible(a), may("admin")
    ? el("button", { type: "button", class: "quiet", title: t("aliasDrop", { alias: visible(a) }), "aria-label": t("aliasDrop", { alias: visible(a) }), onclick: () => dropAlias(a) }, "✕") : null));
  const act = (name, f) => el("button", { type: "button", class: "quiet", "data-act": name, disabled: !may("admin"), onclick: () => f(c) }, t(name));
  return [el("div", { class: "line" }, el("h3", {}, visible(c.name)), ...aliases, el("span", { class: "space" }),
    el("button", { type: "button", class: "quiet", "data-act": "open", onclick: () => open(c.name) }, t("browse")),
    act("alias", alias), act("rename", rename), act("copy", copy),
    el("button", { type: "button", class: "danger", "data-act": "drop", disabled: !may("admin"), onclick: () => drop(c) }, t("dropButton")))];
}

function open(n) {
  $("collection").value = n;
  $("collection").dispatchEvent(new Event("change"));
  location.hash = "documents";
}

const facts = (c, more = []) => el("dl", {}, ...[
  ["documents", number(c.documents)], ["model", c.model ? c.model.model + (c.model.revision ? ` · ${c.model.revision}` : "") : t("precomputed")],
  ["dims", c.head_dims < c.dims ? `${c.head_dims} → ${c.dims}` : String(c.dims)], ...more, ["createdAt", new Date(c.created).toLocaleDateString(lang)],
].flatMap(([k, v]) => [el("dt", {}, t(k)), el("dd", { title: v }, v)]));

function body(c, stats) {
  const m = stats.memory_bytes, all = Math.max(1, inMemory(stats));
  const bar = el("div", { class: "bar parts" }, ...memoryParts.map((k) => {
    const i = el("i", { class: "part-" + k, title: `${t("part-" + k)} ${bytes(m[k])}` });
    i.style.width = (100 * m[k]) / all + "%";
    return i;
  }));
  const parts = el("ul", { class: "stages" }, ...memoryParts.map((k) => el("li", {}, el("i", { class: "part-" + k }), `${t("part-" + k)} ${bytes(m[k])}`)));
  const disk = stats.disk_bytes, each = c.documents ? ` · ${bytes(inMemory(stats) / c.documents)} ${t("each")}` : "";
  return [facts({ ...c, documents: stats.documents }, [
    ["dead", number(stats.dead)], ["fields", number(stats.fields)],
    ["disk", `${t("rows")} ${bytes(disk.rows)} · ${t("snapshot")} ${bytes(disk.snapshot)}`],
  ]), el("p", { class: "memory" }, `${t("memory")} ${bytes(inMemory(stats))}${each} · ${t("mapped")} ${bytes(m.rows_mapped)}`), bar, parts, growth(c)];
}

// ── Growth ───────────────────────────────────────────────────────────────────
// The server keeps no history; the browser remembers what it has seen.
const apart = 60_000, most = 200; // milliseconds between two notes, and how many are kept
const notes = (c) => { try { return JSON.parse(store.get("growth-" + c.name)) ?? []; } catch { return []; } };

function remember(c) {
  const list = notes(c).filter((n) => n[0] >= Date.parse(c.created)); // of one that was dropped
  const last = list.at(-1);
  if (last && Date.now() - last[0] < apart && list.length > 1) list.pop();
  list.push([Date.now(), c.documents]);
  if (list.length > most) list.splice(1, 1);
  try { store.set("growth-" + c.name, JSON.stringify(list)); } catch { /* the browser keeps nothing */ }
}

function growth(c) {
  const list = [[Date.parse(c.created), 0], ...notes(c)];
  const [t0, t1] = [list[0][0], list.at(-1)[0]], high = Math.max(1, ...list.map((n) => n[1]));
  const points = list.map(([at, n]) => `${((100 * (at - t0)) / Math.max(1, t1 - t0)).toFixed(1)},${(23 - (22 * n) / high).toFixed(1)}`).join(" ");
  const day = Date.now() - 86400e3, before = list.findLast((n) => n[0] <= day) ?? list[0], more = list.at(-1)[1] - before[1];
  return el("div", { class: "growth" },
    svg("svg", { viewBox: "0 0 100 24", preserveAspectRatio: "none", role: "img", "aria-label": t("growth") }, svg("polyline", { points })),
    el("small", {}, t("grown", { n: (more < 0 ? "−" : "+") + number(Math.abs(more)), time: before === list[0] && list[0][0] > day ? t("sinceCreated") : t("aDay") })));
}
