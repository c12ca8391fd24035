package db_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/builtin"
)

// What a restricted collection does with each method: it keeps to its documents, or
// refuses, or is about no documents.
var restricted = map[string]string{
	"Insert": "keeps", "Upsert": "keeps", "UpsertChunks": "keeps", "InsertChunks": "keeps", "ReplaceSource": "keeps",
	"Get": "keeps", "GetFields": "keeps", "Scan": "keeps", "Count": "keeps", "Search": "keeps", "FilterWarnings": "keeps", "Facets": "keeps", "Fields": "keeps", "Map": "keeps",
	"Delete": "keeps", "DeleteWhere": "keeps", "Update": "keeps", "UpdateIDs": "keeps", "UpdateWhere": "keeps", "Restrict": "keeps",
	"Stats": "refuses", "Reachability": "refuses", "Snapshot": "refuses", "Reembed": "refuses", "Confirm": "refuses", "Rollback": "refuses",
	"Name": "none", "Dims": "none", "Model": "none", "LiveRecall": "none", "Chunks": "none", "Validate": "keeps",
}

// A new method needs an entry, and a line in the test below or a refusal.
func TestRestrictedMethods(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), &db.Options{Embedder: builtin.New()})
	c := collection(t, d, "c", nil)
	r, err := c.Restrict(filter.Eq("tenant", "a"))
	if err != nil {
		t.Fatal(err)
	}
	v := reflect.ValueOf(r)
	for m := range v.Type().Methods() {
		does, ok := restricted[m.Name]
		if !ok {
			t.Errorf("%s: say here what a restricted collection does with it", m.Name)
		}
		if does != "refuses" {
			continue
		}
		f := v.MethodByName(m.Name)
		var in []reflect.Value
		for i := range f.Type().NumIn() {
			if in = append(in, reflect.Zero(f.Type().In(i))); i == 0 && f.Type().In(0) == reflect.TypeFor[context.Context]() {
				in[0] = reflect.ValueOf(t.Context())
			}
		}
		if f.Type().IsVariadic() {
			in = in[:len(in)-1]
		}
		out := f.Call(in)
		if err, _ := reflect.TypeAssert[error](out[len(out)-1]); !errors.Is(err, db.ErrOutside) {
			t.Errorf("%s: %v", m.Name, err)
		}
	}
	if len(restricted) != v.NumMethod() {
		t.Errorf("%d entries for %d methods", len(restricted), v.NumMethod())
	}
}

// A collection that is restricted to one of several tenants behaves as one that has
// this tenant's documents alone, whatever the others do meanwhile.
func TestRestrictedAsAlone(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	d := open(t, t.TempDir(), &db.Options{Embedder: builtin.New()})
	c := collection(t, d, "all", nil)
	var all sync.WaitGroup
	for n, name := range []string{"a", "b", "c"} {
		own := collection(t, d, "own-"+name, nil)
		r, err := c.Restrict(filter.Eq("tenant", name))
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(seed, uint64(n)))
		all.Go(func() {
			for step := range 150 {
				op := rng.IntN(13)
				texts := []string{"서울의 봄", "겨울 바다", "coffee", "a train to Busan", "이사하는 날"}
				doc := func() db.Document {
					return db.Document{
						ID: fmt.Sprint(name, rng.IntN(20)), Text: texts[rng.IntN(len(texts))], Source: fmt.Sprint(rng.IntN(5)),
						Metadata: db.Metadata{"tenant": name, "n": rng.IntN(4)},
					}
				}
				one, two := doc(), doc()
				id := fmt.Sprint("abc"[rng.IntN(3):][:1], rng.IntN(20)) // perhaps another's
				where := filter.Eq("n", rng.IntN(4))
				q := db.Query{Text: texts[rng.IntN(len(texts))], Mode: db.Dense, Exact: true, K: 50}
				if rng.IntN(2) == 0 {
					q.Filter = filter.Or(where, filter.Ne("tenant", name))
				}
				var got [2]any
				for i, c := range []*db.Collection{r, own} {
					var v any
					var err error
					ctx := t.Context()
					switch op {
					case 0:
						v, err = c.Insert(ctx, one)
					case 1, 2:
						v, err = c.Upsert(ctx, one, two)
					case 3:
						one.Source = ""
						v, err = c.UpsertChunks(ctx, chunk.Options{}, one)
					case 4:
						v, err = c.ReplaceSource(ctx, one.Source, one)
					case 5:
						v, err = undated(c.Get(ctx, id))
					case 6:
						v, err = c.Delete(ctx, id, one.ID)
					case 7:
						v, err = c.DeleteWhere(ctx, filter.And(where, filter.Gt("n", 2)))
					case 8:
						err = c.Update(ctx, id, db.Patch{Metadata: db.Metadata{"n": 1}})
					case 9:
						v, err = c.UpdateWhere(ctx, where, db.Patch{Metadata: db.Metadata{"n": 2}})
					case 10:
						v, err = c.Count(ctx, q.Filter)
					case 11:
						var docs []db.Document
						for d, e := range c.Scan(ctx, db.Scan{Filter: q.Filter}) {
							docs, err = append(docs, d), errors.Join(err, e)
						}
						v, err = undated(docs, err)
					case 12:
						if rng.Uint64()%2 == 0 && i == 0 {
							q.Text, q.Mode, q.Like = "", 0, []string{id}
						}
						var found []db.Match
						found, err = c.Search(ctx, q)
						texts := map[string]string{} // equal scores are in any order
						for _, m := range found {
							texts[m.Document.ID] = fmt.Sprint(m.Document.Text, m.Cosine)
						}
						v = texts
					}
					got[i] = []any{fmt.Sprint(v), errors.Is(err, db.ErrNotFound), errors.Is(err, db.ErrExists), err != nil}
				}
				if !reflect.DeepEqual(got[0], got[1]) {
					t.Errorf("tenant %s, step %d, operation %d:\nrestricted %v\nalone      %v", name, step, op, got[0], got[1])
					return
				}
			}
		})
	}
	all.Wait()
}

