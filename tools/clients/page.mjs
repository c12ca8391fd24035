// The console in a real Chromium. CHROMIUM names the program if it is not in
// the usual place; SHOTS names a folder for screenshots.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const program = process.env.CHROMIUM ||
  ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

export async function launch() {
  assert.ok(program, "no Chromium: install one, or name it with CHROMIUM");
  const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox"] });
  return {
    close: () => browser.close(),
    /** A page that fails the test for any error, and any request to another host. With a key, it has it. */
    async open(s, { key, hash = "", ...options } = {}) {
      const context = await browser.newContext({ locale: "en-US", viewport: { width: 1280, height: 800 }, ...options });
      if (key) await context.addInitScript((key) => sessionStorage.setItem("frony-key", key), key);
      const page = await context.newPage();
      const faults = [];
      page.on("pageerror", (e) => faults.push("error: " + e));
      page.on("console", (m) => { if (m.type() === "error" && !/status of 40[0-9]/.test(m.text())) faults.push("console: " + m.text()); });
      page.on("request", (r) => { if (!r.url().startsWith(s.url) && !r.url().startsWith("data:")) faults.push("request: " + r.url()); });
      await page.goto(s.url + "/" + hash);
      return { page, context, faults, shot: (name) => process.env.SHOTS && page.screenshot({ path: join(process.env.SHOTS, name + ".png") }) };
    },
  };
}

/** What is wider than the page, and what can't be read: texts whose contrast with what is behind them is below 4.5. */
export const unreadable = (page) => page.evaluate(() => {
  const channels = (c) => { const m = c.match(/[\d.]+/g).map(Number); return [m[0], m[1], m[2], m[3] ?? 1]; };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((n, v, i) => n + v * [0.2126, 0.7152, 0.0722][i], 0);
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3]));
  const behind = (e) => {
    const layers = [];
    for (; e; e = e.parentElement) layers.push(channels(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
  };
  const out = [];
  if (document.documentElement.scrollWidth > innerWidth) out.push(`the page is ${document.documentElement.scrollWidth} px wide, of ${innerWidth}`);
  for (const e of document.querySelectorAll("body *")) {
    const said = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || (e.tagName === "INPUT" && e.value);
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    if (!said || !e.checkVisibility({ visibilityProperty: true }) || box.width < 2 || e.closest(":disabled, .hidden, .skip, svg")) continue;
    const back = behind(e), ink = over(channels(style.color), back), [a, b] = [light(ink), light(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) out.push(`${e.tagName}.${e.className} ${e.textContent.slice(0, 30)}: contrast ${ratio.toFixed(2)}`);
    if (box.right > innerWidth + 1 && !e.closest("pre")) out.push(`${e.tagName} ${e.textContent.slice(0, 30)} is cut at the right`);
    if (/^(BUTTON|A|LABEL|H2)$/.test(e.tagName) && e.scrollWidth > e.clientWidth + 1 && style.overflow === "visible") out.push(`${e.tagName} ${e.textContent.slice(0, 30)} is cut`);
  }
  return out;
});
