// The documents page by page, without a question: sorted, filtered, chosen, deleted.
import { api, path } from "/console/api.js";
import { row } from "/console/card.js";
import { $, el, fault } from "/console/dom.js";
import { filter } from "/console/filter.js";
import { number, t } from "/console/lang.js";
import { stop, warn } from "/console/search.js";
import { visible } from "/console/show.js";
import { may, name, on, state } from "/console/state.js";
import { remove } from "/console/undo.js";

const limit = 50;
let cursors = [""]; // of the pages up to this one
let next = "", total = 0, listed = [], running = null;
const chosen = new Set();
const word = /^[^\s,`+-][^\s,`]*$/u;

on("collection", () => { cursors = [""]; chosen.clear(); $("sort").value = ""; });
for (const narrowed of ["query", "typed"]) on(narrowed, () => { cursors = [""]; chosen.clear(); });

/** sorts lists what one can sort by. */
export function sorts(fields) {
  const now = $("sort").value;
  const names = fields.filter((f) => f.types.some((k) => !k.type.startsWith("list"))).map((f) => f.name);
  $("sort").replaceChildren(el("option", { value: "" }, t("byID")), ...[...new Set(names)].map((n) => el("option", { value: n }, visible(n))), el("option", { value: "_source" }, t("source")));
  $("sort").value = [...$("sort").options].some((o) => o.value === now) ? now : "";
}

function sort() {
  const by = $("sort").value;
  if (!by) return undefined;
  return ($("down").checked ? "-" : "") + (word.test(by) ? by : "`" + by.replaceAll("`", "``") + "`");
}

export async function browse() {
  stop();
  running?.abort();
  const mine = (running = new AbortController());
  fault($("search"), null);
  state.matches = [];
  $("trace").hidden = $("shares").hidden = true;
  $("matches").ariaBusy = "true";
  const where = filter(), c = name();
  try {
    const [page, counted] = await Promise.all([
      api("POST", path(c, "documents", "scan"), { filter: where, sort: sort(), limit, cursor: cursors.at(-1) || undefined }, mine.signal),
      api("POST", path(c, "documents", "count"), { filter: where }, mine.signal),
    ]);
    if (page.documents.length === 0 && cursors.length > 1) { // all of this page were deleted
      cursors.pop();
      return browse();
    }
    [listed, next, total] = [page.documents, page.next ?? "", counted.count];
    warn(page.warnings);
    show();
  } catch (e) {
    if (e.name === "AbortError") return;
    $("matches").classList.add("stale");
    $("empty").textContent = "";
    fault($("search"), e);
  } finally { if (running === mine) $("matches").ariaBusy = "false"; }
}

export const stopBrowsing = () => running?.abort();

function show() {
  $("matches").classList.remove("stale");
  $("matches").classList.add("rows");
  $("matches").replaceChildren(...listed.map((d) => row(d, chosen.has(d.id), choose)));
  const first = (cursors.length - 1) * limit + 1;
  $("pages").hidden = !listed.length;
  $("range").textContent = t("range", { from: number(first), to: number(first + listed.length - 1), n: number(total) });
  $("previous").disabled = cursors.length === 1;
  $("next").disabled = !next;
  $("empty").textContent = listed.length ? "" : t(filter() ? "nothing" : "noDocuments");
  tools();
}

function choose(id, yes) {
  if (yes) chosen.add(id); else chosen.delete(id);
  tools();
}

function tools() {
  $("tools").hidden = !listed.length;
  $("chosen").textContent = chosen.size ? t("chosen", { n: number(chosen.size) }) : "";
  $("delete-chosen").disabled = !chosen.size || !may("write");
  const here = listed.filter((d) => chosen.has(d.id)).length;
  $("choose-all").checked = here > 0 && here === listed.length;
  $("choose-all").indeterminate = here > 0 && here < listed.length;
}

function turn(f) {
  f();
  browse();
  scrollTo(0, 0);
}

export function startBrowsing() {
  $("next").onclick = () => turn(() => cursors.push(next));
  $("previous").onclick = () => turn(() => cursors.pop());
  $("choose-all").onchange = (ev) => {
    for (const d of listed) if (ev.target.checked) chosen.add(d.id); else chosen.delete(d.id);
    show();
  };
  $("delete-chosen").onclick = async () => {
    const ids = [...chosen];
    if (await remove(ids)) chosen.clear();
    tools();
  };
  for (const id of ["sort", "down"]) $(id).addEventListener("change", () => { cursors = [""]; browse(); });
}
