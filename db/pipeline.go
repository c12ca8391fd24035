package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/internal/nfc"
	"github.com/fronyai/frony-db/internal/parallel"
	"github.com/fronyai/frony-db/internal/writes"
	"github.com/fronyai/frony-db/quant"
)

// write is a batch of documents to be written.
type write = writes.Batch[Document]

// run runs a write on a version of the collection.
func (c *Collection) run(ctx context.Context, v *version, w write) (r Replaced, err error) {
	if err := c.db.checkBatch(len(w.Docs), "documents"); err != nil {
		return r, err
	}
	puts, err := c.check(v, w.Docs)
	if err != nil {
		return r, err
	}
	if err := c.checkScope(v, puts); err != nil {
		return r, err
	}
	for i := range puts {
		r.IDs = append(r.IDs, puts[i].ID)
	}
	if w.Mode == writes.Replace {
		defer v.LockSources()()
	}
	if !w.Mode.Adds() {
		err = v.Compare(puts)
	}
	if err == nil {
		err = v.checkGiven(w.Docs, puts)
	}
	if err == nil {
		err = v.embed(ctx, puts)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return r, err
	}
	puts = slices.DeleteFunc(puts, func(p index.Put) bool { return p.Unchanged })
	r.Written, r.Unchanged = len(puts), len(w.Docs)-len(puts)
	now := time.Now()
	for i := range puts {
		puts[i].Created = now
	}
	if err := c.checkFields(v, puts); err != nil {
		return r, err
	}
	r.Deleted, err = c.commit(ctx, v, w, puts, r.IDs)
	if outside, ok := errors.AsType[*index.OutsideError](err); ok {
		err = c.outside(outside.ID, "a document that does not meet %s has this id")
	}
	if exists, ok := errors.AsType[*store.ExistsError](err); ok {
		err = &Error{Input: reason.IDs(exists.IDs...), Err: ErrExists, Hint: "use upsert to replace"}
	}
	return r, err
}

// commit stores the changed documents of a write. ids are those of all its
// documents.
func (c *Collection) commit(ctx context.Context, v *version, w write, puts []index.Put, ids []string) (deleted int, err error) {
	switch {
	case c.scope != nil && (w.Mode == writes.Replace || w.Mode == writes.Upsert):
		return v.ReplaceWithin(ctx, *c.scope, puts, w.Sources, w.Wholes, ids)
	case w.Mode == writes.Replace:
		return v.Replace(puts, w.Sources, w.Wholes, ids)
	case len(puts) == 0:
		return 0, nil
	case w.Mode == writes.Insert:
		return 0, v.Insert(ctx, puts)
	case w.Mode == writes.InsertSources:
		defer v.LockSources()()
		return 0, v.InsertSources(ctx, puts, w.Sources)
	}
	return v.Upsert(puts, nil)
}

// checkBatch returns an error if n exceeds the limit of a batch.
func (d *DB) checkBatch(n int, things string) error {
	limit := d.opts.Limits.Batch
	if n <= limit {
		return nil
	}
	return &Error{
		Input: fmt.Sprintf("%d %s", n, things),
		Err:   reason.For(ErrBatchTooLarge, "more than %d %s in one call", limit, things), Hint: "split it",
	}
}

// checkFields refuses names of metadata beyond the limit. Each of them is a column
// in memory.
func (c *Collection) checkFields(v *version, puts []index.Put) error {
	names := make(map[string]struct{})
	for i := range puts {
		for name := range puts[i].Metadata {
			names[name] = struct{}{}
		}
	}
	if len(names) == 0 {
		return nil
	}
	fields, unknown, err := v.NewFields(names)
	if limit := c.db.opts.Limits.CollectionFields; err == nil && unknown > 0 && fields+unknown > limit {
		err = TooManyNames(unknown, fields, limit)
	}
	return err
}

// check checks every document and generates missing ids. The error names the
// document at fault.
func (c *Collection) check(v *version, docs []Document) ([]index.Put, error) {
	dims := v.Settings().Dims
	puts := make([]index.Put, len(docs))
	faults := make([]error, len(docs))
	precomputed := 0
	for i := range docs {
		if docs[i].Embedding != nil {
			precomputed++
		}
	}
	vectors := make([]float32, 0, precomputed*dims) // one allocation for all
	for i, d := range docs {
		if len(d.Embedding) == dims {
			vectors = append(vectors, d.Embedding...)
			puts[i].Vector = slices.Clip(vectors[len(vectors)-dims:])
		}
	}
	parallel.Each(len(docs), 64, func(i int) {
		d := docs[i]
		if d.ID == "" {
			d.ID = newID()
		}
		faults[i] = d.check(&c.db.opts.Limits, dims)
		if faults[i] == nil {
			quant.Normalize(puts[i].Vector)
			puts[i].Hash, puts[i].TextHash = d.hashes()
		}
		d.toRecord(&puts[i].Record)
	})
	seen := make(map[string]bool, len(docs))
	for i := range puts {
		id := puts[i].ID
		if err := faults[i]; err != nil {
			return nil, &Error{Input: fmt.Sprintf("document %d (%s)", i, reason.IDs(id)), Err: err}
		}
		composed := nfc.Compose(id)
		if seen[composed] {
			return nil, &Error{Input: reason.IDs(id), Err: ErrDuplicateID}
		}
		seen[composed] = true
	}
	return puts, nil
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
