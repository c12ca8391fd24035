// The console in a real Chromium: browsing, uploads and undo, the map, collections, keys,
// and how all of it looks.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, unreadable } from "./page.mjs";
import { serve } from "./server.mjs";

let s, console_, reader;
const open = (options) => console_.open(s, { key: s.key, ...options });

// 240 documents about four things, in two languages.
const subjects = {
  sea: ["The waves of the sea", "해운대의 겨울 바다"], tax: ["The tax office sends a bill", "부가가치세 신고 기간"],
  train: ["A train to Busan", "서울에서 부산 가는 기차"], food: ["A recipe for kimchi soup", "김치찌개 끓이는 법"],
};
const documents = Array.from({ length: 240 }, (_, i) => {
  const subject = Object.keys(subjects)[i % 4], ko = i % 8 > 3;
  return {
    id: `doc-${String(i).padStart(3, "0")}`, text: `${subjects[subject][ko ? 1 : 0]} ${i}`, title: i % 10 ? undefined : `Number ${i}`,
    metadata: { subject, lang: ko ? "ko" : "en", n: i, "publication year": 1990 + (i % 30), tags: [subject, ko ? "한국" : "world"] },
  };
});

before(async () => {
  s = await serve();
  reader = await s.addKey("reader", "--role", "read");
  await s.api("POST", "/v1/collections", { name: "many" });
  await s.api("PUT", "/v1/collections/many/documents", { documents });
  await s.api("POST", "/v1/collections", { name: "빈칸" });
  console_ = await launch();
});
after(async () => { await console_?.close(); await s?.stop(); });

const count = async (filter) => (await s.api("POST", "/v1/collections/many/documents/count", { filter })).count;
const ids = (page) => page.locator("button.match").evaluateAll((list) => list.map((e) => e.dataset.id));
/** Waits until the first document of the list is this one. */
const first = (page, id) => page.locator(`#matches > li:first-child [data-id="${id}"]`).waitFor();

