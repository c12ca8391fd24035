// The map of a collection: its documents as points, colored by a field, with the question
// and its results, and a part of it encircled for the filter.
import { api, path } from "/console/api.js";
import { openDocument } from "/console/document.js";
import { $, el, fault, toast } from "/console/dom.js";
import { filter, pick } from "/console/filter.js";
import { fields } from "/console/facets.js";
import { number, store, t } from "/console/lang.js";
import { palette, Plot } from "/console/plot.js";
import { value, visible } from "/console/show.js";
import { name, on, state } from "/console/state.js";
import { warn } from "/console/search.js";

const most = 10_000; // ids that a filter may name
let plot, map = null, drawn = "", running = null, asked = null;

const dark = () => getComputedStyle(document.documentElement).getPropertyValue("--dark").trim() === "1";

/** draw fetches the map of what the filter allows, unless it is there. */
export async function draw() {
  running?.abort();
  const mine = (running = new AbortController());
  const q = { filter: state.zoomed ? filter() : filterWithoutPicked(), limit: Number($("map-limit").value), color: $("map-color").value || undefined };
  const c = name(), wanted = JSON.stringify([c, q, state.version]);
  if (!c) return note(t("noCollections"));
  if (wanted !== drawn) {
    note(t("mapDraws"));
    $("plot").ariaBusy = "true";
    fault($("search"), null);
    try {
      map = await api("POST", path(c, "map"), q, mine.signal, JSON.parse); // of so many numbers, none is kept
      drawn = wanted;
    } catch (e) {
      if (e.name === "AbortError") return;
      note(map ? "" : t("mapFailed"));
      return fault($("search"), e);
    } finally { if (running === mine) $("plot").ariaBusy = "false"; }
    plot.reset();
    show();
    warn(map.warnings);
  } else note(map?.ids.length ? "" : t("mapEmpty"));
  dim();
}

const filterWithoutPicked = () => $("filter").value.trim() || undefined;

function show() {
  const at = new Map(map.ids.map((id, i) => [id, i]));
  map.at = at;
  const legend = map.legend ?? [], colors = palette(legend, dark());
  plot.only = null;
  plot.set({ x: Float32Array.from(map.x), y: Float32Array.from(map.y), colors: map.colors && Int8Array.from(map.colors) }, colors);
  note(map.ids.length ? "" : t("mapEmpty"));
  $("map-about").textContent = map.ids.length ? t("mapAbout", { n: number(map.ids.length), all: number(map.documents), share: (100 * (map.shares[0] + map.shares[1])).toFixed(1) }) : "";
  const counts = new Map();
  for (const c of map.colors ?? []) counts.set(c, (counts.get(c) ?? 0) + 1);
  const entries = legend.map((l, i) => [i, l.value !== undefined ? value(l.value) : `${day(l.from)} – ${day(l.to)}`]);
  for (const [c, word] of [[-1, t("otherValues")], [-2, t("noValue")]]) if (counts.get(c)) entries.push([c, word]);
  $("legend").replaceChildren(...entries.map(([c, text]) => {
    const dot = el("i");
    dot.style.background = colors.of(c);
    return el("li", {}, el("button", { type: "button", class: "value", "aria-pressed": "false", "data-color": c, onclick: () => isolate(c) }, dot, el("span", {}, visible(text)), el("small", {}, number(counts.get(c) ?? 0))));
  }));
}

// day is a time without what a legend has no room for.
const day = (v) => { const s = value(v); return /^\d{4}-\d\d-\d\dT/.test(s) ? s.slice(0, 10) : s; };

function isolate(c) {
  plot.only = plot.only === c ? null : c;
  for (const b of $("legend").querySelectorAll("button")) b.setAttribute("aria-pressed", String(Number(b.dataset.color) === plot.only));
  plot.soon();
}

const note = (text) => { $("map-note").textContent = text; $("map-note").hidden = !text; };

// dim shows what was encircled.
function dim() {
  plot.inside = null;
  if (state.picked && map && !state.zoomed) {
    plot.inside = new Uint8Array(map.ids.length);
    for (const id of state.picked) if (map.at.has(id)) plot.inside[map.at.get(id)] = 1;
  }
  $("map-zoomed").disabled = !state.picked;
  $("map-zoomed").setAttribute("aria-pressed", String(Boolean(state.zoomed)));
  plot.soon();
}

