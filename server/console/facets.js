// What the fields hold, beside the documents, and how to narrow them to a value.
import { api, path } from "/console/api.js";
import { sorts } from "/console/browse.js";
import { $, el } from "/console/dom.js";
import { field, filter, has, hints, literal, toggle } from "/console/filter.js";
import { number, t } from "/console/lang.js";
import { value, visible } from "/console/show.js";
import { name, on, tell } from "/console/state.js";

const most = 12, top = 8, open = 3, few = 200;
export let fields = [];
let of = "", running = null;
const closed = new Map(); // by field, what the user has opened or closed

on("collection", () => { of = ""; closed.clear(); });
on("changed", () => { of = ""; });

/** facets shows the values of the fields of the documents that meet the filter. */
export async function facets() {
  running?.abort();
  const mine = (running = new AbortController()), c = name();
  if (!c) {
    fields = [];
    $("facets").replaceChildren();
    $("no-facets").hidden = true;
    return;
  }
  try {
    if (of !== c) {
      const r = await api("GET", path(c, "fields"), undefined, mine.signal);
      fields = r.fields;
      of = c;
      sorts(fields);
      hints(fields);
      tell("fields");
    }
    const shown = fields.filter((f) => f.distinct > 0).slice(0, most);
    $("no-facets").hidden = shown.length > 0;
    if (!shown.length) return $("facets").replaceChildren();
    const r = await api("POST", path(c, "facets"), { fields: shown.map((f) => f.name), filter: filter(), top }, mine.signal);
    const first = shown.filter((f) => f.distinct <= few).slice(0, open);
    $("facets").replaceChildren(...r.facets.map((f, i) => facet(f, shown[i], first.includes(shown[i]))));
  } catch (e) {
    if (e.name !== "AbortError") $("facets").classList.add("stale"); // the list says what is wrong
    return;
  }
  $("facets").classList.remove("stale");
}

function facet(f, info, opened) {
  const list = info.types[0]?.type.startsWith("list");
  const d = el("details", {}, el("summary", {}, el("b", {}, visible(f.field)), " ", el("small", {}, t("distinct", { n: number(f.distinct) }))));
  d.open = closed.get(f.field) ?? opened;
  d.ontoggle = () => closed.set(f.field, d.open);
  const range = f.min !== undefined ? `${value(f.min)} – ${value(f.max)}` : f.first ? `${f.first.slice(0, 10)} – ${f.last.slice(0, 10)}` : "";
  if (range) d.append(el("small", { class: "range" }, range));
  d.append(el("ul", {}, ...f.values.map((v) => {
    const condition = `${field(f.field)} ${list ? "CONTAINS" : "="} ${literal(v.value)}`;
    const share = el("i");
    share.style.width = (100 * v.documents) / Math.max(1, f.documents) + "%";
    return el("li", {}, el("button", { type: "button", class: "value", "aria-pressed": String(has(condition)), title: visible(condition), onclick: () => toggle(condition) },
      share, el("span", {}, value(v.value) || "∅"), el("small", {}, number(v.documents))));
  })));
  return d;
}
