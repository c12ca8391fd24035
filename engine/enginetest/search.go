package enginetest

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine"
)

// search compares what both find: the same documents in the same order, with the same
// scores up to the tolerance. Documents whose scores are within the tolerance of each
// other may change places.
func search(p *pair, what string, q db.Query, tolerance float64) []db.Match {
	p.t.Helper()
	want, wantErr := p.want.Search(p.t.Context(), q)
	got, gotErr := p.got.Search(p.t.Context(), q)
	if (gotErr == nil) != (wantErr == nil) || !errors.Is(gotErr, kind(wantErr)) {
		p.t.Fatalf("%s: error %v, want %v", what, gotErr, wantErr)
	}
	show := func(all []db.Match) string {
		var b strings.Builder
		for _, m := range all {
			fmt.Fprintf(&b, "%s %.5f %.4f %.4f, ", m.Document.ID, m.Score, m.Cosine, m.BM25)
		}
		return b.String()[:min(b.Len(), 400)]
	}
	if len(got) != len(want) {
		p.t.Errorf("%s: %d results, want %d\n got %s\nwant %s", what, len(got), len(want), show(got), show(want))
		return got
	}
	scores := map[string]float64{}
	for _, m := range want {
		scores[m.Document.ID] = float64(m.Score)
	}
	for i := range got {
		score, there := scores[got[i].Document.ID]
		last := float64(want[len(want)-1].Score)
		if there && math.Abs(score-float64(got[i].Score)) > tolerance || math.Abs(float64(got[i].Score-want[i].Score)) > tolerance ||
			!there && math.Abs(float64(got[i].Score)-last) > tolerance {
			p.t.Errorf("%s: result %d\n got %s\nwant %s", what, i, show(got), show(want))
			break
		}
	}
	return got
}

// exactly is the tolerance of scores that are computed in the same way.
const exactly = 1e-5

// questions are some that the documents have answers to.
func questions(n int, seed uint64) []string {
	r := rand.New(rand.NewPCG(seed, 3))
	out := make([]string, n)
	for i := range out {
		switch i % 4 {
		case 0:
			out[i] = pick(r, nouns)
		case 1:
			out[i] = pick(r, nouns) + pick(r, tails) + " " + pick(r, nouns) + " " + pick(r, words)
		default:
			out[i] = sentence(r)
		}
	}
	return out
}

func filled(t *testing.T, e Engine, n int, seed uint64) *pair {
	t.Helper()
	p := newPair(t, e)
	for part := range slices.Chunk(documents(n, seed), 500) {
		do(p, "insert", func(c engine.Collection) ([]string, error) { return c.Insert(t.Context(), part...) })
	}
	return p
}

func testDense(t *testing.T, e Engine) {
	p := filled(t, e, 1000, 10)
	found, of := 0, 0
	for _, text := range questions(40, 1) {
		search(p, "exact: "+text, db.Query{Text: text, K: 10, Mode: db.Dense, Exact: true}, exactly)
		search(p, "exact and filtered: "+text, db.Query{Text: text, K: 10, Mode: db.Dense, Exact: true, Filter: filter.Exists("a")}, exactly)
		exact, err := p.got.Search(t.Context(), db.Query{Text: text, K: 10, Mode: db.Dense, Exact: true})
		if err != nil {
			t.Fatal(err)
		}
		near, err := p.got.Search(t.Context(), db.Query{Text: text, K: 10, Mode: db.Dense})
		if err != nil {
			t.Fatal(err)
		}
		// Of equal cosines, any may be returned.
		for _, m := range near {
			if m.Score >= exact[len(exact)-1].Score-exactly {
				found++
			}
		}
		of += len(exact)
	}
	if recall := float64(found) / float64(of); recall < e.Recall {
		t.Errorf("recall at 10 is %.3f, declared as %.3f", recall, e.Recall)
	} else {
		t.Logf("recall at 10: %.3f", recall)
	}
}

func testLexical(t *testing.T, e Engine) {
	p := filled(t, e, 1000, 11)
	for _, text := range append(questions(60, 2), "집", "봄", "서울 서울 서울", "C++17", "로젠스타인", "쿠버네티스 오류", "전입시", "no such word", "!?", "ㄱㅊㅉㄱ") {
		search(p, "words: "+text, db.Query{Text: text, K: 20, Mode: db.Lexical}, 1e-3)
		search(p, "words, filtered: "+text, db.Query{Text: text, K: 20, Mode: db.Lexical, Filter: filter.Ne("a", "ko")}, 1e-3)
	}
}

