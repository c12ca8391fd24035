package index

import (
	"iter"
	"slices"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/attr"
	"github.com/fronyai/frony-db/db/internal/store"
)

// Sorted says which documents to yield in which order.
type Sorted struct {
	Filter filter.Expr
	Keys   []attr.Key
	From   []any  // values of a document, nil for none, that was the last; nil: from the beginning
	After  string // its id
	N      int    // at least so many; 0: all
}

// Sorted yields documents by the values of fields, and those with equal values in byte
// order of their ids. It yields no id where the values decided.
func (r *Reader) Sorted(s Sorted) iter.Seq2[store.ID, error] {
	return func(yield func(store.ID, error) bool) {
		nodes, err := r.visible(s.Filter)
		if err != nil {
			yield(store.ID{}, err)
			return
		}
		same, groups := r.x.attrs.Sort(s.Keys, nodes, s.From, s.N, r.former)
		if len(same) > 0 && !r.byID(same, s.After+"\x00", yield) {
			return
		}
		for _, g := range groups {
			if len(g) == 1 {
				if !yield(store.ID{Node: g[0]}, nil) {
					return
				}
				continue
			}
			if !r.byID(g, "", yield) {
				return
			}
		}
	}
}

// byID yields nodes in byte order of their ids, from start on. It reports whether to go
// on.
func (r *Reader) byID(nodes []uint32, start string, yield func(store.ID, error) bool) bool {
	if len(nodes) <= few {
		if ids, ok := r.fewIDs(slices.Values(nodes), start); ok {
			for _, id := range ids {
				if !yield(id, nil) {
					return false
				}
			}
			return true
		}
	}
	wanted := make(bits, (r.x.bound()+63)/64)
	for _, node := range nodes {
		wanted[node/64] |= 1 << (node % 64)
	}
	for id, err := range r.view.IDs(r.x.id, start) {
		if err == nil && !wanted.has(id.Node) {
			continue
		}
		if !yield(id, err) {
			return false
		}
	}
	return true
}

// ID is the id of a node whose record cannot be read. It reads all ids.
func (r *Reader) ID(node uint32) (string, error) {
	for id, err := range r.view.IDs(r.x.id, "") {
		if err != nil || id.Node == node {
			return id.ID, err
		}
	}
	return "", nil
}
