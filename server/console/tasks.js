// Maintenance: started, followed, cancelled.
import { api } from "/console/api.js";
import { $, el, fault } from "/console/dom.js";
import { lang, number, say, t } from "/console/lang.js";
import { visible } from "/console/show.js";
import { may, name, tell } from "/console/state.js";

const starts = { reembed: true, backup: false, compact: false, doctor: false }; // whether it is about the collection

async function start(kind) {
  const task = { kind };
  if (starts[kind]) task.collection = name();
  try {
    await api("POST", "/v1/tasks", task);
    fault($("tasks"), null);
  } catch (e) { fault($("tasks"), e); }
  await tasks();
}

export async function tasks() {
  if (!$("tasks").open) return;
  try {
    const { tasks: list } = await api("GET", "/v1/tasks");
    $("no-tasks").hidden = list.length > 0;
    const focused = document.activeElement?.dataset?.cancel;
    $("task-list").replaceChildren(...list.map(item));
    if (focused) [...$("task-list").querySelectorAll("[data-cancel]")].find((b) => b.dataset.cancel === focused)?.focus();
    $("starts").hidden = false;
  } catch (e) {
    $("starts").hidden = $("no-tasks").hidden = true;
    fault($("tasks"), e);
  }
}

function item(task) {
  const running = task.state === "running";
  const took = ((task.ended ? new Date(task.ended) : new Date()) - new Date(task.started)) / 1000;
  const bar = el("progress", { max: task.total || 1, "aria-label": task.step || task.kind });
  if (task.total) bar.value = task.done; // else it moves without an end
  const about = [t(task.cancelling ? "cancelling" : task.state), task.total && running ? `${number(task.done)} / ${number(task.total)}` : null,
    `${took.toFixed(1)} s`, new Date(task.started).toLocaleString(lang), task.key ? visible(task.key) : null, task.result?.backup?.name, found(task.result?.doctor)];
  return el("li", { "data-task": task.id },
    el("div", { class: "line" }, el("strong", {}, [t(task.kind), task.collection && visible(task.collection)].filter(Boolean).join(" · ")), el("span", { class: "space" }),
      running && !task.cancelling ? el("button", { class: "quiet", type: "button", "data-cancel": task.id, onclick: () => cancel(task.id) }, t("cancel")) : null),
    running ? bar : null,
    el("small", {}, about.filter(Boolean).join(" · ")),
    task.error ? el("small", { class: "fault" }, [say(task.error.message), say(task.error.hint ?? "")].filter(Boolean).join("; ")) : null);
}

// found says what a check found.
function found(report) {
  if (!report) return null;
  const n = report.collections.reduce((sum, c) => sum + c.fault_count + c.unreachable, report.checksums ? 1 : 0);
  return n ? t("faults", { n: number(n) }) : t("sound");
}

async function cancel(id) {
  try { await api("POST", `/v1/tasks/${encodeURIComponent(id)}/cancel`); } catch (e) { fault($("tasks"), e); }
  await tasks();
}

export function startTasks() {
  $("tasks-open").onclick = () => {
    fault($("tasks"), null);
    $("starts").replaceChildren(...Object.keys(starts).map((kind) =>
      el("button", { class: "quiet", type: "button", disabled: !may("admin"), onclick: () => start(kind) }, starts[kind] ? `${t(kind)} · ${visible(name())}` : t(kind))));
    $("tasks").showModal();
    tasks();
  };
  $("tasks").addEventListener("close", () => tell("changed"));
}
