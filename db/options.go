package db

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

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
		return Options{}, because(ErrInvalidOptions, "%v", err)
	}
	return c, nil
}

// minCacheBytes is what a cache needs to hold more than a few blocks.
const minCacheBytes = 1 << 20

// maxIDBytes is what the store's keys have room for.
const maxIDBytes = 32 << 10

// CollectionOptions say how a collection is created, or opened. The zero value
// is the default. What is fixed at creation (Dims, HeadDims, M, NoTail,
// EfConstruction) may be left zero when opening; if set, it must agree.
type CollectionOptions struct {
	// Embedder, if set, is used in place of the database's. Its fingerprint is
	// part of the collection: another model is ErrModelMismatch.
	Embedder embedder.Embedder

	// MustExist makes opening a collection that does not exist fail with
	// ErrNoCollection instead of creating it.
	MustExist bool

	// Dims is the length of the embeddings, for a collection without an
	// embedder.
	Dims int
	// Precomputed makes a new collection one whose embeddings come with its documents, of Dims
	// each, also in a database that has an embedder.
	Precomputed bool
	// HeadDims is the length of the Matryoshka head that the graph searches:
	// the embedder's, or Dims for vectors without Matryoshka training.
	HeadDims int

	// M is the number of links of a node on the upper levels of the graph,
	// twice that on the lowest; default 16.
	M int
	// EfConstruction is the beam width of building; default 200.
	EfConstruction int

	// EfSearch is the beam width of a search; 0 is as wide as the candidates,
	// whose number is calibrated on the collection's own vectors.
	EfSearch int
	// Oversampling is the number of candidates per result that the graph
	// proposes and the full dimensions rerank; 0 calibrates it on the
	// collection's own vectors.
	Oversampling int

	// NoTail saves a byte per dimension behind the head, 192 bytes a document,
	// by keeping no codes of these dimensions in memory. The graph's candidates
	// are then compared by their full vectors at once, which is slower.
	NoTail bool

	// anyModel opens the collection without an embedder, whatever its model is.
	anyModel bool
}

// settings are what a collection remembers, and what an open one goes by.
type settings struct {
	Spec           *embedder.Spec `json:"spec,omitempty"` // nil: vectors are given
	Dims           int            `json:"dims"`
	HeadDims       int            `json:"head_dims"`
	M              int            `json:"m"`
	EfConstruction int            `json:"ef_construction"`
	EfSearch       int            `json:"ef_search"`    // 0: the number of candidates
	Oversampling   int            `json:"oversampling"` // 0: calibrated
	NoTail         bool           `json:"no_tail,omitempty"`
}

// hasTail says whether codes of the dims behind the head are kept.
func (s *settings) hasTail() bool { return !s.NoTail && s.HeadDims < s.Dims }

const (
	defaultM              = 16
	defaultEfConstruction = 200
	maxDims               = 4096
)

// create makes the settings of a new collection.
func (o *CollectionOptions) create(l *Limits) (settings, error) {
	s := settings{
		Dims: o.Dims, HeadDims: o.HeadDims,
		M:              cmp.Or(o.M, defaultM),
		EfConstruction: cmp.Or(o.EfConstruction, defaultEfConstruction),
		EfSearch:       o.EfSearch,
		Oversampling:   o.Oversampling,
		NoTail:         o.NoTail,
	}
	var faults []error
	if o.Embedder != nil && o.Precomputed {
		faults = append(faults, errors.New("embeddings are either Precomputed or the Embedder's"))
	}
	if o.Embedder != nil {
		spec := o.Embedder.Spec()
		faults = append(faults, spec.Validate())
		s.Spec = &spec
		if s.Dims != 0 && s.Dims != spec.Dims {
			faults = append(faults, fmt.Errorf("Dims is %d, the model's are %d", s.Dims, spec.Dims))
		}
		s.Dims = spec.Dims
		s.HeadDims = cmp.Or(s.HeadDims, spec.HeadDims)
	}
	if s.Dims == 0 {
		faults = append(faults, errors.New("Dims is 0; without an embedder say how long the vectors are"))
	}
	s.HeadDims = cmp.Or(s.HeadDims, s.Dims)
	for _, f := range []struct {
		name       string
		n, lo, max int
	}{
		{"Dims", s.Dims, 0, maxDims},
		{"HeadDims", s.HeadDims, 0, s.Dims},
		{"M", s.M, 2, 128},
		{"EfConstruction", s.EfConstruction, 8, 4096},
		{"EfSearch", s.EfSearch, 0, l.EfSearch},
		{"Oversampling", s.Oversampling, 0, l.Oversampling},
	} {
		if f.n < f.lo || f.n > f.max {
			faults = append(faults, fmt.Errorf("%s is %d, want %d to %d", f.name, f.n, f.lo, f.max))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return s, because(ErrInvalidOptions, "%v", err)
	}
	return s, nil
}

// open checks o against the settings of a collection that exists, and applies
// what may change from one opening to the next.
func (o *CollectionOptions) open(s *settings, l *Limits) error {
	if o.Embedder != nil {
		if err := sameModel(s, o.Embedder.Spec()); err != nil {
			return err
		}
	}
	var faults []error
	for _, f := range []struct {
		name      string
		asked, is int
	}{
		{"Dims", o.Dims, s.Dims},
		{"HeadDims", o.HeadDims, s.HeadDims},
		{"M", o.M, s.M},
		{"EfConstruction", o.EfConstruction, s.EfConstruction},
	} {
		if f.asked != 0 && f.asked != f.is {
			faults = append(faults, fmt.Errorf("%s is %d, the collection was created with %d", f.name, f.asked, f.is))
		}
	}
	s.EfSearch = cmp.Or(o.EfSearch, s.EfSearch)
	s.Oversampling = cmp.Or(o.Oversampling, s.Oversampling)
	if s.EfSearch < 0 || s.EfSearch > l.EfSearch {
		faults = append(faults, fmt.Errorf("option EfSearch is %d, want 0 to %d", s.EfSearch, l.EfSearch))
	}
	if s.Oversampling < 0 || s.Oversampling > l.Oversampling {
		faults = append(faults, fmt.Errorf("option Oversampling is %d, want 0 to %d", s.Oversampling, l.Oversampling))
	}
	if o.NoTail && !s.NoTail {
		faults = append(faults, errors.New("NoTail is set, the collection was created with tails"))
	}
	if err := errors.Join(faults...); err != nil {
		return because(ErrInvalidOptions, "%v", err)
	}
	return nil
}

// revised is a model's name with its revision, if it has one.
func revised(s *embedder.Spec) string {
	if s.Revision == "" {
		return s.Model
	}
	return s.Model + "@" + s.Revision
}

// sameModel compares fingerprints, so that a collection is never searched with
// vectors of another space.
func sameModel(s *settings, spec embedder.Spec) error {
	if s.Spec == nil {
		if spec.Dims != s.Dims {
			return because(ErrModelMismatch, "the collection holds vectors of %d dims that were given, %s has %d",
				s.Dims, spec.Model, spec.Dims)
		}
		return nil
	}
	if was, is := s.Spec.Fingerprint(), spec.Fingerprint(); was != is {
		return because(ErrModelMismatch, "it was filled with %s (fingerprint %.12s), this is %s (%.12s); to change its model, reembed it",
			revised(s.Spec), was, revised(&spec), is)
	}
	return nil
}
