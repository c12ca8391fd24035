package index

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/quant"
)

// words of frequencies as those of a language.
var frequent = strings.Fields("전입 신고 이사 동네 주민 센터 서류 신청 기한 과태료 주소 변경 온라인 방문 접수 확인 발급 수수료 대리인 위임장")

func sentence(rng *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		i := int(float64(len(frequent)) * math.Pow(rng.Float64(), 2))
		b.WriteString(frequent[i])
		b.WriteByte(' ')
	}
	return b.String()
}

// mixedTexts is an index of texts of a few words, and positive vectors.
func mixedTexts(t *testing.T, set Settings, rng *rand.Rand, n int) (*fixture, []Put) {
	x := open(t, set)
	x.rng = rng
	puts := x.puts(0, n)
	for i := range puts {
		puts[i].Text, puts[i].Vector = sentence(rng, 2+rng.IntN(12)), positive(puts[i].Vector)
		puts[i].Metadata = map[string]any{"group": int64(rng.IntN(40))}
	}
	x.upsert(puts...)
	return x, puts
}

// Exact hybrid search is by the sum of both scores of all documents, of which the hundred
// best of each make the scale.
func TestExactHybrid(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 1))
	x, puts := mixedTexts(t, Settings{Dims: 24}, rng, 900)
	r, err := x.Read()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	nodes := make([]uint32, len(puts))
	for i, p := range puts {
		if nodes[i], _, err = r.Node(p.ID); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		text, vector := sentence(rng, 4), positive(x.vector())
		type doc struct {
			node                uint32
			cosine, bm25, score float64
		}
		docs := make([]doc, len(puts))
		bm25 := x.lexical.Scores(nil, text, nodes)
		for i, p := range puts {
			docs[i] = doc{node: nodes[i], cosine: float64(quant.Dot(vector, p.Vector)), bm25: float64(bm25[i])}
		}
		slices.SortFunc(docs, func(a, b doc) int { return cmp.Compare(b.cosine, a.cosine) })
		low := docs[99].cosine
		slices.SortFunc(docs, func(a, b doc) int { return cmp.Or(cmp.Compare(b.bm25, a.bm25), cmp.Compare(a.node, b.node)) })
		for _, d := range docs[:100] {
			low = min(low, d.cosine)
		}
		ceiling := float64(x.lexical.Ceiling(text))
		for i := range docs {
			d := &docs[i]
			d.score = 0.3 * max(0, (d.cosine-low)/(1-low))
			if noise := 0.05 * ceiling; d.bm25 > noise {
				d.score += 0.7 * min(1, (d.bm25-noise)/(ceiling-noise))
			}
		}
		slices.SortFunc(docs, func(a, b doc) int { return cmp.Compare(b.score, a.score) })
		m, err := r.Search(t.Context(), Query{Text: text, Vector: vector, K: 30, Exact: true}, new(Trace))
		if err != nil || len(m) != 30 {
			t.Fatal(len(m), err)
		}
		for i := range m {
			if math.Abs(float64(m[i].Score)-docs[i].score) > 1e-4 {
				t.Fatalf("seed %d, %q: result %d is %+v, want %+v", seed, text, i, m[i], docs[i])
			}
		}
	}
}

// Hybrid search finds what exact hybrid search does, with the same scores, whatever the
// codes, the groups and the limits.
func TestDeepCandidates(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	questions := 20
	if testing.Short() {
		questions = 6
	}
	for name, c := range map[string]struct {
		set   Settings
		found float64
	}{
		"full":     {Settings{Dims: 128, Full: true}, 0.9},
		"split":    {Settings{Dims: 64, HeadDims: 32}, 0.95},
		"head":     {Settings{Dims: 64, HeadDims: 32, NoTail: true}, 0.75}, // looks no deeper
		"one code": {Settings{Dims: 64}, 0.95},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 2))
			x, _ := mixedTexts(t, c.set, rng, 6000)
			r, err := x.Read()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			for ask, change := range map[string]func(*Query){
				"plain":      func(*Query) {},
				"ten more":   func(q *Query) { q.Offset, q.K = 10, 20 },
				"min cosine": func(q *Query) { q.MinCosine = new(float32(0.82)) },
				"groups":     func(q *Query) { q.GroupBy, q.PerGroup = "group", 1 },
				"ranks":      func(q *Query) { q.Reciprocal = true },
				"by cosine":  func(q *Query) { q.DenseWeight = new(float32(0.9)) },
			} {
				found, all := 0, 0
				for range questions {
					q := Query{Text: sentence(rng, 3), Vector: positive(x.vector()), K: 10}
					change(&q)
					m, err := r.Search(t.Context(), q, new(Trace))
					if err != nil {
						t.Fatal(err)
					}
					q.Exact = true
					want, err := r.Search(t.Context(), q, new(Trace))
					if err != nil {
						t.Fatal(err)
					}
					scores := make(map[string]float32)
					for _, w := range want {
						scores[w.Record.ID] = w.Score
					}
					all += len(want)
					for _, m := range m {
						score, ok := scores[m.Record.ID]
						if ok {
							found++
						}
						if ok && math.Abs(float64(score-m.Score)) > 1e-6 && !q.Reciprocal {
							t.Errorf("seed %d, %s: %q has the score %v, of all documents %v", seed, ask, m.Record.ID, m.Score, score)
						}
						if q.MinCosine != nil && m.Cosine < *q.MinCosine {
							t.Errorf("seed %d, %s: a cosine of %v", seed, ask, m.Cosine)
						}
					}
				}
				if all < 6*questions || float64(found) < c.found*float64(all) {
					t.Errorf("seed %d, %s: %d of %d found", seed, ask, found, all)
				}
			}
		})
	}
}
