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

// Options configure a database. The zero value is the default.
type Options struct {
	// Embedder embeds the texts of collections that are opened without an
	// embedder of their own. Without either, documents and queries must carry
	// their embeddings.
	Embedder embedder.Embedder

	// SyncEvery, if zero, makes every write durable before it is acknowledged: it
	// survives a killed process and a power failure. If positive, writes are
	// synced in the background at this interval. A killed process still loses
	// nothing, but a power failure may lose any of the writes acknowledged in the
	// last interval; a document written more than once in it may be lost entirely.
	// The next Open makes the store consistent and rebuilds the collections.
	// DB.Sync syncs at once.
	SyncEvery time.Duration

	// CacheBytes is the size of an in-process cache of the store's blocks. The
	// default, 0, means no cache: documents are read through the system's page
	// cache, which is as fast while memory lasts. A cache of 1 MiB or more keeps
	// frequently read blocks in memory where the page cache is small or shared.
	CacheBytes int64

	// ReadOnly opens the database without write access; several processes may do
	// so at the same time. Writes return ErrReadOnly, and so does Open if the
	// database was not closed cleanly.
	ReadOnly bool

	// AcceptLoss opens a database of which acknowledged writes are lost, because a
	// file of its store is damaged or gone, with everything that can still be read.
	// Open returns ErrCorrupt otherwise, and says what is lost. The damaged files
	// are kept in the folder lost of the database. DB.Lost says what it has gone on
	// without.
	AcceptLoss bool

	// AllowModelMismatch opens collections that were filled with a model other than
	// Embedder, instead of returning ErrModelMismatch, so that they can be used until
	// they are reembedded. Such a collection embeds nothing. It is searched by words
	// and by embeddings of its own model. A hybrid search for a text is answered by
	// words alone, with a warning in Trace, unless it has a MinScore or MinCosine.
	// Documents are read and deleted, and a document whose text is unchanged can get
	// other metadata. Everything else returns ErrModelMismatch, also a write of an
	// embedding: it may be of either model. CollectionInfo.Degraded says why.
	AllowModelMismatch bool

	// MustExist makes Open fail if the directory holds no database.
	MustExist bool

	// Limits caps the size of a call. Zero fields are the defaults.
	Limits Limits

	// Logger receives failures and automatic repairs. Nil is silent.
	Logger *slog.Logger

	// NoQuestions keeps none of the questions that are asked. By default the vectors
	// of up to 256 of each collection are kept, in a file beside its snapshot:
	// how many candidates a search needs is measured with them, and whether the graph
	// can be trusted. Without them a search asks the graph only if it has an EfSearch
	// or Oversampling.
	NoQuestions bool

	// RecallSample, if positive, repeats one in RecallSample queries as an exact
	// search, in the background on one core. LiveRecall then reports recall on
	// production queries.
	RecallSample int

	// OnRecall, if set, is called for each sampled query with the collection, K,
	// and the share of the true K nearest that was found. It may be called
	// concurrently.
	OnRecall func(collection string, k int, recall float64)

	// Progress, if set, is called during long work, such as rebuilding a graph
	// when a collection is opened. It is called from one goroutine at a time.
	Progress func(task string, done, total int)
}

// Limits caps sizes and counts. The error for an exceeded limit states the limit.
type Limits struct {
	IDBytes          int // of document ids, sources and field names; default 512
	TextBytes        int // of a document's or query's text; default 1 MiB
	TitleBytes       int // of a document's title; default 4 KiB
	MetadataBytes    int // of a document's metadata; default 64 KiB
	MetadataFields   int // of a document; default 256
	CollectionFields int // names in the metadata of all documents of a collection; default 10,000
	Batch            int // documents in one call; default 10,000
	K                int // results of a search; default 10,000
	EfSearch         int // beam width of a search; default 10,000
	Oversampling     int // candidates per result; default 100
	FilterDepth      int // nesting of a filter; default 32
	FilterConditions int // conditions of a filter; default 1,000
	Collections      int // default 1,000
}

func (l Limits) withDefaults() Limits {
	return Limits{
		IDBytes:          cmp.Or(l.IDBytes, 512),
		TextBytes:        cmp.Or(l.TextBytes, 1<<20),
		TitleBytes:       cmp.Or(l.TitleBytes, 4<<10),
		MetadataBytes:    cmp.Or(l.MetadataBytes, 64<<10),
		MetadataFields:   cmp.Or(l.MetadataFields, 256),
		CollectionFields: cmp.Or(l.CollectionFields, 10_000),
		Batch:            cmp.Or(l.Batch, 10_000),
		K:                cmp.Or(l.K, 10_000),
		EfSearch:         cmp.Or(l.EfSearch, 10_000),
		Oversampling:     cmp.Or(l.Oversampling, 100),
		FilterDepth:      cmp.Or(l.FilterDepth, 32),
		FilterConditions: cmp.Or(l.FilterConditions, 1000),
		Collections:      cmp.Or(l.Collections, 1000),
	}
}

// withDefaults returns a copy of o with the defaults filled in, or one error that lists
// every invalid option.
func (o *Options) withDefaults() (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	c.Limits = c.Limits.withDefaults()
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if progress := c.Progress; progress == nil {
		c.Progress = func(string, int, int) {}
	} else {
		var mu sync.Mutex // collections may load at the same time
		c.Progress = func(task string, done, total int) {
			mu.Lock()
			defer mu.Unlock()
			progress(task, done, total)
		}
	}
	var faults []error
	if c.SyncEvery < 0 {
		faults = append(faults, reason.For(nil, "option {SyncEvery} is %v, want 0 or more", c.SyncEvery))
	}
	if c.CacheBytes < 0 || c.CacheBytes > 0 && c.CacheBytes < minCacheBytes {
		faults = append(faults, reason.For(nil, "option {CacheBytes} is %d, want 0 or at least %d", c.CacheBytes, minCacheBytes))
	}
	if c.RecallSample < 0 {
		faults = append(faults, reason.For(nil, "option {RecallSample} is %d, want 0 or more", c.RecallSample))
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
		{"CollectionFields", c.Limits.CollectionFields},
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

// minCacheBytes is the smallest cache that holds more than a few blocks.
const minCacheBytes = 1 << 20

// maxIDBytes is the longest id that fits into the store's keys.
const maxIDBytes = 32 << 10
