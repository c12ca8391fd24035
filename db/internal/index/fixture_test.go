package index

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/quant"
)

// fixture is an index with a store of its own.
type fixture struct {
	*Index
	tb   testing.TB
	dir  string
	info store.Info
	log  *lockedBuffer
	rng  *rand.Rand
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// open makes an index without documents. What set leaves open is small.
func open(tb testing.TB, set Settings) *fixture {
	tb.Helper()
	set.M, set.EfConstruction = max(set.M, 8), max(set.EfConstruction, 32)
	if set.HeadDims == 0 {
		set.HeadDims = set.Dims
	}
	f := &fixture{tb: tb, dir: tb.TempDir(), log: &lockedBuffer{}, rng: rand.New(rand.NewPCG(11, 12))}
	st, err := store.Open(tb.TempDir(), store.Options{SyncEvery: time.Hour, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := f.Close(); err != nil {
			tb.Error(err)
		}
		if err := st.Close(); err != nil {
			tb.Error(err)
		}
	})
	if f.info, err = st.CreateCollection("c", set); err != nil {
		tb.Fatal(err)
	}
	f.Index, err = Open(context.Background(), Options{
		Store: st, ID: f.info.ID, Settings: set, Dir: f.dir, Logger: slog.New(slog.NewTextHandler(f.log, nil)),
		Progress: func(string, int, int) {}, Searching: new(atomic.Int32),
	})
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// reopen closes the index and opens it again.
func (f *fixture) reopen() {
	f.tb.Helper()
	if err := f.Close(); err != nil {
		f.tb.Fatal(err)
	}
	var err error
	if f.Index, err = Open(context.Background(), f.opts); err != nil {
		f.tb.Fatal(err)
	}
}

// vector draws a vector of unit length.
func (f *fixture) vector() []float32 { return draw(f.rng, f.set.Dims) }

func draw(rng *rand.Rand, dims int) []float32 {
	v := make([]float32, dims)
	for i := range v {
		v[i] = rng.Float32() - 0.5
	}
	quant.Normalize(v)
	return v
}

// puts makes n documents with the ids first, first+1, ….
func (f *fixture) puts(first, n int) []Put {
	puts := make([]Put, n)
	for i := range puts {
		puts[i] = Put{Record: store.Record{ID: fmt.Sprint(first + i), Precomputed: true}, Vector: f.vector()}
	}
	return puts
}

// upsert writes documents, in batches that fit a transaction.
func (f *fixture) upsert(puts ...Put) {
	f.tb.Helper()
	for len(puts) > 0 {
		n := min(len(puts), 2000)
		if _, err := f.Upsert(puts[:n], nil); err != nil {
			f.tb.Fatal(err)
		}
		puts = puts[n:]
	}
}

// nodeOf is the node of a document.
func (f *fixture) nodeOf(id string) uint32 {
	f.tb.Helper()
	v := f.st.View(nil)
	defer v.Close()
	node, ok, err := v.Node(f.id, id)
	if err != nil || !ok {
		f.tb.Fatal(id, ok, err)
	}
	return node
}

// search is a dense search; it may run in any goroutine.
func (f *fixture) search(vec []float32, k int) ([]Match, Trace, error) {
	var t Trace
	r, err := f.Read()
	if err != nil {
		return nil, t, err
	}
	defer r.Close()
	m, err := r.Search(context.Background(), Query{Vector: vec, K: k}, &t)
	return m, t, err
}

func (f *fixture) count() int {
	f.tb.Helper()
	r, err := f.Read()
	if err != nil {
		f.tb.Fatal(err)
	}
	defer r.Close()
	n, err := r.Count(filter.All())
	if err != nil {
		f.tb.Fatal(err)
	}
	return n
}

// examine examines everything.
func (f *fixture) examine() *Examination {
	f.tb.Helper()
	e, err := f.Examine(context.Background(), 0)
	if err != nil {
		f.tb.Fatal(err)
	}
	return e
}
