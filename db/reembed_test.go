package db_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// fakeModel counts the texts that it embeds, and fails at a limit.
type fakeModel struct {
	*embeddertest.Fake
	n     atomic.Int64
	limit int64 // 0: none
}

var errEnough = errors.New("enough")

func (c *fakeModel) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	if c.limit > 0 && c.n.Load()+int64(len(texts)) > c.limit {
		return nil, errEnough
	}
	c.n.Add(int64(len(texts)))
	return c.Fake.EmbedPassages(ctx, texts)
}

func newFake(dims int, seed uint64) *fakeModel {
	return &fakeModel{Fake: embeddertest.New(dims, seed)}
}

// fill writes n documents with different texts.
func fill(t *testing.T, c *db.Collection, n int) {
	t.Helper()
	docs := make([]db.Document, n)
	for i := range docs {
		docs[i] = db.Document{
			ID: fmt.Sprint("d", i), Text: fillText(i),
			Metadata: db.Metadata{"n": i}, Source: fmt.Sprint("s", i%5), Chunk: i / 5,
		}
	}
	for part := range slices.Chunk(docs, 500) {
		if _, err := c.Upsert(t.Context(), part...); err != nil {
			t.Fatal(err)
		}
	}
}

func fillText(i int) string {
	return fmt.Sprintf("%s %s 문서 %d", words[i%len(words)], words[(i*7+3)%len(words)], i)
}

// contents returns the documents of a collection, with their times.
func contents(t *testing.T, c *db.Collection) map[string]string {
	t.Helper()
	all := map[string]string{}
	for d, err := range c.Scan(t.Context(), db.Scan{}) {
		if err != nil {
			t.Fatal(err)
		}
		all[d.ID] = fmt.Sprint(d.Text, d.Metadata, d.Source, d.Chunk, d.Created.UnixMicro(), d.Expires.UnixMicro())
	}
	return all
}

func equal(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for id, w := range want {
		if got[id] != w {
			t.Fatalf("%s: document %s is %q, want %q", what, id, got[id], w)
		}
	}
	for id := range got {
		if _, ok := want[id]; !ok {
			t.Fatalf("%s: unexpected document %s", what, id)
		}
	}
}

// sound runs Doctor, and searches for documents by their texts with the model e.
func sound(t *testing.T, d *db.DB, c *db.Collection, e *embeddertest.Fake) {
	t.Helper()
	r, err := d.Doctor(t.Context(), nil)
	if err != nil || !r.OK() {
		t.Fatalf("doctor: %+v, %v", r, err)
	}
	n := 0
	for doc, err := range c.Scan(t.Context(), db.Scan{Fields: db.FieldText | db.FieldEmbedding}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n > 50 {
			break
		}
		want, err := e.EmbedPassages(t.Context(), []string{doc.Text})
		if err != nil {
			t.Fatal(err)
		}
		if cos := cosine(doc.Embedding, want[0]); cos < 0.999 {
			t.Fatalf("document %s has a vector of another model: cosine %f", doc.ID, cos)
		}
		m, err := c.Search(t.Context(), db.Query{Text: doc.Text, K: 3, Mode: db.Dense})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(m, func(m db.Match) bool { return m.Document.ID == doc.ID }) {
			t.Fatalf("document %s is not found by its own text", doc.ID)
		}
	}
}

