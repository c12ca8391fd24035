// Figures of the chosen collection, every two seconds.
import { api, asked, path } from "/console/api.js";
import { inMemory, memoryParts, showChosen } from "/console/collections.js";
import { $, el } from "/console/dom.js";
import { number, t } from "/console/lang.js";
import { bytes } from "/console/show.js";
import { name, on, state } from "/console/state.js";

const sum = (text, name) => [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"))].reduce((n, m) => n + Number(m[1]), 0);
let last = null, busy = false;
on("collection", () => { last = null; });

export async function figures() {
  const c = name();
  if (!c || document.hidden || asked() || busy) return;
  busy = true;
  try {
    const [s, m] = await Promise.all([api("GET", path(c, "stats")), api("GET", "/metrics").catch(() => "")]);
    if (name() !== c) return;
    const now = { at: performance.now(), searches: sum(m, "frony_searches_total") };
    const rate = last ? Math.max(0, (1000 * (now.searches - last.searches)) / (now.at - last.at)) : 0;
    last = now;
    state.info.documents = s.documents;
    showChosen();
    const memory = s.memory_bytes, disk = s.disk_bytes;
    const rows = [
      ["documents", number(s.documents)], ["dead", number(s.dead)], ["fields", number(s.fields)],
      ["memory", bytes(inMemory(s))], ...memoryParts.map((k) => ["part-" + k, bytes(memory[k]), "part"]), ["mapped", bytes(memory.rows_mapped), "part"],
      ["disk", bytes(disk.store + disk.rows + disk.snapshot)], ["store", bytes(disk.store), "part"], ["rows", bytes(disk.rows), "part"], ["snapshot", bytes(disk.snapshot), "part"],
      ["dims", s.head_dims < s.dims ? `${s.head_dims} → ${s.dims}` : String(s.dims)], ["model", s.model?.model || "–"],
      ["rate", rate.toFixed(1)], ["refused", number(sum(m, "frony_http_refused_total"))],
    ];
    $("figures").replaceChildren(...rows.flatMap(([k, v, kind = ""]) => [el("dt", { class: kind }, t(k)), el("dd", { class: kind, title: v }, v)]));
  } catch { /* the search tells what is wrong */ } finally { busy = false; }
}
