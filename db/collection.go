package db

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/embedder"
)

// Collection is a set of documents with embeddings of one model. Its methods
// may be called concurrently.
type Collection struct {
	*shared
	scope *filter.Expr // what of the documents is seen: see Restrict; nil: all
}

// shared is what all that use a collection share.
type shared struct {
	db    *DB
	named atomic.Pointer[string] // the name

	// current is the version that serves calls. An operation loads it once. A change
	// of the model replaces it: see reembed.go.
	current atomic.Pointer[version]

	changing sync.Mutex // held by the one change of the model
}

// version is one version of a collection: its index, and the model that embeds for
// it.
type version struct {
	*index.Index
	model    atomic.Pointer[embedder.Embedder] // nil: none is open
	mismatch error                             // see DB.mismatch
	log      *slog.Logger
}

// Name returns the collection's name, which Rename may change. It is never an alias.
func (c *Collection) Name() string { return *c.named.Load() }

// Dims returns the number of dimensions of the collection's embeddings. A change of
// the model may change it.
func (c *Collection) Dims() int { return c.current.Load().Settings().Dims }

// Model describes the model that the collection was filled with. It returns nil if
// the embeddings are precomputed.
func (c *Collection) Model() *embedder.Spec { return c.current.Load().Settings().Spec }

// embedder returns the version's embedder, or nil.
func (v *version) embedder() embedder.Embedder {
	if e := v.model.Load(); e != nil {
		return *e
	}
	return nil
}

// close saves and closes the version. If that fails nothing is lost: the next
// opening rebuilds the derived state from the store.
func (v *version) close() {
	if err := v.Close(); err != nil {
		v.log.Warn("snapshot failed; the collection is rebuilt when it is opened", "err", err)
	}
}

// setEmbedder makes e the version's embedder, unless it already has one.
func (v *version) setEmbedder(e embedder.Embedder) {
	if e != nil {
		v.model.CompareAndSwap(nil, &e)
	}
}

// do runs an operation on the current version, and again if that was replaced and
// closed meanwhile. Errors name the operation and its input.
func (c *Collection) do(op, input string, f func(v *version) error) error {
	if err := c.db.gate.Enter(); err != nil {
		return wrap(op, input, err)
	}
	defer c.db.gate.Leave()
	if c.scope != nil && !scoped[op] {
		return wrap(op, input, ErrOutside)
	}
	for {
		v := c.current.Load()
		err := f(v)
		if !errors.Is(err, store.ErrClosed) || c.current.Load() == v {
			return wrap(op, input, err)
		}
	}
}

// read runs an operation that only reads.
func (c *Collection) read(op, input string, f func(v *version, r *index.Reader) error) error {
	return c.do(op, input, func(v *version) error {
		r, err := v.Read()
		if err != nil {
			return err
		}
		defer r.Close()
		return f(v, r)
	})
}

// load opens a version of a collection.
func (d *DB) load(ctx context.Context, info store.Info, o *CollectionOptions) (*version, error) {
	set, err := index.DecodeSettings(info)
	if err != nil {
		return nil, err
	}
	if err := o.open(&set, &d.opts.Limits); err != nil {
		return nil, err
	}
	name := func() string { return cmp.Or(d.st.NameOf(info.ID), info.Name) } // Rename may change it
	v := &version{log: d.opts.Logger.With("collection", info.Name), mismatch: d.mismatch(&set)}
	v.setEmbedder(o.Embedder)
	opts := index.Options{
		Store: d.st, ID: info.ID, Settings: set, Dir: d.derivedDir(), Database: d.id, ReadOnly: d.opts.ReadOnly,
		Logger:       v.log,
		Progress:     func(task string, done, total int) { d.opts.Progress(task+" "+name(), done, total) },
		Searching:    &d.searching,
		RecallSample: d.opts.RecallSample,
		Ask:          v.ask,
		NoQuestions:  d.opts.NoQuestions,
	}
	if d.opts.OnRecall != nil {
		opts.OnRecall = func(k int, recall float64) { d.opts.OnRecall(name(), k, recall) }
	}
	v.Index, err = index.Open(ctx, opts)
	return v, err
}
