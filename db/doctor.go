package db

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/fronyai/frony-db/db/internal/index"
)

// DoctorOptions say what Doctor checks. The zero value checks everything and
// changes nothing.
type DoctorOptions struct {
	// Collections are the collections to check; empty means all.
	Collections []string
	// Repair fixes what can be fixed. It relinks documents that the graph does not
	// return, rebuilds derived state that contradicts the store, and corrects ids,
	// tombstones and counters. It never deletes a document that has its text and
	// vector. Writes wait for it. Searches find every document while some are
	// relinked; they wait only if everything is rebuilt, after much damage.
	Repair bool
	// Sample is the number of self-queries in each collection; zero means all
	// documents.
	Sample int
}

// DoctorReport is what Doctor found.
type DoctorReport struct {
	// Checksums says what is wrong with the store's files, or is empty.
	Checksums   string             `json:"checksums,omitempty"`
	Collections []CollectionHealth `json:"collections"`
}

// OK reports whether nothing was found, or all of it was repaired.
func (r *DoctorReport) OK() bool {
	return r.Checksums == "" && !slices.ContainsFunc(r.Collections, func(h CollectionHealth) bool { return !h.OK() })
}

// CollectionHealth is what Doctor found in one collection.
type CollectionHealth struct {
	Name string `json:"name"`
	// Version is empty for the version that is searched. While the collection's
	// model is being changed there is another one, "new" or "previous"; only its
	// store is checked.
	Version   string `json:"version,omitempty"`
	Documents int    `json:"documents"`
	// Queried counts the documents that were searched for by their own vectors.
	// Missed counts those that the graph did not return with the collection's
	// EfSearch, or 64; Unreachable those that it did not return with a beam width
	// of 1,000 either. While there is no graph, or it is not complete, nothing is
	// asked: a scan misses none.
	Queried     int `json:"queried"`
	Missed      int `json:"missed"`
	Unreachable int `json:"unreachable"`
	// Faults describes the first hundred faults. FaultCount counts all.
	Faults     []Fault `json:"faults,omitempty"`
	FaultCount int     `json:"fault_count"`
	// Repaired says what was repaired, or is empty. If it is set, Found is the
	// result before the repair, and the other fields are from after it.
	Repaired string            `json:"repaired,omitempty"`
	Found    *CollectionHealth `json:"found,omitempty"`
	Seconds  float64           `json:"seconds"`
}

// OK reports whether the collection is sound.
func (h *CollectionHealth) OK() bool { return h.FaultCount == 0 && h.Unreachable == 0 }

// Fault is a contradiction within the database. Part says where: "store", "graph",
// "codes", "rows" or "derived".
type Fault struct {
	Part   string `json:"part"`
	ID     string `json:"id,omitempty"` // of the document, if it is known
	Node   uint32 `json:"node"`
	Detail string `json:"detail"`
}

// Doctor verifies the database: the store's checksums, its keys against each
// other, and the derived state (graph, codes, vector rows) against the store. It
// then searches for every document by its own vector (a self-query) and reports
// those that the graph does not return. A graph can lose a document whose data is
// intact, and nothing else would show it.
//
// Searches and writes continue meanwhile, with short pauses while the graph is
// checked. Do not call Doctor inside a Scan. It returns ErrNoCollection, ErrReadOnly
// for a repair, and ErrClosed; what it finds is in the report.
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

// doctor examines one collection, and repairs it if o.Repair is set.
func (c *Collection) doctor(ctx context.Context, o *DoctorOptions) (h CollectionHealth, err error) {
	err = c.do("doctor", c.Name(), func(v *version) error {
		e, found, err := c.examine(ctx, v, o)
		h = found
		if err != nil || !o.Repair || e.Sound() {
			return err
		}
		repaired, err := v.Heal(ctx, e)
		if err != nil {
			return err
		}
		_, h, err = c.examine(ctx, v, o)
		h.Repaired, h.Found = repaired, &found
		return err
	})
	return h, err
}

func (c *Collection) examine(ctx context.Context, v *version, o *DoctorOptions) (*index.Examination, CollectionHealth, error) {
	start := time.Now()
	e, err := v.Examine(ctx, o.Sample)
	if err != nil {
		return nil, CollectionHealth{Name: c.Name()}, err
	}
	h := health(c.Name(), e)
	h.Seconds = time.Since(start).Seconds()
	return e, h, nil
}

// health converts an examination for the report.
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