// A word that is being typed finds those that it may become.
func testCompletion(t *testing.T, e Engine) {
	p := filled(t, e, 300, 18)
	for text, want := range map[string]string{"환부": "환불", "데잍": "데이터"} {
		matches, err := p.got.Search(t.Context(), db.Query{Text: text, K: 300, Mode: db.Lexical})
		if err != nil || len(matches) == 0 {
			t.Errorf("%s: %d results, %v", text, len(matches), err)
		}
		for _, m := range matches {
			if !strings.Contains(m.Document.Text+m.Document.Title, want) {
				t.Errorf("%s finds %q", text, m.Document.Text)
			}
		}
		if all, err := p.got.Count(t.Context(), filter.All()); err != nil || len(matches) >= all {
			t.Errorf("%s: %d results of %d documents, %v", text, len(matches), all, err)
		}
	}
}

func testHybrid(t *testing.T, e Engine) {
	p := filled(t, e, 1000, 12)
	long := "지난달에 서울로 이사를 했는데 전입신고를 아직 하지 못했습니다. 보증금은 언제 돌려받나요? 그리고 Rosenstein school 이야기도 궁금합니다. Kubernetes 서버 오류 때문에 신청이 끝나지 않았다. 언제까지 기다려야 하나요?"
	for _, text := range append(questions(60, 4), long, "로젠스타인", "쿠버네티스 오류가 난다", "vector 검색 색인") {
		search(p, "hybrid: "+text, db.Query{Text: text, K: 10, Exact: true}, exactly)
		search(p, "ranks: "+text, db.Query{Text: text, K: 10, Exact: true, Fusion: db.Reciprocal}, exactly)
		search(p, "filtered: "+text, db.Query{Text: text, K: 10, Exact: true, Filter: filter.Or(filter.Exists("a"), filter.StartsWith("b", "k"))}, exactly)
	}
}

func testQueries(t *testing.T, e Engine) {
	p := filled(t, e, 400, 13)
	text := "서울의 학교와 병원, database server"
	third, quarter, weight := float32(0.3), float32(0.25), float32(0.8)
	for name, q := range map[string]db.Query{
		"offset":            {Text: text, K: 5, Offset: 7},
		"offset beyond all": {Text: text, K: 5, Offset: 5000},
		"per source":        {Text: text, K: 10, PerSource: 1},
		"two per source":    {Text: text, K: 30, PerSource: 2, Mode: db.Dense},
		"words per source":  {Text: text, K: 10, PerSource: 1, Mode: db.Lexical},
		"groups":            {Text: text, K: 5, GroupBy: "a"},
		"two per group":     {Text: text, K: 8, GroupBy: "제목", PerGroup: 2, Offset: 2},
		"all in groups":     {Text: text, K: 300, GroupBy: "b", Mode: db.Dense},
		"least score":       {Text: text, K: 50, MinScore: &third},
		"least cosine":      {Text: text, K: 50, MinCosine: &quarter},
		"weight":            {Text: text, K: 20, DenseWeight: &weight},
		"like":              {Like: []string{"d0003", "d0007"}, K: 10},
		"like and unlike":   {Like: []string{"d0003"}, Unlike: []string{"d0009"}, K: 10},
		"like and text":     {Text: text, Like: []string{"d0003"}, K: 10},
		"like, filtered":    {Like: []string{"d0003"}, K: 10, Filter: filter.Exists("a")},
		"all":               {Text: text, K: 1000},
		"questions":         {Queries: []db.Question{{Text: text}, {Text: "김치찌개 subway", Weight: 2}, {Like: []string{"d0003"}}}, K: 10},
		"best of questions": {Queries: []db.Question{{Text: text}, {Text: "김치찌개 subway", Weight: 2}}, K: 10, Fuse: db.FuseBest, PerSource: 1},
	} {
		q.Exact = true
		search(p, name, q, exactly)
		do(p, name+": which question, and how much is dense", func(c engine.Collection) (string, error) {
			matches, err := c.Search(t.Context(), q)
			var b strings.Builder
			for _, m := range matches {
				fmt.Fprintf(&b, "%d %.3f, ", m.Question, m.Dense)
			}
			return b.String(), err
		})
	}
	vector := make([]float32, dims)
	for i := range vector {
		vector[i] = float32(i%7) - 3
	}
	search(p, "embedding", db.Query{Embedding: vector, K: 10, Exact: true}, exactly)
	for _, fields := range []db.Fields{0, db.FieldsNone, db.FieldText, db.FieldMetadata | db.FieldEmbedding} {
		do(p, "fields of results", func(c engine.Collection) ([]db.Document, error) {
			matches, err := c.Search(t.Context(), db.Query{Text: text, K: 5, Exact: true, Fields: fields})
			docs := make([]db.Document, len(matches))
			for i := range matches {
				docs[i] = matches[i].Document
			}
			return plains(docs, err)
		})
	}
	var trace db.Trace
	if _, err := p.got.Search(t.Context(), db.Query{Text: text, K: 5, Filter: filter.Eq("nowhere", 1), Trace: &trace}); err != nil {
		t.Fatal(err)
	}
	if trace.Mode != db.Hybrid || trace.Plan == "" || trace.Total == 0 || len(trace.Warnings) != 1 {
		t.Errorf("trace: %+v", trace)
	}
}

