// The console in a real Chromium: keys, searches, documents, maintenance.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./page.mjs";
import { serve } from "./server.mjs";

let s, console_;
const open = (options) => console_.open(s, options);
before(async () => {
  s = await serve();
  console_ = await launch();
});
after(async () => { await console_?.close(); await s?.stop(); });

const documents = [
  { id: "kto-1", text: "서울의 봄은 짧다. 벚꽃이 피는 사월 초의 며칠을 놓치면 곧 여름이다. 여의도와 석촌호수의 벚꽃길이 이름났다.", metadata: { lang: "ko", year: 2024, tags: ["봄", "서울"] } },
  { id: "kto-2", text: "부산의 겨울은 바람이 세지만 눈은 드물다. 해운대 바다를 따라 걷기에 좋다.", metadata: { lang: "ko", year: 2021 } },
  { id: "guide-7", text: "Spring in Seoul is short: if you miss the cherry blossoms in early April, summer is next.", metadata: { lang: "en", year: 2020 } },
  { id: "a\u202Etxt.exe", text: "A name that lies about its end", expires: "2099-01-01T00:00:00Z" },
  { id: "xss", text: "<img src=x onerror=alert(1)><script>alert(2)</script> cherry blossoms", metadata: { lang: "<b>en</b>" } },
];

/** What the tests behind the first one look at, whether it has passed or not. */
async function filled() {
  await s.api("POST", "/v1/collections", { name: "travel", exist_ok: true });
  await s.api("PUT", "/v1/collections/travel/documents", { documents });
}

