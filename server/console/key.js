// The key of this tab: what it may do, and another one.
import { api, askKey, authorization, forgetKey } from "/console/api.js";
import { $, el, fault } from "/console/dom.js";
import { t } from "/console/lang.js";
import { visible } from "/console/show.js";
import { state, tell } from "/console/state.js";

/** loadKey reads what the key may do. */
export async function loadKey() {
  state.key = await api("GET", "/v1/key");
  $("role").textContent = state.key.name ? t("role-" + state.key.role) : "";
}

function show() {
  const k = state.key, rows = [["keyName", k.name ? visible(k.name) : t("keyNone")], ["keyRole", `${t("role-" + k.role)}: ${t("may-" + k.role)}`],
    ["keyScope", k.collections ? k.collections.map(visible).join(", ") : t("keyAll")]];
  if (k.where) rows.push(["keyWhere", visible(k.where)]);
  $("key-facts").replaceChildren(...rows.flatMap(([name, v]) => [el("dt", {}, t(name)), el("dd", {}, v)]));
  $("key-forget").hidden = !authorization().Authorization;
}

export function startKey() {
  $("key").onclick = async () => {
    fault($("key-dialog"), null);
    show();
    $("key-dialog").showModal();
    try {
      await loadKey();
      show();
    } catch (e) { fault($("key-dialog"), e); }
  };
  $("key-other").onclick = async () => {
    $("key-dialog").close();
    if (await askKey()) tell("key");
  };
  $("key-forget").onclick = () => {
    forgetKey();
    $("key-dialog").close();
    location.reload(); // nothing of what the key has shown stays
  };
}
