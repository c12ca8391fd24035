package index

import (
	"cmp"
	"slices"
	"strings"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/attr"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/quant"
)

// Sample draws up to n of the visible documents that meet the filter, and says how many
// there are. What is drawn depends on nodes alone: a smaller sample is the beginning of a
// larger one, and stays while its documents do.
func (r *Reader) Sample(where filter.Expr, n int) (nodes []uint32, documents int, err error) {
	all, err := r.visible(where)
	if err != nil {
		return nil, 0, err
	}
	documents = all.count()
	nodes = make([]uint32, 0, documents)
	for node := range all.all() {
		nodes = append(nodes, node)
	}
	slices.SortFunc(nodes, func(a, b uint32) int { return cmp.Or(cmp.Compare(lot(a), lot(b)), cmp.Compare(a, b)) })
	return nodes[:min(n, len(nodes))], documents, nil
}

// lot is a number that looks like chance (the finalizer of MurmurHash3, which maps no
// two nodes to one).
func lot(node uint32) uint32 {
	node ^= node >> 16
	node *= 0x85ebca6b
	node ^= node >> 13
	node *= 0xc2b2ae35
	return node ^ node>>16
}

// Named returns the documents of nodes in byte order of their ids.
func (r *Reader) Named(nodes []uint32) ([]store.ID, error) {
	ids := make([]store.ID, 0, len(nodes))
	var err error
	r.byID(nodes, "", func(id store.ID, e error) bool {
		ids, err = append(ids, id), e
		return e == nil
	})
	for i := range ids {
		ids[i].ID = strings.Clone(ids[i].ID)
	}
	return ids, err
}

// AppendVector appends a node's full vector to dst, from its row, or from the store if
// that is missing or damaged. Without a sound vector it reports false.
func (r *Reader) AppendVector(dst []float32, node uint32) ([]float32, bool, error) {
	if row, ok := r.x.rows.Get(node); ok {
		return quant.AppendFloats(dst, row), true, nil
	}
	v, ok, err := r.Vector(node)
	if err != nil || !ok || !r.x.sound(v) {
		return dst, false, err
	}
	return append(dst, v...), true, nil
}

// Groups returns the groups of nodes by a field.
func (r *Reader) Groups(field string, nodes []uint32) []attr.Group {
	return r.x.attrs.Groups(make([]attr.Group, 0, len(nodes)), field, nodes, r.former)
}
