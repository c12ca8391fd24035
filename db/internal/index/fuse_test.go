package index

import (
	"math"
	"testing"

	"github.com/fronyai/frony-db/db/internal/store"
)

// positive makes the cosines of all vectors positive, as those of models are.
func positive(v []float32) []float32 {
	for i := range v {
		v[i] = max(v[i], -v[i])
	}
	return v
}

// The fused score is what docs/lexical.md says: 0.3 of the cosine, scaled from the
// lowest of the candidates, and 0.7 of BM25, of which the first twentieth of the
// ceiling is noise. A text in another script has the BM25 that its cosine lets expect. If one of the numbers changes, answers must be measured again.
func TestFusedScore(t *testing.T) {
	t.Parallel()
	x := open(t, Settings{Dims: 8})
	texts := []string{"전입신고는 동 주민센터에서", "전입신고 방법", "주민센터 위치", "날씨가 좋다", "moving in Seoul"}
	puts := x.puts(0, len(texts))
	for i, text := range texts {
		puts[i].Record, puts[i].Vector = store.Record{ID: puts[i].ID, Text: text}, positive(x.vector())
	}
	x.upsert(puts...)
	r, err := x.Read()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	const text = "전입신고 주민센터"
	for _, weight := range []*float32{nil, new(float32(0)), new(float32(0.6))} {
		m, err := r.Search(t.Context(), Query{Text: text, Vector: positive(x.vector()), K: 10, DenseWeight: weight}, new(Trace))
		if err != nil || len(m) != len(texts) {
			t.Fatal(m, err)
		}
		w := 0.3
		if weight != nil {
			w = float64(*weight)
		}
		low := 0.99
		for _, a := range m {
			low = min(low, float64(a.Cosine))
		}
		if low > 0 { // of five candidates of a hundred
			low *= 5.0 / 100
		}
		ceiling := float64(x.lexical.Ceiling(text))
		lexical := 0
		for _, a := range m {
			near := max(0, (float64(a.Cosine)-low)/(1-low))
			want := w * near
			if a.BM25 > 0 {
				lexical++
				noise := 0.05 * ceiling
				want += (1 - w) * min(1, max(0, (float64(a.BM25)-noise)/(ceiling-noise)))
			}
			if texts[int(a.Record.ID[0]-'0')] == "moving in Seoul" {
				want += (1 - w) * min(1, w/0.3) * max(0, 0.6*near-0.075)
			}
			if math.Abs(w*near-float64(a.Dense)) > 1e-5 {
				t.Errorf("%q: %v of it is dense, want %v", texts[int(a.Record.ID[0]-'0')], a.Dense, w*near)
			}
			if math.Abs(want-float64(a.Score)) > 1e-5 {
				t.Errorf("%q: %v, want %v of cosine %v and BM25 %v", texts[int(a.Record.ID[0]-'0')], a.Score, want, a.Cosine, a.BM25)
			}
		}
		if lexical < 3 {
			t.Fatalf("%d documents share terms with the query", lexical)
		}
	}
}
