package index

import (
	"context"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/attr"
)

// Facets ask what fields hold.
type Facets struct {
	Fields []string
	Top    int    // values of each
	Prefix string // of the values
}

// visible returns the documents that meet the filter.
func (r *Reader) visible(where filter.Expr) (bits, error) {
	nodes, err := r.meeting(where)
	if err != nil {
		return nil, err
	}
	if nodes == nil {
		nodes = allBits(r.x.bound())
	}
	for node := range nodes.all() {
		if !r.sees(node) {
			nodes[node/64] &^= 1 << (node % 64)
		}
	}
	return nodes, nil
}

// Facets says what fields hold in the documents that meet the filter, and how many these
// are.
func (r *Reader) Facets(where filter.Expr, f Facets) ([]*attr.Facet, int, error) {
	nodes, err := r.visible(where)
	if err != nil {
		return nil, 0, err
	}
	return r.facets(nodes, f), nodes.count(), nil
}

// FacetsOf says what fields hold in the results of a search, and how many these are.
func (r *Reader) FacetsOf(ctx context.Context, q Query, f Facets, t *Trace) ([]*attr.Facet, int, error) {
	_, top, err := r.best(ctx, &q, t)
	if err != nil {
		return nil, 0, err
	}
	nodes := make(bits, (r.x.bound()+63)/64)
	for i, s := range top {
		if i >= q.Offset && (q.MinScore == nil || s.score >= *q.MinScore) {
			nodes[s.node/64] |= 1 << (s.node % 64)
		}
	}
	return r.facets(nodes, f), nodes.count(), nil
}

func (r *Reader) facets(nodes bits, f Facets) []*attr.Facet {
	out := make([]*attr.Facet, len(f.Fields))
	for i, name := range f.Fields {
		out[i] = r.x.attrs.Facet(name, nodes, f.Top, f.Prefix, r.former)
	}
	return out
}

// Fields says what each field holds in the documents that meet the filter, and how many
// these are.
func (r *Reader) Fields(where filter.Expr, top int) (map[string]*attr.Facet, int, error) {
	nodes, err := r.visible(where)
	if err != nil {
		return nil, 0, err
	}
	return r.x.attrs.Facets(nodes, top, r.former), nodes.count(), nil
}
