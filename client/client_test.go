package client_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server"
	"github.com/fronyai/frony-db/server/keys"
)

// collection has the methods that a database and a server have in common.
type collection interface {
	Insert(context.Context, ...db.Document) ([]string, error)
	Upsert(context.Context, ...db.Document) ([]string, error)
	UpsertChunks(context.Context, chunk.Options, ...db.Document) (db.Replaced, error)
	InsertChunks(context.Context, chunk.Options, ...db.Document) ([]string, error)
	Get(context.Context, ...string) ([]db.Document, error)
	GetFields(context.Context, db.Fields, ...string) ([]db.Document, error)
	Delete(context.Context, ...string) (int, error)
	DeleteWhere(context.Context, filter.Expr) (int, error)
	Update(context.Context, string, db.Patch) error
	UpdateIDs(context.Context, db.Patch, ...string) (int, error)
	UpdateWhere(context.Context, filter.Expr, db.Patch) (int, error)
	FilterWarnings(context.Context, filter.Expr, ...string) ([]string, error)
	Facets(context.Context, db.FacetQuery) (db.Facets, error)
	Fields(context.Context, filter.Expr) ([]db.FieldInfo, error)
	Map(context.Context, db.MapQuery) (db.Map, error)
	Count(context.Context, filter.Expr) (int, error)
	Search(context.Context, db.Query) ([]db.Match, error)
	Scan(context.Context, db.Scan) iter.Seq2[db.Document, error]
	ReplaceSource(context.Context, string, ...db.Document) (db.Replaced, error)
}

var (
	_ collection = (*db.Collection)(nil)
	_ collection = (*client.Collection)(nil)
	_ interface {
		EmbedPassages(context.Context, []string) ([][]float32, error)
		EmbedQuery(context.Context, string) ([]float32, error)
	} = (*client.Client)(nil)
	_ embedder.Embedder = (*embeddertest.Fake)(nil)
)

const secret = "secret-0123456789abcdef0123456789"

