// A document: seen, edited, added.
import { Refusal, api, path } from "/console/api.js";
import { $, el, fault, toast } from "/console/dom.js";
import { explain, lang, t } from "/console/lang.js";
import { marked } from "/console/marks.js";
import { parse, stringify, value, visible } from "/console/show.js";
import { may, name, state, tell } from "/console/state.js";
import { literal } from "/console/filter.js";
import { remove } from "/console/undo.js";

let shown = null, edited = null;

export async function openDocument(id) {
  try {
    shown = await api("GET", path(name(), "documents", id));
  } catch (e) { return toast(explain(e), null, null, 6); }
  $("doc-id").textContent = visible(shown.id);
  $("doc-text").textContent = shown.text || "";
  const fields = Object.entries(shown.metadata || {});
  if (shown.title) fields.unshift([t("title"), shown.title]);
  if (shown.source) fields.push([t("source"), shown.chunk ? `${shown.source} #${shown.chunk}` : shown.source]);
  if (shown.expires) fields.push([t("expires"), new Date(shown.expires).toLocaleString(lang)]);
  fields.push([t("created"), new Date(shown.created).toLocaleString(lang)]);
  $("doc-fields").replaceChildren(...fields.flatMap(([k, v]) => [el("dt", {}, visible(k)), el("dd", {}, value(v))]));
  $("doc-delete").disabled = $("doc-edit").disabled = !may("write");
  $("document").showModal();
  mark(shown);
}

// mark marks the question's words in the whole text, if there is a question.
async function mark(d) {
  const text = $("q").value.trim();
  if (!text || state.like || !d.text) return;
  const q = { text, k: 1, filter: `_id = ${literal(d.id)}`, highlight: true, fields: ["text"] };
  const r = await api("POST", path(name(), "search"), q).catch(() => null); // it is readable without
  if (r?.matches[0]?.highlights && shown === d) $("doc-text").replaceChildren(...marked(r.matches[0].text, r.matches[0].highlights));
}

export function edit(d) {
  $("editor-title").textContent = t(d ? "edit" : "insert");
  $("edit-text").value = d?.text || "";
  $("edit-id").value = d?.id || "";
  $("edit-metadata").value = d?.metadata ? stringify(d.metadata, 1) : "";
  $("edit-chunk").checked = !d || d.source === d.id; // what was stored as it is stays so
  edited = d;
  fault($("editor"), null);
  $("editor").showModal();
  $("edit-text").focus();
}

async function save(ev) {
  ev.preventDefault();
  const d = { text: $("edit-text").value };
  if ($("edit-id").value.trim()) d.id = $("edit-id").value.trim();
  if (edited && d.id === edited.id) [d.title, d.source, d.chunk, d.expires] = [edited.title, edited.source, edited.chunk, edited.expires]; // a piece stays one
  try {
    if ($("edit-metadata").value.trim()) {
      try { d.metadata = parse($("edit-metadata").value); } catch { throw new Refusal({ code: "", message: t("badJSON") }); }
    }
    await api("PUT", path(name(), "documents"), { documents: [d], chunk: $("edit-chunk").checked ? {} : undefined });
    $("editor").close();
    toast(t("saved"));
    tell("changed");
  } catch (e) { fault($("editor"), e); }
}

export function startDocument() {
  $("doc-edit").onclick = () => { $("document").close(); edit(shown); };
  $("doc-delete").onclick = async () => {
    $("document").close();
    await remove([shown.id]);
  };
  $("doc-like").onclick = () => {
    state.like = shown.id;
    $("q").value = "";
    $("q").placeholder = t("similar", { id: visible(shown.id) });
    $("document").close();
    tell("query");
  };
  $("editor").querySelector("form").onsubmit = save;
}
