// How what comes from the server is read and shown.

// visible escapes what changes how a name looks: direction overrides, line breaks and
// characters without a shape. "a\u{202E}txt.exe" must not look like "aexe.txt".
export const visible = (name) => String(name).replace(
  /[\p{Cc}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/gu,
  (c) => `\\u{${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}}`);

// A number that JavaScript would write otherwise, such as 9007199254740993 or 2.0, is
// kept as it is written. Where the browser has no JSON.rawJSON, it travels as a text
// with a mark that nobody can guess.
const mark = `exact ${Math.random()} `;
const marked = new RegExp(`"${mark}([^"]*)"`, "g");
const exact = (v, source) => String(v) !== source && source !== "-0";

// parse reads JSON without rounding.
export const parse = (text) => JSON.rawJSON
  ? JSON.parse(text, (_, v, c) => typeof v === "number" && c?.source && exact(v, c.source) ? JSON.rawJSON(c.source) : v)
  : JSON.parse(
    text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (s) => s[0] !== '"' && exact(Number(s), s) ? `"${mark}${s}"` : s),
    (_, v) => typeof v === "string" && v.startsWith(mark) ? { rawJSON: number(v.slice(mark.length)), toJSON: () => v } : v);

// number refuses what only looks like one, as JSON.parse would have.
const number = (source) => (JSON.parse(source), source);

// stringify writes what parse has read.
export const stringify = (v, space) => JSON.stringify(v, null, space)?.replace(marked, "$1");

// value is a field of metadata as text.
export const value = (v) => Array.isArray(v) ? v.map(visible).join(", ") : visible(v?.rawJSON ?? v);

/** bytes is a size. */
export function bytes(n) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let i = 0;
  for (; n >= 1024 && i < units.length - 1; i++) n /= 1024;
  return `${n.toFixed(n < 10 && i ? 1 : 0)} ${units[i]}`;
}