// start serves a database; wrap, if not nil, wraps the server's handler.
func start(t *testing.T, wrap func(http.Handler) http.Handler) (*client.Client, *db.DB) {
	t.Helper()
	e := embeddertest.New(384, 1)
	d, err := db.Open(t.TempDir(), &db.Options{Embedder: e})
	if err != nil {
		t.Fatal(err)
	}
	k, err := keys.New("test", keys.Admin, nil, secret)
	if err != nil {
		t.Fatal(err)
	}
	set, err := keys.NewSet(k)
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.New(engine.Local(d), &server.Options{Embedder: e, Keys: set})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	var h http.Handler = s
	if wrap != nil {
		h = wrap(s)
	}
	ts := httptest.NewServer(h)
	t.Cleanup(func() {
		ts.Close()
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	c, err := client.New(ts.URL, &client.Options{Key: secret, RetryWait: time.Millisecond, RetryMax: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return c, d
}

// The same random calls have the same answers through the server and from a database
// beside it.
func TestSameAsTheDatabase(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c, d := start(t, nil)
	if _, err := c.Create(ctx, "remote", nil); err != nil {
		t.Fatal(err)
	}
	local, err := d.Collection(ctx, "local", nil)
	if err != nil {
		t.Fatal(err)
	}
	const seed = 7
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, seed))
	words := []string{"서울", "봄", "winter", "바다", "train", "눈", "coffee"}
	doc := func() db.Document {
		d := db.Document{ID: strconv.Itoa(rng.IntN(40)), Text: words[rng.IntN(len(words))] + " " + words[rng.IntN(len(words))]}
		d.Metadata = db.Metadata{"n": rng.Int64(), "f": rng.Float64(), "whole": float64(rng.IntN(9)), "b": rng.IntN(2) == 0, "s": words[rng.IntN(len(words))], "l": []string{"a", "b"}}
		if rng.IntN(3) == 0 {
			d.Source, d.Chunk = "file.md", rng.IntN(9)
		}
		if rng.IntN(3) == 0 {
			d.Expires = time.Date(2100, 1, 2, 3, 4, 5, rng.IntN(1e6)*1000, time.UTC)
		}
		return d
	}
	both := []collection{c.Collection("remote"), local}
	inserted := 0
	for step := range 300 {
		var got [2]any
		op := rng.IntN(14)
		docs := []db.Document{doc(), doc()}
		ids := []string{strconv.Itoa(rng.IntN(40)), strconv.Itoa(rng.IntN(40))}
		where := filter.Eq("s", words[rng.IntN(len(words))])
		text := words[rng.IntN(len(words))]
		sort := []db.SortKey{{Field: []string{"s", "whole", "_source", "none"}[rng.IntN(4)], Descending: rng.IntN(2) == 0}, {Field: "n"}}[:1+rng.IntN(2)]
		offset, group := rng.IntN(3), []string{"", "s", "b"}[rng.IntN(3)]
		mode, perSource := db.Mode(rng.IntN(4)), rng.IntN(3)
		fields := []db.Fields{0, db.FieldsNone, db.FieldText, db.FieldMetadata | db.FieldEmbedding}[rng.IntN(4)]
		for i, c := range both {
			var v any
			var err error
			switch op {
			case 0:
				v, err = c.Insert(ctx, docs...)
			case 1, 2:
				v, err = c.Upsert(ctx, docs...)
			case 3:
				v, err = get(c, ctx, ids)
			case 4:
				v, err = c.Delete(ctx, ids[0])
			case 5:
				v, err = c.Count(ctx, filter.Not(where))
			case 6:
				v, err = matches(c, ctx, db.Query{
					Text: text, K: 5, PerSource: perSource, Filter: where, Mode: mode, Exact: mode == db.Dense, Recall: 1,
					Fields: db.FieldEmbedding | fields, Highlight: true, Snippet: 1 + len(ids[0])*4, Context: len(ids[0]) % 3,
				})
			case 7:
				v, err = scan(c, ctx, db.Scan{Filter: filter.Gt("f", 0.3), After: ids[0], Limit: 7, Fields: fields})
			case 8:
				var r db.Replaced
				if r, err = c.ReplaceSource(ctx, "file.md", docs...); err == nil {
					v = r
				}
			case 11:
				q := db.FacetQuery{Fields: []string{"s", "f", "whole", "b", "l", "_source", "n", "none"}, Filter: filter.Not(where), Top: 1 + len(text)%4}
				if offset > 0 {
					q.Search = &db.Query{Text: text, K: 9, Mode: mode, Exact: mode == db.Dense}
				}
				v, err = c.Facets(ctx, q)
			case 12:
				if v, err = c.Fields(ctx, where); err == nil {
					var m db.Map
					m, err = c.Map(ctx, db.MapQuery{Filter: filter.Not(where), Color: "s", IDs: ids})
					v = []any{v, m.IDs, m.Legend, m.Colors, m.Warnings}
				}
			case 13:
				if v, err = matches(c, ctx, db.Query{Text: text, K: 5, Offset: offset, GroupBy: group, Filter: where, Mode: db.Lexical}); err == nil {
					s := db.Scan{Filter: filter.Gt("f", 0.3), Sort: sort, Limit: 7, Fields: fields}
					var page []db.Document
					if page, err = scan(c, ctx, s); len(page) > 3 {
						s = s.Next(&page[3])
						page, err = scan(c, ctx, s)
					}
					v = []any{v, page}
				}
			case 9, 10:
				long := db.Document{ID: ids[0], Text: "# " + text + "\n" + strings.Repeat(docs[0].Text+". ", len(text)%5)}
				o := chunk.Options{Format: chunk.Format(len(text) % 2), MaxTokens: 12, Overlap: []*int{nil, new(0), new(1)}[len(text)%3]}
				if op == 9 {
					v, err = c.UpsertChunks(ctx, o, long)
				} else if v, err = c.InsertChunks(ctx, o, long); err == nil {
					inserted++
				}
			}
			got[i] = []any{v, kind(err)}
		}
		if !reflect.DeepEqual(got[0], got[1]) {
			t.Fatalf("step %d, operation %d:\nserver   %v\ndatabase %v", step, op, got[0], got[1])
		}
	}
	like := db.Query{Like: []string{"like"}, K: 5, Exact: true}
	var found [2]any
	for i, c := range both {
		if _, err := c.Upsert(ctx, db.Document{ID: "like", Text: "서울 봄"}); err != nil {
			t.Fatal(err)
		}
		v, err := matches(c, ctx, like)
		if err != nil || len(v) == 0 {
			t.Fatal(v, err)
		}
		_, err = c.Search(ctx, db.Query{Text: "봄", Like: []string{"none"}, K: 1})
		found[i] = []any{v, kind(err)}
	}
	if !reflect.DeepEqual(found[0], found[1]) {
		t.Errorf("like:\nserver   %v\ndatabase %v", found[0], found[1])
	}
	if inserted < 4 {
		t.Errorf("only %d inserts of chunks succeeded", inserted)
	}
}

// kind is the error of package db that an error wraps.
func kind(err error) error {
	for _, e := range []error{db.ErrNotFound, db.ErrExists, db.ErrDuplicateID, db.ErrInvalidText} {
		if errors.Is(err, e) {
			return e
		}
	}
	return err
}

func get(c collection, ctx context.Context, ids []string) ([]db.Document, error) { //nolint:revive // the receiver of the test comes first
	docs, err := c.Get(ctx, ids...)
	for i := range docs {
		docs[i].Created = time.Time{}
	}
	return docs, err
}

func matches(c collection, ctx context.Context, q db.Query) (out []db.Match, err error) { //nolint:revive // as above
	out, err = c.Search(ctx, q)
	for i := range out {
		out[i].Document.Created = time.Time{}
	}
	return out, err
}

func scan(c collection, ctx context.Context, s db.Scan) (docs []db.Document, err error) { //nolint:revive // as above
	for d, err := range c.Scan(ctx, s) {
		if err != nil {
			return nil, err
		}
		d.Created = time.Time{}
		docs = append(docs, d)
	}
	return docs, nil
}

func TestErrors(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c, _ := start(t, nil)
	n := c.Collection("none")
	_, err := n.Search(ctx, db.Query{Text: "x", K: 1})
	if !errors.Is(err, db.ErrNoCollection) {
		t.Error(err)
	}
	e, ok := errors.AsType[*client.Error](err)
	if !ok || e.Status != 404 || e.RequestID == "" {
		t.Errorf("%#v", e)
	}
	wrong, err := client.New("http://127.0.0.1:1", &client.Options{Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range wrong.Collections(ctx) {
		if err == nil {
			t.Error("nobody listens there")
		}
	}
	for _, address := range []string{"", "localhost:7700", "ftp://x", "http://"} {
		if _, err := client.New(address, nil); err == nil {
			t.Errorf("%q was taken", address)
		}
	}
}

// The answer to a request is lost, or the server is busy: the client sends the request
// again, and nothing is written twice.
func TestRetries(t *testing.T) {
	ctx := t.Context()
	var fail atomic.Int64 // requests that will fail
	var busy atomic.Bool
	var tries atomic.Int64
	c, d := start(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			tries.Add(1)
			if fail.Add(-1) < 0 {
				next.ServeHTTP(w, r)
				return
			}
			if busy.Load() {
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			next.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		})
	})
	if _, err := c.Create(ctx, "notes", nil); err != nil {
		t.Fatal(err)
	}
	n := c.Collection("notes")
	fail.Store(2)
	first, err := n.Insert(ctx, db.Document{Text: "once"})
	if err != nil || len(first) != 1 {
		t.Fatal(first, err)
	}
	fail.Store(1)
	if _, err := n.Insert(ctx, db.Document{ID: "a", Text: "named"}); err != nil {
		t.Fatal(err) // not db.ErrExists: it is its own document
	}
	fail.Store(2)
	if _, err := n.Upsert(ctx, db.Document{Text: "made up here"}); err != nil {
		t.Fatal(err)
	}
	local, err := d.Collection(ctx, "notes", nil)
	if err != nil {
		t.Fatal(err)
	}
	if count, err := local.Count(ctx, filter.All()); err != nil || count != 3 {
		t.Fatal(count, err)
	}
	fail.Store(1)
	if count, err := n.Delete(ctx, "a"); err != nil || count != 1 {
		t.Fatal(count, err) // the first answer, though the document was gone the second time
	}
	busy.Store(true)
	fail.Store(1)
	began := time.Now()
	if _, err := n.Count(ctx, filter.All()); err != nil || time.Since(began) < 900*time.Millisecond {
		t.Fatal(err, time.Since(began))
	}
	fail.Store(1 << 30)
	tries.Store(0)
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if _, err := n.Count(short, filter.All()); !errors.Is(err, context.DeadlineExceeded) || tries.Load() != 1 {
		t.Fatal(err, tries.Load())
	}
}

// More ids than fit in one request are sent in several.
func TestManyIDs(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c, _ := start(t, nil)
	if _, err := c.Create(ctx, "notes", &db.CollectionOptions{Precomputed: true, Dims: 3}); err != nil {
		t.Fatal(err)
	}
	n := c.Collection("notes")
	ids := []string{"nobody"}
	var docs []db.Document
	for i := range 1500 {
		docs = append(docs, db.Document{ID: strconv.Itoa(i), Embedding: []float32{1, float32(i), 0}})
		ids = append(ids, strconv.Itoa(i))
	}
	if _, err := n.Upsert(ctx, docs...); !errors.Is(err, db.ErrBatchTooLarge) {
		t.Fatal(err)
	}
	for part := range slices.Chunk(docs, 1000) {
		if _, err := n.Upsert(ctx, part...); err != nil {
			t.Fatal(err)
		}
	}
	found, err := n.GetFields(ctx, db.FieldsNone, ids...)
	if len(found) != 1500 || found[1499].ID != "1499" || !errors.Is(err, db.ErrNotFound) {
		t.Fatal(len(found), err)
	}
	if deleted, err := n.Delete(ctx, ids...); deleted != 1500 || err != nil {
		t.Fatal(deleted, err)
	}
}

func TestUpload(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c, _ := start(t, nil)
	n := c.Collection("notes")
	docs := func(yield func(db.Document) bool) {
		for i := range 2000 {
			d := db.Document{ID: strconv.Itoa(i), Text: fmt.Sprint("line ", i)}
			if i%100 == 7 {
				d.Text = ""
			}
			if !yield(d) {
				return
			}
		}
	}
	for _, err := range n.Upload(ctx, docs) {
		if !errors.Is(err, db.ErrNoCollection) {
			t.Fatal(err)
		}
	}
	if _, err := c.Create(ctx, "notes", nil); err != nil {
		t.Fatal(err)
	}
	written, rejected := 0, 0
	for u, err := range n.Upload(ctx, docs) {
		switch {
		case err != nil:
			t.Fatal(err)
		case u.Err != nil:
			rejected++
			if !errors.Is(u.Err, db.ErrInvalidText) || u.N%100 != 7 {
				t.Fatal(u)
			}
		default:
			written++
			if u.ID != strconv.Itoa(u.N) {
				t.Fatal(u)
			}
		}
	}
	if written != 1980 || rejected != 20 {
		t.Fatal(written, rejected)
	}
	for u, err := range n.Upload(ctx, docs) { // and one that is left early
		if err != nil || u.N > 255 {
			t.Fatal(u, err)
		}
		break
	}
	var ids []string
	for d, err := range n.Scan(ctx, db.Scan{Fields: db.FieldsNone}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, d.ID)
	}
	if len(ids) != 1980 || !slices.IsSorted(ids) {
		t.Fatal(len(ids))
	}
}

// An upload in chunks stores what UpsertChunks stores.
func TestUploadChunks(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c, d := start(t, nil)
	if _, err := c.Create(ctx, "uploaded", nil); err != nil {
		t.Fatal(err)
	}
	upserted, err := d.Collection(ctx, "upserted", nil)
	if err != nil {
		t.Fatal(err)
	}
	n := c.Collection("uploaded")
	var docs []db.Document
	for i := range 300 {
		docs = append(docs, db.Document{ID: strconv.Itoa(i), Text: "# Title\n\n" + strings.Repeat(fmt.Sprintf("Sentence number %d. ", i), i%20)})
	}
	for i := range docs {
		if i%3 == 0 {
			docs[i].Expires = time.Date(2100, 1, 2, 3, 4, 5, i*1000, time.UTC)
		}
	}
	for _, o := range []chunk.Options{{}, {Format: chunk.Markdown, MaxTokens: 20, Overlap: new(5)}, {MaxTokens: 12, Overlap: new(0)}} {
		for u, err := range n.UploadChunks(ctx, o, slices.Values(docs)) {
			if err != nil || u.Err != nil || u.ID != strconv.Itoa(u.N) {
				t.Fatal(u, err)
			}
		}
		if _, err := upserted.UpsertChunks(ctx, o, docs...); err != nil {
			t.Fatal(err)
		}
		if got, want := texts(t, n), texts(t, upserted); len(want) < 300 || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v: %d documents, want %d that are the same", o, len(got), len(want))
		}
	}
	mine := chunk.Options{Count: func(s string) int { return len(s) }}
	for _, o := range []chunk.Options{{MaxTokens: 10, Overlap: new(9)}, mine} {
		var err error
		for _, err = range n.UploadChunks(ctx, o, slices.Values(docs)) {
		}
		if !errors.Is(err, db.ErrInvalidOptions) {
			t.Error(err)
		}
	}
	if _, err := n.InsertChunks(ctx, mine, docs...); !errors.Is(err, db.ErrInvalidOptions) {
		t.Error(err)
	}
}

