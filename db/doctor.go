package db

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/hnsw"
	"github.com/fronyai/frony-db/quant"
)

// DoctorOptions say what Doctor looks at. The zero value is everything, and
// nothing is changed.
type DoctorOptions struct {
	// Collections to look at; none is all.
	Collections []string
	// Repair mends what can be mended: documents that the graph does not return
	// are linked again, derived state that contradicts the store is made anew,
	// and ids, tombstones and counters are put in order. No document with its
	// text and vector is ever deleted. Writes wait for it. Searches find every
	// document while some are linked again; while everything is made anew, which
	// takes much damage, they wait as well.
	Repair bool
	// Sample is the number of documents that are asked by their own vectors, in
	// each collection; 0 is all of them.
	Sample int
}

// DoctorReport is what Doctor has found.
type DoctorReport struct {
	// Checksums is what is wrong with the store's files, or empty.
	Checksums   string             `json:"checksums,omitempty"`
	Collections []CollectionHealth `json:"collections"`
}

// OK says whether nothing was found, or all of it was repaired.
func (r *DoctorReport) OK() bool {
	return r.Checksums == "" && !slices.ContainsFunc(r.Collections, func(h CollectionHealth) bool { return !h.OK() })
}

// CollectionHealth is what Doctor has found in one collection.
type CollectionHealth struct {
	Name string `json:"name"`
	// Version is empty for what is searched. While the collection changes its model
	// it has another one, "new" or "previous", of which only the store is examined.
	Version   string `json:"version,omitempty"`
	Documents int    `json:"documents"`
	// Queried documents were searched by their own vectors. Missed are those
	// that the graph did not return with the collection's efSearch, or 64, and
	// Unreachable those that it did not return with a beam of a thousand either.
	Queried     int `json:"queried"`
	Missed      int `json:"missed"`
	Unreachable int `json:"unreachable"`
	// Faults are contradictions, the first hundred in words.
	Faults     []Fault `json:"faults,omitempty"`
	FaultCount int     `json:"fault_count"`
	// Repaired says what was done, or is empty. The other numbers are then those
	// from after the repair, and Found those from before.
	Repaired string            `json:"repaired,omitempty"`
	Found    *CollectionHealth `json:"found,omitempty"`
	Seconds  float64           `json:"seconds"`
}

// OK says whether the collection is sound.
func (h *CollectionHealth) OK() bool { return h.FaultCount == 0 && h.Unreachable == 0 }

// Fault is a contradiction. Part says where: "store", "graph", "codes", "rows"
// or "derived".
type Fault struct {
	Part   string `json:"part"`
	ID     string `json:"id,omitempty"` // of the document, if it is known
	Node   uint32 `json:"node"`
	Detail string `json:"detail"`
}

// Doctor verifies the database: the store's checksums, its keys against each
// other, and what is derived from it (graph, codes, vector rows) against the
// store. Then every document is searched by its own vector, and those that the
// graph does not return are reported: an index may lose documents without
// losing their data, and nothing else would ever say so.
//
// Searches and writes go on meanwhile, but for moments in which the graph is
// walked through. Do not call it inside a Scan. It returns ErrNoCollection,
// ErrReadOnly for a repair, and ErrClosed; what it finds is in the report.
func (d *DB) Doctor(ctx context.Context, o *DoctorOptions) (DoctorReport, error) {
	var r DoctorReport
	if o == nil {
		o = &DoctorOptions{}
	}
	if err := d.gate.enter(); err != nil {
		return r, wrap("doctor", d.dir, err)
	}
	defer d.gate.leave()
	if o.Repair && d.opts.ReadOnly {
		return r, wrap("doctor", d.dir, ErrReadOnly)
	}
	if err := d.st.VerifyChecksums(); err != nil {
		r.Checksums = err.Error()
	}
	names := o.Collections
	if len(names) == 0 {
		for info, err := range d.Collections(ctx) {
			if err != nil {
				return r, wrap("doctor", d.dir, err)
			}
			names = append(names, info.Name)
		}
	}
	for _, name := range names {
		c, err := d.Collection(ctx, name, &CollectionOptions{MustExist: true, anyModel: true})
		if err != nil {
			return r, wrap("doctor", name, err)
		}
		h, err := c.doctor(ctx, o)
		if err != nil {
			return r, wrap("doctor", name, err)
		}
		r.Collections = append(r.Collections, h)
		hidden, ok, err := c.doctorHidden(o)
		if err != nil {
			return r, wrap("doctor", name, err)
		}
		if ok {
			r.Collections = append(r.Collections, hidden)
		}
	}
	return r, nil
}

