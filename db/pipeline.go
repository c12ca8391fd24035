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
	"github.com/fronyai/frony-db/internal/parallel"
	"github.com/fronyai/frony-db/quant"
)

// mode is what a write does about documents that exist.
type mode uint8

const (
	insert        mode = iota // an id that is taken is an error
	upsert                    // documents replace those with the same ids
	replace                   // and they replace all others of their sources
	insertSources             // a source that exists is an error
)

// write is a batch of documents on its way into the store. Every write takes the
// same way: check, compare with what is stored, embed, commit.
type write struct {
	mode mode
	docs []Document
	// sources are what replace and insertSources are about. A replace also deletes
	// the documents with one of wholes as their id.
	sources, wholes []string
}

// run brings a write into a version of the collection.
func (c *Collection) run(ctx context.Context, v *version, w write) (r Replaced, err error) {
	if err := c.db.checkBatch(len(w.docs), "documents"); err != nil {
		return r, err
	}
	puts, err := c.check(v, w.docs)
	if err != nil {
		return r, err
	}
	for i := range puts {
		r.IDs = append(r.IDs, puts[i].ID)
	}
	if w.mode == replace {
		defer v.LockSources()()
	}
	if w.mode == upsert || w.mode == replace {
		err = v.Compare(puts)
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
	r.Written, r.Unchanged = len(puts), len(w.docs)-len(puts)
	now := time.Now()
	for i := range puts {
		puts[i].Created = now
	}
	r.Deleted, err = commit(ctx, v, w, puts, r.IDs)
	if exists, ok := errors.AsType[*store.ExistsError](err); ok {
		err = &Error{Input: reason.IDs(exists.IDs...), Err: ErrExists, Hint: "use upsert to replace"}
	}
	return r, err
}

// commit writes what a write has to write. ids are those of all its documents.
func commit(ctx context.Context, v *version, w write, puts []index.Put, ids []string) (deleted int, err error) {
	switch {
	case w.mode == replace:
		return v.Replace(puts, w.sources, w.wholes, ids)
	case len(puts) == 0:
		return 0, nil
	case w.mode == insert:
		return 0, v.Insert(ctx, puts)
	case w.mode == insertSources:
		defer v.LockSources()()
		return 0, v.InsertSources(ctx, puts, w.sources)
	}
	return v.Upsert(puts, nil)
}

// checkBatch refuses more than a batch of things.
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

// check checks every document and makes up missing ids. The error names the
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
	vectors := make([]float32, 0, precomputed*dims) // in one piece of memory
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
		if seen[id] {
			return nil, &Error{Input: reason.IDs(id), Err: ErrDuplicateID}
		}
		seen[id] = true
	}
	return puts, nil
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