test("browsing: pages, order, fields, all by keyboard", async () => {
  const { page, context, faults, shot } = await open();
  await first(page, "doc-000");
  assert.equal(await page.locator("button.match").count(), 50);
  await page.getByText("1–50 of 240").waitFor();
  assert.equal(await page.locator("#previous").isDisabled(), true);
  await shot("browse-light-en");

  // From page to page, with Tab and Enter.
  await page.locator("#next").focus();
  await page.keyboard.press("Enter");
  await page.getByText("51–100 of 240").waitFor();
  await first(page, "doc-050");
  await page.keyboard.press("Enter");
  await page.getByText("101–150 of 240").waitFor();
  await page.locator("#previous").focus();
  await page.keyboard.press("Enter");
  await first(page, "doc-050");

  // Sorted: by a field whose name needs quotes, and the other way round; the pages begin again.
  await page.getByLabel("Sort by").selectOption("publication year");
  await first(page, "doc-000");
  await page.getByText("1–50 of 240").waitFor();
  await page.getByLabel("Descending").press("Space");
  await first(page, "doc-029");
  assert.deepEqual((await ids(page)).slice(0, 3), ["doc-029", "doc-059", "doc-089"]);

  // Narrowed by a value, and by one more; taken back.
  const value = (name) => page.locator("#facets").getByRole("button", { name });
  await value(/^tax/).first().press("Enter");
  await page.getByText("of 60", { exact: false }).waitFor();
  assert.equal(await page.getByLabel("Filter", { exact: true }).inputValue(), 'subject = "tax"');
  await page.locator("#facets summary", { hasText: "lang" }).waitFor();
  await value(/^ko/).first().press("Enter");
  await page.getByText("of 30", { exact: false }).waitFor();
  assert.equal(await page.getByLabel("Filter", { exact: true }).inputValue(), 'subject = "tax" AND lang = "ko"');
  await page.locator('#facets [aria-pressed="true"]', { hasText: "tax" }).first().press("Enter");
  await page.getByText("of 120", { exact: false }).waitFor();
  await page.getByLabel("Filter", { exact: true }).fill('tags CONTAINS "world" OR n < 10');
  await value(/^sea/).first().click();
  await page.waitForFunction(() => document.getElementById("filter").value === '(tags CONTAINS "world" OR n < 10) AND subject = "sea"');
  await page.getByText("of 31", { exact: false }).waitFor();

  // Help with filters puts a condition there that fits.
  await page.getByLabel("Filter", { exact: true }).fill("");
  await page.getByRole("button", { name: "Help with filters" }).press("Enter");
  await page.locator("#hints").getByRole("button", { name: '`publication year` >= 1990' }).waitFor();
  await page.locator("#hints").getByRole("button", { name: "n >= 0" }).press("Enter");
  assert.equal(await page.getByLabel("Filter", { exact: true }).inputValue(), "n >= 0");
  await shot("hints-light-en");
  await page.getByLabel("Filter", { exact: true }).fill("");
  await page.getByText("of 240", { exact: false }).waitFor();
  await page.getByLabel("Filter", { exact: true }).fill("n > 1000");
  await page.getByText("Nothing was found").waitFor();
  await page.getByLabel("Filter", { exact: true }).fill("nn > 1");
  await page.getByText('no document has the field "nn"').waitFor();
  await page.getByLabel("Filter", { exact: true }).fill("");

  // Another collection, which has nothing.
  await page.getByLabel("Collection", { exact: true }).selectOption("빈칸");
  await page.getByText("There are no documents yet").waitFor();
  await page.getByText("The documents have no metadata").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("documents are chosen, deleted, and brought back as they were", async () => {
  const { page, context, faults, shot } = await open();
  await first(page, "doc-000");
  const { documents: [was] } = await s.api("POST", "/v1/collections/many/documents/get", { ids: ["doc-001"], fields: ["text", "metadata", "embedding"] });
  await page.locator('[data-id="doc-000"]').focus();
  await page.keyboard.press("x");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("x");
  await page.getByText("2 chosen").waitFor();
  await page.locator("#delete-chosen").press("Enter");
  await page.getByText("Deleted 2").waitFor();
  await first(page, "doc-002");
  assert.equal(await count(), 238);
  await shot("undo-light-en");
  await page.getByRole("button", { name: "Undo" }).press("Enter");
  await page.getByText("Restored 2").waitFor();
  await first(page, "doc-000");
  const { documents: [is] } = await s.api("POST", "/v1/collections/many/documents/get", { ids: ["doc-001"], fields: ["text", "metadata", "embedding"] });
  delete was.created; delete is.created;
  assert.deepEqual(is, was);

  // The whole page, and the one behind it.
  await page.getByLabel("Whole page").check();
  await page.getByText("50 chosen").waitFor();
  await page.locator("#next").click();
  await first(page, "doc-050");
  await page.getByText("50 chosen").waitFor();
  await page.getByLabel("Choose doc-050").check();
  await page.locator("#delete-chosen").click();
  await page.getByText("Deleted 51").waitFor();
  assert.equal(await count(), 189);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("Restored 51").waitFor();
  assert.equal(await count(), 240);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a file is uploaded with progress; refused lines are told", async () => {
  const { page, context, faults, shot } = await open();
  await first(page, "doc-000");
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  const lines = Array.from({ length: 400 }, (_, i) => JSON.stringify({ id: `up-${i}`, text: `An uploaded text ${i}`, metadata: { uploaded: true } }));
  lines[6] = "{ no JSON";
  await page.locator("#upload-files").setInputFiles([
    { name: "documents.jsonl", mimeType: "application/x-ndjson", buffer: Buffer.from(lines.join("\n")) },
    { name: "안내.md", mimeType: "text/markdown", buffer: Buffer.from("# 안내\n\n지도는 두 번째 탭에 있다.\n") },
  ]);
  await page.locator("#upload-send").click();
  await page.getByText("400 written, 1 refused").waitFor();
  await page.locator("#upload-refused").getByText("Line 7:").waitFor();
  await shot("upload-light-en");
  await page.locator("#upload").getByRole("button", { name: "Close" }).click();
  assert.equal(await count("uploaded = TRUE"), 399);
  assert.equal((await s.api("GET", "/v1/collections/many/documents/" + encodeURIComponent("안내.md"))).text.includes("두 번째"), true);
  await page.locator("#range").getByText("of 640").waitFor();

  // What the server does not take says why.
  await page.route("**/upload?*", (route) => route.fulfill({ status: 507, json: { error: { code: "disk_full", message: "the disk is full" } } }));
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await page.locator("#upload-files").setInputFiles({ name: "x.jsonl", mimeType: "text/plain", buffer: Buffer.from("{}\n") });
  await page.locator("#upload-send").click();
  await page.locator("#upload").getByText("the disk is full").waitFor();
  await s.api("POST", "/v1/collections/many/documents/delete", { filter: 'uploaded = TRUE OR _id = "안내.md"' });
  assert.deepEqual(faults.filter((f) => !f.includes("status of 507")), []);
  await context.close();
});

test("the map: colors, a question, a lasso, by mouse and by keyboard", async () => {
  const { page, context, faults, shot } = await open({ hash: "#map" });
  const legend = page.locator("#legend button");
  await legend.nth(3).waitFor();
  assert.deepEqual((await legend.locator("span").allInnerTexts()).sort(), ["food", "sea", "tax", "train"]);
  await page.getByText("240 of 240 documents").waitFor();
  await page.waitForFunction(() => { // something is drawn
    const c = document.getElementById("plot"), d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
    return d.some((v, i) => i % 4 === 3 && v > 0);
  });
  await page.getByLabel("Ask in Korean or English").fill("tax bill");
  await page.locator("#map-found li").first().waitFor();
  assert.match(await page.locator("#map-found li").first().innerText(), /tax office/);
  await shot("map-light-en");

  // What is pointed at says what it is.
  const box = await page.locator("#plot").boundingBox();
  for (let i = 0; i < 1600 && await page.locator("#tip").isHidden(); i++) await page.mouse.move(box.x + box.width * (0.02 + (i % 40) / 42), box.y + box.height * (0.02 + Math.floor(i / 40) / 42));
  await page.locator("#tip code").getByText("doc-").waitFor();

  // A lasso around the left half.
  await page.getByRole("button", { name: "Lasso" }).click();
  const at = (x, y) => [box.x + box.width * x, box.y + box.height * y];
  await page.mouse.move(...at(0.01, 0.01));
  await page.mouse.down();
  for (const [x, y] of [[0.5, 0.01], [0.5, 0.99], [0.01, 0.99]]) await page.mouse.move(...at(x, y), { steps: 4 });
  await page.mouse.up();
  await page.locator("#picked").getByText("from the map").waitFor();
  const picked = Number((await page.locator("#picked-n").innerText()).match(/\d+/)[0]);
  assert.ok(picked > 5 && picked < 235, `${picked} in the left half`);
  await shot("lasso-light-en");
  await page.getByLabel("Ask in Korean or English").fill("");
  await page.getByRole("button", { name: "Map of the selection" }).click();
  await page.getByText(`${picked} of ${picked} documents`).waitFor();
  await page.getByRole("link", { name: "Documents" }).click();
  await page.locator("#range").getByText(`of ${picked}`).waitFor();
  await page.getByLabel("Filter", { exact: true }).fill('lang = "ko"');
  await page.waitForFunction((n) => Number(document.getElementById("range").textContent.split(" of ")[1]) < n, picked);
  await page.getByLabel("Filter", { exact: true }).fill("");
  await page.getByRole("button", { name: "Drop the selection" }).click();
  await page.locator("#range").getByText("of 240").waitFor();

  // By keyboard: to the map, nearer, to a document in the middle; what is seen is taken.
  await page.locator("body").press("2");
  await page.getByText("240 of 240 documents").waitFor();
  await page.locator("#map-zoomed").focus();
  await page.getByRole("button", { name: "Take what is seen" }).focus();
  await page.keyboard.press("Tab");
  for (let i = 0; i < 3 && !(await page.evaluate(() => document.activeElement.id === "plot")); i++) await page.keyboard.press("Tab");
  await page.keyboard.press("+");
  for (const key of ["ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft", "ArrowLeft"]) {
    if (await page.locator("#tip").isVisible()) break;
    await page.keyboard.press(key);
  }
  await page.keyboard.press("Enter");
  await page.locator("#document h2").getByText("doc-").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#plot").press("0");
  await page.getByRole("button", { name: "Take what is seen" }).press("Enter");
  await page.locator("#picked").getByText("240 from the map").waitFor();
  await page.getByRole("button", { name: "Drop the selection" }).press("Enter");

  // Ranges of numbers, and a filter that nothing meets.
  await page.getByLabel("Color by").selectOption("n");
  await legend.getByText("0 – 29", { exact: true }).waitFor();
  assert.equal(await legend.count(), 8);
  await legend.first().click();
  assert.equal(await legend.first().getAttribute("aria-pressed"), "true");
  await page.getByLabel("Filter", { exact: true }).fill("n > 1000");
  await page.getByText("No document meets the filter").waitFor();
  await page.getByLabel("Filter", { exact: true }).fill("");
  await page.route("**/map", (route) => route.fulfill({ status: 500, json: { error: { code: "internal", message: "internal error" } } }));
  await page.getByLabel("Points").selectOption("3000");
  await page.getByText("internal error").waitFor();
  assert.deepEqual(faults.filter((f) => !f.includes("status of 500")), []);
  await context.close();
});

test("collections: made, measured, dropped when their name is typed", async () => {
  const { page, context, faults, shot } = await open({ hash: "#collections" });
  const of = (name) => page.locator(`#collection-list > li[data-name="${name}"]`);
  await of("many").getByText("words").waitFor();
  for (const part of ["graph", "codes and sketches", "nodes", "metadata", "+240 since it was created"]) await of("many").getByText(part).first().waitFor();
  await shot("collections-light-en");
  await page.locator("#create").press("Enter");
  await page.getByLabel("Name", { exact: true }).fill("no/slash");
  await page.keyboard.press("Enter");
  await page.locator("#ask .fault").waitFor();
  await page.getByLabel("Name", { exact: true }).fill("tmp");
  await page.keyboard.press("Enter");
  await of("tmp").getByText("memory").waitFor();
  // A second name, which is switched; a new name; a copy; away with the alias, which holds the collection.
  await of("many").getByRole("button", { name: "Alias" }).press("Enter");
  await page.getByLabel("Another name").fill("current");
  await page.keyboard.press("Enter");
  await of("many").getByText("current").waitFor();
  await of("tmp").getByRole("button", { name: "Alias" }).press("Enter");
  await page.getByLabel("Another name").fill("current");
  await page.keyboard.press("Enter");
  await page.getByText("current leads to tmp, no longer to many").waitFor();
  await of("tmp").getByRole("button", { name: "Rename" }).press("Enter");
  await page.getByLabel("New name").fill("tmp2");
  await page.keyboard.press("Enter");
  await of("tmp2").getByText("current").waitFor();
  await of("tmp2").getByRole("button", { name: "Copy" }).press("Enter");
  await page.getByLabel("New name").fill("tmp");
  await page.keyboard.press("Enter");
  await page.getByText("The copy is being made").waitFor();
  while ((await s.api("GET", "/v1/tasks")).tasks.some((t) => t.state === "running")) await page.waitForTimeout(100);
  await page.reload();
  await of("tmp2").getByText("memory").waitFor();
  await shot("aliases-light-en");
  await of("tmp2").getByRole("button", { name: "Drop the alias current" }).press("Enter");
  await of("tmp2").getByText("current").waitFor({ state: "detached" });
  await s.api("DELETE", "/v1/collections/tmp2");
  await of("tmp").getByRole("button", { name: "Drop", exact: true }).press("Enter");
  await page.getByLabel("Type the collection's name").fill("many");
  await page.keyboard.press("Enter");
  await page.getByText("That is not tmp").waitFor();
  await shot("drop-light-en");
  await page.getByLabel("Type the collection's name").fill("tmp");
  await page.keyboard.press("Enter");
  await of("tmp").waitFor({ state: "detached" });
  const { collections } = await s.api("GET", "/v1/collections");
  assert.deepEqual(collections.map((c) => c.name).sort(), ["many", "빈칸"]);
  await of("빈칸").getByRole("button", { name: "Documents" }).click();
  await page.getByText("There are no documents yet").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("a key that may only read is offered nothing else", async () => {
  const { page, context, faults, shot } = await open({ key: reader });
  await first(page, "doc-000");
  for (const id of ["insert", "upload-open", "new-collection", "delete-chosen"]) assert.equal(await page.locator("#" + id).isDisabled(), true, id);
  await page.getByRole("button", { name: "Key" }).click();
  await page.locator("#key-facts").getByText("reader", { exact: true }).waitFor();
  await page.locator("#key-facts").getByText("read: search and read").waitFor();
  await shot("key-light-en");
  await page.getByRole("button", { name: "Another key" }).click();
  await page.getByLabel("Key (kept").fill(s.key);
  await page.getByRole("button", { name: "OK" }).click();
  await page.locator("#insert:enabled").waitFor();
  await page.getByRole("button", { name: "Maintenance" }).click();
  assert.equal(await page.getByRole("button", { name: "Compact" }).isDisabled(), false);
  assert.deepEqual(faults, []);
  await context.close();
});

test("states that go wrong say what to do, in Korean too", async () => {
  const { page, context, faults, shot } = await open({ locale: "ko-KR" });
  await first(page, "doc-000");
  await page.getByLabel("필터", { exact: true }).fill('lang == "ko"');
  await page.getByText('혹시 = ?').waitFor();
  await shot("filter-fault-ko");
  await page.getByLabel("필터", { exact: true }).fill("lnag = 1");
  await page.getByText('필드 "lnag" 이(가) 있는 문서가 없습니다').waitFor();
  await page.getByLabel("필터", { exact: true }).fill("");
  await first(page, "doc-000");
  // No server: the list stays, and says so; it comes back with it.
  await page.route("**/v1/**", (route) => route.abort());
  await page.reload();
  await page.getByText("서버가 응답하지 않습니다").waitFor();
  await shot("offline-ko");
  assert.equal(await page.locator("#empty").innerText(), "");
  await page.unroute("**/v1/**");
  await page.getByRole("button", { name: "다시 시도" }).click();
  await first(page, "doc-000");
  assert.equal(await page.locator("#fault").isVisible(), false);
  assert.deepEqual(faults.filter((f) => !f.includes("ERR_FAILED")), []);
  await context.close();
});

for (const width of [390, 820, 1440]) {
  test(`${width} px: nothing is cut, and everything can be read, light and dark`, async () => {
    for (const colorScheme of ["light", "dark"]) {
      const { page, context, faults, shot } = await open({ locale: colorScheme === "dark" ? "ko-KR" : "en-US", colorScheme, viewport: { width, height: 900 }, hasTouch: width < 800, isMobile: width < 800 });
      const look = async (name) => {
        await page.evaluate(() => Promise.all(document.getAnimations().map((a) => a.finished)));
        await shot(`${name}-${width}-${colorScheme}`);
        assert.deepEqual(await unreadable(page), [], `${name}, ${width} px, ${colorScheme}`);
      };
      await first(page, "doc-000");
      await page.locator("#figures dd").first().waitFor();
      await look("view-browse");
      await page.locator("#hints-open").click();
      await page.locator("#q").fill("부산 가는 기차");
      await page.locator(".score").first().waitFor();
      await look("view-search");
      await page.locator("#hints-open").click();
      await page.locator('nav a[href="#map"]').click();
      await page.locator("#map-found li").first().waitFor();
      await look("view-map");
      await page.locator('nav a[href="#collections"]').click();
      await page.locator(".memory").nth(1).waitFor();
      await look("view-collections");
      for (const [opener, dialog] of [["#upload-open", "#upload"], ["#insert", "#editor"], ["#key", "#key-dialog"], ["#tasks-open", "#tasks"]]) {
        await page.locator(opener).click();
        await page.locator(dialog + "[open]").waitFor();
        await look("view-" + dialog.slice(1));
        await page.keyboard.press("Escape");
      }
      assert.deepEqual(faults, []);
      await context.close();
    }
  });
}