test("a key, a collection, a document, a search, and away again", async () => {
  const { page, context, faults, shot } = await open({ locale: "en-US", viewport: { width: 1280, height: 800 } });
  await page.getByLabel("Key (kept").fill("wrong");
  await page.getByRole("button", { name: "OK" }).click();
  await page.getByText("the key is not known").waitFor();
  await page.getByLabel("Key (kept").fill(s.key);
  await page.getByRole("button", { name: "OK" }).click();
  await page.locator("#empty").getByText("There are no collections yet").waitFor();

  await page.getByRole("button", { name: "New collection" }).click();
  await page.getByLabel("Name").fill("travel");
  await page.keyboard.press("Enter");
  await page.getByText("There are no documents yet").waitFor();

  await page.locator("body").press("n");
  await page.getByLabel("Text", { exact: true }).fill("The ferry to Jeju leaves at noon");
  await page.getByLabel("Id", { exact: true }).fill("ferry");
  await page.getByLabel("Metadata").fill("{not json");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("not a JSON object").waitFor();
  await page.getByLabel("Metadata").fill('{"lang": "en"}');
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved").waitFor();
  await s.api("PUT", "/v1/collections/travel/documents", { documents });

  // Search as you type, by keyboard alone.
  await page.locator("body").press("/");
  await page.keyboard.type("cherry blossoms in Seoul");
  // The parts of the score are what the server says, and so are the marks. What was typed
  // so far may have been answered before, so the last answer is waited for.
  const { matches: [m] } = await s.api("POST", "/v1/collections/travel/search", { text: "cherry blossoms in Seoul", highlight: true });
  assert.equal(m.id, "guide-7");
  const best = page.locator("#matches:not(.rows) > li:first-child").filter({ has: page.locator(`[aria-label="meaning ${m.dense.toFixed(2)}, words ${(m.score - m.dense).toFixed(2)}"]`) });
  await best.locator('[data-id="guide-7"]').waitFor();
  assert.deepEqual(await best.locator(".snippet mark").allInnerTexts(), m.highlights.map((h) => [...m.text].slice(h.start, h.end).join("")));
  assert.ok((await best.locator(".scores").innerText()).includes("BM25"));
  assert.ok((await page.locator("#stages").innerText()).includes("total"));
  assert.equal(await page.locator("#matches img, #matches script").count(), 0, "a document's markup became markup");
  await page.locator("#figures").getByText("codes and sketches").waitFor();
  assert.ok((await page.locator("#figures").innerText()).includes("words"));
  await shot("search-light-en");

  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator("#document h2").getByText("guide-7").waitFor();
  assert.ok(await page.locator("#doc-text mark").first().innerText());
  await shot("document-light-en");
  await page.getByRole("button", { name: "More like this" }).click();
  await page.getByPlaceholder("Like guide-7").waitFor();
  await page.locator('[data-id="guide-7"]').waitFor({ state: "detached" }); // it is not like itself
  await page.locator('#matches > li:first-child [data-id="kto-1"]').waitFor();

  // One result of a source, and a long text in pieces, which stay pieces when they are edited.
  await page.locator("body").press("n");
  await page.getByLabel("Text", { exact: true }).fill("The lighthouse keeper counts the ships. ".repeat(100));
  await page.getByLabel("Id", { exact: true }).fill("keeper");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByLabel("Ask in Korean or English").fill("lighthouse keeper");
  await page.locator('[data-id="keeper#1"]').waitFor();
  const pieces = page.locator('[data-id^="keeper#"]');
  assert.ok(await pieces.count() > 1);
  await page.getByLabel("One per source").check();
  await page.locator('[data-id^="keeper#"]').nth(1).waitFor({ state: "detached" });
  assert.equal(await pieces.count(), 1);
  await shot("pieces-light-en");
  await pieces.click();
  await page.getByRole("button", { name: "Edit" }).click();
  assert.equal(await page.locator("#editor").getByLabel("Cut a long text").isChecked(), false);
  const piece = await page.getByLabel("Id", { exact: true }).inputValue();
  await page.getByLabel("Text", { exact: true }).fill("The lighthouse keeper sleeps.");
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator("#editor").waitFor({ state: "hidden" });
  const stored = await s.api("GET", "/v1/collections/travel/documents/" + encodeURIComponent(piece));
  assert.deepEqual([stored.text, stored.source], ["The lighthouse keeper sleeps.", "keeper"]);
  await page.locator("body").press("n");
  await page.getByLabel("Text", { exact: true }).fill("The lighthouse keeper has retired.");
  await page.getByLabel("Id", { exact: true }).fill("keeper");
  await shot("editor-light-en");
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator('[data-id="keeper"]').waitFor();
  assert.equal(await page.locator('[data-id^="keeper#"]').count(), 0);
  await page.getByLabel("One per source").uncheck();

  // Filters, and what is wrong with them.
  await page.getByLabel("Filter", { exact: true }).fill('lang == "ko"');
  await page.getByText("did you mean").waitFor();
  await page.getByLabel("Filter", { exact: true }).fill('lang = "ko" AND year >= 2022');
  await page.locator('[data-id="kto-2"]').waitFor({ state: "detached" });
  assert.equal(await page.locator("button.match").count(), 1);
  assert.ok(await page.locator(".chip.on").count() > 0);
  await page.getByLabel("Filter", { exact: true }).fill("");

  // A name that would look like another, and what an edit must keep.
  await s.api("PUT", "/v1/collections/travel/documents", '{"documents":[{"id":"exact","text":"An exact number of lighthouses","metadata":{"n":9007199254740993,"f":2.0},"expires":"2099-01-01T00:00:00Z"}]}');
  await page.getByLabel("Ask in Korean or English").fill("name that lies about its end");
  await page.locator("code").getByText("a\\u{202E}txt.exe").waitFor();
  await page.getByLabel("Ask in Korean or English").fill("exact number of lighthouses");
  await page.locator('[data-id="exact"]').click();
  await page.getByText("9007199254740993").first().waitFor();
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator("#editor").waitFor({ state: "hidden" });
  const kept = await (await fetch(s.url + "/v1/collections/travel/documents/exact", { headers: { Authorization: "Bearer " + s.key } })).text();
  assert.ok(kept.includes('"n":9007199254740993') && kept.includes('"f":2.0') && kept.includes("2099-01-01"), kept);

  await page.getByLabel("Ask in Korean or English").fill("ferry");
  await page.locator('[data-id="ferry"]').click();
  await page.locator("#doc-delete").click();
  await page.getByText("Deleted 1").waitFor();
  await page.locator('[data-id="ferry"]').waitFor({ state: "detached" });
  assert.deepEqual(faults, []);
  await context.close();
});

