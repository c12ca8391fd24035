// Elements, and what every part of the page says something with.
import { explain, t } from "/console/lang.js";

export const $ = (id) => document.getElementById(id);

// Everything that comes from documents goes through textContent: never markup.
export function el(tag, props = {}, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(props)) {
    if (k === "class") e.className = v;
    else if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
    else if (v === true || v === false) e.toggleAttribute(k, v);
    else if (v !== null && v !== undefined) e.setAttribute(k, v);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined));
  return e;
}

const svgNS = "http://www.w3.org/2000/svg";

/** svg is el for drawings. */
export function svg(tag, props = {}, ...children) {
  const e = document.createElementNS(svgNS, tag);
  for (const [k, v] of Object.entries(props)) e.setAttribute(k, v);
  e.append(...children);
  return e;
}

/** A message at the lower end, with something to do about it for as long as it stands. */
export function toast(text, action, act, seconds = 3) {
  const b = action ? el("button", { type: "button", class: "quiet", onclick: () => { hide(); act(); } }, action) : null;
  const hide = () => { $("toast").hidden = true; };
  $("toast").replaceChildren(text, ...(b ? [b] : []));
  $("toast").hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(hide, 1000 * seconds);
}

/** fault shows an error where the user looks, or takes it away. */
export function fault(where, e) {
  const p = where.querySelector(".fault[role=alert]");
  p.hidden = !e;
  p.textContent = e ? explain(e) : "";
}

/** ask shows a dialog with one field until it is answered well, or closed. */
export function ask(title, label, type, accept, { note = "", button = t("ok"), danger = false } = {}) {
  const d = $("ask"), input = $("ask-input"), form = d.querySelector("form"), go = form.querySelector("footer button");
  $("ask-title").textContent = title;
  $("ask-label").textContent = label;
  $("ask-note").textContent = note;
  $("ask-note").hidden = !note;
  go.textContent = button;
  go.classList.toggle("danger", danger);
  input.type = type;
  input.value = "";
  fault(d, null);
  return new Promise((done) => {
    form.onsubmit = async (ev) => {
      ev.preventDefault();
      go.disabled = true;
      try {
        await accept(input.value.trim());
        d.close("ok");
      } catch (e) {
        fault(d, e);
        input.focus();
      } finally { go.disabled = false; }
    };
    d.onclose = () => { done(d.returnValue === "ok"); d.returnValue = ""; };
    if (!d.open) d.showModal();
    input.focus();
  });
}
