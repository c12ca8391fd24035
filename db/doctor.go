package db

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/fronyai/frony-db/db/internal/index"
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
	if err := d.gate.Enter(); err != nil {
		return r, wrap("doctor", d.dir, err)
	}
	defer d.gate.Leave()
	if o.Repair && d.opts.ReadOnly {
		return r, wrap("doctor", d.dir, ErrReadOnly)
	}
	if err := d.st.Scrub(); err != nil {
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
		if len(o.Collections) == 0 && errors.Is(err, ErrNoCollection) {
			continue // dropped since it was listed
		}
		if err != nil {
			return r, wrap("doctor", name, err)
		}
		h, err := c.doctor(ctx, o)
		if d.dropped(name, c) {
			continue
		}
		if err != nil {
			return r, wrap("doctor", name, err)
		}
		hidden, ok, err := c.doctorHidden(o)
		if d.dropped(name, c) {
			continue
		}
		r.Collections = append(r.Collections, h)
		if err != nil {
			return r, wrap("doctor", name, err)
		}
		if ok {
			r.Collections = append(r.Collections, hidden)
		}
	}
	return r, nil
}

// dropped reports whether a collection was dropped, or made anew, while it was examined:
// what was found means nothing then.
func (d *DB) dropped(name string, c *Collection) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.collections[name] != c
}

// doctor examines one collection, and repairs it if asked to.
func (c *Collection) doctor(ctx context.Context, o *DoctorOptions) (h CollectionHealth, err error) {
	err = c.do("doctor", c.name, func(v *version) error {
		e, found, err := c.examine(ctx, v, o)
		h = found
		if err != nil || !o.Repair || e.Sound() {
			return err
		}
		did, err := v.Heal(ctx, e)
		if err != nil {
			return err
		}
		_, h, err = c.examine(ctx, v, o)
		h.Repaired, h.Found = did, &found
		return err
	})
	return h, err
}

func (c *Collection) examine(ctx context.Context, v *version, o *DoctorOptions) (*index.Examination, CollectionHealth, error) {
	start := time.Now()
	e, err := v.Examine(ctx, o.Sample)
	if err != nil {
		return nil, CollectionHealth{Name: c.name}, err
	}
	h := health(c.name, e)
	h.Seconds = time.Since(start).Seconds()
	return e, h, nil
}

// health is an examination as the report shows it.
func health(name string, e *index.Examination) CollectionHealth {
	h := CollectionHealth{
		Name: name, Documents: e.Documents, Queried: e.Queried, Missed: e.Missed, Unreachable: e.Unreachable,
		FaultCount: e.FaultCount,
	}
	for _, f := range e.Faults {
		h.Faults = append(h.Faults, Fault(f))
	}
	return h
}
