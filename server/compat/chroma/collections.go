package chroma

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

var goodName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{1,510}[a-zA-Z0-9]$`)

func checkName(name string) *problem.Problem {
	if goodName.MatchString(name) {
		return nil
	}
	return bad("name", "Expected a name containing 3-512 characters from [a-zA-Z0-9._-], starting and ending with a character in [a-zA-Z0-9]. Got: %.600q", name)
}

// page is a part of a list.
type page struct{ offset, limit int } // limit is -1 for no limit

func pageOf(r *http.Request) (page, *problem.Problem) {
	out := page{limit: -1}
	for name, p := range map[string]*int{"offset": &out.offset, "limit": &out.limit} {
		text := r.URL.Query().Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return out, bad(name, "%s %.40q: want a number of 0 or more", name, text)
		}
		*p = n
	}
	return out, nil
}

func cut[T any](list []T, p page) []T {
	list = list[min(p.offset, len(list)):]
	if p.limit >= 0 {
		list = list[:min(p.limit, len(list))]
	}
	return list
}

// tell is a collection as Chroma has it. dims is 0 before the first document.
func (r *record) tell(dims int) map[string]any {
	out := map[string]any{
		"id": r.ID, "name": r.Name, "tenant": r.Tenant, "database": r.Database, "configuration_json": r.configuration(),
		"metadata": nil, "schema": nil, "dimension": nil, "log_position": 0, "version": 0,
	}
	if r.Metadata != nil {
		out["metadata"] = r.Metadata
	}
	if r.Schema != nil {
		out["schema"] = r.Schema
	}
	if dims > 0 {
		out["dimension"] = dims
	}
	return out
}

// dims are the dimensions of the collections in the database.
func (h *Host) dims(ctx context.Context) (map[string]int, *problem.Problem) {
	out := map[string]int{}
	for info, err := range h.DB.Collections(ctx) {
		if err != nil {
			return nil, h.Problem(ctx, err)
		}
		out[info.Name] = info.Dims
	}
	return out, nil
}

// told answers with a collection.
func (h *Host) told(w http.ResponseWriter, r *http.Request, c *record, p *problem.Problem) {
	var dims map[string]int
	if p == nil {
		dims, p = h.dims(r.Context())
	}
	if p != nil {
		h.Fail(w, r, p)
		return
	}
	h.Answer(w, http.StatusOK, c.tell(dims[c.Backing]))
}

// list returns the collections of the request's database.
func (h *Host) list(r *http.Request) ([]record, *problem.Problem) {
	ctx, tenant, database := r.Context(), r.PathValue("tenant"), r.PathValue("database")
	if _, p := h.database(ctx, tenant, database); p != nil {
		return nil, p
	}
	list, err := h.collections(ctx, tenant, database)
	if err != nil {
		return nil, h.Problem(ctx, err)
	}
	slices.SortFunc(list, func(a, b record) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

func (h *Host) listCollections(w http.ResponseWriter, r *http.Request) {
	page, p := pageOf(r)
	var list []record
	if p == nil {
		list, p = h.list(r)
	}
	var dims map[string]int
	if p == nil {
		dims, p = h.dims(r.Context())
	}
	out := []any{}
	for _, c := range cut(list, page) {
		out = append(out, c.tell(dims[c.Backing]))
	}
	h.done(w, r, http.StatusOK, out, p)
}

func (h *Host) countCollections(w http.ResponseWriter, r *http.Request) {
	list, p := h.list(r)
	h.done(w, r, http.StatusOK, len(list), p)
}

func (h *Host) getCollection(w http.ResponseWriter, r *http.Request) {
	c, p := h.found(r, keys.Read)
	h.told(w, r, c, p)
}

// found is the collection that the request's path names.
func (h *Host) found(r *http.Request, role keys.Role) (*record, *problem.Problem) {
	return h.find(r.Context(), role, r.PathValue("tenant"), r.PathValue("database"), r.PathValue("id"))
}

type newCollection struct {
	Name          string         `json:"name"`
	Metadata      map[string]any `json:"metadata"`
	Configuration map[string]any `json:"configuration"`
	Schema        map[string]any `json:"schema"`
	GetOrCreate   bool           `json:"get_or_create"`
}

func (h *Host) createCollection(w http.ResponseWriter, r *http.Request) {
	var in newCollection
	if p := decode(r, &in); p != nil {
		h.Fail(w, r, p)
		return
	}
	c, p := h.create(r.Context(), r.PathValue("tenant"), r.PathValue("database"), &in)
	h.told(w, r, c, p)
}

func (h *Host) create(ctx context.Context, tenant, database string, in *newCollection) (*record, *problem.Problem) {
	in.Configuration = withSchema(in.Configuration, in.Schema)
	if p := cmp.Or(checkName(in.Name), checkSpace(in.Configuration, in.Metadata), checkIndex(in.Configuration)); p != nil {
		return nil, p
	}
	if _, p := h.database(ctx, tenant, database); p != nil {
		return nil, p
	}
	h.naming.Lock()
	defer h.naming.Unlock()
	was, p := h.find(ctx, keys.Admin, tenant, database, in.Name)
	if p == nil && in.GetOrCreate {
		return was, nil
	}
	if p := free("Collection", in.Name, p); p != nil {
		return nil, p
	}
	c := &record{
		ID: newID(), Kind: kindCollection, Tenant: tenant, Database: database, Name: in.Name,
		Metadata: in.Metadata, Configuration: in.Configuration, Schema: in.Schema,
	}
	if err := c.settle(); err != nil {
		return nil, bad("metadata", "%s", err)
	}
	var err error
	if c.Backing, err = h.backing(ctx, c); err != nil {
		return nil, h.Problem(ctx, err)
	}
	if p := h.May(ctx, keys.Admin, c.Backing); p != nil {
		return nil, p
	}
	if err := h.save(ctx, c); err != nil {
		return nil, h.Problem(ctx, err)
	}
	return c, nil
}

func (h *Host) modifyCollection(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Name          string         `json:"new_name"`
		Metadata      map[string]any `json:"new_metadata"`
		Configuration map[string]any `json:"new_configuration"`
	}
	if p := decode(r, &in); p != nil {
		h.Fail(w, r, p)
		return
	}
	ctx := r.Context()
	h.naming.Lock()
	defer h.naming.Unlock()
	c, p := h.found(r, keys.Admin)
	if p == nil && in.Name != "" && in.Name != c.Name {
		p = h.rename(ctx, c, in.Name)
	}
	if p != nil {
		h.Fail(w, r, p)
		return
	}
	if in.Metadata != nil {
		c.Metadata = in.Metadata
	}
	if in.Configuration != nil {
		p = c.reconfigure(in.Configuration)
	}
	if err := c.settle(); err != nil && p == nil {
		p = bad("new_metadata", "%s", err)
	}
	if p == nil {
		if err := h.save(ctx, c); err != nil {
			p = h.Problem(ctx, err)
		}
	}
	h.done(w, r, http.StatusOK, map[string]any{}, p)
}

// rename changes what Chroma calls a collection; in the database it keeps its name.
func (h *Host) rename(ctx context.Context, c *record, name string) *problem.Problem {
	if p := checkName(name); p != nil {
		return p
	}
	_, p := h.find(ctx, keys.Read, c.Tenant, c.Database, name)
	if p := free("Collection", name, p); p != nil {
		return p
	}
	c.Name = name
	return nil
}

func (h *Host) deleteCollection(w http.ResponseWriter, r *http.Request) {
	h.naming.Lock()
	defer h.naming.Unlock()
	c, p := h.found(r, keys.Admin)
	if p == nil {
		p = h.drop(r.Context(), c)
	}
	h.done(w, r, http.StatusOK, map[string]any{}, p)
}

// drop deletes a collection. The record goes last: what is interrupted can be
// repeated.
func (h *Host) drop(ctx context.Context, c *record) *problem.Problem {
	err := h.DB.Drop(ctx, c.Backing)
	if err == nil || errors.Is(err, db.ErrNoCollection) {
		err = h.forget(ctx, c.ID)
	}
	if err != nil {
		return h.Problem(ctx, err)
	}
	return nil
}
