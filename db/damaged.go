package db

import (
	"math"

	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/quant"
)

// What is damaged in the store must not keep the rest from being opened and
// searched. A document whose record can't be read is left out of the index: Get
// says what is wrong with it. One whose vector is missing, of another length, or
// not a direction is there for everything but the search by meaning. Both are
// named in the log and by Doctor, are deleted and replaced like any other, and
// are never deleted by themselves.

// sound says whether a stored vector can be searched.
func (c *Collection) sound(vec []float32) bool {
	if len(vec) != c.set.Dims {
		return false
	}
	norm := float64(quant.Dot(vec, vec))
	return norm > 0 && !math.IsInf(norm, 0)
}

// vectorless says whether the store has no sound vector of a node.
func (c *Collection) vectorless(v *store.View, node uint32) (bool, error) {
	vec, ok, err := v.Vector(nil, c.id, node)
	return !ok || !c.sound(vec), err
}

// setAside keeps a document without a sound vector from searches by meaning.
func (c *Collection) setAside(v *store.View, node uint32) {
	c.codes.set(node, c.codes.room()) // the tables reach as far as the nodes
	if err := c.rows.Drop(node); err != nil {
		c.log.Warn("vector row not dropped", "err", err)
	}
	id := ""
	if r, ok, err := v.Record(c.id, node, 0); err == nil && ok {
		id = r.ID
	}
	c.log.Error("a document has no sound vector and is not searched by meaning; write it again, or restore a backup",
		"id", id, "node", node)
}

// nameUnread logs documents whose records can't be read by their ids.
func (c *Collection) nameUnread(v *store.View, nodes []uint32) error {
	if len(nodes) == 0 {
		return nil
	}
	unread := make(map[uint32]bool, len(nodes))
	for _, node := range nodes {
		unread[node] = true
	}
	for id, err := range v.IDs(c.id, "") {
		if err != nil {
			return err
		}
		if unread[id.Node] {
			c.log.Error("a document can't be read and is left out; write it again, or restore a backup",
				"id", id.ID, "node", id.Node)
		}
	}
	return nil
}
