// The filter: what is written, what was encircled on the map, and help with both.
import { $, el } from "/console/dom.js";
import { number, t } from "/console/lang.js";
import { value, visible } from "/console/show.js";
import { state, tell } from "/console/state.js";

const keyword = /^(and|or|not|in|contains|starts|with|like|ilike|exists|true|false)$/i;
const bare = /^[\p{L}_][\p{L}\p{N}\p{M}_.-]*$/u;

/** field is a name as a filter has it. */
export const field = (s) => (bare.test(s) && !keyword.test(s) ? s : "`" + s.replaceAll("`", "``") + "`");

/** literal is a value as a filter has it. */
export const literal = (v) => (typeof v === "boolean" ? String(v).toUpperCase() : typeof v === "string" ? JSON.stringify(v) : String(v.rawJSON ?? v));

const written = () => $("filter").value.trim();

/** filter is what the server is asked for, or undefined. */
export function filter() {
  const ids = state.picked && `_id IN (${state.picked.map(literal).join(", ")})`;
  if (ids && written()) return `(${written()}) AND ${ids}`;
  return ids || written() || undefined;
}

/** has reports whether the filter has a condition, among others joined by AND. */
export const has = (condition) => parts().includes(condition);

// parts are the conditions that AND joins, as far as nothing else joins any.
function parts() {
  const out = [];
  let part = "", quote = "", depth = 0;
  for (const token of written().match(/\s+AND\s+|"(?:[^"\\]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)*'|[()]|[^\s"'`()]+|\s+|./gi) ?? []) {
    if (token === "(") depth++;
    if (token === ")") depth--;
    if (depth === 0 && !quote && /^\s+AND\s+$/i.test(token)) { out.push(part.trim()); part = ""; } else part += token;
  }
  return part.trim() ? [...out, part.trim()] : out;
}

/** toggle adds a condition to the filter, or takes it away. */
export function toggle(condition) {
  const now = parts();
  const rest = now.filter((p) => p !== condition).map((p) => (/\sOR\s/i.test(p) && !p.startsWith("(") ? `(${p})` : p));
  $("filter").value = (rest.length < now.length ? rest : [...rest, condition]).join(" AND ");
  tell("query");
}

export function pick(ids) {
  state.picked = ids;
  showPicked();
  tell("query");
}

export function showPicked() {
  $("picked").hidden = !state.picked;
  $("picked-n").textContent = state.picked ? t("picked", { n: number(state.picked.length) }) : "";
}

// ── Help ─────────────────────────────────────────────────────────────────────
/** hints shows the fields of the collection, and conditions that fit them. */
export function hints(fields) {
  const of = (f) => {
    const n = field(f.name), e = f.examples[0], kind = f.types[0]?.type ?? "string";
    if (kind.startsWith("list")) return `${n} CONTAINS ${literal(e ?? "")}`;
    if (kind === "number") return `${n} >= ${literal(f.min ?? 0)}`;
    if (kind === "time") return `${n} >= ${JSON.stringify(String(f.first ?? "2024-01-01").slice(0, 10))}`;
    return e === undefined ? `EXISTS ${n}` : `${n} = ${literal(e)}`;
  };
  const item = (condition, what) => el("li", {},
    el("button", { type: "button", class: "quiet", onclick: () => { toggle(condition); $("filter").focus(); } }, el("code", {}, visible(condition))), el("span", {}, what));
  $("hints-fields").replaceChildren(...fields.slice(0, 8).map((f) => item(of(f), `${t(f.types[0]?.type ?? "string")} · ${number(f.documents)}`)));
  $("hints-none").hidden = fields.length > 0;
  const [f] = fields.filter((f) => f.types[0]?.type === "string");
  const n = f ? field(f.name) : "lang";
  $("hints-forms").replaceChildren(...[
    [`${n} != "ko"`, "hintNot"], [`${n} IN ("ko", "en")`, "hintIn"], [`NOT EXISTS ${n}`, "hintMissing"],
    [`${n} ILIKE "%${t("hintWord")}%"`, "hintLike"], [`_id STARTS WITH "guide"`, "hintID"],
  ].map(([c, what]) => item(c, t(what))));
}

/** chips are the metadata of a document, each of which narrows the list. */
export function chips(metadata, most = 12) {
  return Object.entries(metadata ?? {}).slice(0, most).map(([k, v]) => {
    const list = Array.isArray(v), c = list ? `${field(k)} CONTAINS ${literal(v[0] ?? "")}` : `${field(k)} = ${literal(v)}`;
    return el("span", { class: written().includes(field(k)) ? "chip on" : "chip", title: visible(c) }, `${visible(k)}: ${clip(value(v))}`);
  });
}

const clip = (s) => (s.length > 80 ? s.slice(0, 79) + "…" : s);
