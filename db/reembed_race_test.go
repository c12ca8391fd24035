package db_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// changer writes to a collection under its own ids, and knows the expected contents.
type changer struct {
	c    *db.Collection
	w    int
	rng  *rand.Rand
	docs map[string]db.Document
}

func (w *changer) id() string { return fmt.Sprintf("w%d-%d", w.w, w.rng.IntN(80)) }

func (w *changer) document() db.Document {
	d := db.Document{ID: w.id(), Text: sentence(w.rng), Metadata: db.Metadata{"writer": w.w, "n": w.rng.IntN(1000)}}
	switch w.rng.IntN(8) {
	case 0:
		d.Expires = time.Now().Add(time.Duration(w.rng.IntN(300)) * time.Millisecond)
	case 1:
		if old, ok := w.docs[d.ID]; ok {
			d.Text = old.Text // its vector is reused
		}
	}
	return d
}

func (w *changer) step(ctx context.Context) error {
	switch w.rng.IntN(6) {
	case 0:
		id := w.id()
		_, err := w.c.Delete(ctx, id)
		delete(w.docs, id)
		return err
	case 1:
		source := fmt.Sprintf("source-%d-%d", w.w, w.rng.IntN(3))
		var docs []db.Document
		for i := range w.rng.IntN(6) {
			docs = append(docs, db.Document{ID: fmt.Sprintf("%s#%d", source, i), Chunk: i, Text: sentence(w.rng)})
		}
		_, err := w.c.ReplaceSource(ctx, source, docs...)
		for id, d := range w.docs {
			if d.Source == source {
				delete(w.docs, id)
			}
		}
		for _, d := range docs {
			d.Source = source
			w.docs[d.ID] = d
		}
		return err
	case 2:
		// Writes inside a scan: a switch waits for the scan, which must not wait for it.
		n := 0
		for d, err := range w.c.Scan(ctx, db.Scan{After: fmt.Sprintf("w%d-", w.w), Limit: 3}) {
			if err != nil {
				return err
			}
			if own, ok := w.docs[d.ID]; ok && own.Source == "" {
				own.Metadata = db.Metadata{"writer": w.w, "n": 5000 + n}
				if _, err := w.c.Upsert(ctx, own); err != nil {
					return err
				}
				w.docs[d.ID] = own
			}
			n++
		}
		return nil
	}
	var docs []db.Document
	for range 1 + w.rng.IntN(5) {
		if d := w.document(); !slices.ContainsFunc(docs, func(o db.Document) bool { return o.ID == d.ID }) {
			docs = append(docs, d)
		}
	}
	_, err := w.c.Upsert(ctx, docs...)
	for _, d := range docs {
		w.docs[d.ID] = d
	}
	return err
}

// TestReembedWhileWriting: writers, searches and scans run during many changes of the
// model, back and forth. Every written document is there once, with a vector of the
// current model, and no search fails or mixes two models.
func TestReembedWhileWriting(t *testing.T) {
	rng := random(t)
	d := open(t, t.TempDir(), &db.Options{})
	models := []*embeddertest.Fake{embeddertest.New(384, 1), embeddertest.New(256, 2), embeddertest.New(64, 3)}
	c := collection(t, d, "notes", &db.CollectionOptions{Embedder: models[0]})
	fill(t, c, 600)

	var stop atomic.Bool
	var wg sync.WaitGroup
	writers := make([]*changer, 3)
	for i := range writers {
		w := &changer{c: c, w: i, rng: rand.New(rand.NewPCG(rng.Uint64(), 0)), docs: map[string]db.Document{}}
		writers[i] = w
		wg.Go(func() {
			for !stop.Load() {
				if err := w.step(context.Background()); err != nil {
					t.Error("writer:", err)
					return
				}
			}
		})
	}
	searches := rand.New(rand.NewPCG(rng.Uint64(), 0))
	wg.Go(func() {
		for !stop.Load() {
			n := searches.IntN(600)
			m, err := c.Search(context.Background(), db.Query{Text: fillText(n), K: 3, Mode: db.Dense, Exact: true})
			if err != nil || len(m) != 3 || m[0].Document.ID != fmt.Sprint("d", n) || m[0].Score < 0.999 {
				t.Errorf("document %d is not the first of its text: %v, %v", n, m, err)
				return
			}
			if n := c.Dims(); c.Model() == nil || n != 384 && n != 256 && n != 64 {
				t.Error("dims", n)
				return
			}
		}
	})

	at, changes := 0, 4
	if testing.Short() {
		changes = 2
	}
	for range changes {
		to := (at + 1 + rng.IntN(2)) % 3
		if _, err := c.Reembed(t.Context(), models[to], &db.ReembedOptions{Sample: -1 + 5*rng.IntN(2)}); err != nil {
			t.Error("reembed:", err)
			break
		}
		if rng.IntN(2) == 0 {
			if err := c.Confirm(t.Context()); err != nil {
				t.Error("confirm:", err)
			}
			at = to
			continue
		}
		time.Sleep(time.Duration(rng.IntN(50)) * time.Millisecond)
		if _, err := c.Rollback(t.Context(), &db.RollbackOptions{Embedder: models[at]}); err != nil {
			t.Error("roll back:", err)
			break
		}
	}
	stop.Store(true)
	wg.Wait()
	if t.Failed() {
		return
	}
	time.Sleep(320 * time.Millisecond) // what expires has expired

	got := map[string]db.Document{}
	for doc, err := range c.Scan(t.Context(), db.Scan{}) {
		if err != nil {
			t.Fatal(err)
		}
		got[doc.ID] = doc
	}
	want := 600
	for _, w := range writers {
		for id, doc := range w.docs {
			g, ok := got[id]
			if !doc.Expires.IsZero() {
				if ok {
					t.Errorf("%s has expired but is there", id)
				}
				continue
			}
			want++
			if n, _ := doc.Metadata["n"].(int); !ok || g.Text != doc.Text || doc.Metadata != nil && g.Metadata["n"] != int64(n) {
				t.Errorf("%s is %+v, %v; want %+v", id, g, ok, doc)
			}
		}
	}
	if len(got) != want {
		t.Errorf("%d documents, want %d", len(got), want)
	}
	sound(t, d, c, models[at])
}

