package index

import (
	"errors"
	"slices"

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
	case !r.x.members.has(node): // its vector may be damaged
	case old.Hash == p.Hash:
		p.Unchanged = true
	case old.TextHash == p.TextHash && old.Precomputed == (p.Vector != nil):
		vec, _, err := r.Vector(node)
		if err != nil {
			return err
		}
		if r.x.sound(vec) && (p.Vector == nil || slices.Equal(vec, p.Vector)) {
			if old, ok, err = r.Record(node, store.WithMetadata); err != nil || !ok {
				return err
			}
			p.Vector = vec
			p.keep(node, old)
		}
	}
	return nil
}

// keep says that a document has the text and the vector of old, which is at node. If it
// expires at the same time and has the same tags, too, the node stays: only metadata
// changes, and the graph and the words need not be told. old has its metadata. A document that gets another time to live gets another
// node, since a sweep may be about to delete the one that it has.
func (p *Put) keep(node uint32, old *store.Record) {
	if p.Was == nil {
		p.Was = &store.Was{Node: node, Seq: old.Seq}
	}
	p.Was.Keeps = p.Expires.Equal(old.Expires) && slices.Equal(tags(&p.Record), tags(old))
}
