package chroma

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

const (
	root          = "/api/v2"
	tenantPath    = root + "/tenants/{tenant}"
	databasePath  = tenantPath + "/databases/{database}"
	collectionsAt = databasePath + "/collections"
	collectionAt  = collectionsAt + "/{id}"
)

// version is the one of Chroma's API.
const version = "1.0.0"

// Routes are the endpoints.
func (h *Host) Routes() []Route {
	read := func(action string, f http.HandlerFunc) Route {
		return Route{Pattern: "POST " + collectionAt + "/" + action, Role: keys.Read, Body: true, Slot: SlotSearch, Handler: f}
	}
	write := func(action string, f http.HandlerFunc) Route {
		return Route{Pattern: "POST " + collectionAt + "/" + action, Role: keys.Write, Body: true, Slot: SlotWrite, Handler: f}
	}
	admin := func(pattern string, f http.HandlerFunc) Route {
		return Route{Pattern: pattern, Role: keys.Admin, Body: true, Slot: SlotWrite, Handler: f}
	}
	look := func(pattern string, f http.HandlerFunc) Route {
		return Route{Pattern: "GET " + pattern, Role: keys.Read, Handler: f}
	}
	whole := func(pattern string, f http.HandlerFunc) Route {
		r := admin(pattern, f)
		r.Whole = true
		return r
	}
	return []Route{
		{Pattern: "GET " + root, Role: keys.None, Handler: h.heartbeat},
		{Pattern: "GET " + root + "/heartbeat", Role: keys.None, Handler: h.heartbeat},
		look(root+"/version", h.version),
		look(root+"/pre-flight-checks", h.preflight),
		look(root+"/auth/identity", h.identity),
		whole("POST "+root+"/reset", h.reset),

		whole("POST "+root+"/tenants", h.createTenant),
		look(tenantPath, h.getTenant),
		whole("POST "+tenantPath+"/databases", h.createDatabase),
		look(tenantPath+"/databases", h.listDatabases),
		look(databasePath, h.getDatabase),
		admin("DELETE "+databasePath, h.deleteDatabase),

		look(collectionsAt, h.listCollections),
		look(databasePath+"/collections_count", h.countCollections),
		admin("POST "+collectionsAt, h.createCollection),
		look(collectionAt, h.getCollection),
		admin("PUT "+collectionAt, h.modifyCollection),
		admin("DELETE "+collectionAt, h.deleteCollection),

		write("add", h.add),
		write("update", h.update),
		write("upsert", h.upsert),
		write("delete", h.delete),
		read("get", h.get),
		read("query", h.query),
		{Pattern: "GET " + collectionAt + "/{part}", Role: keys.Read, Slot: SlotSearch, Handler: h.part},

		look(root+"/{rest...}", h.unknown),
		{Pattern: "POST " + root + "/{rest...}", Role: keys.Read, Handler: h.unknown},
	}
}

func (h *Host) heartbeat(w http.ResponseWriter, _ *http.Request) {
	h.Answer(w, http.StatusOK, map[string]any{"nanosecond heartbeat": time.Now().UnixNano()})
}

func (h *Host) version(w http.ResponseWriter, _ *http.Request) { h.Answer(w, http.StatusOK, version) }

func (h *Host) preflight(w http.ResponseWriter, _ *http.Request) {
	h.Answer(w, http.StatusOK, map[string]any{"max_batch_size": h.MaxBatch, "supports_base64_encoding": true})
}

func (h *Host) identity(w http.ResponseWriter, _ *http.Request) {
	h.Answer(w, http.StatusOK, map[string]any{"user_id": "", "tenant": defaultTenant, "databases": []string{defaultDatabase}})
}

// part is what there is to read below a collection, and collections/by-id/{id}, which a
// ServeMux can't tell from it.
func (h *Host) part(w http.ResponseWriter, r *http.Request) {
	switch part := r.PathValue("part"); {
	case r.PathValue("id") == "by-id":
		r.SetPathValue("id", part)
		h.getCollection(w, r)
	case part == "count":
		h.count(w, r)
	case part == "indexing_status":
		h.indexing(w, r)
	default:
		h.unknown(w, r)
	}
}

func (h *Host) unknown(w http.ResponseWriter, r *http.Request) {
	h.Fail(w, r, problem.Refuse(http.StatusNotImplemented, "no_route", "%s %.200s: this part of Chroma's API is not offered here", r.Method, r.URL.Path))
}

// decode reads a body leniently, as Chroma does: what it does not know is left out.
func decode(r *http.Request, v any) *problem.Problem {
	d := json.NewDecoder(r.Body)
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return bad("", "%s", err)
	}
	return nil
}

// done answers a problem, or else what was made.
func (h *Host) done(w http.ResponseWriter, r *http.Request, status int, v any, p *problem.Problem) {
	if p != nil {
		h.Fail(w, r, p)
		return
	}
	h.Answer(w, status, v)
}