func testExcerpts(t *testing.T, e Engine) {
	p := filled(t, e, 100, 14)
	for _, text := range questions(12, 5) {
		for _, mode := range []db.Mode{db.Hybrid, db.Dense, db.Lexical} {
			do(p, "snippets and highlights", func(c engine.Collection) (string, error) {
				matches, err := c.Search(t.Context(), db.Query{Text: text, K: 5, Exact: true, Mode: mode, Highlight: true, Snippet: 30})
				var b strings.Builder
				for _, m := range matches {
					fmt.Fprintf(&b, "%s %v %+v\n", m.Document.ID, m.Highlights, *m.Snippet)
				}
				return b.String(), err
			})
		}
	}
}

// A word that no document has is searched as one that some have, if the engine says so.
func testRespelt(t *testing.T, e Engine) {
	p := filled(t, e, 300, 15)
	matches, err := p.got.Search(t.Context(), db.Query{Text: "databsae", K: 3, Mode: db.Lexical})
	if err != nil || len(matches) > 0 != e.Respells {
		t.Errorf("a misspelt word: %d results, %v; declared as %v", len(matches), err, e.Respells)
	}
}

func testRestrict(t *testing.T, e Engine) {
	p := filled(t, e, 200, 16)
	ctx := t.Context()
	tenant := filter.Eq("a", "ko")
	inside, outside := db.Metadata{"a": "ko"}, db.Metadata{"a": "en"}
	do(p, "insert", func(c engine.Collection) ([]string, error) {
		return c.Upsert(ctx, db.Document{ID: "in", Text: "서울", Metadata: inside, Source: "both"}, db.Document{ID: "out", Text: "서울", Metadata: outside, Source: "both"})
	})
	all := *p
	restrict := func(c engine.Collection) engine.Collection {
		r, err := c.Restrict(tenant)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	p.got, p.want = restrict(p.got), restrict(p.want)
	p.same()
	search(p, "within", db.Query{Text: "서울의 날씨", K: 20, Exact: true}, exactly)
	do(p, "count", func(c engine.Collection) (int, error) { return c.Count(ctx, filter.Exists("b")) })
	do(p, "get", func(c engine.Collection) ([]db.Document, error) { return plains(c.GetFields(ctx, 0, "in", "out")) })
	do(p, "write inside", func(c engine.Collection) ([]string, error) {
		return c.Upsert(ctx, db.Document{ID: "in", Text: "부산", Metadata: inside, Source: "both"})
	})
	do(p, "write outside", func(c engine.Collection) ([]string, error) {
		return c.Upsert(ctx, db.Document{ID: "new", Text: "부산", Metadata: outside})
	})
	do(p, "replace one outside", func(c engine.Collection) ([]string, error) {
		return c.Upsert(ctx, db.Document{ID: "out", Text: "부산", Metadata: inside})
	})
	do(p, "insert over one outside", func(c engine.Collection) ([]string, error) {
		return c.Insert(ctx, db.Document{ID: "out", Text: "부산", Metadata: inside})
	})
	do(p, "update one outside", func(c engine.Collection) (int, error) {
		return c.UpdateIDs(ctx, db.Patch{Metadata: db.Metadata{"x": 1}}, "in", "out")
	})
	do(p, "update to the outside", func(c engine.Collection) (int, error) { return 0, c.Update(ctx, "in", db.Patch{Metadata: outside}) })
	do(p, "replace source", func(c engine.Collection) (db.Replaced, error) { return c.ReplaceSource(ctx, "both") })
	do(p, "delete", func(c engine.Collection) (int, error) { return c.Delete(ctx, "out", "d0001", "d0002", "d0003") })
	do(p, "delete where", func(c engine.Collection) (int, error) { return c.DeleteWhere(ctx, filter.Exists("b")) })
	do(p, "stats", func(c engine.Collection) (int, error) {
		s, err := c.Stats()
		return s.Documents, err
	})
	do(p, "warnings", func(c engine.Collection) ([]string, error) { return c.FilterWarnings(ctx, filter.Eq("zzz", 1)) })
	all.same()
}

// Writers beside each other lose nothing, and what was acknowledged is found at once.
func testConcurrent(t *testing.T, e Engine) {
	ctx := t.Context()
	p := newPair(t, e)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i, d := range documents(60, uint64(20+w)) {
				d.ID = fmt.Sprintf("w%d-%02d", w, i)
				shared := db.Document{ID: fmt.Sprint("shared", i%5), Text: d.Text, Metadata: db.Metadata{"by": d.ID}}
				if _, err := p.got.Upsert(ctx, d, shared); err != nil {
					t.Error(err)
					return
				}
				if docs, err := p.got.GetFields(ctx, 0, d.ID); err != nil || docs[0].Text != d.Text {
					t.Errorf("%s is not read after its write: %v", d.ID, err)
				}
				matches, err := p.got.Search(ctx, db.Query{Text: d.Text, K: 10, Filter: filter.Eq("_id", d.ID)})
				if err != nil || len(matches) != 1 {
					t.Errorf("%s is not found after its write: %v", d.ID, err)
				}
				if i%7 == 0 {
					if n, err := p.got.Delete(ctx, d.ID); n != 1 || err != nil {
						t.Errorf("delete of %s: %d, %v", d.ID, n, err)
					}
				}
			}
		})
	}
	wg.Wait()
	docs, err := scanned(t, p.got, db.Scan{})
	if want := 4*(60-9) + 5; err != nil || len(docs) != want {
		t.Fatalf("%d documents, want %d, %v", len(docs), want, err)
	}
	// The oracle is given what is there by now: the statistics of words must fit it.
	if _, err := p.want.Insert(ctx, docs...); err != nil {
		t.Fatal(err)
	}
	p.same()
	for _, text := range questions(20, 6) {
		search(p, "words: "+text, db.Query{Text: text, K: 20, Mode: db.Lexical}, 1e-3)
	}
	if s, err := p.got.Stats(); err != nil || s.Documents != len(docs) {
		t.Errorf("stats count %d documents, %v", s.Documents, err)
	}
}