// doctor examines one collection, and mends it if asked to.
func (c *Collection) doctor(ctx context.Context, o *DoctorOptions) (CollectionHealth, error) {
	x, err := c.examine(ctx, o)
	if err != nil || !o.Repair || x.FaultCount == 0 && x.Missed == 0 {
		return x.CollectionHealth, err
	}
	did, err := c.mend(ctx, x)
	if err != nil {
		return x.CollectionHealth, err
	}
	again, err := c.examine(ctx, o)
	again.Repaired, again.Found = did, &x.CollectionHealth
	return again.CollectionHealth, err
}

// examination is a look at a collection.
type examination struct {
	CollectionHealth
	stored []store.Fault
	relink []uint32 // nodes to be linked again
	whole  bool     // too much is wrong: everything derived is made anew
}

func (x *examination) fault(part, id string, node uint32, format string, args ...any) {
	x.FaultCount++
	if len(x.Faults) < 100 {
		x.Faults = append(x.Faults, Fault{part, id, node, fmt.Sprintf(format, args...)})
	}
}

func (x *examination) addStored(faults []store.Fault) {
	x.stored = faults
	for _, f := range faults {
		x.fault("store", f.ID, f.Node, "%s", f.Detail)
	}
}

func (c *Collection) examine(ctx context.Context, o *DoctorOptions) (*examination, error) {
	start := time.Now()
	x := &examination{CollectionHealth: CollectionHealth{Name: c.name}}
	if err := c.enter(); err != nil {
		return x, err
	}
	defer c.leave()
	stored, err := storeFaults(c.db.st, c.id, c.set.Dims)
	if err != nil {
		return x, err
	}
	x.addStored(stored)
	if err := c.checkGraph(); err != nil {
		x.whole = true
		for line := range strings.SplitSeq(err.Error(), "\n") {
			x.fault("graph", "", 0, "%s", line)
		}
	}
	if err := c.examineNodes(ctx, x, o); err != nil {
		return x, err
	}
	x.Seconds = time.Since(start).Seconds()
	return x, nil
}

// checkGraph proves the graph's own invariants, for which it must stand still.
func (c *Collection) checkGraph() error {
	c.saving.Lock()
	defer c.saving.Unlock()
	c.linking.Lock()
	defer c.linking.Unlock()
	return c.graph.Check()
}

const (
	doctorPart = 1024 // nodes that are looked at in one moment
	doctorBeam = 64   // where the collection has no efSearch of its own
	doctorEf   = 1000 // the beam that finds what can be found
)

// examineNodes compares every live node's derived parts with the store, a part
// of the nodes at a time, and asks for some or all of them.
func (c *Collection) examineNodes(ctx context.Context, x *examination, o *DoctorOptions) error {
	var ask *hnsw.Bitset
	if total := c.graph.Len(); o.Sample > 0 && o.Sample < total {
		ask = hnsw.NewBitset(int(c.bound()))
		rng := rand.New(rand.NewPCG(uint64(total), uint64(c.id)))
		for range o.Sample {
			ask.Set(rng.Uint32N(c.bound()))
		}
	}
	n := c.bound()
	parts := int(n+doctorPart-1) / doctorPart
	results := make([]*examination, parts)
	errs := make([]error, parts)
	progress := c.db.progress("doctor "+c.name, int(n))
	parallel(parts, 1, func(i int) {
		first := uint32(i) * doctorPart
		end := min(first+doctorPart, n)
		results[i] = &examination{}
		errs[i] = c.examinePart(ctx, results[i], ask, first, end)
		progress(int(end - first))
	})
	if err := errors.Join(errs...); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	}
	for _, p := range results {
		x.whole = x.whole || p.whole
		x.Documents += p.Documents
		x.Queried += p.Queried
		x.Missed += p.Missed
		x.Unreachable += p.Unreachable
		x.FaultCount += p.FaultCount
		x.Faults = append(x.Faults, p.Faults[:min(len(p.Faults), max(0, 100-len(x.Faults)))]...)
		x.relink = append(x.relink, p.relink...)
	}
	return nil
}

