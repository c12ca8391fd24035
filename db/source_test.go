package db

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

func chunks(rng *rand.Rand, n int) []Document {
	docs := make([]Document, n)
	for i := range docs {
		docs[i] = precomputed(rng, "", 8)
	}
	return docs
}

func idsOf(t *testing.T, c *Collection) (ids []string) {
	t.Helper()
	for doc, err := range c.Scan(t.Context(), Scan{}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, doc.ID)
	}
	return ids
}

// TestReplaceSource makes a source shorter, longer, unchanged and empty. Other sources
// and documents without one stay, also after a restart, from a snapshot and from the
// log.
func TestReplaceSource(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, _ := openLogged(t, dir)
	c := openPrecomputed(t, d, 8)
	rng := rand.New(rand.NewPCG(1, 2))
	if _, err := c.Upsert(t.Context(), precomputed(rng, "alone", 8)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ReplaceSource(t.Context(), "other.md", chunks(rng, 2)...); err != nil {
		t.Fatal(err)
	}
	others := []string{"alone", "other.md#0", "other.md#1"}
	docs := chunks(rng, 5)
	replace := func(n, written, deleted int) {
		t.Helper()
		r, err := c.ReplaceSource(t.Context(), "file.md", docs[:n]...)
		if err != nil || r.Written != written || r.Unchanged != n-written || r.Deleted != deleted || len(r.IDs) != n {
			t.Errorf("%+v %v", r, err)
		}
		want := slices.Clone(others)
		for i := range n {
			want = append(want, fmt.Sprint("file.md#", i))
		}
		slices.Sort(want)
		if got := idsOf(t, c); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
	replace(5, 5, 0)
	replace(3, 0, 2)
	docs[1] = precomputed(rng, "", 8)
	replace(3, 1, 0)
	for _, snapshot := range []bool{true, false} {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if !snapshot {
			if err := os.Remove(snapshotPath(c)); err != nil {
				t.Fatal(err)
			}
		}
		d, _ = openLogged(t, dir)
		c = openPrecomputed(t, d, 8)
		replace(2, 0, 1)
		replace(3, 1, 0)
	}
	replace(0, 0, 3)
	if _, err := c.ReplaceSource(t.Context(), "file.md", Document{}); !errors.Is(err, ErrInvalidText) {
		t.Error(err)
	}
	if _, err := c.ReplaceSource(t.Context(), "", chunks(rng, 1)...); !errors.Is(err, ErrInvalidID) {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestReplaceSourceAtomic: a reader sees the old chunks of a source or the new ones,
// never a mixture.
func TestReplaceSourceAtomic(t *testing.T) {
	t.Parallel()
	d, _ := openLogged(t, t.TempDir())
	defer func() { _ = d.Close() }()
	c := openPrecomputed(t, d, 8)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for w := range 2 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(w), 1))
			for n := 0; ctx.Err() == nil; n++ {
				docs := chunks(rng, 1+rng.IntN(8))
				for i := range docs {
					docs[i].Metadata = Metadata{"size": len(docs), "call": fmt.Sprint(w, n)}
				}
				if _, err := c.ReplaceSource(t.Context(), "s", docs...); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 200 {
		calls, n, size := map[any]bool{}, 0, int64(0)
		for doc, err := range c.Scan(t.Context(), Scan{}) {
			if err != nil {
				t.Fatal(err)
			}
			n++
			size = doc.Metadata["size"].(int64)
			calls[doc.Metadata["call"]] = true
		}
		if n > 0 && (len(calls) != 1 || int(size) != n) {
			t.Fatalf("%d chunks of %d, from %d calls", n, size, len(calls))
		}
	}
	stop()
	wg.Wait()
}

// TestInsertChunksAtOnce: of concurrent inserts of a document in chunks exactly one
// succeeds, and other documents with its id as ID or Source were written after it.
func TestInsertChunksAtOnce(t *testing.T) {
	d, err := Open(t.TempDir(), &Options{Embedder: embeddertest.New(8, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	c, err := d.Collection(t.Context(), "c", nil)
	if err != nil {
		t.Fatal(err)
	}
	o := chunk.Options{MaxTokens: 6, Overlap: new(0), Count: func(s string) int { return len(strings.Fields(s)) }}
	long := strings.Repeat("One two three. ", 4)
	for round := range 300 {
		id := fmt.Sprint("d", round)
		writers := []func() error{
			func() error {
				_, err := c.InsertChunks(t.Context(), o, Document{ID: id, Text: long, Metadata: Metadata{"by": 0}})
				return err
			},
			func() error {
				_, err := c.InsertChunks(t.Context(), o, Document{ID: id, Text: long + long, Metadata: Metadata{"by": 1}})
				return err
			},
			func() error {
				_, err := c.Upsert(t.Context(), Document{ID: id, Text: "whole"})
				return err
			},
			func() error {
				_, err := c.Upsert(t.Context(), Document{ID: id + " note", Text: "a part", Source: id})
				return err
			},
		}
		errs := make([]error, len(writers))
		var wg sync.WaitGroup
		for i, write := range writers {
			delay := time.Duration(rand.IntN(1500)) * time.Microsecond
			wg.Go(func() {
				time.Sleep(delay)
				errs[i] = write()
			})
		}
		wg.Wait()
		winner := slices.Index(errs[:2], nil)
		for i, err := range errs {
			if i < 2 && i != winner && !errors.Is(err, ErrExists) || i >= 2 && err != nil {
				t.Fatalf("round %d: %v", round, errs)
			}
		}
		v := c.db.st.View(nil)
		var first, last uint64 = math.MaxUint64, 0 // of others, of the winner
		n := 0
		for _, of := range []string{id, id + " note", id + "#0", id + "#1", id + "#2", id + "#3"} {
			node, ok, err := v.Node(idOf(c), of)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				continue
			}
			r, _, err := v.Record(idOf(c), node, store.WithMetadata)
			if err != nil {
				t.Fatal(err)
			}
			if by, ok := r.Metadata["by"]; !ok {
				first = min(first, r.Seq)
			} else if n, last = n+1, max(last, r.Seq); by != int64(winner) {
				t.Fatalf("round %d: %s is by %v, not %d", round, of, by, winner)
			}
		}
		v.Close()
		if want := map[int]int{-1: 0, 0: 2, 1: 4}[winner]; n != want || last > first {
			t.Fatalf("round %d: writer %d stored %d chunks, want %d, last in %d; others came in %d", round, winner, n, want, last, first)
		}
	}
}

// TestExpiry: once a document has expired, no read returns it and an insert may use
// its id. It is deleted soon after, also if it expired while the database was closed.
func TestExpiry(t *testing.T) {
	dir := t.TempDir()
	d, _ := openLogged(t, dir)
	c := openPrecomputed(t, d, 8)
	rng := rand.New(rand.NewPCG(1, 2))
	soon := time.Now().Add(400 * time.Millisecond)
	kept, short, long := precomputed(rng, "kept", 8), precomputed(rng, "short", 8), precomputed(rng, "long", 8)
	kept.Text, short.Text, long.Text = "봄", "봄", "봄"
	short.Expires, long.Expires = soon, time.Now().Add(time.Hour)
	if _, err := c.Upsert(t.Context(), kept, short, long); err != nil {
		t.Fatal(err)
	}
	count := func(want int) {
		t.Helper()
		if n, err := c.Count(t.Context(), filter.All()); n != want || err != nil {
			t.Errorf("count %d, want %d, %v", n, want, err)
		}
		if ids := idsOf(t, c); len(ids) != want {
			t.Errorf("scan %v", ids)
		}
		for _, q := range []Query{
			{Embedding: short.Embedding, K: 5}, {Embedding: short.Embedding, K: 5, Exact: true}, {Text: "봄", Mode: Lexical, K: 5},
		} {
			if m, err := c.Search(t.Context(), q); len(m) != want || err != nil {
				t.Errorf("%+v: %d results, %v", q, len(m), err)
			}
		}
	}
	count(3)
	got, err := c.Get(t.Context(), "short")
	if err != nil || !got[0].Expires.Equal(soon.Truncate(time.Microsecond)) {
		t.Error(got, err)
	}
	time.Sleep(time.Until(soon))
	count(2)
	if _, err := c.Get(t.Context(), "short"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if _, err := c.Insert(t.Context(), short); err != nil { // it expires at once
		t.Error(err)
	}
	count(2)
	for end := time.Now().Add(10 * time.Second); d.st.State(idOf(c)).Live != 2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the expired document was not deleted")
		}
	}
	short.Expires = time.Now().Add(100 * time.Millisecond)
	if _, err := c.Upsert(t.Context(), short); err != nil {
		t.Fatal(err)
	}
	count(3)
	for _, snapshot := range []bool{true, false} {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if !snapshot {
			if err := os.Remove(snapshotPath(c)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Until(short.Expires))
		d, _ = openLogged(t, dir)
		c = openPrecomputed(t, d, 8)
		count(2)
		for end := time.Now().Add(10 * time.Second); d.st.State(idOf(c)).Live != 2; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("the expired document was not deleted after opening")
			}
		}
		short.Expires = time.Now().Add(time.Hour) // written again, not expired
		if _, err := c.Upsert(t.Context(), short); err != nil {
			t.Fatal(err)
		}
		count(3)
		short.Expires = time.Now().Add(100 * time.Millisecond)
		if _, err := c.Upsert(t.Context(), short); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}
