// How the console shows names and keeps numbers, without a browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, value, visible } from "../../server/console/show.js";

test("what changes how a name looks is escaped", () => {
  assert.equal(visible("a\u202Etxt.exe"), "a\\u{202E}txt.exe");
  assert.equal(visible("a\nb\u2066c\uFEFF\u200F"), "a\\u{000A}b\\u{2066}c\\u{FEFF}\\u{200F}");
  assert.equal(visible("서울-봄_1#2 مرحبا 👩‍💻"), "서울-봄_1#2 مرحبا 👩‍💻");
});

test("numbers of metadata are not rounded", { skip: !JSON.rawJSON && "this Node has no JSON.rawJSON" }, () => {
  const text = '{"id":"a","score":0.5,"metadata":{"n":9007199254740993,"f":2.0,"z":0.0,"s":"x"}}';
  const d = parse(text);
  assert.equal(JSON.stringify(d), text);
  assert.equal(typeof d.score, "number");
  assert.equal(value(d.metadata.n), "9007199254740993");
  assert.equal(value(d.metadata.f), "2.0");
  assert.equal(value(["a", "b\u202E"]), "a, b\\u{202E}");
});
