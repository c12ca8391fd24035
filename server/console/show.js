// How what comes from the server is read and shown.

// visible escapes what changes how a name looks: direction overrides, line breaks and
// characters without a shape. "a\u{202E}txt.exe" must not look like "aexe.txt".
export const visible = (name) => String(name).replace(
  /[\p{Cc}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/gu,
  (c) => `\\u{${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}}`);

// parse reads JSON without rounding: a number that JavaScript would write otherwise,
// such as 9007199254740993 or 2.0, is kept as it is written.
export const parse = (text) => JSON.parse(text, (_, v, c) =>
  typeof v === "number" && c?.source && JSON.rawJSON && String(v) !== c.source && c.source !== "-0" ? JSON.rawJSON(c.source) : v);

// value is a field of metadata as text.
export const value = (v) => Array.isArray(v) ? v.map(visible).join(", ") : visible(v?.rawJSON ?? v);
