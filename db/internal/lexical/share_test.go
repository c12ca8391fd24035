package lexical

import (
	"sync"
	"testing"
)

// Several workers find what one finds, with filters too, and in concurrent
// searches.
func TestShare(t *testing.T) {
	from, windows := shareFrom, shareWindows
	shareFrom, shareWindows = 100, 1
	defer func() { shareFrom, shareWindows = from, windows }()
	rng := seeded(t)
	v := newVocabulary(rng, 2000)
	x := New()
	const docs = 12 * window
	for node := range uint32(docs) {
		x.Add(node, Fields{Text: v.text(8)})
	}
	odd := func(node uint32) bool { return node%2 == 1 }
	few := func(node uint32) bool { return node%50 == 7 }
	var wg sync.WaitGroup
	for range 3 {
		var queries []Query
		for range 60 {
			q := Query{Text: v.text(1 + rng.IntN(8)), K: 1 + rng.IntN(200)}
			switch rng.IntN(4) {
			case 0:
				q.Sees = odd
			case 1:
				q.Allow = few
			case 2:
				q.Allow, q.Sees = few, odd
			}
			queries = append(queries, q)
		}
		wg.Go(func() {
			for _, q := range queries {
				want := x.Search(nil, q)
				for q.Cores = 2; q.Cores <= 5; q.Cores++ {
					if err := same(x.Search(nil, q), want); err != nil {
						t.Errorf("%+v: %v", q, err)
					}
				}
			}
		})
	}
	wg.Wait()
	shared := Query{Text: v.text(30), K: 10, Cores: 4}
	before := x.Search(nil, shared)
	for i, h := range before {
		if i%2 == 0 {
			x.Remove(h.Node)
		}
	}
	for _, h := range x.Search(nil, shared) {
		for i := 0; i < len(before); i += 2 {
			if h.Node == before[i].Node {
				t.Errorf("%d was removed", h.Node)
			}
		}
	}
}

// Documents that are not seen do not take the place of others, whether they are few or
// many, and what stands in dst stays.
func TestSees(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	v := newVocabulary(rng, 50)
	x := New()
	for node := range uint32(300) {
		x.Add(node, Fields{Text: v.text(4)})
	}
	for _, hidden := range []uint32{0, 1, 3, 30, 290, 300} {
		sees := func(node uint32) bool { return node*7%300 >= hidden }
		for range 30 {
			text := v.text(2)
			var want []Hit
			for _, h := range x.Search(nil, Query{Text: text, K: 300}) {
				if sees(h.Node) {
					want = append(want, h)
				}
			}
			k := 1 + rng.IntN(40)
			want = want[:min(k, len(want))]
			mark := Hit{Node: 1 << 20}
			got := x.Search([]Hit{mark}, Query{Text: text, K: k, Sees: sees})
			if err := same(got[1:], want); err != nil || got[0] != mark {
				t.Fatalf("%d hidden, %q, K %d: %v", hidden, text, k, err)
			}
		}
	}
}
