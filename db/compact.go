package db

import (
	"context"
	"errors"
	"time"
)

// CompactReport says what Compact did.
type CompactReport struct {
	Before  int64   `json:"before_bytes"` // size of the store's files on disk
	After   int64   `json:"after_bytes"`
	Nodes   int     `json:"nodes"`   // nodes of deleted documents, removed from the graphs
	Expired int     `json:"expired"` // expired documents that were deleted
	Seconds float64 `json:"seconds"`
}

// Compact frees the space of deleted and replaced documents. It deletes expired
// documents, repairs the graphs, saves snapshots, and rewrites the store's tables
// without data that is no longer visible. Searches and writes continue more slowly,
// and pause briefly while the latest writes are flushed to a table.
//
// The store compacts itself in the background as it is written to. Call Compact
// after deleting much. The new tables are written before the old ones are deleted:
// ErrDiskFull says how much space that takes. It also returns ErrReadOnly and
// ErrClosed.
func (d *DB) Compact(ctx context.Context) (CompactReport, error) {
	var r CompactReport
	if err := d.gate.Enter(); err != nil {
		return r, wrap("compact", d.dir, err)
	}
	defer d.gate.Leave()
	if d.opts.ReadOnly {
		return r, wrap("compact", d.dir, ErrReadOnly)
	}
	start := time.Now()
	r.Before = d.st.DiskBytes()
	var names []string
	for info, err := range d.Collections(ctx) {
		if err != nil {
			return r, wrap("compact", d.dir, err)
		}
		names = append(names, info.Name)
	}
	var open []*Collection
	for _, name := range names {
		c, err := d.Collection(ctx, name, &CollectionOptions{MustExist: true})
		if errors.Is(err, ErrNoCollection) {
			continue // dropped meanwhile
		}
		if err == nil {
			open = append(open, c)
			err = c.do("compact", name, func(v *version) error { return v.compact(ctx, &r) })
		}
		if err != nil && !errors.Is(err, ErrClosed) {
			return r, wrap("compact", name, err)
		}
	}
	for _, c := range open { // before the store, as snapshots shorten the change log
		if err := c.Snapshot(ctx); err != nil && !errors.Is(err, ErrClosed) {
			return r, err
		}
	}
	if err := d.st.Compact(); err != nil {
		return r, wrap("compact", d.dir, err)
	}
	r.After = d.st.DiskBytes()
	r.Seconds = time.Since(start).Seconds()
	return r, nil
}

func (v *version) compact(ctx context.Context, r *CompactReport) error {
	n, err := v.Sweep(ctx)
	if err != nil {
		return err
	}
	r.Expired += n
	dead, err := v.Repair()
	if err != nil {
		return err
	}
	r.Nodes += dead
	return ctx.Err()
}
