package db_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

func vec(n int, x float32) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = x
	}
	return v
}

// TestBadDocuments: every kind of invalid input has its error, which names the input,
// and nothing is written.
func TestBadDocuments(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), nil)
	c := collection(t, d, "c", nil)
	good := db.Document{ID: "good", Text: "text"}
	bad := map[string]struct {
		docs []db.Document
		err  error
		says string
	}{
		"empty text":        {[]db.Document{{ID: "a"}}, db.ErrInvalidText, `"a"`},
		"huge text":         {[]db.Document{{ID: "a", Text: strings.Repeat("가", 1<<20)}}, db.ErrInvalidText, "3145728 bytes"},
		"text not UTF-8":    {[]db.Document{{ID: "a", Text: "ab\xff"}}, db.ErrInvalidText, "byte 2"},
		"long id":           {[]db.Document{{ID: strings.Repeat("x", 513), Text: "t"}}, db.ErrInvalidID, "513 bytes"},
		"id with control":   {[]db.Document{{ID: "a\nb", Text: "t"}}, db.ErrInvalidID, "U+000A"},
		"id not UTF-8":      {[]db.Document{{ID: "\xc3\x28", Text: "t"}}, db.ErrInvalidID, "UTF-8"},
		"duplicate id":      {[]db.Document{{ID: "a", Text: "t"}, {ID: "a", Text: "u"}}, db.ErrDuplicateID, `"a"`},
		"NaN":               {[]db.Document{{ID: "a", Embedding: vec(384, float32(math.NaN()))}}, db.ErrInvalidEmbedding, "NaN"},
		"infinity":          {[]db.Document{{ID: "a", Embedding: vec(384, float32(math.Inf(1)))}}, db.ErrInvalidEmbedding, "Inf"},
		"zero vector":       {[]db.Document{{ID: "a", Embedding: vec(384, 0)}}, db.ErrInvalidEmbedding, "zero"},
		"short vector":      {[]db.Document{{ID: "a", Embedding: vec(192, 1)}}, db.ErrInvalidEmbedding, "192"},
		"empty vector":      {[]db.Document{{ID: "a", Embedding: []float32{}}}, db.ErrInvalidEmbedding, "0 dimensions"},
		"metadata type":     {[]db.Document{{ID: "a", Text: "t", Metadata: db.Metadata{"x": struct{}{}}}}, db.ErrInvalidMetadata, `"x"`},
		"metadata nested":   {[]db.Document{{ID: "a", Text: "t", Metadata: db.Metadata{"x": map[string]any{"y": struct{}{}}}}}, db.ErrInvalidMetadata, `"x.y"`},
		"metadata NaN":      {[]db.Document{{ID: "a", Text: "t", Metadata: db.Metadata{"x": math.NaN()}}}, db.ErrInvalidMetadata, "NaN"},
		"metadata list":     {[]db.Document{{ID: "a", Text: "t", Metadata: db.Metadata{"x": []any{"a", 1}}}}, db.ErrInvalidMetadata, "element 1"},
		"metadata twice":    {[]db.Document{{ID: "a", Text: "t", Metadata: db.Metadata{"x.y": 1, "x": map[string]any{"y": 2}}}}, db.ErrInvalidMetadata, `"x.y" occurs twice`},
		"metadata forms":    {[]db.Document{{ID: "a", Text: "t", Metadata: db.Metadata{"가": 1, "\u1100\u1161": 2}}}, db.ErrInvalidMetadata, "occurs twice"},
		"metadata floats":   {[]db.Document{{ID: "a", Text: "t", Metadata: db.Metadata{"x": []any{1.5, int64(1<<53 + 1)}}}}, db.ErrInvalidMetadata, "element 1"},
		"metadata booleans": {[]db.Document{{ID: "a", Text: "t", Metadata: db.Metadata{"x": []any{true}}}}, db.ErrInvalidMetadata, "element 0 is a boolean"},
		"ids of two forms":  {[]db.Document{{ID: "가", Text: "t"}, {ID: "\u1100\u1161", Text: "u"}}, db.ErrDuplicateID, "twice"},
		"metadata UTF-8":    {[]db.Document{{ID: "a", Text: "t", Metadata: db.Metadata{"x": "\xff"}}}, db.ErrInvalidMetadata, "UTF-8"},
		"metadata field":    {[]db.Document{{ID: "a", Text: "t", Metadata: db.Metadata{"": 1}}}, db.ErrInvalidMetadata, "empty"},
		"metadata uint64":   {[]db.Document{{ID: "a", Text: "t", Metadata: db.Metadata{"x": uint64(math.MaxUint64)}}}, db.ErrInvalidMetadata, "int64"},
		"metadata size":     {[]db.Document{{ID: "a", Text: "t", Metadata: db.Metadata{"x": strings.Repeat("x", 65<<10)}}}, db.ErrInvalidMetadata, "bytes"},
		"large batch":       {make([]db.Document, 10_001), db.ErrBatchTooLarge, "10000"},
		"large transaction": {bulky(60), db.ErrBatchTooLarge, "60 documents"},
	}
	for name, b := range bad {
		for op, write := range map[string]func(context.Context, ...db.Document) ([]string, error){"insert": c.Insert, "upsert": c.Upsert} {
			_, err := write(t.Context(), append([]db.Document{good}, b.docs...)...)
			if !errors.Is(err, b.err) || !strings.Contains(fmt.Sprint(err), b.says) || !strings.HasPrefix(fmt.Sprint(err), op) {
				if name != "large transaction" || !errors.Is(err, b.err) {
					t.Errorf("%s of %s: %v; want %v that says %q", op, name, err, b.err, b.says)
				}
			}
		}
	}
	if n, err := c.Count(t.Context(), filter.All()); n != 0 || err != nil {
		t.Errorf("%d documents were left behind, %v", n, err)
	}
	if _, err := c.Insert(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Insert(t.Context(), db.Document{ID: "new", Text: "t"}, good); !errors.Is(err, db.ErrExists) || !strings.Contains(err.Error(), `"good"`) {
		t.Errorf("insert of an existing document: %v", err)
	}
	if _, err := c.Get(t.Context(), "new", "good"); !errors.Is(err, db.ErrNotFound) || !strings.Contains(err.Error(), `"new"`) {
		t.Errorf("get of a missing document: %v", err)
	}
}

