package db_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

var seed = flag.Uint64("seed", 0, "seed of the simulations; 0 takes a new one")

// random returns a random source and logs how to replay it.
func random(t testing.TB) *rand.Rand {
	s := cmp.Or(*seed, rand.Uint64())
	t.Logf("replay with: go test ./db -run '^%s$' -seed %d", t.Name(), s)
	return rand.New(rand.NewPCG(s, 0))
}

// model is the specification of a collection: a map and brute force.
type model struct {
	docs map[string]db.Document
	emb  *embeddertest.Fake
	vecs map[string][]float32
}

func (m *model) put(t *testing.T, docs []db.Document) {
	for _, d := range docs {
		vec := d.Embedding
		if vec == nil {
			v, err := m.emb.EmbedPassages(t.Context(), []string{d.Text})
			if err != nil {
				t.Fatal(err)
			}
			vec = v[0]
		}
		m.docs[d.ID], m.vecs[d.ID] = d, unit(vec)
	}
}

func unit(v []float32) []float32 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(float64(x) / math.Sqrt(sum))
	}
	return out
}

// scores returns the cosines of all documents that match the filter, best first.
func (m *model) scores(q []float32, where filter.Expr) []float64 {
	q = unit(q)
	var all []float64
	for id, d := range m.docs {
		if !where.MatchMap(d.Metadata) {
			continue
		}
		var s float64
		for i, x := range m.vecs[id] {
			s += float64(x) * float64(q[i])
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b float64) int { return cmp.Compare(b, a) })
	return all
}

var words = []string{
	"서울", "부산", "봄", "바다", "김치", "한글", "기차", "시장", "학교", "병원",
	"river", "market", "train", "school", "music", "winter", "code", "graph", "vector", "search",
}

func sentence(rng *rand.Rand) string {
	s := ""
	for range 1 + rng.IntN(6) {
		s += words[rng.IntN(len(words))] + " "
	}
	return s + fmt.Sprint(rng.IntN(500))
}

func document(rng *rand.Rand, ids int) db.Document {
	d := db.Document{ID: fmt.Sprintf("문서-%d", rng.IntN(ids)), Text: sentence(rng)}
	if rng.IntN(4) > 0 {
		d.Metadata = db.Metadata{"lang": []string{"ko", "en", "ja"}[rng.IntN(3)], "year": int64(2000 + rng.IntN(30))}
	}
	if rng.IntN(3) == 0 {
		d.Metadata = db.Metadata{"tags": []string{words[rng.IntN(3)], words[rng.IntN(20)]}, "score": rng.Float64()}
	}
	if rng.IntN(10) == 0 {
		d.Embedding = make([]float32, 384)
		for i := range d.Embedding {
			d.Embedding[i] = float32(rng.NormFloat64())
		}
	}
	return d
}

func randomFilter(rng *rand.Rand) filter.Expr {
	switch rng.IntN(8) {
	case 0:
		return filter.Eq("lang", "ko")
	case 1:
		return filter.And(filter.Ge("year", 2010), filter.Not(filter.Eq("lang", "en")))
	case 2:
		return filter.Or(filter.Contains("tags", words[rng.IntN(3)]), filter.Lt("score", rng.Float64()))
	case 3:
		return filter.In("year", 2001, 2005, 2029)
	case 4:
		return filter.Not(filter.Exists("lang"))
	}
	return filter.All()
}

// TestSimulation compares the database with the model: random writes, deletes and
// searches, and reopenings with a snapshot, an old one, none, or a damaged one.
func TestSimulation(t *testing.T) {
	t.Parallel()
	rng := random(t)
	steps := 600
	if testing.Short() {
		steps = 150
	}
	s := &simulation{rng: rng, dir: t.TempDir(), m: &model{
		docs: map[string]db.Document{}, vecs: map[string][]float32{}, emb: embeddertest.New(384, 1),
	}}
	s.reopen(t)
	for range steps {
		s.step(t)
		if t.Failed() {
			return
		}
	}
	s.compare(t)
}

type simulation struct {
	rng *rand.Rand
	dir string
	m   *model
	d   *db.DB
	c   *db.Collection
}

func (s *simulation) reopen(t *testing.T) {
	s.d = open(t, s.dir, nil)
	s.c = collection(t, s.d, "모음", nil)
}

func (s *simulation) step(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	switch r := s.rng.IntN(100); {
	case r < 40: // upsert a batch
		var docs []db.Document
		seen := map[string]bool{}
		for range 1 + s.rng.IntN(30) {
			if d := document(s.rng, 400); !seen[d.ID] {
				seen[d.ID] = true
				docs = append(docs, d)
			}
		}
		if _, err := s.c.Upsert(ctx, docs...); err != nil {
			t.Fatal(err)
		}
		s.m.put(t, docs)
	case r < 45: // insert: fails as a whole if any exists
		docs := []db.Document{document(s.rng, 800)}
		if d := document(s.rng, 800); d.ID != docs[0].ID {
			docs = append(docs, d)
		}
		taken := slices.ContainsFunc(docs, func(d db.Document) bool { _, ok := s.m.docs[d.ID]; return ok })
		if _, err := s.c.Insert(ctx, docs...); (err != nil) != taken {
			t.Fatalf("insert: taken %v, error %v", taken, err)
		} else if !taken {
			s.m.put(t, docs)
		}
	case r < 55: // delete by id
		id := fmt.Sprintf("문서-%d", s.rng.IntN(400))
		_, want := s.m.docs[id]
		n, err := s.c.Delete(ctx, id)
		if err != nil || (n == 1) != want {
			t.Fatalf("delete %s: %d, %v; there: %v", id, n, err, want)
		}
		delete(s.m.docs, id)
		delete(s.m.vecs, id)
	case r < 57: // delete by filter
		where := randomFilter(s.rng)
		want := 0
		for id, d := range s.m.docs {
			if where.MatchMap(d.Metadata) {
				want++
				delete(s.m.docs, id)
				delete(s.m.vecs, id)
			}
		}
		if n, err := s.c.DeleteWhere(ctx, where); err != nil || n != want {
			t.Fatalf("delete where %s: %d, %v; want %d", where, n, err, want)
		}
	case r < 64:
		s.update(t)
	case r < 90:
		s.search(t)
	case r < 95:
		s.compare(t)
	default:
		s.restart(t)
	}
}

