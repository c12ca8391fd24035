package lexical

import (
	"fmt"
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

// Documents that are not seen do not take the place of others.
func TestSees(t *testing.T) {
	t.Parallel()
	x := New()
	for node := range uint32(100) {
		x.Add(node, Fields{Text: fmt.Sprint("같은 글 ", node%3)})
	}
	hits := x.Search(nil, Query{Text: "같은 글", K: 5, Sees: func(node uint32) bool { return node > 90 }})
	if len(hits) != 5 {
		t.Fatal(hits)
	}
	for _, h := range hits {
		if h.Node <= 90 {
			t.Errorf("%v was found", h)
		}
	}
}
