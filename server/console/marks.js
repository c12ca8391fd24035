// The words that matched, as the server marks them, and what they and the meaning give.
import { el } from "/console/dom.js";
import { t } from "/console/lang.js";
import { visible } from "/console/show.js";

/** marked is a text with its highlights, whose places are code points. */
export function marked(text, spans) {
  if (!spans?.length) return [text];
  const points = [...text], out = [];
  let at = 0;
  for (const { start, end } of spans) {
    out.push(points.slice(at, start).join(""), el("mark", {}, points.slice(start, end).join("")));
    at = end;
  }
  return [...out, points.slice(at).join("")];
}

/** matched are the words that are marked, each once. */
function matched(m) {
  const words = new Set();
  for (const part of [m.snippet && { text: m.snippet.text, spans: m.snippet.highlights }, { text: m.text ?? "", spans: m.highlights }]) {
    if (!part?.spans) continue;
    const points = [...part.text];
    for (const { start, end } of part.spans) words.add(points.slice(start, end).join("").toLowerCase());
  }
  return [...words];
}

/** score shows what a result is ordered by: the part of the meaning and that of the words in one bar. */
export function score(m, mode, top) {
  const hybrid = mode === "hybrid", dense = hybrid ? (m.dense ?? 0) : mode === "dense" ? m.score : 0;
  const lexical = hybrid ? Math.max(0, m.score - dense) : mode === "lexical" ? m.score : 0;
  const bar = el("span", { class: "shares", role: "img", "aria-label": t("shares", { dense: dense.toFixed(2), lexical: lexical.toFixed(2) }) });
  for (const [kind, part] of [["dense", dense], ["lexical", lexical]]) {
    const i = el("i", { class: kind });
    i.style.width = 100 * Math.max(0, Math.min(1, part / top)) + "%";
    bar.append(i);
  }
  bar.title = bar.getAttribute("aria-label");
  return el("span", { class: "score" }, el("b", {}, m.score.toFixed(3)), bar);
}

/** scores are the two scores and the words that matched. */
export function scores(m) {
  const about = [m.cosine && `cos ${m.cosine.toFixed(3)}`, m.bm25 && `BM25 ${m.bm25.toFixed(2)}`].filter(Boolean).join(" · ");
  const words = matched(m).slice(0, 8);
  return el("small", { class: "scores" }, about, words.length ? " · " : "", ...words.flatMap((w, i) => [i ? " " : "", el("mark", {}, visible(w))]));
}