/** place marks the question and its results. */
export async function place() {
  asked?.abort();
  const text = $("q").value.trim(), ids = state.matches.map((m) => m.id), c = name();
  plot.question = null;
  plot.rings = [];
  plot.soon();
  $("map-found").replaceChildren();
  if (!c || (!text && !ids.length)) return;
  const mine = (asked = new AbortController());
  try {
    const r = await api("POST", path(c, "map"), { filter: state.zoomed ? filter() : filterWithoutPicked(), limit: 1, text: state.like ? undefined : text || undefined, ids }, mine.signal);
    const at = new Map(r.ids.map((id, i) => [id, i]));
    plot.question = r.question ?? null;
    plot.rings = ids.filter((id) => at.has(id)).map((id) => ({ id, x: r.x[at.get(id)], y: r.y[at.get(id)] }));
    $("map-found").replaceChildren(...state.matches.filter((m) => at.has(m.id)).slice(0, 9).map((m) => el("li", {}, el("button", { type: "button", class: "value", onclick: () => openDocument(m.id) },
      el("span", {}, [m.title, m.snippet?.text].filter(Boolean).join(" — ") || visible(m.id)), el("small", {}, m.score.toFixed(2))))));
    if (r.warnings && text && !r.question) warn(r.warnings);
    plot.soon();
  } catch (e) { if (e.name !== "AbortError") fault($("search"), e); }
}

function encircled(points) {
  const ids = points.map((i) => map.ids[i]);
  $("map-lasso").setAttribute("aria-pressed", "false");
  plot.drawing = false;
  $("plot").classList.remove("lasso");
  if (!ids.length) return toast(t("noneInside"));
  if (ids.length > most) return fault($("search"), { message: t("tooMany", { n: number(ids.length), most: number(most) }) });
  fault($("search"), null);
  state.zoomed = false;
  pick(ids);
}

// ── What is pointed at ───────────────────────────────────────────────────────
const known = new Map();
let timer;

function hover(i, x, y) {
  clearTimeout(timer);
  const tip = $("tip");
  tip.hidden = i < 0;
  if (i < 0) return;
  const id = map.ids[i], wide = $("plot").clientWidth;
  const fill = (d) => tip.replaceChildren(el("code", {}, visible(id)), d ? el("span", {}, [d.title, d.text].filter(Boolean).join(" — ").slice(0, 160)) : "");
  fill(known.get(id));
  tip.style.left = Math.max(4, Math.min(x + 12, wide - tip.offsetWidth - 4)) + "px";
  tip.style.top = (y > 120 ? y - tip.offsetHeight - 12 : y + 14) + "px";
  if (known.has(id)) return;
  timer = setTimeout(async () => {
    const d = await api("GET", path(name(), "documents", id)).catch(() => null);
    if (!d) return;
    if (known.size > 500) known.clear();
    known.set(id, d);
    if (plot.at === i) hover(i, x, y);
  }, 120);
}

/** colorable lists the fields that points can be colored by. */
function colorable() {
  const now = $("map-color").value || store.get("color-" + name()) || "";
  const list = fields.filter((f) => f.types.some((k) => !k.type.startsWith("list")));
  $("map-color").replaceChildren(el("option", { value: "" }, t("oneColor")), ...list.map((f) => el("option", { value: f.name }, visible(f.name))), el("option", { value: "_source" }, t("source")));
  // What has as many values as there are colors tells most.
  const texts = list.filter((f) => f.distinct > 1 && f.types[0].type === "string").sort((a, b) => (a.distinct <= 10) === (b.distinct <= 10) ? (a.distinct <= 10 ? b.distinct - a.distinct : a.distinct - b.distinct) : b.distinct <= 10 ? 1 : -1);
  const best = texts.find((f) => f.distinct <= 100) ?? list.find((f) => f.distinct > 1 && f.types[0].type === "number");
  $("map-color").value = [...$("map-color").options].some((o) => o.value === now) && now !== "" ? now : best?.name ?? "";
}

export function startMap() {
  plot = new Plot($("plot"), { hover, open: (i) => openDocument(map.ids[i]), lasso: encircled });
  plot.colors = palette([], dark());
  on("fields", () => { colorable(); if (state.view === "map") draw(); });
  on("collection", () => { map = null; drawn = ""; plot.data = null; known.clear(); state.zoomed = false; $("legend").replaceChildren(); $("map-about").textContent = ""; plot.soon(); });
  on("changed", () => { state.version = (state.version ?? 0) + 1; known.clear(); });
  on("theme", () => { if (map) show(); });
  on("found", () => { if (state.view === "map") place(); });
  $("map-color").onchange = () => { store.set("color-" + name(), $("map-color").value); draw(); };
  $("map-limit").onchange = () => draw();
  $("map-lasso").onclick = (ev) => {
    plot.drawing = !plot.drawing;
    ev.currentTarget.setAttribute("aria-pressed", String(plot.drawing));
    $("plot").classList.toggle("lasso", plot.drawing);
  };
  $("map-view").onclick = () => map && encircled(plot.visible());
  $("map-in").onclick = () => plot.zoom(1.5);
  $("map-out").onclick = () => plot.zoom(1 / 1.5);
  $("map-reset").onclick = () => plot.reset();
  $("map-zoomed").onclick = () => { state.zoomed = !state.zoomed; draw().then(place); };
}
