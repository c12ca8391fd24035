package index

import (
	"errors"

	"github.com/fronyai/frony-db/db/internal/store"
)

// compare compares a document with the one that is stored under its id.
func (r *Reader) compare(p *Put) error {
	node, ok, err := r.Node(p.ID)
	if err != nil || !ok {
		return err
	}
	old, ok, err := r.Record(node, 0)
	switch {
	case errors.Is(err, store.ErrCorrupt): // the write repairs it
	case err != nil:
		return err
	case !ok:
	case !r.x.graph.Has(node): // its vector may be damaged
	case old.Hash == p.Hash:
		p.Unchanged = true
	case p.Vector == nil && old.TextHash == p.TextHash && !old.Precomputed:
		vec, _, err := r.Vector(node)
		if err != nil {
			return err
		}
		if r.x.sound(vec) {
			p.Vector = vec
		}
	}
	return nil
}
