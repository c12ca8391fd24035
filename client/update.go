package client

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// Update changes metadata, source or expiry of a document, without its text. A document
// that does not exist is db.ErrNotFound.
func (c *Collection) Update(ctx context.Context, id string, p db.Patch) error {
	patch := api.FromPatch(&p)
	var out api.Updated
	return c.c.do(ctx, http.MethodPatch, c.path()+"/documents/"+url.PathEscape(id), &patch, &out)
}

// UpdateIDs is Update for several documents, and returns how many there are. Many ids are
// sent in several requests, each a transaction. If some do not exist, the others are
// updated, and it returns db.ErrNotFound, which names the missing ids.
func (c *Collection) UpdateIDs(ctx context.Context, p db.Patch, ids ...string) (int, error) {
	updated := 0
	var missing []string
	for page := range slices.Chunk(ids, pageSize) {
		out, err := c.update(ctx, api.UpdateDocuments{IDs: page, Patch: api.FromPatch(&p)})
		updated += out.Updated
		if err != nil {
			return updated, err
		}
		missing = append(missing, out.Missing...)
	}
	if missing != nil {
		return updated, db.Wrap("update", "", db.NotFound(missing...))
	}
	return updated, nil
}

// UpdateWhere updates the documents that meet the filter and returns how many.
func (c *Collection) UpdateWhere(ctx context.Context, where filter.Expr, p db.Patch) (int, error) {
	f, err := api.FromFilter(where)
	if err != nil {
		return 0, &db.Error{Op: "update", Err: err}
	}
	if f == nil {
		f = api.Filter("true") // all documents, explicitly
	}
	out, err := c.update(ctx, api.UpdateDocuments{Filter: f, Patch: api.FromPatch(&p)})
	return out.Updated, err
}

func (c *Collection) update(ctx context.Context, body api.UpdateDocuments) (out api.Updated, err error) {
	err = c.c.do(ctx, http.MethodPatch, c.path()+"/documents", &body, &out)
	return out, err
}