func undated(docs []db.Document, err error) ([]db.Document, error) {
	for i := range docs {
		docs[i].Created = time.Time{}
	}
	return docs, err
}

// Nobody writes outside the scope, nor over what is there.
func TestRestrictedWrites(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), &db.Options{Embedder: builtin.New()})
	c := collection(t, d, "c", nil)
	ctx := t.Context()
	theirs := db.Document{ID: "1", Text: "theirs", Source: "s", Metadata: db.Metadata{"tenant": "b"}}
	ours := db.Document{ID: "2", Text: "ours", Metadata: db.Metadata{"tenant": "a"}}
	if _, err := c.Upsert(ctx, theirs, ours); err != nil {
		t.Fatal(err)
	}
	r, err := c.Restrict(filter.Eq("tenant", "a"))
	if err != nil {
		t.Fatal(err)
	}
	over := db.Document{ID: "1", Text: "theirs", Source: "s", Metadata: db.Metadata{"tenant": "a"}}
	foreign := db.Document{ID: "3", Text: "x", Metadata: db.Metadata{"tenant": "b"}}
	none := db.Document{ID: "3", Text: "x"}
	for name, f := range map[string]func() error{
		"validate":    func() error { return r.Validate(none) },
		"insert":      func() error { _, err := r.Insert(ctx, foreign); return err },
		"upsert":      func() error { _, err := r.Upsert(ctx, foreign); return err },
		"no tenant":   func() error { _, err := r.Upsert(ctx, ours, none); return err },
		"over":        func() error { _, err := r.Upsert(ctx, ours, over); return err },
		"chunks over": func() error { _, err := r.UpsertChunks(ctx, chunk.Options{}, over); return err },
		"source over": func() error { _, err := r.ReplaceSource(ctx, "s", over); return err },
		"update out":  func() error { return r.Update(ctx, "2", db.Patch{Metadata: db.Metadata{"tenant": "b"}}) },
		"update where out": func() error {
			_, err := r.UpdateWhere(ctx, filter.All(), db.Patch{Metadata: db.Metadata{"tenant": nil}})
			return err
		},
	} {
		if err := f(); !errors.Is(err, db.ErrOutside) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.ReplaceSource(ctx, "s", db.Document{ID: "4", Text: "ours", Metadata: db.Metadata{"tenant": "a"}}); err != nil {
		t.Error(err)
	}
	if err := r.Update(ctx, "1", db.Patch{Metadata: db.Metadata{"x": 1}}); !errors.Is(err, db.ErrNotFound) {
		t.Error(err)
	}
	if _, err := r.Search(ctx, db.Query{Text: "ours", Like: []string{"1"}, K: 1}); !errors.Is(err, db.ErrNotFound) {
		t.Error(err)
	}
	narrow, err := r.Restrict(filter.Eq("_id", "4"))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := narrow.Count(ctx, filter.All()); n != 1 || err != nil {
		t.Error(n, err)
	}
	got, err := c.Get(ctx, "1")
	if err != nil || got[0].Metadata["tenant"] != "b" || len(got[0].Metadata) != 1 {
		t.Error(got, err)
	}
	// Two tenants want the same ids at the same time: each has one or is refused.
	other, err := c.Restrict(filter.Eq("tenant", "b"))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 50 {
		wins := make([]error, 2)
		for j, c := range []*db.Collection{r, other} {
			wg.Go(func() {
				_, wins[j] = c.Upsert(ctx, db.Document{ID: fmt.Sprint("race", i), Text: "x", Metadata: db.Metadata{"tenant": "ab"[j : j+1]}})
			})
		}
		wg.Wait()
		if (wins[0] == nil) == (wins[1] == nil) || wins[0] != nil && !errors.Is(wins[0], db.ErrOutside) || wins[1] != nil && !errors.Is(wins[1], db.ErrOutside) {
			t.Fatalf("race %d: %v", i, wins)
		}
	}
}