// After many changes in any order, all is as in the oracle.
func testChurn(t *testing.T, e Engine) {
	p := newPair(t, e)
	ctx := t.Context()
	r := rand.New(rand.NewPCG(17, 17))
	pool := documents(80, 17)
	for i := range 120 {
		some := make([]db.Document, 1+r.IntN(4))
		perm := r.Perm(len(pool))
		for j := range some {
			some[j] = pool[perm[j]]
			some[j].Text = sentence(r)
		}
		what := fmt.Sprint("step ", i)
		switch r.IntN(6) {
		case 0:
			do(p, what, func(c engine.Collection) (int, error) { return c.Delete(ctx, some[0].ID) })
		case 1:
			do(p, what, func(c engine.Collection) ([]string, error) { return c.Insert(ctx, some...) })
		case 2:
			source := fmt.Sprintf("s%d.md", r.IntN(8))
			do(p, what, func(c engine.Collection) (db.Replaced, error) { return c.ReplaceSource(ctx, source, some...) })
		case 3:
			w := where(r, 1)
			patch := db.Patch{Metadata: db.Metadata{"tags": "꼬리표 " + pick(r, nouns)}}
			if w.Validate(filter.Limits{}) == nil {
				do(p, what, func(c engine.Collection) (int, error) { return c.UpdateWhere(ctx, w, patch) })
			}
		default:
			do(p, what, func(c engine.Collection) ([]string, error) { return c.Upsert(ctx, some...) })
		}
	}
	p.same()
	for _, text := range append(questions(30, 8), "꼬리표") {
		search(p, "words: "+text, db.Query{Text: text, K: 20, Mode: db.Lexical}, 1e-3)
		search(p, "hybrid: "+text, db.Query{Text: text, K: 10, Exact: true}, exactly)
	}
}
