package chroma

import (
	"context"
	"fmt"
	"slices"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine"
)

// Renamed tells the records of a database that a collection was renamed. Its UUID,
// metadata and configuration stay. A collection that Chroma knew by the former name is
// called by the new one, unless another has that name already.
func Renamed(ctx context.Context, d engine.DB, from, to string) error {
	return (&Host{DB: d, Open: func(ctx context.Context, name string) (engine.Collection, error) {
		return d.Collection(ctx, name, &db.CollectionOptions{MustExist: true})
	}}).Renamed(ctx, from, to)
}

// Renamed is the function Renamed, between the requests that give and take names.
func (h *Host) Renamed(ctx context.Context, from, to string) error {
	h.naming.Lock()
	defer h.naming.Unlock()
	list, err := h.selectRecords(ctx, filter.Eq("kind", kindCollection))
	if err != nil {
		return fmt.Errorf("the collection is renamed, but not in Chroma's records: %w", err)
	}
	at := slices.IndexFunc(list, func(r record) bool { return r.Backing == from })
	if at < 0 {
		return nil // it was not made through Chroma
	}
	r := &list[at]
	taken := slices.ContainsFunc(list, func(other record) bool {
		return other.Tenant == r.Tenant && other.Database == r.Database && other.Name == to
	})
	if r.Name == from && !taken {
		r.Name = to
	}
	r.Backing = to
	if err := h.save(ctx, r); err != nil {
		return fmt.Errorf("the collection is renamed, but not in Chroma's records: %w", err)
	}
	return nil
}