test("maintenance: start, follow, and what is refused", async () => {
  await filled();
  const { page, context, faults, shot } = await open({ locale: "en-US", viewport: { width: 1280, height: 800 } });
  await page.getByLabel("Key (kept").fill(s.key);
  await page.getByRole("button", { name: "OK" }).click();
  await page.getByRole("button", { name: "Maintenance" }).click();
  await page.getByText("Nothing was started").waitFor();
  await page.getByRole("button", { name: "Compact" }).click();
  await page.locator("#task-list li").getByText("done").waitFor();
  await page.getByRole("button", { name: "Check" }).click();
  await page.locator("#task-list li").getByText("sound").waitFor();
  await page.getByRole("button", { name: "Change to the server's model" }).click();
  await page.locator("#task-list li").nth(2).getByText("done").waitFor();
  assert.equal(await page.locator("#task-list li").count(), 3);
  await page.getByRole("button", { name: "Backup" }).click();
  await page.getByText("--backup-dir").waitFor();
  await shot("tasks-light-en");
  const { tasks } = await s.api("GET", "/v1/tasks");
  assert.deepEqual(tasks.map((t) => [t.kind, t.state, t.key]), [["reembed", "done", "tests"], ["doctor", "done", "tests"], ["compact", "done", "tests"]]);
  await page.locator("#tasks").getByRole("button", { name: "Close" }).click();
  await page.locator("#tasks").waitFor({ state: "hidden" });
  assert.deepEqual(faults, []);
  await context.close();
});

test("a busy server is asked again, and a running search not begun anew", async () => {
  await filled();
  const { page, context, faults } = await open({ locale: "en-US", viewport: { width: 1280, height: 800 } });
  await page.getByLabel("Key (kept").waitFor();
  const refused = {};
  const busy = (name) => async (route) => {
    refused[name] = (refused[name] || 0) + 1;
    if (refused[name] > 1) return route.continue();
    await route.fulfill({ status: 503, headers: { "Retry-After": "1" }, json: { error: { code: "overloaded", message: "the server is busy" } } });
  };
  await page.route("**/v1/collections/travel/search", busy("search"));
  await page.route("**/v1/collections", busy("list"));
  await page.getByLabel("Key (kept").fill(s.key);
  await page.getByRole("button", { name: "OK" }).click();
  await page.getByLabel("Ask in Korean or English").fill("cherry blossoms in Seoul");
  await page.locator('#matches:not(.rows) [data-id="guide-7"]').waitFor();
  assert.deepEqual(refused, { list: 2, search: 2 });

  // While it waits for an answer, the same question is not asked once more; another is.
  let asked = 0, release;
  const held = new Promise((done) => { release = done; });
  await page.unroute("**/v1/collections/travel/search");
  await page.route("**/v1/collections/travel/search", async (route) => {
    if (++asked === 1) await held;
    await route.continue().catch(() => {}); // the page has given it up
  });
  const q = page.getByLabel("Ask in Korean or English");
  const first = page.waitForRequest("**/search");
  await q.fill("부산의 겨울");
  await first;
  await q.dispatchEvent("input");
  await page.waitForTimeout(300);
  assert.equal(asked, 1);
  const second = page.waitForRequest("**/search");
  await q.fill("부산의 겨울 바다");
  await second;
  release();
  await page.locator('#matches:not(.rows) [data-id="kto-2"] mark').first().waitFor();
  assert.equal(asked, 2);
  assert.deepEqual(faults.filter((f) => !f.includes("status of 503")), []);
  await context.close();
});

test("한국어, 어둡게, 전화기에서", async () => {
  await filled();
  const { page, context, faults, shot } = await open({
    locale: "ko-KR", colorScheme: "dark", viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true,
  });
  await page.getByLabel("키 (이 탭").fill(s.key);
  await page.getByRole("button", { name: "확인" }).click();
  await page.getByLabel("한국어나 영어로").fill("서울 벚꽃");
  await page.locator('#matches:not(.rows) > li:first-child [data-id="kto-1"]').waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page is wider than the phone");
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(18, 19, 24)");
  await shot("phone-dark-ko");
  await page.locator('[data-id="kto-1"]').click();
  await page.locator("#doc-text").getByText("석촌호수").waitFor();
  await shot("phone-document-dark-ko");
  await page.locator("#document").getByRole("button", { name: "닫기" }).click();
  await page.getByRole("button", { name: "In English" }).click();
  await page.getByText("Live figures").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("the page's policy is strict", async () => {
  const r = await fetch(s.url + "/");
  const policy = r.headers.get("Content-Security-Policy");
  assert.ok(policy.includes("default-src 'none'") && policy.includes("frame-ancestors 'none'") && !policy.includes("unsafe"));
  const again = await fetch(s.url + "/", { headers: { "If-None-Match": r.headers.get("ETag") } });
  assert.equal(again.status, 304);
});
