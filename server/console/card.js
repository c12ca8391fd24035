// A document in a list.
import { el } from "/console/dom.js";
import { t } from "/console/lang.js";
import { chips } from "/console/filter.js";
import { marked, score, scores } from "/console/marks.js";
import { openDocument } from "/console/document.js";
import { visible } from "/console/show.js";

const shown = 400; // characters of a text without a snippet

/** match is a result of a search. */
export function match(m, place, mode, top) {
  const s = m.snippet ?? { text: "", start: 0 };
  return el("li", {}, el("button", { class: "match", type: "button", "data-id": m.id, onclick: () => openDocument(m.id) },
    score(m, mode, top),
    el("span", { class: "snippet" }, ...(m.title ? [el("b", {}, m.title), " — "] : []), s.start > 0 ? "… " : "", ...marked(s.text, s.highlights)),
    el("span", { class: "about" }, el("code", {}, `${place}. ${visible(m.id)}`), ...chips(m.metadata), el("span", { class: "space" }), scores(m))));
}

/** row is a document of a page, which can be chosen. */
export function row(d, chosen, choose) {
  const points = [...(d.text ?? "")];
  const box = el("input", { type: "checkbox", "aria-label": t("choose", { id: visible(d.id) }), onchange: (ev) => choose(d.id, ev.target.checked) });
  box.checked = chosen;
  return el("li", { class: "row" }, el("label", { class: "box" }, box), el("button", { class: "match", type: "button", "data-id": d.id, onclick: () => openDocument(d.id) },
    el("span", { class: "snippet" }, ...(d.title ? [el("b", {}, d.title), " — "] : []), points.slice(0, shown).join("") + (points.length > shown ? " …" : "")),
    el("span", { class: "about" }, el("code", {}, visible(d.id)), ...chips(d.metadata))));
}
