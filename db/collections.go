package db

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/internal/nfc"
)

// CollectionInfo describes a collection without loading it.
type CollectionInfo struct {
	Name      string         `json:"name"`
	Documents int            `json:"documents"`
	Dims      int            `json:"dims"`
	HeadDims  int            `json:"head_dims"`
	Model     *embedder.Spec `json:"model,omitempty"` // nil: embeddings are precomputed
	Created   time.Time      `json:"created"`
	Aliases   []string       `json:"aliases,omitempty"` // names that lead to it: see DB.SetAlias
	// Reembedding is a change of the model that is running, interrupted or not
	// confirmed.
	Reembedding *Reembedding `json:"reembedding,omitempty"`
	// Degraded says why no texts are embedded, if Options.AllowModelMismatch has
	// opened a collection of another model. It is empty otherwise.
	Degraded string `json:"degraded,omitempty"`
}

// Has reports whether a name leads to the collection: its own or an alias, in any form of
// Unicode.
func (i *CollectionInfo) Has(name string) bool {
	return nfc.Equal(i.Name, name) || slices.ContainsFunc(i.Aliases, func(a string) bool { return nfc.Equal(a, name) })
}

// Collections yields the collections in the order of their names.
func (d *DB) Collections(ctx context.Context) iter.Seq2[CollectionInfo, error] {
	return func(yield func(CollectionInfo, error) bool) {
		if err := d.gate.Enter(); err != nil {
			yield(CollectionInfo{}, wrap("list collections", "", err))
			return
		}
		defer d.gate.Leave()
		v := d.st.View(nil)
		defer v.Close()
		aliases, err := aliasesIn(v)
		if err != nil {
			yield(CollectionInfo{}, wrap("list collections", "", err))
			return
		}
		for info, err := range v.Collections() {
			if err == nil {
				err = ctx.Err()
			}
			var ci CollectionInfo
			if err == nil {
				ci, err = d.describe(info, d.st.State(info.ID))
			}
			ci.Aliases = aliases[info.Name]
			if err == nil {
				ci.Reembedding, err = d.reembedding(info.Name)
			}
			if !yield(ci, wrap("list collections", "", err)) || err != nil {
				return
			}
		}
	}
}

func (d *DB) describe(info store.Info, st store.State) (CollectionInfo, error) {
	s, err := index.DecodeSettings(info)
	ci := CollectionInfo{
		Name: info.Name, Documents: int(st.Live), Dims: s.Dims, HeadDims: s.HeadDims,
		Model: s.Spec, Created: info.Created,
	}
	if why := d.mismatch(&s); why != nil {
		ci.Degraded = why.Error()
	}
	return ci, err
}

// Drop deletes a collection with all its documents, in every version. It waits for
// running searches of the collection: do not call it inside a Scan of it.
//
// It returns ErrAliased, with their names, if aliases lead to the collection, and if name
// is an alias itself: what depends on an alias would break, or lose the data that it did not
// name. Switch or drop the aliases first. It also returns ErrNoCollection, ErrReadOnly and
// ErrClosed.
func (d *DB) Drop(ctx context.Context, name string) error {
	if err := d.gate.Enter(); err != nil {
		return wrap("drop collection", name, err)
	}
	defer d.gate.Leave()
	info, other, c, err := d.forget(ctx, name)
	if err != nil {
		return wrap("drop collection", name, err)
	}
	name = info.Name
	// Wait without d.mu: a running Scan may open other collections.
	if c != nil {
		c.discard()
	}
	index.Remove(d.derivedDir(), info.ID)
	d.dropLoaded(other)
	d.deleteGarbage(name)
	return nil
}

// discard closes the current version, and again if a change of the model switches
// to another one meanwhile.
func (c *Collection) discard() {
	for {
		v := c.current.Load()
		if err := v.Discard(); err != nil {
			c.db.opts.Logger.Warn("closing a dropped collection failed", "collection", c.Name(), "err", err)
		}
		if c.current.Load() == v {
			return
		}
	}
}

// forget removes a collection from the store's list and from the table. It returns
// the collection's hidden version and, if it was open, its handle. Its data
// remains, as garbage.
func (d *DB) forget(ctx context.Context, name string) (info store.Info, other store.Hidden, c *Collection, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.notAlias(name); err != nil {
		return info, other, nil, err
	}
	if name, err = d.settled(ctx, name); err != nil {
		return info, other, nil, err
	}
	if info, other, err = d.st.DropCollection(name); err != nil {
		return info, other, nil, err
	}
	c = d.collections[name]
	delete(d.collections, name)
	return info, other, c, nil
}