// texts are the documents of a collection, without the times of writing.
func texts(t *testing.T, c collection) (docs []db.Document) {
	t.Helper()
	for d, err := range c.Scan(t.Context(), db.Scan{}) {
		if err != nil {
			t.Fatal(err)
		}
		d.Created = time.Time{}
		docs = append(docs, d)
	}
	return docs
}

// All options of a collection except the embedder arrive at the server.
func TestCreate(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c, d := start(t, nil)
	want := db.CollectionOptions{Dims: 32, Precomputed: true, HeadDims: 16, M: 8, EfConstruction: 50, EfSearch: 60, Oversampling: 7, NoTail: true, Codes: db.FullCodes, Graph: db.GraphAlways}
	if _, err := c.Create(ctx, "notes", &want); err != nil {
		t.Fatal(err)
	}
	n, err := d.Collection(ctx, "notes", &want) // options that differ would be refused
	if err != nil {
		t.Fatal(err)
	}
	if stats, err := n.Stats(); err != nil || stats.Oversampling != 7 {
		t.Error(stats, err)
	}
	if _, err := c.Create(ctx, "more", &db.CollectionOptions{EfSearch: 9000}); !errors.Is(err, db.ErrLimit) {
		t.Error(err)
	}
}

func TestRest(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c, _ := start(t, nil)
	if _, err := c.Create(ctx, "메모/1", nil); !errors.Is(err, db.ErrInvalidName) {
		t.Fatal(err)
	}
	info, err := c.Create(ctx, "메모", &db.CollectionOptions{M: 8})
	if err != nil || info.Dims != 384 {
		t.Fatal(info, err)
	}
	n := c.Collection("메모")
	if _, err := n.Upsert(ctx, db.Document{ID: "1", Text: "봄"}, db.Document{ID: "2", Text: "winter"}); err != nil {
		t.Fatal(err)
	}
	var trace db.Trace
	results, err := n.SearchBatch(ctx, db.Query{Text: "봄", K: 1, Trace: &trace}, db.Query{Text: "winter", K: 1})
	if err != nil || results[0][0].Document.ID != "1" || results[1][0].Document.ID != "2" || trace.Total == 0 {
		t.Fatal(results, trace, err)
	}
	if stats, err := n.Stats(ctx); err != nil || stats.Documents != 2 {
		t.Fatal(stats, err)
	}
	v, err := c.EmbedQuery(ctx, "봄")
	if err != nil || len(v) != 384 {
		t.Fatal(len(v), err)
	}
	vs, err := c.EmbedPassages(ctx, []string{"봄", "b"})
	if err != nil || len(vs) != 2 || !slices.Equal(vs[0], v) {
		t.Fatal(len(vs), err)
	}
	var list []db.CollectionInfo
	for info, err := range c.Collections(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, info)
	}
	if len(list) != 1 || list[0].Documents != 2 {
		t.Fatal(list)
	}
	if err := c.Drop(ctx, "메모"); err != nil {
		t.Fatal(err)
	}
	if err := c.Drop(ctx, "메모"); !errors.Is(err, db.ErrNoCollection) {
		t.Fatal(err)
	}
}

