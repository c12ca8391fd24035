package index

import (
	"iter"
	"slices"
	"strings"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/attr"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/internal/nfc"
)

// meeting returns the nodes that meet the filter, or nil for all.
func (r *Reader) meeting(where filter.Expr) (bits, error) {
	if where.Kind() == filter.KindAll {
		return nil, nil
	}
	nodes, err := r.x.attrs.Select(where, r.x.bound(), r.idsMeeting)
	if err == nil {
		err = r.restore(where, nodes)
	}
	return nodes, err
}

// idsMeeting evaluates a condition on the ids of documents: an equality by looking up
// its values, a prefix by a range of the store's keys, anything else by reading all ids.
func (r *Reader) idsMeeting(e filter.Expr) ([]uint64, error) {
	n := r.x.bound()
	c := e.Condition()
	switch c.Op {
	case filter.OpExists:
		return allBits(n), nil
	case filter.OpEq, filter.OpIn, filter.OpNe:
		out := make(bits, (n+63)/64)
		for _, v := range c.Values {
			if v.Type() != filter.TypeString {
				continue // no id is a number
			}
			node, ok, err := r.Node(v.Text())
			if err != nil {
				return nil, err
			}
			if ok && node < n {
				out[node/64] |= 1 << (node % 64)
			}
		}
		if c.Op == filter.OpNe {
			for i, w := range allBits(n) {
				out[i] ^= w
			}
		}
		return out, nil
	default:
		out := make(bits, (n+63)/64)
		return out, r.eachID(e, func(node uint32) {
			if node < n {
				out[node/64] |= 1 << (node % 64)
			}
		})
	}
}

// eachID calls f with the nodes of the ids that meet a condition: those within the range
// of its prefix, and those that are not composed.
func (r *Reader) eachID(e filter.Expr, f func(node uint32)) error {
	prefix := e.Prefix()
	for id, err := range r.view.IDs(r.x.id, prefix) {
		if err != nil {
			return err
		}
		if !strings.HasPrefix(id.ID, prefix) {
			break
		}
		if e.Match(func(string) (any, bool) { return filter.Text(nfc.Compose(id.ID)), true }) {
			f(id.Node)
		}
	}
	if prefix == "" {
		return nil
	}
	for node := range bits(r.x.attrs.Matching(attr.IDColumn, e, r.x.bound())).all() {
		f(node)
	}
	return nil
}

// few is the number of documents up to which they are sorted rather than sought among
// all ids.
const few = 1000

// fewIDs returns the ids of a few nodes in byte order, from start on. ok is false if one
// of them cannot be read.
func (r *Reader) fewIDs(nodes iter.Seq[uint32], start string) (ids []store.ID, ok bool) {
	for node := range nodes {
		if !r.sees(node) {
			continue
		}
		rec, found, err := r.view.Record(r.x.id, node, 0)
		if err != nil {
			return nil, false
		}
		if found && rec.ID >= start {
			ids = append(ids, store.ID{ID: rec.ID, Node: node})
		}
	}
	slices.SortFunc(ids, func(a, b store.ID) int { return strings.Compare(a.ID, b.ID) })
	return ids, true
}

// Warnings says what in a filter is probably a mistake. The caller reads the index.
func (x *Index) Warnings(where filter.Expr) []string { return x.attrs.Warnings(where) }

// Unknown says which of fields no document has. The caller reads the index.
func (x *Index) Unknown(fields ...string) []string { return x.attrs.Unknown(fields...) }
