// Deleting documents by their ids, and bringing them back.
import { api, path } from "/console/api.js";
import { toast } from "/console/dom.js";
import { explain, number, t } from "/console/lang.js";
import { name, tell } from "/console/state.js";

const batch = 200; // documents with their embeddings
const time = 20; // seconds in which a deletion can be undone

/** remove deletes documents, and offers to write them again as they were: their embeddings are kept for it, so that they are not made anew. */
export async function remove(ids) {
  const c = name(), kept = [];
  try {
    for (let i = 0; i < ids.length; i += batch) {
      const r = await api("POST", path(c, "documents", "get"), { ids: ids.slice(i, i + batch), fields: ["text", "metadata", "embedding"] });
      kept.push(...r.documents);
    }
    let deleted = 0;
    for (let i = 0; i < ids.length; i += 1000) deleted += (await api("POST", path(c, "documents", "delete"), { ids: ids.slice(i, i + 1000) })).deleted;
    toast(t("deletedN", { n: number(deleted) }), t("undo"), () => restore(c, kept), time);
    tell("changed");
    return true;
  } catch (e) {
    toast(explain(e), null, null, 6);
    tell("changed");
    return false;
  }
}

async function restore(c, documents) {
  try {
    for (let i = 0; i < documents.length; i += batch) {
      const part = documents.slice(i, i + batch).map(({ created, ...d }) => d);
      await api("PUT", path(c, "documents"), { documents: part });
    }
    toast(t("restoredN", { n: number(documents.length) }));
  } catch (e) {
    toast(explain(e), t("undo"), () => restore(c, documents), time); // once more
  }
  tell("changed");
}