// Text that is not UTF-8 is refused as the database refuses it, and nothing else is
// stored in its place.
func TestInvalidUTF8(t *testing.T) {
	t.Parallel()
	c, d := start(t, nil)
	ctx := t.Context()
	local, err := d.Collection(ctx, "notes", nil)
	if err != nil {
		t.Fatal(err)
	}
	remote := c.Collection("notes")
	const bad = "a\xffb"
	for _, doc := range []db.Document{
		{ID: bad, Text: "x"},
		{ID: "1", Text: bad},
		{ID: "1", Text: "x", Source: bad},
		{ID: "1", Text: "x", Metadata: db.Metadata{bad: 1}},
		{ID: "1", Text: "x", Metadata: db.Metadata{"a": bad}},
		{ID: "1", Text: "x", Metadata: db.Metadata{"a": []string{"b", bad}}},
		{ID: "1", Text: "x", Metadata: db.Metadata{"text": bad}},
	} {
		_, want := local.Upsert(ctx, doc)
		_, got := remote.Upsert(ctx, doc)
		sentinel := errors.Unwrap(want)
		for _, s := range []error{db.ErrInvalidID, db.ErrInvalidText, db.ErrInvalidMetadata} {
			if errors.Is(want, s) {
				sentinel = s
			}
		}
		if want == nil || !errors.Is(got, sentinel) {
			t.Errorf("%+v: %v from the client, %v from the database", doc, got, want)
		}
	}
	if _, err := remote.Delete(ctx, bad); !errors.Is(err, db.ErrInvalidID) {
		t.Errorf("delete: %v", err)
	}
	if _, err := remote.Search(ctx, db.Query{Text: bad, K: 1}); !errors.Is(err, db.ErrInvalidText) {
		t.Errorf("search: %v", err)
	}
	if _, err := c.EmbedQuery(ctx, bad); !errors.Is(err, db.ErrInvalidText) {
		t.Errorf("embed: %v", err)
	}
	docs := []db.Document{{ID: "1", Text: "x"}, {ID: "2", Text: bad}, {ID: "3", Text: "y"}}
	var answers []string
	for u, err := range remote.Upload(ctx, slices.Values(docs)) {
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, fmt.Sprint(u.N, u.ID, errors.Is(u.Err, db.ErrInvalidText)))
	}
	slices.Sort(answers)
	if fmt.Sprint(answers) != "[0 1 false 1  true 2 3 false]" && fmt.Sprint(answers) != "[01false 1true 23false]" {
		t.Error(answers)
	}
	if n, err := local.Count(ctx, filter.All()); n != 2 || err != nil {
		t.Error(n, err)
	}
}