// bulky returns documents that together exceed a transaction.
func bulky(n int) []db.Document {
	docs := make([]db.Document, n)
	for i := range docs {
		docs[i] = db.Document{ID: fmt.Sprint("bulky", i), Text: strings.Repeat("large ", 1<<15), Embedding: vec(384, 1)}
	}
	return docs
}

func TestMetadataTypes(t *testing.T) {
	t.Parallel()
	c := collection(t, open(t, t.TempDir(), nil), "c", nil)
	day := time.Date(2024, 5, 1, 9, 0, 0, 123, time.FixedZone("KST", 9*3600))
	in := db.Metadata{
		"s": "글", "b": true, "i": 7, "i8": int8(-8), "u32": uint32(9), "big": int64(1<<53 + 1),
		"f": 1.5, "f32": float32(0.5), "t": day, "l": []string{"a", "b"}, "any": []any{"c"}, "nil": nil, "empty": []string{},
	}
	if _, err := c.Insert(t.Context(), db.Document{ID: "1", Text: "t", Metadata: in}); err != nil {
		t.Fatal(err)
	}
	got, err := c.Get(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	m := got[0].Metadata
	want := map[string]string{
		"s": "글", "b": "true", "i": "7", "i8": "-8", "u32": "9", "big": "9007199254740993", "f": "1.5",
		"f32": "0.5", "t": "2024-05-01 00:00:00.000000123 +0000 UTC", "l": "[a b]", "any": "[c]", "empty": "[]",
	}
	for k, w := range want {
		if fmt.Sprint(m[k]) != w {
			t.Errorf("%s: %v, want %s", k, m[k], w)
		}
	}
	if len(m) != len(want) {
		t.Errorf("metadata %v", m)
	}
	for _, f := range []string{`big = 9007199254740993`, `t = "2024-05-01T09:00:00.000000123+09:00"`, `l CONTAINS "b" AND b = TRUE`} {
		e, err := filter.Parse(f)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := c.Count(t.Context(), e); n != 1 || err != nil {
			t.Errorf("%s matches %d, %v", f, n, err)
		}
	}
}

func TestBadQueries(t *testing.T) {
	t.Parallel()
	c := collection(t, open(t, t.TempDir(), nil), "c", nil)
	deep := filter.Eq("a", 1)
	for range 40 {
		deep = filter.Not(filter.And(deep, filter.Exists("b")))
	}
	nan := float32(math.NaN())
	for name, b := range map[string]struct {
		q   db.Query
		err error
	}{
		"nothing":          {db.Query{K: 1}, db.ErrInvalidQuery},
		"both":             {db.Query{Text: "x", Embedding: vec(384, 1), K: 1}, db.ErrInvalidQuery},
		"k zero":           {db.Query{Text: "x"}, db.ErrInvalidQuery},
		"k negative":       {db.Query{Text: "x", K: -1}, db.ErrInvalidQuery},
		"k over the cap":   {db.Query{Text: "x", K: 10_001}, db.ErrInvalidQuery},
		"ef":               {db.Query{Text: "x", K: 1, EfSearch: 1e6}, db.ErrInvalidQuery},
		"oversampling":     {db.Query{Text: "x", K: 1, Oversampling: 101}, db.ErrInvalidQuery},
		"NaN score":        {db.Query{Text: "x", K: 1, MinScore: &nan}, db.ErrInvalidQuery},
		"NaN":              {db.Query{Embedding: vec(384, nan), K: 1}, db.ErrInvalidEmbedding},
		"zero":             {db.Query{Embedding: vec(384, 0), K: 1}, db.ErrInvalidEmbedding},
		"wrong length":     {db.Query{Embedding: vec(383, 1), K: 1}, db.ErrInvalidEmbedding},
		"text not UTF-8":   {db.Query{Text: "\xff", K: 1}, db.ErrInvalidText},
		"huge text":        {db.Query{Text: strings.Repeat("x", 1<<20+1), K: 1}, db.ErrInvalidText},
		"deep filter":      {db.Query{Text: "x", K: 1, Filter: deep}, db.ErrInvalidFilter},
		"unusable in list": {db.Query{Text: "x", K: 1, Filter: filter.Eq("a", math.NaN())}, db.ErrInvalidFilter},
	} {
		if _, err := c.Search(t.Context(), b.q); !errors.Is(err, b.err) {
			t.Errorf("%s: %v, want %v", name, err, b.err)
		}
	}
	if m, err := c.Search(t.Context(), db.Query{Text: "x", K: 10}); err != nil || len(m) != 0 {
		t.Errorf("search of an empty collection: %v, %v", m, err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Search(cancelled, db.Query{Text: "x", K: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled search: %v", err)
	}
	if _, err := c.Upsert(cancelled, db.Document{ID: "x", Text: "y"}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled upsert: %v", err)
	}
}

func TestBadOptions(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{-1, 1000} {
		if _, err := db.Open(t.TempDir(), &db.Options{CacheBytes: n}); !errors.Is(err, db.ErrInvalidOptions) || !strings.Contains(err.Error(), "CacheBytes") {
			t.Error(n, err)
		}
	}
	if d, err := db.Open(t.TempDir(), &db.Options{CacheBytes: 1 << 20}); err != nil {
		t.Error(err)
	} else if err := d.Close(); err != nil {
		t.Error(err)
	}
	if _, err := db.Open(t.TempDir(), &db.Options{SyncEvery: -1, Limits: db.Limits{K: -1}}); !errors.Is(err, db.ErrInvalidOptions) ||
		!strings.Contains(err.Error(), "SyncEvery") || !strings.Contains(err.Error(), "limit K") {
		t.Errorf("not every invalid option is reported: %v", err)
	}
	d := open(t, t.TempDir(), &db.Options{})
	for _, name := range []string{"", "a b", "../x", "a/b", "-x", strings.Repeat("x", 129), "a\x00"} {
		if _, err := d.Collection(t.Context(), name, &db.CollectionOptions{Dims: 4}); !errors.Is(err, db.ErrInvalidName) {
			t.Errorf("collection %q: %v", name, err)
		}
	}
	for _, o := range []db.CollectionOptions{{}, {Dims: 5000}, {Dims: 8, HeadDims: 9}, {Dims: 8, M: 1}, {Dims: 8, EfSearch: -1}, {Dims: 8, Graph: "never"}} {
		if _, err := d.Collection(t.Context(), "x", &o); !errors.Is(err, db.ErrInvalidOptions) {
			t.Errorf("options %+v: %v", o, err)
		}
	}
	if _, err := d.Collection(t.Context(), "x", &db.CollectionOptions{MustExist: true}); !errors.Is(err, db.ErrNoCollection) {
		t.Errorf("unknown collection: %v", err)
	}
	c := collection(t, d, "given", &db.CollectionOptions{Dims: 8})
	if _, err := c.Insert(t.Context(), db.Document{ID: "1", Text: "text"}); !errors.Is(err, db.ErrNoEmbedder) {
		t.Errorf("text without an embedder: %v", err)
	}
	if _, err := c.Search(t.Context(), db.Query{Text: "text", K: 1}); !errors.Is(err, db.ErrNoEmbedder) {
		t.Errorf("text query without an embedder: %v", err)
	}
	if _, err := d.Collection(t.Context(), "given", &db.CollectionOptions{Dims: 9}); !errors.Is(err, db.ErrInvalidOptions) {
		t.Errorf("other dims: %v", err)
	}
}

type renamed struct {
	embedder.Embedder
	spec embedder.Spec
}

func (r renamed) Spec() embedder.Spec { return r.spec }

func TestModelMismatch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fake := embeddertest.New(384, 1)
	d := open(t, dir, &db.Options{Embedder: fake})
	collection(t, d, "c", nil)
	other := renamed{fake, fake.Spec()}
	other.spec.PassagePrefix = "passage: "
	if _, err := d.Collection(t.Context(), "c", &db.CollectionOptions{Embedder: other}); !errors.Is(err, db.ErrModelMismatch) ||
		!strings.Contains(err.Error(), fake.Spec().Fingerprint()[:12]) || !strings.Contains(err.Error(), other.spec.Fingerprint()[:12]) {
		t.Errorf("open handle with another model: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = open(t, dir, &db.Options{Embedder: other})
	if _, err := d.Collection(t.Context(), "c", nil); !errors.Is(err, db.ErrModelMismatch) {
		t.Errorf("reopening with another model: %v", err)
	}
}

func TestBadDirectories(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Open(file, nil); !errors.Is(err, db.ErrNotDatabase) {
		t.Errorf("a file: %v", err)
	}
	if _, err := db.Open(filepath.Dir(file), nil); !errors.Is(err, db.ErrNotDatabase) || !strings.Contains(err.Error(), "file") {
		t.Errorf("a directory with other files: %v", err)
	}
	if _, err := db.Open(filepath.Join(t.TempDir(), "none"), &db.Options{MustExist: true}); !errors.Is(err, db.ErrNotDatabase) {
		t.Errorf("a missing directory: %v", err)
	}
	dir := t.TempDir()
	d := open(t, dir, nil)
	if _, err := db.Open(dir, nil); !errors.Is(err, db.ErrLocked) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("a second open: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(dir, "FRONYDB")
	b, err := os.ReadFile(newer)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(newer, []byte(strings.Replace(string(b), "frony-db 1", "frony-db 99", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Open(dir, nil); !errors.Is(err, db.ErrFormat) {
		t.Errorf("a newer format: %v", err)
	}
	if err := os.WriteFile(newer, []byte("hello"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Open(dir, nil); !errors.Is(err, db.ErrNotDatabase) {
		t.Errorf("a damaged marker: %v", err)
	}
}

// TestPrecomputed: a collection of precomputed embeddings does not use the database's
// embedder.
func TestPrecomputed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := open(t, dir, &db.Options{})
	c := collection(t, d, "given", &db.CollectionOptions{Dims: 384})
	if _, err := c.Insert(t.Context(), db.Document{ID: "1", Embedding: vec(384, 3)}); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetFields(t.Context(), db.FieldEmbedding, "1")
	if err != nil || math.Abs(float64(got[0].Embedding[0])-1/math.Sqrt(384)) > 1e-6 {
		t.Errorf("the stored embedding is not of unit length: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = open(t, dir, nil)
	c = collection(t, d, "given", nil)
	if _, err := c.Search(t.Context(), db.Query{Text: "x", K: 1}); !errors.Is(err, db.ErrNoEmbedder) {
		t.Errorf("a text query on precomputed embeddings: %v", err)
	}
	m, err := c.Search(t.Context(), db.Query{Embedding: vec(384, 1), K: 1})
	if err != nil || len(m) != 1 || m[0].Score < 0.999 {
		t.Errorf("search: %v, %v", m, err)
	}
}

// TestUpsertUnchanged: an upsert embeds only new texts.
func TestUpsertUnchanged(t *testing.T) {
	t.Parallel()
	e := &counting{Fake: embeddertest.New(384, 1)}
	d := open(t, t.TempDir(), &db.Options{Embedder: e})
	c := collection(t, d, "c", nil)
	doc := db.Document{ID: "1", Text: "text", Metadata: db.Metadata{"a": 1}}
	upsert := func(want int) {
		t.Helper()
		e.texts = 0
		if _, err := c.Upsert(t.Context(), doc); err != nil {
			t.Fatal(err)
		}
		if e.texts != want {
			t.Errorf("%d texts embedded, want %d", e.texts, want)
		}
		got, err := c.Get(t.Context(), "1")
		if err != nil || got[0].Text != doc.Text || fmt.Sprint(got[0].Metadata["a"]) != fmt.Sprint(doc.Metadata["a"]) {
			t.Errorf("got %v, %v", got, err)
		}
	}
	upsert(1)
	upsert(0)
	doc.Metadata = db.Metadata{"a": 2}
	upsert(0)
	doc.Text = "other"
	upsert(1)
}

type counting struct {
	*embeddertest.Fake
	texts int
}

func (c *counting) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	c.texts += len(texts)
	return c.Fake.EmbedPassages(ctx, texts)
}
