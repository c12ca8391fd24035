package db_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// operation is a step of a metamorphic run. One of its fields is set.
type operation struct {
	upsert  []db.Document
	delete  []string
	where   filter.Expr // the filter of a deletion or a look
	deletes bool
	look    [][]float32 // queries
}

const metaDims = 16

// operations returns a random list that begins with n documents.
func operations(rng *rand.Rand, n, steps int) []operation {
	vector := func() []float32 {
		v := make([]float32, metaDims)
		for i := range v {
			v[i] = float32(rng.NormFloat64())
		}
		return v
	}
	doc := func(id int) db.Document {
		return db.Document{ID: fmt.Sprint(id), Embedding: vector(), Metadata: db.Metadata{"n": rng.IntN(20), "lang": []string{"ko", "en"}[rng.IntN(2)]}}
	}
	var all []operation
	docs := make([]db.Document, n)
	for i := range docs {
		docs[i] = doc(i)
	}
	for part := range slices.Chunk(docs, 1000) {
		all = append(all, operation{upsert: part})
	}
	look := func() operation {
		o := operation{where: filter.All(), look: make([][]float32, 5)}
		if rng.IntN(2) == 0 {
			o.where = filter.Eq("lang", "ko")
		}
		for i := range o.look {
			o.look[i] = vector()
		}
		return o
	}
	for range steps {
		switch r := rng.IntN(10); {
		case r < 4:
			first := rng.IntN(n + n/10)
			var docs []db.Document
			for id := first; id < first+1+rng.IntN(40); id++ {
				docs = append(docs, doc(id))
			}
			all = append(all, operation{upsert: docs})
		case r < 6:
			var ids []string
			for range 1 + rng.IntN(60) {
				ids = append(ids, fmt.Sprint(rng.IntN(n)))
			}
			all = append(all, operation{delete: ids})
		case r == 6:
			where := filter.And(filter.Eq("n", rng.IntN(20)), filter.Eq("lang", "en"))
			all = append(all, operation{deletes: true, where: where})
		default:
			all = append(all, look())
		}
	}
	return append(all, look(), look())
}

// variant is a way to open the database and the collection. None may change the
// exact results.
type variant struct {
	name   string
	opts   db.Options
	coll   db.CollectionOptions
	reopen bool // reopen and take snapshots, at random
}

// run runs the operations. It returns the results of each look, and the recall of
// the approximate searches.
func (v *variant) run(t *testing.T, rng *rand.Rand, ops []operation) (seen []string, recall float64) {
	t.Helper()
	dir := t.TempDir()
	v.coll.Dims = metaDims
	d := open(t, dir, &v.opts)
	c := collection(t, d, "c", &v.coll)
	batch := max(1, v.opts.Limits.Batch)
	if v.opts.Limits.Batch == 0 {
		batch = 1000
	}
	found, wanted := 0, 0
	for _, o := range ops {
		for part := range slices.Chunk(o.upsert, batch) {
			if _, err := c.Upsert(t.Context(), part...); err != nil {
				t.Fatal(err)
			}
		}
		for part := range slices.Chunk(o.delete, batch) {
			if _, err := c.Delete(t.Context(), part...); err != nil {
				t.Fatal(err)
			}
		}
		if o.deletes {
			n, err := c.DeleteWhere(t.Context(), o.where)
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, fmt.Sprint("deleted ", n))
		}
		for _, q := range o.look {
			exact, err := c.Search(t.Context(), db.Query{Embedding: q, K: 10, Exact: true, Filter: o.where})
			if err != nil {
				t.Fatal(err)
			}
			line := ""
			for _, m := range exact {
				line += fmt.Sprintf("%s %.6f %v, ", m.Document.ID, m.Score, m.Document.Metadata)
			}
			seen = append(seen, line)
			got, err := c.Search(t.Context(), db.Query{Embedding: q, K: 10, Filter: o.where})
			if err != nil || len(got) != len(exact) {
				t.Fatal(len(got), len(exact), err)
			}
			wanted += len(exact)
			for _, m := range got {
				if m.Score >= exact[len(exact)-1].Score {
					found++
				}
			}
		}
		if o.look != nil {
			n, err := c.Count(t.Context(), o.where)
			if err != nil {
				t.Fatal(err)
			}
			ids := ""
			for doc, err := range c.Scan(t.Context(), db.Scan{Filter: o.where, Fields: db.FieldsNone}) {
				if err != nil {
					t.Fatal(err)
				}
				ids += doc.ID + " "
			}
			seen = append(seen, fmt.Sprint("counted ", n), "scanned "+ids)
		}
		if v.reopen {
			switch rng.IntN(12) {
			case 0:
				if err := c.Snapshot(t.Context()); err != nil {
					t.Fatal(err)
				}
			case 1:
				if err := d.Close(); err != nil {
					t.Fatal(err)
				}
				d = open(t, dir, &v.opts)
				c = collection(t, d, "c", &v.coll)
			case 2:
				if _, err := d.Compact(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	r, err := d.Doctor(t.Context(), &db.DoctorOptions{Sample: 200})
	if err != nil || !r.OK() {
		t.Errorf("%s: %+v %v", v.name, r, err)
	}
	return seen, float64(found) / float64(max(1, wanted))
}

// TestMetamorphic runs one list of random operations with many sets of options.
// Exact results must be the same for all of them; approximate searches must find
// nearly all.
func TestMetamorphic(t *testing.T) {
	t.Parallel()
	rng := random(t)
	n, steps := 6000, 80 // too many to be scanned
	if testing.Short() {
		n, steps = 800, 30
	}
	ops := operations(rng, n, steps)
	variants := []variant{
		{name: "default"},
		{name: "with a graph", coll: db.CollectionOptions{Graph: db.GraphAlways}},
		{name: "synced later, small M", opts: db.Options{SyncEvery: time.Hour}, coll: db.CollectionOptions{M: 6, EfConstruction: 60}},
		{name: "full codes", coll: db.CollectionOptions{HeadDims: 12, Codes: db.FullCodes, Oversampling: 40}},
		{name: "no tail", coll: db.CollectionOptions{HeadDims: 12, NoTail: true, Oversampling: 40}},
		{name: "head and tail", coll: db.CollectionOptions{HeadDims: 12}},
		{name: "wide", coll: db.CollectionOptions{M: 32, EfSearch: 200, Oversampling: 20}},
		{name: "small limits", opts: db.Options{SyncEvery: time.Hour, Limits: db.Limits{Batch: 37, K: 10, EfSearch: 500, Oversampling: 50, FilterConditions: 2, FilterDepth: 2, Collections: 1, IDBytes: 8}}},
		{name: "reopened", opts: db.Options{SyncEvery: time.Hour, CacheBytes: 1 << 20}, coll: db.CollectionOptions{HeadDims: 12}, reopen: true},
	}
	var want []string
	for i := range variants {
		v := &variants[i]
		seen, recall := v.run(t, rng, ops)
		t.Logf("%s: recall@10 %.4f", v.name, recall)
		if recall < 0.95 {
			t.Errorf("%s: recall@10 %.4f", v.name, recall)
		}
		if want == nil {
			want = seen
		}
		for j := range max(len(seen), len(want)) {
			if j >= len(seen) || j >= len(want) || seen[j] != want[j] {
				t.Fatalf("%s: look %d of %d differs from %q:\n%.300s\nwant\n%.300s", v.name, j, len(want), variants[0].name, at(seen, j), at(want, j))
			}
		}
	}
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "nothing"
}
