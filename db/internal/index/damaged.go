package index

import (
	"math"

	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/quant"
)

// Damage to a document must not keep the others from being opened and searched. A
// document whose record cannot be read is left out of the index; Get returns the
// error. One whose vector is missing, zero or of the wrong length is left out of
// dense search only. Both are named in the log and by Examine, and can be deleted
// and replaced like any other. They are never deleted automatically.

// sound reports whether a stored vector can be searched.
func (x *Index) sound(vec []float32) bool {
	if len(vec) != x.set.Dims {
		return false
	}
	norm := float64(quant.Dot(vec, vec))
	return norm > 0 && !math.IsInf(norm, 0)
}

// vectorless reports whether the store has no sound vector of a node.
func (x *Index) vectorless(v *store.View, node uint32) (bool, error) {
	vec, ok, err := v.Vector(nil, x.id, node)
	return !ok || !x.sound(vec), err
}

// setAside keeps a document without a sound vector out of dense search.
func (x *Index) setAside(v *store.View, node uint32) {
	x.codes.wipe(node) // the tables reach as far as the nodes
	if err := x.rows.Drop(node); err != nil {
		x.log.Warn("vector row not dropped", "err", err)
	}
	id := ""
	if r, ok, err := v.Record(x.id, node, 0); err == nil && ok {
		id = r.ID
	}
	x.log.Error("a document has no sound vector and is left out of dense search; write it again, or restore a backup",
		"id", id, "node", node)
}

// nameUnread logs documents whose records cannot be read, by their ids.
func (x *Index) nameUnread(v *store.View, nodes []uint32) error {
	if len(nodes) == 0 {
		return nil
	}
	unread := make(map[uint32]bool, len(nodes))
	for _, node := range nodes {
		unread[node] = true
	}
	for id, err := range v.IDs(x.id, "") {
		if err != nil {
			return err
		}
		if unread[id.Node] {
			x.log.Error("a document cannot be read and is left out; write it again, or restore a backup",
				"id", id.ID, "node", id.Node)
		}
	}
	return nil
}
