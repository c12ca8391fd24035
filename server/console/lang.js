// The language of the page, and errors of the server in it.
import { codes, phrases } from "/console/errors.js";
import { words } from "/console/words.js";

export const store = { get: (k) => localStorage.getItem("frony-" + k), set: (k, v) => localStorage.setItem("frony-" + k, v) };

export let lang = store.get("lang") || (navigator.language.startsWith("ko") ? "ko" : "en");

export const t = (k, fill = {}) => (words[lang][k] ?? k).replace(/\{(\w+)\}/g, (_, name) => fill[name]);

/** number writes a count. */
export const number = (n) => n.toLocaleString(lang);

export function switchLanguage() {
  lang = lang === "ko" ? "en" : "ko";
  store.set("lang", lang);
}

/** translate writes the page's own words into it. */
export function translate() {
  document.documentElement.lang = lang;
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = t(e.dataset.t);
  for (const e of document.querySelectorAll("[data-placeholder]")) e.placeholder = t(e.dataset.placeholder);
  for (const e of document.querySelectorAll("[data-label]")) e.setAttribute("aria-label", t(e.dataset.label));
  for (const e of document.querySelectorAll("[data-title]")) { e.title = t(e.dataset.title); e.setAttribute("aria-label", e.title); }
  document.getElementById("lang").textContent = t("other");
}

/** say is what the server says, in the page's language as far as that is known. */
export function say(text) {
  if (lang === "en") return text;
  return phrases.reduce((s, [en, ko]) => s.replace(en, ko), text);
}

/** explain is an error with the way out. The server's own words stay, for search engines and colleagues. */
export function explain(e) {
  const hint = e.hint && !e.message.includes(e.hint) ? e.hint : "";
  if (lang === "en") return [e.message, hint].filter(Boolean).join("\n");
  const said = [say(e.message), say(hint)].filter(Boolean);
  const sum = codes[e.code];
  return [sum && sum !== said[0] ? sum : null, ...said].filter(Boolean).join("\n");
}
