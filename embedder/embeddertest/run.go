package embeddertest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fronyai/frony-db/embedder"
)

// Tolerances. A vector counts as unit length when its norm is within
// normTolerance of one. Two vectors count as the same when no component
// differs by more than sameTolerance: a batch may be summed in another order
// than a single text, but may not be another model.
const (
	normTolerance = 1e-3
	sameTolerance = 1e-4
)

// Run checks that e keeps the contract of embedder.Embedder, one subtest for
// each clause.
func Run(t *testing.T, e embedder.Embedder) {
	t.Helper()
	texts := texts()
	t.Run("Spec", func(t *testing.T) { testSpec(t, e) })
	t.Run("Vectors", func(t *testing.T) { testVectors(t, e, texts) })
	t.Run("Distinct", func(t *testing.T) { testDistinct(t, e) })
	t.Run("BatchEqualsSingle", func(t *testing.T) { testBatch(t, e, texts) })
	t.Run("QueriesEqualSingle", func(t *testing.T) { testQueries(t, e, texts) })
	t.Run("EmptyBatch", func(t *testing.T) { testEmptyBatch(t, e) })
	t.Run("CallerOwns", func(t *testing.T) { testCallerOwns(t, e) })
	t.Run("Concurrent", func(t *testing.T) { testConcurrent(t, e, texts) })
	t.Run("Cancelled", func(t *testing.T) { testCancelled(t, e) })
	if count := embedder.Counter(e); count != nil {
		t.Run("CountTokens", func(t *testing.T) { testCounter(t, e, count, texts) })
	}
}

// texts are the kinds of text that reach a database, including the ugly ones.
func texts() []string {
	return []string{
		"서울에서 부산까지 기차로 얼마나 걸리나요?",
		"The train from Seoul to Busan takes about two and a half hours.",
		"Go 1.26에서 iterator를 쓰는 방법 (range-over-func)",
		"a", "가", "7",
		"", " ", "\n\t \u00a0\u3000", "\x00", "\ufeff", "\u200b\u200d",
		"?!… ——", "👩‍👩‍👧‍👦🇰🇷", "e\u0301 \u1112\u1161\u11ab", "ﬁ ＡＢＣ ㈜ ㎏",
		"\xff\xfe", "부서진 \xed\x95 글자", "truncated \xf0\x9f\x98", "\xc0\xaf\x80",
		strings.Repeat("가나다라 lorem ipsum ", 5_000),
		strings.Repeat("x", 300_000),
		strings.Repeat("값", 100_000),
		strings.Repeat(" ", 100_000),
	}
}

func testSpec(t *testing.T, e embedder.Embedder) {
	spec := e.Spec()
	if err := spec.Validate(); err != nil {
		t.Fatal(err)
	}
	if again := e.Spec(); again != spec {
		t.Errorf("Spec changed between two calls: %+v, then %+v", spec, again)
	}
}

func testVectors(t *testing.T, e embedder.Embedder, texts []string) {
	dims := e.Spec().Dims
	for _, text := range texts {
		for range 2 { // the second time from a warm cache, if there is one
			if err := check(passage(t, e, text), dims); err != nil {
				t.Errorf("passage %s: %v", name(text), err)
			}
			if err := check(query(t, e, text), dims); err != nil {
				t.Errorf("query %s: %v", name(text), err)
			}
		}
	}
}

// testDistinct checks that an embedder looks at its text: a constant vector would pass
// every other test.
func testDistinct(t *testing.T, e embedder.Embedder) {
	a := "The train from Seoul to Busan takes about two and a half hours."
	b := "Fold the egg whites into the batter and bake until golden."
	if same(passage(t, e, a), passage(t, e, b)) {
		t.Errorf("passages %q and %q have the same vector", a, b)
	}
	if same(query(t, e, a), query(t, e, b)) {
		t.Errorf("queries %q and %q have the same vector", a, b)
	}
}

func testQueries(t *testing.T, e embedder.Embedder, texts []string) {
	got, err := embedder.EmbedQueries(t.Context(), e, texts)
	if err != nil || len(got) != len(texts) {
		t.Fatalf("%d vectors for %d queries, %v", len(got), len(texts), err)
	}
	for i, text := range texts {
		want, err := e.EmbedQuery(t.Context(), text)
		if err != nil || !same(got[i], want) {
			t.Errorf("query %d, %.20q: embedded with others, it has another vector; %v", i, text, err)
		}
	}
}

func testBatch(t *testing.T, e embedder.Embedder, texts []string) {
	single := make([][]float32, len(texts))
	for i, text := range texts {
		single[i] = passage(t, e, text)
	}
	const seed = 1
	rng := rand.New(rand.NewPCG(seed, 0))
	for round := range 2 {
		order := rng.Perm(len(texts))
		order = append(order, order[0]) // the same text twice in a batch
		batch := make([]string, len(order))
		for i, j := range order {
			batch[i] = texts[j]
		}
		got, err := e.EmbedPassages(t.Context(), batch)
		if err != nil {
			t.Fatalf("batch of %d: %v", len(batch), err)
		}
		if len(got) != len(batch) {
			t.Fatalf("batch of %d: %d vectors", len(batch), len(got))
		}
		for i, j := range order {
			if !same(got[i], single[j]) {
				t.Errorf("round %d (seed %d), text %d of the batch, %s: differs from the same text embedded alone",
					round, seed, i, name(texts[j]))
			}
		}
	}
}

