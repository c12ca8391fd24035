package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/hnsw"
	"github.com/fronyai/frony-db/internal/parallel"
	"github.com/fronyai/frony-db/quant"
)

// Fault is a contradiction. Part is "store", "graph", "codes", "rows" or
// "derived".
type Fault struct {
	Part   string
	ID     string // of the document, if it is known
	Node   uint32
	Detail string
}

// maxFaults is the number of faults that an examination describes. It counts all
// of them.
const maxFaults = 100

// Examination is what Examine found.
type Examination struct {
	Documents   int
	Queried     int // self-queries
	Missed      int // of these, those that the collection's beam did not return
	Unreachable int // and those that the widest beam did not return either
	Faults      []Fault
	FaultCount  int

	stored []store.Fault
	relink []uint32 // nodes to relink
	whole  bool     // everything derived must be rebuilt
}

// Sound reports whether nothing was found.
func (e *Examination) Sound() bool { return e.FaultCount == 0 && e.Missed == 0 }

func (e *Examination) fault(part, id string, node uint32, format string, args ...any) {
	e.FaultCount++
	if len(e.Faults) < maxFaults {
		e.Faults = append(e.Faults, Fault{part, id, node, fmt.Sprintf(format, args...)})
	}
}

func (e *Examination) addStored(faults []store.Fault) {
	e.stored = faults
	for _, f := range faults {
		e.fault("store", f.ID, f.Node, "%s", f.Detail)
	}
}

// add adds a part of the examination.
func (e *Examination) add(p *Examination) {
	e.whole = e.whole || p.whole
	e.Documents += p.Documents
	e.Queried += p.Queried
	e.Missed += p.Missed
	e.Unreachable += p.Unreachable
	e.FaultCount += p.FaultCount
	e.Faults = append(e.Faults, p.Faults[:min(len(p.Faults), max(0, maxFaults-len(e.Faults)))]...)
	e.relink = append(e.relink, p.relink...)
}

// Examine compares the keys of the version with each other, everything derived
// with the store, and runs self-queries for sample documents, or for all if
// sample is 0.
func (x *Index) Examine(ctx context.Context, sample int) (*Examination, error) {
	if err := x.gate.Enter(); err != nil {
		return nil, err
	}
	defer x.gate.Leave()
	e, err := ExamineStore(x.st, x.id, x.set.Dims)
	if err != nil {
		return nil, err
	}
	if err := x.checkGraph(); err != nil {
		e.whole = true
		for line := range strings.SplitSeq(err.Error(), "\n") {
			e.fault("graph", "", 0, "%s", line)
		}
	}
	return e, x.examineNodes(ctx, e, sample)
}

// ExamineStore compares the keys of a version that is not open with each other.
func ExamineStore(st *store.Store, id uint32, dims int) (*Examination, error) {
	e := &Examination{}
	faults, err := storeFaults(st, id, dims)
	e.addStored(faults)
	return e, err
}

// checkGraph checks the graph's own invariants. Writes wait meanwhile.
func (x *Index) checkGraph() error {
	x.saving.Lock()
	defer x.saving.Unlock()
	x.linking.Lock()
	defer x.linking.Unlock()
	if g := x.graph.made.Load(); g != nil {
		return g.Check()
	}
	return nil
}

// examinePart is the number of nodes that are examined with one reader.
const examinePart = 1024

// examineNodes compares every live node's derived parts with the store, a part
// of the nodes at a time, and runs self-queries for some or all of them.
func (x *Index) examineNodes(ctx context.Context, e *Examination, sample int) error {
	n := x.bound()
	ask := x.drawNodes(sample)
	parts := int(n+examinePart-1) / examinePart
	results := make([]Examination, parts)
	errs := make([]error, parts)
	var mu sync.Mutex // guards done, and serialises progress
	done := 0
	parallel.Each(parts, 1, func(i int) {
		first := uint32(i) * examinePart
		end := min(first+examinePart, n)
		errs[i] = x.examineRange(ctx, &results[i], ask, first, end)
		mu.Lock()
		defer mu.Unlock()
		done += int(end - first)
		x.opts.Progress("doctor", done, int(n))
	})
	if err := errors.Join(errs...); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	}
	for i := range results {
		e.add(&results[i])
	}
	return nil
}

