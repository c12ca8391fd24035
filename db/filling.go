package db

import (
	"context"
	"errors"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
)

// filling is a new collection that is being filled, by a restore or a copy. It gets its
// name when it is complete: after a failure or a kill nothing of it is left.
type filling struct {
	d    *DB
	ctx  context.Context //nolint:containedctx // it lives as long as the call
	name string
	step string // of its progress

	hidden store.Hidden // ID 0: not created yet
	to     *version
	total  int // documents that are expected
	puts   []index.Put
	bytes  int // of texts and vectors in puts
	done   int
}

const (
	fillingBatch = 1000
	fillingBytes = 4 << 20
)

// check returns the first reason why there can be no such collection.
func (f *filling) check() error {
	d := f.d
	if d.opts.ReadOnly {
		return ErrReadOnly
	}
	if a, ok := d.st.Alias(f.name); ok {
		return reason.For(ErrCollectionExists, "%q is an alias of %q", a.Name, a.Collection)
	}
	if _, exists := d.st.Lookup(d.st.Name(f.name)); exists {
		return ErrCollectionExists
	}
	if n := d.st.Collections(); n >= d.opts.Limits.Collections {
		return reason.For(ErrLimit, "the database has %d collections, and at most %d are allowed", n, d.opts.Limits.Collections)
	}
	return checkName(f.name)
}

// begin creates the collection, without a name.
func (f *filling) begin(set *index.Settings, total int) (err error) {
	d := f.d
	f.total = total
	if f.hidden, err = d.st.CreateUnnamed(f.name, set); err != nil {
		return err
	}
	to, err := d.load(f.ctx, f.hidden.Info, &CollectionOptions{})
	if err != nil {
		return err
	}
	f.to = to
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hidden[to.ID()] = to
	return nil
}

// put adds a document to the batch.
func (f *filling) put(p index.Put) error {
	f.puts = append(f.puts, p)
	if f.bytes += len(p.Text) + 4*len(p.Vector); len(f.puts) < fillingBatch && f.bytes < fillingBytes {
		return nil
	}
	return f.flush()
}

// flush writes the batch.
func (f *filling) flush() error {
	if len(f.puts) == 0 {
		return nil
	}
	if err := f.to.Insert(f.ctx, f.puts); err != nil {
		return err
	}
	f.done += len(f.puts)
	f.puts, f.bytes = nil, 0
	f.d.opts.Progress(f.step+" "+f.name, f.done, max(f.done, f.total))
	return nil
}

// end gives the collection its name, or drops it.
func (f *filling) end(publish bool) error {
	d := f.d
	if f.hidden.ID == 0 {
		return nil
	}
	if f.to != nil && d.takeHidden(f.to.ID()) {
		f.to.close()
	}
	var err error
	if publish {
		if err = d.st.Publish(f.hidden); err == nil {
			return nil
		}
	}
	if e := d.st.DropHidden(f.hidden.Name); e != nil {
		return errors.Join(err, e)
	}
	index.Remove(d.derivedDir(), f.hidden.ID)
	d.deleteGarbage(f.name)
	return err
}