// update changes metadata by id, by a filter, or with an upsert of the same text.
func (s *simulation) update(t *testing.T) {
	t.Helper()
	patch := db.Patch{Metadata: db.Metadata{
		[]string{"lang", "other"}[s.rng.IntN(2)]: []any{"ko", "fr", nil}[s.rng.IntN(3)], "year": []any{int64(2001), int64(2040), nil}[s.rng.IntN(3)],
	}}
	patched := func(d db.Document) db.Document {
		m := maps.Clone(d.Metadata)
		if m == nil {
			m = db.Metadata{}
		}
		for name, v := range patch.Metadata {
			if m[name] = v; v == nil {
				delete(m, name)
			}
		}
		d.Metadata = m
		return d
	}
	id := fmt.Sprintf("문서-%d", s.rng.IntN(400))
	d, there := s.m.docs[id]
	switch s.rng.IntN(3) {
	case 0:
		if err := s.c.Update(t.Context(), id, patch); (err == nil) != there || err != nil && !errors.Is(err, db.ErrNotFound) {
			t.Fatalf("update %s: %v; there: %v", id, err, there)
		}
		if there {
			s.m.docs[id] = patched(d)
		}
	case 1:
		where := randomFilter(s.rng)
		want := 0
		for id, d := range s.m.docs {
			if where.MatchMap(d.Metadata) {
				want++
				s.m.docs[id] = patched(d)
			}
		}
		if n, err := s.c.UpdateWhere(t.Context(), where, patch); err != nil || n != want {
			t.Fatalf("update where %s: %d, %v; want %d", where, n, err, want)
		}
	case 2:
		if !there {
			return
		}
		d = patched(d)
		if _, err := s.c.Upsert(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		s.m.docs[id] = d
	}
}

func (s *simulation) search(t *testing.T) {
	t.Helper()
	where := randomFilter(s.rng)
	q := db.Query{Text: sentence(s.rng), K: 1 + s.rng.IntN(20), Filter: where, Exact: s.rng.IntN(2) == 0, Mode: db.Mode(1 + s.rng.IntN(3))}
	vec, err := s.m.emb.EmbedQuery(t.Context(), q.Text)
	if err != nil {
		t.Fatal(err)
	}
	want := s.m.scores(vec, where)
	got, err := s.c.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	// A lexical search finds only documents that share a word.
	if want := min(q.K, len(want)); len(got) > want || len(got) < want && q.Mode != db.Lexical {
		t.Fatalf("%s search %q where %s: %d results, want %d", q.Mode, q.Text, where, len(got), want)
	}
	for i, m := range got {
		d, ok := s.m.docs[m.Document.ID]
		if !ok || d.Text != m.Document.Text || !where.MatchMap(d.Metadata) {
			t.Fatalf("search where %s returned %+v; the model has %+v", where, m.Document, d)
		}
		if q.Exact && q.Mode == db.Dense && math.Abs(float64(m.Score)-want[i]) > 1e-5 {
			t.Fatalf("exact search where %s: score %d is %v, want %v", where, i, m.Score, want[i])
		}
		if i > 0 && m.Score > got[i-1].Score {
			t.Fatalf("results are not in order: %v after %v", m.Score, got[i-1].Score)
		}
	}
}

// compare checks that a scan and a count return the model's documents.
func (s *simulation) compare(t *testing.T) {
	t.Helper()
	where := randomFilter(s.rng)
	var want []string
	for _, id := range slices.Sorted(maps.Keys(s.m.docs)) {
		if where.MatchMap(s.m.docs[id].Metadata) {
			want = append(want, id)
		}
	}
	var got []string
	for d, err := range s.c.Scan(t.Context(), db.Scan{Filter: where}) {
		if err != nil {
			t.Fatal(err)
		}
		if d.Text != s.m.docs[d.ID].Text {
			t.Fatalf("%s has text %q, want %q", d.ID, d.Text, s.m.docs[d.ID].Text)
		}
		got = append(got, d.ID)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("scan where %s gave %d documents, want %d", where, len(got), len(want))
	}
	if n, err := s.c.Count(t.Context(), where); err != nil || n != len(want) {
		t.Fatalf("count where %s: %d, %v, want %d", where, n, err, len(want))
	}
}

// restart closes the database, damages derived files and reopens it. The damage must
// not be visible.
func (s *simulation) restart(t *testing.T) {
	t.Helper()
	if err := s.d.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(s.dir, "derived", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		switch s.rng.IntN(6) {
		case 0:
			err = os.Remove(f)
		case 1:
			err = os.WriteFile(f, b[:s.rng.IntN(len(b)+1)], 0o644)
		case 2:
			if len(b) > 0 {
				b[s.rng.IntN(len(b))] ^= 1 << s.rng.IntN(8)
				err = os.WriteFile(f, b, 0o644)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s.reopen(t)
}
