// What the parts of the page have in common.
import { store } from "/console/lang.js";

export const state = {
  collections: [], // as the server lists them
  info: null, // of the collection that is chosen
  key: { name: "", role: "admin" }, // of this tab
  failed: false, // the list of collections could not be read
  like: null, // the id of a document whose like are sought
  picked: null, // ids that were encircled on the map
  matches: [], // of the last search
  view: "documents",
};

export const views = ["documents", "map", "collections"];

/** name is that of the collection that is chosen, or empty. */
export const name = () => state.info?.name ?? "";

const roles = ["read", "write", "admin"];

/** may reports whether the key has a role. */
export const may = (role) => roles.indexOf(state.key.role) >= roles.indexOf(role);

// Parts tell one another what has happened: "changed" documents, another "collection",
// another "query", another "language".
const target = new EventTarget();
export const on = (event, f) => target.addEventListener(event, (ev) => f(ev.detail));
export const tell = (event, detail) => target.dispatchEvent(new CustomEvent(event, { detail }));

/** choose makes a collection the one that all is about. */
export function choose(info) {
  const before = name();
  state.info = info;
  if (info) store.set("collection", info.name);
  if (name() !== before) Object.assign(state, { like: null, picked: null, matches: [] });
}