// drawNodes chooses random nodes for self-queries. Nil means all.
func (x *Index) drawNodes(sample int) *hnsw.Bitset {
	total := x.members.count()
	if sample <= 0 || sample >= total {
		return nil
	}
	ask := hnsw.NewBitset(int(x.bound()))
	rng := rand.New(rand.NewPCG(uint64(total), uint64(x.id)))
	for range sample {
		ask.Set(rng.Uint32N(x.bound()))
	}
	return ask
}

// examiner examines the nodes of a range.
type examiner struct {
	*Reader
	*Examination
	code code
	self selfQuery

	sketch, stored []byte // as it should be, and as it is
}

func (x *Index) examineRange(ctx context.Context, e *Examination, ask *hnsw.Bitset, first, end uint32) error {
	r := x.read()
	defer r.end()
	m := &examiner{Reader: r, Examination: e, code: x.codes.blank()}
	for node := first; node < end; node++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !x.nodes.visible(node, r.seq) {
			m.unseen(node)
			continue
		}
		m.Documents++
		vec, ok, err := r.Vector(node)
		switch {
		case err != nil:
			return err
		case !ok:
			m.vectorless(node)
		case x.sound(vec): // else the store's check has named it
			m.node(node, vec, ask == nil || ask.Has(node))
		}
	}
	return nil
}

// unseen examines a node that is not in the index.
func (m *examiner) unseen(node uint32) {
	// The store's check has named a record that cannot be read.
	if rec, there, err := m.view.Record(m.x.id, node, 0); err == nil && there {
		m.whole = true
		m.fault("derived", rec.ID, node, "the document is not in the index")
	}
}

// vectorless examines a node of which the store has no vector.
func (m *examiner) vectorless(node uint32) {
	if _, there, err := m.view.Record(m.x.id, node, 0); err != nil || !there {
		m.fault("derived", "", node, "a node of the index has no document in the store")
	}
}

// node examines a document with a sound vector.
func (m *examiner) node(node uint32, vec []float32, ask bool) {
	c, faults := m.x.codes, m.FaultCount
	c.encode(m.code, vec)
	table := c.sketches.Load()
	if len(m.sketch) != table.CodeSize() { // they may have been drawn again with more bits
		m.sketch = make([]byte, table.CodeSize())
	}
	m.stored = table.Code(m.stored[:0], node)
	table.Encode(m.sketch, vec)
	if !bytes.Equal(m.code.head, c.heads.Code(node)) || c.tails != nil && !bytes.Equal(m.code.tail, c.tails.Code(node)) ||
		!bytes.Equal(m.sketch, m.stored) {
		m.fault("codes", m.id(node), node, "the code does not match the vector")
	}
	if row, ok := m.x.rows.Get(node); ok && !bytes.Equal(row, quant.Bytes(vec)) {
		m.fault("rows", m.id(node), node, "the row does not match the vector")
	}
	missed, g := false, m.x.graph.asked()
	switch {
	case !m.x.members.has(node):
		m.Unreachable++
		m.fault("derived", m.id(node), node, "the document is left out of dense search")
	case g == nil: // none yet: there is nothing to miss
	case !g.Has(node):
		m.Unreachable++
		m.fault("graph", m.id(node), node, "the document is not in the graph")
	case ask:
		m.Queried++
		normal, wide := m.self.ask(m.x, g, m.code.head, node)
		if missed = !normal; missed {
			m.Missed++
		}
		if !wide {
			m.Unreachable++
			m.fault("graph", m.id(node), node, "a search for the document's own vector does not return it")
		}
	}
	if missed || m.FaultCount > faults {
		m.relink = append(m.relink, node)
	}
}

// id is the id of a node's document, or empty.
func (m *examiner) id(node uint32) string {
	if rec, ok, err := m.view.Record(m.x.id, node, 0); err == nil && ok {
		return rec.ID
	}
	return ""
}
