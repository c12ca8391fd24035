package chroma

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

// tenant finds a tenant.
func (h *Host) tenant(ctx context.Context, name string) *problem.Problem {
	if name == defaultTenant {
		return nil
	}
	list, err := h.selectRecords(ctx, filter.And(filter.Eq("kind", kindTenant), filter.Eq("name", name)))
	switch {
	case err != nil:
		return h.Problem(ctx, err)
	case len(list) == 0:
		return noSuch("Tenant", name)
	}
	return nil
}

// database finds a database of a tenant.
func (h *Host) database(ctx context.Context, tenant, name string) (*record, *problem.Problem) {
	if p := h.tenant(ctx, tenant); p != nil {
		return nil, p
	}
	if tenant == defaultTenant && name == defaultDatabase {
		return &record{ID: idOf(kindDatabase, name), Kind: kindDatabase, Tenant: tenant, Name: name}, nil
	}
	list, err := h.selectRecords(ctx, filter.And(filter.Eq("kind", kindDatabase), filter.Eq("tenant", tenant), filter.Eq("name", name)))
	switch {
	case err != nil:
		return nil, h.Problem(ctx, err)
	case len(list) == 0:
		return nil, noSuch("Database", name)
	}
	return &list[0], nil
}

// Databases and tenants are taken as clients name them; the limit is of their use in
// paths.
func checkHolder(name string) *problem.Problem {
	if len(name) < 3 || len(name) > 512 {
		return bad("name", "the name has %d characters, want 3 to 512", len(name))
	}
	return nil
}

func (h *Host) createTenant(w http.ResponseWriter, r *http.Request) {
	h.createHolder(w, r, kindTenant)
}

func (h *Host) createDatabase(w http.ResponseWriter, r *http.Request) {
	h.createHolder(w, r, kindDatabase)
}

func (h *Host) createHolder(w http.ResponseWriter, r *http.Request, kind string) {
	var in struct {
		Name string `json:"name"`
	}
	p := decode(r, &in)
	if p == nil {
		p = checkHolder(in.Name)
	}
	if p == nil {
		p = h.addHolder(r.Context(), kind, r.PathValue("tenant"), in.Name)
	}
	h.done(w, r, http.StatusCreated, map[string]any{}, p)
}

func (h *Host) addHolder(ctx context.Context, kind, tenant, name string) *problem.Problem {
	h.naming.Lock()
	defer h.naming.Unlock()
	what := "Tenant"
	p := h.tenant(ctx, name)
	if kind == kindDatabase {
		what = "Database"
		if p = h.tenant(ctx, tenant); p != nil {
			return p
		}
		_, p = h.database(ctx, tenant, name)
	}
	if p := free(what, name, p); p != nil {
		return p
	}
	if err := h.save(ctx, &record{ID: newID(), Kind: kind, Tenant: tenant, Name: name}); err != nil {
		return h.Problem(ctx, err)
	}
	return nil
}

func (h *Host) getTenant(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("tenant")
	h.done(w, r, http.StatusOK, map[string]any{"name": name}, h.tenant(r.Context(), name))
}

func (d *record) asDatabase() map[string]any {
	return map[string]any{"id": d.ID, "name": d.Name, "tenant": d.Tenant}
}

func (h *Host) getDatabase(w http.ResponseWriter, r *http.Request) {
	d, p := h.database(r.Context(), r.PathValue("tenant"), r.PathValue("database"))
	if p != nil {
		h.Fail(w, r, p)
		return
	}
	h.Answer(w, http.StatusOK, d.asDatabase())
}

func (h *Host) listDatabases(w http.ResponseWriter, r *http.Request) {
	ctx, tenant := r.Context(), r.PathValue("tenant")
	page, p := pageOf(r)
	if p == nil {
		p = h.tenant(ctx, tenant)
	}
	if p != nil {
		h.Fail(w, r, p)
		return
	}
	list, err := h.selectRecords(ctx, filter.And(filter.Eq("kind", kindDatabase), filter.Eq("tenant", tenant)))
	if err != nil {
		h.Fail(w, r, h.Problem(ctx, err))
		return
	}
	slices.SortFunc(list, func(a, b record) int { return cmp.Compare(a.Name, b.Name) })
	if tenant == defaultTenant {
		d, _ := h.database(ctx, tenant, defaultDatabase)
		list = append([]record{*d}, list...)
	}
	out := []any{}
	for _, d := range cut(list, page) {
		out = append(out, d.asDatabase())
	}
	h.Answer(w, http.StatusOK, out)
}

// deleteDatabase deletes a database with all of its collections.
func (h *Host) deleteDatabase(w http.ResponseWriter, r *http.Request) {
	tenant, name := r.PathValue("tenant"), r.PathValue("database")
	h.naming.Lock()
	defer h.naming.Unlock()
	h.done(w, r, http.StatusOK, map[string]any{}, h.dropDatabase(r.Context(), tenant, name))
}

func (h *Host) dropDatabase(ctx context.Context, tenant, name string) *problem.Problem {
	d, p := h.database(ctx, tenant, name)
	if p != nil {
		return p
	}
	if tenant == defaultTenant && name == defaultDatabase {
		return bad("database", "the default database can't be deleted").Hint("delete its collections")
	}
	list, err := h.selectRecords(ctx, filter.And(filter.Eq("kind", kindCollection), filter.Eq("tenant", tenant), filter.Eq("database", name)))
	if err != nil {
		return h.Problem(ctx, err)
	}
	for i := range list {
		if p := h.May(ctx, keys.Admin, list[i].Backing); p != nil {
			return p // before anything is deleted
		}
	}
	for i := range list {
		if p := h.drop(ctx, &list[i]); p != nil {
			return p
		}
	}
	if err := h.forget(ctx, d.ID); err != nil {
		return h.Problem(ctx, err)
	}
	return nil
}

// reset deletes everything that was made through Chroma, and nothing else.
func (h *Host) reset(w http.ResponseWriter, r *http.Request) {
	if !h.Reset {
		h.Fail(w, r, problem.Refuse(http.StatusForbidden, "forbidden", "resetting is not allowed").Hint("start the server with --compat chroma-reset"))
		return
	}
	ctx := r.Context()
	h.naming.Lock()
	defer h.naming.Unlock()
	list, err := h.selectRecords(ctx, filter.All())
	for i := range list {
		if err != nil {
			break
		}
		if list[i].Kind == kindCollection {
			if p := h.drop(ctx, &list[i]); p != nil {
				h.Fail(w, r, p)
				return
			}
			continue
		}
		err = h.forget(ctx, list[i].ID)
	}
	if err != nil {
		h.Fail(w, r, h.Problem(ctx, err))
		return
	}
	h.Answer(w, http.StatusOK, true)
}
