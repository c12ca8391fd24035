package enginetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/engine"
)

func (c *counting) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	c.texts += len(texts)
	return c.Embedder.EmbedPassages(ctx, texts)
}

func testCollections(t *testing.T, e Engine) {
	ctx := t.Context()
	d := e.Open(t, &db.Options{Embedder: embeddertest.New(dims, 1)})
	if _, err := d.Collection(ctx, "none", &db.CollectionOptions{MustExist: true}); !errors.Is(err, db.ErrNoCollection) {
		t.Errorf("a collection that does not exist: %v", err)
	}
	if _, err := d.Collection(ctx, "a/b", nil); !errors.Is(err, db.ErrInvalidName) {
		t.Errorf("a name with a slash: %v", err)
	}
	for _, name := range []string{"나", "b", "a"} {
		c, err := d.Collection(ctx, name, nil)
		if err != nil || c.Name() != name || c.Dims() != dims || c.Model() == nil {
			t.Fatal(name, err)
		}
	}
	if _, err := d.Collection(ctx, "given", &db.CollectionOptions{Dims: 3, Precomputed: true}); err != nil {
		t.Fatal(err)
	}
	c, err := d.Collection(ctx, "a", &db.CollectionOptions{MustExist: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Upsert(ctx, documents(7, 1)...); err != nil {
		t.Fatal(err)
	}
	var names []string
	for info, err := range d.Collections(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, fmt.Sprintf("%s %d %d/%d %v", info.Name, info.Documents, info.HeadDims, info.Dims, info.Model != nil))
		if time.Since(info.Created) > time.Hour {
			t.Errorf("%s was created at %v", info.Name, info.Created)
		}
	}
	if got, want := strings.Join(names, ", "), "a 7 32/64 true, b 0 32/64 true, given 0 3/3 false, 나 0 32/64 true"; got != want {
		t.Errorf("collections:\n got %s\nwant %s", got, want)
	}
	s, err := c.Stats()
	if err != nil || s.Documents != 7 || s.Dims != dims || s.HeadDims != dims/2 || s.Fields == 0 || s.Disk.Store == 0 {
		t.Errorf("stats: %+v, %v", s, err)
	}
	// 나 decomposed is the same name.
	if c, err := d.Collection(ctx, "나", &db.CollectionOptions{MustExist: true}); err != nil || c.Name() != "나" {
		t.Errorf("a name in another Unicode normalisation: %v", err)
	}
	if err := d.Drop(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	if err := d.Drop(ctx, "a"); !errors.Is(err, db.ErrNoCollection) {
		t.Errorf("dropped twice: %v", err)
	}
	if c, err = d.Collection(ctx, "a", nil); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Count(ctx, filter.All()); n != 0 || err != nil {
		t.Errorf("a new collection in place of a dropped one has %d documents, %v", n, err)
	}
}

func testModels(t *testing.T, e Engine) {
	ctx := t.Context()
	d := e.Open(t, nil)
	if _, err := d.Collection(ctx, "notes", &db.CollectionOptions{Embedder: embeddertest.New(dims, 1)}); err != nil {
		t.Fatal(err)
	}
	for what, o := range map[string]*db.CollectionOptions{
		"another model of as many dimensions": {Embedder: embeddertest.New(dims, 2)},
		"a model of other dimensions":         {Embedder: embeddertest.New(2*dims, 1)},
	} {
		if _, err := d.Collection(ctx, "notes", o); !errors.Is(err, db.ErrModelMismatch) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := d.Collection(ctx, "notes", &db.CollectionOptions{Dims: 7}); !errors.Is(err, db.ErrInvalidOptions) {
		t.Errorf("other dims: %v", err)
	}
	if c, err := d.Collection(ctx, "notes", &db.CollectionOptions{Embedder: embeddertest.New(dims, 1), MustExist: true}); err != nil || c.Model().Model != "embeddertest/fake" {
		t.Errorf("the same model: %v", err)
	}
	if _, err := d.Collection(ctx, "nothing", nil); !errors.Is(err, db.ErrInvalidOptions) {
		t.Errorf("a collection without a model and without dims: %v", err)
	}
}

func testWrite(t *testing.T, e Engine) {
	p := newPair(t, e)
	ctx := t.Context()
	docs := documents(40, 1)
	insert := func(what string, docs ...db.Document) {
		do(p, what, func(c engine.Collection) ([]string, error) { return c.Insert(ctx, docs...) })
		p.same()
	}
	insert("insert", docs...)
	insert("insert of one that exists, and of one that does not", docs[3], db.Document{ID: "new", Text: "새 문서"})
	// The embedding is given, and has another length.
	given := make([]float32, dims)
	given[3], given[5] = 3, 4
	insert("insert with an embedding", db.Document{ID: "given", Embedding: given}, db.Document{ID: "both", Text: "둘", Embedding: given})
	changed := docs[5]
	changed.Text, changed.Metadata = "바뀐 글", db.Metadata{"only": "this"}
	do(p, "upsert", func(c engine.Collection) ([]string, error) {
		return c.Upsert(ctx, changed, docs[6], db.Document{ID: "newer", Text: "더 새 문서"})
	})
	p.same()
	// 각 in parts means the same document as 각.
	do(p, "upsert in another normalisation", func(c engine.Collection) ([]string, error) {
		if _, err := c.Upsert(ctx, db.Document{ID: "각", Text: "하나"}); err != nil {
			return nil, err
		}
		return c.Upsert(ctx, db.Document{ID: "각", Text: "둘"})
	})
	do(p, "count", func(c engine.Collection) (int, error) { return c.Count(ctx, filter.All()) })
	for _, fields := range []db.Fields{0, db.FieldsNone, db.FieldText, db.FieldMetadata, db.FieldEmbedding} {
		do(p, "get", func(c engine.Collection) ([]db.Document, error) {
			return plains(c.GetFields(ctx, fields, "d0007", "d0001", "각", "d0007"))
		})
		do(p, "get of missing ones", func(c engine.Collection) ([]db.Document, error) {
			return plains(c.GetFields(ctx, fields, "d0007", "missing", "d0001"))
		})
	}
	ids, err := p.got.Insert(ctx, db.Document{Text: "without an id"})
	if err != nil || len(ids) != 1 || ids[0] == "" {
		t.Errorf("a document without an id: %q, %v", ids, err)
	}
	if docs, err := p.got.GetFields(ctx, 0, ids...); err != nil || len(docs) != 1 {
		t.Errorf("get by a generated id: %v, %v", docs, err)
	}
}

func testRefusals(t *testing.T, e Engine) {
	p := newPair(t, e)
	ctx := t.Context()
	nan := make([]float32, dims)
	nan[1] = float32(math.NaN())
	for what, docs := range map[string][]db.Document{
		"no text":          {{ID: "a"}},
		"twice":            {{ID: "a", Text: "x"}, {ID: "a", Text: "y"}},
		"control":          {{ID: "a\nb", Text: "x"}},
		"long id":          {{ID: strings.Repeat("x", 600), Text: "x"}},
		"not UTF-8":        {{ID: "a", Text: "\xff"}},
		"dims":             {{ID: "a", Embedding: []float32{1, 2}}},
		"NaN":              {{ID: "a", Embedding: nan}},
		"zero":             {{ID: "a", Embedding: make([]float32, dims)}},
		"metadata":         {{ID: "a", Text: "x", Metadata: db.Metadata{"f": func() {}}}},
		"one of two":       {{ID: "ok", Text: "x"}, {ID: "", Text: ""}},
		"too many at once": make([]db.Document, 10_001),
	} {
		do(p, "insert: "+what, func(c engine.Collection) ([]string, error) { return c.Insert(ctx, docs...) })
		do(p, "upsert: "+what, func(c engine.Collection) ([]string, error) { return c.Upsert(ctx, docs...) })
		do(p, "replace: "+what, func(c engine.Collection) (int, error) {
			r, err := c.ReplaceSource(ctx, "s", docs...)
			return r.Written, err
		})
		if len(docs) == 1 {
			do(p, "validate: "+what, func(c engine.Collection) (int, error) { return 0, c.Validate(docs[0]) })
		}
	}
	p.same()
	for what, q := range map[string]db.Query{
		"nothing": {K: 1}, "no k": {Text: "x"}, "both": {Text: "x", Embedding: nan, K: 1}, "NaN": {Embedding: nan, K: 1},
		"dims": {Embedding: []float32{1}, K: 1}, "like": {Like: []string{"missing"}, K: 1}, "filter": {Text: "x", K: 1, Filter: filter.Eq("a", func() {})},
	} {
		do(p, "search: "+what, func(c engine.Collection) (int, error) {
			m, err := c.Search(ctx, q)
			return len(m), err
		})
	}
	bare := e.Open(t, nil)
	c, err := bare.Collection(ctx, "given", &db.CollectionOptions{Dims: 2, Precomputed: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Insert(ctx, db.Document{ID: "a", Text: "x"}); !errors.Is(err, db.ErrNoEmbedder) {
		t.Errorf("a text without an embedder: %v", err)
	}
}

func testUnchanged(t *testing.T, e Engine) {
	ctx := t.Context()
	n := &counting{Embedder: embeddertest.New(dims, 1)}
	c := collection(t, e.Open(t, &db.Options{Embedder: n}), nil)
	docs := documents(20, 3)
	write := func(what string, want int) {
		t.Helper()
		before := n.texts
		if _, err := c.Upsert(ctx, docs...); err != nil {
			t.Fatal(err)
		}
		if got := n.texts - before; got != want {
			t.Errorf("%s: %d texts were embedded, want %d", what, got, want)
		}
	}
	write("new", 20)
	write("unchanged", 0)
	docs[3].Metadata = db.Metadata{"new": "metadata"}
	docs[4].Source = "other.md"
	write("other metadata and another source", 0)
	docs[5].Text = "another text"
	docs[6].Title = "another title"
	write("another text and another title", 2)
	got, err := c.GetFields(ctx, 0, docs[3].ID, docs[4].ID, docs[5].ID)
	if err != nil || got[0].Metadata["new"] != "metadata" || got[1].Source != "other.md" || got[2].Text != "another text" {
		t.Errorf("what was changed: %v, %v", got, err)
	}
}

func testMetadata(t *testing.T, e Engine) {
	p := newPair(t, e)
	ctx := t.Context()
	all := db.Metadata{"nested": map[string]any{"a": 1, "b": map[string]any{"c": []any{"x", "y"}}}, "u8": uint8(7), "f32": float32(0.5)}
	for i, v := range append(append([]any{}, values...), lists...) {
		all[fmt.Sprintf("v%02d", i)] = v
	}
	all["한글 이름\twith a tab"[:13]] = "x"
	do(p, "insert", func(c engine.Collection) ([]string, error) {
		return c.Insert(ctx, db.Document{ID: "all", Text: "x", Metadata: all})
	})
	p.same()
	many := db.Metadata{}
	for i := range 257 {
		many[fmt.Sprint("f", i)] = i
	}
	do(p, "too many fields", func(c engine.Collection) ([]string, error) {
		return c.Insert(ctx, db.Document{ID: "many", Text: "x", Metadata: many})
	})
}

func testSources(t *testing.T, e Engine) {
	p := newPair(t, e)
	ctx := t.Context()
	replace := func(what, source string, docs ...db.Document) {
		t.Helper()
		do(p, what, func(c engine.Collection) (db.Replaced, error) { return c.ReplaceSource(ctx, source, docs...) })
		p.same()
	}
	text := func(s string) db.Document { return db.Document{Text: s} }
	replace("new", "a.md", text("하나"), text("둘"), text("셋"))
	replace("unchanged", "a.md", text("하나"), text("둘"), text("셋"))
	replace("shorter", "a.md", text("하나"), text("다른 둘"))
	replace("another", "b.md", text("하나"), db.Document{ID: "own", Text: "넷"})
	replace("takes a document of another source", "a.md", db.Document{ID: "own", Text: "넷"})
	replace("with a bad document", "a.md", text(""))
	replace("nothing", "a.md")
	replace("no source", "", text("x"))
	replace("another normalisation of one", "각.md", text("하나"), text("둘"))
	replace("another normalisation of one", "각.md", text("하나"))
}

func testChunks(t *testing.T, e Engine) {
	p := newPair(t, e)
	ctx := t.Context()
	o := chunk.Options{MaxTokens: 20, Format: chunk.Markdown}
	long := "# 이사 안내\n\n" + strings.Repeat("전입신고는 이사한 날부터 열나흘 안에 합니다. ", 12) + "\n\n## Refunds\n\n" + strings.Repeat("Refunds take a week. ", 20)
	upsert := func(what string, docs ...db.Document) {
		t.Helper()
		r := do(p, what, func(c engine.Collection) (db.Replaced, error) { return c.UpsertChunks(ctx, o, docs...) })
		if len(docs) > 0 && len(r.IDs) == 0 {
			t.Errorf("%s: no ids", what)
		}
		p.same()
	}
	do(p, "chunks", func(c engine.Collection) (int, error) {
		docs, err := c.Chunks(o, db.Document{ID: "guide.md", Text: long})
		return len(docs), err
	})
	upsert("new", db.Document{ID: "guide.md", Text: long}, db.Document{ID: "short.md", Text: "짧다"})
	upsert("unchanged", db.Document{ID: "guide.md", Text: long})
	upsert("shorter", db.Document{ID: "guide.md", Text: long[:len(long)/2]})
	upsert("in one chunk", db.Document{ID: "guide.md", Text: "이제 짧다"})
	upsert("long again", db.Document{ID: "short.md", Text: long})
	do(p, "insert", func(c engine.Collection) ([]string, error) {
		return c.InsertChunks(ctx, o, db.Document{ID: "third.md", Text: long})
	})
	do(p, "insert of one that exists in chunks", func(c engine.Collection) ([]string, error) {
		return c.InsertChunks(ctx, o, db.Document{ID: "fourth.md", Text: "x"}, db.Document{ID: "third.md", Text: "x"})
	})
	do(p, "bad options", func(c engine.Collection) (db.Replaced, error) {
		return c.UpsertChunks(ctx, chunk.Options{MaxTokens: -1}, db.Document{ID: "x", Text: "x"})
	})
	p.same()
}

func testUpdate(t *testing.T, e Engine) {
	p := newPair(t, e)
	ctx := t.Context()
	docs := documents(60, 4)
	do(p, "insert", func(c engine.Collection) ([]string, error) { return c.Insert(ctx, docs...) })
	source, soon := "moved.md", time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	patches := []db.Patch{
		{Metadata: db.Metadata{"a": "new", "n": map[string]any{"y": 2}, "b": nil}},
		{Source: &source},
		{Expires: &soon},
		{Metadata: db.Metadata{"tags": []string{"Rosenstein", "꼬리표"}}},
		{},
		{Metadata: db.Metadata{"x": func() {}}},
	}
	for i, patch := range patches {
		what := fmt.Sprint("patch ", i)
		do(p, what, func(c engine.Collection) (int, error) { return 0, c.Update(ctx, docs[i].ID, patch) })
		do(p, what+" by ids", func(c engine.Collection) (int, error) { return c.UpdateIDs(ctx, patch, docs[10+i].ID, docs[20+i].ID) })
		do(p, what+" of a missing one", func(c engine.Collection) (int, error) { return c.UpdateIDs(ctx, patch, docs[30+i].ID, "missing") })
		do(p, what+" by a filter", func(c engine.Collection) (int, error) { return c.UpdateWhere(ctx, filter.Eq("a", values[i]), patch) })
		p.same()
	}
	search(p, "the words of tags", db.Query{Text: "꼬리표", K: 10, Mode: db.Lexical}, 1e-5)
	do(p, "all", func(c engine.Collection) (int, error) {
		return c.UpdateWhere(ctx, filter.All(), db.Patch{Metadata: db.Metadata{"seen": true}})
	})
	p.same()
}

func testDelete(t *testing.T, e Engine) {
	p := newPair(t, e)
	ctx := t.Context()
	do(p, "insert", func(c engine.Collection) ([]string, error) { return c.Insert(ctx, documents(1200, 5)...) })
	do(p, "delete", func(c engine.Collection) (int, error) { return c.Delete(ctx, "d0001", "missing", "d0002") })
	do(p, "delete nothing", func(c engine.Collection) (int, error) { return c.Delete(ctx, "missing") })
	do(p, "delete a bad id", func(c engine.Collection) (int, error) { return c.Delete(ctx, "") })
	do(p, "delete where", func(c engine.Collection) (int, error) { return c.DeleteWhere(ctx, filter.Exists("a")) })
	p.same()
	do(p, "delete where, evaluated here", func(c engine.Collection) (int, error) { return c.DeleteWhere(ctx, filter.Like("_source", "s1%")) })
	p.same()
	search(p, "after deletes", db.Query{Text: "서울의 날씨와 server error", K: 20}, 1e-5)
	do(p, "delete all", func(c engine.Collection) (int, error) { return c.DeleteWhere(ctx, filter.All()) })
	p.same()
	search(p, "in nothing", db.Query{Text: "서울의 날씨", K: 20}, 1e-5)
}

func testExpiry(t *testing.T, e Engine) {
	p := newPair(t, e)
	ctx := t.Context()
	at := time.Now().Add(1500 * time.Millisecond).Truncate(time.Microsecond)
	docs := []db.Document{{ID: "goes", Text: "서울의 봄", Expires: at}, {ID: "stays", Text: "서울의 가을", Expires: time.Now().Add(time.Hour).Truncate(time.Microsecond)}, {ID: "past", Text: "서울", Expires: time.Now().Add(-time.Hour)}}
	do(p, "insert", func(c engine.Collection) ([]string, error) { return c.Insert(ctx, docs...) })
	look := func(when string) {
		t.Helper()
		p.same()
		do(p, "get "+when, func(c engine.Collection) (int, error) {
			docs, err := c.GetFields(ctx, 0, "goes", "stays", "past")
			return len(docs), err
		})
		do(p, "count "+when, func(c engine.Collection) (int, error) { return c.Count(ctx, filter.All()) })
		for _, mode := range []db.Mode{db.Dense, db.Lexical} {
			do(p, "search "+when, func(c engine.Collection) (int, error) {
				m, err := c.Search(ctx, db.Query{Text: "서울", K: 5, Mode: mode})
				return len(m), err
			})
		}
	}
	look("before")
	time.Sleep(time.Until(at) + 50*time.Millisecond)
	look("after")
	do(p, "an update of one that has expired", func(c engine.Collection) (int, error) {
		return 0, c.Update(ctx, "goes", db.Patch{Metadata: db.Metadata{"a": 1}})
	})
	do(p, "its id is free", func(c engine.Collection) ([]string, error) {
		return c.Insert(ctx, db.Document{ID: "goes", Text: "wieder da"})
	})
	look("afterwards")
}
