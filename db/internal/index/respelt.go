package index

import (
	"slices"

	"github.com/fronyai/frony-db/db/internal/attr"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/internal/nfc"
)

// respelt makes a batch delete the documents that its puts mean and that the store does
// not find by the ids of the puts: those whose ids are composed in parts.
func (x *Index) respelt(puts []Put, b *store.Batch) error {
	if !x.attrs.Has(attr.IDColumn) {
		return nil
	}
	r := x.read()
	defer r.end()
	for i := range puts {
		id := puts[i].ID
		others := nfc.Others(id)
		if others == nil {
			continue
		}
		stored, node, ok, err := r.stored(id)
		if err != nil {
			return err
		}
		if !ok || stored == id || slices.Contains(others, stored) {
			continue
		}
		if b.Insert {
			return &store.ExistsError{IDs: []string{id}}
		}
		b.Deletes = append(b.Deletes, store.Delete{ID: stored, Node: node, Former: true})
	}
	return nil
}

// stored returns a document's id as it is stored, and its node.
func (r *Reader) stored(id string) (string, uint32, bool, error) {
	node, ok, err := r.Node(id)
	if err != nil || !ok || nfc.Others(id) == nil {
		return id, node, ok, err
	}
	rec, ok, err := r.view.Record(r.x.id, node, 0)
	if err != nil || !ok {
		return id, node, ok, err
	}
	return rec.ID, node, true, nil
}
