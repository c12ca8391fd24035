// The page: which view is shown, and what happens when.
import { browse, startBrowsing, stopBrowsing } from "/console/browse.js";
import { loadCollections, newCollection, showCollections } from "/console/collections.js";
import { edit, startDocument } from "/console/document.js";
import { $, fault } from "/console/dom.js";
import { facets } from "/console/facets.js";
import { figures } from "/console/figures.js";
import { pick, showPicked } from "/console/filter.js";
import { loadKey, startKey } from "/console/key.js";
import { store, switchLanguage, t, translate } from "/console/lang.js";
import { draw, place, startMap } from "/console/map.js";
import { asks, search, stop } from "/console/search.js";
import { choose, may, name, on, state, tell, views } from "/console/state.js";
import { startTasks, tasks } from "/console/tasks.js";
import { startUpload } from "/console/upload.js";

// ── Views ────────────────────────────────────────────────────────────────────
/** refresh shows what the form asks for, in the view that is open. */
async function refresh(typed = false) {
  clearTimeout(timer);
  showPicked();
  document.body.classList.toggle("asks", asks());
  if (state.view === "collections") return showCollections();
  if (!name()) {
    stop();
    stopBrowsing();
    $("matches").replaceChildren();
    $("trace").hidden = $("pages").hidden = $("tools").hidden = $("shares").hidden = true;
    $("empty").textContent = state.failed ? "" : t("noCollections");
    facets();
    return state.view === "map" ? draw() : undefined;
  }
  if (state.view === "map") {
    await draw();
    if (asks()) return search(typed);
    state.matches = [];
    return place();
  }
  if (asks()) {
    stopBrowsing();
    return search(typed);
  }
  return browse();
}

function setView() {
  const wanted = location.hash.slice(1);
  state.view = views.includes(wanted) ? wanted : "documents";
  document.body.dataset.view = state.view;
  for (const a of document.querySelectorAll("nav a")) {
    if (a.hash.slice(1) === state.view) a.setAttribute("aria-current", "page");
    else a.removeAttribute("aria-current");
  }
}

function view() {
  setView();
  if (!state.failed) fault($("search"), null);
  refresh();
}

// ── Events ───────────────────────────────────────────────────────────────────
let timer;
const soon = () => { clearTimeout(timer); timer = setTimeout(() => { tell("typed"); refresh(true); facets(); }, 120); };
const forget = () => { state.like = null; $("q").placeholder = t("question"); };

$("q").addEventListener("input", () => { forget(); soon(); });
for (const id of ["filter", "k", "mode", "per-source", "exact"]) $(id).addEventListener("input", soon);
$("search").addEventListener("submit", (ev) => { ev.preventDefault(); refresh(); });
$("collection").addEventListener("change", async () => {
  choose(state.collections.find((c) => c.name === $("collection").value) ?? null);
  tell("collection");
});
$("new-collection").onclick = $("create").onclick = () => newCollection().catch((e) => fault($("search"), e));
$("insert").onclick = () => edit(null);
$("unpick").onclick = () => { state.zoomed = false; pick(null); };
$("retry").onclick = () => start();
$("hints-open").onclick = () => {
  $("hints").hidden = !$("hints").hidden;
  $("hints-open").setAttribute("aria-expanded", String(!$("hints").hidden));
};
$("lang").onclick = () => { switchLanguage(); translate(); tell("language"); };
$("theme").onclick = () => {
  const next = { "": "light", light: "dark", dark: "" }[document.documentElement.dataset.theme || ""];
  store.set("theme", next);
  theme(next);
  tell("theme");
};
function theme(name) {
  if (name) document.documentElement.dataset.theme = name;
  else delete document.documentElement.dataset.theme;
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => tell("theme"));

on("query", () => { refresh(); facets(); });
on("collection", () => { forget(); $("filter").value = ""; refresh(); facets(); figures(); });
on("changed", async () => { await loadCollections().catch((e) => fault($("search"), e)); await refresh(); facets(); figures(); });
on("language", () => { tell("changed"); loadKey().catch(() => {}); });
on("key", () => start());
addEventListener("hashchange", view);
for (const b of document.querySelectorAll("[data-close]")) b.onclick = () => b.closest("dialog").close();

document.addEventListener("keydown", (ev) => {
  if (ev.ctrlKey || ev.metaKey || ev.altKey || ev.isComposing || document.querySelector("dialog[open]")) return;
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName) && document.activeElement.type !== "checkbox";
  const cards = [...document.querySelectorAll("button.match")];
  const at = cards.indexOf(document.activeElement);
  if (ev.key === "ArrowDown" && (at >= 0 || document.activeElement === $("q"))) cards[Math.min(at + 1, cards.length - 1)]?.focus();
  else if (ev.key === "ArrowUp" && at >= 0) (cards[at - 1] || $("q")).focus();
  else if (ev.key === "x" && at >= 0) cards[at].parentElement.querySelector("input[type=checkbox]")?.click();
  else if (ev.key === "/" && !typing) { if (state.view === "collections") location.hash = "documents"; $("q").focus(); }
  else if (ev.key === "n" && !typing && state.info && may("write")) edit(null);
  else if (/^[123]$/.test(ev.key) && !typing) location.hash = views[ev.key - 1];
  else if (ev.key === "Escape" && at >= 0) $("q").focus();
  else return;
  ev.preventDefault();
});

// ── Start ────────────────────────────────────────────────────────────────────
async function start() {
  $("failed").hidden = true;
  try {
    await loadKey();
    await loadCollections();
  } catch (e) {
    state.failed = true; // what an empty list says would be wrong
    fault($("search"), e);
    $("failed").hidden = false;
    return;
  }
  view();
  facets();
  figures();
}

theme(store.get("theme") || "");
translate();
startBrowsing();
startDocument();
startMap();
startTasks();
startUpload();
startKey();
setView();
start();
setInterval(figures, 2000);
setInterval(tasks, 1000);