func cosine(a, b []float32) (sum float64) {
	if len(a) != len(b) {
		return 0
	}
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// status returns the unfinished change of a collection.
func status(t *testing.T, d *db.DB, name string) *db.Reembedding {
	t.Helper()
	for info, err := range d.Collections(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if info.Name == name {
			return info.Reembedding
		}
	}
	t.Fatalf("no collection %q", name)
	return nil
}

// TestReembed changes a collection's model and dims. The handle keeps working, before
// and after the database is reopened, and the change is confirmed or rolled back.
func TestReembed(t *testing.T) {
	t.Parallel()
	for _, confirm := range []bool{true, false} {
		t.Run(fmt.Sprintf("confirm=%v", confirm), func(t *testing.T) {
			dir := t.TempDir()
			was, is := newFake(384, 1), newFake(256, 2)
			d := open(t, dir, &db.Options{Embedder: was})
			c := collection(t, d, "notes", nil)
			fill(t, c, 1500)
			if _, err := c.Delete(t.Context(), "d3", "d700"); err != nil {
				t.Fatal(err)
			}
			before := contents(t, c)

			r, err := c.Reembed(t.Context(), is, nil)
			if err != nil {
				t.Fatal(err)
			}
			if r.Embedded != 1498 || !r.Switched || r.From.Dims != 384 || r.To.Dims != 256 || r.To.Documents != 1498 || r.From.Documents != 1498 {
				t.Errorf("report %+v", r)
			}
			if o := r.Overlap; o.Queries != 100 || o.Dense <= 0 || o.Dense > 1 || o.Hybrid < o.Dense/2 || len(o.Least) == 0 || o.Skipped != "" {
				t.Errorf("overlap %+v", o)
			}
			if c.Dims() != 256 || c.Model().Fingerprint() != is.Spec().Fingerprint() {
				t.Errorf("the handle has %d dims and model %v", c.Dims(), c.Model())
			}
			equal(t, "after the switch", contents(t, c), before)
			sound(t, d, c, is.Fake)
			if s := status(t, d, "notes"); s == nil || !s.Switched || s.Other.Dims != 384 || s.Other.Documents != 1498 {
				t.Errorf("status %+v", s)
			}
			if again, err := d.Collection(t.Context(), "notes", nil); err != nil || again != c {
				t.Errorf("the open collection is opened again: %v", err)
			}
			if n, err := c.Count(t.Context(), filter.Lt("n", 10)); err != nil || n != 9 {
				t.Errorf("count %d, %v", n, err)
			}

			// Writes after the switch, and after reopening.
			is.n.Store(0)
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			d = open(t, dir, &db.Options{})
			c = collection(t, d, "notes", &db.CollectionOptions{Embedder: is})
			if _, err := c.Upsert(t.Context(), db.Document{ID: "d1", Text: "바다 new text"}, db.Document{ID: "new", Text: "새 문서 river"}); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Delete(t.Context(), "d2"); err != nil {
				t.Fatal(err)
			}
			after := contents(t, c)
			if n := is.n.Load(); n != 2 {
				t.Errorf("embedded %d texts, want 2", n)
			}
			if _, err := c.Reembed(t.Context(), newFake(64, 3), nil); !errors.Is(err, db.ErrReembedding) {
				t.Errorf("a change before the last one is confirmed: %v", err)
			}

			if r, err := c.Reembed(t.Context(), is, nil); err != nil || !r.Unchanged || r.Switched {
				t.Errorf("the same call again: %+v, %v", r, err)
			}

			if confirm {
				if err := c.Confirm(t.Context()); err != nil {
					t.Fatal(err)
				}
				sound(t, d, c, is.Fake)
				if _, err := c.Rollback(t.Context(), nil); !errors.Is(err, db.ErrNoReembed) {
					t.Errorf("roll back after confirm: %v", err)
				}
			} else {
				if _, err := c.Rollback(t.Context(), nil); !errors.Is(err, db.ErrNoEmbedder) || !strings.Contains(err.Error(), "2 documents") {
					t.Errorf("roll back without a model: %v", err)
				}
				if _, err := c.Rollback(t.Context(), &db.RollbackOptions{Embedder: is}); !errors.Is(err, db.ErrModelMismatch) {
					t.Errorf("roll back with another model: %v", err)
				}
				was.n.Store(0)
				r, err := c.Rollback(t.Context(), &db.RollbackOptions{Embedder: was})
				if err != nil {
					t.Fatal(err)
				}
				if n := was.n.Load(); n != 2 || r.Embedded != 2 || r.Removed != 1 || !r.Switched || r.To.Dims != 384 {
					t.Errorf("rolled back with %d texts embedded: %+v", n, r)
				}
				sound(t, d, c, was.Fake)
			}
			equal(t, "at the end", contents(t, c), after)
			if s := status(t, d, "notes"); s != nil {
				t.Errorf("status %+v", s)
			}
			if err := c.Confirm(t.Context()); !errors.Is(err, db.ErrNoReembed) {
				t.Errorf("confirm: %v", err)
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			last := map[bool]*fakeModel{true: is, false: was}[confirm]
			d = open(t, dir, &db.Options{Embedder: last})
			c = collection(t, d, "notes", nil)
			equal(t, "opened again", contents(t, c), after)
			sound(t, d, c, last.Fake)
		})
	}
}

// TestReembedRefuses: a call that can't succeed is refused before it changes
// anything, and its error says what to do.
func TestReembedRefuses(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dir := t.TempDir()
	d := open(t, dir, nil)
	c := collection(t, d, "notes", nil)
	is := newFake(256, 2)

	// An empty collection is switched at once, and back.
	r, err := c.Reembed(ctx, is, nil)
	if err != nil || !r.Switched || r.Embedded != 0 || r.Overlap.Queries != 0 {
		t.Fatalf("empty: %+v, %v", r, err)
	}
	if r, err := c.Rollback(ctx, nil); err != nil || !r.Switched || c.Dims() != 384 {
		t.Fatalf("empty, back: %+v, %v", r, err)
	}

	fill(t, c, 300)
	given := db.Document{ID: "given", Embedding: make([]float32, 384)}
	given.Embedding[7] = 1
	both := db.Document{ID: "both", Text: "바다 river 둘 다", Embedding: given.Embedding}
	if _, err := c.Upsert(ctx, given, both); err != nil {
		t.Fatal(err)
	}
	before := contents(t, c)

	if r, err := c.Reembed(ctx, embeddertest.New(384, 1), nil); err != nil || !r.Unchanged || r.Switched {
		t.Errorf("the same model: %+v, %v", r, err)
	}
	if _, err := c.Reembed(ctx, nil, nil); !errors.Is(err, db.ErrNoEmbedder) {
		t.Errorf("no model: %v", err)
	}
	if _, err := c.Reembed(ctx, is, &db.ReembedOptions{HeadDims: 300, SkipTextless: true}); !errors.Is(err, db.ErrInvalidOptions) {
		t.Errorf("a head longer than the whole: %v", err)
	}
	if _, err := c.Reembed(ctx, is, nil); !errors.Is(err, db.ErrNoText) || !strings.Contains(err.Error(), `1 of them: "given"`) {
		t.Errorf("a document without a text: %v", err)
	}
	if n := is.n.Load(); n != 0 || status(t, d, "notes") != nil {
		t.Errorf("a change was started: %d texts, %+v", n, status(t, d, "notes"))
	}

	// A change to one model does not continue with another.
	if _, err := c.Reembed(ctx, is, &db.ReembedOptions{SkipTextless: true, NoSwitch: true, HeadDims: 64}); err != nil {
		t.Fatal(err)
	}
	if s := status(t, d, "notes"); s == nil || s.Switched || s.Other.HeadDims != 64 || s.Other.Documents != 301 {
		t.Errorf("status %+v", s)
	}
	if _, err := c.Reembed(ctx, newFake(256, 3), &db.ReembedOptions{SkipTextless: true}); !errors.Is(err, db.ErrReembedding) {
		t.Errorf("another model: %v", err)
	}
	if _, err := c.Reembed(ctx, is, &db.ReembedOptions{SkipTextless: true, HeadDims: 32}); !errors.Is(err, db.ErrInvalidOptions) {
		t.Errorf("another head: %v", err)
	}
	if err := c.Confirm(ctx); !errors.Is(err, db.ErrReembedding) {
		t.Errorf("confirm before the switch: %v", err)
	}
	equal(t, "before the switch", contents(t, c), before)
	if r, err := c.Rollback(ctx, nil); err != nil || r.Switched || status(t, d, "notes") != nil {
		t.Errorf("abandoned: %+v, %v", r, err)
	}

	// Skipped documents and precomputed embeddings are there again after a rollback.
	r, err = c.Reembed(ctx, is, &db.ReembedOptions{SkipTextless: true})
	if err != nil || r.Skipped != 1 || r.To.Documents != 301 {
		t.Fatalf("skipped: %+v, %v", r, err)
	}
	sound(t, d, c, is.Fake)
	if _, err := c.Get(ctx, "given"); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("skipped but found: %v", err)
	}
	other := db.Document{ID: "other", Embedding: make([]float32, 256)}
	other.Embedding[1] = 1
	if _, err := c.Upsert(ctx, other); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Rollback(ctx, nil); !errors.Is(err, db.ErrNoText) || !strings.Contains(err.Error(), `"other"`) {
		t.Errorf("roll back a document without a text: %v", err)
	}
	if r, err := c.Rollback(ctx, &db.RollbackOptions{SkipTextless: true}); err != nil || r.Skipped != 1 || r.Embedded != 0 {
		t.Fatalf("roll back: %+v, %v", r, err)
	}
	equal(t, "rolled back", contents(t, c), before)
	docs, err := c.GetFields(ctx, db.FieldEmbedding, "given", "both")
	if err != nil || cosine(docs[0].Embedding, given.Embedding) < 0.999 || cosine(docs[1].Embedding, given.Embedding) < 0.999 {
		t.Errorf("precomputed embeddings: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}

	d = open(t, dir, &db.Options{ReadOnly: true})
	c = collection(t, d, "notes", nil)
	if _, err := c.Reembed(ctx, is, nil); !errors.Is(err, db.ErrReadOnly) {
		t.Errorf("read-only: %v", err)
	}
	if err := c.Confirm(ctx); !errors.Is(err, db.ErrReadOnly) {
		t.Errorf("read-only: %v", err)
	}
}

// TestReembedGoesOn: an interrupted change resumes where it stopped. Here its embedder
// fails, and the database is reopened, with writes in between.
func TestReembedGoesOn(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dir := t.TempDir()
	d := open(t, dir, nil)
	c := collection(t, d, "notes", nil)
	fill(t, c, 1500)
	is := newFake(256, 2)
	embedded, calls := 0, 0
	for ; ; calls++ {
		is.n.Store(0)
		is.limit = 400
		before := contents(t, c)
		r, err := c.Reembed(ctx, is, nil)
		embedded += int(is.n.Load())
		if n := int(is.n.Load()); n != r.Embedded {
			t.Errorf("%d texts were embedded, the report says %d", n, r.Embedded)
		}
		if err == nil {
			equal(t, "switched", contents(t, c), before)
			break
		}
		if !errors.Is(err, errEnough) {
			t.Fatal(err)
		}
		if calls%2 == 1 {
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			d = open(t, dir, nil)
			c = collection(t, d, "notes", nil)
		}
		if s := status(t, d, "notes"); s == nil || s.Switched {
			t.Fatalf("status %+v", s)
		}
		// A new text, new metadata with the same text, and two deletions.
		docs, err := c.Get(ctx, "d5", "d6")
		if err != nil {
			t.Fatal(err)
		}
		docs[0].Text = fmt.Sprint("neu 글 ", calls)
		docs[1].Metadata = db.Metadata{"call": calls}
		if _, err := c.Upsert(ctx, docs...); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Delete(ctx, fmt.Sprint("d", 1000+calls), "d0"); err != nil {
			t.Fatal(err)
		}
		// The same once more, at another time.
		if _, err := c.Upsert(ctx, db.Document{ID: "d0", Text: fillText(0)}); err != nil {
			t.Fatal(err)
		}
	}
	want := contents(t, c)
	if calls < 3 || embedded > 1500+calls {
		t.Errorf("%d texts were embedded for 1500 documents and %d changes", embedded, calls)
	}
	if len(want) != 1500-calls {
		t.Errorf("%d documents", len(want))
	}
	sound(t, d, c, is.Fake)
	docs, err := c.Get(ctx, "d5", "d6")
	if err != nil || docs[0].Text != fmt.Sprint("neu 글 ", calls-1) || docs[1].Metadata["call"] != int64(calls-1) {
		t.Errorf("%+v, %v", docs, err)
	}
}
