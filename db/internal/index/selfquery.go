package index

import (
	"cmp"
	"context"
	"slices"

	"github.com/fronyai/frony-db/hnsw"
)

const (
	selfBeam = 64   // where the collection has no efSearch of its own
	wideBeam = 1000 // finds what can be found
)

// Reachability is the result of self-queries: searches of the graph for documents by
// their own vectors.
type Reachability struct {
	Asked       int      // number of self-queries
	Unreachable []string // ids of the documents that the graph did not return
	Next        uint32   // node to continue from; 0 after the last document
}

// Reachability runs self-queries for up to n documents, beginning at node from. Without
// a whole graph there is nothing to ask.
func (x *Index) Reachability(ctx context.Context, from uint32, n int) (out Reachability, err error) {
	r, err := x.Read()
	if err != nil {
		return out, err
	}
	defer r.Close()
	g := x.graph.asked()
	if g == nil {
		return out, nil
	}
	var q selfQuery
	for node := from; node < x.bound(); node++ {
		if out.Asked == n {
			out.Next = node
			break
		}
		if !x.nodes.visible(node, r.seq) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return out, err
		}
		out.Asked++
		if _, wide := q.ask(x, g, x.codes.heads.Code(node), node); !wide {
			rec, _, err := r.view.Record(x.id, node, 0)
			if err != nil {
				return out, err
			}
			out.Unreachable = append(out.Unreachable, rec.ID)
		}
	}
	return out, nil
}

// selfQuery searches the graph for nodes by their own codes.
type selfQuery struct{ hits []hnsw.Hit }

// ask reports whether a search of the graph for a node's own code returns the node,
// with the collection's beam, or else with the widest.
func (q *selfQuery) ask(x *Index, g *hnsw.Graph, head []byte, node uint32) (normal, wide bool) {
	if !g.Has(node) {
		return false, false
	}
	if q.returns(x, g, head, node, cmp.Or(x.set.EfSearch, selfBeam)) {
		return true, true
	}
	return false, q.returns(x, g, head, node, wideBeam)
}

// returns reports whether a search returns the node, or only nodes that are as
// near: there may be many copies of one vector.
func (q *selfQuery) returns(x *Index, g *hnsw.Graph, head []byte, node uint32, ef int) bool {
	q.hits = g.Search(q.hits[:0], head, hnsw.Search{K: ef, Ef: ef})
	if slices.ContainsFunc(q.hits, func(h hnsw.Hit) bool { return h.ID == node }) {
		return true
	}
	var own [1]uint32
	x.codes.heads.Distances(head, []uint32{node}, own[:])
	return len(q.hits) > 0 && q.hits[len(q.hits)-1].Distance <= own[0]
}
