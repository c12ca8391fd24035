package db

import (
	"encoding/json"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/fronyai/frony-db/db/internal/attr"
	"github.com/fronyai/frony-db/db/internal/lexical"
	"github.com/fronyai/frony-db/db/internal/rows"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/hnsw"
)

// Collection is a set of documents with embeddings of one model. Its methods
// may be called concurrently.
type Collection struct {
	db    *DB
	id    uint32
	name  string
	set   settings
	model atomic.Pointer[embedder.Embedder] // nil: embeddings are given
	log   *slog.Logger
	gate  *gate
	facts atomic.Pointer[settings] // set, for those that are not inside
	derived
	grace grace

	// changing keeps changes of the model apart, and follower is told of writes
	// while one is under way: see reembed.go.
	changing sync.Mutex
	follower atomic.Pointer[follower]

	// sourcing keeps replacements of sources, and what is inserted by source, apart.
	sourcing sync.Mutex

	// filing is held for reading while documents that have a source are committed,
	// and for writing from making sure that there is none of a source to the commit
	// that relies on it.
	filing sync.RWMutex

	// linking is held for reading while a batch is linked into the graph, and
	// for writing while a snapshot is taken: it holds whole batches only.
	linking sync.RWMutex
	// saving keeps snapshots apart, and from repairs, which a snapshot would
	// wait for while it holds up writes.
	saving sync.Mutex

	// calibration is how many candidates a result needs, as last measured.
	calibration atomic.Pointer[calibration]
	calibrating atomic.Bool
	sampled     sampler

	// relinking are nodes that a repair has out of the graph for now: searches
	// compare them beside it. nil: none.
	relinking atomic.Pointer[[]uint32]

	repairing  atomic.Bool
	snapping   atomic.Bool
	background sync.WaitGroup // repairs, calibrations, snapshots
	saved      atomic.Uint64  // the sequence number of the newest snapshot
	changes    atomic.Int64   // nodes born and dead since then
}

// derived is what is made from the store: see load.go.
type derived struct {
	codes   *codes
	graph   *hnsw.Graph
	attrs   *attr.Index
	words   *lexical.Index
	rows    *rows.File
	nodes   *nodes
	expiry  *expiry
	visible *visible
}

// Name is the collection's name.
func (c *Collection) Name() string { return c.name }

// Dims is the length of the collection's embeddings. A change of the model may
// change it.
func (c *Collection) Dims() int { return c.facts.Load().Dims }

// Model is the identity of the model that the collection was filled with, or
// nil if its embeddings are given.
func (c *Collection) Model() *embedder.Spec { return c.facts.Load().Spec }

// embed is what embeds texts, or nil.
func (c *Collection) embed() embedder.Embedder {
	if e := c.model.Load(); e != nil {
		return *e
	}
	return nil
}

// take makes e the collection's embedder if it has none yet: it may have been
// opened without one before.
func (c *Collection) take(e embedder.Embedder) {
	if e != nil {
		c.model.CompareAndSwap(nil, &e)
	}
}

// enter begins an operation on the collection, which leave ends.
func (c *Collection) enter() error {
	if err := c.db.gate.enter(); err != nil {
		return err
	}
	if err := c.gate.enter(); err != nil {
		c.db.gate.leave()
		return err
	}
	return nil
}

// again is enter within an operation, for a part of it that goes on after it.
func (c *Collection) again() {
	c.db.gate.again()
	c.gate.again()
}

func (c *Collection) leave() {
	c.gate.leave()
	c.db.gate.leave()
}

// view opens a view of the store at which exactly the visible batches are
// written.
func (c *Collection) view() (*store.View, mark) {
	var m mark
	v := c.db.st.View(func() uint64 {
		m = *c.visible.now.Load()
		return m.ts
	})
	return v, m
}

func decodeSettings(info store.Info) (settings, error) {
	var s settings
	if err := json.Unmarshal(info.Settings, &s); err != nil {
		return s, because(store.ErrCorrupt, "settings of collection %q: %v", info.Name, err)
	}
	return s, nil
}
