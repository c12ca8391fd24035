// A search: as one types, and what it took.
import { api, path } from "/console/api.js";
import { match } from "/console/card.js";
import { $, el, fault } from "/console/dom.js";
import { filter } from "/console/filter.js";
import { say, t } from "/console/lang.js";
import { stringify } from "/console/show.js";
import { name, state, tell } from "/console/state.js";

let running = null;
const stages = ["embed", "filter", "graph", "lexical", "rerank", "load"];
const snippet = 300; // characters

/** asks reports whether there is something to search for. */
export const asks = () => Boolean(state.like || $("q").value.trim());

export const stop = () => { running?.abort(); running = null; };

/** search asks what the form says. A search that is under way already is not begun
 * anew because a key was pressed that changed nothing: the first would still hold its
 * slot at the server when the second asks for one. */
export async function search(typed) {
  const c = name(), text = $("q").value.trim();
  const q = { k: Math.min(100, Math.max(1, Number($("k").value) || 10)), exact: $("exact").checked, snippet, fields: ["metadata"] };
  if (state.like) q.like = [state.like];
  else Object.assign(q, { text, highlight: true });
  if ($("per-source").checked) q.per_source = 1;
  if (!state.like && $("mode").value) q.mode = $("mode").value;
  q.filter = filter();
  const asked = c + stringify(q);
  if (typed && running?.asked === asked) return;
  stop();
  fault($("search"), null);
  const mine = (running = new AbortController());
  mine.asked = asked;
  $("matches").ariaBusy = "true";
  const began = performance.now();
  try {
    const r = await api("POST", path(c, "search"), q, mine.signal);
    show(r, performance.now() - began);
  } catch (e) {
    if (e.name === "AbortError") return;
    $("matches").classList.add("stale"); // a filter that is half typed takes nothing away
    $("empty").textContent = "";
    fault($("search"), e);
  } finally {
    if (running === mine) {
      running = null;
      $("matches").ariaBusy = "false";
    }
  }
}

const ms = (us) => (us < 1000 ? `${us} µs` : `${(us / 1000).toFixed(us < 10000 ? 2 : 1)} ms`);

function show(r, took) {
  state.matches = r.matches;
  $("matches").classList.remove("stale", "rows");
  $("pages").hidden = $("tools").hidden = true;
  $("trace").hidden = false;
  const sum = Math.max(1, stages.reduce((n, s) => n + r.timings[s], 0));
  $("bar").replaceChildren(...stages.map((s) => {
    const i = el("i", { class: s, title: `${t(s)} ${ms(r.timings[s])}` });
    i.style.width = (100 * r.timings[s]) / sum + "%";
    return i;
  }));
  $("stages").replaceChildren(
    ...stages.filter((s) => r.timings[s] > 0).map((s) => el("li", {}, el("i", { class: s }), `${t(s)} ${ms(r.timings[s])}`)),
    el("li", {}, `${t("total")} ${ms(r.timings.total)} · ${t("network")} ${took.toFixed(1)} ms`),
    el("li", {}, `${t("by-" + r.mode)} · ${r.plan} · ${t("candidates")} ${r.candidates}`));
  warn(r.warnings);
  // BM25 has no upper end: its bars are relative to the best.
  const top = r.mode === "lexical" ? r.matches[0]?.score : 1;
  $("shares").hidden = r.mode !== "hybrid" || !r.matches.length;
  $("matches").replaceChildren(...r.matches.map((m, i) => match(m, i + 1, r.mode, top)));
  $("empty").textContent = r.matches.length ? "" : t("nothing");
  tell("found");
}

/** warn shows what the server thinks is a mistake. */
export function warn(warnings) {
  $("warnings").hidden = !warnings?.length;
  $("warnings").textContent = (warnings ?? []).map(say).join("\n");
}
