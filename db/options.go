package db

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/embedder"
)

// Options say how a database is opened. The zero value is the default.
type Options struct {
	// Embedder embeds texts in collections that are opened without one of
	// their own. Without any embedder, documents and queries must carry their
	// embeddings.
	Embedder embedder.Embedder

	// SyncEvery is zero to make every write durable before it is acknowledged:
	// it survives a killed process and a power failure. An interval syncs in
	// the background instead: a killed process still loses nothing, but after a
	// power failure any of the acknowledged writes of the last interval may be
	// missing, and a document that was written more than once in it may be gone.
	// The next opening makes sure that what is left fits together, and builds the
	// collections anew. DB.Sync syncs at once.
	SyncEvery time.Duration

	// CacheBytes is the size of a cache of the store's blocks in this process. The
	// default 0 is none: documents are read through the system's page cache, which
	// is as fast while there is memory for it. A cache of 1 MiB or more keeps the
	// blocks that are read often where the page cache is small or shared.
	CacheBytes int64

	// ReadOnly opens a database that was closed in good order, or else returns
	// ErrReadOnly, and refuses writes. Several processes may do so at the same time.
	ReadOnly bool

	// MustExist makes Open fail for a directory without a database in it.
	MustExist bool

	// Limits caps what one call may ask for. Zero fields are the defaults.
	Limits Limits

	// Logger receives what went wrong and was healed. Nil is silent.
	Logger *slog.Logger

	// RecallSample, if above 0, answers one query in so many a second time, by
	// comparing every document, in the background on one core: LiveRecall then
	// says how much of the truth the searches of production find.
	RecallSample int

	// OnRecall, if set, is told of each sampled query: the collection, K, and the
	// share of the true K nearest that was found. It may be called concurrently.
	OnRecall func(collection string, k int, recall float64)

	// Progress, if set, is told about long work that a call does on its own,
	// such as rebuilding a graph while a collection opens. It is called from
	// one goroutine at a time.
	Progress func(task string, done, total int)
}

// Limits caps sizes. Every limit has an error that names it.
type Limits struct {
	IDBytes          int // of document ids, sources and field names; default 512
	TextBytes        int // of a document's or query's text; default 1 MiB
	MetadataBytes    int // of a document's metadata; default 64 KiB
	MetadataFields   int // default 256
	Batch            int // documents in one call; default 10,000
	K                int // results of a search; default 10,000
	EfSearch         int // efSearch; default 10,000
	Oversampling     int // candidates per result; default 100
	FilterDepth      int // default 32
	FilterConditions int // default 1,000
	Collections      int // default 1,000
}

func (l Limits) withDefaults() Limits {
	return Limits{
		IDBytes:          cmp.Or(l.IDBytes, 512),
		TextBytes:        cmp.Or(l.TextBytes, 1<<20),
		MetadataBytes:    cmp.Or(l.MetadataBytes, 64<<10),
		MetadataFields:   cmp.Or(l.MetadataFields, 256),
		Batch:            cmp.Or(l.Batch, 10_000),
		K:                cmp.Or(l.K, 10_000),
		EfSearch:         cmp.Or(l.EfSearch, 10_000),
		Oversampling:     cmp.Or(l.Oversampling, 100),
		FilterDepth:      cmp.Or(l.FilterDepth, 32),
		FilterConditions: cmp.Or(l.FilterConditions, 1000),
		Collections:      cmp.Or(l.Collections, 1000),
	}
}

// prepare copies o, fills in the defaults and reports every fault at once.
func (o *Options) prepare() (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	c.Limits = c.Limits.withDefaults()
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if told := c.Progress; told == nil {
		c.Progress = func(string, int, int) {}
	} else {
		var mu sync.Mutex // collections may load at the same time
		c.Progress = func(task string, done, total int) {
			mu.Lock()
			defer mu.Unlock()
			told(task, done, total)
		}
	}
	var faults []error
	if c.SyncEvery < 0 {
		faults = append(faults, fmt.Errorf("option SyncEvery is %v, want 0 or more", c.SyncEvery))
	}
	if c.CacheBytes < 0 || c.CacheBytes > 0 && c.CacheBytes < minCacheBytes {
		faults = append(faults, fmt.Errorf("option CacheBytes is %d, want 0 or at least %d", c.CacheBytes, minCacheBytes))
	}
	if c.RecallSample < 0 {
		faults = append(faults, fmt.Errorf("option RecallSample is %d, want 0 or more", c.RecallSample))
	}
	if c.Embedder != nil {
		faults = append(faults, c.Embedder.Spec().Validate())
	}
	for _, f := range []struct {
		name string
		n    int
	}{
		{"IDBytes", c.Limits.IDBytes},
		{"TextBytes", c.Limits.TextBytes},
		{"MetadataBytes", c.Limits.MetadataBytes},
		{"MetadataFields", c.Limits.MetadataFields},
		{"Batch", c.Limits.Batch},
		{"K", c.Limits.K},
		{"EfSearch", c.Limits.EfSearch},
		{"Oversampling", c.Limits.Oversampling},
		{"FilterDepth", c.Limits.FilterDepth},
		{"FilterConditions", c.Limits.FilterConditions},
		{"Collections", c.Limits.Collections},
	} {
		if f.n < 0 {
			faults = append(faults, fmt.Errorf("limit %s is %d, want 0 or more", f.name, f.n))
		}
	}
	if c.Limits.IDBytes > maxIDBytes {
		faults = append(faults, fmt.Errorf("limit IDBytes is %d, at most %d fit a key", c.Limits.IDBytes, maxIDBytes))
	}
	if err := errors.Join(faults...); err != nil {
		return Options{}, reason.For(ErrInvalidOptions, "%v", err)
	}
	return c, nil
}

// minCacheBytes is what a cache needs to hold more than a few blocks.
const minCacheBytes = 1 << 20

// maxIDBytes is what the store's keys have room for.
const maxIDBytes = 32 << 10
