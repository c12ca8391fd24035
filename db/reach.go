package db

import (
	"cmp"
	"context"

	"github.com/fronyai/frony-db/hnsw"
)

// Reachability is what asking for some documents by their own vectors has shown.
type Reachability struct {
	Asked       int      // documents
	Unreachable []string // ids of those that the graph did not return
	Next        uint32   // where to go on; 0 after the last document
}

// Reachability searches the graph for up to n documents by their own vectors, beginning
// at from: 0, or Next of the call before. A document that even a beam of a
// thousand does not return is unreachable: its data is there, and no search by
// meaning finds it but one that compares everything. It reads memory only, and
// takes about as long as n searches in the graph; Doctor looks at all there is,
// and repairs. Searches and writes go on meanwhile. It returns ErrClosed, and
// what ctx says.
func (c *Collection) Reachability(ctx context.Context, from uint32, n int) (Reachability, error) {
	var r Reachability
	if err := c.enter(); err != nil {
		return r, wrap("reachability", c.name, err)
	}
	defer c.leave()
	slot := c.grace.enter()
	defer c.grace.leave(slot)
	v, m := c.view()
	defer v.Close()
	var hits []hnsw.Hit
	for node := from; node < c.bound(); node++ {
		if r.Asked == n {
			r.Next = node
			break
		}
		if !c.nodes.visible(node, m.seq) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return r, wrap("reachability", c.name, err)
		}
		r.Asked++
		if _, wide := c.reaches(&hits, c.codes.heads.Code(node), node); !wide {
			rec, _, err := v.Record(c.id, node, 0)
			if err != nil {
				return r, wrap("reachability", c.name, err)
			}
			r.Unreachable = append(r.Unreachable, rec.ID)
		}
	}
	return r, nil
}

// reaches says whether the graph returns a node to a search for its own code,
// with the collection's beam, or else with the widest.
func (c *Collection) reaches(hits *[]hnsw.Hit, head []byte, node uint32) (normal, wide bool) {
	if !c.graph.Has(node) {
		return false, false
	}
	if *hits = c.ask((*hits)[:0], head, cmp.Or(c.set.EfSearch, doctorBeam)); c.answers(*hits, head, node) {
		return true, true
	}
	*hits = c.ask((*hits)[:0], head, doctorEf)
	return false, c.answers(*hits, head, node)
}
