// How the console shows names and keeps numbers, without a browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, stringify, value, visible } from "../../server/console/show.js";

test("what changes how a name looks is escaped", () => {
  assert.equal(visible("a\u202Etxt.exe"), "a\\u{202E}txt.exe");
  assert.equal(visible("a\nb\u2066c\uFEFF\u200F"), "a\\u{000A}b\\u{2066}c\\u{FEFF}\\u{200F}");
  assert.equal(visible("서울-봄_1#2 مرحبا 👩‍💻"), "서울-봄_1#2 مرحبا 👩‍💻");
});

for (const has of [true, false]) {
  const skip = has && !JSON.rawJSON && "this Node has no JSON.rawJSON";
  test(`numbers of metadata are not rounded ${has ? "with" : "without"} JSON.rawJSON`, { skip }, () => {
    const { rawJSON } = JSON;
    if (!has) JSON.rawJSON = undefined;
    try {
      const text = '{"id":"a","score":0.5,"metadata":{"n":9007199254740993,"f":2.0,"z":0.0,"e":1E3,"s":"9007199254740993 \\" 2.0","l":["2.0"]}}';
      const d = parse(text);
      assert.equal(stringify(d), text);
      assert.equal(stringify(parse(stringify(d.metadata, 1))), stringify(d.metadata));
      assert.equal(typeof d.score, "number");
      assert.equal(value(d.metadata.n), "9007199254740993");
      assert.equal(value(d.metadata.f), "2.0");
      assert.equal(value(d.metadata.s), '9007199254740993 " 2.0');
      assert.equal(value(["a", "b\u202E"]), "a, b\\u{202E}");
      for (const bad of ['{"n":01}', '{"n":1.}', '{"n":--1}', "{n:1}", '{"n":1e}']) assert.throws(() => parse(bad), SyntaxError, bad);
    } finally {
      JSON.rawJSON = rawJSON;
    }
  });
}