func testEmptyBatch(t *testing.T, e embedder.Embedder) {
	for _, batch := range [][]string{nil, {}} {
		got, err := e.EmbedPassages(t.Context(), batch)
		if err != nil || len(got) != 0 {
			t.Errorf("EmbedPassages(%#v): %d vectors, error %v; want none, nil", batch, len(got), err)
		}
	}
}

func testCallerOwns(t *testing.T, e embedder.Embedder) {
	const text = "벡터는 받은 사람의 것이다"
	p, q := passage(t, e, text), query(t, e, text)
	wantP, wantQ := slices.Clone(p), slices.Clone(q)
	clear(p)
	clear(q)
	if !same(passage(t, e, text), wantP) || !same(query(t, e, text), wantQ) {
		t.Error("writing to a returned vector changed what the embedder returns next")
	}
}

func testConcurrent(t *testing.T, e embedder.Embedder, texts []string) {
	texts = texts[:12]
	wantP, wantQ := make([][]float32, len(texts)), make([][]float32, len(texts))
	for i, text := range texts {
		wantP[i], wantQ[i] = passage(t, e, text), query(t, e, text)
	}
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for round := range 3 {
				i := (worker*5 + round*7) % len(texts)
				got, err := e.EmbedPassages(t.Context(), texts)
				if err != nil {
					t.Errorf("worker %d: %v", worker, err)
					return
				}
				for j := range got {
					if !same(got[j], wantP[j]) {
						t.Errorf("worker %d: passage %s differs under concurrent use", worker, name(texts[j]))
					}
				}
				q, err := e.EmbedQuery(t.Context(), texts[i])
				if err != nil {
					t.Errorf("worker %d: %v", worker, err)
					return
				}
				if !same(q, wantQ[i]) {
					t.Errorf("worker %d: query %s differs under concurrent use", worker, name(texts[i]))
				}
			}
		})
	}
	wg.Wait()
}

// testCounter checks that tokens can be counted in every text, and that a text of a
// thousand words has at least as many.
func testCounter(t *testing.T, e embedder.Embedder, count func(string) int, texts []string) {
	own := count("")
	if limit := e.Spec().MaxTokens; own < 0 || limit > 0 && own >= limit {
		t.Errorf("the empty text takes %d tokens of %d", own, limit)
	}
	var wg sync.WaitGroup
	for _, text := range texts {
		wg.Go(func() {
			if n, again := count(text), count(text); n < own || n != again {
				t.Errorf("%s takes %d tokens, then %d; the empty text takes %d", name(text), n, again, own)
			}
		})
	}
	wg.Wait()
	if n := count(strings.Repeat("도시 ", 1000)); n < 1000 {
		t.Errorf("1000 words take %d tokens", n)
	}
}

func testCancelled(t *testing.T, e embedder.Embedder) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.EmbedPassages(ctx, []string{"늦은 글"}); !errors.Is(err, context.Canceled) {
		t.Errorf("EmbedPassages with a cancelled context: error %v, want context.Canceled", err)
	}
	if _, err := e.EmbedQuery(ctx, "늦은 질문"); !errors.Is(err, context.Canceled) {
		t.Errorf("EmbedQuery with a cancelled context: error %v, want context.Canceled", err)
	}
}

func passage(t *testing.T, e embedder.Embedder, text string) []float32 {
	t.Helper()
	vectors, err := e.EmbedPassages(t.Context(), []string{text})
	if err != nil {
		t.Fatalf("passage %s: %v", name(text), err)
	}
	if len(vectors) != 1 {
		t.Fatalf("passage %s: %d vectors for one text", name(text), len(vectors))
	}
	return vectors[0]
}

func query(t *testing.T, e embedder.Embedder, text string) []float32 {
	t.Helper()
	v, err := e.EmbedQuery(t.Context(), text)
	if err != nil {
		t.Fatalf("query %s: %v", name(text), err)
	}
	return v
}

// check returns an error unless v has dims finite numbers and unit length.
func check(v []float32, dims int) error {
	if len(v) != dims {
		return fmt.Errorf("%d dims, want %d", len(v), dims)
	}
	var sum float64
	for i, x := range v {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return fmt.Errorf("component %d is %v", i, x)
		}
		sum += float64(x) * float64(x)
	}
	if norm := math.Sqrt(sum); math.Abs(norm-1) > normTolerance {
		return fmt.Errorf("length %v, want 1", norm)
	}
	return nil
}

// same reports whether a and b are equal up to sameTolerance.
func same(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool {
		return math.Abs(float64(x-y)) <= sameTolerance
	})
}

// name is text for a message: quoted, and cut when long.
func name(text string) string {
	if len(text) > 40 {
		return fmt.Sprintf("%.40q… (%d bytes)", text, len(text))
	}
	return fmt.Sprintf("%q", text)
}
