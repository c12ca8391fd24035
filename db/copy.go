package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/store"
)

// CopyReport says what Copy did.
type CopyReport struct {
	From      string `json:"from"`
	To        string `json:"to"`
	Documents int    `json:"documents"`
}

// Copy makes a new collection of the documents that another one has at this moment, with
// their embeddings, model and settings: nothing is embedded again. Aliases and an
// unfinished change of the model are not copied. The new collection appears under its name
// when it is complete; after a failure, the end of ctx or a kill nothing of it is left.
// Searches and writes of the other continue meanwhile. from may be an alias.
//
// It returns ErrNoCollection, ErrCollectionExists if the new name is taken by a collection
// or an alias, ErrCorrupt if a document is damaged (Doctor repairs), ErrInvalidName,
// ErrLimit, ErrDiskFull, ErrReadOnly and ErrClosed.
func (d *DB) Copy(ctx context.Context, from, to string) (r CopyReport, err error) {
	r = CopyReport{From: from, To: to}
	err = d.do(func() error {
		f := filling{d: d, ctx: ctx, name: to, step: "copy"}
		if err := f.check(); err != nil {
			return err
		}
		r.From = d.st.Name(from)
		err := f.copy(r.From)
		err = errors.Join(err, f.end(err == nil))
		r.Documents = f.done
		return err
	})
	return r, wrap("copy collection", from, err)
}

// copy fills the collection from another one.
func (f *filling) copy(from string) error {
	v := f.d.st.View(nil)
	defer v.Close()
	info, err := find(v, from)
	if err != nil {
		return err
	}
	st, err := v.StateOf(info.ID)
	if err != nil {
		return err
	}
	set, err := index.DecodeSettings(info)
	if err != nil {
		return err
	}
	if err := f.begin(&set, int(st.Live)); err != nil {
		return err
	}
	now := time.Now()
	for id, err := range v.IDs(info.ID, "") {
		if err == nil {
			err = f.ctx.Err()
		}
		var r *store.Record
		if err == nil {
			r, _, err = v.Record(info.ID, id.Node, store.WithAll)
		}
		var vec []float32
		if err == nil && r != nil {
			vec, _, err = v.Vector(nil, info.ID, id.Node)
		}
		switch {
		case err != nil:
			return fmt.Errorf("document %q: %w", id.ID, err)
		case r == nil || len(vec) != set.Dims:
			return fmt.Errorf("%w: document %q is not whole", ErrCorrupt, id.ID)
		case !r.Expires.IsZero() && !r.Expires.After(now):
			continue
		}
		if err := f.put(index.Put{Record: *r, Vector: vec}); err != nil {
			return err
		}
	}
	return f.flush()
}

// find finds a collection in a view.
func find(v *store.View, name string) (store.Info, error) {
	for info, err := range v.Collections() {
		if err != nil || info.Name == name {
			return info, err
		}
	}
	return store.Info{}, ErrNoCollection
}
