package index

import (
	"sync/atomic"

	"github.com/fronyai/frony-db/hnsw"
)

// graph is the graph over the codes. A collection has none until it is worth what it
// costs: see build.go.
type graph struct {
	made atomic.Pointer[hnsw.Graph] // nil: none
	// fed says that writers add what they write, and whole that all members are in it, so
	// that searches may ask it.
	fed, whole atomic.Bool
}

// GraphState says how far the graph of a collection is.
type GraphState string

// The states.
const (
	GraphNone     GraphState = "none"
	GraphBuilding GraphState = "building" // begun; it may wait for the next opening
	GraphReady    GraphState = "ready"
)

// state is how far the graph is.
func (g *graph) state() GraphState {
	switch {
	case g.whole.Load():
		return GraphReady
	case g.made.Load() != nil:
		return GraphBuilding
	}
	return GraphNone
}

// asked is the graph that searches may ask, or nil.
func (g *graph) asked() *hnsw.Graph {
	if g.whole.Load() {
		return g.made.Load()
	}
	return nil
}

// written is the graph to which writers add what they write, or nil.
func (g *graph) written() *hnsw.Graph {
	if g.fed.Load() {
		return g.made.Load()
	}
	return nil
}

// knows reports whether a node is in the graph, live or deleted.
func (g *graph) knows(node uint32) bool {
	made := g.made.Load()
	return made != nil && made.Known(node)
}

// linked is how many live nodes the graph has.
func (g *graph) linked() int {
	if made := g.made.Load(); made != nil {
		return made.Len()
	}
	return 0
}

// dead is how many deleted nodes wait in the graph for a repair.
func (g *graph) dead() int {
	if made := g.made.Load(); made != nil {
		return made.Dead()
	}
	return 0
}

// delete hides a node from searches of the graph, if it has it.
func (g *graph) delete(node uint32) {
	if made := g.made.Load(); made != nil {
		made.Delete(node)
	}
}

// repair frees what is deleted.
func (g *graph) repair() []uint32 {
	if made := g.made.Load(); made != nil {
		return made.Repair(hnsw.RepairOptions{})
	}
	return nil
}

func (g *graph) bytes() int64 {
	if made := g.made.Load(); made != nil {
		return made.Bytes()
	}
	return 0
}

// newLinks makes links without nodes over codes.
func (x *Index) newLinks(c *codes) (*hnsw.Graph, error) {
	return hnsw.New(space{c.heads, x}, &hnsw.Options{M: x.set.M, EfConstruction: x.set.EfConstruction, Seed: uint64(x.id)})
}