// TestReembedEnds: dropping or closing a collection ends a change of its model, and
// leaves nothing behind.
func TestReembedEnds(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"drop", "close", "cancel"} {
		t.Run(how, func(t *testing.T) {
			d := open(t, t.TempDir(), nil)
			c := collection(t, d, "notes", nil)
			fill(t, c, 1000)
			is := &held{Fake: embeddertest.New(256, 2), begun: make(chan struct{}), goOn: make(chan struct{})}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := make(chan error)
			go func() {
				_, err := c.Reembed(ctx, is, nil)
				done <- err
			}()
			<-is.begun
			want := db.ErrClosed
			switch how {
			case "drop":
				if err := d.Drop(t.Context(), "notes"); err != nil {
					t.Fatal(err)
				}
			case "close":
				if err := d.Close(); err != nil {
					t.Fatal(err)
				}
			case "cancel":
				cancel()
				want = context.Canceled
			}
			close(is.goOn)
			if err := <-done; !errors.Is(err, want) {
				t.Errorf("reembed: %v, want %v", err, want)
			}
			if how != "drop" {
				return
			}
			for info, err := range d.Collections(t.Context()) {
				t.Errorf("there is %+v, %v", info, err)
			}
			c = collection(t, d, "notes", nil)
			if s := status(t, d, "notes"); s != nil {
				t.Errorf("a new collection has another version: %+v", s)
			}
			if n, err := c.Count(t.Context(), filter.All()); n != 0 || err != nil {
				t.Errorf("a new collection has %d documents, %v", n, err)
			}
		})
	}
}

// TestReembedWhileChunksAreEmbedded: if the model changes while chunks are embedded,
// the document is split and embedded again.
func TestReembedWhileChunksAreEmbedded(t *testing.T) {
	t.Parallel()
	for _, insert := range []bool{false, true} {
		d := open(t, t.TempDir(), nil)
		was := &held{Fake: embeddertest.New(64, 1), begun: make(chan struct{}), goOn: make(chan struct{})}
		c := collection(t, d, "notes", &db.CollectionOptions{Embedder: was})
		for i := range 2 {
			if _, err := c.Upsert(t.Context(), db.Document{Text: fillText(i)}); err != nil {
				t.Fatal(err)
			}
		}
		done := make(chan error)
		go func() {
			var err error
			doc := db.Document{ID: "x", Text: strings.Repeat("One two three. ", 10)}
			if insert {
				_, err = c.InsertChunks(context.Background(), words6(chunk.Plain), doc)
			} else {
				_, err = c.UpsertChunks(context.Background(), words6(chunk.Plain), doc)
			}
			done <- err
		}()
		<-was.begun
		if _, err := c.Reembed(t.Context(), embeddertest.New(32, 2), nil); err != nil {
			t.Error(err)
		}
		close(was.goOn)
		if err := <-done; err != nil {
			t.Errorf("insert %v: %v", insert, err)
		}
		if n, err := c.Count(t.Context(), filter.All()); n != 7 || err != nil || c.Dims() != 32 {
			t.Errorf("insert %v: %d documents of %d dims, %v", insert, n, c.Dims(), err)
		}
	}
}

// held is an embedder that blocks in its third batch until it is released.
type held struct {
	*embeddertest.Fake
	calls       atomic.Int32
	begun, goOn chan struct{}
}

func (h *held) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	if h.calls.Add(1) == 3 {
		close(h.begun)
		<-h.goOn
	}
	return h.Fake.EmbedPassages(ctx, texts)
}