func (c *Collection) examinePart(ctx context.Context, x *examination, ask *hnsw.Bitset, first, end uint32) error {
	slot := c.grace.enter()
	defer c.grace.leave(slot)
	v, m := c.view()
	defer v.Close()
	code := c.codes.room()
	var hits []hnsw.Hit
	for node := first; node < end; node++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !c.nodes.visible(node, m.seq) {
			// One that can't be read has been named by the store's check.
			if r, there, err := v.Record(c.id, node, 0); err == nil && there {
				x.whole = true
				x.fault("derived", r.ID, node, "the document is not in the index")
			}
			continue
		}
		x.Documents++
		vec, ok, err := v.Vector(nil, c.id, node)
		if err != nil {
			return err
		}
		if !ok {
			if _, there, err := v.Record(c.id, node, 0); err != nil || !there {
				x.fault("derived", "", node, "a node of the index has no document in the store")
			}
			continue // or else the store's check has said it
		}
		if !c.sound(vec) {
			continue
		}
		bad := false
		id := func() string {
			if r, ok, err := v.Record(c.id, node, 0); err == nil && ok {
				return r.ID
			}
			return ""
		}
		c.codes.encode(code, vec)
		if !bytes.Equal(code.head, c.codes.heads.Code(node)) || c.codes.tails != nil && !bytes.Equal(code.tail, c.codes.tails.Code(node)) {
			bad = true
			x.fault("codes", id(), node, "the code is not that of the vector")
		}
		if row, ok := c.rows.Get(node); ok && !bytes.Equal(row, quant.Bytes(vec)) {
			bad = true
			x.fault("rows", id(), node, "the row is not the vector")
		}
		if !c.graph.Has(node) {
			bad = true
			x.Unreachable++
			x.fault("graph", id(), node, "the document is not in the graph")
		} else if ask == nil || ask.Has(node) {
			x.Queried++
			normal, wide := c.reaches(&hits, code.head, node)
			if !normal {
				bad = true
				x.Missed++
			}
			if !wide {
				x.Unreachable++
				x.fault("graph", id(), node, "a search for the document's own vector does not return it")
			}
		}
		if bad {
			x.relink = append(x.relink, node)
		}
	}
	return nil
}

func (c *Collection) ask(dst []hnsw.Hit, head []byte, ef int) []hnsw.Hit {
	return c.graph.Search(dst, head, hnsw.Search{K: ef, Ef: ef})
}

// answers says whether hits hold the node, or only nodes that are as near: there
// may be many copies of one vector.
func (c *Collection) answers(hits []hnsw.Hit, head []byte, node uint32) bool {
	if slices.ContainsFunc(hits, func(h hnsw.Hit) bool { return h.ID == node }) {
		return true
	}
	var own [1]uint32
	c.codes.heads.Distances(head, []uint32{node}, own[:])
	return len(hits) > 0 && hits[len(hits)-1].Distance <= own[0]
}

// progress returns a function that counts up to total, from any goroutine.
func (d *DB) progress(task string, total int) func(n int) {
	done := 0
	turn := make(chan struct{}, 1)
	return func(n int) {
		turn <- struct{}{}
		done += n
		d.opts.Progress(task, done, total)
		<-turn
	}
}
